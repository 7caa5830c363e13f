/* SPDX-License-Identifier: MIT */
/*
 * order.h - between order.c, which merges writers, and replay.c, which knows what holds.
 */
#ifndef WF_MODEL_ORDER_H
#define WF_MODEL_ORDER_H
#include "model/reader_int.h"

/* A coroutine or a P as far as replayed. */
struct wf_thing {
    uint64_t seq;
    uint32_t gen;    /* whose seq that is; another: not mentioned yet in this one */
    uint32_t writer; /* index + 1 of the M that runs (holds) it, 0: none */
    uint32_t held;   /* index + 1 of the first writer that waits for it, 0: none */
    uint8_t state;   /* enum wf_g_state or WF_PSTATE_*; WF_THING_UNKNOWN */
};
enum { WF_THING_UNKNOWN = 255 };

enum wf_thing_kind { WF_THING_G, WF_THING_P, WF_THING_KEYFRAME };
struct wf_key {
    enum wf_thing_kind kind;
    uint64_t id;
};

enum wf_hand { WF_HAND_NONE, WF_HAND_EVENT, WF_HAND_GAP };

struct wf_writer {
    struct wf_record rec; /* in hand: not given out yet, or the last given out */
    struct wf_who who;    /* what it holds now */
    uint64_t tick;        /* of what is in hand */
    const uint8_t *r, *end;
    int64_t last;           /* time of its last event */
    uint32_t index, stream; /* which it is */
    uint32_t gen;           /* in which its cursor stands */
    uint32_t stream_seq;    /* of its last block */
    uint32_t left;          /* events left in the block, by its head */
    uint32_t next_held;     /* index + 1 */
    size_t block,
        blocks; /* of the generation: the next, and where the next writer's are */
    enum wf_hand hand;
    bool seen, held, gappy;
    struct wf_key waits_for;
};

struct wf_at {
    uint64_t tick;
    struct wf_writer *w;
};

/* The events with a sequence number that a generation holds, in order. */
struct wf_index_row {
    struct wf_key key;
    uint64_t seq;
};

struct wf_order {
    struct wf_gen *gen;
    const struct wf_schema *schema;
    struct wf_clockmap clock;
    int64_t now;
    struct wf_map gs, ps;     /* of struct wf_thing; a P by its number + 1 */
    struct wf_map streams;    /* of uint32_t: index + 1 of a stream + 1 */
    struct wf_thing keyframe; /* what waits for the keyframe waits here */
    struct wf_writer **writers;
    size_t nwriters, writers_size;
    struct wf_at *heap;
    size_t nheap;
    struct wf_writer *now_writer; /* whose record was given out */
    uint64_t missing;             /* blocks, by the numbers of their writers */
    size_t nheld;
    uint64_t held_since, patience; /* ticks */
    unsigned forced;               /* in this generation */
    bool holes; /* something is missing: what does not follow is no wonder */
    bool force, indexed, no_memory;
    struct wf_index_row *index;
    size_t nindex;
};

/* --- replay.c --------------------------------------------------------------------- */

enum wf_gate { WF_GATE_PASS, WF_GATE_HOLD };

/* May the event in w's hand be true now?  If not, *wait is what must change first. */
enum wf_gate wf_replay_gate(struct wf_order *o, struct wf_writer *w,
                            struct wf_key *wait);
/* It is true now. */
void wf_replay_event(struct wf_order *o, struct wf_writer *w);
/* What the writer did is not known: nor is what it holds. */
void wf_replay_lost(struct wf_order *o, struct wf_writer *w);
/* The key of an event with a sequence number; false when it has none. */
bool wf_replay_key(const struct wf_event *ev, unsigned known, struct wf_key *key,
                   uint64_t *seq);

/* --- order.c, for replay.c -------------------------------------------------------- */

/* Borrowed until the next put. */
struct wf_thing *wf_order_get(struct wf_order *o, struct wf_key key);
struct wf_thing *wf_order_put(struct wf_order *o, struct wf_key key);
/* It changed: who waited for it looks again. */
void wf_order_touch(struct wf_order *o, struct wf_thing *thing);
/* The lowest recorded number of key from seq on, UINT64_MAX: none.  o->indexed only. */
uint64_t wf_order_next_seq(const struct wf_order *o, struct wf_key key, uint64_t seq);
/* The writer of this stream, NULL when there are too many. */
struct wf_writer *wf_order_writer(struct wf_order *o, uint32_t stream);
/* Has it more to say in this generation? */
static inline bool wf_order_has_more(const struct wf_order *o,
                                     const struct wf_writer *w)
{
    return w->gen == o->gen->number && w->hand != WF_HAND_NONE;
}
#endif /* WF_MODEL_ORDER_H */
