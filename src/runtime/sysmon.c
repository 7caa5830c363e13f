/* SPDX-License-Identifier: MIT */
/*
 * sysmon.c - the monitor: a thread without a P that looks at those that have one.
 * It takes the P of who computes or blocks too long, polls when nobody does, and does
 * what is due each second.  It sleeps for WEFT_SYSMON's shortest time while it finds
 * something to do, longer and longer else, and until woken while all Ps are idle.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "runtime/futex.h"
#include "runtime/sched.h"
#include "runtime/stack.h"
#include "runtime/sysmon.h"

enum {
    QUIET_ROUNDS = 50,          /* of nothing to do, until the sleep grows */
    QUEUED_NS = 500 * 1000,     /* longest sleep while a P idles and others do not */
    TAKE_NS = 500 * 1000,       /* from asking for a P to taking it */
    POLL_NS = 10 * 1000 * 1000, /* netpoll by the latest */
    LATE_NS = 1000 * 1000,      /* a timer is overdue */
    LONG_NS = 10 * 1000 * 1000, /* a turn that may be no use */
};

static struct {
    pthread_t thread;
    _Atomic uint32_t word; /* 1: asleep until woken */
    int64_t second;        /* when the next one begins */
    int64_t cycles;        /* when cycles are looked for next */
    int64_t now,
        slept_over; /* of this round; how much longer it slept than it wanted */
    uint32_t quiet;
    bool busy; /* this round found something */
} sysmon;

/* ---- one P ---- */

static void begin_watch(struct wf_watch *w, struct wf_m *m, uint32_t tick)
{
    *w = (struct wf_watch){ .m = m,
                            .tick = tick,
                            .since = sysmon.now,
                            .dispatches = w->dispatches,
                            .cpu = -1 };
}

/* p is ours, m has it no more. */
static void taken(struct wf_p *p, struct wf_m *m, enum wf_word why)
{
    wf_retaken(p, m, why);
    p->watch.m = NULL;
    sysmon.busy = true;
    wf_p_handoff(p);
}

static void take(struct wf_p *p, struct wf_m *m, enum wf_word why)
{
    bool hog = why == WF_RETAKE_hog;
    if (hog) {
        m->hog = true; /* read by m only once the P is gone */
        atomic_fetch_add(&wf_rt.hogs, 1);
    }
    if (!wf_retake(m, p)) {
        if (hog) {
            m->hog = false;
            atomic_fetch_sub(&wf_rt.hogs, 1);
        }
        return;
    }
    if (hog) {
        wf_add(&wf_rt.retakes_hog, 1);
        wf_sample_ask(m);
    }
    taken(p, m, why);
}

/* Why it runs on: asleep in the kernel (whatever it computed before), on a CPU, or
 * (unknown) neither, so that to take its P would only add a thread to those that wait for
 * a CPU. */
static enum wf_word reason(struct wf_p *p, struct wf_m *m)
{
    if (wf_thread_sleeps(wf_get(&m->tid)))
        return WF_RETAKE_block;
    return wf_m_cpu(m) - p->watch.cpu >= wf_rt.preempt / 2 ? WF_RETAKE_hog
                                                           : WF_RETAKE_unknown;
}

static bool too_many_hogs(void)
{
    int most = wf_rt.config.max_hogs;
    uint32_t limit = most == WEFT_AUTO ? 4 * wf_get(&wf_rt.nprocs) : (uint32_t)most;
    return wf_get(&wf_rt.hogs) >= limit;
}

/* It was asked and still runs on. */
static void consider(struct wf_p *p, struct wf_m *m)
{
    enum wf_word why = reason(p, m);
    if (why == WF_RETAKE_unknown || (why == WF_RETAKE_hog && too_many_hogs()))
        return;
    wf_barrier();
    take(p, m, why);
}

/* A section that said it blocks: it had one whole sleep of ours to come back. */
static void consider_blocked(struct wf_p *p, struct wf_m *m)
{
    if (!wf_p_too_many(p) && !wf_work_waits(p, sysmon.now))
        return;
    if (wf_retake_section(m, p)) {
        taken(p, m, WF_RETAKE_block);
    } else if (wf_retake_ask(m)) { /* it called weft from within the section */
        wf_barrier();
        take(p, m, WF_RETAKE_block);
    }
}

