/* SPDX-License-Identifier: MIT */
/*
 * pool.c - objects used again: a cache for each P, a shared list behind them.
 * A cache is touched only by the M that holds its P, so it needs neither lock nor atomic
 * operation.  What was put last lies in a place of its own: to get and put one object
 * again and again then depends on no count from one call to the next.  Half of it moves
 * to the shared list when it is full, and half is filled from there when it is empty.
 * What nobody needed of that for a period becomes a victim, which another such period
 * frees: the monitor looks once a second.  Memory is allocated and freed, and reset
 * called, in user state: whoever is slow in there can lose its P.
 */
#include <weft/pool.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/fiber.h"
#include "runtime/obj.h"
#include "runtime/pool.h"
#include "runtime/runtime.h"

enum {
    CACHED = 32,             /* objects in one P's cache */
    CACHES = 256,            /* Ps beyond use the shared list alone */
    SHARED_MIN = 64,         /* objects it may hold, however large they are */
    SHARED_BYTES = 16 << 20, /* else so many bytes of them */
    POISON = 0xDB,
    TRIM_BATCH = 256,     /* objects freed at a time, without the lock */
    TRIM_MOST = 64 << 10, /* of one pool, each period */
};

struct cache {
    alignas(WF_CACHE_LINE) struct wf_pool_counts counts;
    void *first; /* put last, NULL: see objs */
    uint32_t n;
    void *objs[CACHED];
};

struct weft_pool {
    struct wf_obj obj;
    size_t size; /* all these fixed by weft_pool_new */
    uint32_t shared_max;
    void (*reset)(void *);
    _Atomic(struct cache *) caches[CACHES]; /* by P; made by its first use */

    struct wf_lock lock; /* rank POOL: guards what follows */
    uint32_t n, room, base;
    void **objs;      /* the shared list: n from base on; room grows to shared_max */
    uint32_t least;   /* the smallest n since the monitor looked */
    uint32_t victims; /* from base on: not needed in the period before */
    struct wf_pool_counts counts; /* of those without a cache */

    struct wf_list link;         /* these guarded by pools.lock */
    struct weft_pool_stats last; /* what the trace knows */
};

/* Counters of Ps that are no struct weft_pool. */
struct own_pool {
    struct wf_obj obj;
    const char *name;
    struct weft_pool_stats last; /* guarded by pools.lock */
};

static struct {
    struct wf_lock lock; /* rank POOLS */
    struct wf_list all;
    bool begun;
    struct own_pool own[WF_NOWNPOOLS];
} pools = {
    .lock = WF_LOCK_INIT(POOLS),
    .all = WF_LIST_INIT(pools.all),
    .own = {
#define POOL(name_) { .name = "runtime." #name_ },
        WF_OWN_POOLS(POOL)
#undef POOL
    },
};

weft_pool *wf_waiter_pool;

weft_pool *weft_pool_new(const char *name, size_t size, void (*reset)(void *),
                         int flags)
{
    size_t fit = SHARED_BYTES / (size ? size : 1);
    const char *kept = name ? wf_name_intern(name) : NULL;
    if (flags || (name && !kept))
        return NULL;
    weft_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->size = size;
    pool->shared_max = fit < SHARED_MIN ? SHARED_MIN : (uint32_t)fit;
    pool->reset = reset;
    wf_lock_init(&pool->lock, WF_RANK_POOL);
    wf_enter_emit();
    wf_obj_init(&pool->obj, WF_OKIND_pool, 0, kept);
    wf_lock_acquire(&pools.lock);
    wf_list_push_back(&pools.all, &pool->link);
    wf_lock_release(&pools.lock);
    wf_leave();
    return pool;
}

/* The cache of the M's P; NULL if there is none (yet). */
static inline struct cache *get_cache(weft_pool *pool, struct wf_m *m)
{
    if (wf_unlikely(!m) || wf_unlikely(m->pid >= CACHES))
        return NULL;
    return atomic_load_explicit(&pool->caches[m->pid], memory_order_relaxed);
}

static struct cache *make_cache(weft_pool *pool, struct wf_m *m)
{
    struct cache *c = get_cache(pool, m);
    if (c || !m || m->pid >= CACHES)
        return c;
    c = aligned_alloc(WF_CACHE_LINE, sizeof *c);
    if (c) {
        memset(c, 0, sizeof *c);
        atomic_store_explicit(&pool->caches[m->pid], c, memory_order_release);
    }
    return c;
}

