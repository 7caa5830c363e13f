/* SPDX-License-Identifier: MIT */
/* asm_block.c - the blocks of a trace being assembled, and a killed program's pool. */
#include "model/asm_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void *asm_grow(void *row, size_t size)
{
    void *grown = realloc(row, size);

    if (!grown)
        abort();
    return grown;
}

void asm_put(struct asm_bytes *b, const void *from, size_t n)
{
    if (b->n + n > b->size) {
        b->size = (b->n + n) * 2;
        b->at = asm_grow(b->at, b->size);
    }
    if (n)
        memcpy(b->at + b->n, from, n);
    b->n += n;
}

void asm_varint(struct asm_bytes *b, uint64_t v)
{
    uint8_t to[WF_VARINT_MAX];
    asm_put(b, to, (size_t)(wf_varint_put(to, v) - to));
}

void asm_text(struct asm_bytes *b, const char *s)
{
    asm_varint(b, strlen(s));
    asm_put(b, s, strlen(s));
}

/* --- blocks ----------------------------------------------------------------------- */

static void pad(struct asm_bytes *b)
{
    static const uint8_t zero[8];
    asm_put(b, zero, -b->n & 7);
}

void asm_block(struct asm_as *a, struct wf_block_head head,
               const struct asm_bytes *payload)
{
    head.file_seq = a->file_seq++;
    wf_block_seal(&head, payload->at ? payload->at : (uint8_t *)"",
                  (uint32_t)payload->n);
    a->block_at = asm_grow(a->block_at, (a->nblocks + 1) * sizeof *a->block_at);
    a->block_at[a->nblocks++] = a->out.n;
    asm_put(&a->out, &head, sizeof head);
    asm_put(&a->out, payload->at, payload->n);
    pad(&a->out);
}

static void put_schema_row(struct asm_bytes *b, unsigned id, const char *name,
                           const struct wf_field *args)
{
    unsigned n = 0;
    uint8_t byte = (uint8_t)id;

    while (args[n].kind != WF_END)
        n++;
    asm_put(b, &byte, 1);
    asm_text(b, name);
    asm_varint(b, n);
    for (unsigned i = 0; i < n; i++) {
        asm_put(b, &args[i].kind, 1);
        asm_text(b, args[i].name);
    }
}

/* SCHEMA and META, before the first block of events. */
void asm_front(struct asm_as *a)
{
    struct asm_bytes schema = { 0 };

    if (a->front)
        return;
    a->front = true;
    for (unsigned id = 0; id < 256; id++) {
        if (a->extra[id].name)
            put_schema_row(&schema, id, a->extra[id].name, a->extra[id].args);
        else if (wf_event_info[id].name)
            put_schema_row(&schema, id, wf_event_info[id].name, wf_event_info[id].args);
    }
    if (!a->noschema)
        asm_block(a, (struct wf_block_head){ .type = WF_BLOCK_SCHEMA }, &schema);
    if (a->meta.n)
        asm_block(a, (struct wf_block_head){ .type = WF_BLOCK_META }, &a->meta);
    free(schema.at);
}

static struct wf_block_head head_of(const struct asm_as *a, const struct asm_stream *s)
{
    return (struct wf_block_head){
        .type = s->id == WF_STREAM_OTHER + 1 ? WF_BLOCK_KEYFRAME : WF_BLOCK_EVENTS,
        .nevents = s->nevents,
        .stream = s->id,
        .stream_seq = s->seq,
        .first_ts = s->first,
        .last_ts = s->last,
        .lost_before = s->lost,
        .generation = a->generation,
    };
}

void asm_end_block(struct asm_as *a, struct asm_stream *s)
{
    if (!s->payload.n)
        return;
    asm_front(a);
    a->file_seq += s->skip;
    s->seq += s->skip;
    asm_block(a, head_of(a, s), &s->payload);
    s->seq++;
    s->payload.n = s->nevents = s->lost = s->skip = 0;
}

static void put_tables(struct asm_as *a)
{
    struct wf_block_head head = { .generation = a->generation };

    head.type = WF_BLOCK_STRINGS;
    if (a->strings.n)
        asm_block(a, head, &a->strings);
    head.type = WF_BLOCK_STACKS;
    if (a->stacks.n)
        asm_block(a, head, &a->stacks);
}

