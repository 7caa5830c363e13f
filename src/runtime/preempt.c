/* SPDX-License-Identifier: MIT */
/*
 * preempt.c - who holds a P: an M and the monitor, without a fence in the M's way.
 *
 * In user code (inrt 0) a P can be taken at any time; in the runtime (inrt 1) it
 * cannot.  The M stores inrt and then looks at pst, the monitor stores pst (REQ) and
 * then looks at inrt: each needs a full fence between its two, or both could miss the
 * other.  The monitor's is membarrier, which fences every running thread of the process
 * for it.  Then it may still lose against an M that came in after: it takes the P by a
 * compare-and-swap that fails if the M has changed REQ back.
 *
 *   ATT  -> REQ    monitor wants the P           REQ   -> ATT   M came in, keeps it
 *   REQ  -> TAKEN  monitor has it                TAKEN -> NONE  M came in, has no P
 *   ATT  -> NONE   M gave it up itself           NONE  -> ATT   M got one
 *   ATT  -> TAKEN  M gave it up before blocking
 *   REQ, TAKEN -> GONE  the runtime is over
 *
 * After TAKEN the monitor must not touch the M's p: the M may be getting another.
 * Where there is no membarrier, pst has the bit FENCE, which sends every entry through
 * wf_enter_slow, where the fence is.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/sched.h"

static long membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0);
}

/* Threads that a runtime left behind may be looking: write only what changes. */
void wf_preempt_init(void)
{
    bool need = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0;
    if (need != wf_rt.need_fence)
        wf_rt.need_fence = need;
}

void wf_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!wf_rt.need_fence)
        WF_CHECK(!membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
}

/* ---- the M's side ---- */

static uint32_t pst_of(struct wf_m *m)
{
    return atomic_load_explicit(&m->pst, memory_order_acquire) &
           ~(uint32_t)WF_PST_FENCE;
}

static bool change(struct wf_m *m, uint32_t from, uint32_t to)
{
    from = wf_pst(from);
    return atomic_compare_exchange_strong_explicit(
        &m->pst, &from, wf_pst(to), memory_order_acq_rel, memory_order_acquire);
}

/* The runtime that this thread served is over: end the thread, not the coroutine. */
static _Noreturn void vanish(struct wf_m *m)
{
    /* The monitor waits for inrt 0 and then lets go of m: not before may it be freed. */
    atomic_store_explicit(&m->inrt, 0, memory_order_release);
    while (!atomic_load_explicit(&m->forgotten, memory_order_acquire))
        sched_yield();
    wf_abandon(m);
}

/* The M comes back without its P. */
static struct wf_m *come_back(struct wf_m *m)
{
    struct wf_g *g = m->g;
    bool blocked = wf_get(&m->block_tick) & 1;
    wf_set(&m->p, NULL);
    if (m->hog) {
        m->hog = false;
        atomic_fetch_sub(&wf_rt.hogs, 1);
    }
    if (blocked) {
        wf_add(&m->block_tick, 1);
        WF_TRACE(block_end, .lost_p = 1);
    }
    if (wf_m_take_idle_p(m)) {
        if (wf_get(&g->state) == WF_G_SYSCALL)
            wf_g_become(g, WF_G_SYSCALL, WF_G_RUNNING);
        return m;
    }
    if (wf_unlikely(wf_trace_on))
        wf_emit_retaken();
    wf_lose_p(m);
    return wf_m();
}

static struct wf_m *settle(struct wf_m *m)
{
    if (wf_rt.need_fence)
        atomic_thread_fence(memory_order_seq_cst);
    for (;;) {
        switch (pst_of(m)) {
        case WF_PST_ATT:
            return m;
        case WF_PST_REQ:
            if (!change(m, WF_PST_REQ, WF_PST_ATT))
                break;
            if (!(wf_get(&m->block_tick) & 1))
                wf_yield(WF_WHY_slice);
            return wf_m();
        case WF_PST_TAKEN:
            if (change(m, WF_PST_TAKEN, WF_PST_NONE))
                return come_back(m);
            break;
        case WF_PST_GONE:
            vanish(m);
        default:
            wf_fatal("called on a stack that is not a coroutine's, or after fork()");
        }
    }
}

struct wf_m *wf_enter_slow(struct wf_m *m)
{
    int err = *m->err;
    m = settle(m);
    *m->err = err;
    return m;
}

/* ---- the monitor's side ---- */

bool wf_retake_ask(struct wf_m *m)
{
    return change(m, WF_PST_ATT, WF_PST_REQ) || pst_of(m) == WF_PST_REQ;
}

/* After wf_retake_ask and wf_barrier: true when p is ours. */
bool wf_retake(struct wf_m *m, struct wf_p *p)
{
    if (atomic_load_explicit(&m->inrt, memory_order_acquire) || m->p != p)
        return false;
    return change(m, WF_PST_REQ, WF_PST_TAKEN);
}

bool wf_retake_for_ever(struct wf_m *m)
{
    change(m, WF_PST_ATT, WF_PST_REQ);
    wf_barrier();
    if (atomic_load_explicit(&m->inrt, memory_order_acquire))
        return false;
    if (!change(m, WF_PST_REQ, WF_PST_GONE) && !change(m, WF_PST_TAKEN, WF_PST_GONE))
        return false;
    atomic_store_explicit(&m->gone, true, memory_order_release);
    wf_barrier();
    while (atomic_load_explicit(&m->inrt, memory_order_acquire))
        sched_yield(); /* a call that only writes to the trace; or the M sees GONE */
    return true;
}
