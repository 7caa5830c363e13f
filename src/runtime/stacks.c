/* SPDX-License-Identifier: MIT */
/*
 * stacks.c - the frames of any coroutine, whatever it does meanwhile.
 * Who waits is held where it is: nobody can wake it before we have read its stack.  Who
 * runs is asked by a signal.  Of who is about to run only the frame pointers are followed,
 * for they are trusted no further than its stack.
 */
#include <string.h>

#include "runtime/backtrace.h"
#include "runtime/dump.h"
#include "runtime/sched.h"
#include "runtime/sysmon.h"
#include "runtime/trace_int.h"

enum { MOST = 48 };

static size_t of_waiting(struct wf_g *g, void **pc)
{
    uint32_t wake;
    size_t n = 0;
    if (!wf_wait_hold(g, &wake))
        return 0;
    if (atomic_load_explicit(&g->state, memory_order_acquire) == WF_G_WAITING)
        n = wf_backtrace_parked(&g->ctx, pc, MOST);
    wf_wait_let_go(g, wake);
    return n;
}

static size_t of_running(struct wf_g *g, void **pc)
{
    struct wf_m *m = wf_get(&g->m);
    if (!m || m == wf_m())
        return m ? wf_backtrace(NULL, pc, MOST) : 0;
    return wf_sample_now(m, (uint64_t *)pc, MOST);
}

static size_t of_runnable(const struct wf_g *g, void **pc)
{
    uint64_t hash;
    if (!g->stack_lo || g->big)
        return 0;
    pc[0] = g->ctx.pc;
    return 1 + wf_unwind(g->ctx.fp, g->stack_lo, g->stack_hi, NULL, (uint64_t *)pc + 1,
                         MOST - 1, &hash);
}

void wf_dump_stack(struct wf_g *g)
{
    void *pc[MOST];
    struct wf_symbol s;
    unsigned state = wf_get(&g->state);
    size_t n = state == WF_G_WAITING    ? of_waiting(g, pc)
               : state == WF_G_RUNNABLE ? of_runnable(g, pc)
                                        : of_running(g, pc);
    for (size_t i = 0; i < n; i++) {
        wf_symbolise(pc[i], &s);
        if (!strncmp(s.at, "wf_g_entry+", 11))
            break; /* where each begins */
        wf_dump_say("    #%zu %s%s%s%s", i, s.at, *s.in ? " (" : "", s.in,
                    *s.in ? ")" : "");
    }
}
