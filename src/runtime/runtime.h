/* SPDX-License-Identifier: MIT */
/*
 * runtime.h - G, M, P and what the files of the runtime share.
 *
 * Who writes what: a G's fields are written by the M that runs it; while it waits, by
 * who has won its wake-up.  An M's by itself, but for those marked.  A P's by the M that
 * holds it.  pst and inrt of an M decide between it and the monitor who holds its P:
 * preempt.c.
 *
 * After anything that may park, the M may be another: take wf_m() afresh.
 */
#ifndef WF_RUNTIME_RUNTIME_H
#define WF_RUNTIME_RUNTIME_H
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/run.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/list.h"
#include "format/event.h"
#include "format/gstate.h"
#include "runtime/lock.h"
#include "runtime/pool.h"
#include "runtime/switch.h"
#include "runtime/tbuf.h"

#define WF_CACHE_LINE 64
#define WF_FOREVER    INT64_MAX

/* A function that may come back on another M. */
#define WF_MAY_PARK

struct weft_ctx;
struct wf_g;
struct wf_m;
struct wf_p;

/*
 * A timer of some P's.  It belongs to its owner, who starts and stops it; fn runs on an
 * M's own stack, without locks, and must not park.  seq is read when it fires, before
 * anybody can start it again.
 */
struct wf_timer {
    void (*fn)(struct wf_timer *t, uint32_t seq);
    uint32_t seq;
    _Atomic uint32_t where; /* whose and in which place: timer.c; 0: not started */
    /* guarded by the lock of that P's timers */
    int64_t when;
    struct wf_timer *next, *prev;
};

/*
 * The one-shot wake-up: g->wake is a number that goes up with each wait, and one of
 * these.  Of all that want to wake a waiting G, who changes WAITING wins.
 */
enum wf_wake { WF_WAKE_WAITING, WF_WAKE_FIRED, WF_WAKE_HELD, WF_WAKE_BITS = 2 };

/* One G in one list of waiters; lives on the G's stack. */
struct wf_waiter {
    struct wf_list link;
    struct wf_g *g;
    uint32_t seq; /* of the wait it belongs to */
    int result;   /* for who waits: set by who wakes */
    void *elem;   /* what is sent, or where to receive */
};

enum wf_g_flag {
    WF_G_SYSTEM = 1,   /* the runtime's own; as in the trace */
    WF_G_PINNED = 2,   /* to g->pin_m */
    WF_G_JOINABLE = 4, /* somebody holds it: not for re-use until joined */
    WF_G_MAIN = 8,
    WF_G_CONTEXT = 16, /* has one: g->context */
    WF_G_LISTED = 32,  /* and told it who would have to be woken */
};

/* The first two cache lines are all that the life of one that never waits touches. */
struct wf_g {
    /* what a switch touches */
    alignas(WF_CACHE_LINE) struct wf_ctx ctx; /* while it does not run */
    struct wf_g *next;     /* in the queue or free list that it is on */
    _Atomic uint8_t state; /* enum wf_g_state */
    uint8_t flags;         /* enum wf_g_flag */
    _Atomic uint8_t why;   /* enum wf_why: what it waits for, if it does */
    _Atomic uint32_t wake;
    int err;                   /* errno, while it does not run */
    int wake_result;           /* of wf_park_until: set by who won wake */
    char *stack_lo, *stack_hi; /* usable bytes; NULL without a stack */

    /* who it is */
    alignas(WF_CACHE_LINE) uint64_t id;
    struct wf_torder order; /* the trace's */
    void (*fn)(void *);
    void *arg;
    const void *spawned;    /* return address of its weft_go */
    const char *name;       /* interned, NULL for none */
    struct wf_m *_Atomic m; /* runs it; with WF_G_PINNED also while it does not */
    uint64_t runnable;      /* traced: since when, in clock units; 0 not known */

