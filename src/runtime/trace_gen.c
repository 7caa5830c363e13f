/* SPDX-License-Identifier: MIT */
/*
 * trace_gen.c - from one generation to the next.
 *
 * The number goes up; then a barrier on all threads.  An M that we see outside of the
 * runtime after that will read the new number when it comes back (its store to inrt
 * comes before its load of the number, and the barrier cuts its instructions at one
 * point): its slot is ours.  One inside goes over with its next event, or leaves, or
 * says that it sleeps.  When all have, the old generation is whole, and every change of
 * state that it tells of has been made; whom nobody has mentioned in the new one by then
 * is stated by us.
 */
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/trace_int.h"

enum {
    STARVED_MS = 100, /* of one in which events were lost */
    RETRY_US = 200,
    STATUS_BYTES = 24,     /* about, of one G in a keyframe */
    KEYFRAME_SHARE = 20,   /* one part in this many of a generation */
    KEYFRAME_FREE = 16384, /* bytes that are never too many */
};

WF_HIDDEN int64_t wf_gen_life = WF_NS_PER_S;

static struct {
    uint32_t gen;
    bool flipping; /* from gen to gen + 1 */
    struct wf_clock_snap begin, end;
    size_t quarter;
    uint64_t bytes_before, bytes_last; /* when it began; how many the last one had */
} now;

/* The one in which the disk was full, if it ended before the trace; gen 0: none. */
static struct {
    uint32_t gen;
    struct wf_clock_snap span[2];
} unclocked;

/* ---- the turn ---- */

static void barrier(void)
{
    int cmd = MEMBARRIER_CMD_PRIVATE_EXPEDITED;
    int reg = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    if (wf_rt.need_fence)
        atomic_thread_fence(memory_order_seq_cst);
    else if (syscall(SYS_membarrier, cmd, 0, 0))
        WF_CHECK(!syscall(SYS_membarrier, reg, 0, 0) &&
                 !syscall(SYS_membarrier, cmd, 0, 0));
}

static void announce(uint32_t gen)
{
    wf_tables_begin(gen);
    atomic_store(&wf_trace_generation, gen);
    barrier();
    now.flipping = true;
}

/* Has this M left the generations before gen?  If it is outside its slot is ours. */
static bool has_left(struct wf_tbuf *b, uint32_t gen)
{
    if (atomic_load_explicit(&b->gen, memory_order_acquire) == gen)
        return true;
    if (atomic_load_explicit(&b->m->inrt, memory_order_acquire))
        return false;
    struct wf_slot_head *h = atomic_load_explicit(&b->slot, memory_order_acquire);
    /* Slots come back to the pool by this thread only: h is what it was. */
    if (h && h->block.generation != gen - wf_trace_base &&
        atomic_compare_exchange_strong(&b->slot, &h, NULL))
        wf_slot_full(h);
    return true;
}

static bool all_left(uint32_t gen)
{
    bool left = true;
    wf_lock_acquire(&wf_trace_lock);
    wf_list_each (it, &wf_trace_ms)
        left &= has_left(wf_container(it, struct wf_tbuf, all), gen);
    wf_trace_others_flip(gen);
    wf_lock_release(&wf_trace_lock);
    return left;
}

static bool put_clock(void)
{
    struct wf_clock_snap span[] = { now.begin, now.end };
    return wf_writer_put(WF_BLOCK_CLOCK, wf_gen_number(), span, sizeof span);
}

void wf_gen_put_clocks(void)
{
    if (unclocked.gen)
        wf_writer_put(WF_BLOCK_CLOCK, unclocked.gen, unclocked.span,
                      sizeof unclocked.span);
    put_clock();
}

/* ---- keyframes ---- */

/* All of it has the generation's first moment: it comes before every event there. */
static void open_keyframe(struct wf_tbuf *b)
{
    struct wf_slot_head *h = b->head;
    h->block = (struct wf_block_head){ .type = WF_BLOCK_KEYFRAME,
                                       .stream = b->stream,
                                       .stream_seq = b->stream_seq,
                                       .generation = now.gen - wf_trace_base,
                                       .first_ts = now.begin.tick,
                                       .last_ts = now.begin.tick };
    atomic_store(&h->committed, 0);
    b->nevents = 0;
    b->now = b->last = now.begin.tick;
    b->at = (unsigned char *)(h + 1);
    b->limit = (unsigned char *)h + WF_SLOT_SIZE - WF_SLOT_SPARE;
}

static void put_keyframe(struct wf_tbuf *b)
{
    struct wf_slot_head *h = b->head;
    h->block.nevents = b->nevents;
    if (b->nevents) {
        wf_writer_block(&h->block, atomic_load(&h->committed));
        b->stream_seq++; /* only of what is written: a hole would be a lost block */
    }
    open_keyframe(b);
}

static void make_room(struct wf_tbuf *b)
{
    if (b->at >= b->limit)
        put_keyframe(b);
}

/* Who holds a P cannot end meanwhile: that takes the lock. */
static void state_ps(struct wf_tbuf *b)
{
    if (wf_rt.nprocs)
        WF_EMIT(b, p_count, .n = wf_rt.nprocs);
    wf_lock_acquire(&wf_trace_lock);
    for (uint32_t i = 0; i < wf_rt.nmade; i++) {
        struct wf_p *p = wf_rt.ps[i];
        struct wf_m *m = atomic_load_explicit(&p->m, memory_order_acquire);
        make_room(b);
        wf_trace_p_state(b, p, m ? WF_PSTATE_running : WF_PSTATE_idle, m);
    }
    wf_lock_release(&wf_trace_lock);
}

