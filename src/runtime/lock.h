/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the lock inside the runtime: one word, spin a little, then a futex.
 * Taking it is one compare-and-swap, dropping it a plain store.  Nothing of the lock is
 * read after that store, so whoever gets it next may free it at once.
 */
#ifndef WF_RUNTIME_LOCK_H
#define WF_RUNTIME_LOCK_H
#include <stdatomic.h>
#include <stdint.h>

#include "base/fatal.h"

enum wf_lock_rank {
    WF_RANK_NONE, /* not checked */
#define LOCK(rank, doc) WF_RANK_##rank,
#include "runtime/locks.def"
};

struct wf_lock {
    _Atomic uint32_t held;     /* 1 while somebody has it */
    _Atomic uint16_t sleepers; /* threads in, or about to be in, the futex */
    uint8_t rank;              /* enum wf_lock_rank */
};

#define WF_LOCK_INIT(rank_)                                                            \
    {                                                                                  \
        .rank = WF_RANK_##rank_                                                        \
    }

void wf_lock_slow(struct wf_lock *lock);
void wf_lock_wake(struct wf_lock *lock);
#ifdef WF_DEBUG
void wf_lock_check_acquire(const struct wf_lock *lock);
void wf_lock_check_release(const struct wf_lock *lock);
#else
static inline void wf_lock_check_acquire(const struct wf_lock *lock)
{
    (void)lock;
}
static inline void wf_lock_check_release(const struct wf_lock *lock)
{
    (void)lock;
}
#endif

static inline void wf_lock_init(struct wf_lock *lock, enum wf_lock_rank rank)
{
    *lock = (struct wf_lock){ .rank = (uint8_t)rank };
}

static inline int wf_lock_try(struct wf_lock *lock)
{
    uint32_t free = 0;
    return atomic_compare_exchange_strong_explicit(
        &lock->held, &free, 1, memory_order_acquire, memory_order_relaxed);
}

static inline void wf_lock_acquire(struct wf_lock *lock)
{
    wf_lock_check_acquire(lock);
    if (wf_unlikely(!wf_lock_try(lock)))
        wf_lock_slow(lock);
}

/*
 * A sleeper that comes between our look and our store is not woken; it looks again by
 * itself (wf_lock_slow sleeps for a bounded time).  A fence here would cost every
 * caller more than that rare wait costs one.
 */
static inline void wf_lock_release(struct wf_lock *lock)
{
    wf_lock_check_release(lock);
    uint16_t sleepers = atomic_load_explicit(&lock->sleepers, memory_order_relaxed);
    atomic_store_explicit(&lock->held, 0, memory_order_release);
    if (wf_unlikely(sleepers))
        wf_lock_wake(lock);
}

#endif /* WF_RUNTIME_LOCK_H */
