/* SPDX-License-Identifier: MIT */
/*
 * trace_read.h - a reader of traces for the tests: blocks, slots, events; no model.
 */
#ifndef WEFT_TESTS_TRACE_READ_H
#define WEFT_TESTS_TRACE_READ_H
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/block.h"
#include "format/event.h"

struct trace_reading {
    const char *bytes;
    size_t size;
    struct wf_file_header header;
    unsigned long blocks, slots, events; /* slots: blocks found in the pool only */
    unsigned long of_type[16], of_event[256];
    struct wf_end end; /* all 0: there is none */
    struct wf_loss_total loss;
    const char *wrong; /* NULL: all is sound */
    /* Each event; what it is about, before. */
    void (*event)(void *arg, const struct wf_block_head *head,
                  const struct wf_event *ev, uint64_t ts);
    void (*block)(void *arg, const struct wf_block_head *head, const uint8_t *payload,
                  uint32_t size);
    void *arg;
};

static inline void trace_payload(struct trace_reading *r, const struct wf_block_head *h,
                                 const uint8_t *payload, uint32_t size, bool sealed)
{
    r->of_type[h->type & 15]++;
    if (r->block)
        r->block(r->arg, h, payload, size);
    if (h->type == WF_BLOCK_END && size == sizeof r->end)
        memcpy(&r->end, payload, size);
    if (h->type == WF_BLOCK_LOSS && size == sizeof r->loss)
        memcpy(&r->loss, payload, size);
    if (h->type != WF_BLOCK_EVENTS && h->type != WF_BLOCK_KEYFRAME)
        return;
    const uint8_t *at = payload, *end = payload + size;
    uint64_t ts = h->first_ts;
    uint32_t n = 0;
    while (at < end) {
        struct wf_event ev;
        at = wf_event_get(wf_event_info, at, end, &ev);
        if (!at) {
            r->wrong = "bytes that are no event";
            return;
        }
        ts += ev.dt;
        n++;
        r->events++;
        r->of_event[ev.id]++;
        if (r->event)
            r->event(r->arg, h, &ev, ts);
    }
    if (sealed && (n != h->nevents || ts != h->last_ts))
        r->wrong = "a head that counts wrong";
}

static inline bool trace_has(const struct trace_reading *r,
                             const struct wf_block_head *h)
{
    size_t at = r->header.body_off;
    while (at + sizeof *h <= r->size) {
        struct wf_block_head other;
        memcpy(&other, r->bytes + at, sizeof other);
        if (wf_block_head_check(&other))
            return false;
        if (at + sizeof other + other.payload_len > r->size)
            return false;
        if (other.type == h->type && other.stream == h->stream &&
            other.stream_seq == h->stream_seq)
            return true;
        at += sizeof other + ((other.payload_len + 7) & ~7u);
    }
    return false;
}

/* Of a program that was killed: what was not yet appended. */
static inline void trace_slots(struct trace_reading *r)
{
    for (uint32_t i = 0; i < r->header.pool_slots; i++) {
        struct wf_slot_head h;
        const char *at = r->bytes + r->header.pool_off +
                         (size_t)i * r->header.slot_size;
        memcpy(&h, at, sizeof h);
        uint32_t state = atomic_load(&h.state), size = atomic_load(&h.committed);
        if (h.magic != WF_SLOT_MAGIC || state == WF_SLOT_FREE || !size)
            continue;
        if (trace_has(r, &h.block))
            continue;
        r->slots++;
        trace_payload(r, &h.block, (const uint8_t *)at + sizeof h, size, false);
    }
}

static inline void trace_blocks(struct trace_reading *r)
{
    size_t at = r->header.body_off;
    while (at < r->size && !r->wrong) {
        struct wf_block_head h;
        if (at + sizeof h > r->size) {
            r->wrong = "cut off within a head";
            return;
        }
        memcpy(&h, r->bytes + at, sizeof h);
        r->wrong = wf_block_head_check(&h);
        if (r->wrong)
            return;
        const uint8_t *payload = (const uint8_t *)r->bytes + at + sizeof h;
        size_t whole = sizeof h + ((h.payload_len + 7) & ~(size_t)7);
        if (at + whole > r->size) {
            r->wrong = "cut off within a block";
            return;
        }
        if (wf_sum(payload, h.payload_len) != h.payload_sum)
            r->wrong = "a damaged payload";
        if (h.file_seq != r->blocks)
            r->wrong = "a hole between blocks";
        r->blocks++;
        trace_payload(r, &h, payload, h.payload_len, true);
        at += whole;
    }
}

/* Fills r, but for event, block and arg, which the caller has set. */
static inline void trace_read(struct trace_reading *r, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    r->wrong = "cannot be opened";
    if (fd < 0)
        return;
    r->wrong = "cannot be mapped";
    if (!fstat(fd, &st) && st.st_size > 0) {
        r->size = (size_t)st.st_size;
        r->bytes = mmap(NULL, r->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (r->bytes != MAP_FAILED) {
            size_t have = r->size < sizeof r->header ? r->size : sizeof r->header;
            memcpy(&r->header, r->bytes, have);
            r->wrong = wf_file_header_check(&r->header, r->size);
            if (!r->wrong)
                trace_blocks(r);
            /* What a kill cut off is in a slot; the rest must be sound. */
            if (r->header.pool_slots && r->wrong && !strncmp(r->wrong, "cut off", 7))
                r->wrong = NULL;
            if (!r->wrong)
                trace_slots(r);
            munmap((void *)r->bytes, r->size);
        }
    }
    close(fd);
}

#endif /* WEFT_TESTS_TRACE_READ_H */
