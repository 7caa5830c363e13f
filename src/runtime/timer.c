/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timers: a wheel of nine levels for each P.
 *
 * Time is counted in ticks of 1024 ns, and read as digits of six bits.  A timer stands in
 * the level of the highest digit in which it differs from the wheel's position, in the
 * slot of its digit there: so to start and to stop is to link and to unlink, whatever
 * else is started.  When the position comes to a slot its timers go down a level or more;
 * those of one tick are sorted into a list of what is due.  A timer goes down eight times
 * at most, and one that is stopped before its slot's turn never.
 *
 * A slot knows the earliest time that was ever put into it.  That of the first slot in use
 * is when somebody has to look next: too early if that timer was stopped, never too late.
 * Timers fire in the order of their times, those of one time as they were started; where
 * very many share a tick, only ticks are in order.
 *
 * A timer stays with the P that it was started on, whatever P its owner runs on, unless
 * that P leaves.
 */
#include "runtime/futex.h"
#include "runtime/sched.h"

enum {
    TICK_BITS = 10,
    DUE = WF_WHEEL_SLOTS, /* the place of those whose tick has come, by time */
    FALL = DUE + 1,       /* of those of a slot whose turn it is, not yet gone down */
    CHUNK = 64,           /* go down before somebody else may have the lock */
    BACK = 32,            /* places that a due timer is moved past to its own */
    PLACE_BITS = 16,
};

#define ORPHAN UINT32_MAX /* where: started on a P that is gone */

/* ---- a ring of timers: oldest first ---- */

static void push_back(struct wf_timer **first, struct wf_timer *t)
{
    struct wf_timer *next = *first ? *first : t;
    t->next = next;
    t->prev = *first ? next->prev : t;
    t->prev->next = next->prev = t;
    *first = next;
}

static void take_out(struct wf_timer **first, struct wf_timer *t)
{
    if (t->next == t)
        *first = NULL;
    else if (*first == t)
        *first = t->next;
    t->prev->next = t->next;
    t->next->prev = t->prev;
}

/* ---- places ---- */

static void put(struct wf_timers *w, struct wf_timer *t, uint32_t place)
{
    atomic_store_explicit(&t->where, w->base | place, memory_order_release);
}

static uint64_t tick_of(int64_t when)
{
    return when > 0 ? (uint64_t)when >> TICK_BITS : 0;
}

/* By its time among those that are due: it mostly is the last. */
static void put_due(struct wf_timers *w, struct wf_timer *t)
{
    struct wf_timer *before = w->due ? w->due->prev : NULL;
    int back = 0;
    put(w, t, DUE);
    push_back(&w->due, t);
    while (before && before->when > t->when && back++ < BACK)
        before = before == w->due ? NULL : before->prev;
    if (before == t->prev && before)
        return;
    struct wf_timer *after = before ? before->next : w->due;
    if (after == t)
        return;
    take_out(&w->due, t);
    t->next = after;
    t->prev = after->prev;
    t->prev->next = after->prev = t;
    if (!before)
        w->due = t;
}

static void insert(struct wf_timers *w, struct wf_timer *t)
{
    uint64_t tick = tick_of(t->when);
    if (tick <= w->pos) {
        put_due(w, t);
        return;
    }
    uint32_t level = (63 - (uint32_t)__builtin_clzll(tick ^ w->pos)) / WF_WHEEL_BITS;
    uint32_t digit = tick >> level * WF_WHEEL_BITS & (WF_WHEEL_DIGITS - 1);
    struct wf_wheel_slot *slot = &w->slots[level * WF_WHEEL_DIGITS + digit];
    if (!slot->first || t->when < slot->min)
        slot->min = t->when;
    push_back(&slot->first, t);
    put(w, t, level * WF_WHEEL_DIGITS + digit);
    w->used[level] |= 1ull << digit;
    w->levels |= 1u << level;
}

/* A slot has become empty. */
static void unuse(struct wf_timers *w, uint32_t place)
{
    uint32_t level = place / WF_WHEEL_DIGITS;
    w->used[level] &= ~(1ull << place % WF_WHEEL_DIGITS);
    if (!w->used[level])
        w->levels &= ~(1u << level);
}

