/* SPDX-License-Identifier: MIT */
/*
 * select.c - one of several sends and receives.
 * All channels are locked, in the order of their addresses; then a case that can be
 * done is done, or a waiter is queued on each channel and the locks are dropped from the
 * next stack.  Whoever wins the coroutine's one wake-up has chosen the case.
 */
#include <weft/select.h>

#include <stdlib.h>

#include "runtime/chan.h"
#include "runtime/pool.h"

enum { SMALL = 8 }; /* so many cases need no memory but the stack */

struct select {
    struct weft_case *cases;  /* n of them, as of the arrays */
    struct weft_chan **locks; /* nlocks of them, by address, each once */
    struct wf_waiter *waiters;
    uint16_t *order; /* in which cases are tried */
    int n, nlocks;
    weft_pool *pool; /* where the arrays are from, if they are */
};

struct small {
    struct weft_chan *locks[SMALL];
    struct wf_waiter waiters[SMALL];
    uint16_t order[SMALL];
};

/* What a waiter says while nobody has chosen its case. */
enum { NOT_CHOSEN = 1 };

static void use_small(struct select *s, struct small *room)
{
    s->locks = room->locks;
    s->waiters = room->waiters;
    s->order = room->order;
}

/* Arrays for more cases: from a pool if they fit. */
static int use_memory(struct select *s, struct wf_m *m)
{
    size_t n = (size_t)s->n;
    size_t size = n * (sizeof *s->waiters + sizeof *s->locks + sizeof *s->order);
    s->pool = size <= WF_WAITER_ROOM ? wf_waiter_pool : NULL;
    char *room = s->pool ? wf_pool_take(s->pool, m) : NULL;
    if (!room)
        room = malloc(s->pool ? WF_WAITER_ROOM : size);
    if (!room)
        return -ENOMEM;
    s->waiters = (struct wf_waiter *)room;
    s->locks = (struct weft_chan **)(s->waiters + n);
    s->order = (uint16_t *)(s->locks + n);
    return 0;
}

static void give_back(struct select *s, struct wf_m *m)
{
    if (!s->pool || wf_pool_give(s->pool, m, s->waiters))
        free(s->waiters);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (struct weft_chan *const *)a;
    uintptr_t y = (uintptr_t) * (struct weft_chan *const *)b;
    return x < y ? -1 : x > y;
}

static void sort_small(struct weft_chan **locks, int n)
{
    for (int i = 1; i < n; i++) {
        struct weft_chan *ch = locks[i];
        int j = i;
        for (; j > 0 && locks[j - 1] > ch; j--)
            locks[j] = locks[j - 1];
        locks[j] = ch;
    }
}

/* The channels of all cases in the order of locking, duplicates skipped. */
static void list_locks(struct select *s)
{
    int n = 0, unique = 0;
    for (int i = 0; i < s->n; i++)
        if (s->cases[i].ch)
            s->locks[n++] = s->cases[i].ch;
    if (n <= SMALL)
        sort_small(s->locks, n);
    else
        qsort(s->locks, (size_t)n, sizeof *s->locks, by_address);
    for (int i = 0; i < n; i++)
        if (!unique || s->locks[unique - 1] != s->locks[i])
            s->locks[unique++] = s->locks[i];
    s->nlocks = unique;
}

static void lock_all(struct select *s)
{
    for (int i = 0; i < s->nlocks; i++)
        wf_lock_acquire(&s->locks[i]->lock);
}

/*
 * Also run from the next stack once the coroutine is parked.  Somebody may then wake it
 * as soon as the first lock is dropped; but it cannot leave weft_select, and with it the
 * array, before it had every lock once, so only the last one must not be read twice.
 */
static void unlock_all(void *arg)
{
    struct select *s = arg;
    struct weft_chan **locks = s->locks, *ch;
    for (int i = s->nlocks; i > 0;) {
        ch = locks[--i];
        wf_lock_release(&ch->lock);
    }
}

