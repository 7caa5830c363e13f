/* SPDX-License-Identifier: MIT */
/*
 * sched.c - an M's own stack: find work, or sleep; and whom to wake for new work.
 *
 * The spinning rule.  An M that looks into other Ps' queues is spinning; who makes work
 * wakes an M only if a P is idle and nobody spins.  A spinning M that finds something
 * and was the last one wakes another; one that finds nothing stops spinning first and
 * looks once more then.  Both sides have a full fence between their store and their
 * look, so one of them sees the other.  If there is work but no idle P to run it, a flag
 * makes the next M that would give its P up spin instead.
 * Source: Go, runtime/proc.go, findRunnable and wakep.
 */
#include "runtime/futex.h"
#include "runtime/sched.h"

enum { PASSES = 4, POLL_EVERY_NS = 50 * 1000 };

/* ---- waking ---- */

void wf_wake_slow(void)
{
    uint32_t none = 0;
    if (!atomic_compare_exchange_strong(&wf_rt.nspinning, &none, 1))
        return;
    wf_fuzz();
    wf_m_start(NULL, true);
}

void wf_global_add(struct wf_g *g)
{
    wf_lock_acquire(&wf_rt.lock);
    wf_global_put(&g, 1);
    wf_lock_release(&wf_rt.lock);
    atomic_thread_fence(memory_order_seq_cst);
    if (wf_room() && !wf_get(&wf_rt.nspinning))
        wf_wake_slow();
}

static void start_spinning(struct wf_m *m)
{
    m->spinning = true;
    atomic_fetch_add(&wf_rt.nspinning, 1);
    WF_TRACE(m_spin, .on = 1);
}

/* It found something: the last spinner leaves another one behind. */
static void found_while_spinning(struct wf_m *m)
{
    m->spinning = false;
    WF_TRACE(m_spin, .on = 0);
    if (atomic_fetch_sub(&wf_rt.nspinning, 1) == 1)
        wf_wake_p();
}

/* ---- descriptors ---- */

static void make_runnable(struct wf_g *g, enum wf_word to, uint32_t len)
{
    if (wf_unlikely(wf_trace_on))
        wf_emit_ready(g, wf_get(&g->obj), to, len);
    else
        wf_g_become(g, WF_G_WAITING, WF_G_RUNNABLE);
}

/* Those that the netpoller woke: the first is run now, the rest queued. */
static struct wf_g *take_ready(struct wf_p *p, struct wf_g *ready)
{
    if (!ready)
        return NULL;
    struct wf_g *rest = ready->next;
    make_runnable(ready, WF_FROM_netpoll, wf_runq_len(p));
    for (struct wf_g *g = rest, *next; g; g = next) {
        next = g->next;
        make_runnable(g, WF_FROM_local, wf_runq_len(p) + 1);
        wf_runq_put(p, g);
    }
    if (rest)
        wf_wake_p();
    return ready;
}

static struct wf_g *poll_now(struct wf_p *p, int64_t now)
{
    struct wf_g *ready = NULL;
    if (!wf_netpoll_armed() || wf_get(&wf_rt.polling))
        return NULL;
    wf_set(&wf_rt.last_poll, now);
    return wf_netpoll(0, &ready) ? take_ready(p, ready) : NULL;
}

/* ---- looking for work, with a P ---- */

static struct wf_g *from_global(struct wf_p *p, uint32_t most)
{
    if (!wf_get(&wf_rt.nglobal))
        return NULL;
    wf_lock_acquire(&wf_rt.lock);
    struct wf_g *g = wf_global_get(p, most);
    wf_lock_release(&wf_rt.lock);
    return g;
}

static struct wf_g *from_own(struct wf_p *p, enum wf_word *from)
{
    *from = WF_FROM_runnext;
    struct wf_g *g = wf_runq_get_next(p);
    if (g)
        return g;
    *from = WF_FROM_local;
    return wf_runq_get(p);
}

