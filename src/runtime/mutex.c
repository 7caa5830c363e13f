/* SPDX-License-Identifier: MIT */
/*
 * mutex.c - mutual exclusion of coroutines.
 *
 * state holds three bits.  LOCKED: somebody has it.  QUEUED: the queue is not empty.
 * WOKEN: a waiter was made ready and has not yet tried; until then nobody else is, so
 * that a mutex that is locked and unlocked often does not wake the whole queue.
 * QUEUED and WOKEN change only under the queue's lock, and while WOKEN or QUEUED is set
 * only the slow paths apply.
 *
 * Who finds it free takes it, also before those who were woken: that is fast, since no
 * switch lies between.  A waiter that loses goes back to the head of the queue; after
 * STARVED_NS the mutex is handed to it locked.
 */
#include <weft/sync.h>

#include <errno.h>

#include "base/clock.h"
#include "runtime/dump.h"
#include "runtime/mutex.h"
#include "runtime/waitq.h"

enum { LOCKED = 1, WOKEN = 2, QUEUED = 4 };
enum { STARVED_NS = 1000000 };
#define UNTIL_LOCKED INT64_MIN /* a deadline that no context comes before */

/* Of struct wf_waiter's result: what woke it. */
enum { TRY_AGAIN, HANDED };

static inline uint32_t load_state(weft_mutex *m)
{
    return __atomic_load_n(&m->state, __ATOMIC_RELAXED);
}

static inline bool swap_state(weft_mutex *m, uint32_t *old, uint32_t new, int order)
{
    return __atomic_compare_exchange_n(&m->state, old, new, false, order,
                                       __ATOMIC_RELAXED);
}

/* A coroutine, or wf_owner_none. */
static inline void set_owner(weft_mutex *m, void *owner)
{
    __atomic_store_n(&m->owner, owner, __ATOMIC_RELAXED);
}

static inline void *get_owner(weft_mutex *m)
{
    return __atomic_load_n(&m->owner, __ATOMIC_RELAXED);
}

/* Take it if it is free, whoever waits; gives up the caller's part in `drop` with it. */
static bool take_if_free(weft_mutex *m, uint32_t drop, struct wf_g *self)
{
    uint32_t s = load_state(m);
    while (!(s & LOCKED)) {
        if (swap_state(m, &s, (s & ~drop) | LOCKED, __ATOMIC_ACQUIRE)) {
            set_owner(m, self);
            return true;
        }
    }
    return false;
}

/* With the queue's lock held: take it after all, or have QUEUED set for us. */
static bool take_or_queue(weft_mutex *m, uint32_t drop, struct wf_g *self)
{
    uint32_t s = load_state(m);
    for (;;) {
        if (!(s & LOCKED)) {
            if (take_if_free(m, drop, self))
                return true;
            s = load_state(m);
        } else if (swap_state(m, &s, (s & ~drop) | QUEUED, __ATOMIC_RELAXED)) {
            return false;
        }
    }
}

struct lock_waiter {
    struct wf_waiter w;
    int64_t since; /* when it first waited: past STARVED_NS it is handed the mutex */
};

/* The deadline came: leave the queue as if we had never been there. */
static void leave_queue(weft_mutex *m, struct wf_waiter *w)
{
    wf_lock_acquire(wf_waitq_lock(&m->q));
    wf_waitq_give_up(&m->q, w);
    if (!wf_waitq_peek(&m->q))
        __atomic_fetch_and(&m->state, ~(uint32_t)QUEUED, __ATOMIC_RELAXED);
    wf_lock_release(wf_waitq_lock(&m->q));
}

static void unlock_queue(void *lock)
{
    wf_lock_release(lock);
}

/* With the queue's lock held, which it drops.  Who looks for deadlocks sees the owner. */
static int park(weft_mutex *m, int64_t deadline, struct wf_g *self)
{
    struct wf_g *owner = wf_owner_g(get_owner(m));
    if (owner)
        WF_TRACE(obj_owner, .id = m->q.id, .g = owner->id);
    atomic_store_explicit(&self->owner, (void *)&m->owner, memory_order_relaxed);
    int err = 0;
    if (deadline == UNTIL_LOCKED)
        wf_park(WF_WHY_mutex, m->q.id, unlock_queue, wf_waitq_lock(&m->q));
    else
        err = wf_park_until(WF_WHY_mutex, m->q.id, deadline, unlock_queue,
                            wf_waitq_lock(&m->q));
    atomic_store_explicit(&self->owner, NULL, memory_order_relaxed);
    return err;
}

static _Noreturn void held_by_caller(struct wf_g *self, const void *site)
{
    char who[WF_WHO_ROOM];
    wf_breach("weft_mutex_lock", site, "%s, holds the mutex itself", wf_who(self, who));
}

