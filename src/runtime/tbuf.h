/* SPDX-License-Identifier: MIT */
/*
 * tbuf.h - what the tracer keeps in each M, G and P.
 */
#ifndef WF_RUNTIME_TBUF_H
#define WF_RUNTIME_TBUF_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "format/block.h"

/*
 * The order of the events about one G or P: generation << 32 | number of the last one.
 * Another generation than the writer's: not mentioned there yet.  WF_TORDER_LOST: an
 * event about it was dropped, the next one states anew what holds.
 */
struct wf_torder {
    _Atomic uint64_t word;
};
#define WF_TORDER_LOST (UINT64_C(1) << 63)

static inline void wf_torder_reset(struct wf_torder *o)
{
    atomic_store_explicit(&o->word, 0, memory_order_relaxed);
}

enum { WF_TCACHE = 1024 };
struct wf_tcache {
    uint64_t hash;
    uint32_t gen, id;
};

/* Where one writer puts its events: a slot of the pool, until it is full. */
struct wf_tbuf {
    unsigned char *at, *limit; /* the next event; from limit on a new slot is due */
    uint64_t now, last; /* clock units: of the event under way, of the last one */
    struct wf_slot_head *head; /* of the slot */
    _Atomic uint32_t gen;      /* generation that at is in; the flipper reads it */
    uint32_t nevents;          /* in the slot */
    uint8_t does;              /* the M: enum wf_word MSTATE */
    uint32_t queue_max;        /* deepest that its queue was told to be there */
    uint64_t waited;           /* longest runnable wait that ended there, in units */
    bool shared;               /* of writers that are no M: a lock is held meanwhile */
    uint32_t stream, stream_seq;
    uint32_t lost;      /* events dropped since the slot before */
    uint64_t lost_from; /* since when */
    struct wf_m *m;     /* NULL when shared */
    _Atomic(struct wf_slot_head *)
        slot;                /* head, until handed on: by whom it is taken */
    struct wf_list all;      /* of the tracer's list of Ms */
    struct wf_tcache *cache; /* of stacks */
};

#endif /* WF_RUNTIME_TBUF_H */
