/* SPDX-License-Identifier: MIT */
/*
 * barrier.c - nobody goes on before all have come.
 */
#include <weft/sync.h>

#include <errno.h>

#include "runtime/mutex.h"
#include "runtime/waitq.h"

/* With the lock held, which it drops. */
static void let_go(weft_barrier *b)
{
    struct wf_list won;
    uint64_t id = wf_waitq_id(&b->q);
    wf_list_init(&won);
    b->arrived = 0;
    wf_waitq_claim_all(&b->q, &won);
    wf_lock_release(wf_waitq_lock(&b->q));
    wf_waitq_ready(&won, id);
}

/* The same: wait for the last.  Who is off the queue when its time is up was counted. */
static int await(weft_barrier *b, const int64_t *deadline)
{
    struct wf_waiter w;
    wf_waiter_init(&w, NULL);
    b->arrived++;
    wf_waitq_push_back(&b->q, &w);
    int err = wf_waitq_park(&b->q, WF_WHY_barrier, deadline);
    if (!err)
        return 0;
    if (w.link.next) {
        b->arrived--;
        wf_waitq_remove(&b->q, &w);
    } else {
        err = 0;
    }
    wf_lock_release(wf_waitq_lock(&b->q));
    return err;
}

static int wait(weft_barrier *b, const int64_t *deadline, const char *call)
{
    int got;
    wf_self_or_die(wf_enter(), call);
    wf_waitq_mention(&b->q, WF_OKIND_barrier);
    wf_lock_acquire(wf_waitq_lock(&b->q));
    if (b->arrived + 1 >= b->parties) {
        let_go(b);
        got = 1;
    } else if (deadline && !*deadline) {
        wf_lock_release(wf_waitq_lock(&b->q));
        got = -EAGAIN;
    } else {
        got = await(b, deadline);
    }
    wf_leave();
    return got;
}

int weft_barrier_wait(weft_barrier *b)
{
    return wait(b, NULL, __func__);
}

int weft_barrier_wait_until(weft_barrier *b, int64_t deadline)
{
    return wait(b, &deadline, __func__);
}

int weft_barrier_init(weft_barrier *b, uint32_t parties, const char *name)
{
    *b = (weft_barrier)WEFT_BARRIER_INIT(parties);
    return wf_waitq_set_name(&b->q, name);
}

void weft_barrier_fini(weft_barrier *b)
{
    wf_waitq_fini(&b->q, WF_OKIND_barrier, __func__, __builtin_return_address(0));
}
