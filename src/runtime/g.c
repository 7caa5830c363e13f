/* SPDX-License-Identifier: MIT */
/*
 * g.c - coroutines as things: made, named, found, used again.
 * Their memory comes in slabs and stays coroutines' until the runtime ends, so that
 * who looks on may look at a dead one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ctx.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"

enum { SLAB = 64, IDS = 64, AHEAD = 4 };

struct slab {
    alignas(WF_CACHE_LINE) struct slab *next;
    struct wf_g gs[SLAB];
};

static struct {
    struct wf_lock lock; /* rank GS: guards all but next_id; slabs: their adding */
    _Atomic(struct slab *) slabs;
    struct wf_g **free; /* dead ones, in no P's cache: room for all there are */
    uint32_t nfree, made;
    struct slab *kept; /* of runtimes that left threads behind on some of them */
    _Atomic uint64_t next_id;
} all = { .lock = WF_LOCK_INIT(GS) };

int wf_g_init(void)
{
    atomic_store(&all.next_id, 1);
    return 0;
}

void wf_g_fini(bool keep)
{
    struct slab *slab = atomic_load(&all.slabs);
    for (struct slab *next; slab; slab = next) {
        next = slab->next;
        if (keep) {
            slab->next = all.kept;
            all.kept = slab;
        } else {
            free(slab);
        }
    }
    atomic_store(&all.slabs, NULL);
    free(all.free);
    all.free = NULL;
    all.nfree = all.made = 0;
    wf_global_fini();
}

void wf_g_each(void (*visit)(struct wf_g *g, void *arg), void *arg)
{
    struct slab *slab = atomic_load_explicit(&all.slabs, memory_order_acquire);
    for (; slab; slab = slab->next)
        for (int i = 0; i < SLAB; i++)
            visit(&slab->gs[i], arg);
}

void wf_g_bad_state(const struct wf_g *g, unsigned from, unsigned to)
{
    const char *name = wf_g_state_name(wf_get(&g->state));
    wf_fatal("coroutine %llu is %s: it cannot go from %s to %s",
             (unsigned long long)g->id, name ? name : "broken", wf_g_state_name(from),
             wf_g_state_name(to));
}

/* With the lock held: lists that hold a slab's coroutines more. */
static bool make_room(void)
{
    if (all.made & (all.made - 1)) /* it grew at a power of two, to the next */
        return true;
    uint32_t room = all.made ? 2 * all.made : SLAB;
    struct wf_g **grown = realloc(all.free, room * sizeof *grown);
    if (!grown)
        return false;
    all.free = grown;
    return !wf_global_reserve(room);
}

/* Likewise. */
static bool add_slab(void)
{
    struct slab *slab = make_room() ? aligned_alloc(WF_CACHE_LINE, sizeof *slab) : NULL;
    if (!slab)
        return false;
    memset(slab, 0, sizeof *slab);
    for (int i = SLAB; i-- > 0;) {
        struct wf_g *g = &slab->gs[i];
        atomic_store_explicit(&g->state, WF_G_DEAD, memory_order_relaxed);
        wf_lock_init(&g->join_lock, WF_RANK_SYNC);
        atomic_store_explicit(&g->self, g, memory_order_relaxed);
        all.free[all.nfree++] = g;
    }
    all.made += SLAB;
    slab->next = atomic_load_explicit(&all.slabs, memory_order_relaxed);
    atomic_store_explicit(&all.slabs, slab, memory_order_release);
    return true;
}

static void count_free(struct wf_p *p)
{
    struct wf_p_stats *s = &p->stats;
    wf_set(&s->free_g, p->nfree_g);
    if (p->nfree_g < wf_get(&s->free_g_min))
        wf_set(&s->free_g_min, p->nfree_g);
    if (p->nfree_g > wf_get(&s->free_g_max))
        wf_set(&s->free_g_max, p->nfree_g);
}