    /* for who looks on: the same */
    alignas(WF_CACHE_LINE) _Atomic uint64_t obj;
    _Atomic(struct wf_g *) *_Atomic owner; /* who holds obj; NULL when nobody can say */
    _Atomic int64_t since;                 /* when the monitor first saw it wait so */

    struct wf_lock join_lock; /* rank SYNC: guards the two below */
    struct wf_waiter *joiner; /* with WF_G_JOINABLE */
    bool ended;               /* likewise, until joined */
    uint16_t pin_depth;
    _Atomic uint32_t cancel;     /* ctx.c: twice the number of the wait that its context
                                may end, plus 1; 0 for none */
    _Atomic(struct wf_g *) self; /* what owner points to in who joins it */
    struct wf_timer timer;       /* of wf_park_until */
    struct weft_ctx *context;    /* with WF_G_CONTEXT; counted */
    struct wf_big_stack *big;    /* it is on this one now; NULL: on its own */
    void *fiber, *fake_stack;    /* the sanitizers' */
};

enum { WF_RING = 256, WF_STACK_CACHE = 32, WF_G_CACHE = 128 };

/* A wheel: timer.c.  All zeroes but lock and first is an empty one. */
enum { WF_WHEEL_LEVELS = 9, WF_WHEEL_BITS = 6, WF_WHEEL_DIGITS = 1 << WF_WHEEL_BITS };
enum { WF_WHEEL_SLOTS = WF_WHEEL_LEVELS * WF_WHEEL_DIGITS };

struct wf_wheel_slot {
    struct wf_timer *first; /* of a ring; NULL: empty */
    int64_t min;            /* none in it is earlier */
};

struct wf_timers {
    struct wf_lock lock;
    _Atomic int64_t first;       /* nothing is due before; WF_FOREVER: nothing at all */
    uint32_t base;               /* of where: whose they are */
    uint32_t levels;             /* bit by bit: has a slot in use */
    uint64_t pos;                /* the tick up to which slots had their turn */
    struct wf_timer *due, *fall; /* rings: to be fired; to go down */
    uint64_t used[WF_WHEEL_LEVELS];
    struct wf_wheel_slot slots[WF_WHEEL_SLOTS];
};

/* Counters: written by the M that holds the P, read by anybody. */
struct wf_p_stats {
    _Atomic uint64_t created, ended, dispatches, steals, steal_fail, handoffs, timers;
    _Atomic int64_t alive_max; /* created less ended: more are to be counted: stats.c */
    _Atomic uint32_t runq_max, free_g, free_g_min, free_g_max;
    _Atomic int64_t busy_ns, since; /* held by an M in all; since when, 0: it is idle */
};

struct wf_p {
    /* what thieves look at */
    alignas(WF_CACHE_LINE) _Atomic uint32_t head; /* taken from: by CAS */
    _Atomic uint32_t tail;                        /* put to: by the owner */
    _Atomic(struct wf_g *) runnext; /* runs next, in the same time slice */
    _Atomic uint32_t tick;          /* goes up with each new time slice */
    uint32_t id;

    /* the owner's */
    alignas(WF_CACHE_LINE) uint32_t nfree_g;
    uint32_t nstacks;
    uint64_t next_id, end_id; /* ids for new Gs */
    uint32_t switches;        /* counts to 61, to look at the global queue */
    uint32_t rand;
    uint64_t timer_tick;             /* raw clock when timers were last looked at */
    struct wf_torder order;          /* the trace's */
    struct wf_p *idle_next;          /* guarded by sched.lock, as is serves */
    bool serves;                     /* held, idle or on its way; else it has nothing */
    struct wf_m *_Atomic m;          /* who holds it, NULL: idle */
    struct wf_g *free_g[WF_G_CACHE]; /* dead ones, hottest last */
    char *stacks[WF_STACK_CACHE];
    struct wf_p_stats stats;
    struct wf_pool_counts own[WF_NOWNPOOLS];

    alignas(WF_CACHE_LINE) struct wf_timers timers;