static int lock_slow(weft_mutex *m, int64_t deadline, struct wf_g *self,
                     const void *site)
{
    struct lock_waiter lw = { .since = wf_clock_now() };
    uint32_t drop = 0;
    if (get_owner(m) == self)
        held_by_caller(self, site);
    wf_waitq_mention(&m->q, WF_OKIND_lock);
    while (!take_if_free(m, drop, self)) {
        wf_waiter_init(&lw.w, NULL);
        wf_lock_acquire(wf_waitq_lock(&m->q));
        if (take_or_queue(m, drop, self)) {
            wf_lock_release(wf_waitq_lock(&m->q));
            return 0;
        }
        if (drop)
            wf_waitq_push_front(&m->q, &lw.w);
        else
            wf_waitq_push_back(&m->q, &lw.w);
        int err = park(m, deadline, self);
        if (err) {
            leave_queue(m, &lw.w);
            return err;
        }
        if (lw.w.result == HANDED)
            return 0;
        drop = WOKEN;
    }
    return 0;
}

static inline struct wf_g *self_or_die(struct wf_m *m, const char *call)
{
    if (wf_unlikely(!m))
        wf_fatal("%s: called by a plain thread", call);
    return m->g;
}

void weft_mutex_lock(weft_mutex *m)
{
    struct wf_g *self = self_or_die(wf_enter(), __func__);
    uint32_t free = 0;
    if (wf_likely(swap_state(m, &free, LOCKED, __ATOMIC_ACQUIRE)))
        set_owner(m, self);
    else
        lock_slow(m, UNTIL_LOCKED, self, __builtin_return_address(0));
    wf_leave();
}

int weft_mutex_trylock(weft_mutex *m)
{
    struct wf_g *self = self_or_die(wf_enter(), __func__);
    int err = take_if_free(m, 0, self) ? 0 : -EBUSY;
    wf_leave();
    return err;
}

int weft_mutex_lock_until(weft_mutex *m, int64_t deadline)
{
    struct wf_g *self = self_or_die(wf_enter(), __func__);
    int err = 0;
    if (!take_if_free(m, 0, self))
        err = deadline ? lock_slow(m, deadline < 0 ? 1 : deadline, self,
                                   __builtin_return_address(0))
                       : -EBUSY;
    wf_leave();
    return err;
}

/*
 * The mutex is ours and somebody waits.  With the queue's lock held nobody else can
 * change the state: to take it, it would have to be free; to queue needs the lock.
 */
static void unlock_slow(weft_mutex *m)
{
    struct wf_waiter *w = NULL;
    wf_lock_acquire(wf_waitq_lock(&m->q));
    uint64_t id = m->q.id;
    uint32_t s = load_state(m) & ~(uint32_t)LOCKED;
    if (!(s & WOKEN)) {
        w = wf_waitq_claim(&m->q);
        s = wf_waitq_peek(&m->q) ? QUEUED : 0;
    }
    if (w) {
        struct lock_waiter *lw = wf_container(w, struct lock_waiter, w);
        bool starved = wf_clock_now() - lw->since >= STARVED_NS;
        w->result = starved ? HANDED : TRY_AGAIN;
        s |= starved ? LOCKED : WOKEN;
        if (starved)
            set_owner(m, w->g);
    }
    __atomic_store_n(&m->state, s, __ATOMIC_RELEASE);
    wf_lock_release(wf_waitq_lock(&m->q));
    if (w)
        wf_ready(w->g, id);
}

_Noreturn void wf_owner_breach(void *owner, struct wf_g *self, const char *call,
                               const void *site)
{
    char me[WF_WHO_ROOM], who[WF_WHO_ROOM], at[WF_PLACE_ROOM];
    struct wf_g *g = wf_owner_g(owner);
    wf_who(self, me);
    if (g)
        wf_breach(call, site, "%s, does not hold the lock: %s, does", me,
                  wf_who(g, who));
    if (!wf_owner_site(owner))
        wf_breach(call, site, "%s, does not hold the lock: nobody ever did", me);
    wf_breach(call, site, "%s, does not hold the lock: it was unlocked at %s", me,
              wf_place(wf_owner_site(owner), at));
}

static inline void unlock(weft_mutex *m, struct wf_g *self, const char *call,
                          const void *site)
{
    void *owner = get_owner(m);
    if (wf_unlikely(owner != self))
        wf_owner_breach(owner, self, call, site);
    set_owner(m, wf_owner_none(site));
    uint32_t s = LOCKED;
    if (wf_unlikely(!swap_state(m, &s, 0, __ATOMIC_RELEASE)))
        unlock_slow(m);
}

void weft_mutex_unlock(weft_mutex *m)
{
    unlock(m, self_or_die(wf_enter(), __func__), __func__, __builtin_return_address(0));
    wf_leave();
}

void wf_mutex_unlock(weft_mutex *m, const char *call, const void *site)
{
    unlock(m, wf_m()->g, call, site);
}

void wf_mutex_lock(weft_mutex *m, const void *site)
{
    struct wf_g *self = wf_m()->g;
    if (!take_if_free(m, 0, self))
        lock_slow(m, WF_FOREVER, self, site);
}

int weft_mutex_init(weft_mutex *m, const char *name)
{
    *m = (weft_mutex)WEFT_MUTEX_INIT;
    return wf_waitq_set_name(&m->q, name);
}

void weft_mutex_fini(weft_mutex *m)
{
    char who[WF_WHO_ROOM];
    struct wf_g *owner = wf_owner_g(get_owner(m));
    if (load_state(m))
        WF_BREACH("the mutex is held: %s", owner ? wf_who(owner, who) : "by who waits");
    wf_waitq_fini(&m->q, WF_OKIND_lock);
}
