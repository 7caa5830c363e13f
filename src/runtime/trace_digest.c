/* SPDX-License-Identifier: MIT */
/*
 * trace_digest.c - what a batch held, in its head, so that a first look at a trace need
 * not decode it.  It is kept as the events are written (trace.h), in the slot: the
 * flipper may hand that on while its writer is away, and a kill leaves it as it is.
 */
#include "runtime/trace_int.h"

/* Capped. */
static uint32_t whole_us(uint64_t units)
{
    uint64_t us = (uint64_t)((unsigned __int128)units * wf_tclock.us_per_unit >> 64);
    return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

/* The times add up to the batch's, so they say also how far they reach. */
void wf_digest_until(struct wf_slot_head *h, uint64_t ts)
{
    struct wf_digest *d = &h->block.digest;
    uint32_t before = d->running_us + d->spinning_us + d->idle_us + d->blocked_us;
    uint32_t spent = whole_us(ts - h->block.first_ts) - before;
    switch (h->does) {
    case WF_MSTATE_running:
        d->running_us += spent;
        break;
    case WF_MSTATE_spinning:
        d->spinning_us += spent;
        break;
    case WF_MSTATE_blocked:
        d->blocked_us += spent;
        break;
    default:
        d->idle_us += spent;
    }
}

void wf_digest_turn(struct wf_tbuf *b, unsigned to)
{
    if (!b->m)
        return;
    wf_digest_until(b->head, b->now);
    b->does = (uint8_t)to;
    b->head->does = to;
}

/* What stands in g may be of a trace before, or later than now by another CPU's clock. */
void wf_digest_waited(struct wf_tbuf *b, const struct wf_g *g)
{
    struct wf_digest *d = &b->head->block.digest;
    if (g->runnable < wf_trace_since || g->runnable > b->now)
        return;
    b->waited = b->now - g->runnable;
    d->wait_max_us = whole_us(b->waited);
    d->wait_g = g->id;
}
