/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the writing side: room for events, and what a generation must know first.
 *
 * A G or P carries the number of the generation that knows it.  Who is about to write an
 * event that changes it, and finds another number, claims it by compare-and-swap and
 * states what it is.  The flipper claims those that nothing happens to; it reads the
 * state before it claims, we claim before we change the state: whoever wins, what was
 * stated is what held.
 */
#include "runtime/trace_int.h"

#include <stdlib.h>
#include <string.h>

WF_HIDDEN _Atomic uint8_t wf_trace_flag;
WF_HIDDEN _Atomic uint32_t wf_trace_generation;
WF_HIDDEN uint8_t wf_trace_stacks;
WF_HIDDEN struct wf_list wf_trace_ms = WF_LIST_INIT(wf_trace_ms);
WF_HIDDEN struct wf_lock wf_trace_lock = WF_LOCK_INIT(TRACE);
WF_HIDDEN _Atomic bool wf_trace_closing;
WF_HIDDEN uint32_t wf_trace_base;
WF_HIDDEN uint64_t wf_trace_since;
WF_HIDDEN _Atomic uint64_t wf_trace_lost;

/* Guarded by wf_trace_lock: sysmon's and the plain threads'. */
static struct wf_tbuf others[] = {
    { .stream = WF_STREAM_SYSMON, .shared = true },
    { .stream = WF_STREAM_PLAIN, .shared = true },
};
enum { NOTHERS = sizeof others / sizeof *others };

/* ---- what a generation must know first ---- */

/* The P of an M, which the monitor may be about to take: then it tells so after us. */
static struct wf_p *held_p(const struct wf_m *m)
{
    uint32_t pst = atomic_load_explicit(&m->pst, memory_order_acquire) & WF_PST_STATE;
    bool held = pst == WF_PST_ATT || pst == WF_PST_REQ || pst == WF_PST_SECTION;
    return held ? m->p : NULL;
}

