/* SPDX-License-Identifier: MIT */
/*
 * trace.h - how the runtime tells the trace what happens.
 *
 *     WF_TRACE(m_spin, .on = 1);                      one event, inside the runtime
 *
 *     struct wf_tbuf *b = wf_trace_begin();           several that belong together,
 *     uint64_t seq = wf_trace_g(b, g, WF_G_WAITING);  here: what g is now, if the
 *     WF_EMIT(b, g_ready, .g = g->id, .gseq = seq);   generation does not know yet,
 *     wf_trace_end(b);                                then what happens to it
 *
 * Both read the clock once.  Both only if (wf_trace_on).  begin gives NULL when there is
 * no room: then the rest does nothing but note that the event was lost.
 *
 * The rule that makes generations right: tell, then change.  First obtain the G or P,
 * then begin ... end, then the change of state (m->g and m->p, too), then show it to
 * others; no other event between.  wf_trace_begin is where an M goes over to a new
 * generation, and it states the P and the G that the M has then.  A writer that is no M
 * changes the state before wf_trace_end, which drops the lock.
 *
 * An M inside the runtime that is about to sleep in the kernel says wf_trace_quiet, and
 * wf_trace_awake before anything else: a generation does not wait for who sleeps.
 */
#ifndef WF_RUNTIME_TRACE_H
#define WF_RUNTIME_TRACE_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "format/block.h"
#include "format/event.h"
#include "runtime/tbuf.h"

#define WF_HIDDEN __attribute__((visibility("hidden")))

extern WF_HIDDEN _Atomic uint8_t wf_trace_flag;
/* Is anybody recording?  The one branch that a site costs otherwise. */
#define wf_trace_on                                                                    \
    wf_unlikely(atomic_load_explicit(&wf_trace_flag, memory_order_relaxed))

/* The writers that are no M. */
enum {
    WF_STREAM_KEYFRAME = WF_STREAM_OTHER + 1,
    WF_STREAM_PLAIN = WF_STREAM_OTHER + 2
};

/* ---- the clock: clock.c ---- */

struct wf_tclock {
    uint8_t kind;  /* enum wf_clock_kind */
    uint8_t shift; /* one unit is 1 << shift ticks */
    uint64_t units_per_s;
    uint64_t us_per_unit; /* times 2^64 */
};
extern WF_HIDDEN struct wf_tclock wf_tclock;

static inline uint64_t wf_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#endif
}

/* Now, in units of the trace's clock. */
static inline uint64_t wf_now_units(void)
{
    uint64_t ticks = wf_likely(wf_tclock.kind != WF_CLOCK_MONO)
                         ? wf_ticks()
                         : (uint64_t)wf_clock_now();
    return ticks >> wf_tclock.shift;
}

/* ---- what a batch holds, for its head: trace_digest.c ---- */

void wf_digest_turn(struct wf_tbuf *b, unsigned to);
void wf_digest_waited(struct wf_tbuf *b, const struct wf_g *g);

static inline void wf_digest_queue(struct wf_tbuf *b, uint64_t queue, uint64_t len)
{
    if (queue != WF_FROM_global && wf_unlikely(len > b->queue_max))
        b->queue_max = b->head->block.digest.queue_max = (uint32_t)len;
}

static inline void wf_digest_does(struct wf_tbuf *b, uint64_t to)
{
    if (wf_unlikely(b->does != to))
        wf_digest_turn(b, (unsigned)to);
}

/* id is known to the compiler: of this one case or nothing is left. */
static inline __attribute__((always_inline)) void wf_digest_note(struct wf_tbuf *b,
                                                                 enum wf_event_id id,
                                                                 const uint64_t *e)
{
#define FIELD(event, field) (e[offsetof(struct wf_ev_##event, field) / sizeof *e])
#define QUEUE(event, queue) wf_digest_queue(b, FIELD(event, queue), FIELD(event, len))
    switch (id) {
    case WF_EV_g_create:
        QUEUE(g_create, to);
        break;
    case WF_EV_g_ready:
        QUEUE(g_ready, to);
        break;
    case WF_EV_g_start:
        QUEUE(g_start, from);
        wf_digest_does(b, WF_MSTATE_running);
        break;
    case WF_EV_g_switch:
        QUEUE(g_switch, from);
        wf_digest_does(b, WF_MSTATE_running);
        break;
    case WF_EV_g_yield:
        QUEUE(g_yield, to);
        wf_digest_does(b, WF_MSTATE_idle);
        break;
    case WF_EV_g_park:
    case WF_EV_g_end:
    case WF_EV_m_park:
    case WF_EV_poll_wake:
        wf_digest_does(b, WF_MSTATE_idle);
        break;
    case WF_EV_block_begin:
    case WF_EV_poll_wait:
        wf_digest_does(b, WF_MSTATE_blocked);
        break;
    case WF_EV_block_end:
        wf_digest_does(b, WF_MSTATE_running);
        break;
    case WF_EV_m_spin:
        wf_digest_does(b, FIELD(m_spin, on) ? WF_MSTATE_spinning : WF_MSTATE_idle);
        break;
    case WF_EV_m_status:
        wf_digest_does(b, FIELD(m_status, state));
        break;
    default:
        break;
    }
#undef QUEUE
#undef FIELD
}

