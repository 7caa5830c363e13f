/* SPDX-License-Identifier: MIT */
/*
 * waitq.h - the waiters of an object in the user's storage, first come first served.
 * A ring of struct wf_waiter; the object has one pointer, to the oldest, so that all
 * zeroes is an object nobody waits for.
 */
#ifndef WF_RUNTIME_WAITQ_H
#define WF_RUNTIME_WAITQ_H
#include <weft/sync.h>

#include "runtime/obj.h"
#include "runtime/runtime.h"

_Static_assert(sizeof(struct wf_lock) <= sizeof(uint64_t), "lock of weft_waiters");

/* Guards the ring; rank SYNC. */
static inline struct wf_lock *wf_waitq_lock(struct weft_waiters *q)
{
    return (struct wf_lock *)&q->lock;
}

/* Whoever comes first gives it one (wf_waitq_mention). */
static inline uint64_t wf_waitq_id(struct weft_waiters *q)
{
    return __atomic_load_n(&q->id, __ATOMIC_RELAXED);
}

static inline struct wf_waiter *wf_waitq_peek(struct weft_waiters *q)
{
    return q->first;
}

static inline void wf_waitq_push_back(struct weft_waiters *q, struct wf_waiter *w)
{
    struct wf_waiter *first = q->first;
    wf_list_init(&w->link);
    if (first)
        wf_list_insert(first->link.prev, &w->link);
    else
        q->first = w;
}

static inline void wf_waitq_push_front(struct weft_waiters *q, struct wf_waiter *w)
{
    wf_waitq_push_back(q, w);
    q->first = w;
}

/* w must be in the ring. */
static inline void wf_waitq_remove(struct weft_waiters *q, struct wf_waiter *w)
{
    if (q->first == w)
        q->first = w->link.next == &w->link
                       ? NULL
                       : wf_container(w->link.next, struct wf_waiter, link);
    wf_list_remove(&w->link);
    w->link.next = NULL;
}

/* For a waiter that gave up: somebody may have taken it off to wake it, too late. */
static inline void wf_waitq_give_up(struct weft_waiters *q, struct wf_waiter *w)
{
    if (w->link.next)
        wf_waitq_remove(q, w);
}

/* The oldest waiter that nothing else has woken: from now on it is ours to wake. */
static inline struct wf_waiter *wf_waitq_claim(struct weft_waiters *q)
{
    struct wf_waiter *w;
    while ((w = q->first)) {
        wf_waitq_remove(q, w);
        if (wf_wake_claim(w))
            return w;
    }
    return NULL;
}

/* All of them, to the list won. */
static inline void wf_waitq_claim_all(struct weft_waiters *q, struct wf_list *won)
{
    struct wf_waiter *w;
    while ((w = wf_waitq_claim(q)))
        wf_list_push_back(won, &w->link);
}

/* Without the lock: wake who was claimed.  Their waiters are gone by that. */
static inline void wf_waitq_ready(struct wf_list *won, uint64_t id)
{
    struct wf_list *item;
    while ((item = wf_list_pop(won)))
        wf_ready(wf_container(item, struct wf_waiter, link)->g, id);
}

/*
 * Wait in the queue, with its lock held.  deadline NULL: until somebody wakes us,
 * whatever else happens.  0: woken, and the lock is dropped; else as wf_park_until, with
 * the lock held again: the waiter must leave the queue.
 */
WF_MAY_PARK int wf_waitq_park(struct weft_waiters *q, enum wf_why why,
                              const int64_t *deadline);
/* The same for what coroutine *owner has; who looks for deadlocks sees that. */
WF_MAY_PARK int wf_waitq_park_for(struct weft_waiters *q, enum wf_why why, void **owner,
                                  const int64_t *deadline);

/*
 * What the owner of a lock is while nobody holds it: where it was last let go, as an odd
 * number.  That costs no more than NULL, and tells who lets go of a free lock more.
 */
static inline void *wf_owner_none(const void *site)
{
    return (void *)((uintptr_t)site << 1 | 1);
}

/* Bits below the address, but for the lowest, are the lock's own. */
static inline struct wf_g *wf_owner_g(void *owner)
{
    uintptr_t word = (uintptr_t)owner;
    return word & 1 ? NULL : (struct wf_g *)(word & ~(uintptr_t)(WF_CACHE_LINE - 1));
}

/* NULL: it was never held, or is. */
static inline const void *wf_owner_site(void *owner)
{
    return (uintptr_t)owner & 1 ? (const void *)((uintptr_t)owner >> 1) : NULL;
}

#endif /* WF_RUNTIME_WAITQ_H */