    /* the monitor's */
    alignas(WF_CACHE_LINE) struct wf_watch {
        uint32_t tick;  /* seen last */
        int64_t since;  /* when first seen with it */
        int64_t wanted; /* when others were first seen due meanwhile; 0: none are */
        uint64_t dispatches; /* seen last */
        int64_t cpu; /* of the M's thread, when that began to look long; -1 not yet */
        uint64_t block; /* the M's block_tick seen last */
        struct wf_m *m;
        bool asked;
    } watch;

    alignas(WF_CACHE_LINE) _Atomic(struct wf_g *) ring[WF_RING];
};

/* Who has an M's P: preempt.c. */
enum wf_pst {
    WF_PST_ATT,       /* attached: the M */
    WF_PST_REQ,       /* the M, but the monitor wants it */
    WF_PST_TAKEN,     /* the monitor took it */
    WF_PST_NONE,      /* the M gave it up itself */
    WF_PST_FORKED,    /* this is another process: abort */
    WF_PST_GONE,      /* the runtime is over: never come back */
    WF_PST_SECTION,   /* the M, in a blocking section: whoever wants the P takes it */
    WF_PST_STATE = 7, /* these; with SECTION the P's id stands above WF_PST_ID */
    WF_PST_FENCE = 8, /* added to each of these where there is no membarrier */
    WF_PST_ID = 4,
};

/* What is left to do about the G that an M came from, on the next stack. */
enum wf_after {
    WF_AFTER_NONE,
    WF_AFTER_PARK,   /* state, then after_fn(after_arg) */
    WF_AFTER_YIELD,  /* to the local queue */
    WF_AFTER_GLOBAL, /* to the global one */
    WF_AFTER_END,    /* its stack and itself to the free lists */
};

/* Where a hog was, for the monitor: sample.c. */
enum { WF_SAMPLE_PCS = 32 };
struct wf_sample {
    _Atomic uint32_t state;
    uint32_t n;
    uint64_t g, pc[WF_SAMPLE_PCS];
};

struct wf_m {
    /* written by this M alone */
    alignas(WF_CACHE_LINE) _Atomic uint32_t inrt; /* 1: in the runtime */
    uint8_t after;                                /* enum wf_after */
    bool spinning;
    bool yield_soon;        /* the monitor asked for the P and the M kept it */
    struct wf_g *_Atomic g; /* running, NULL on the M's own stack */
    struct wf_p *_Atomic p; /* with pst TAKEN: the one that it had */
    uint32_t pid;           /* p's id */
    int *err;               /* this thread's errno */
    struct wf_g *prev;      /* with after: whom we came from */
    void (*after_fn)(void *);
    void *after_arg;
    struct wf_g *picked; /* taken off a queue, but to be seen to on the own stack */
    uint8_t picked_from;
    void *dead_fiber;
    struct wf_ctx ctx; /* of its own stack, while a G runs */
    uint32_t id;       /* from 1 */
    uint32_t locks;    /* ranks held, with --enable-debug */

    alignas(WF_CACHE_LINE) _Atomic uint32_t pst; /* enum wf_pst */
    _Atomic uint64_t block_tick;                 /* odd: in a blocking section */
    _Atomic bool forgotten; /* after gone: nobody else knows of it any more */
    _Atomic bool gone;      /* its runtime is over: never come back */

    /* parking and handing on: who wakes writes next_p, then park */
    alignas(WF_CACHE_LINE) _Atomic uint32_t park; /* futex: 1 wakes */
    struct wf_p *next_p;
    bool wake_spinning;         /* next_p comes from the spinning rule */
    uint8_t pin_from;           /* with next_p: the queue that pin_g was taken off */
    struct wf_g *_Atomic pin_g; /* bound to it */

    struct wf_m *idle_next; /* guarded by sched.lock, as are all lists */
    struct wf_list all;     /* in wf_rt.ms */
    pthread_t thread;
    _Atomic int tid;
    _Atomic uint8_t doing;                  /* enum wf_word MSTATE: for who looks on */
    _Atomic bool hog;                       /* retaken as one; written by sysmon */
    int schedstat;                          /* sysmon's: open file, -1 for none */
    uint64_t cpu_run, cpu_wait, cpu_slices; /* sysmon's: at the last m_cpu */
    char *sigstack, *stack_lo, *stack_hi;   /* of its own stack */
    void *fiber, *fake_stack;
    struct wf_sample sample;

