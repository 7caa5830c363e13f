/* SPDX-License-Identifier: MIT */
/*
 * block.c - sections that block the thread.
 */
#include <weft/block.h>

#include "runtime/sched.h"

/* Nobody takes the P from us meanwhile: give it away before the thread is gone. */
static void hand_off(struct wf_m *m)
{
    struct wf_p *p = m->p;
    WF_TRACE(p_stop);
    wf_add(&p->stats.handoffs, 1);
    wf_set(&m->p, NULL);
    wf_p_handoff(p);
}

void weft_block_begin(enum weft_block_kind kind)
{
    struct wf_m *m = wf_enter();
    if (!m)
        return;
    int err = *m->err;
    struct wf_p *p = m->p;
    if (wf_unlikely(wf_trace_on))
        wf_emit_block(kind);
    wf_g_become(m->g, WF_G_RUNNING, WF_G_SYSCALL);
    atomic_store_explicit(&m->block_tick, wf_get(&m->block_tick) + 1,
                          memory_order_release);
    wf_set(&m->doing, WF_MSTATE_blocked);
    if (kind != WEFT_BLOCK_SYSCALL && wf_work_waits(p, 0)) {
        atomic_store_explicit(&m->pst, wf_pst(WF_PST_TAKEN), memory_order_release);
        hand_off(m);
    } else {
        atomic_store_explicit(&m->pst, wf_pst_section(p), memory_order_release);
    }
    *m->err = err;
    wf_leave();
}

/* With the P that we had all the time. */
static void end_with_p(struct wf_m *m)
{
    atomic_store_explicit(&m->block_tick, wf_get(&m->block_tick) + 1,
                          memory_order_release);
    WF_TRACE(block_end, .lost_p = 0);
    wf_g_become(m->g, WF_G_SYSCALL, WF_G_RUNNING);
}

void weft_block_end(void)
{
    struct wf_m *m = wf_m();
    if (!m)
        return;
    int err = *m->err;
    uint64_t tick = wf_get(&m->block_tick);
    if (!(tick & 1))
        wf_fatal("weft_block_end without weft_block_begin");
    struct wf_g *g = m->g;
    atomic_store_explicit(&m->inrt, 1, memory_order_relaxed);
    if (!wf_retake_section_back(m))
        m = wf_enter();
    if (wf_get(&g->state) == WF_G_SYSCALL)
        end_with_p(m);
    m = wf_m();
    wf_set(&m->doing, WF_MSTATE_running);
    *m->err = err;
    wf_leave();
}