/* This P and what belongs to all, in the order that keeps everybody served. */
static struct wf_g *look_near(struct wf_m *m, enum wf_word *from)
{
    struct wf_p *p = m->p;
    struct wf_g *g = m->picked;
    bool turn = p->switches >= WF_GLOBAL_EVERY;
    if (g) {
        *from = m->picked_from;
        m->picked = NULL;
        return g;
    }
    p->switches = wf_unlikely(wf_rt.fuzz) ? wf_fuzz_queues(p) : 0;
    int64_t now = 0;
    if (wf_timers_first(p) != WF_FOREVER &&
        (now = wf_clock_now()) >= wf_timers_first(p))
        wf_timers_run(p, now);
    *from = WF_FROM_global;
    if (turn && (g = from_global(p, 1)))
        return g;
    if (turn && wf_netpoll_armed()) {
        now = now ? now : wf_clock_now();
        *from = WF_FROM_netpoll;
        if (now - wf_get(&wf_rt.last_poll) > POLL_EVERY_NS && (g = poll_now(p, now)))
            return g;
    }
    if ((g = from_own(p, from)))
        return g;
    *from = WF_FROM_global;
    if ((g = from_global(p, WF_RING / 2)))
        return g;
    *from = WF_FROM_netpoll;
    if (wf_netpoll_armed())
        return poll_now(p, now ? now : wf_clock_now());
    return NULL;
}

static uint32_t next_random(struct wf_p *p)
{
    p->rand ^= p->rand << 13;
    p->rand ^= p->rand >> 17;
    p->rand ^= p->rand << 5;
    return p->rand;
}

static struct wf_g *steal_from(struct wf_p *p, struct wf_p *victim, bool last,
                               enum wf_word *from)
{
    uint32_t n = 1;
    if (last && wf_timers_first(victim) <= wf_clock_now() &&
        wf_timers_run(victim, wf_clock_now())) {
        struct wf_g *g = from_own(p, from);
        if (g)
            return g;
    }
    struct wf_g *g = wf_runq_steal(p, victim, &n);
    enum wf_word kind = WF_STEAL_local;
    if (!g && last) {
        kind = WF_STEAL_runnext;
        g = wf_runq_steal_next(victim);
    }
    *from = WF_FROM_stolen;
    if (g)
        WF_TRACE(steal, .victim = victim->id, .n = n, .kind = kind);
    return g;
}

/* Other Ps, in random order: begin anywhere, go on by a step coprime to their number. */
static struct wf_g *look_far(struct wf_m *m, enum wf_word *from)
{
    struct wf_p *p = m->p;
    uint32_t n = wf_nmade(), at = next_random(p) % n, step = 1;
    for (uint32_t r = next_random(p) % n; n > 2 && r; r--) {
        step = step % n + 1;
        while (__builtin_expect(step > 1 && n % step == 0, 0))
            step++;
        break;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        for (uint32_t i = 0; i < n; i++, at = (at + step) % n) {
            struct wf_g *g;
            if (wf_rt.ps[at] != p &&
                (g = steal_from(p, wf_rt.ps[at], pass == PASSES - 1, from))) {
                wf_add(&p->stats.steals, 1);
                return g;
            }
        }
        if (wf_get(&wf_rt.stopping))
            return NULL;
        wf_pause();
    }
    wf_add(&p->stats.steal_fail, 1);
    WF_TRACE(steal, .victim = p->id, .n = 0, .kind = WF_STEAL_none);
    return NULL;
}

/* Timers of other Ps that are due, and nothing else of theirs. */
static struct wf_g *fire_far(struct wf_m *m, enum wf_word *from)
{
    int64_t now = wf_clock_now();
    for (uint32_t i = 0; i < wf_nmade(); i++)
        if (wf_timers_first(wf_rt.ps[i]) <= now)
            wf_timers_run(wf_rt.ps[i], now);
    return from_own(m->p, from);
}

