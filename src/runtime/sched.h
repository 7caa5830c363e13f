/* SPDX-License-Identifier: MIT */
/*
 * sched.h - what the scheduler's files share among themselves.
 */
#ifndef WF_RUNTIME_SCHED_H
#define WF_RUNTIME_SCHED_H
#include "runtime/runq.h"
#include "runtime/runtime.h"

/* Relaxed; wf_add is for one writer. */
#define wf_get(at)     atomic_load_explicit(at, memory_order_relaxed)
#define wf_set(at, to) atomic_store_explicit(at, to, memory_order_relaxed)
#define wf_add(at, n)  wf_set(at, wf_get(at) + (n))

/* All Ps there ever were stand in wf_rt.ps. */
static inline uint32_t wf_nmade(void)
{
    return atomic_load_explicit(&wf_rt.nmade, memory_order_acquire);
}

/* ---- sched.c: what runs next ---- */

enum {
    WF_GLOBAL_EVERY = 61, /* switches until the global queue has its turn */
    WF_RING_EVERY = 16,   /* and until the ring has, before runnext */
};

/* An M's own stack: run coroutines until the M is to end. */
void wf_schedule(struct wf_m *m);
/* An M without a P takes an idle one, its own the best; false: there is none. */
bool wf_m_take_idle_p(struct wf_m *m);
/* Work became visible: wake a P for it, unless somebody looks for work already. */
void wf_wake_slow(void);
/*
 * Is a P idle that there is a CPU for?  More threads than CPUs would only take them from
 * each other.  With as many Ps as CPUs or fewer: is any P idle?  Ps whose Ms block are
 * counted off by the monitor (wf_procs_room), for they take no CPU.
 */
static inline bool wf_room(void)
{
    return wf_get(&wf_rt.nidle_p) > wf_get(&wf_rt.spare);
}
static inline void wf_wake_p(void)
{
    if (wf_get(&wf_rt.nprocs) == 1 || !wf_rt.steal)
        return;
    /* The other half is in stop_spinning: we publish, then look; they stop, then look. */
    atomic_thread_fence(memory_order_seq_cst);
    if (wf_unlikely(wf_room() && !wf_get(&wf_rt.nspinning)))
        wf_wake_slow();
}
/* To the global queue from anywhere, and wake a P for them. */
void wf_global_add(struct wf_g *g);
/* Does anything lie in the global queue or a ring? */
bool wf_anything_queued(void);
/* Is there anything that p could run, or will soon have to? */
bool wf_work_waits(struct wf_p *p, int64_t now);

/* ---- park.c: the turns of a coroutine ---- */

/* From the M's own stack to g, until it comes back. */
void wf_run_g(struct wf_m *m, struct wf_g *g, enum wf_word from);
/* The M forgets its G: to its own stack, for the last time. */
_Noreturn void wf_abandon(struct wf_m *m);
/* The running G goes to the global queue and the M, without a P, to its own stack.
 * Returns on another M, or the same with a P. */
void wf_lose_p(struct wf_m *m);

/* ---- m.c: threads ---- */

/* Give p (NULL: an idle one, if there is) to a sleeping or new M. */
void wf_m_start(struct wf_p *p, bool spinning);
/* Sleep until somebody gives this M a P; false: the M is to end. */
bool wf_m_stop(struct wf_m *m);
/* Wake m, which sleeps outside of the idle list, with p. */
void wf_m_give(struct wf_m *m, struct wf_p *p);
/* Wake all that sleep, to see that the runtime ends. */
void wf_m_wake_all(void);
/* Join the threads that ended. */
void wf_m_reap(void);
int64_t wf_m_cpu(const struct wf_m *m);

/* ---- p.c: Ps ---- */

int wf_p_init(int n);
struct wf_p *wf_p_new(uint32_t id);
void wf_p_fini(void);
/* An idle P, off the list, NULL for none; with wf_rt.lock held. */
struct wf_p *wf_p_idle_get(void);
/* To them; or, if it is one too many, to those that leave: wf_p_let_leave, once the lock
 * is dropped. */
void wf_p_idle_put(struct wf_p *p);
/* The M takes a P that it was given, or gives its own up (to nobody yet). */
void wf_p_acquire(struct wf_m *m, struct wf_p *p);
struct wf_p *wf_p_release(struct wf_m *m);
/* What p was held for counts as busy; nobody holds it any more. */
void wf_p_drop(struct wf_p *p);
/* Pass on a P that nobody holds: to an M if it has work, else to the idle ones. */
void wf_p_handoff(struct wf_p *p);

/* ---- procs.c: how many there are ---- */

static inline bool wf_p_too_many(const struct wf_p *p)
{
    return p->id >= wf_get(&wf_rt.nprocs);
}
/* Those that leave give what they have to others. */
void wf_p_leave(void);
static inline void wf_p_let_leave(void)
{
    if (wf_unlikely(wf_get(&wf_rt.leaving)))
        wf_p_leave();
}
/* So many to begin with. */
int wf_procs_begin(uint32_t n);
/* The CPUs may be others by now, and the Ps as many, if the program leaves that to us. */
void wf_procs_follow(void);
/* Are there more Ps than CPUs? */
bool wf_procs_crowd(void);
/* So many are held by Ms that block: how many of the rest may be idle?  With held, work
 * waits behind a hog: one fewer than are, so that another comes for it. */
void wf_procs_room(uint32_t blocked, bool held);
/* From here on no runtime runs, and nobody changes the number. */
void wf_procs_end(void);

/* ---- preempt.c ---- */

void wf_preempt_init(void);
/* A barrier on all threads of the process. */
void wf_barrier(void);
static inline uint32_t wf_pst(uint32_t state)
{
    return state | wf_rt.pst_slow;
}