/* With pool->lock held, and n not 0: the one that came last. */
static void *take_last(weft_pool *pool)
{
    void *obj = pool->objs[pool->base + --pool->n];
    if (pool->n < pool->least)
        pool->least = pool->n;
    return obj;
}

/* Half a cache from the shared list, as far as there is. */
static __attribute__((noinline)) void fill_cache(weft_pool *pool, struct cache *c)
{
    wf_lock_acquire(&pool->lock);
    while (pool->n && c->n < CACHED / 2)
        c->objs[c->n++] = take_last(pool);
    wf_lock_release(&pool->lock);
    wf_pool_count(&c->counts.moved, c->n);
}

/* With pool->lock held: false when there are enough. */
static bool share(weft_pool *pool, void *obj)
{
    if (pool->base && pool->base + pool->n == pool->room) {
        memmove(pool->objs, pool->objs + pool->base, pool->n * sizeof *pool->objs);
        pool->base = 0;
    }
    if (pool->n == pool->room) {
        uint32_t room = pool->room ? 2 * pool->room : SHARED_MIN;
        if (room > pool->shared_max)
            room = pool->shared_max;
        void **objs = room > pool->n ? realloc(pool->objs, room * sizeof *objs) : NULL;
        if (!objs)
            return false;
        pool->objs = objs;
        pool->room = room;
    }
    pool->objs[pool->base + pool->n++] = obj;
    return true;
}

/* The older half of a full cache to the shared list; false: it takes no more. */
static __attribute__((noinline)) bool drain_cache(weft_pool *pool, struct cache *c)
{
    uint32_t n = 0;
    wf_lock_acquire(&pool->lock);
    while (n < CACHED / 2 && share(pool, c->objs[n]))
        n++;
    wf_lock_release(&pool->lock);
    memmove(c->objs, c->objs + n, (CACHED - n) * sizeof *c->objs);
    c->n = CACHED - n;
    return n > 0;
}

static void *take_shared(weft_pool *pool)
{
    wf_lock_acquire(&pool->lock);
    void *obj = pool->n ? take_last(pool) : NULL;
    wf_pool_count(obj ? &pool->counts.hits : &pool->counts.misses, 1);
    wf_lock_release(&pool->lock);
    return obj;
}

static bool give_shared(weft_pool *pool, void *obj)
{
    wf_lock_acquire(&pool->lock);
    bool enough = !share(pool, obj);
    wf_pool_count(&pool->counts.puts, 1);
    if (enough)
        wf_pool_count(&pool->counts.dropped, 1);
    wf_lock_release(&pool->lock);
    return enough;
}

/* NULL: the cache is empty. */
static inline void *take_cached(struct cache *c)
{
    void *obj = c->first;
    if (wf_likely(obj != NULL))
        c->first = NULL;
    else if (c->n)
        obj = c->objs[--c->n];
    else
        return NULL;
    wf_pool_count(&c->counts.hits, 1);
    return obj;
}

/* False: the cache is full. */
static inline bool give_cached(struct cache *c, void *obj)
{
    void *before = c->first;
    if (wf_unlikely(before != NULL)) {
        if (c->n == CACHED)
            return false;
        c->objs[c->n++] = before;
    }
    c->first = obj;
    wf_pool_count(&c->counts.puts, 1);
    return true;
}

void *wf_pool_take(weft_pool *pool, struct wf_m *m)
{
    struct cache *c = make_cache(pool, m);
    if (!c)
        return take_shared(pool);
    void *obj = take_cached(c);
    if (obj)
        return obj;
    fill_cache(pool, c);
    obj = take_cached(c);
    if (!obj)
        wf_pool_count(&c->counts.misses, 1);
    return obj;
}

bool wf_pool_give(weft_pool *pool, struct wf_m *m, void *obj)
{
    struct cache *c = make_cache(pool, m);
    if (!c)
        return give_shared(pool, obj);
    if (give_cached(c, obj) || (drain_cache(pool, c) && give_cached(c, obj)))
        return false;
    wf_pool_count(&c->counts.puts, 1);
    wf_pool_count(&c->counts.dropped, 1);
    return true;
}