/* It still has the turn that it had: for how long were others due? */
static void note_hold(struct wf_p *p)
{
    struct wf_watch *w = &p->watch;
    if (!wf_runq_len(p) && wf_timers_first(p) > sysmon.now)
        w->wanted = 0;
    else if (!w->wanted)
        w->wanted = sysmon.now;
    else if (sysmon.now - w->wanted > wf_get(&wf_rt.longest_hold))
        wf_set(&wf_rt.longest_hold, sysmon.now - w->wanted);
}

static void watch(struct wf_p *p)
{
    struct wf_watch *w = &p->watch;
    struct wf_m *m = atomic_load_explicit(&p->m, memory_order_acquire);
    if (!m) {
        w->m = NULL;
        return;
    }
    uint32_t tick = wf_get(&p->tick);
    uint64_t block = wf_get(&m->block_tick);
    if (w->m != m || w->tick != tick || w->block != block) {
        begin_watch(w, m, tick);
        w->block = block;
        return;
    }
    if (block & 1) {
        consider_blocked(p, m);
        return;
    }
    int64_t ran = sysmon.now - w->since;
    note_hold(p);
    if (!wf_rt.preempt || ran < wf_rt.preempt / 8)
        return;
    if (w->cpu < 0)
        w->cpu = wf_m_cpu(m);
    bool leaves = wf_p_too_many(p);
    if (!leaves && (ran < wf_rt.preempt || !wf_work_waits(p, sysmon.now)))
        return;
    sysmon.busy = true;
    if (!w->asked)
        w->asked = wf_retake_ask(m);
    else if (ran >= wf_rt.preempt + TAKE_NS)
        consider(p, m);
}

/* Work that lies on a P which did not get to it since our last round. */
static bool lies_unseen(struct wf_p *p)
{
    uint64_t before = p->watch.dispatches;
    p->watch.dispatches = wf_get(&p->stats.dispatches);
    if (p->watch.dispatches == before && wf_runq_len(p))
        return true;
    return wf_timers_first(p) < sysmon.now - LATE_NS;
}

/* Others are due on p, whose turn has been the same for long: it might not be taken. */
static bool holds_up(const struct wf_p *p)
{
    return p->watch.m && p->watch.wanted && sysmon.now - p->watch.since >= LONG_NS;
}

/* Its M holds it and takes no CPU: in a section, or asleep for long. */
static bool blocks(const struct wf_p *p)
{
    const struct wf_watch *w = &p->watch;
    if (!w->m)
        return false;
    return w->block & 1 ||
           (sysmon.now - w->since >= LONG_NS && wf_thread_sleeps(wf_get(&w->m->tid)));
}

static void watch_all(void)
{
    uint32_t blocked = 0;
    bool unseen = wf_get(&wf_rt.nglobal) > 0, crowd = wf_procs_crowd(), held = false;
    for (uint32_t i = 0; i < wf_nmade(); i++) {
        struct wf_p *p = wf_rt.ps[i];
        watch(p);
        unseen |= lies_unseen(p);
        held |= crowd && holds_up(p);
        blocked += crowd && blocks(p);
    }
    wf_procs_room(blocked, held);
    unseen |= crowd && wf_anything_queued();
    bool awake = wf_get(&wf_rt.nspinning) || !wf_rt.steal;
    if (wf_room() && ((unseen && !awake) || wf_get(&wf_rt.nglobal)))
        wf_wake_slow();
}

/* ---- what is due for all ---- */

static void poll_if_late(void)
{
    struct wf_g *ready = NULL;
    if (!wf_netpoll_armed() || wf_get(&wf_rt.polling) ||
        sysmon.now - wf_get(&wf_rt.last_poll) < POLL_NS)
        return;
    wf_set(&wf_rt.last_poll, sysmon.now);
    wf_netpoll(0, &ready);
    while (ready) {
        struct wf_g *g = ready;
        ready = g->next;
        wf_ready(g, wf_get(&g->obj));
        sysmon.busy = true;
    }
}

static void each_while(void)
{
    if (sysmon.now < sysmon.second)
        return;
    sysmon.second = sysmon.now + WF_NS_PER_S;
    wf_stacks_trim();
    wf_big_stacks_trim();
    wf_pool_trim();
    wf_procs_follow();
}