/* Those that came over by themselves have told. */
static void state_ms(struct wf_tbuf *b)
{
    wf_lock_acquire(&wf_trace_lock);
    wf_list_each (it, &wf_trace_ms) {
        make_room(b);
        wf_trace_m_state(b, wf_container(it, struct wf_tbuf, all)->m);
    }
    wf_lock_release(&wf_trace_lock);
}

/* Those that run are their M's to tell. */
static bool to_state(unsigned state)
{
    return state == WF_G_RUNNABLE || state == WF_G_WAITING;
}

static void count_g(struct wf_g *g, void *arg)
{
    uint64_t *n = arg;
    *n += to_state(atomic_load_explicit(&g->state, memory_order_relaxed));
}

static void state_g(struct wf_g *g, void *arg)
{
    struct wf_tbuf *b = arg;
    unsigned state = atomic_load_explicit(&g->state, memory_order_acquire);
    if (!to_state(state))
        return;
    make_room(b);
    wf_trace_g_state(b, g, state, NULL);
}

static void keyframe(void)
{
    static struct wf_tbuf b = { .stream = WF_STREAM_KEYFRAME };
    uint64_t live = 0;

    b.head = aligned_alloc(WF_CACHE_LINE, WF_SLOT_SIZE);
    if (!b.head)
        return; /* it only helps who begins to read here */
    atomic_store(&b.gen, now.gen);
    if (now.gen == wf_trace_base + 1)
        b.stream_seq = 0;
    open_keyframe(&b);
    state_ps(&b);
    state_ms(&b);
    wf_g_each(count_g, &live);
    live *= STATUS_BYTES;
    if (now.gen == wf_trace_base + 1 || live <= KEYFRAME_FREE ||
        live <= now.bytes_last / KEYFRAME_SHARE)
        wf_g_each(state_g, &b);
    put_keyframe(&b);
    free(b.head);
}

/* ---- what the writer thread calls ---- */

uint32_t wf_gen_number(void)
{
    return now.gen - wf_trace_base;
}

struct wf_clock_snap wf_gen_end(void)
{
    return now.end;
}

void wf_gen_first(struct wf_clock_snap begin, size_t buffer)
{
    now.gen = wf_trace_base = atomic_load(&wf_trace_generation);
    now.end = begin;
    now.quarter = buffer / 4;
    unclocked.gen = 0;
    now.bytes_before = wf_writer_bytes();
    announce(now.gen + 1);
    wf_pool_trace_begin();
    atomic_store(&wf_trace_closing, false);
    atomic_store_explicit(&wf_trace_flag, 1, memory_order_release);
}

static int64_t age(void)
{
    return wf_clock_now() - now.begin.mono;
}

static bool due(void)
{
    return age() >= wf_gen_life ||
           wf_writer_bytes() - now.bytes_before >= now.quarter ||
           (age() >= STARVED_MS * WF_NS_PER_MS && wf_slots_starved());
}

/* The old generation is whole. */
static void complete(void)
{
    bool first = now.gen == wf_trace_base;
    wf_writer_drain();
    if (!first) {
        wf_tables_end(now.gen);
        wf_writer_drain();
        if (!put_clock() && !unclocked.gen) {
            unclocked.gen = wf_gen_number();
            unclocked.span[0] = now.begin;
            unclocked.span[1] = now.end;
        }
    }
    now.flipping = false;
    now.gen++;
    now.begin = now.end;
    now.bytes_last = wf_writer_bytes() - now.bytes_before;
    now.bytes_before = wf_writer_bytes();
    wf_modules_write();
    keyframe();
}

void wf_gen_turn(void)
{
    if (!now.flipping && due()) {
        wf_pool_trace();
        now.end = wf_tclock_snap();
        announce(now.gen + 1);
    }
    if (now.flipping && all_left(now.gen + 1))
        complete();
}

int64_t wf_gen_wait(void)
{
    if (now.flipping)
        return RETRY_US * WF_NS_PER_US;
    int64_t left = wf_gen_life - age();
    int64_t starved = STARVED_MS * WF_NS_PER_MS;
    return left < starved ? left : starved;
}

static bool wait_all_left(int64_t wait_ms)
{
    int64_t until = wf_clock_now() + wait_ms * WF_NS_PER_MS;
    while (!all_left(now.gen + 1)) {
        wf_writer_drain();
        if (wait_ms >= 0 && wf_clock_now() > until)
            return false;
        usleep(RETRY_US);
    }
    return true;
}

bool wf_gen_close(int64_t wait_ms)
{
    if (now.flipping && !wait_all_left(wait_ms))
        return false;
    if (now.flipping)
        complete();
    if (wait_ms < 0) /* who crashed may hold what this needs */
        wf_pool_trace_end();
    now.end = wf_tclock_snap();
    atomic_store(&wf_trace_closing, true);
    announce(now.gen + 1);
    if (!wait_all_left(wait_ms))
        return false;
    atomic_store_explicit(&wf_trace_flag, 0, memory_order_relaxed);
    wf_writer_drain();
    wf_tables_end(now.gen);
    wf_writer_drain();
    return true;
}