/* What the shared list does not take is freed. */
static void give_cache(weft_pool *pool, struct cache *c)
{
    if (c->first && c->n < CACHED) {
        c->objs[c->n++] = c->first;
        c->first = NULL;
    }
    wf_lock_acquire(&pool->lock);
    uint32_t kept = 0;
    while (kept < c->n && share(pool, c->objs[kept]))
        kept++;
    wf_lock_release(&pool->lock);
    wf_pool_count(&c->counts.dropped, c->n - kept);
    while (c->n > kept)
        free(c->objs[--c->n]);
    c->n = 0;
}

void wf_pool_give_all(uint32_t pid)
{
    if (pid >= CACHES)
        return;
    wf_lock_acquire(&pools.lock);
    wf_list_each (item, &pools.all) {
        weft_pool *pool = wf_container(item, weft_pool, link);
        struct cache *c = atomic_load_explicit(&pool->caches[pid],
                                               memory_order_acquire);
        while (c && (c->n || c->first))
            give_cache(pool, c);
    }
    wf_lock_release(&pools.lock);
}

/* Up to TRIM_BATCH victims, out of the list; returns how many. */
static uint32_t take_victims(weft_pool *pool, void *objs[TRIM_BATCH])
{
    wf_lock_acquire(&pool->lock);
    uint32_t n = pool->victims < pool->least ? pool->victims : pool->least;
    n = n < TRIM_BATCH ? n : TRIM_BATCH;
    if (n)
        memcpy(objs, pool->objs + pool->base, n * sizeof *objs);
    pool->base += n;
    pool->n -= n;
    pool->least -= n;
    pool->victims -= n;
    wf_pool_count(&pool->counts.dropped, n);
    wf_lock_release(&pool->lock);
    return n;
}

/* One period is over. */
static void trim(weft_pool *pool)
{
    void *objs[TRIM_BATCH];
    uint32_t n, freed = 0;
    while (freed < TRIM_MOST && (n = take_victims(pool, objs)) > 0) {
        freed += n;
        while (n)
            free(objs[--n]);
    }
    wf_lock_acquire(&pool->lock);
    pool->victims = pool->least;
    pool->least = pool->n;
    wf_lock_release(&pool->lock);
}

void wf_pool_trim(void)
{
    wf_lock_acquire(&pools.lock);
    wf_list_each (item, &pools.all)
        trim(wf_container(item, weft_pool, link));
    wf_lock_release(&pools.lock);
}

/* The rest of get and put, when the cache does not do: apart, so that the short way
 * needs no registers saved. */
static __attribute__((noinline)) void *get_slow(weft_pool *pool)
{
    void *obj = wf_pool_take(pool, wf_enter());
    wf_leave();
    if (!obj)
        obj = calloc(1, pool->size ? pool->size : 1);
    wf_fiber_unpoison(obj, pool->size);
    if (obj && pool->reset)
        pool->reset(obj);
    return obj;
}

static __attribute__((noinline)) void put_slow(weft_pool *pool, void *obj)
{
    bool enough = wf_pool_give(pool, wf_enter(), obj);
    wf_leave();
    if (enough)
        free(obj);
}

static __attribute__((noinline)) void *reset(weft_pool *pool, void *obj)
{
    pool->reset(obj);
    return obj;
}