static __attribute__((noinline)) void refill(struct wf_p *p)
{
    wf_lock_acquire(&all.lock);
    if (!all.nfree)
        add_slab();
    uint32_t n = all.nfree < WF_G_CACHE / 2 ? all.nfree : WF_G_CACHE / 2;
    all.nfree -= n;
    if (n)
        memcpy(p->free_g, all.free + all.nfree, n * sizeof *p->free_g);
    p->nfree_g = n;
    wf_lock_release(&all.lock);
}

/* The half that was not used for longest. */
static __attribute__((noinline)) void spill(struct wf_p *p)
{
    uint32_t n = WF_G_CACHE / 2;
    wf_pool_count(&p->own[WF_OWN_g].moved, n);
    wf_lock_acquire(&all.lock);
    memcpy(all.free + all.nfree, p->free_g, n * sizeof *p->free_g);
    all.nfree += n;
    wf_lock_release(&all.lock);
    p->nfree_g -= n;
    memmove(p->free_g, p->free_g + n, p->nfree_g * sizeof *p->free_g);
}

void wf_g_give(struct wf_p *p)
{
    wf_lock_acquire(&all.lock);
    memcpy(all.free + all.nfree, p->free_g, p->nfree_g * sizeof *p->free_g);
    all.nfree += p->nfree_g;
    wf_lock_release(&all.lock);
    wf_pool_count(&p->own[WF_OWN_g].moved, p->nfree_g);
    p->nfree_g = 0;
    wf_set(&p->stats.free_g, 0);
}

void wf_g_free(struct wf_g *g)
{
    struct wf_p *p = wf_m()->p;
    wf_pool_count(&p->own[WF_OWN_g].puts, 1);
    if (wf_unlikely(p->nfree_g == WF_G_CACHE))
        spill(p);
    p->free_g[p->nfree_g++] = g;
    count_free(p);
}

static struct wf_g *take(struct wf_p *p)
{
    if (wf_unlikely(!p->nfree_g)) {
        wf_pool_count(&p->own[WF_OWN_g].misses, 1);
        refill(p);
        if (!p->nfree_g)
            return NULL;
    } else {
        wf_pool_count(&p->own[WF_OWN_g].hits, 1);
    }
    struct wf_g *g = p->free_g[--p->nfree_g];
    if (wf_likely(p->nfree_g >= AHEAD)) { /* for the next times */
        struct wf_g *next = p->free_g[p->nfree_g - AHEAD];
        __builtin_prefetch(next, 1);
        __builtin_prefetch(&next->id, 1);
    }
    count_free(p);
    return g;
}

static uint64_t new_id(struct wf_p *p)
{
    if (wf_unlikely(p->next_id == p->end_id)) {
        p->next_id = atomic_fetch_add(&all.next_id, IDS);
        p->end_id = p->next_id + IDS;
    }
    return p->next_id++;
}

int wf_g_spawn_in(struct weft_ctx *ctx, const char *name, void (*fn)(void *), void *arg,
                  const void *spawned, unsigned flags, struct wf_g **out)
{
    struct wf_p *p = wf_m()->p;
    if (name && !(name = wf_name_intern(name)))
        return -ENOMEM;
    struct wf_g *g = take(p);
    if (!g)
        return -ENOMEM;
    g->id = new_id(p);
    g->fn = fn;
    g->arg = arg;
    g->spawned = spawned;
    g->name = name;
    g->flags = (uint8_t)flags;
    g->err = 0;
    if (wf_unlikely(ctx != NULL))
        wf_context_join(g, ctx);
    wf_set(&g->why, WF_WHY_none);
    wf_torder_reset(&g->order);
    wf_stats_created(p);
    if (out)
        *out = g;
    wf_g_become(g, WF_G_DEAD, WF_G_IDLE);
    if (wf_unlikely(wf_trace_on))
        wf_emit_create(g);
    wf_g_become(g, WF_G_IDLE, WF_G_RUNNABLE);
    wf_runq_put(p, g);
    wf_wake_p();
    return 0;
}