static void one_round(void)
{
    sysmon.busy = false;
    wf_m_reap();
    if (sysmon.slept_over < WF_NS_PER_MS * 10)
        watch_all();
    else /* we were stopped: nobody is blamed for that */
        for (uint32_t i = 0; i < wf_nmade(); i++)
            wf_rt.ps[i]->watch.m = NULL;
    poll_if_late();
    wf_sample_tell();
    each_while();
    wf_threads_account(sysmon.now);
    if (sysmon.now >= sysmon.cycles) {
        sysmon.cycles = sysmon.now + WF_NS_PER_S / 2;
        wf_deadlock_check_cycles(sysmon.now);
    }
    wf_schedtrace(sysmon.now);
    wf_signals_serve();
}

/* ---- sleep ---- */

static bool all_idle(void)
{
    return wf_get(&wf_rt.nidle_p) == wf_get(&wf_rt.nserve) && !wf_get(&wf_rt.hogs);
}

/* Everything is idle: until a P is taken, or the next thing is due. */
static void sleep_deep(void)
{
    int64_t most = WF_NS_PER_S / 4, trace = wf_rt.config.schedtrace;
    if (trace && trace < most)
        most = trace;
    atomic_store(&sysmon.word, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (all_idle() && !wf_get(&wf_rt.stopping) && !wf_signals_came())
        wf_futex_wait(&sysmon.word, 1, most);
    wf_set(&sysmon.word, 0);
}

void wf_sysmon_wake(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (wf_get(&sysmon.word)) {
        wf_set(&sysmon.word, 0);
        wf_futex_wake(&sysmon.word, 1);
    }
}

static int64_t next_sleep(void)
{
    int64_t most = wf_rt.config.sysmon_max, ns = wf_rt.config.sysmon_min;
    uint32_t idle = wf_get(&wf_rt.nidle_p);
    sysmon.quiet = sysmon.busy ? 0 : sysmon.quiet + 1;
    for (uint32_t i = QUIET_ROUNDS; i < sysmon.quiet && ns < most; i++)
        ns *= 2;
    /* To see at half of the time slice that somebody is at it. */
    if (wf_rt.preempt && most > wf_rt.preempt / 2)
        most = wf_rt.preempt / 2;
    if (idle && idle < wf_get(&wf_rt.nserve) && most > QUEUED_NS)
        most = QUEUED_NS;
    if (most < wf_rt.config.sysmon_min)
        most = wf_rt.config.sysmon_min;
    return ns < most ? ns : most;
}

static void sleep_a_round(void)
{
    sysmon.slept_over = 0;
    if (sysmon.quiet > QUIET_ROUNDS && all_idle()) {
        sleep_deep();
        sysmon.now = wf_clock_now();
        return;
    }
    int64_t ns = next_sleep(), before = wf_clock_now();
    struct timespec ts = wf_ns_timespec(ns);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
    sysmon.now = wf_clock_now();
    sysmon.slept_over = sysmon.now - before - ns;
}

/* ---- the end ---- */

/* Part with every M: those in the runtime end by themselves; those in user code are
 * left where they are, and end when they call weft again. */
static void part_with_all(void)
{
    for (bool left = true; left;) {
        left = false;
        wf_m_wake_all();
        wf_netpoll_break();
        wf_lock_acquire(&wf_rt.lock);
        wf_list_each_safe (it, &wf_rt.ms) {
            struct wf_m *m = wf_container(it, struct wf_m, all);
            if (!wf_retake_for_ever(m)) {
                left = true;
                continue;
            }
            wf_sample_forget(m);
            wf_list_remove(it);
            wf_rt.nm--;
            wf_rt.ngone++;
            pthread_detach(m->thread);
            wf_trace_m_end(m);
            atomic_store_explicit(&m->forgotten, true, memory_order_release);
        }
        wf_lock_release(&wf_rt.lock);
        if (left)
            clock_nanosleep(CLOCK_MONOTONIC, 0,
                            &(struct timespec){ .tv_nsec = 20 * 1000 }, NULL);
    }
    wf_m_reap();
}

static void *sysmon_main(void *arg)
{
    (void)arg;
    pthread_setname_np(pthread_self(), "weft-sysmon");
    sysmon.now = wf_clock_now();
    sysmon.second = sysmon.now + WF_NS_PER_S;
    sysmon.cycles = sysmon.second;
    sysmon.quiet = 0;
    while (!atomic_load(&wf_rt.stopping)) {
        sleep_a_round();
        one_round();
    }
    part_with_all();
    return NULL;
}

int wf_sysmon_start(void)
{
    sigset_t all, old;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&sysmon.thread, NULL, sysmon_main, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -err;
}

void wf_sysmon_join(void)
{
    pthread_join(sysmon.thread, NULL);
}