static uint64_t queue_len(const struct wf_p *p)
{
    uint32_t tail = atomic_load_explicit(&p->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    bool next = atomic_load_explicit(&p->runnext, memory_order_relaxed);
    return (tail - head <= WF_RING ? tail - head : 0) + next;
}

/* Does b's generation know it, and is that whole? */
static bool known(const struct wf_tbuf *b, const struct wf_torder *o)
{
    uint64_t word = atomic_load_explicit(&o->word, memory_order_acquire);
    return word >> 32 == atomic_load_explicit(&b->gen, memory_order_relaxed);
}

/*
 * Something about it was not told: the next event about it is preceded by what holds
 * then.  It counts as known, or the flipper might state what we are about to change.
 */
static void spoil(struct wf_torder *o, uint64_t gen)
{
    uint64_t word = atomic_load_explicit(&o->word, memory_order_relaxed), to;
    do {
        bool had = (word & ~WF_TORDER_LOST) >> 32 == gen;
        to = (had ? word : gen << 32 | UINT32_MAX) | WF_TORDER_LOST;
    } while (!atomic_compare_exchange_weak_explicit(
        &o->word, &word, to, memory_order_acq_rel, memory_order_relaxed));
}

/* True: it is on b to state it now, with this number.  What is to be stated was read
 * before. */
static bool claim(struct wf_tbuf *b, struct wf_torder *o, uint64_t *seq)
{
    uint64_t gen = atomic_load_explicit(&b->gen, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&o->word, memory_order_acquire);
    bool had = (word & ~WF_TORDER_LOST) >> 32 == gen;
    if (word >> 32 == gen || (had && b->stream == WF_STREAM_KEYFRAME))
        return false;
    *seq = had ? (uint32_t)word + 1 : 0;
    return atomic_compare_exchange_strong_explicit(
        &o->word, &word, gen << 32 | *seq, memory_order_acq_rel, memory_order_relaxed);
}

/* Its P was taken while it slept in the kernel: in memory it runs, for the trace it is
 * in a call. */
static unsigned traced_state(unsigned state, const struct wf_m *m)
{
    if (state != WF_G_RUNNING || !m || m->hog)
        return state;
    uint32_t pst = atomic_load_explicit(&m->pst, memory_order_relaxed);
    return (pst & WF_PST_STATE) == WF_PST_TAKEN ? WF_G_SYSCALL : state;
}

struct named {
    const char *fn, *name;
    const void *spawned;
};

/* The flipper may read while the G ends and is used again: then it does not win the
 * claim, and what it read is thrown away.  No data race that matters. */
__attribute__((no_sanitize("thread"))) static struct wf_ev_g_status look_at_g(
    const struct wf_g *g, unsigned state, const struct wf_m *m, struct named *names)
{
    bool waits = state == WF_G_WAITING;
    names->fn = (const char *)g->fn;
    names->spawned = g->spawned;
    names->name = g->name;
    return (struct wf_ev_g_status){
        .g = g->id,
        .state = traced_state(state, m),
        .m = m ? m->id : 0,
        .reason = waits ? atomic_load_explicit(&g->why, memory_order_relaxed) : 0,
        .obj = waits ? atomic_load_explicit(&g->obj, memory_order_relaxed) : 0,
        .flags = g->flags & (WF_G_SYSTEM | WF_G_PINNED),
    };
}

void wf_trace_g_state(struct wf_tbuf *b, struct wf_g *g, unsigned state,
                      const struct wf_m *m)
{
    struct named names;
    if (known(b, &g->order))
        return;
    struct wf_ev_g_status e = look_at_g(g, state, m, &names);
    e.entry = wf_trace_pc(b, names.fn + 1);
    e.stack = wf_trace_pc(b, names.spawned);
    e.name = wf_trace_str(b, names.name);
    if (claim(b, &g->order, &e.gseq))
        WF_EMIT_AS(b, g_status, e);
}

void wf_trace_p_state(struct wf_tbuf *b, struct wf_p *p, unsigned state,
                      const struct wf_m *m)
{
    struct wf_ev_p_status e = {
        .p = p->id, .state = state, .m = m ? m->id : 0, .len = queue_len(p)
    };
    if (claim(b, &p->order, &e.pseq))
        WF_EMIT_AS(b, p_status, e);
}

/* As with a G: the flipper looks whether it may use what it read. */
__attribute__((no_sanitize("thread"))) static uint64_t id_of(const struct wf_g *g)
{
    return g ? g->id : 0;
}

static void put_m(struct wf_tbuf *b, const struct wf_m *m)
{
    struct wf_p *p = held_p(m);
    WF_EMIT(b, m_status, .m = m->id,
            .tid = (uint64_t)atomic_load_explicit(&m->tid, memory_order_relaxed),
            .state = atomic_load_explicit(&m->doing, memory_order_relaxed),
            .p = p ? p->id + 1 : 0, .g = id_of(m->g));
}

void wf_trace_m_state(struct wf_tbuf *b, const struct wf_m *m)
{
    uint32_t gen = atomic_load_explicit(&b->gen, memory_order_relaxed);
    if (atomic_load_explicit(&m->inrt, memory_order_acquire))
        return;
    struct wf_g *g = m->g;
    unsigned state = g ? atomic_load_explicit(&g->state, memory_order_relaxed) : 0;
    if (g && (state == WF_G_RUNNING || state == WF_G_SYSCALL))
        wf_trace_g_state(b, g, state, m);
    /* It has not gone over: as it was seen, it was all the time. */
    if (atomic_load_explicit(&m->tbuf.gen, memory_order_acquire) != gen)
        put_m(b, m);
}

static void state_own(struct wf_tbuf *b)
{
    struct wf_m *m = b->m;
    struct wf_p *p = m ? held_p(m) : NULL;
    if (!m)
        return;
    put_m(b, m);
    if (p)
        wf_trace_p_state(b, p, WF_PSTATE_running, m);
    if (m->g)
        wf_trace_g_state(b, m->g,
                         atomic_load_explicit(&m->g->state, memory_order_relaxed), m);
}

/* ---- slots ---- */

static void hand_on(struct wf_tbuf *b)
{
    struct wf_slot_head *h = b->head;
    b->at = b->limit = NULL;
    b->head = NULL;
    /* The flipper may have taken it: the exchange says whose it is. */
    if (h && atomic_exchange_explicit(&b->slot, NULL, memory_order_acq_rel))
        wf_slot_full(h);
}

static bool open_slot(struct wf_tbuf *b, uint32_t gen)
{
    struct wf_block_head block = { .type = WF_BLOCK_EVENTS,
                                   .stream = b->stream,
                                   .stream_seq = b->stream_seq,
                                   .generation = gen - wf_trace_base,
                                   .lost_before = b->lost,
                                   .first_ts = b->now };
    struct wf_slot_head *h = wf_slot_get(&block);
    if (!h)
        return false;
    b->stream_seq++;
    b->head = h;
    b->nevents = 0;
    b->waited = b->queue_max = 0;
    h->does = b->does;
    b->last = b->now;
    b->at = (unsigned char *)(h + 1);
    b->limit = (unsigned char *)h + WF_SLOT_SIZE - WF_SLOT_SPARE;
    atomic_store_explicit(&b->slot, h, memory_order_release);
    return true;
}

/* What is told about this M's P and G is not whole: who comes next states them anew. */
static void lose(struct wf_tbuf *b)
{
    uint32_t gen = atomic_load_explicit(&b->gen, memory_order_relaxed);
    struct wf_m *m = b->m;
    if (!b->lost++)
        b->lost_from = b->now;
    atomic_fetch_add_explicit(&wf_trace_lost, 1, memory_order_relaxed);
    if (m && m->g)
        spoil(&m->g->order, gen);
    if (m && m->p)
        spoil(&m->p->order, gen);
}

/* There is no room, or a new generation: see to both.  False: the event is lost. */
static bool make_room(struct wf_tbuf *b, uint32_t gen)
{
    bool fresh = gen != atomic_load_explicit(&b->gen, memory_order_relaxed);
    uint32_t lost = b->lost;
    uint64_t now = wf_now_units();

    b->now = now > b->last ? now : b->last;
    hand_on(b);
    if (fresh)
        atomic_store_explicit(&b->gen, gen, memory_order_release);
    if (atomic_load_explicit(&wf_trace_closing, memory_order_acquire))
        return false;
    if (!open_slot(b, gen)) {
        lose(b);
        return false;
    }
    b->lost = 0;
    if (lost)
        WF_EMIT(b, lost, .n = lost, .span = b->now - b->lost_from);
    if (lost || fresh)
        state_own(b);
    return true;
}

bool wf_trace_room(struct wf_tbuf *b)
{
    return make_room(b,
                     atomic_load_explicit(&wf_trace_generation, memory_order_acquire));
}

/* ---- writers that are no M ---- */

struct wf_tbuf *wf_trace_begin_other(uint32_t stream)
{
    struct wf_tbuf *b = stream == WF_STREAM_SYSMON ? &others[0] : &others[1];

    wf_lock_acquire(&wf_trace_lock);
    uint32_t gen = atomic_load_explicit(&wf_trace_generation, memory_order_acquire);
    if (b->at >= b->limit || gen != atomic_load_explicit(&b->gen, memory_order_relaxed))
        if (!wf_trace_on || !make_room(b, gen)) {
            wf_lock_release(&wf_trace_lock);
            return NULL;
        }
    uint64_t now = wf_now_units();
    b->now = now > b->last ? now : b->last;
    return b;
}

void wf_trace_end_other(struct wf_tbuf *b)
{
    (void)b;
    wf_lock_release(&wf_trace_lock);
}

void wf_trace_others_flip(uint32_t gen)
{
    for (int i = 0; i < NOTHERS; i++) {
        struct wf_tbuf *b = &others[i];
        if (atomic_load_explicit(&b->gen, memory_order_relaxed) == gen)
            continue;
        hand_on(b);
    }
}

/* ---- the order of events ---- */

/* An event about it was dropped. */
static uint64_t lost(struct wf_torder *o)
{
    struct wf_m *m = wf_m();
    const _Atomic uint32_t *gen = m ? &m->tbuf.gen : &wf_trace_generation;
    spoil(o, atomic_load_explicit(gen, memory_order_relaxed));
    return 0;
}

uint64_t wf_trace_g_slow(struct wf_tbuf *b, struct wf_g *g, unsigned state)
{
    if (!b)
        return lost(&g->order);
    wf_trace_g_state(b, g, state, NULL);
    return wf_torder_next(b, &g->order);
}

uint64_t wf_trace_p_slow(struct wf_tbuf *b, struct wf_p *p, unsigned state,
                         const struct wf_m *m)
{
    if (!b)
        return lost(&p->order);
    wf_trace_p_state(b, p, state, m);
    return wf_torder_next(b, &p->order);
}

void wf_trace_created(struct wf_tbuf *b, struct wf_g *g)
{
    uint64_t gen = b ? atomic_load_explicit(&b->gen, memory_order_relaxed) : 0;
    atomic_store_explicit(&g->order.word, gen << 32, memory_order_release);
    wf_trace_waits(b, g);
}

/* ---- words ---- */

uint64_t wf_trace_str(struct wf_tbuf *b, const char *text)
{
    if (!b || !text)
        return 0;
    return wf_tables_str(atomic_load_explicit(&b->gen, memory_order_relaxed), text,
                         strnlen(text, WF_STRING_MAX));
}

enum { STACK_DEPTH = 32 };

/* The id of a stack, from this writer's cache if it was there lately. */
static uint64_t stack_id(struct wf_tbuf *b, uint64_t hash, const uint64_t *pc,
                         uint32_t n)
{
    uint32_t gen = atomic_load_explicit(&b->gen, memory_order_relaxed);
    struct wf_tcache *c = b->cache ? &b->cache[hash % WF_TCACHE] : NULL;
    if (c && c->hash == hash && c->gen == gen)
        return c->id;
    uint32_t id = wf_tables_stack(gen, hash, pc, n);
    if (c && id)
        *c = (struct wf_tcache){ hash, gen, id };
    return id;
}

uint64_t wf_trace_stack(struct wf_tbuf *b, const void *frame, const void *from)
{
    struct wf_m *m = b ? b->m : NULL;
    if (!m)
        return 0;
    const char *lo = m->g ? m->g->stack_lo : m->stack_lo;
    const char *hi = m->g ? m->g->stack_hi : m->stack_hi;
    uint64_t pc[STACK_DEPTH], hash;
    uint32_t n = wf_unwind(frame, lo, hi, from, pc, STACK_DEPTH, &hash);
    return n ? stack_id(b, hash, pc, n) : 0;
}

uint64_t wf_trace_pcs(struct wf_tbuf *b, const uint64_t *pc, uint32_t n)
{
    return b && n ? stack_id(b, wf_unwind_hash(pc, n), pc, n) : 0;
}

uint64_t wf_trace_pc(struct wf_tbuf *b, const void *address)
{
    uint64_t pc = (uintptr_t)address;
    return b && pc ? stack_id(b, wf_unwind_hash(&pc, 1), &pc, 1) : 0;
}

/* ---- Ms ---- */

void wf_trace_m_start(struct wf_m *m)
{
    struct wf_tbuf *b = &m->tbuf;
    *b = (struct wf_tbuf){ .stream = m->id, .m = m };
    b->cache = calloc(WF_TCACHE, sizeof *b->cache); /* without it: slower */
    wf_lock_acquire(&wf_trace_lock);
    wf_list_push_back(&wf_trace_ms, &b->all);
    wf_lock_release(&wf_trace_lock);
}

void wf_trace_m_end(struct wf_m *m)
{
    struct wf_tbuf *b = &m->tbuf;
    /* The slot first: once off the list, no generation waits for it. */
    wf_lock_acquire(&wf_trace_lock);
    hand_on(b);
    wf_list_remove(&b->all);
    wf_lock_release(&wf_trace_lock);
    free(b->cache);
    b->cache = NULL;
}
