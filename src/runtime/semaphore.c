/* SPDX-License-Identifier: MIT */
/*
 * semaphore.c - so many units, taken and given back in any number.
 *
 * state is twice the free units, plus WAITED while somebody is queued.  Without WAITED a
 * change is one exchange of the word.  With WAITED it happens under the queue's lock, and
 * who gives units back hands them to those who waited, in the order in which they came.
 */
#include <weft/sync.h>

#include <errno.h>

#include "runtime/dump.h"
#include "runtime/waitq.h"

enum { WAITED = 1 };

struct sem_waiter {
    struct wf_waiter w;
    uint64_t n; /* wanted */
};

static inline uint64_t load_state(weft_semaphore *s)
{
    return __atomic_load_n(&s->state, __ATOMIC_RELAXED);
}

static inline bool swap_state(weft_semaphore *s, uint64_t *old, uint64_t new, int order)
{
    return __atomic_compare_exchange_n(&s->state, old, new, false, order,
                                       __ATOMIC_RELAXED);
}

static inline bool take_if_free(weft_semaphore *s, uint64_t n)
{
    uint64_t state = load_state(s);
    while (!(state & WAITED) && state >> 1 >= n)
        if (swap_state(s, &state, state - (n << 1), __ATOMIC_ACQUIRE))
            return true;
    return false;
}

/* With the queue's lock held: take them after all, or have WAITED set for us. */
static bool take_or_queue(weft_semaphore *s, uint64_t n)
{
    while (!take_if_free(s, n)) {
        uint64_t state = load_state(s);
        if (((state & WAITED) || state >> 1 < n) &&
            swap_state(s, &state, state | WAITED, __ATOMIC_RELAXED))
            return false;
    }
    return true;
}

/*
 * With the queue's lock held and WAITED set, so that nobody else changes the state: to
 * the oldest what they want, until there is too little for the next.
 */
static void hand_out(weft_semaphore *s, struct wf_list *won)
{
    uint64_t free = load_state(s) >> 1;
    struct wf_waiter *w;
    while ((w = wf_waitq_peek(&s->q))) {
        uint64_t n = wf_container(w, struct sem_waiter, w)->n;
        if (n > free)
            break;
        wf_waitq_remove(&s->q, w);
        if (!wf_wake_claim(w))
            continue;
        free -= n;
        wf_list_push_back(won, &w->link);
    }
    __atomic_store_n(&s->state, free << 1 | (w ? WAITED : 0), __ATOMIC_RELEASE);
}

static void unlock_and_ready(weft_semaphore *s, struct wf_list *won)
{
    uint64_t id = wf_waitq_id(&s->q);
    wf_lock_release(wf_waitq_lock(&s->q));
    wf_waitq_ready(won, id);
}

/* With the queue's lock held, which it drops: who gave up may have held others off. */
static void leave_queue(weft_semaphore *s, struct wf_waiter *w)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_waitq_give_up(&s->q, w);
    if (load_state(s) & WAITED)
        hand_out(s, &won);
    unlock_and_ready(s, &won);
}

static int acquire_slow(weft_semaphore *s, uint64_t n, int64_t deadline)
{
    struct sem_waiter sw = { .n = n };
    wf_waitq_mention(&s->q, WF_OKIND_semaphore);
    wf_waiter_init(&sw.w, NULL);
    wf_lock_acquire(wf_waitq_lock(&s->q));
    if (take_or_queue(s, n)) {
        wf_lock_release(wf_waitq_lock(&s->q));
        return 0;
    }
    wf_waitq_push_back(&s->q, &sw.w);
    int err = wf_waitq_park(&s->q, WF_WHY_semaphore, &deadline);
    if (err)
        leave_queue(s, &sw.w);
    return err;
}

int weft_semaphore_acquire_until(weft_semaphore *s, uint64_t n, int64_t deadline)
{
    int err = 0;
    if (n > s->size)
        return -EINVAL;
    wf_enter();
    if (!take_if_free(s, n))
        err = !deadline ? -EAGAIN : wf_m() ? acquire_slow(s, n, deadline) : -EPERM;
    wf_leave();
    return err;
}

int weft_semaphore_acquire(weft_semaphore *s, uint64_t n)
{
    return weft_semaphore_acquire_until(s, n, WF_FOREVER);
}

int weft_semaphore_try(weft_semaphore *s, uint64_t n)
{
    return weft_semaphore_acquire_until(s, n, 0);
}

static _Noreturn __attribute__((noinline)) void too_many(weft_semaphore *s,
                                                         uint64_t state, uint64_t n,
                                                         const void *site)
{
    char at[WF_PLACE_ROOM];
    void *full_at = __atomic_load_n(&s->full_at, __ATOMIC_RELAXED);
    wf_breach("weft_semaphore_release", site,
              "%llu of %llu units, of which %llu are taken; last all free %s%s",
              (unsigned long long)n, (unsigned long long)s->size,
              (unsigned long long)(s->size - (state >> 1)),
              full_at ? "since " : "when made", full_at ? wf_place(full_at, at) : "");
}

/* The state with n more free.  Who frees the last leaves its site before. */
static inline uint64_t given_back(weft_semaphore *s, uint64_t state, uint64_t n,
                                  const void *site)
{
    uint64_t taken = s->size - (state >> 1);
    if (wf_unlikely(n > taken))
        too_many(s, state, n, site);
    if (n && n == taken)
        __atomic_store_n(&s->full_at, (void *)site, __ATOMIC_RELAXED);
    return state + (n << 1);
}

static void release_slow(weft_semaphore *s, uint64_t n, const void *site)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_lock_acquire(wf_waitq_lock(&s->q));
    uint64_t state = load_state(s);
    while (!swap_state(s, &state, given_back(s, state, n, site), __ATOMIC_ACQ_REL))
        ;
    if (state & WAITED)
        hand_out(s, &won);
    unlock_and_ready(s, &won);
}

void weft_semaphore_release(weft_semaphore *s, uint64_t n)
{
    const void *site = __builtin_return_address(0);
    wf_enter();
    uint64_t state = load_state(s);
    while (!(state & WAITED))
        if (swap_state(s, &state, given_back(s, state, n, site), __ATOMIC_RELEASE))
            break;
    if (state & WAITED)
        release_slow(s, n, site);
    wf_leave();
}

int weft_semaphore_init(weft_semaphore *s, uint64_t size, const char *name)
{
    if (size > INT64_MAX)
        return -EINVAL;
    *s = (weft_semaphore)WEFT_SEMAPHORE_INIT(size);
    return wf_waitq_set_name(&s->q, name);
}

void weft_semaphore_fini(weft_semaphore *s)
{
    wf_waitq_fini(&s->q, WF_OKIND_semaphore, __func__, __builtin_return_address(0));
}
