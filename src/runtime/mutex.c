/* SPDX-License-Identifier: MIT */
/*
 * mutex.c - mutual exclusion of coroutines.
 *
 * state is the coroutine that has it; or FREE and where it was unlocked last, for who
 * unlocks it twice; or 0 before all that.  Two bits stand below either.  QUEUED: the queue
 * is not empty.  WOKEN: a waiter was made ready and has not yet tried; until
 * then nobody else is, so that a mutex that is locked and unlocked often does not wake the
 * whole queue.  Both change only under the queue's lock; who unlocks takes it only to
 * wake somebody.
 *
 * The short ways need no P, so they do not enter the runtime; locking looks whether the P
 * is wanted, as each call does.
 *
 * Who finds it free takes it, also before those who were woken: that is fast, since no
 * switch lies between.  A waiter that loses goes back to the head of the queue; after
 * STARVED_NS the mutex is handed to it locked.
 */
#include <weft/sync.h>

#include <errno.h>

#include "base/clock.h"
#include "runtime/dump.h"
#include "runtime/futex.h"
#include "runtime/mutex.h"
#include "runtime/runq.h"
#include "runtime/waitq.h"

enum { FREE = 1, QUEUED = 2, WOKEN = 4, BITS = QUEUED | WOKEN, SITE_SHIFT = 3 };
enum {
    STARVED_NS = 1000000,
    SPINS = 16, /* pauses for an owner that runs, before the queue */
};
#define UNTIL_LOCKED INT64_MIN /* a deadline that no context comes before */

/* Of struct wf_waiter's result: what woke it. */
enum { TRY_AGAIN, HANDED };

static inline uint64_t load_state(weft_mutex *m)
{
    return __atomic_load_n(&m->state, __ATOMIC_RELAXED);
}

static inline bool swap_state(weft_mutex *m, uint64_t *old, uint64_t new, int order)
{
    return __atomic_compare_exchange_n(&m->state, old, new, false, order,
                                       __ATOMIC_RELAXED);
}

static inline uint64_t word_of(const struct wf_g *g)
{
    return (uintptr_t)g;
}

static inline uint64_t free_since(const void *site)
{
    return (uint64_t)(uintptr_t)site << SITE_SHIFT | FREE;
}

static inline bool is_free(uint64_t s)
{
    return s & FREE || !s;
}

/* What the owner wrote of itself before it locked may be read. */
static inline struct wf_g *get_owner(weft_mutex *m)
{
    return wf_owner_g((void *)(uintptr_t)__atomic_load_n(&m->state, __ATOMIC_ACQUIRE));
}

/* Take it if it is free, whoever waits; gives up the caller's part in `drop` with it. */
static bool take_if_free(weft_mutex *m, uint64_t drop, struct wf_g *self)
{
    uint64_t s = load_state(m);
    while (is_free(s))
        if (swap_state(m, &s, (s & BITS & ~drop) | word_of(self), __ATOMIC_ACQ_REL))
            return true;
    return false;
}

/* With the queue's lock held: take it after all, or have QUEUED set for us. */
static bool take_or_queue(weft_mutex *m, uint64_t drop, struct wf_g *self)
{
    uint64_t s = load_state(m);
    for (;;) {
        if (is_free(s)) {
            if (take_if_free(m, drop, self))
                return true;
            s = load_state(m);
        } else if (swap_state(m, &s, (s & ~drop) | QUEUED, __ATOMIC_RELAXED)) {
            return false;
        }
    }
}

/* Who runs on another P may be done in a moment, sooner than we could be woken; if there
 * is nobody else to run here meanwhile. */
static bool spin(weft_mutex *m, uint64_t drop, struct wf_g *self)
{
    if (atomic_load_explicit(&wf_rt.nprocs, memory_order_relaxed) == 1 ||
        wf_runq_len(wf_m()->p))
        return false;
    for (int i = 0; i < SPINS; i++) {
        struct wf_g *owner = get_owner(m);
        if (!owner ? take_if_free(m, drop, self)
                   : atomic_load_explicit(&owner->state, memory_order_relaxed) !=
                         WF_G_RUNNING)
            return !owner;
        wf_pause();
    }
    return false;
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
        __atomic_fetch_and(&m->state, ~(uint64_t)QUEUED, __ATOMIC_RELAXED);
    wf_lock_release(wf_waitq_lock(&m->q));
}

static void unlock_queue(void *lock)
{
    wf_lock_release(lock);
}

/* With the queue's lock held, which it drops.  Who looks for deadlocks sees the owner. */
static int park(weft_mutex *m, int64_t deadline, struct wf_g *self)
{
    struct wf_g *owner = get_owner(m);
    if (owner)
        WF_TRACE(obj_owner, .id = wf_waitq_id(&m->q), .g = owner->id);
    atomic_store_explicit(&self->owner, (void *)&m->state, memory_order_relaxed);
    int err = 0;
    if (deadline == UNTIL_LOCKED)
        wf_park(WF_WHY_mutex, wf_waitq_id(&m->q), unlock_queue, wf_waitq_lock(&m->q));
    else
        err = wf_park_until(WF_WHY_mutex, wf_waitq_id(&m->q), deadline, unlock_queue,
                            wf_waitq_lock(&m->q));
    atomic_store_explicit(&self->owner, NULL, memory_order_relaxed);
    return err;
}

