/* SPDX-License-Identifier: MIT */
/*
 * stats.c - figures without a trace.
 */
#include <weft/stats.h>

#include <errno.h>
#include <string.h>

#include "runtime/sched.h"
#include "runtime/stack.h"

static void add_p(struct weft_stats *s, struct wf_p *p)
{
    uint64_t created = wf_get(&p->stats.created), ended = wf_get(&p->stats.ended);
    s->created += created;
    s->coroutines += created - ended; /* of one P alone it may be negative */
    s->switches += wf_get(&p->stats.dispatches);
    s->steals += wf_get(&p->stats.steals);
    s->steal_fail += wf_get(&p->stats.steal_fail);
    s->handoffs += wf_get(&p->stats.handoffs);
    s->timers_fired += wf_get(&p->stats.timers);
}

static int64_t alive(const struct wf_p *p)
{
    return (int64_t)(wf_get(&p->stats.created) - wf_get(&p->stats.ended));
}

/*
 * How many are alive, and the most that ever were.  What is missing to the most is shared
 * out: only a P that went beyond its share, by what it made less what ended on it, can
 * have made for more.  A 256th of the most is shared out besides, so that this is called
 * seldom while they become more and more: so much may be missed.
 */
void wf_stats_count(void)
{
    static atomic_flag counting = ATOMIC_FLAG_INIT;
    int64_t n = 0, most = (int64_t)wf_get(&wf_rt.coroutines_max);
    if (atomic_flag_test_and_set_explicit(&counting, memory_order_acquire))
        return; /* somebody else sees the same */
    for (uint32_t i = 0; i < wf_nmade(); i++)
        n += alive(wf_rt.ps[i]);
    most = n > most ? n : most;
    wf_set(&wf_rt.coroutines_max, (uint64_t)most);
    int64_t share = (most - n + most / 256) / wf_nmade();
    for (uint32_t i = 0; i < wf_nmade(); i++)
        wf_set(&wf_rt.ps[i]->stats.alive_max, alive(wf_rt.ps[i]) + share);
    atomic_flag_clear_explicit(&counting, memory_order_release);
}

static void add_threads(struct weft_stats *s)
{
    wf_lock_acquire(&wf_rt.lock);
    s->threads = wf_rt.nm;
    s->threads_max = wf_rt.nm_max;
    s->threads_created = wf_rt.nm_created;
    s->threads_idle = wf_get(&wf_rt.nidle_m);
    s->global_runq = wf_get(&wf_rt.nglobal);
    s->global_runq_max = wf_rt.global_max;
    wf_lock_release(&wf_rt.lock);
}

static const char *retake_name(void)
{
    return !wf_rt.preempt ? "off" : wf_rt.need_fence ? "fence" : "membarrier";
}

static void fill(struct weft_stats *s)
{
    struct wf_stack_stats stacks;
    for (uint32_t i = 0; i < wf_nmade(); i++)
        add_p(s, wf_rt.ps[i]);
    wf_stats_count();
    s->coroutines_max = wf_get(&wf_rt.coroutines_max);
    add_threads(s);
    s->procs = wf_get(&wf_rt.nprocs);
    s->retakes = wf_get(&wf_rt.retakes);
    s->retakes_hog = wf_get(&wf_rt.retakes_hog);
    s->hogs = wf_get(&wf_rt.hogs);
    s->longest_hold_ns = wf_get(&wf_rt.longest_hold);
    wf_stack_stats(&stacks);
    s->stacks = stacks.reserved;
    s->stacks_guarded = stacks.guarded;
    s->guard = stacks.guard;
    s->retake = retake_name();
    s->poll = wf_netpoll_name();
}

void weft_stats(struct weft_stats *stats)
{
    struct weft_stats s = { .guard = "none", .retake = "off", .poll = "none" };
    size_t size = stats->size < sizeof s ? stats->size : sizeof s;
    if (atomic_load_explicit(&wf_rt.running, memory_order_acquire))
        fill(&s);
    s.size = size;
    memcpy(stats, &s, size);
}

int weft_stats_proc(int i, struct weft_stats_proc *stats)
{
    struct weft_stats_proc s = { 0 };
    size_t size = stats->size < sizeof s ? stats->size : sizeof s;
    if (!atomic_load_explicit(&wf_rt.running, memory_order_acquire) || i < 0 ||
        (uint32_t)i >= wf_get(&wf_rt.nprocs))
        return -EINVAL;
    struct wf_p *p = wf_rt.ps[i];
    int64_t since = wf_get(&p->stats.since), now = wf_clock_now();
    s.size = size;
    s.runq = wf_runq_len(p);
    s.runq_max = wf_get(&p->stats.runq_max);
    s.dispatches = wf_get(&p->stats.dispatches);
    s.busy_ns = wf_get(&p->stats.busy_ns) + (since ? now - since : 0);
    s.idle_ns = now - wf_rt.started - s.busy_ns;
    s.free_g = wf_get(&p->stats.free_g);
    s.free_g_max = wf_get(&p->stats.free_g_max);
    s.free_g_min = wf_get(&p->stats.free_g_min);
    if (s.free_g_min > s.free_g_max)
        s.free_g_min = 0; /* never used */
    memcpy(stats, &s, size);
    return 0;
}