/* wf_enter, if it takes no more than that; NULL: nothing was done. */
static inline struct wf_m *enter_quickly(void)
{
    struct wf_m *m = wf_m();
    if (wf_unlikely(!m))
        return NULL;
    atomic_store_explicit(&m->inrt, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    return wf_likely(!atomic_load_explicit(&m->pst, memory_order_acquire)) ? m : NULL;
}

/* wf_leave for who cannot have changed its M since it entered. */
static inline void leave(struct wf_m *m)
{
    atomic_store_explicit(&m->inrt, 0, memory_order_release);
}

void *weft_pool_get(weft_pool *pool)
{
    struct wf_m *m = enter_quickly();
    struct cache *c = get_cache(pool, m);
    void *obj = wf_likely(c != NULL) ? take_cached(c) : NULL;
    if (wf_unlikely(!obj))
        return get_slow(pool);
    leave(m);
    wf_fiber_unpoison(obj, pool->size);
    return wf_likely(!pool->reset) ? obj : reset(pool, obj);
}

void weft_pool_put(weft_pool *pool, void *obj)
{
    if (!obj)
        return;
#ifdef WF_DEBUG
    if (!pool->reset)
        memset(obj, POISON, pool->size);
#endif
    wf_fiber_poison(obj, pool->size);
    struct wf_m *m = enter_quickly();
    struct cache *c = get_cache(pool, m);
    if (wf_unlikely(!c) || wf_unlikely(!give_cached(c, obj)))
        put_slow(pool, obj);
    else
        leave(m);
}

static void add_counts(struct weft_pool_stats *sum, struct wf_pool_counts *c)
{
#define ADD(name) sum->name += atomic_load_explicit(&c->name, memory_order_relaxed)
    ADD(hits);
    ADD(misses);
    ADD(puts);
    ADD(dropped);
    ADD(moved);
#undef ADD
}

void weft_pool_stats(weft_pool *pool, struct weft_pool_stats *out)
{
    struct weft_pool_stats sum = { 0 };
    add_counts(&sum, &pool->counts);
    for (int p = 0; p < CACHES; p++) {
        struct cache *c = atomic_load_explicit(&pool->caches[p], memory_order_acquire);
        if (c)
            add_counts(&sum, &c->counts);
    }
    sum.gets = sum.hits + sum.misses;
    *out = sum;
}

static void own_stats(int own, struct weft_pool_stats *out)
{
    struct weft_pool_stats sum = { 0 };
    for (uint32_t p = 0; wf_rt.ps && p < wf_rt.nmade; p++)
        add_counts(&sum, &wf_rt.ps[p]->own[own]);
    sum.gets = sum.hits + sum.misses;
    *out = sum;
}

/* What was added since the last time, for the trace: always, or only if there is any.
 * With pools.lock held. */
static void tell(struct wf_obj *o, struct weft_pool_stats *last,
                 const struct weft_pool_stats *now, bool always)
{
    struct weft_pool_stats was = *last;
    *last = *now;
    if (!always && now->gets == was.gets && now->puts == was.puts &&
        now->dropped == was.dropped)
        return;
    wf_obj_mention(o);
    WF_TRACE(pool, .id = o->id, .hits = now->hits - was.hits,
             .misses = now->misses - was.misses, .puts = now->puts - was.puts,
             .dropped = now->dropped - was.dropped, .moved = now->moved - was.moved);
}

void weft_pool_free(weft_pool *pool)
{
    struct weft_pool_stats now;
    if (!pool)
        return;
    wf_enter();
    wf_lock_acquire(&pools.lock);
    wf_list_remove(&pool->link);
    weft_pool_stats(pool, &now);
    tell(&pool->obj, &pool->last, &now, true);
    wf_lock_release(&pools.lock);
    wf_obj_free(&pool->obj);
    wf_leave();
    for (int p = 0; p < CACHES; p++) {
        struct cache *c = pool->caches[p];
        if (c)
            free(c->first);
        while (c && c->n)
            free(c->objs[--c->n]);
        free(c);
    }
    while (pool->n)
        free(take_last(pool));
    free(pool->objs);
    free(pool);
}

int wf_pool_begin(void)
{
    if (pools.begun)
        return 0;
    wf_waiter_pool = weft_pool_new("runtime.waiter", WF_WAITER_ROOM, NULL, 0);
    if (!wf_waiter_pool)
        return -ENOMEM;
    for (int i = 0; i < WF_NOWNPOOLS; i++)
        wf_obj_init(&pools.own[i].obj, WF_OKIND_pool, 0, pools.own[i].name);
    pools.begun = true;
    return 0;
}

enum visit { BEGIN, TURN, END };

/* Each pool's numbers: for the trace, or only to begin with. */
static void visit_all(enum visit why)
{
    struct weft_pool_stats now;
    wf_lock_acquire(&pools.lock);
    wf_list_each (item, &pools.all) {
        weft_pool *pool = wf_container(item, weft_pool, link);
        weft_pool_stats(pool, &now);
        if (why == BEGIN)
            pool->last = now;
        else
            tell(&pool->obj, &pool->last, &now, why == END);
    }
    for (int i = 0; pools.begun && i < WF_NOWNPOOLS; i++) {
        own_stats(i, &now);
        if (why == BEGIN)
            pools.own[i].last = now;
        else
            tell(&pools.own[i].obj, &pools.own[i].last, &now, why == END);
    }
    wf_lock_release(&pools.lock);
}

void wf_pool_trace_begin(void)
{
    visit_all(BEGIN);
}

void wf_pool_trace(void)
{
    visit_all(TURN);
}

void wf_pool_trace_end(void)
{
    visit_all(END);
}
