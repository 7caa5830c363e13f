/* SPDX-License-Identifier: MIT */
/*
 * schema.c - the events that a file says it holds.
 *
 * An event of ours is understood if its fields begin as we know them: a later version
 * may append some, an earlier may lack the last.  Any other is decoded and shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/reader_int.h"

enum { NAME_MAX_LEN = 32 };

static unsigned count_args(const struct wf_field *args)
{
    unsigned n = 0;

    while (args[n].kind != WF_END)
        n++;
    return n;
}

void wf_schema_init(struct wf_schema *s)
{
    memset(s, 0, sizeof *s);
    for (unsigned id = 0; id < 256; id++) {
        if (!wf_event_info[id].name)
            continue;
        s->info[id] = wf_event_info[id];
        s->nargs[id] = (uint8_t)count_args(wf_event_info[id].args);
        s->known[id] = (uint8_t)id;
    }
}

void wf_schema_fini(struct wf_schema *s)
{
    for (unsigned id = 0; id < 256; id++) {
        free(s->fields[id]);
        free(s->names[id]);
    }
    memset(s, 0, sizeof *s);
}

/* Names reach the terminal and programs that read our text: only words pass. */
static const uint8_t *get_name(const uint8_t *r, const uint8_t *end, char **to)
{
    uint64_t n;

    r = wf_varint_get(r, end, &n);
    if (!r || n == 0 || n > NAME_MAX_LEN || n > (size_t)(end - r))
        return NULL;
    for (uint64_t i = 0; i < n; i++) {
        uint8_t c = r[i];
        if (c != '_' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(i && c >= '0' && c <= '9'))
            return NULL;
        *(*to)++ = (char)c;
    }
    *(*to)++ = '\0';
    return r + n;
}

/* Does the file's event begin (or we) as ours does? */
static bool is_ours(unsigned id, const char *name, const struct wf_field *args)
{
    const struct wf_event_info *ours = &wf_event_info[id];

    if (!ours->name || strcmp(ours->name, name) != 0)
        return false;
    for (unsigned i = 0; args[i].kind != WF_END && ours->args[i].kind != WF_END; i++)
        if (args[i].kind != ours->args[i].kind)
            return false;
    return true;
}

/* One row of the block into fields and names, which have room for any. */
static const uint8_t *get_row(const uint8_t *r, const uint8_t *end, unsigned *id,
                              struct wf_field *fields, char *names, unsigned *nargs)
{
    uint64_t n;
    char *to = names;

    *id = *r++;
    r = get_name(r, end, &to);
    r = wf_varint_get(r, end, &n);
    if (!r || n > WF_EVENT_ARGS)
        return NULL;
    for (*nargs = 0; *nargs < n; ++*nargs) {
        if (r == end || *r == WF_END)
            return NULL;
        fields
        [*nargs].kind = *r++;
        fields
        [*nargs].name = to;
        r = get_name(r, end, &to);
        if (!r)
            return NULL;
    }
    fields
    [n] = (struct wf_field){ WF_END, NULL };
    return r;
}

static int keep_row(struct wf_schema *s, unsigned id, const struct wf_field *fields,
                    const char *names, unsigned nargs)
{
    enum { NAMES = (NAME_MAX_LEN + 1) * (WF_EVENT_ARGS + 1) };
    char *text = malloc(NAMES);
    struct wf_field *own = calloc(nargs + 1, sizeof *own);

    if (!text || !own) {
        free(text);
        free(own);
        return -ENOMEM;
    }
    memcpy(text, names, NAMES);
    for (unsigned i = 0; i < nargs; i++) {
        own[i].kind = fields
        [i].kind;
        own[i].name = text + (fields[i].name - names);
    }
    free(s->names[id]);
    free(s->fields[id]);
    s->names[id] = text;
    s->fields
    [id] = own;
    s->nargs[id] = (uint8_t)nargs;
    s->known[id] = is_ours(id, text, own) ? (uint8_t)id : 0;
    s->info[id] = (struct wf_event_info){
        .name = text, .doc = s->known[id] ? wf_event_info[id].doc : "", .args = own
    };
    return 0;
}

int wf_schema_parse(struct wf_schema *s, const uint8_t *r, const uint8_t *end)
{
    struct wf_field fields[WF_EVENT_ARGS + 1];
    char names[(NAME_MAX_LEN + 1) * (WF_EVENT_ARGS + 1)] = "";

    s->given = true;
    while (r < end) {
        unsigned id, nargs;
        r = get_row(r, end, &id, fields, names, &nargs);
        if (!r)
            return -EBADMSG;
        if (keep_row(s, id, fields, names, nargs))
            return -ENOMEM;
    }
    return 0;
}

static inline const uint8_t *get(const uint8_t *r, const uint8_t *end, uint64_t *v)
{
    if (r < end && *r < 0x80) { /* nearly always */
        *v = *r;
        return r + 1;
    }
    return wf_varint_get(r, end, v);
}

const uint8_t *wf_schema_get(const struct wf_schema *s, const uint8_t *r,
                             const uint8_t *end, struct wf_event *ev)
{
    unsigned n;

    if (r >= end || !s->info[*r].name)
        return NULL;
    ev->id = *r++;
    n = s->nargs[ev->id];
    r = get(r, end, &ev->dt);
    for (unsigned i = 0; i < n; i++) {
        if (!r)
            return NULL;
        r = get(r, end, &ev->arg[i]);
    }
    for (unsigned i = n; i < WF_EVENT_ARGS; i++)
        ev->arg[i] = 0; /* fields that only a later version writes */
    return r;
}
