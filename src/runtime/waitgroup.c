/* SPDX-License-Identifier: MIT */
/*
 * waitgroup.c - wait until a count is 0.
 *
 * state is twice the count, plus WAITED while somebody is queued.  Without WAITED a
 * change of the count is one exchange of the word and touches nothing else, so that who
 * saw 0 may take the memory away.  With WAITED it happens under the queue's lock, and
 * those who could take the memory away are parked until that is dropped.
 */
#include <weft/sync.h>

#include <errno.h>

#include "runtime/dump.h"
#include "runtime/waitq.h"

enum { WAITED = 1 };

static inline uint64_t load_state(weft_wait_group *wg)
{
    return __atomic_load_n(&wg->state, __ATOMIC_ACQUIRE);
}

static inline bool swap_state(weft_wait_group *wg, uint64_t *old, uint64_t new)
{
    return __atomic_compare_exchange_n(&wg->state, old, new, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static _Noreturn __attribute__((noinline)) void out_of_range(weft_wait_group *wg,
                                                             uint64_t s, int64_t n,
                                                             const char *call,
                                                             const void *site)
{
    char at[WF_PLACE_ROOM];
    void *zero_at = __atomic_load_n(&wg->zero_at, __ATOMIC_RELAXED);
    wf_breach(call, site, "%lld to a count of %llu, last made 0 %s%s", (long long)n,
              (unsigned long long)(s >> 1), zero_at ? "at " : "never",
              zero_at ? wf_place(zero_at, at) : "");
}

/*
 * The state with n more to wait for.  Who makes the count 0 leaves its site first: as
 * long as it is not 0 the memory is there.
 */
static inline uint64_t changed(weft_wait_group *wg, uint64_t s, int64_t n,
                               const char *call, const void *site)
{
    int64_t count;
    if (wf_unlikely(__builtin_add_overflow((int64_t)(s >> 1), n, &count) || count < 0 ||
                    count > INT64_MAX / 2))
        out_of_range(wg, s, n, call, site);
    if (!count)
        __atomic_store_n(&wg->zero_at, (void *)site, __ATOMIC_RELAXED);
    return (uint64_t)count << 1 | (s & WAITED);
}

/* With WAITED set: change the count, wake all if it is 0 now. */
static void add_waited(weft_wait_group *wg, int64_t n, const char *call,
                       const void *site)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_lock_acquire(wf_waitq_lock(&wg->q));
    uint64_t id = wf_waitq_id(&wg->q), s = load_state(wg), new;
    do
        new = changed(wg, s, n, call, site);
    while (!swap_state(wg, &s, new));
    if (new == WAITED) {
        wf_waitq_claim_all(&wg->q, &won);
        __atomic_fetch_and(&wg->state, ~(uint64_t)WAITED, __ATOMIC_RELEASE);
    }
    wf_lock_release(wf_waitq_lock(&wg->q));
    wf_waitq_ready(&won, id);
}

static inline void add(weft_wait_group *wg, int64_t n, const char *call,
                       const void *site)
{
    wf_enter();
    uint64_t s = load_state(wg);
    while (!(s & WAITED))
        if (swap_state(wg, &s, changed(wg, s, n, call, site)))
            break;
    if (s & WAITED)
        add_waited(wg, n, call, site);
    wf_leave();
}

void weft_wait_group_add(weft_wait_group *wg, int64_t n)
{
    add(wg, n, __func__, __builtin_return_address(0));
}

void weft_wait_group_done(weft_wait_group *wg)
{
    add(wg, -1, __func__, __builtin_return_address(0));
}

/* The deadline came, the lock is held.  The count may be 0 by now, but that came later. */
static void leave_queue(weft_wait_group *wg, struct wf_waiter *w)
{
    wf_waitq_give_up(&wg->q, w);
    if (!wf_waitq_peek(&wg->q))
        __atomic_fetch_and(&wg->state, ~(uint64_t)WAITED, __ATOMIC_RELAXED);
    wf_lock_release(wf_waitq_lock(&wg->q));
}

static int wait_slow(weft_wait_group *wg, int64_t deadline)
{
    struct wf_waiter w;
    wf_waitq_mention(&wg->q, WF_OKIND_wait_group);
    wf_waiter_init(&w, NULL);
    wf_lock_acquire(wf_waitq_lock(&wg->q));
    uint64_t s = load_state(wg);
    while (s >> 1 && !swap_state(wg, &s, s | WAITED))
        ;
    if (!(s >> 1)) {
        wf_lock_release(wf_waitq_lock(&wg->q));
        return 0;
    }
    wf_waitq_push_back(&wg->q, &w);
    int err = wf_waitq_park(&wg->q, WF_WHY_wait_group, &deadline);
    if (err)
        leave_queue(wg, &w);
    return err;
}

int weft_wait_group_wait(weft_wait_group *wg, int64_t deadline)
{
    int err = 0;
    wf_enter();
    if (load_state(wg) >> 1)
        err = !deadline ? -EAGAIN : wf_m() ? wait_slow(wg, deadline) : -EPERM;
    wf_leave();
    return err;
}

int weft_wait_group_init(weft_wait_group *wg, const char *name)
{
    *wg = (weft_wait_group)WEFT_WAIT_GROUP_INIT;
    return wf_waitq_set_name(&wg->q, name);
}

void weft_wait_group_fini(weft_wait_group *wg)
{
    wf_waitq_fini(&wg->q, WF_OKIND_wait_group, __func__, __builtin_return_address(0));
}
