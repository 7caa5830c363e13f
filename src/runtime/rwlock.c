/* SPDX-License-Identifier: MIT */
/*
 * rwlock.c - many readers or one writer.
 *
 * state is WRITER, or READER for each reader, plus QUEUED while somebody waits.  Without
 * QUEUED each change is one exchange of the word.  With QUEUED it happens under the
 * lock of the queues, and who lets go passes the lock on to those who waited: who comes
 * later never overtakes.  While the lock of the queues is free:
 *   1. QUEUED means that a writer holds the lock, or that one waits and readers hold it;
 *   2. it is set if and only if one of the queues is not empty;
 * but for waiters whose time is up and who have not yet taken themselves off.
 */
#include <weft/sync.h>

#include <errno.h>

#include "runtime/dump.h"
#include "runtime/mutex.h"
#include "runtime/waitq.h"

enum { WRITER = 1, QUEUED = 2, READER = 4 };

static inline uint64_t load_state(weft_rwlock *rw)
{
    return __atomic_load_n(&rw->state, __ATOMIC_RELAXED);
}

static inline bool swap_state(weft_rwlock *rw, uint64_t *old, uint64_t new, int order)
{
    return __atomic_compare_exchange_n(&rw->state, old, new, false, order,
                                       __ATOMIC_RELAXED);
}

static inline void set_owner(weft_rwlock *rw, void *owner)
{
    __atomic_store_n(&rw->owner, owner, __ATOMIC_RELAXED);
}

static inline void *get_owner(weft_rwlock *rw)
{
    return __atomic_load_n(&rw->owner, __ATOMIC_RELAXED);
}

static inline bool take_if_free(weft_rwlock *rw, bool write, struct wf_g *self)
{
    uint64_t s = write ? 0 : load_state(rw);
    while (write ? !s : !(s & (WRITER | QUEUED))) {
        if (!swap_state(rw, &s, s + (write ? WRITER : READER), __ATOMIC_ACQUIRE))
            continue;
        if (write)
            set_owner(rw, self);
        return true;
    }
    return false;
}

/* With the queues' lock held: take it after all, or have QUEUED set for us. */
static bool take_or_queue(weft_rwlock *rw, bool write, struct wf_g *self)
{
    uint64_t s = load_state(rw);
    while (!take_if_free(rw, write, self)) {
        s = load_state(rw);
        if ((write ? s : s & (WRITER | QUEUED)) &&
            swap_state(rw, &s, s | QUEUED, __ATOMIC_RELAXED))
            return false;
    }
    return true;
}

/* All readers that wait: what they add to the state. */
static uint64_t let_readers_in(weft_rwlock *rw, struct wf_list *won)
{
    uint64_t s = 0;
    for (struct wf_waiter *w; (w = wf_waitq_claim(&rw->readers)); s += READER)
        wf_list_push_back(won, &w->link);
    return s;
}

/*
 * With the queues' lock held, s what the state was but for who let go, and QUEUED or
 * WRITER in the state, so that nobody else changes it: pass the lock on.
 */
static void pass_on(weft_rwlock *rw, uint64_t s, bool readers_first,
                    struct wf_list *won)
{
    struct wf_waiter *w = NULL;
    s &= ~(uint64_t)QUEUED;
    if (!s && !readers_first)
        w = wf_waitq_claim(&rw->writers);
    if (!w && !(s & WRITER) && (!s || !wf_waitq_peek(&rw->writers)))
        s += let_readers_in(rw, won);
    if (!w && !s)
        w = wf_waitq_claim(&rw->writers);
    if (w) {
        s = WRITER;
        set_owner(rw, w->g);
        wf_list_push_back(won, &w->link);
    }
    if (wf_waitq_peek(&rw->writers) || wf_waitq_peek(&rw->readers))
        s |= QUEUED;
    __atomic_store_n(&rw->state, s, __ATOMIC_RELEASE);
}

static void unlock_and_ready(weft_rwlock *rw, struct wf_list *won)
{
    uint64_t id = wf_waitq_id(&rw->writers);
    wf_lock_release(wf_waitq_lock(&rw->writers));
    wf_waitq_ready(won, id);
}

/* With the queues' lock held, which it drops: who gave up may have held others off. */
static void leave_queue(weft_rwlock *rw, bool write, struct wf_waiter *w)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_waitq_give_up(write ? &rw->writers : &rw->readers, w);
    if (load_state(rw) & QUEUED)
        pass_on(rw, load_state(rw), false, &won);
    unlock_and_ready(rw, &won);
}

