/* SPDX-License-Identifier: MIT */
/*
 * p.c - Ps: made, held, idle.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/sched.h"

struct wf_p *wf_p_new(uint32_t id)
{
    struct wf_p *p = aligned_alloc(WF_CACHE_LINE, sizeof *p);
    if (!p)
        return NULL;
    memset(p, 0, sizeof *p);
    p->id = id;
    p->rand = (id + wf_rt.fuzz * 7919u) * 2654435761u | 1;
    wf_lock_init(&p->timers.lock, WF_RANK_TIMERS);
    wf_set(&p->timers.first, WF_FOREVER);
    wf_set(&p->stats.free_g_min, UINT32_MAX);
    return p;
}

int wf_p_init(int n)
{
    wf_rt.ps = calloc(WEFT_PROCS_MAX, sizeof *wf_rt.ps);
    return wf_rt.ps ? wf_procs_begin((uint32_t)n) : -ENOMEM;
}

void wf_p_fini(void)
{
    for (uint32_t i = 0; i < wf_rt.nmade; i++) {
        wf_timers_fini(wf_rt.ps[i]);
        free(wf_rt.ps[i]);
    }
    free(wf_rt.ps);
    wf_rt.ps = NULL;
    wf_rt.nprocs = wf_rt.nmade = 0;
}

void wf_p_idle_put(struct wf_p *p)
{
    if (wf_unlikely(wf_p_too_many(p))) {
        p->idle_next = wf_get(&wf_rt.leaving);
        wf_set(&wf_rt.leaving, p);
        return;
    }
    p->idle_next = wf_rt.idle_p;
    wf_rt.idle_p = p;
    wf_set(&wf_rt.nidle_p, wf_get(&wf_rt.nidle_p) + 1);
}

/* One whose timers are due goes first: where Ps do not steal nobody else fires them. */
struct wf_p *wf_p_idle_get(void)
{
    struct wf_p **best = &wf_rt.idle_p;
    if (!*best)
        return NULL;
    for (struct wf_p **at = best; *at; at = &(*at)->idle_next)
        if (wf_timers_first(*at) < wf_timers_first(*best))
            best = at;
    struct wf_p *p = *best;
    *best = p->idle_next;
    wf_set(&wf_rt.nidle_p, wf_get(&wf_rt.nidle_p) - 1);
    return p;
}

void wf_p_acquire(struct wf_m *m, struct wf_p *p)
{
    WF_CHECK(!wf_get(&p->m));
    if (wf_unlikely(wf_trace_on))
        wf_emit_p_start(p);
    atomic_store_explicit(&p->m, m, memory_order_release);
    wf_set(&p->stats.since, wf_clock_now());
    m->pid = p->id;
    wf_set(&m->p, p);
    atomic_store_explicit(&m->pst, wf_pst(WF_PST_ATT), memory_order_release);
    wf_sysmon_wake();
}

void wf_p_drop(struct wf_p *p)
{
    int64_t since = wf_get(&p->stats.since);
    if (since)
        wf_add(&p->stats.busy_ns, wf_clock_now() - since);
    wf_set(&p->stats.since, 0);
    wf_set(&p->m, NULL);
}

struct wf_p *wf_p_release(struct wf_m *m)
{
    struct wf_p *p = m->p;
    WF_TRACE(p_stop);
    atomic_exchange_explicit(&m->pst, wf_pst(WF_PST_NONE), memory_order_acq_rel);
    wf_set(&m->p, NULL);
    wf_p_drop(p);
    return p;
}

void wf_p_handoff(struct wf_p *p)
{
    if (wf_get(&p->m))
        wf_p_drop(p);
    if (!wf_p_too_many(p) && wf_work_waits(p, wf_clock_now()) &&
        !wf_get(&wf_rt.stopping)) {
        wf_m_start(p, false);
        return;
    }
    wf_lock_acquire(&wf_rt.lock);
    wf_p_idle_put(p);
    wf_lock_release(&wf_rt.lock);
    wf_p_let_leave();
    /* Work that came, wherever, while p was on neither list saw no idle P. */
    atomic_thread_fence(memory_order_seq_cst);
    if ((wf_anything_queued() && (!wf_get(&wf_rt.spare) || wf_room())) ||
        wf_work_waits(p, wf_clock_now()))
        wf_wake_slow();
}
