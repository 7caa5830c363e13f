/* SPDX-License-Identifier: MIT */
/* event.c - the tables behind event.h, and the decoder that walks them. */
#include "format/event.h"

#include <stddef.h>
#include <string.h>

#include "format/gstate.h"

#define F(kind, field) { WF_##kind, #field },
#define EVENT(id, name, fields, doc)                                                   \
    static const struct wf_field name##_args[] = { fields{ WF_END, NULL } };           \
    _Static_assert(sizeof name##_args / sizeof *name##_args <= WF_EVENT_ARGS + 1,      \
                   #name);
#include "format/events.def"

const struct wf_event_info wf_event_info[256] = {
#define F(kind, field)
#define EVENT(id, name_, fields, doc_) [id] = { #name_, doc_, name_##_args },
#include "format/events.def"
};

const uint8_t *wf_event_get(const struct wf_event_info info[256], const uint8_t *r,
                            const uint8_t *end, struct wf_event *ev)
{
    if (r >= end || !info[*r].name)
        return NULL;
    ev->id = *r++;
    r = wf_varint_get(r, end, &ev->dt);
    const struct wf_field *f = info[ev->id].args;
    for (uint64_t *arg = ev->arg; r && f->kind != WF_END; f++)
        r = wf_varint_get(r, end, arg++);
    return r;
}

struct word {
    uint8_t kind; /* enum wf_field_kind */
    uint8_t value;
    uint8_t object; /* of a WHY: what it waits for */
    const char *name, *doc;
};

static const struct word words[] = {
#define WHY(n, name, kind, doc) { WF_WHY, n, WF_OKIND_##kind, #name, doc },
#include "format/reasons.def"
#define WORD(list, n, name, doc) { WF_##list, n, 0, #name, doc },
#include "format/reasons.def"
};

static const struct word *find_word(unsigned kind, uint64_t value)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == kind && words[i].value == value)
            return &words[i];
    return NULL;
}

const char *wf_word_name(enum wf_field_kind kind, uint64_t value)
{
    if (kind == WF_GSTATE)
        return value < WF_G_NSTATES ? wf_g_state_name((unsigned)value) : NULL;
    const struct word *w = find_word(kind, value);
    return w ? w->name : NULL;
}

const char *wf_word_doc(enum wf_field_kind kind, uint64_t value)
{
    const struct word *w = find_word(kind, value);
    return w ? w->doc : NULL;
}

int64_t wf_word_value(enum wf_field_kind kind, const char *name)
{
    if (kind == WF_GSTATE) {
        for (unsigned s = 0; s < WF_G_NSTATES; s++)
            if (!strcmp(name, wf_g_state_name(s)))
                return s;
        return -1;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == kind && !strcmp(words[i].name, name))
            return words[i].value;
    return -1;
}

unsigned wf_why_object(uint64_t why)
{
    const struct word *w = find_word(WF_WHY, why);
    return w ? w->object : WF_OKIND_none;
}

const char *wf_field_kind_name(unsigned kind)
{
    static const char *const names[] = {
#define FIELD(kind, doc) #kind,
        WF_FIELD_KINDS(FIELD)
#undef FIELD
    };
    return kind < WF_NFIELDKINDS ? names[kind] : NULL;
}

static const struct {
    const char *name;
    char letter;
} g_states[] = {
#define STATE(ID, name, letter, next, doc) { #name, letter },
    WF_G_STATES(STATE)
#undef STATE
};

const char *wf_g_state_name(unsigned s)
{
    return s < WF_G_NSTATES ? g_states[s].name : NULL;
}

char wf_g_state_letter(unsigned s)
{
    return s < WF_G_NSTATES ? g_states[s].letter : '?';
}
