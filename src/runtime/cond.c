/* SPDX-License-Identifier: MIT */
/*
 * cond.c - let go of a mutex until somebody says that things have changed.
 * Who waits is in the queue before it lets go of the mutex, and the queue's lock is held
 * until it is off its stack: a signal that comes after that finds it.
 */
#include <weft/sync.h>

#include <errno.h>

#include "runtime/mutex.h"
#include "runtime/waitq.h"

static int wait(weft_cond *c, weft_mutex *m, const int64_t *deadline, const char *call,
                const void *site)
{
    struct wf_waiter w;
    wf_waitq_mention(&c->q, WF_OKIND_cond);
    wf_waiter_init(&w, NULL);
    wf_lock_acquire(wf_waitq_lock(&c->q));
    wf_waitq_push_back(&c->q, &w);
    wf_mutex_unlock(m, call, site);
    int err = wf_waitq_park(&c->q, WF_WHY_cond, deadline);
    if (err) {
        wf_waitq_give_up(&c->q, &w);
        wf_lock_release(wf_waitq_lock(&c->q));
    }
    wf_mutex_lock(m, site);
    return err;
}

void weft_cond_wait(weft_cond *c, weft_mutex *m)
{
    wf_self_or_die(wf_enter(), __func__);
    wait(c, m, NULL, __func__, __builtin_return_address(0));
    wf_leave();
}

int weft_cond_wait_until(weft_cond *c, weft_mutex *m, int64_t deadline)
{
    wf_self_or_die(wf_enter(), __func__);
    int err = -EAGAIN;
    if (deadline)
        err = wait(c, m, &deadline, __func__, __builtin_return_address(0));
    wf_leave();
    return err;
}

void weft_cond_signal(weft_cond *c)
{
    wf_enter();
    wf_lock_acquire(wf_waitq_lock(&c->q));
    uint64_t id = wf_waitq_id(&c->q);
    struct wf_waiter *w = wf_waitq_claim(&c->q);
    wf_lock_release(wf_waitq_lock(&c->q));
    if (w)
        wf_ready(w->g, id);
    wf_leave();
}

void weft_cond_broadcast(weft_cond *c)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_enter();
    wf_lock_acquire(wf_waitq_lock(&c->q));
    uint64_t id = wf_waitq_id(&c->q);
    wf_waitq_claim_all(&c->q, &won);
    wf_lock_release(wf_waitq_lock(&c->q));
    wf_waitq_ready(&won, id);
    wf_leave();
}

int weft_cond_init(weft_cond *c, const char *name)
{
    *c = (weft_cond)WEFT_COND_INIT;
    return wf_waitq_set_name(&c->q, name);
}

void weft_cond_fini(weft_cond *c)
{
    wf_waitq_fini(&c->q, WF_OKIND_cond, __func__, __builtin_return_address(0));
}
