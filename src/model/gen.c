/* SPDX-License-Identifier: MIT */
/* gen.c - sort a generation's blocks; index its strings and stacks where they stand. */
#include "model/gen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/varint.h"

struct wf_gen *wf_gen_new(uint32_t number)
{
    struct wf_gen *g = calloc(1, sizeof *g);

    if (g)
        g->number = number;
    return g;
}

void wf_gen_free(struct wf_gen *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->nevents; i++)
        free(g->events[i]);
    for (size_t i = 0; i < g->ntables; i++)
        free(g->tables[i]);
    free(g->events);
    free(g->tables);
    for (uint32_t i = 0; i < g->strings.size; i++)
        free(g->strings.slot[i].text);
    free(g->strings.slot);
    free(g->stacks.slot);
    free(g);
}

static int keep(struct wf_block ***row, size_t *n, size_t *size, struct wf_block *block)
{
    if (*n == *size) {
        size_t more = *size ? *size * 2 : 16;
        void *grown = realloc(*row, more * sizeof **row);
        if (!grown) {
            free(block);
            return -ENOMEM;
        }
        *row = grown;
        *size = more;
    }
    block->order = *n;
    (*row)[(*n)++] = block;
    return 0;
}

static int by_writer(const void *a, const void *b)
{
    const struct wf_block *x = *(struct wf_block *const *)a,
                          *y = *(struct wf_block *const *)b;

    if (x->head.stream != y->head.stream)
        return x->head.stream < y->head.stream ? -1 : 1;
    if (x->head.stream_seq != y->head.stream_seq)
        return x->head.stream_seq < y->head.stream_seq ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void wf_gen_sort(struct wf_gen *g)
{
    if (g->nevents)
        qsort(g->events, g->nevents, sizeof(struct wf_block *), by_writer);
}

static struct wf_entry *slot_of(struct wf_entries *e, uint32_t id)
{
    uint32_t i = id * 2654435761u;

    while (e->slot[i & (e->size - 1)].id && e->slot[i & (e->size - 1)].id != id)
        i++;
    return &e->slot[i & (e->size - 1)];
}

static int put_entry(struct wf_entries *e, struct wf_entry entry)
{
    if (e->n * 4 >= e->size * 3) {
        struct wf_entries grown = { .size = e->size ? e->size * 2 : 64 };
        grown.slot = calloc(grown.size, sizeof *grown.slot);
        if (!grown.slot)
            return -ENOMEM;
        for (uint32_t i = 0; i < e->size; i++)
            if (e->slot[i].id)
                *slot_of(&grown, e->slot[i].id) = e->slot[i];
        grown.n = e->n;
        free(e->slot);
        *e = grown;
    }
    struct wf_entry *slot = slot_of(e, entry.id);
    if (slot->id) /* said before: what stands, stands */
        return 0;
    e->n++;
    *slot = entry;
    return 0;
}

static int index_strings(struct wf_gen *g, const uint8_t *r, const uint8_t *end)
{
    while (r < end) {
        uint64_t id, len;
        r = wf_varint_get(r, end, &id);
        r = wf_varint_get(r, end, &len);
        if (!r || id == 0 || id > UINT32_MAX || len > WF_STRING_MAX ||
            len > (size_t)(end - r))
            return -EBADMSG;
        if (put_entry(&g->strings, (struct wf_entry){ (uint32_t)id, (uint32_t)len, r,
                                                      r + len, NULL }))
            return -ENOMEM;
        r += len;
    }
    return 0;
}

static int index_stacks(struct wf_gen *g, const uint8_t *r, const uint8_t *end)
{
    while (r < end) {
        uint64_t id, n, delta;
        r = wf_varint_get(r, end, &id);
        r = wf_varint_get(r, end, &n);
        if (!r || id == 0 || id > UINT32_MAX || n > WF_STACK_MAX)
            return -EBADMSG;
        const uint8_t *at = r;
        for (uint64_t i = 0; r && i < n; i++)
            r = wf_varint_get(r, end, &delta);
        if (!r)
            return -EBADMSG;
        if (put_entry(&g->stacks,
                      (struct wf_entry){ (uint32_t)id, (uint32_t)n, at, r, NULL }))
            return -ENOMEM;
    }
    return 0;
}

static int set_clock(struct wf_gen *g, const struct wf_block *block)
{
    size_t n = block->head.payload_len / sizeof(struct wf_clock_snap);

    if (!n)
        return -EBADMSG;
    memcpy(&g->begin, block->payload, sizeof g->begin);
    memcpy(&g->end, block->payload + (n - 1) * sizeof g->end, sizeof g->end);
    g->closed = true;
    return 0;
}

int wf_gen_add(struct wf_gen *g, struct wf_block *block)
{
    const uint8_t *r = block->payload, *end = r + block->head.payload_len;
    int err;

    g->bytes += sizeof *block + block->head.payload_len;
    switch (block->head.type) {
    case WF_BLOCK_EVENTS:
    case WF_BLOCK_KEYFRAME:
        return keep(&g->events, &g->nevents, &g->events_size, block);
    case WF_BLOCK_STRINGS:
    case WF_BLOCK_STACKS:
        err = keep(&g->tables, &g->ntables, &g->tables_size, block);
        if (!err)
            err = block->head.type == WF_BLOCK_STRINGS ? index_strings(g, r, end)
                                                       : index_stacks(g, r, end);
        return err;
    case WF_BLOCK_CLOCK:
        err = block->damaged ? 0 : set_clock(g, block);
        free(block);
        return err;
    default:
        free(block);
        return 0;
    }
}

static struct wf_entry *find(const struct wf_entries *e, uint64_t id)
{
    if (!e->size || id == 0 || id > UINT32_MAX)
        return NULL;
    struct wf_entry *slot = slot_of((struct wf_entries *)e, (uint32_t)id);
    return slot->id ? slot : NULL;
}

const char *wf_gen_string(struct wf_gen *g, uint64_t id)
{
    struct wf_entry *e = find(&g->strings, id);

    if (e && !e->text) /* a NUL within ends it */
        e->text = strndup((const char *)e->at, e->n);
    return e && e->text ? e->text : "";
}

size_t wf_gen_stack(const struct wf_gen *g, uint64_t id, uint64_t *pcs, size_t max)
{
    const struct wf_entry *e = find(&g->stacks, id);
    const uint8_t *r = e ? e->at : NULL;
    uint64_t pc = 0, delta = 0;
    size_t n = 0;

    while (e && n < e->n && n < max) {
        r = wf_varint_get(r, e->end, &delta);
        pc += (uint64_t)wf_unzigzag(delta);
        pcs[n++] = pc;
    }
    return n;
}
