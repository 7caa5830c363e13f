/* SPDX-License-Identifier: MIT */
/*
 * procs.c - how many Ps there are, changed while they run.
 *
 * Nobody is stopped for it.  More: the new ones are idle, and work that lies wakes Ms for
 * them.  Fewer: those that are idle go at once.  One that an M holds goes when that M next
 * comes to its own stack, or when the monitor takes it: at each of these places whoever
 * gives the P up finds that it is one too many (wf_p_idle_put), and then empties it.
 *
 * A P that leaves is nobody's, so its ring, its caches and its Gs are touched by nobody
 * but thieves; its timers may be stopped by anybody, under its lock.  What it gives is in
 * the global queue and with the first P, which never leaves, before we look whether
 * somebody must be woken for it: the rule of sched.c for whoever makes work.
 *
 * A P once made stays, empty, until the runtime ends: it may be looked at without a lock.
 * Source: Go, runtime/proc.go, procresize, which stops the world.
 */
#include <errno.h>

#include "runtime/knobs.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

static struct wf_lock changing = WF_LOCK_INIT(PROCS);

/* ---- leaving ---- */

static struct wf_p *next_leaving(void)
{
    wf_lock_acquire(&wf_rt.lock);
    struct wf_p *p = wf_get(&wf_rt.leaving);
    if (p)
        wf_set(&wf_rt.leaving, p->idle_next);
    wf_lock_release(&wf_rt.lock);
    return p;
}

/* All that stands in its queue to the global one. */
static void give_queue(struct wf_p *p)
{
    enum { BATCH = 32 };
    struct wf_g *batch[BATCH], *g;
    uint32_t all = 0, n;
    do {
        for (n = 0; n < BATCH && (g = wf_runq_get_next(p), g || (g = wf_runq_get(p)));)
            batch[n++] = g;
        wf_lock_acquire(&wf_rt.lock);
        wf_global_put(batch, n);
        wf_lock_release(&wf_rt.lock);
        all += n;
    } while (n == BATCH);
    if (all)
        WF_TRACE(runq, .p = p->id, .len = 0, .global = wf_get(&wf_rt.nglobal));
}

/* It is empty; it may be wanted again by now. */
static void settle(struct wf_p *p)
{
    wf_lock_acquire(&wf_rt.lock);
    if (wf_p_too_many(p)) {
        p->serves = false;
        wf_set(&wf_rt.nserve, wf_get(&wf_rt.nserve) - 1);
    } else {
        wf_p_idle_put(p);
    }
    /* While it was on its way nobody could say that nothing is left. */
    if (wf_rt.nm_created && !wf_rt.nm_busy && !wf_get(&wf_rt.stopping))
        wf_deadlock_check_all();
    wf_lock_release(&wf_rt.lock);
}

void wf_p_leave(void)
{
    struct wf_p *p;
    while ((p = next_leaving())) {
        wf_fuzz();
        give_queue(p);
        wf_timers_move(p, wf_rt.ps[0]);
        wf_g_give(p);
        wf_stack_give(p);
        wf_pool_give_all(p->id);
        settle(p);
    }
    atomic_thread_fence(memory_order_seq_cst);
    if (wf_anything_queued() && wf_room())
        wf_wake_slow();
}

/* ---- how many of them there are CPUs for ---- */

static _Atomic uint32_t cpus;

bool wf_procs_crowd(void)
{
    return wf_get(&wf_rt.nserve) > wf_get(&cpus);
}

void wf_procs_room(uint32_t blocked, bool held)
{
    uint32_t with = wf_get(&cpus) + blocked, serve = wf_get(&wf_rt.nserve);
    uint32_t spare = serve > with ? serve - with : 0, idle = wf_get(&wf_rt.nidle_p);
    if (held && idle && spare >= idle)
        spare = idle - 1;
    if (spare != wf_get(&wf_rt.spare))
        wf_set(&wf_rt.spare, spare);
}

/* ---- the number ---- */

static int make(uint32_t n)
{
    while (wf_nmade() < n) {
        uint32_t id = wf_nmade();
        if (!(wf_rt.ps[id] = wf_p_new(id)))
            return -ENOMEM;
        atomic_store_explicit(&wf_rt.nmade, id + 1, memory_order_release);
    }
    return 0;
}

/* With wf_rt.lock held: those too many that are idle are to leave. */
static void let_idle_go(void)
{
    struct wf_p *idle = wf_rt.idle_p;
    wf_rt.idle_p = NULL;
    wf_set(&wf_rt.nidle_p, 0);
    for (struct wf_p *next; idle; idle = next) {
        next = idle->idle_next;
        wf_p_idle_put(idle);
    }
}

/* Likewise: those that are missing. */
static void let_serve(uint32_t n)
{
    for (uint32_t i = n; i-- > 0;) {
        struct wf_p *p = wf_rt.ps[i];
        if (p->serves)
            continue;
        p->serves = true;
        wf_set(&wf_rt.nserve, wf_get(&wf_rt.nserve) + 1);
        wf_p_idle_put(p);
    }
}

int wf_procs_begin(uint32_t n)
{
    int err = make(n);
    wf_set(&cpus, (uint32_t)wf_cpus());
    wf_set(&wf_rt.follow, wf_rt.config.procs == WEFT_AUTO);
    wf_lock_acquire(&wf_rt.lock);
    wf_set(&wf_rt.nprocs, n);
    if (!err)
        let_serve(n);
    wf_procs_room(0, false);
    wf_lock_release(&wf_rt.lock);
    return err;
}

/* With changing held.  The number of before, or -ENOMEM. */
static int change(uint32_t n)
{
    int err = make(n);
    if (err)
        return err;
    wf_lock_acquire(&wf_rt.lock);
    uint32_t before = wf_get(&wf_rt.nprocs);
    WF_TRACE(p_count, .n = n);
    wf_set(&wf_rt.nprocs, n);
    let_idle_go();
    let_serve(n);
    wf_procs_room(0, false);
    wf_lock_release(&wf_rt.lock);
    /* Who made work and saw one P alone did not look further: it has done both by now. */
    if (n > before)
        wf_barrier();
    wf_p_leave();
    return (int)before;
}

void wf_procs_follow(void)
{
    int n = wf_cpus();
    wf_set(&cpus, (uint32_t)n);
    if (!wf_get(&wf_rt.follow) || n == weft_procs())
        return;
    wf_lock_acquire(&changing);
    if (wf_get(&wf_rt.follow))
        change((uint32_t)n);
    wf_lock_release(&changing);
}

void wf_procs_end(void)
{
    wf_lock_acquire(&changing);
    atomic_store(&wf_rt.running, false);
    wf_lock_release(&changing);
}

int weft_procs(void)
{
    return atomic_load_explicit(&wf_rt.running, memory_order_acquire)
               ? (int)wf_get(&wf_rt.nprocs)
               : 0;
}

/* The running coroutine goes on on a P that stays. */
static void leave_p(struct wf_m *m)
{
    m->p->switches = WF_GLOBAL_EVERY; /* by way of the M's own stack */
    wf_yield(WF_WHY_slice);
}

int weft_set_procs(int n)
{
    if (n > WEFT_PROCS_MAX)
        return -EINVAL;
    struct wf_m *m = wf_enter();
    wf_lock_acquire(&changing);
    int before = weft_procs();
    if (before && n >= 1) {
        wf_set(&wf_rt.follow, false);
        before = change((uint32_t)n);
    }
    wf_lock_release(&changing);
    if (m && m->g && wf_p_too_many(m->p))
        leave_p(m);
    wf_leave();
    return before;
}