static struct wf_g *spin(struct wf_m *m, enum wf_word *from)
{
    if (wf_get(&wf_rt.nserve) == 1 || !wf_rt.steal)
        return NULL;
    uint32_t idle = wf_get(&wf_rt.nidle_p), busy = wf_get(&wf_rt.nserve) - idle;
    bool crowd = idle < wf_get(&wf_rt.spare); /* with us there are more than CPUs */
    if (!m->spinning && (crowd || 2 * wf_get(&wf_rt.nspinning) >= busy))
        return NULL;
    if (crowd)
        return fire_far(m, from);
    if (!m->spinning)
        start_spinning(m);
    return look_far(m, from);
}

/* ---- nothing: give the P up, look again, sleep ---- */

/* True when the P is given up; false: look again with it. */
static bool give_up_p(struct wf_m *m)
{
    wf_lock_acquire(&wf_rt.lock);
    bool leaves = wf_p_too_many(m->p);
    bool again = !leaves && (wf_get(&wf_rt.nglobal) || wf_get(&wf_rt.need_spinning));
    if (!again)
        wf_p_idle_put(wf_p_release(m));
    else if (wf_get(&wf_rt.need_spinning) && !m->spinning)
        start_spinning(m);
    if (!leaves)
        wf_set(&wf_rt.need_spinning, false);
    wf_lock_release(&wf_rt.lock);
    if (leaves)
        wf_p_let_leave();
    return !again;
}

bool wf_anything_queued(void)
{
    if (wf_get(&wf_rt.nglobal))
        return true;
    for (uint32_t i = 0; wf_rt.steal && i < wf_nmade(); i++) {
        struct wf_p *p = wf_rt.ps[i];
        if (wf_get(&p->head) != wf_get(&p->tail))
            return true;
    }
    return false;
}

/* for_work: there is some that this P would run; if none is idle, the next will see. */
static bool take_idle_p(struct wf_m *m, bool for_work)
{
    wf_lock_acquire(&wf_rt.lock);
    struct wf_p *p = wf_get(&wf_rt.stopping) ? NULL : wf_p_idle_get();
    if (!p && for_work)
        wf_set(&wf_rt.need_spinning, true);
    wf_lock_release(&wf_rt.lock);
    if (p)
        wf_p_acquire(m, p);
    return p != NULL;
}

bool wf_m_take_idle_p(struct wf_m *m)
{
    return take_idle_p(m, false);
}

/* The other half of wf_wake_p.  True when there is work and a P again. */
static bool stop_spinning(struct wf_m *m)
{
    if (m->spinning) {
        m->spinning = false;
        atomic_fetch_sub(&wf_rt.nspinning, 1);
        WF_TRACE(m_spin, .on = 0);
    }
    atomic_thread_fence(memory_order_seq_cst);
    wf_fuzz();
    if (!wf_anything_queued() || (wf_get(&wf_rt.spare) && !wf_room()))
        return false; /* nothing; or those who are on the CPUs come to it */
    if (!take_idle_p(m, true))
        return false;
    start_spinning(m);
    return true;
}

/* From the last P to the first, where the timers of those that leave go. */
int64_t wf_timers_earliest(void)
{
    int64_t first = WF_FOREVER;
    for (uint32_t i = wf_nmade(); i-- > 0;) {
        int64_t own = atomic_load_explicit(&wf_rt.ps[i]->timers.first,
                                           memory_order_acquire);
        first = own < first ? own : first;
    }
    return first;
}

/* Wait in the netpoller, or for the next timer.  One M does that for all. */
static struct wf_g *wait_outside(int64_t until)
{
    struct wf_g *ready = NULL;
    int64_t now = wf_clock_now();
    int64_t timeout = until == WF_FOREVER ? WF_FOREVER : until - now;
    atomic_store(&wf_rt.poll_until, until);
    wf_set(&wf_rt.last_poll, now);
    if (timeout > 0 && !wf_get(&wf_rt.stopping))
        wf_netpoll(timeout, &ready);
    wf_set(&wf_rt.last_poll, wf_clock_now());
    return ready;
}

