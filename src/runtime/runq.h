/* SPDX-License-Identifier: MIT */
/*
 * runq.h - the run queue of a P: a ring that its owner puts into and everybody takes
 * from, and runnext before it.
 * A slot may be read by a thief while the owner writes it again: the thief's CAS on
 * head then fails.
 * Source: Go, runtime/proc.go, runqput and runqsteal.
 */
#ifndef WF_RUNTIME_RUNQ_H
#define WF_RUNTIME_RUNQ_H
#include "runtime/runtime.h"

void wf_runq_overflow(struct wf_p *p, struct wf_g *g, uint32_t head, uint32_t tail);

/* How many are runnable on p, runnext included; from another thread an estimate. */
static inline uint32_t wf_runq_len(struct wf_p *p)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_acquire);
    uint32_t tail = atomic_load_explicit(&p->tail, memory_order_acquire);
    uint32_t n = tail - head;
    return (n > WF_RING ? 0 : n) +
           (atomic_load_explicit(&p->runnext, memory_order_relaxed) != NULL);
}

static inline void wf_runq_note(struct wf_p *p, uint32_t len)
{
    if (wf_unlikely(len >
                    atomic_load_explicit(&p->stats.runq_max, memory_order_relaxed)))
        atomic_store_explicit(&p->stats.runq_max, len, memory_order_relaxed);
}

/* The owner: to the tail. */
static inline void wf_runq_put(struct wf_p *p, struct wf_g *g)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_acquire);
    uint32_t tail = atomic_load_explicit(&p->tail, memory_order_relaxed);
    if (wf_unlikely(tail - head >= WF_RING)) {
        wf_runq_overflow(p, g, head, tail);
        return;
    }
    atomic_store_explicit(&p->ring[tail % WF_RING], g, memory_order_relaxed);
    atomic_store_explicit(&p->tail, tail + 1, memory_order_release);
    wf_runq_note(p, tail + 1 - head);
}

/*
 * The owner: to be run next.  True when it took an empty place, so that the owner will
 * come to it by itself; who stood there goes to the tail.  Thieves only ever empty it.
 */
static inline bool wf_runq_put_next(struct wf_p *p, struct wf_g *g)
{
    if (wf_likely(!atomic_load_explicit(&p->runnext, memory_order_relaxed))) {
        atomic_store_explicit(&p->runnext, g, memory_order_release);
        return true;
    }
    struct wf_g *old = atomic_exchange_explicit(&p->runnext, g, memory_order_acq_rel);
    if (old)
        wf_runq_put(p, old);
    return !old;
}

static inline struct wf_g *wf_runq_get_next(struct wf_p *p)
{
    struct wf_g *g = atomic_load_explicit(&p->runnext, memory_order_relaxed);
    if (g && wf_likely(atomic_compare_exchange_strong_explicit(
                 &p->runnext, &g, NULL, memory_order_acquire, memory_order_relaxed)))
        return g;
    return NULL;
}

/* Who runs a few turns from now (or did once) may have left the caches. */
enum { WF_AHEAD = 3 };
static inline void wf_runq_prefetch(struct wf_p *p, uint32_t at)
{
    struct wf_g *g = atomic_load_explicit(&p->ring[at % WF_RING], memory_order_relaxed);
    __builtin_prefetch(g, 1);
    __builtin_prefetch((char *)g + WF_CACHE_LINE, 1);
}

/* The owner: from the head, the ring only. */
static inline struct wf_g *wf_runq_get(struct wf_p *p)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_acquire);
    for (;;) {
        uint32_t tail = atomic_load_explicit(&p->tail, memory_order_relaxed);
        if (head == tail)
            return NULL;
        struct wf_g *g = atomic_load_explicit(&p->ring[head % WF_RING],
                                              memory_order_relaxed);
        wf_runq_prefetch(p, head + WF_AHEAD);
        if (wf_likely(atomic_compare_exchange_weak_explicit(
                &p->head, &head, head + 1, memory_order_release, memory_order_acquire)))
            return g;
    }
}

/* Take half of the victim's ring to p's own, which must be empty; the newest of these
 * is returned, n says how many there were. */
struct wf_g *wf_runq_steal(struct wf_p *p, struct wf_p *victim, uint32_t *n);
/* Take the victim's runnext if it does not come to run it; n as above. */
struct wf_g *wf_runq_steal_next(struct wf_p *victim);

/* The global queue has room for so many: 0 or -ENOMEM.  Without wf_rt.lock. */
int wf_global_reserve(uint32_t most);
void wf_global_fini(void);
/* The rest with wf_rt.lock held. */
void wf_global_put(struct wf_g *const *gs, uint32_t n);
/* One to run and, with most > 1, a fair share for p's own ring. */
struct wf_g *wf_global_get(struct wf_p *p, uint32_t most);

#endif /* WF_RUNTIME_RUNQ_H */