static int lock_slow(weft_rwlock *rw, bool write, const int64_t *deadline,
                     struct wf_g *self, const char *call, const void *site)
{
    struct wf_waiter w;
    char who[WF_WHO_ROOM];
    if (get_owner(rw) == self)
        wf_breach(call, site, "%s, holds the lock itself", wf_who(self, who));
    wf_waitq_mention(&rw->writers, WF_OKIND_lock);
    wf_waiter_init(&w, NULL);
    wf_lock_acquire(wf_waitq_lock(&rw->writers));
    if (take_or_queue(rw, write, self)) {
        wf_lock_release(wf_waitq_lock(&rw->writers));
        return 0;
    }
    wf_waitq_push_back(write ? &rw->writers : &rw->readers, &w);
    int err = wf_waitq_park_for(&rw->writers,
                                write ? WF_WHY_rwlock_write : WF_WHY_rwlock_read,
                                &rw->owner, deadline);
    if (err)
        leave_queue(rw, write, &w);
    return err;
}

static inline int lock(weft_rwlock *rw, bool write, const int64_t *deadline,
                       const char *call, const void *site)
{
    struct wf_g *self = wf_self_or_die(wf_enter(), call);
    int err = 0;
    if (!take_if_free(rw, write, self))
        err = deadline && !*deadline ? -EBUSY
                                     : lock_slow(rw, write, deadline, self, call, site);
    wf_leave();
    return err;
}

void weft_rwlock_rdlock(weft_rwlock *rw)
{
    lock(rw, false, NULL, __func__, __builtin_return_address(0));
}

int weft_rwlock_tryrdlock(weft_rwlock *rw)
{
    return lock(rw, false, &(int64_t){ 0 }, __func__, NULL);
}

int weft_rwlock_rdlock_until(weft_rwlock *rw, int64_t deadline)
{
    return lock(rw, false, &deadline, __func__, __builtin_return_address(0));
}

void weft_rwlock_wrlock(weft_rwlock *rw)
{
    lock(rw, true, NULL, __func__, __builtin_return_address(0));
}

int weft_rwlock_trywrlock(weft_rwlock *rw)
{
    return lock(rw, true, &(int64_t){ 0 }, __func__, NULL);
}

int weft_rwlock_wrlock_until(weft_rwlock *rw, int64_t deadline)
{
    return lock(rw, true, &deadline, __func__, __builtin_return_address(0));
}

/* One reader less; the last one leaves its site first, as long as the lock is its. */
static inline uint64_t less_reader(weft_rwlock *rw, uint64_t s, const void *site)
{
    if (wf_unlikely(s < READER))
        wf_owner_breach(get_owner(rw), wf_m()->g, "weft_rwlock_rdunlock", site);
    if (s < 2 * READER)
        set_owner(rw, wf_owner_none(site));
    return s - READER;
}

static void rdunlock_slow(weft_rwlock *rw, const void *site)
{
    struct wf_list won;
    uint64_t new;
    wf_list_init(&won);
    wf_lock_acquire(wf_waitq_lock(&rw->writers));
    uint64_t s = load_state(rw);
    do
        new = less_reader(rw, s, site);
    while (!swap_state(rw, &s, new, __ATOMIC_ACQ_REL));
    if (new == QUEUED)
        pass_on(rw, new, false, &won);
    unlock_and_ready(rw, &won);
}

void weft_rwlock_rdunlock(weft_rwlock *rw)
{
    const void *site = __builtin_return_address(0);
    wf_self_or_die(wf_enter(), __func__);
    uint64_t s = load_state(rw);
    while (!(s & QUEUED))
        if (swap_state(rw, &s, less_reader(rw, s, site), __ATOMIC_RELEASE))
            break;
    if (s & QUEUED)
        rdunlock_slow(rw, site);
    wf_leave();
}

static void wrunlock_slow(weft_rwlock *rw)
{
    struct wf_list won;
    wf_list_init(&won);
    wf_lock_acquire(wf_waitq_lock(&rw->writers));
    pass_on(rw, 0, true, &won);
    unlock_and_ready(rw, &won);
}

void weft_rwlock_wrunlock(weft_rwlock *rw)
{
    struct wf_g *self = wf_self_or_die(wf_enter(), __func__);
    void *owner = get_owner(rw);
    if (wf_unlikely(owner != self))
        wf_owner_breach(owner, self, __func__, __builtin_return_address(0));
    set_owner(rw, wf_owner_none(__builtin_return_address(0)));
    uint64_t s = WRITER;
    if (!swap_state(rw, &s, 0, __ATOMIC_RELEASE))
        wrunlock_slow(rw);
    wf_leave();
}

int weft_rwlock_init(weft_rwlock *rw, const char *name)
{
    *rw = (weft_rwlock)WEFT_RWLOCK_INIT;
    return wf_waitq_set_name(&rw->writers, name);
}

void weft_rwlock_fini(weft_rwlock *rw)
{
    char who[WF_WHO_ROOM];
    uint64_t s = load_state(rw);
    struct wf_g *owner = wf_owner_g(get_owner(rw));
    if (s)
        WF_BREACH("the lock is held: %s",
                  s & WRITER && owner ? wf_who(owner, who) : "by readers");
    wf_waitq_fini(&rw->writers, WF_OKIND_lock, __func__, __builtin_return_address(0));
}