/* where stays what it was. */
static void unlink_timer(struct wf_timers *w, struct wf_timer *t)
{
    uint32_t place = (uint16_t)wf_get(&t->where);
    struct wf_timer **first = place == DUE    ? &w->due
                              : place == FALL ? &w->fall
                                              : &w->slots[place].first;
    take_out(first, t);
    if (!*first && place < WF_WHEEL_SLOTS)
        unuse(w, place);
}

static void extract(struct wf_timers *w, struct wf_timer *t)
{
    unlink_timer(w, t);
    atomic_store_explicit(&t->where, 0, memory_order_release);
}

/* The slot in use whose turn comes first; DUE if there is none. */
static uint32_t first_slot(const struct wf_timers *w)
{
    if (!w->levels)
        return DUE;
    uint32_t level = (uint32_t)__builtin_ctz(w->levels);
    return level * WF_WHEEL_DIGITS + (uint32_t)__builtin_ctzll(w->used[level]);
}

static void publish(struct wf_timers *w)
{
    uint32_t slot = first_slot(w);
    int64_t first = w->fall      ? (int64_t)(w->pos << TICK_BITS)
                    : w->due     ? w->due->when
                    : slot < DUE ? w->slots[slot].min
                                 : WF_FOREVER;
    wf_set(&w->first, first);
}

/* ---- started and stopped ---- */

/* With the lock held: before the first timer is put into it. */
static void open_wheel(struct wf_p *p)
{
    struct wf_timers *w = &p->timers;
    if (wf_likely(w->pos))
        return;
    w->pos = tick_of(wf_clock_now());
    w->base = (p->id + 1) << PLACE_BITS;
}

void wf_timer_start(struct wf_timer *t, int64_t when)
{
    struct wf_p *p = wf_m()->p;
    struct wf_timers *w = &p->timers;
    wf_timer_stop(t);
    wf_lock_acquire(&w->lock);
    open_wheel(p);
    t->when = when > 0 ? when : 0;
    insert(w, t);
    if (t->when < wf_get(&w->first))
        wf_set(&w->first, t->when);
    wf_lock_release(&w->lock);
}

/* Stopped, if it is where it was seen. */
static bool stop_at(struct wf_timers *w, struct wf_timer *t)
{
    wf_lock_acquire(&w->lock);
    bool here = (wf_get(&t->where) ^ w->base) >> PLACE_BITS == 0;
    if (here) {
        extract(w, t);
        if (t->when <= wf_get(&w->first))
            publish(w);
    }
    wf_lock_release(&w->lock);
    return here;
}

bool wf_timer_stop(struct wf_timer *t)
{
    uint32_t where;
    while ((where = atomic_load_explicit(&t->where, memory_order_acquire))) {
        if (wf_unlikely(where == ORPHAN))
            return atomic_compare_exchange_strong(&t->where, &where, 0);
        if (wf_likely(stop_at(&wf_rt.ps[(where >> PLACE_BITS) - 1]->timers, t)))
            return true; /* else it fired, or its P left */
    }
    return false;
}

/* ---- its P leaves ---- */

static struct wf_timer *any(struct wf_timers *w)
{
    uint32_t place = first_slot(w);
    return w->fall       ? w->fall
           : w->due      ? w->due
           : place < DUE ? w->slots[place].first
                         : NULL;
}

/*
 * Some at a time, with both locks held, so that a timer is always seen in one of the two.
 * Whoever looks for the first of all timers looks at from before to (wf_timers_earliest):
 * it must not see one empty again and the other empty still.
 */
static bool move_some(struct wf_timers *from, struct wf_p *p)
{
    struct wf_timers *to = &p->timers;
    struct wf_timer *t = NULL;
    wf_lock_acquire(&to->lock);
    wf_lock_acquire(&from->lock);
    open_wheel(p);
    for (int i = 0; i < CHUNK && (t = any(from)); i++) {
        unlink_timer(from, t);
        insert(to, t);
    }
    publish(to);
    atomic_thread_fence(memory_order_release);
    publish(from);
    wf_lock_release(&from->lock);
    wf_lock_release(&to->lock);
    return t != NULL;
}

