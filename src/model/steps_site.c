/* SPDX-License-Identifier: MIT */
/* steps_site.c - where coroutines come from. */
#include "model/steps.h"

#include <stdlib.h>
#include <string.h>

/* --- sites ------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* The innermost frame of a stack; pc 0 when there is none. */
static struct wf_frame innermost(struct wf_steps *s, uint64_t stack)
{
    struct wf_frame f = { .function = "", .file = "" };
    uint64_t pc;

    if (wf_reader_stack(s->reader, stack, &pc, 1))
        wf_symbols_find(s->symbols, pc, &f, 1);
    return f;
}

static struct wf_step_spot *new_site(const struct wf_frame *entry,
                                     const struct wf_frame *spawn, const char *name)
{
    char where[WHERE_MAX] = "", called[WHERE_MAX];
    const struct wf_frame *at = spawn->pc ? spawn : entry;
    size_t nwhere, nname;
    struct wf_step_spot *site;

    if (at->pc)
        wf_frame_where(at, where, sizeof where);
    if (!*name && entry->pc) {
        wf_frame_where(entry, called, sizeof called);
        name = entry->function[0] ? entry->function : called;
    }
    nwhere = strlen(where) + 1;
    nname = strlen(name) + 1;
    site = malloc(sizeof *site + nwhere + nname);
    if (!site)
        return NULL;
    memcpy(site->where, where, nwhere);
    memcpy(site->where + nwhere, name, nname);
    site->site.site = site->where;
    site->site.name = site->where + nwhere;
    return site;
}

static uint32_t keep_site(struct wf_steps *s, struct wf_step_spot *site)
{
    void *grown = realloc(s->sites, (s->nsites + 1) * sizeof(struct wf_step_spot *));

    if (!grown) {
        free(site);
        return 0;
    }
    s->sites = grown;
    s->sites[s->nsites++] = site;
    return (uint32_t)s->nsites;
}

uint32_t wf_step_site(struct wf_steps *s, uint64_t entry, uint64_t stack, uint64_t str)
{
    const char *name = wf_reader_string(s->reader, str);
    uint64_t pc[2] = { 0, 0 }, h = 1;
    uint32_t *id;

    wf_reader_stack(s->reader, entry, &pc[0], 1);
    wf_reader_stack(s->reader, stack, &pc[1], 1);
    h = mix(mix(h, pc[0]), pc[1]);
    for (const char *c = s->nsites < SITES_MAX ? name : ""; *c; c++)
        h = mix(h, (unsigned char)*c);
    id = wf_map_put(&s->site_of, h | 1);
    if (id && !*id && s->nsites < 2 * SITES_MAX) {
        struct wf_frame from = innermost(s, entry), spawn = innermost(s, stack);
        struct wf_step_spot *site = new_site(&from, &spawn,
                                             s->nsites < SITES_MAX ? name : "");
        *id = site ? keep_site(s, site) : 0;
    }
    return id ? *id : 0;
}
