/* SPDX-License-Identifier: MIT */
/*
 * event.h - events and the words in them: numbers, structs, encoders, names.
 * Everything here is expanded from events.def and reasons.def.
 */
#ifndef WF_FORMAT_EVENT_H
#define WF_FORMAT_EVENT_H
#include <stdint.h>

#include "format/varint.h"

enum {
    WF_EVENT_ARGS = 12
}; /* most fields of one event, the file's own schema included */
enum { WF_EVENT_MAX_BYTES = 1 + WF_VARINT_MAX * (1 + WF_EVENT_ARGS) };

/* FIELD(kind, doc): the kinds of a field.  Numbers travel in the SCHEMA block: for
 * ever. */
#define WF_FIELD_KINDS(FIELD)                                                          \
    FIELD(END, "no more fields")                                                       \
    FIELD(G, "coroutine, 0 for none")                                                  \
    FIELD(M, "M, 0 for sysmon or none")                                                \
    FIELD(P, "P, from 0")                                                              \
    FIELD(PNONE, "P plus 1, 0 for none")                                               \
    FIELD(OBJ, "object, 0 for none")                                                   \
    FIELD(SEQ, "order among events about one G or P")                                  \
    FIELD(NUM, "number")                                                               \
    FIELD(ZZ, "signed number, folded")                                                 \
    FIELD(STACK, "id in the generation's stacks, 0 for none")                          \
    FIELD(STR, "id in the generation's strings, 0 for none")                           \
    FIELD(WHY, "why it waits or yields")                                               \
    FIELD(FROM, "where a coroutine is taken from or put")                              \
    FIELD(RETAKE, "why a P was taken")                                                 \
    FIELD(STEAL, "what was stolen")                                                    \
    FIELD(BLOCK, "kind of a blocking section")                                         \
    FIELD(OKIND, "kind of an object")                                                  \
    FIELD(GSTATE, "state of a coroutine")                                              \
    FIELD(PSTATE, "state of a P")                                                      \
    FIELD(MSTATE, "state of an M")

enum wf_field_kind {
#define FIELD(kind, doc) WF_##kind,
    WF_FIELD_KINDS(FIELD)
#undef FIELD
        WF_NFIELDKINDS
};

enum wf_why {
#define WHY(n, name, kind, doc) WF_WHY_##name = n,
#include "format/reasons.def"
};
enum wf_word {
#define WORD(list, n, name, doc) WF_##list##_##name = n,
#include "format/reasons.def"
};

enum wf_event_id {
#define F(kind, field)
#define EVENT(id, name, fields, doc) WF_EV_##name = id,
#include "format/events.def"
};

/* struct wf_ev_g_park { dt, reason, obj, stack } and so on; dt is in clock units. */
#define F(kind, field) uint64_t field;
#define EVENT(id, name, fields, doc)                                                   \
    struct wf_ev_##name {                                                              \
        uint64_t dt;                                                                   \
        fields                                                                         \
    };
#include "format/events.def"

/* wf_put_g_park(w, e): writes at most WF_EVENT_MAX_BYTES at w, returns what follows. */
#define F(kind, field) w = wf_varint_put(w, e.field);
#define EVENT(id, name, fields, doc)                                                   \
    static inline uint8_t *wf_put_##name(uint8_t *w, struct wf_ev_##name e)            \
    {                                                                                  \
        *w++ = id;                                                                     \
        w = wf_varint_put(w, e.dt);                                                    \
        fields                                                                         \
        return w;                                                                      \
    }
#include "format/events.def"

struct wf_field {
    uint8_t
        kind; /* enum wf_field_kind; a file's schema may hold kinds we do not know */
    const char *name;
};

struct wf_event_info {
    const char *name; /* NULL: no such event */
    const char *doc;
    const struct wf_field *args; /* ends with kind WF_END */
};

/* The events that this build knows, by id. */
extern const struct wf_event_info wf_event_info[256];

/* One decoded event. */
struct wf_event {
    uint8_t id;
    uint64_t dt;
    uint64_t arg[WF_EVENT_ARGS];
};

/* An event's field as events.def names it: WF_ARG(ev, g_park, obj). */
#define WF_ARG(ev, event, field)                                                       \
    ((ev)->arg[offsetof(struct wf_ev_##event, field) / sizeof(uint64_t) - 1])

/*
 * Decode one event by a table of events: ours, or the SCHEMA block of the file, which
 * may know more.  Returns what follows, NULL if the bytes are no event.
 */
const uint8_t *wf_event_get(const struct wf_event_info info[256], const uint8_t *r,
                            const uint8_t *end, struct wf_event *ev);

/*
 * The word for a value of a field of this kind ("chan_recv" for WHY 2), NULL when the
 * kind has no words or the value none.
 */
const char *wf_word_name(enum wf_field_kind kind, uint64_t value);
/* The value for a word, -1 when there is none. */
int64_t wf_word_value(enum wf_field_kind kind, const char *name);
/* The word's documentation, NULL when there is none. */
const char *wf_word_doc(enum wf_field_kind kind, uint64_t value);

/* The kind of object that a reason waits for, WF_OKIND_none when none. */
unsigned wf_why_object(uint64_t why);
/* "NUM", NULL when there is no such kind. */
const char *wf_field_kind_name(unsigned kind);
#endif /* WF_FORMAT_EVENT_H */