void asm_forget(struct asm_as *a)
{
    for (size_t i = 0; i < a->string_ids.n; i++)
        free(a->string_ids.text[i]);
    a->string_ids.n = a->strings.n = a->stacks.n = 0;
    wf_map_fini(&a->stacks_said);
    wf_map_fini(&a->seqs[0]);
    wf_map_fini(&a->seqs[1]);
}

void asm_end_generation(struct asm_as *a)
{
    struct wf_clock_snap snaps[2];
    struct asm_bytes clock = { 0 };
    uint64_t ticks[2] = { a->gen_begin, a->now };

    asm_front(a);
    for (size_t i = 0; i < a->nstreams; i++)
        asm_end_block(a, &a->streams[i]);
    put_tables(a);
    for (int i = 0; i < 2; i++) {
        int64_t d = (int64_t)(ticks[i] - a->header.start.tick);
        snaps[i] = (struct wf_clock_snap){ ticks[i], a->header.start.mono + d,
                                           a->header.start.wall + d };
    }
    asm_put(&clock, snaps, sizeof snaps);
    if (!a->noclock)
        asm_block(a,
                  (struct wf_block_head){ .type = WF_BLOCK_CLOCK,
                                          .generation = a->generation,
                                          .first_ts = a->now,
                                          .last_ts = a->now },
                  &clock);
    free(clock.at);
    asm_forget(a);
    a->noclock = false;
    a->gen_begin = a->now;
    a->generation++;
}

/* --- the pool of a killed program ------------------------------------------------- */

static void put_slot(struct asm_bytes *pool, uint32_t slot_size,
                     struct wf_block_head head, const struct asm_bytes *payload)
{
    struct wf_slot_head slot = { .magic = WF_SLOT_MAGIC,
                                 .state = WF_SLOT_WRITING,
                                 .committed = (uint32_t)payload->n,
                                 .nevents = head.nevents,
                                 .last_ts = head.last_ts,
                                 .block = head };
    uint8_t *zero = calloc(1, slot_size);

    asm_put(pool, &slot, sizeof slot);
    asm_put(pool, payload->at, payload->n);
    asm_put(pool, zero, slot_size - sizeof slot - payload->n);
    free(zero);
}

void asm_pool(struct asm_as *a)
{
    enum { SLOT = 128 * 1024 };
    struct asm_bytes pool = { 0 };
    struct wf_block_head head = { .generation = a->generation };
    uint32_t n = 0;

    asm_front(a);
    for (size_t i = 0; i < a->nstreams; i++) {
        if (!a->streams[i].payload.n)
            continue;
        put_slot(&pool, SLOT, head_of(a, &a->streams[i]), &a->streams[i].payload);
        n++;
    }
    head.type = WF_BLOCK_STRINGS;
    if (a->strings.n && ++n)
        put_slot(&pool, SLOT, head, &a->strings);
    head.type = WF_BLOCK_STACKS;
    if (a->stacks.n && ++n)
        put_slot(&pool, SLOT, head, &a->stacks);
    if (!n)
        return;
    asm_put(&pool, a->out.at + WF_FILE_HEADER, a->out.n - WF_FILE_HEADER);
    a->out.n = WF_FILE_HEADER;
    asm_put(&a->out, pool.at, pool.n);
    free(pool.at);
    for (size_t i = 0; i < a->nblocks; i++)
        a->block_at[i] += (size_t)n * SLOT;
    a->header.pool_off = WF_FILE_HEADER;
    a->header.pool_slots = n;
    a->header.slot_size = SLOT;
    a->header.body_off = WF_FILE_HEADER + (uint64_t)n * SLOT;
}

void asm_end(struct asm_as *a)
{
    struct wf_loss_total loss = { 0 };
    struct wf_end end = { .events = a->events, .last_ts = a->now };
    struct asm_bytes b = { 0 };

    asm_put(&b, &loss, sizeof loss);
    asm_block(a, (struct wf_block_head){ .type = WF_BLOCK_LOSS }, &b);
    b.n = 0;
    a->header.index_off = a->out.n;
    end.blocks = a->nblocks;
    end.bytes = a->out.n;
    end.generations = a->generation - 1;
    asm_put(&b, &end, sizeof end);
    asm_block(a, (struct wf_block_head){ .type = WF_BLOCK_END }, &b);
    free(b.at);
    if (a->symbols.n) {
        a->header.symbols_off = a->out.n;
        asm_block(a, (struct wf_block_head){ .type = WF_BLOCK_SYMBOLS }, &a->symbols);
    }
}
