/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the slow side of the lock, and the check of ranks.
 */
#include "runtime/lock.h"

#include "runtime/futex.h"
#include "runtime/runtime.h"

enum { SPINS = 100, SLEEP_NS = 200 * 1000 };

static bool spin(struct wf_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        wf_pause();
        if (!atomic_load_explicit(&lock->held, memory_order_relaxed) &&
            wf_lock_try(lock))
            return true;
    }
    return false;
}

void wf_lock_slow(struct wf_lock *lock)
{
    if (spin(lock))
        return;
    atomic_fetch_add(&lock->sleepers, 1);
    while (!wf_lock_try(lock))
        wf_futex_wait(&lock->held, 1, SLEEP_NS);
    atomic_fetch_sub(&lock->sleepers, 1);
}

void wf_lock_wake(struct wf_lock *lock)
{
    wf_futex_wake(&lock->held, 1);
}

#ifdef WF_DEBUG
static const char *const rank_name[] = {
    [WF_RANK_NONE] = "NONE",
#define LOCK(rank, doc) [WF_RANK_##rank] = #rank,
#include "runtime/locks.def"
};

/* Several of one rank: held until the last is dropped, which we take the first for. */
static bool many(unsigned rank)
{
    return rank == WF_RANK_CHAN || rank == WF_RANK_TIMERS;
}

void wf_lock_check_acquire(const struct wf_lock *lock)
{
    struct wf_m *m = wf_m();
    if (!m || !lock->rank)
        return;
    unsigned above = m->locks >> (lock->rank + many(lock->rank));
    if (above)
        wf_fatal("lock of rank %s taken while one of rank %s is held",
                 rank_name[lock->rank], rank_name[31 - __builtin_clz(m->locks)]);
    m->locks |= 1u << lock->rank;
}

void wf_lock_check_release(const struct wf_lock *lock)
{
    struct wf_m *m = wf_m();
    if (m && lock->rank)
        m->locks &= ~(1u << lock->rank);
}
#endif