static void queue_ready(struct wf_g *ready)
{
    for (struct wf_g *g = ready, *next; g; g = next) {
        next = g->next;
        make_runnable(g, WF_FROM_global, wf_get(&wf_rt.nglobal) + 1);
        wf_global_add(g);
    }
}

/*
 * Without a P: be the one who waits for descriptors and timers, if nobody is yet.
 * True with a P and perhaps a G to run on it; false: nothing to wait for, or taken.
 */
static bool poll_outside(struct wf_m *m, struct wf_g **g)
{
    for (;;) {
        int64_t until = wf_timers_earliest();
        if (!wf_netpoll_armed() && until == WF_FOREVER)
            return false;
        if (atomic_exchange(&wf_rt.polling, true)) {
            if (until < atomic_load(&wf_rt.poll_until))
                wf_netpoll_break();
            return false;
        }
        wf_set(&m->doing, WF_MSTATE_blocked);
        struct wf_g *ready = wait_outside(until);
        atomic_store(&wf_rt.polling, false);
        if (wf_get(&wf_rt.stopping))
            return false;
        if (!ready && wf_timers_earliest() > wf_clock_now() && !wf_anything_queued())
            continue;
        if (!wf_m_take_idle_p(m)) {
            queue_ready(ready);
            return false;
        }
        *g = take_ready(m->p, ready);
        /* A timer is due, perhaps another P's.  Whoever else spins may not be on a CPU
         * yet, so it is for us to look, however many do. */
        if (!*g)
            start_spinning(m);
        return true;
    }
}

static struct wf_g *find_work(struct wf_m *m, enum wf_word *from)
{
    while (!wf_get(&wf_rt.stopping)) {
        struct wf_g *g = NULL;
        if (!m->p) {
            if (!wf_m_stop(m))
                return NULL;
            continue;
        }
        wf_set(&m->doing, m->spinning ? WF_MSTATE_spinning : WF_MSTATE_running);
        if ((m->picked || !wf_p_too_many(m->p)) &&
            ((g = look_near(m, from)) || (g = spin(m, from))))
            return g;
        if (!give_up_p(m) || stop_spinning(m))
            continue;
        *from = WF_FROM_netpoll;
        if (poll_outside(m, &g) && g)
            return g;
    }
    return NULL;
}

static void run(struct wf_m *m, struct wf_g *g, enum wf_word from)
{
    if (m->spinning)
        found_while_spinning(m);
    if (wf_unlikely(g->flags & WF_G_PINNED) && wf_get(&g->m) != m) {
        wf_pin_pass(m, g, from);
        return;
    }
    if (from != WF_FROM_runnext)
        wf_add(&m->p->tick, 1);
    wf_set(&m->doing, WF_MSTATE_running);
    wf_run_g(m, g, from);
}

void wf_schedule(struct wf_m *m)
{
    while (!wf_get(&m->gone)) { /* or this runtime is another one already */
        enum wf_word from = WF_FROM_unknown;
        struct wf_g *g = m->pin_g ? wf_pin_wait(m, &from) : find_work(m, &from);
        if (!g)
            break;
        run(m, g, from);
    }
    if (m->p && !wf_get(&m->gone))
        wf_p_release(m);
}

bool wf_work_waits(struct wf_p *p, int64_t now)
{
    return wf_runq_len(p) || wf_get(&wf_rt.nglobal) || wf_timers_first(p) <= now ||
           (wf_netpoll_armed() && !wf_get(&wf_rt.polling) &&
            now - wf_get(&wf_rt.last_poll) > 10 * WF_NS_PER_MS);
}