/* A number below n: Ps have a generator of their own, plain threads share one. */
static uint32_t random_below(uint32_t n)
{
    static _Atomic uint32_t shared = 1;
    struct wf_m *m = wf_m();
    uint32_t x = m ? m->p->rand
                   : atomic_fetch_add_explicit(&shared, 0x9e3779b9,
                                               memory_order_relaxed);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    if (m)
        m->p->rand = x;
    return (uint32_t)((uint64_t)x * n >> 32);
}

/* Try each case once, in random order: the case done, or -EAGAIN. */
static int try_cases(struct select *s, struct wf_chan_after *after)
{
    for (int i = 0; i < s->n; i++)
        s->order[i] = (uint16_t)i;
    for (int left = s->n; left > 0; left--) {
        uint32_t pick = left > 1 ? random_below((uint32_t)left) : 0;
        int chosen = s->order[pick];
        struct weft_case *c = &s->cases[chosen];
        s->order[pick] = s->order[left - 1];
        if (!c->ch)
            continue;
        int result = wf_chan_try(c->ch, c->op, c->elem, after);
        if (result != -EAGAIN) {
            c->result = result;
            return chosen;
        }
    }
    return -EAGAIN;
}

static void queue_all(struct select *s)
{
    for (int i = 0; i < s->n; i++) {
        struct weft_case *c = &s->cases[i];
        struct wf_waiter *w = &s->waiters[i];
        if (!c->ch)
            continue;
        wf_waiter_init(w, c->elem);
        w->result = NOT_CHOSEN;
        wf_list_push_back(c->op == WEFT_SEND ? &c->ch->senders : &c->ch->receivers,
                          &w->link);
    }
}

/* Off all lists.  With that every lock was ours once: unlock_all has ended. */
static void unqueue_all(struct select *s)
{
    for (int i = 0; i < s->n; i++) {
        struct weft_chan *ch = s->cases[i].ch;
        if (!ch)
            continue;
        wf_lock_acquire(&ch->lock);
        wf_list_remove(&s->waiters[i].link);
        wf_lock_release(&ch->lock);
    }
}

/* With all locks held, which it drops: the chosen case or why there is none. */
static int wait_for_case(struct select *s, int64_t deadline)
{
    uint64_t id = s->nlocks
                      ? s->cases[0].ch ? s->cases[0].ch->obj.id : s->locks[0]->obj.id
                      : 0;
    enum wf_why why = s->nlocks ? WF_WHY_select : WF_WHY_never;
    queue_all(s);
    int chosen = wf_park_until(why, id, deadline, unlock_all, s);
    unqueue_all(s);
    for (int i = 0; !chosen && i < s->n; i++) {
        if (s->cases[i].ch && s->waiters[i].result != NOT_CHOSEN) {
            s->cases[i].result = s->waiters[i].result;
            return i;
        }
    }
    WF_CHECK(chosen < 0);
    return chosen;
}

static int select_locked(struct select *s, int64_t deadline)
{
    struct wf_chan_after after = { .len = -1 };
    lock_all(s);
    int chosen = try_cases(s, &after);
    if (chosen == -EAGAIN && deadline && wf_m())
        return wait_for_case(s, deadline);

    uint64_t id = chosen >= 0 ? s->cases[chosen].ch->obj.id : 0;
    unlock_all(s);
    wf_chan_finish(id, &after);
    return chosen == -EAGAIN && deadline ? -EPERM : chosen;
}

static int check_cases(const struct weft_case *cases, int n)
{
    if (n < 0 || n > UINT16_MAX)
        return -EINVAL;
    for (int i = 0; i < n; i++) {
        if (cases[i].op != WEFT_SEND && cases[i].op != WEFT_RECV)
            return -EINVAL;
        if (cases[i].ch)
            wf_obj_mention(&cases[i].ch->obj);
    }
    return 0;
}

int weft_select(weft_case *cases, int n, int64_t deadline)
{
    struct small small;
    struct select s = { .cases = cases, .n = n };
    struct wf_m *m = wf_enter();
    int chosen = check_cases(cases, n);
    if (!chosen && n > SMALL)
        chosen = use_memory(&s, m);
    else
        use_small(&s, &small);
    if (!chosen) {
        list_locks(&s);
        chosen = select_locked(&s, deadline);
        if (n > SMALL)
            give_back(&s, wf_m());
    }
    wf_leave();
    return chosen;
}