    alignas(WF_CACHE_LINE) struct wf_tbuf tbuf; /* the trace's (tbuf.h) */
};

/* The runtime, one at a time. */
struct wf_rt {
    /* read often, written hardly ever */
    alignas(
        WF_CACHE_LINE) bool need_fence; /* no membarrier; of the process, for ever */
    struct wf_p **ps;        /* from here on of one runtime: run.c clears it */
    _Atomic uint32_t nprocs; /* how many there are to be: changed with lock held */
    _Atomic uint32_t nmade;  /* how many there ever were: those of ps */
    _Atomic bool follow;     /* ... as many as there are CPUs, whatever that becomes */
    uint32_t pst_slow; /* WF_PST_FENCE: each entry is to go the slow way; else 0 */
    uint32_t fuzz;     /* seed, 0: off: fuzz.c */
    bool steal;
    _Atomic bool canary;   /* some stacks have no guard page: look at each switch */
    _Atomic bool running;  /* coroutines can be made */
    _Atomic bool stopping; /* main returned: every M is to end */
    size_t stack_size;
    int64_t preempt;
    weft_config config;

    /* the spinning rule: sched.c */
    alignas(WF_CACHE_LINE) _Atomic uint32_t nspinning;
    _Atomic bool need_spinning;
    _Atomic uint32_t nidle_p, nidle_m;
    _Atomic uint32_t spare;  /* Ps that may as well be idle: there is no CPU for them */
    _Atomic uint32_t nserve; /* Ps that serve: nprocs, and those not yet gone */
    _Atomic uint32_t nglobal; /* length of the global queue */

    /* guarded by lock */
    alignas(WF_CACHE_LINE) struct wf_lock lock; /* rank SCHED */
    struct wf_g **global;            /* the global queue: a ring of all there are Gs */
    uint32_t global_at, global_size; /* the oldest; a power of two */
    uint32_t global_max;
    struct wf_p *idle_p;
    struct wf_p *_Atomic leaving; /* nobody's, and too many: p.c, wf_p_leave */
    struct wf_m *idle_m;
    struct wf_list ms, ended;     /* all Ms; those whose thread is to be joined */
    uint32_t nm, nm_max, nm_busy; /* alive; not parked */
    uint64_t nm_created;
    uint32_t next_m, ngone; /* ids; Ms left behind in user code at the end */

    /* the netpoller's turn: sched.c */
    alignas(WF_CACHE_LINE) _Atomic bool polling; /* an M waits in it, or sleeps until */
    _Atomic int64_t poll_until;                  /* then */
    _Atomic int64_t last_poll;                   /* when somebody last looked */
    _Atomic uint32_t foreign;                    /* weft_foreign_begin */
    _Atomic uint32_t hogs;                       /* Gs that run without a P */
    _Atomic uint64_t retakes, retakes_hog, coroutines_max;
    _Atomic int64_t longest_hold; /* sysmon.c */
    int64_t started;
    _Atomic uint32_t done;    /* futex: the main coroutine returned */
    const void *main_spawned; /* who called weft_run */
    void (*main_fn)(void *);
    void *main_arg;
};
extern struct wf_rt wf_rt;

/* ---- where am I (switch.S keeps the variable, so that no compiler can) ---- */

/* The M of this thread, NULL on a plain one.  Never kept across a call that may park. */
static inline struct wf_m *wf_m(void)
{
    struct wf_m *m;
#if defined(__x86_64__)
    __asm__ volatile("movq wf_m_tls@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0"
                     : "=r"(m)
                     :
                     : "memory");
#else
    uintptr_t tp;
    __asm__ volatile("adrp %0, :gottprel:wf_m_tls\n\t"
                     "ldr %0, [%0, #:gottprel_lo12:wf_m_tls]\n\t"
                     "mrs %1, tpidr_el0\n\tldr %0, [%0, %1]"
                     : "=&r"(m), "=&r"(tp)
                     :
                     : "memory");
#endif
    return m;
}

