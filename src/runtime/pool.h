/* SPDX-License-Identifier: MIT */
/*
 * pool.h - pools from the inside: counters, and what the trace hears of them.
 */
#ifndef WF_RUNTIME_POOL_H
#define WF_RUNTIME_POOL_H
#include <stdatomic.h>
#include <stdint.h>

#include <weft/pool.h>

struct wf_m;

/* One writer at a time, anybody reads: plain loads and stores, which are atomic. */
struct wf_pool_counts {
    _Atomic uint64_t hits, misses, puts, dropped, moved;
};

/* The pools that the runtime keeps itself, pool:runtime.NAME; each P counts its own. */
#define WF_OWN_POOLS(POOL)                                                             \
    POOL(g)                                                                            \
    POOL(stack)

enum wf_own_pool {
#define POOL(name) WF_OWN_##name,
    WF_OWN_POOLS(POOL)
#undef POOL
        WF_NOWNPOOLS
};

static inline void wf_pool_count(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + n, memory_order_relaxed);
}

/* Inside the runtime: an object used before, NULL if there is none; and give it back,
 * true if there were enough: it is for the caller to free.  m may be NULL. */
void *wf_pool_take(weft_pool *pool, struct wf_m *m);
bool wf_pool_give(weft_pool *pool, struct wf_m *m, void *obj);

/* runtime.waiter: rooms for selects of many cases, WF_WAITER_ROOM bytes each; NULL
 * before wf_pool_begin and without memory. */
enum { WF_WAITER_ROOM = 4096 };
extern weft_pool *wf_waiter_pool;

/* A P leaves: what its caches hold, to the shared lists. */
void wf_pool_give_all(uint32_t pid);
/* A period is over: of each shared list, what was not needed in two of them is freed. */
void wf_pool_trim(void);

/* Once, before the first M runs; again does nothing.  -ENOMEM. */
int wf_pool_begin(void);
/* A trace begins: what was counted before is not its business. */
void wf_pool_trace_begin(void);
/* A generation ends: one event `pool` for each pool used since the last call. */
void wf_pool_trace(void);
/* The trace ends: one for each pool, used or not, so that it knows them all. */
void wf_pool_trace_end(void);

#endif /* WF_RUNTIME_POOL_H */
