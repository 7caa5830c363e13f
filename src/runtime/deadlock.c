/* SPDX-License-Identifier: MIT */
/*
 * deadlock.c - nothing can wake them any more.
 * All: the last M is about to sleep, and there is no timer, no armed descriptor, no
 * thread that runs on without a P or blocks, no plain thread that said it may come.
 * Some: who waits for a mutex or an end is followed to who holds it, and so on; what
 * comes back to where it began, twice half a second apart, will never be undone; once is
 * enough when the run is over and nothing moves any more.
 */
#include <stdio.h>

#include "runtime/dump.h"
#include "runtime/sched.h"
#include "runtime/sysmon.h"
#include "runtime/waitq.h"

enum { LONG_NS = 1000 * 1000 * 1000, MOST_STEPS = 1000, REMEMBER = 64 };

/* ---- all ---- */

static void trace_waiting(struct wf_g *g, void *arg)
{
    (void)arg;
    if (wf_get(&g->state) != WF_G_WAITING)
        return;
    wf_emit_deadlock(g, NULL, 1);
}

void wf_deadlock_check_all(void)
{
    if (wf_get(&wf_rt.nglobal) || wf_get(&wf_rt.hogs) || wf_get(&wf_rt.foreign) ||
        wf_get(&wf_rt.polling) || wf_netpoll_armed() || wf_signals_wanted() ||
        wf_get(&wf_rt.nserve) != wf_get(&wf_rt.nprocs) ||
        wf_timers_earliest() != WF_FOREVER)
        return;
    if (wf_unlikely(wf_trace_on))
        wf_g_each(trace_waiting, NULL);
    wf_lock_release(&wf_rt.lock);
    wf_fatal(
        "deadlock: every coroutine waits, and nothing is left that could wake one");
}

/* ---- some ---- */

/* Nobody wakes g meanwhile, so what it waits for stays where it is. */
static bool hold(struct wf_g *g, uint32_t *wake)
{
    *wake = wf_get(&g->wake);
    uint32_t held = (*wake & ~3u) | WF_WAKE_HELD;
    return (*wake & 3) == WF_WAKE_WAITING &&
           atomic_compare_exchange_strong(&g->wake, wake, held);
}

static void let_go(struct wf_g *g, uint32_t wake)
{
    uint32_t held = (wake & ~3u) | WF_WAKE_HELD;
    atomic_compare_exchange_strong(&g->wake, &held, wake);
}

bool wf_wait_hold(struct wf_g *g, uint32_t *wake)
{
    return hold(g, wake);
}

void wf_wait_let_go(struct wf_g *g, uint32_t wake)
{
    let_go(g, wake);
}

/* Who holds what g waits for, NULL if that cannot be said; sign: changes with the wait. */
static struct wf_g *holder(struct wf_g *g, uint64_t *sign)
{
    struct wf_g *owner = NULL;
    uint32_t wake;
    if (!wf_get(&g->owner) || !hold(g, &wake))
        return NULL;
    _Atomic(struct wf_g *) *at = wf_get(&g->owner);
    if (at && atomic_load_explicit(&g->state, memory_order_acquire) == WF_G_WAITING)
        owner = wf_owner_g(wf_get(at));
    let_go(g, wake);
    *sign = (*sign ^ (g->id << 32 | wake)) * 0x9e3779b97f4a7c15u;
    return owner;
}

/* The number of coroutines in the cycle that g is the first of, 0 for none. */
static uint32_t cycle_of(struct wf_g *g, uint64_t *sign)
{
    struct wf_g *at = g;
    *sign = 1;
    for (uint32_t n = 1; n <= MOST_STEPS; n++) {
        at = holder(at, sign);
        if (at == g)
            return n;
        if (!at || at->id < g->id)
            return 0;
    }
    return 0;
}

static struct {
    uint64_t seen[REMEMBER], before[REMEMBER], told[REMEMBER];
    uint32_t nseen, nbefore, ntold;
} cycles;

static bool in(const uint64_t *list, uint32_t n, uint64_t sign)
{
    while (n)
        if (list[--n] == sign)
            return true;
    return false;
}

static void tell(struct wf_g *g, uint32_t n)
{
    uint64_t sign = 1;
    for (uint32_t i = 0; i < n && g; i++) {
        struct wf_g *owner = holder(g, &sign);
        if (!owner)
            return;
        wf_dump_wait(g, owner);
        if (wf_unlikely(wf_trace_on))
            wf_emit_deadlock(g, owner, n);
        g = owner;
    }
}

static void tell_once(struct wf_g *g, uint32_t n, uint64_t sign)
{
    if (in(cycles.told, cycles.ntold, sign) || cycles.ntold == REMEMBER)
        return;
    cycles.told[cycles.ntold++] = sign;
    tell(g, n);
}

static void look_at(struct wf_g *g, void *arg)
{
    int64_t now = *(int64_t *)arg, since = wf_get(&g->since);
    uint64_t sign;
    if (wf_get(&g->state) != WF_G_WAITING || !wf_get(&g->owner))
        return;
    if (!since) {
        wf_set(&g->since, now);
        return;
    }
    uint32_t n = now - since > LONG_NS ? cycle_of(g, &sign) : 0;
    if (!n || cycles.nseen == REMEMBER)
        return;
    cycles.seen[cycles.nseen++] = sign;
    if (in(cycles.before, cycles.nbefore, sign))
        tell_once(g, n, sign);
}

void wf_deadlock_check_cycles(int64_t now)
{
    for (uint32_t i = 0; i < cycles.nseen; i++)
        cycles.before[i] = cycles.seen[i];
    cycles.nbefore = cycles.nseen;
    cycles.nseen = 0;
    wf_g_each(look_at, &now);
}

static void look_at_left(struct wf_g *g, void *arg)
{
    (void)arg;
    uint64_t sign;
    uint32_t n = 0;
    if (wf_get(&g->state) == WF_G_WAITING && wf_get(&g->owner))
        n = cycle_of(g, &sign);
    if (n)
        tell_once(g, n, sign);
}

void wf_deadlock_check_left(void)
{
    wf_g_each(look_at_left, NULL);
}

void wf_deadlock_reset(void)
{
    cycles.nseen = cycles.nbefore = cycles.ntold = 0;
}
