/* SPDX-License-Identifier: MIT */
/*
 * fuzz.c - WEFT_DEBUG=fuzz=SEED: schedules that seldom come by themselves, for tests.
 * It rides on what is looked at anyway: each entry goes the slow way, as where there is
 * no membarrier; each switch looks at the canary; and a P's count of switches, after which
 * other queues have their turn, begins anywhere.
 */
#include <sched.h>

#include "runtime/futex.h"
#include "runtime/sched.h"

enum { MOST_PAUSES = 400 };

uint32_t wf_fuzz_below(uint32_t n)
{
    static _Thread_local uint32_t x;
    if (!x) {
        struct wf_m *m = wf_m();
        x = (wf_rt.fuzz + (m ? m->id : 0) * 7919u) * 2654435761u | 1;
    }
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return (uint32_t)((uint64_t)x * n >> 32);
}

void wf_fuzz_delay(void)
{
    uint32_t die = wf_fuzz_below(64);
    if (die == 0)
        sched_yield();
    else if (die < 8)
        for (uint32_t n = wf_fuzz_below(MOST_PAUSES); n; n--)
            wf_pause();
}

struct wf_m *wf_fuzz_enter(struct wf_m *m)
{
    wf_fuzz_delay();
    /* Not on the M's own stack, nor in a blocking section. */
    if (wf_get(&m->g) && !(wf_get(&m->block_tick) & 1) && !wf_fuzz_below(8))
        wf_yield(wf_fuzz_below(2) ? WF_WHY_yield : WF_WHY_slice);
    return wf_m();
}

uint32_t wf_fuzz_queues(struct wf_p *p)
{
    struct wf_g *g = wf_fuzz_below(4) ? NULL : wf_runq_get_next(p);
    if (g)
        wf_runq_put(p, g);
    wf_fuzz_delay();
    return wf_fuzz_below(WF_GLOBAL_EVERY + 1);
}
