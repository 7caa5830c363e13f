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
 *   ATT, REQ -> SECTION  M is about to block, and may not call weft until it is back
 *   SECTION -> ATT M is back, has it still  SECTION -> TAKEN  somebody else has it
 *   REQ, TAKEN, SECTION -> GONE  the runtime is over
 *
 * Whoever goes from SECTION, the M, the monitor or another M, does so by a
 * compare-and-swap.  It names the P too: the M may have come back since it was looked at,
 * and be in a section with another P now.
 * After TAKEN nobody else may touch the M's p: the M may be getting another.
 * Where there is no membarrier (or with fuzz), pst has the bit FENCE, which sends every
 * entry through wf_enter_slow, where the fence is.
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
    wf_rt.pst_slow = need || wf_rt.fuzz ? WF_PST_FENCE : 0;
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
    return atomic_load_explicit(&m->pst, memory_order_acquire) & WF_PST_STATE;
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

bool wf_retake_section(struct wf_m *m, struct wf_p *p)
{
    uint32_t in = wf_pst_section(p);
    return atomic_compare_exchange_strong_explicit(
        &m->pst, &in, wf_pst(WF_PST_TAKEN), memory_order_acq_rel, memory_order_relaxed);
}

/*
 * An M without a P takes an idle one, or else the one that it had, if who has it now is in
 * a blocking section.  With the lock held no M ends, so that the holder can be looked at.
 * Source: Go, runtime/proc.go, exitsyscallfast.
 */
static bool find_p(struct wf_m *m, struct wf_p *old)
{
    if (wf_m_take_idle_p(m))
        return true;
    if (!old) /* it was handed off before */
        return false;
    wf_lock_acquire(&wf_rt.lock);
    struct wf_m *holder = wf_get(&wf_rt.stopping)
                              ? NULL
                              : atomic_load_explicit(&old->m, memory_order_acquire);
    bool mine = holder && wf_retake_section(holder, old);
    wf_lock_release(&wf_rt.lock);
    if (!mine)
        return false;
    wf_retaken(old, holder, WF_RETAKE_block);
    wf_p_acquire(m, old);
    return true;
}

void wf_retaken(struct wf_p *p, struct wf_m *from, enum wf_word why)
{
    atomic_fetch_add_explicit(&wf_rt.retakes, 1, memory_order_relaxed);
    if (wf_unlikely(wf_trace_on))
        wf_emit_retake(p, from, why);
    else
        wf_p_drop(p);
}

/* The M comes back without its P. */
static struct wf_m *come_back(struct wf_m *m)
{
    struct wf_g *g = m->g;
    struct wf_p *old = m->p;
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
    if (find_p(m, old)) {
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
            return wf_rt.fuzz ? wf_fuzz_enter(m) : m;
        case WF_PST_REQ:
            if (!change(m, WF_PST_REQ, WF_PST_ATT))
                break;
            if (wf_p_too_many(m->p))
                m->p->switches = WF_GLOBAL_EVERY; /* the own stack sees to it */
            if (!(wf_get(&m->block_tick) & 1))
                wf_yield(WF_WHY_slice);
            return wf_m();
        case WF_PST_TAKEN:
            if (change(m, WF_PST_TAKEN, WF_PST_NONE))
                return come_back(m);
            break;
        case WF_PST_SECTION:
            if (wf_retake_section_back(m))
                return m;
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
    wf_fuzz();
    return change(m, WF_PST_REQ, WF_PST_TAKEN);
}

bool wf_retake_for_ever(struct wf_m *m)
{
    change(m, WF_PST_ATT, WF_PST_REQ);
    wf_barrier();
    if (atomic_load_explicit(&m->inrt, memory_order_acquire))
        return false;
    uint32_t section = atomic_load_explicit(&m->pst, memory_order_acquire);
    if (!change(m, WF_PST_REQ, WF_PST_GONE) && !change(m, WF_PST_TAKEN, WF_PST_GONE) &&
        ((section & WF_PST_STATE) != WF_PST_SECTION ||
         !atomic_compare_exchange_strong(&m->pst, &section, wf_pst(WF_PST_GONE))))
        return false;
    atomic_store_explicit(&m->gone, true, memory_order_release);
    wf_barrier();
    while (atomic_load_explicit(&m->inrt, memory_order_acquire))
        sched_yield(); /* a call that only writes to the trace; or the M sees GONE */
    return true;
}