/* Ask an M to give its P up by itself soon. */
bool wf_retake_ask(struct wf_m *m);
/* Take p from m, who was asked before the last wf_barrier: false when it came in. */
bool wf_retake(struct wf_m *m, struct wf_p *p);
/* m, in a blocking section, held p: true when p is ours now.  Anybody. */
bool wf_retake_section(struct wf_m *m, struct wf_p *p);
static inline uint32_t wf_pst_section(const struct wf_p *p)
{
    return wf_pst(WF_PST_SECTION) | p->id << WF_PST_ID;
}
/* This M comes back from its section: true when it has its P still. */
static inline bool wf_retake_section_back(struct wf_m *m)
{
    uint32_t pst = atomic_load_explicit(&m->pst, memory_order_relaxed);
    return (pst & WF_PST_STATE) == WF_PST_SECTION &&
           atomic_compare_exchange_strong_explicit(&m->pst, &pst, wf_pst(WF_PST_ATT),
                                                   memory_order_acq_rel,
                                                   memory_order_relaxed);
}
/* p was taken from that M: count and trace it; nobody holds it now. */
void wf_retaken(struct wf_p *p, struct wf_m *from, enum wf_word why);
/* The runtime ends: true once m can never come back into it. */
bool wf_retake_for_ever(struct wf_m *m);

/* ---- fuzz.c: WEFT_DEBUG=fuzz=SEED ---- */

/* A number below n, of this thread's own. */
uint32_t wf_fuzz_below(uint32_t n);
void wf_fuzz_delay(void);
/* Here another thread may come between. */
static inline void wf_fuzz(void)
{
    if (wf_unlikely(wf_rt.fuzz))
        wf_fuzz_delay();
}
/* The M came into the runtime, with its P: sometimes another G has its turn first. */
struct wf_m *wf_fuzz_enter(struct wf_m *m);
/* Who runs next on p stands back, sometimes; when its other queues have their turn. */
uint32_t wf_fuzz_queues(struct wf_p *p);

/* ---- pin.c ---- */

/* The pinned G of this M left its stack: wait until somebody wants it to run. */
struct wf_g *wf_pin_wait(struct wf_m *m, enum wf_word *from);
/* g, taken off this queue, runs on another M only: give that M our P. */
void wf_pin_pass(struct wf_m *m, struct wf_g *g, enum wf_word from);
void wf_unpin(struct wf_m *m);

/* ---- run.c ---- */

/* The main coroutine returned: tell everybody, and go. */
_Noreturn void wf_run_finish(struct wf_m *m);

/* ---- sysmon.c ---- */

int wf_sysmon_start(void);
void wf_sysmon_join(void);
/* It sleeps while all Ps are idle. */
void wf_sysmon_wake(void);

/* ---- stats.c ---- */

void wf_stats_count(void);
/* One more: perhaps more than ever are alive. */
static inline void wf_stats_created(struct wf_p *p)
{
    uint64_t created = wf_get(&p->stats.created) + 1;
    wf_set(&p->stats.created, created);
    if (wf_unlikely((int64_t)(created - wf_get(&p->stats.ended)) >
                    wf_get(&p->stats.alive_max)))
        wf_stats_count();
}

/* ---- timer.c ---- */

/* Fire what is due on p; how many. */
uint32_t wf_timers_run(struct wf_p *p, int64_t now);
bool wf_timers_due(struct wf_p *p);
/* Looks at each: for who prints. */
uint32_t wf_timers_count(struct wf_p *p);
void wf_timers_fini(struct wf_p *p);
/* All of from, which nobody holds, to the wheel of to. */
void wf_timers_move(struct wf_p *from, struct wf_p *to);
static inline int64_t wf_timers_first(struct wf_p *p)
{
    return wf_get(&p->timers.first);
}
int64_t wf_timers_earliest(void);

/* ---- deadlock.c ---- */

/* The last M is about to sleep, with wf_rt.lock held: nothing can wake anything? */
void wf_deadlock_check_all(void);
/* The monitor looks for cycles among those that wait for each other. */
void wf_deadlock_check_cycles(int64_t now);
/* The run is over: the cycles among those that it leaves behind, if not told before. */
void wf_deadlock_check_left(void);
/* For who looks at a waiting g: false if it cannot be held.  Until let go nobody wakes it;
 * who wants to, spins. */
bool wf_wait_hold(struct wf_g *g, uint32_t *wake);
void wf_wait_let_go(struct wf_g *g, uint32_t wake);
void wf_deadlock_reset(void);

/* ---- emit.c: events of more than one line; only while wf_trace_on.  Each is told
 * before what it tells is done, but for the last line of ready and retake. ---- */

void wf_emit_create(struct wf_g *g);
void wf_emit_start(struct wf_g *g, enum wf_word from);
/* ... and makes g runnable. */
void wf_emit_ready(struct wf_g *g, uint64_t obj, enum wf_word to, uint32_t len);
/* The running G parks (or yields) and next runs, NULL: not known yet. */
void wf_emit_park(enum wf_why why, uint64_t obj, struct wf_g *next, enum wf_word from);
void wf_emit_yield(enum wf_why why, struct wf_g *next, enum wf_word from,
                   enum wf_word to);
/* The running G came back without a P. */
void wf_emit_retaken(void);
void wf_emit_p_start(struct wf_p *p);
void wf_emit_block(unsigned kind);
void wf_emit_name(struct wf_g *g);
void wf_emit_deadlock(struct wf_g *g, struct wf_g *owner, uint32_t n);
/* ... and lets the M go of p. */
void wf_emit_retake(struct wf_p *p, struct wf_m *m, enum wf_word why);
void wf_emit_wake(struct wf_m *m);

#endif /* WF_RUNTIME_SCHED_H */