/* From the event under way on g is runnable ... */
static inline void wf_trace_waits(struct wf_tbuf *b, struct wf_g *g)
{
    g->runnable = b ? b->now : 0;
}
/* ... until this one. */
static inline void wf_trace_waited(struct wf_tbuf *b, const struct wf_g *g)
{
    if (wf_likely(b != NULL) && wf_unlikely(b->now - g->runnable > b->waited))
        wf_digest_waited(b, g);
}

/* ---- one event, or several ---- */

extern WF_HIDDEN _Atomic uint32_t wf_trace_generation;

bool wf_trace_room(struct wf_tbuf *b);

/* The same for a writer that is no M: takes the lock of such until wf_trace_end. */
struct wf_tbuf *wf_trace_begin_other(uint32_t stream);
void wf_trace_end_other(struct wf_tbuf *b);

/* On an M inside the runtime, or on a plain thread. */
static inline struct wf_tbuf *wf_trace_begin(void)
{
    struct wf_m *m = wf_m();
    if (wf_unlikely(!m))
        return wf_trace_begin_other(WF_STREAM_PLAIN);
    struct wf_tbuf *b = &m->tbuf;
    uint32_t gen = atomic_load_explicit(&wf_trace_generation, memory_order_acquire);
    if (wf_unlikely(b->at >= b->limit) ||
        wf_unlikely(gen != atomic_load_explicit(&b->gen, memory_order_relaxed)))
        if (!wf_trace_room(b))
            return NULL;
    uint64_t now = wf_now_units();
    b->now = wf_likely(now > b->last) ? now : b->last;
    return b;
}

static inline void wf_trace_end(struct wf_tbuf *b)
{
    if (wf_unlikely(b && b->shared))
        wf_trace_end_other(b);
}

static inline uint64_t wf_trace_dt(struct wf_tbuf *b)
{
    uint64_t dt = b->now - b->last;
    b->last = b->now;
    return dt;
}

/* What was put up to at is whole: a reader of the file may have it, whatever happens to
 * us next. */
static inline void wf_trace_commit(struct wf_tbuf *b, unsigned char *at)
{
    struct wf_slot_head *h = b->head;
    b->at = at;
    atomic_store_explicit(&h->nevents, ++b->nevents, memory_order_relaxed);
    atomic_store_explicit(&h->last_ts, b->last, memory_order_relaxed);
    atomic_store_explicit(&h->committed, (uint32_t)(at - (unsigned char *)(h + 1)),
                          memory_order_release);
}

