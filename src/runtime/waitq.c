/* SPDX-License-Identifier: MIT */
/*
 * waitq.c - wait in the queue of an object in the user's storage.
 */
#include "runtime/waitq.h"

static void unlock_queue(void *lock)
{
    wf_lock_release(lock);
}

int wf_waitq_park(struct weft_waiters *q, enum wf_why why, const int64_t *deadline)
{
    struct wf_lock *lock = wf_waitq_lock(q);
    if (!deadline) {
        wf_park(why, wf_waitq_id(q), unlock_queue, lock);
        return 0;
    }
    int err = wf_park_until(why, wf_waitq_id(q), *deadline, unlock_queue, lock);
    if (err)
        wf_lock_acquire(lock);
    return err;
}

int wf_waitq_park_for(struct weft_waiters *q, enum wf_why why, void **owner,
                      const int64_t *deadline)
{
    struct wf_g *self = wf_m()->g;
    struct wf_g *g = wf_owner_g(__atomic_load_n(owner, __ATOMIC_RELAXED));
    if (g)
        WF_TRACE(obj_owner, .id = wf_waitq_id(q), .g = g->id);
    atomic_store_explicit(&self->owner, (void *)owner, memory_order_relaxed);
    int err = wf_waitq_park(q, why, deadline);
    atomic_store_explicit(&self->owner, NULL, memory_order_relaxed);
    return err;
}
