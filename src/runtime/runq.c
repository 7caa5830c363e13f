/* SPDX-License-Identifier: MIT */
/*
 * runq.c - what is not on the hot path of run queues: overflow, stealing, the global
 * queue.
 */
#include "runtime/runq.h"

#include <errno.h>
#include <stdlib.h>

#include "runtime/futex.h"
#include "runtime/sched.h"

enum { HALF = WF_RING / 2, RUNNEXT_NS = 3000 };

/* Half of a full ring and g go to the global queue. */
void wf_runq_overflow(struct wf_p *p, struct wf_g *g, uint32_t head, uint32_t tail)
{
    struct wf_g *batch[HALF + 1];
    for (uint32_t i = 0; i < HALF; i++)
        batch[i] = atomic_load_explicit(&p->ring[(head + i) % WF_RING],
                                        memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(
            &p->head, &head, head + HALF, memory_order_release, memory_order_relaxed)) {
        /* Thieves were here: now there is room. */
        atomic_store_explicit(&p->ring[tail % WF_RING], g, memory_order_relaxed);
        atomic_store_explicit(&p->tail, tail + 1, memory_order_release);
        return;
    }
    batch[HALF] = g;
    wf_lock_acquire(&wf_rt.lock);
    wf_global_put(batch, HALF + 1);
    wf_lock_release(&wf_rt.lock);
    WF_TRACE(overflow, .n = HALF + 1);
}

struct wf_g *wf_runq_steal(struct wf_p *p, struct wf_p *victim, uint32_t *count)
{
    uint32_t to = atomic_load_explicit(&p->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&victim->head, memory_order_acquire), n;
    do {
        uint32_t tail = atomic_load_explicit(&victim->tail, memory_order_acquire);
        n = tail - head;
        n -= n / 2;
        if (!n)
            return NULL;
        if (n > HALF) { /* head is of before, tail of now */
            head = atomic_load_explicit(&victim->head, memory_order_acquire);
            n = 0;
            continue;
        }
        for (uint32_t i = 0; i < n; i++) {
            struct wf_g *g = atomic_load_explicit(&victim->ring[(head + i) % WF_RING],
                                                  memory_order_relaxed);
            atomic_store_explicit(&p->ring[(to + i) % WF_RING], g,
                                  memory_order_relaxed);
        }
    } while (!n || !atomic_compare_exchange_weak_explicit(
                       &victim->head, &head, head + n, memory_order_acq_rel,
                       memory_order_acquire));
    *count = n--;
    struct wf_g *g = atomic_load_explicit(&p->ring[(to + n) % WF_RING],
                                          memory_order_relaxed);
    if (n) {
        atomic_store_explicit(&p->tail, to + n, memory_order_release);
        wf_runq_note(p, n);
    }
    return g;
}

/*
 * The victim is about to run its runnext, most often: a pair that wakes each other
 * would be torn apart.  Only if it has not scheduled for a while, it will not soon.
 */
struct wf_g *wf_runq_steal_next(struct wf_p *victim)
{
    struct wf_g *g = atomic_load_explicit(&victim->runnext, memory_order_relaxed);
    if (!g)
        return NULL;
    uint64_t before = wf_get(&victim->stats.dispatches);
    for (int64_t end = wf_clock_now() + RUNNEXT_NS; wf_clock_now() < end;)
        wf_pause();
    if (wf_get(&victim->stats.dispatches) != before)
        return NULL;
    if (!atomic_compare_exchange_strong_explicit(
            &victim->runnext, &g, NULL, memory_order_acquire, memory_order_relaxed))
        return NULL;
    return g;
}

/* ---- the global queue: pointers only, so that its Gs stay where they are cached ---- */

int wf_global_reserve(uint32_t most)
{
    struct wf_g **ring, **old = NULL;
    uint32_t size = wf_rt.global_size ? wf_rt.global_size : 4 * WF_RING;
    while (size < most)
        size *= 2;
    if (size == wf_rt.global_size)
        return 0;
    ring = malloc(size * sizeof *ring);
    if (!ring)
        return -ENOMEM;
    wf_lock_acquire(&wf_rt.lock);
    for (uint32_t i = 0; i < wf_get(&wf_rt.nglobal); i++)
        ring[i] = wf_rt.global[(wf_rt.global_at + i) & (wf_rt.global_size - 1)];
    old = wf_rt.global;
    wf_rt.global = ring;
    wf_rt.global_at = 0;
    wf_rt.global_size = size;
    wf_lock_release(&wf_rt.lock);
    free(old);
    return 0;
}

void wf_global_fini(void)
{
    free(wf_rt.global);
    wf_rt.global = NULL;
    wf_rt.global_size = 0;
}

void wf_global_put(struct wf_g *const *gs, uint32_t n)
{
    uint32_t len = wf_get(&wf_rt.nglobal), mask = wf_rt.global_size - 1;
    WF_CHECK(n <= wf_rt.global_size - len);
    for (uint32_t i = 0; i < n; i++)
        wf_rt.global[(wf_rt.global_at + len + i) & mask] = gs[i];
    wf_set(&wf_rt.nglobal, len + n);
    if (len + n > wf_rt.global_max)
        wf_rt.global_max = len + n;
}

struct wf_g *wf_global_get(struct wf_p *p, uint32_t most)
{
    uint32_t len = wf_get(&wf_rt.nglobal), n = len / wf_get(&wf_rt.nprocs) + 1;
    if (!len)
        return NULL;
    n = n > most ? most : n;
    n = n > len ? len : n;
    uint32_t at = wf_rt.global_at, mask = wf_rt.global_size - 1;
    for (uint32_t i = 1; i < n; i++)
        wf_runq_put(p, wf_rt.global[(at + i) & mask]);
    wf_rt.global_at = at + n;
    wf_set(&wf_rt.nglobal, len - n);
    return wf_rt.global[at & mask];
}