void wf_timers_move(struct wf_p *from, struct wf_p *to)
{
    while (move_some(&from->timers, to))
        ;
}

/* ---- as time goes by ---- */

/* Some of those whose turn it is. */
static void fall(struct wf_timers *w)
{
    struct wf_timer *t;
    for (int i = 0; i < CHUNK && (t = w->fall); i++) {
        take_out(&w->fall, t);
        insert(w, t);
    }
}

/* The first slot's turn, if it has come by now: false if not. */
static bool advance(struct wf_timers *w, uint64_t now)
{
    uint32_t place = first_slot(w), level = place / WF_WHEEL_DIGITS;
    uint64_t below = level < WF_WHEEL_LEVELS ? 1ull << level * WF_WHEEL_BITS : 1;
    uint64_t digits = (below * WF_WHEEL_DIGITS) - 1;
    uint64_t start = (w->pos & ~digits) | place % WF_WHEEL_DIGITS * below;
    if (place == DUE || start > now) {
        w->pos = now > w->pos ? now : w->pos;
        return false;
    }
    w->pos = start;
    w->fall = w->slots[place].first;
    w->slots[place].first = NULL;
    unuse(w, place);
    for (struct wf_timer *t = w->fall;; t = t->next) {
        put(w, t, FALL);
        if (t->next == w->fall)
            return true;
    }
}

struct run {
    int64_t now, late;
    uint32_t n;
};

/* With the lock held, which it drops meanwhile.  The timer may be gone as soon as that is,
 * if its owner says so. */
static void fire(struct wf_timers *w, struct run *r)
{
    struct wf_timer *t = w->due;
    void (*fn)(struct wf_timer *, uint32_t) = t->fn;
    uint32_t seq = t->seq;
    if (r->now - t->when > r->late)
        r->late = r->now - t->when;
    r->n++;
    extract(w, t);
    publish(w);
    wf_lock_release(&w->lock);
    fn(t, seq);
    wf_lock_acquire(&w->lock);
}

uint32_t wf_timers_run(struct wf_p *p, int64_t now)
{
    struct wf_timers *w = &p->timers;
    struct run r = { .now = now };
    wf_lock_acquire(&w->lock);
    for (;;) {
        if (w->fall) {
            fall(w);
            publish(w);
            wf_lock_release(&w->lock);
            wf_lock_acquire(&w->lock);
        } else if (w->due && w->due->when <= now) {
            fire(w, &r);
        } else if (w->due || !advance(w, tick_of(now))) {
            break;
        }
    }
    publish(w);
    wf_lock_release(&w->lock);
    if (r.n)
        WF_TRACE(timer_fire, .n = r.n, .late = (uint64_t)r.late);
    wf_add(&wf_m()->p->stats.timers, r.n);
    return r.n;
}

uint32_t wf_timers_count(struct wf_p *p)
{
    struct wf_timers *w = &p->timers;
    uint32_t n = 0;
    wf_lock_acquire(&w->lock);
    for (uint32_t i = 0; i < WF_WHEEL_SLOTS + 2; i++) {
        struct wf_timer *first = i < WF_WHEEL_SLOTS ? w->slots[i].first
                                 : i == DUE         ? w->due
                                                    : w->fall;
        for (struct wf_timer *t = first; t; t = t->next == first ? NULL : t->next)
            n++;
    }
    wf_lock_release(&w->lock);
    return n;
}

bool wf_timers_due(struct wf_p *p)
{
    uint64_t ticks = wf_cycles();
    if (ticks - p->timer_tick < WF_CYCLES_FEW)
        return false;
    p->timer_tick = ticks;
    return wf_clock_now() >= wf_timers_first(p);
}

/* Its owner may stop it yet, after the runtime. */
static void orphan(struct wf_timers *w, struct wf_timer *t)
{
    extract(w, t);
    wf_set(&t->where, ORPHAN);
}

void wf_timers_fini(struct wf_p *p)
{
    struct wf_timers *w = &p->timers;
    uint32_t place;
    while (w->due)
        orphan(w, w->due);
    while (w->fall)
        orphan(w, w->fall);
    while ((place = first_slot(w)) < DUE)
        orphan(w, w->slots[place].first);
}
