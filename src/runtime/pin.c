/* SPDX-License-Identifier: MIT */
/*
 * pin.c - coroutines bound to a thread.
 * The thread serves nobody else: while its coroutine waits it sleeps, outside of the
 * idle list.  Who takes the coroutine off a queue passes its own P to that thread.
 */
#include <weft/coro.h>

#include "runtime/futex.h"
#include "runtime/sched.h"

struct wf_g *wf_pin_wait(struct wf_m *m, enum wf_word *from)
{
    if (m->p)
        wf_p_handoff(wf_p_release(m));
    wf_lock_acquire(&wf_rt.lock);
    WF_TRACE(m_park);
    if (!--wf_rt.nm_busy && !wf_get(&wf_rt.stopping))
        wf_deadlock_check_all();
    wf_lock_release(&wf_rt.lock);
    wf_set(&m->doing, WF_MSTATE_idle);
    wf_trace_quiet(m);
    while (!atomic_load_explicit(&m->park, memory_order_acquire) &&
           !wf_get(&wf_rt.stopping))
        wf_futex_wait(&m->park, 0, -1);
    wf_trace_awake(m);
    if (!m->next_p) { /* the runtime ends */
        wf_lock_acquire(&wf_rt.lock);
        wf_rt.nm_busy++;
        wf_lock_release(&wf_rt.lock);
        return NULL;
    }
    wf_set(&m->park, 0);
    struct wf_p *p = m->next_p;
    m->next_p = NULL;
    wf_p_acquire(m, p);
    *from = m->pin_from;
    return m->pin_g;
}

void wf_pin_pass(struct wf_m *m, struct wf_g *g, enum wf_word from)
{
    struct wf_m *to = wf_get(&g->m);
    struct wf_p *p = wf_p_release(m);
    WF_TRACE(handoff, .p = p->id, .m = to->id);
    wf_add(&p->stats.handoffs, 1);
    wf_lock_acquire(&wf_rt.lock);
    wf_rt.nm_busy++;
    wf_lock_release(&wf_rt.lock);
    to->pin_from = (uint8_t)from;
    wf_m_give(to, p);
}

void wf_unpin(struct wf_m *m)
{
    struct wf_g *g = m->g;
    g->pin_depth = 0;
    g->flags &= (uint8_t)~WF_G_PINNED;
    m->pin_g = NULL;
    WF_TRACE(g_pin, .on = 0);
}

void weft_thread_pin(void)
{
    struct wf_m *m = wf_enter();
    if (!m)
        return;
    struct wf_g *g = m->g;
    if (!g->pin_depth++) {
        g->flags |= WF_G_PINNED;
        m->pin_g = g;
        WF_TRACE(g_pin, .on = 1);
    }
    wf_leave();
}

void weft_thread_unpin(void)
{
    struct wf_m *m = wf_enter();
    if (!m)
        return;
    if (!m->g->pin_depth)
        wf_fatal("weft_thread_unpin: coroutine %llu is not pinned",
                 (unsigned long long)m->g->id);
    if (!--m->g->pin_depth)
        wf_unpin(m);
    wf_leave();
}