/* An event filled in by hand. */
#define WF_EMIT_AS(b, event, e)                                                        \
    do {                                                                               \
        (e).dt = wf_trace_dt(b);                                                       \
        wf_digest_note(b, WF_EV_##event, &(e).dt);                                     \
        wf_trace_commit(b, wf_put_##event((b)->at, e));                                \
    } while (0)

#define WF_EMIT(b, event, ...)                                                         \
    do {                                                                               \
        struct wf_tbuf *b_ = (b);                                                      \
        if (wf_likely(b_ != NULL)) {                                                   \
            struct wf_ev_##event e_ = { .dt = 0, __VA_ARGS__ };                        \
            WF_EMIT_AS(b_, event, e_);                                                 \
        }                                                                              \
    } while (0)

#define WF_TRACE(event, ...)                                                           \
    do {                                                                               \
        if (wf_trace_on) {                                                             \
            struct wf_tbuf *t_ = wf_trace_begin();                                     \
            WF_EMIT(t_, event, __VA_ARGS__);                                           \
            wf_trace_end(t_);                                                          \
        }                                                                              \
    } while (0)

/* From sysmon (WF_STREAM_SYSMON) and other threads of the runtime's own. */
#define WF_TRACE_OTHER(stream, event, ...)                                             \
    do {                                                                               \
        if (wf_trace_on) {                                                             \
            struct wf_tbuf *t_ = wf_trace_begin_other(stream);                         \
            WF_EMIT(t_, event, __VA_ARGS__);                                           \
            wf_trace_end(t_);                                                          \
        }                                                                              \
    } while (0)

/* ---- what an event mentions ---- */

uint64_t wf_trace_g_slow(struct wf_tbuf *b, struct wf_g *g, unsigned state);
uint64_t wf_trace_p_slow(struct wf_tbuf *b, struct wf_p *p, unsigned state,
                         const struct wf_m *m);

/* The next number of this G or P, 0 if it must be stated first. */
static inline uint64_t wf_torder_next(const struct wf_tbuf *b, struct wf_torder *o)
{
    uint64_t word = atomic_load_explicit(&o->word, memory_order_relaxed);
    if (wf_unlikely(!b) ||
        wf_unlikely(word >> 32 != atomic_load_explicit(&b->gen, memory_order_relaxed)))
        return 0;
    atomic_store_explicit(&o->word, word + 1, memory_order_relaxed);
    return (uint32_t)(word + 1);
}

/*
 * The order number of an event that changes g: g_ready, g_start, g_switch.  state is
 * what g is until then.  Whoever writes the event alone may change g now.
 */
static inline uint64_t wf_trace_g(struct wf_tbuf *b, struct wf_g *g, unsigned state)
{
    uint64_t seq = wf_torder_next(b, &g->order);
    return wf_likely(seq) ? seq : wf_trace_g_slow(b, g, state);
}
/* The same of p_start (PSTATE idle, m NULL) and p_retake (running, m). */
static inline uint64_t wf_trace_p(struct wf_tbuf *b, struct wf_p *p, unsigned state,
                                  const struct wf_m *m)
{
    uint64_t seq = wf_torder_next(b, &p->order);
    return wf_likely(seq) ? seq : wf_trace_p_slow(b, p, state, m);
}
/* With g_create, which is number 0. */
void wf_trace_created(struct wf_tbuf *b, struct wf_g *g);

/* An object's obj_new is due: true for one caller in each generation. */
static inline bool wf_trace_obj(const struct wf_tbuf *b, _Atomic uint32_t *tgen)
{
    if (wf_unlikely(!b))
        return false;
    uint32_t gen = atomic_load_explicit(&b->gen, memory_order_relaxed);
    uint32_t seen = atomic_load_explicit(tgen, memory_order_relaxed);
    return wf_unlikely(seen != gen) &&
           atomic_compare_exchange_strong_explicit(
               tgen, &seen, gen, memory_order_relaxed, memory_order_relaxed);
}

/* The id of a text (cut to WF_STRING_MAX bytes) in b's generation, 0 for NULL. */
uint64_t wf_trace_str(struct wf_tbuf *b, const char *text);

enum { WF_STACK_BLOCK = 1, WF_STACK_CREATE = 2 };
extern WF_HIDDEN uint8_t wf_trace_stacks; /* kinds that are asked for */
uint64_t wf_trace_stack(struct wf_tbuf *b, const void *frame, const void *from);
/* The id of one address as a stack. */
uint64_t wf_trace_pc(struct wf_tbuf *b, const void *pc);
/* The id of a stack that was walked elsewhere. */
uint64_t wf_trace_pcs(struct wf_tbuf *b, const uint64_t *pc, uint32_t n);

/* The id of the stack that we are on, from the caller on; 0 when nobody asks for this
 * kind.  Only as a field of an event of b. */
#define WF_STACK_HERE(b, kind) WF_STACK_FROM(b, kind, NULL)
/* The same from the frame on that returns to this address: __builtin_return_address(0)
 * of the public function. */
#define WF_STACK_FROM(b, kind, address)                                                \
    ((wf_trace_stacks & (kind))                                                        \
         ? wf_trace_stack(b, __builtin_frame_address(0), address)                      \
         : 0)

/* ---- life ---- */

/* Begin to record into config->trace.  0, or -errno after one line on stderr. */
int wf_trace_init(const struct weft_config *config);
/* End, and close the file.  No M may be waited for: from a plain thread or user code. */
int wf_trace_stop(void); /* -ENOENT: none is recorded */
/* An M begins (on its thread, before its first event) and ends (after its last). */
void wf_trace_m_start(struct wf_m *m);
void wf_trace_m_end(struct wf_m *m);
/* The program is about to abort, on this thread: end the file if that can be done soon.
 * If not it is left as it would be by a kill. */
void wf_trace_crash(void);

/* In a child process, which has neither the slots nor the writer: nobody records. */
void wf_trace_forked(void);

/* This M is inside the runtime and about to sleep; and is back. */
static inline void wf_trace_quiet(struct wf_m *m)
{
    atomic_store_explicit(&m->inrt, 0, memory_order_release);
}
static inline void wf_trace_awake(struct wf_m *m)
{
    atomic_store_explicit(&m->inrt, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (wf_unlikely(wf_rt.need_fence))
        atomic_thread_fence(memory_order_seq_cst);
}

#endif /* WF_RUNTIME_TRACE_H */