/* The running G; NULL on a plain thread and on an M's own stack. */
static inline struct wf_g *wf_g(void)
{
    struct wf_m *m = wf_m();
    return m ? m->g : NULL;
}

/* ---- the border between user code and the runtime: preempt.c ---- */

struct wf_m *wf_enter_slow(struct wf_m *m);

/*
 * First in every public call.  From here to wf_leave nobody takes the P away.  May
 * park.  NULL on a plain thread, where both do nothing.
 */
static inline struct wf_m *wf_enter(void)
{
    struct wf_m *m = wf_m();
    if (wf_unlikely(!m))
        return NULL;
    atomic_store_explicit(&m->inrt, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (wf_unlikely(atomic_load_explicit(&m->pst, memory_order_acquire)))
        m = wf_enter_slow(m);
    return m;
}

/* For calls that need the M, for its trace, but no P; they never park.  NULL as above,
 * and when the M's runtime is over. */
static inline struct wf_m *wf_enter_emit(void)
{
    struct wf_m *m = wf_m();
    if (wf_unlikely(!m))
        return NULL;
    atomic_store_explicit(&m->inrt, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (wf_unlikely(wf_rt.need_fence))
        atomic_thread_fence(memory_order_seq_cst);
    if (wf_unlikely(atomic_load_explicit(&m->gone, memory_order_acquire))) {
        atomic_store_explicit(&m->inrt, 0, memory_order_release);
        return NULL;
    }
    return m;
}

/* Last in every public call that entered, either way. */
static inline void wf_leave(void)
{
    struct wf_m *m = wf_m();
    if (wf_likely(m != NULL))
        atomic_store_explicit(&m->inrt, 0, memory_order_release);
}

/* ---- park and ready: park.c ---- */

/* Once wf_waiter_init ran, the next wf_park of this G is what the waiter wakes it from;
 * several waiters may be for one park. */
static inline void wf_waiter_init(struct wf_waiter *w, void *elem)
{
    wf_list_init(&w->link);
    w->g = wf_m()->g;
    w->seq = atomic_load_explicit(&w->g->wake, memory_order_relaxed) >> WF_WAKE_BITS;
    w->result = 0;
    w->elem = elem;
}

bool wf_wake_claim_slow(struct wf_g *g, uint32_t seq);

/* Win the right to wake g from its wait number seq: true for one caller at most, who
 * then calls wf_ready. */
static inline bool wf_wake_claim_g(struct wf_g *g, uint32_t seq)
{
    uint32_t want = seq << WF_WAKE_BITS | WF_WAKE_WAITING;
    uint32_t won = seq << WF_WAKE_BITS | WF_WAKE_FIRED;
    if (wf_likely(atomic_compare_exchange_strong_explicit(
            &g->wake, &want, won, memory_order_acq_rel, memory_order_relaxed)))
        return true;
    return want == (seq << WF_WAKE_BITS | WF_WAKE_HELD) && wf_wake_claim_slow(g, seq);
}

static inline bool wf_wake_claim(struct wf_waiter *w)
{
    return wf_wake_claim_g(w->g, w->seq);
}

/*
 * The running G waits.  unlock(lock) runs on the next stack, once the G can be woken;
 * unlock NULL: nothing to do.  Who wakes it calls wf_ready, once.
 */
WF_MAY_PARK void wf_park(enum wf_why why, uint64_t obj, void (*unlock)(void *),
                         void *lock);
/* The same until deadline.  0: woken by a claim; -ETIMEDOUT: its waiters still stand in
 * their lists, but can no longer wake it; or what its context was cancelled with, likewise.
 * A deadline of WF_FOREVER starts no timer. */
WF_MAY_PARK int wf_park_until(enum wf_why why, uint64_t obj, int64_t deadline,
                              void (*unlock)(void *), void *lock);
/* Make a waiting G runnable that the caller has won (or is alone to wake).  On a
 * coroutine or an M's own stack it becomes next on this P; from plain threads it goes
 * to the global queue. */
void wf_ready(struct wf_g *g, uint64_t obj);
/* Give up the P, stay runnable; why is yield or slice. */
WF_MAY_PARK void wf_yield(enum wf_why why);

/* ---- timers: timer.c ---- */

/* Fire at when (again, if it was started before).  On an M that holds a P. */
void wf_timer_start(struct wf_timer *t, int64_t when);
/* True when it will not fire any more for this start.  Anywhere. */
bool wf_timer_stop(struct wf_timer *t);

/* ---- coroutines: g.c ---- */

_Noreturn __attribute__((cold)) void wf_g_bad_state(const struct wf_g *g, unsigned from,
                                                    unsigned to);
/* The only writer of g->state; dies when the table says that it cannot be. */
static inline void wf_g_become(struct wf_g *g, unsigned from, unsigned to)
{
    unsigned is = atomic_load_explicit(&g->state, memory_order_relaxed);
    if (wf_unlikely(is != from) || wf_unlikely(!wf_g_may_follow(from, to)))
        wf_g_bad_state(g, from, to);
    atomic_store_explicit(&g->state, (uint8_t)to, memory_order_release);
}

/* A new coroutine, runnable, on the local queue; 0 or -ENOMEM.  ctx is its context, NULL
 * for none. */
int wf_g_spawn_in(struct weft_ctx *ctx, const char *name, void (*fn)(void *), void *arg,
                  const void *spawned, unsigned flags, struct wf_g **out);
/* In the context of the running coroutine. */
static inline int wf_g_spawn(const char *name, void (*fn)(void *), void *arg,
                             const void *spawned, unsigned flags, struct wf_g **out)
{
    struct wf_g *self = wf_m()->g;
    bool has = wf_unlikely(self && self->flags & WF_G_CONTEXT);
    return wf_g_spawn_in(has ? self->context : NULL, name, fn, arg, spawned, flags,
                         out);
}
/* Give a dead one back, from an M that holds a P. */
void wf_g_free(struct wf_g *g);
/* All dead ones of a P that leaves, to everybody. */
void wf_g_give(struct wf_p *p);
/* Of the beginning and the end of a runtime. */
int wf_g_init(void);
void wf_g_fini(bool keep); /* the memory, for threads that still use some */
/* Visit every G ever made in this runtime, dead ones too.  From any thread. */
void wf_g_each(void (*visit)(struct wf_g *g, void *arg), void *arg);
/* The text, kept for ever; NULL: no memory.  Anywhere. */
const char *wf_name_intern(const char *name);

/* ---- contexts: ctx.c ---- */

/* What the running coroutine's context was cancelled with; 0: it was not, or has none.
 * For who loops over waits of its own. */
int wf_context_err(void);

/* ---- netpoll: netpoll.c ---- */

/*
 * Look for ready descriptors, waiting at most timeout ns (0: do not wait; WF_FOREVER).
 * Whose waits were won come in *ready, linked by g->next, still WAITING; returns how many.
 */
int wf_netpoll(int64_t timeout, struct wf_g **ready);
/* Make a wf_netpoll that waits, or the next one, return at once.  Anywhere. */
void wf_netpoll_break(void);
/* The call that waits: "epoll_pwait2" or "epoll_wait". */
const char *wf_netpoll_name(void);
/* In a child of fork: what it has is the parent's too, which would wake for both. */
void wf_netpoll_forked(void);
/* Somebody waits for a descriptor. */
bool wf_netpoll_armed(void);
/* The runtime is over: who waits for a descriptor will never be woken. */
void wf_netpoll_end(void);

#include "runtime/trace.h"

#endif /* WF_RUNTIME_RUNTIME_H */
