/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timers: a 4-ary heap for each P.
 * A slot carries the time that it is sorted by.  A timer that is stopped, or moved to
 * later, keeps its slot and place; that is put right when the slot comes to the top,
 * so that a deadline moved with each read costs no sorting.  A timer stays in the heap
 * it is in, whatever P its owner runs on.
 */
#include <stdlib.h>

#include "runtime/futex.h"
#include "runtime/sched.h"

enum { FIRST_ROOM = 64 };

static void place(struct wf_timers *h, uint32_t at, struct wf_timer_slot slot)
{
    h->heap[at] = slot;
    slot.timer->at = at;
}

static void sift_up(struct wf_timers *h, uint32_t at)
{
    struct wf_timer_slot slot = h->heap[at];
    while (at) {
        uint32_t parent = (at - 1) / 4;
        if (h->heap[parent].when <= slot.when)
            break;
        place(h, at, h->heap[parent]);
        at = parent;
    }
    place(h, at, slot);
}

static void sift_down(struct wf_timers *h, uint32_t at)
{
    struct wf_timer_slot slot = h->heap[at];
    for (;;) {
        uint32_t first = 4 * at + 1, least = first;
        if (first >= h->n)
            break;
        for (uint32_t i = first + 1; i < first + 4 && i < h->n; i++)
            if (h->heap[i].when < h->heap[least].when)
                least = i;
        if (h->heap[least].when >= slot.when)
            break;
        place(h, at, h->heap[least]);
        at = least;
    }
    place(h, at, slot);
}

static void publish(struct wf_timers *h)
{
    wf_set(&h->first, h->n ? h->heap[0].when : WF_FOREVER);
}

static void push(struct wf_p *p, struct wf_timer *t, int64_t when)
{
    struct wf_timers *h = &p->timers;
    if (h->n == h->room) {
        uint32_t room = h->room ? 2 * h->room : FIRST_ROOM;
        void *heap = realloc(h->heap, room * sizeof *h->heap);
        if (!heap)
            wf_fatal("no memory for %u timers", room);
        h->heap = heap;
        h->room = room;
    }
    t->when = when;
    atomic_store_explicit(&t->p, p, memory_order_relaxed);
    place(h, h->n, (struct wf_timer_slot){ when, t });
    sift_up(h, h->n++);
}

/* The top goes; its timer may be gone as soon as the lock is. */
static void pop(struct wf_timers *h)
{
    struct wf_timer *t = h->heap[0].timer;
    if (--h->n) {
        place(h, 0, h->heap[h->n]);
        sift_down(h, 0);
    }
    atomic_store_explicit(&t->p, NULL, memory_order_release);
}

/* In the heap where it is; only to an earlier time does it have to move. */
static void move(struct wf_timers *h, struct wf_timer *t, int64_t when)
{
    if (t->when == WF_FOREVER)
        h->stopped--;
    t->when = when;
    if (when < h->heap[t->at].when) {
        h->heap[t->at].when = when;
        sift_up(h, t->at);
    }
}

void wf_timer_start(struct wf_timer *t, int64_t when)
{
    for (;;) {
        struct wf_p *p = atomic_load_explicit(&t->p, memory_order_acquire);
        struct wf_p *to = p ? p : wf_m()->p;
        wf_lock_acquire(&to->timers.lock);
        bool same = atomic_load_explicit(&t->p, memory_order_relaxed) == p;
        if (same && p)
            move(&p->timers, t, when);
        else if (same)
            push(to, t, when);
        if (same)
            publish(&to->timers);
        wf_lock_release(&to->timers.lock);
        if (same)
            return;
    }
}

/* Take out all that are stopped, once they are a good part. */
static void compact(struct wf_timers *h)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->n; i++) {
        struct wf_timer *t = h->heap[i].timer;
        if (t->when == WF_FOREVER)
            atomic_store_explicit(&t->p, NULL, memory_order_release);
        else
            place(h, kept++, (struct wf_timer_slot){ t->when, t });
    }
    h->n = kept;
    h->stopped = 0;
    for (uint32_t i = kept / 4 + 1; i-- > 0;)
        if (i < kept)
            sift_down(h, i);
}

bool wf_timer_stop(struct wf_timer *t)
{
    struct wf_p *p = atomic_load_explicit(&t->p, memory_order_acquire);
    if (!p)
        return false;
    struct wf_timers *h = &p->timers;
    wf_lock_acquire(&h->lock);
    bool stopped = atomic_load_explicit(&t->p, memory_order_relaxed) == p &&
                   t->when != WF_FOREVER;
    if (stopped) {
        t->when = WF_FOREVER;
        if (++h->stopped > h->n / 4 && h->n > FIRST_ROOM)
            compact(h);
        if (h->stopped == h->n) /* all of them: nothing is due any more */
            compact(h);
        publish(h);
    }
    wf_lock_release(&h->lock);
    return stopped;
}

/* With the lock held, the top is due by its slot: true when that is its timer's time. */
static bool top_is_due(struct wf_timers *h)
{
    struct wf_timer *t = h->heap[0].timer;
    if (t->when == WF_FOREVER) {
        h->stopped--;
        pop(h);
        return false;
    }
    if (t->when > h->heap[0].when) {
        h->heap[0].when = t->when;
        sift_down(h, 0);
        return false;
    }
    return true;
}

uint32_t wf_timers_run(struct wf_p *p, int64_t now)
{
    struct wf_timers *h = &p->timers;
    uint32_t n = 0;
    int64_t late = 0;
    wf_lock_acquire(&h->lock);
    while (h->n && h->heap[0].when <= now) {
        if (!top_is_due(h))
            continue;
        struct wf_timer copy = { .fn = h->heap[0].timer->fn,
                                 .arg = h->heap[0].timer->arg,
                                 .seq = h->heap[0].timer->seq };
        if (now - h->heap[0].timer->when > late)
            late = now - h->heap[0].timer->when;
        pop(h);
        publish(h);
        wf_lock_release(&h->lock);
        n++;
        copy.fn(copy.arg, copy.seq);
        wf_lock_acquire(&h->lock);
    }
    publish(h);
    wf_lock_release(&h->lock);
    if (n)
        WF_TRACE(timer_fire, .n = n, .late = (uint64_t)late);
    wf_add(&wf_m()->p->stats.timers, n);
    return n;
}

bool wf_timers_due(struct wf_p *p)
{
    uint64_t ticks = wf_cycles();
    if (ticks - p->timer_tick < WF_CYCLES_FEW)
        return false;
    p->timer_tick = ticks;
    return wf_clock_now() >= wf_timers_first(p);
}

void wf_timers_fini(struct wf_p *p)
{
    for (uint32_t i = 0; i < p->timers.n; i++)
        wf_set(&p->timers.heap[i].timer->p, NULL);
    free(p->timers.heap);
}