static _Noreturn void held_by_caller(struct wf_g *self, bool until, const void *site)
{
    char who[WF_WHO_ROOM];
    wf_breach(until ? "weft_mutex_lock_until" : "weft_mutex_lock", site,
              "%s, holds the mutex itself", wf_who(self, who));
}

static int lock_slow(weft_mutex *m, int64_t deadline, struct wf_g *self,
                     const void *site)
{
    struct lock_waiter lw = { .since = wf_clock_now() };
    uint64_t drop = 0;
    if (get_owner(m) == self)
        held_by_caller(self, deadline != UNTIL_LOCKED, site);
    wf_waitq_mention(&m->q, WF_OKIND_lock);
    while (!take_if_free(m, drop, self) && !spin(m, drop, self)) {
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

static __attribute__((noinline)) void lock_entered(weft_mutex *m, const void *site)
{
    struct wf_g *self = wf_self_or_die(wf_enter(), "weft_mutex_lock");
    if (!take_if_free(m, 0, self))
        lock_slow(m, UNTIL_LOCKED, self, site);
    wf_leave();
}

void weft_mutex_lock(weft_mutex *m)
{
    struct wf_m *here = wf_m();
    uint64_t s = load_state(m);
    if (wf_unlikely(!here || atomic_load_explicit(&here->pst, memory_order_relaxed)) ||
        wf_unlikely(s & BITS || !is_free(s)) ||
        wf_unlikely(!swap_state(m, &s, word_of(here->g), __ATOMIC_ACQ_REL)))
        lock_entered(m, __builtin_return_address(0));
}

int weft_mutex_trylock(weft_mutex *m)
{
    struct wf_g *self = wf_self_or_die(wf_enter(), __func__);
    int err = take_if_free(m, 0, self) ? 0 : -EBUSY;
    wf_leave();
    return err;
}

int weft_mutex_lock_until(weft_mutex *m, int64_t deadline)
{
    struct wf_g *self = wf_self_or_die(wf_enter(), __func__);
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
static void unlock_slow(weft_mutex *m, const void *site)
{
    struct wf_waiter *w = NULL;
    wf_lock_acquire(wf_waitq_lock(&m->q));
    uint64_t id = wf_waitq_id(&m->q), s = load_state(m) & BITS;
    if (!(s & WOKEN)) {
        w = wf_waitq_claim(&m->q);
        s = wf_waitq_peek(&m->q) ? QUEUED : 0;
    }
    if (w) {
        struct lock_waiter *lw = wf_container(w, struct lock_waiter, w);
        bool starved = wf_clock_now() - lw->since >= STARVED_NS;
        w->result = starved ? HANDED : TRY_AGAIN;
        s |= starved ? word_of(w->g) : WOKEN;
    }
    if (!(s & ~(uint64_t)BITS))
        s |= free_since(site);
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

/* Somebody waits, but nobody is to be woken: one that was has not yet run. */
static bool unlock_beside_woken(weft_mutex *m, const struct wf_g *self,
                                const void *site)
{
    uint64_t s = load_state(m), flags = s & BITS;
    return s == (word_of(self) | flags) && flags & WOKEN &&
           swap_state(m, &s, flags | free_since(site), __ATOMIC_RELEASE);
}

/* True when it is done; nobody waits, as a rule. */
static inline bool unlock_quickly(weft_mutex *m, const struct wf_g *self,
                                  const void *site)
{
    uint64_t s = word_of(self);
    return wf_likely(swap_state(m, &s, free_since(site), __ATOMIC_RELEASE)) ||
           unlock_beside_woken(m, self, site);
}

void wf_mutex_unlock(weft_mutex *m, const char *call, const void *site)
{
    struct wf_g *self = wf_m()->g, *owner = get_owner(m);
    uint64_t s = load_state(m);
    if (wf_unlikely(owner != self))
        wf_owner_breach(
            owner || !s ? owner : wf_owner_none((void *)(uintptr_t)(s >> SITE_SHIFT)),
            self, call, site);
    if (!unlock_quickly(m, self, site))
        unlock_slow(m, site);
}

static __attribute__((noinline)) void unlock_entered(weft_mutex *m, const void *site)
{
    wf_self_or_die(wf_enter(), "weft_mutex_unlock");
    wf_mutex_unlock(m, "weft_mutex_unlock", site);
    wf_leave();
}

void weft_mutex_unlock(weft_mutex *m)
{
    struct wf_m *here = wf_m();
    const void *site = __builtin_return_address(0);
    if (wf_unlikely(!here) || !unlock_quickly(m, here->g, site))
        unlock_entered(m, site);
}

void wf_mutex_lock(weft_mutex *m, const void *site)
{
    struct wf_g *self = wf_m()->g;
    if (!take_if_free(m, 0, self))
        lock_slow(m, UNTIL_LOCKED, self, site);
}

int weft_mutex_init(weft_mutex *m, const char *name)
{
    *m = (weft_mutex)WEFT_MUTEX_INIT;
    return wf_waitq_set_name(&m->q, name);
}

void weft_mutex_fini(weft_mutex *m)
{
    char who[WF_WHO_ROOM];
    struct wf_g *owner = get_owner(m);
    if (owner || load_state(m) & BITS)
        WF_BREACH("the mutex is held: %s", owner ? wf_who(owner, who) : "by who waits");
    wf_waitq_fini(&m->q, WF_OKIND_lock, __func__, __builtin_return_address(0));
}
