/* SPDX-License-Identifier: MIT */
/*
 * once.c - what is done by the first who comes, and awaited by all others.
 */
#include <weft/sync.h>

#include "runtime/dump.h"
#include "runtime/mutex.h"
#include "runtime/waitq.h"

enum { NEW, RUNNING, DONE };

/* In user state, so that the P of a function that takes long can be taken away. */
static void run(weft_once *once, void (*fn)(void *), void *arg)
{
    struct wf_list won;
    wf_list_init(&won);
    __atomic_store_n(&once->owner, wf_m()->g, __ATOMIC_RELAXED);
    wf_leave();
    fn(arg);
    wf_enter();
    wf_lock_acquire(wf_waitq_lock(&once->q));
    uint64_t id = wf_waitq_id(&once->q);
    wf_waitq_claim_all(&once->q, &won);
    __atomic_store_n(&once->owner, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&once->state, DONE, __ATOMIC_RELEASE);
    wf_lock_release(wf_waitq_lock(&once->q));
    wf_waitq_ready(&won, id);
}

static void await(weft_once *once, const void *site)
{
    struct wf_waiter w;
    struct wf_g *self = wf_m()->g;
    char who[WF_WHO_ROOM];
    if (__atomic_load_n(&once->owner, __ATOMIC_RELAXED) == self)
        wf_breach("weft_once_do", site, "%s, is within the function of this once",
                  wf_who(self, who));
    wf_waitq_mention(&once->q, WF_OKIND_once);
    wf_waiter_init(&w, NULL);
    wf_lock_acquire(wf_waitq_lock(&once->q));
    if (__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) == DONE) {
        wf_lock_release(wf_waitq_lock(&once->q));
        return;
    }
    wf_waitq_push_back(&once->q, &w);
    wf_waitq_park_for(&once->q, WF_WHY_once, &once->owner, NULL);
}

void weft_once_do(weft_once *once, void (*fn)(void *), void *arg)
{
    uint64_t is = NEW;
    if (wf_likely(__atomic_load_n(&once->state, __ATOMIC_ACQUIRE) == DONE))
        return;
    wf_self_or_die(wf_enter(), __func__);
    if (__atomic_compare_exchange_n(&once->state, &is, RUNNING, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE))
        run(once, fn, arg);
    else if (is == RUNNING)
        await(once, __builtin_return_address(0));
    wf_leave();
}

int weft_once_init(weft_once *once, const char *name)
{
    *once = (weft_once)WEFT_ONCE_INIT;
    return wf_waitq_set_name(&once->q, name);
}

void weft_once_fini(weft_once *once)
{
    char who[WF_WHO_ROOM];
    if (__atomic_load_n(&once->state, __ATOMIC_RELAXED) == RUNNING)
        WF_BREACH("its function runs: %s", wf_who(once->owner, who));
    wf_waitq_fini(&once->q, WF_OKIND_once, __func__, __builtin_return_address(0));
}
