/* SPDX-License-Identifier: MIT */
/*
 * weft/pool.h - pools: objects of one size that are used again instead of freed.
 * Each P keeps some at hand, so that neither lock nor atomic operation is needed; what
 * one P has too many of, the others find in the pool's shared list.  What nobody needs of
 * that for two periods of a second each is freed; the up to 33 that a P keeps at hand stay.
 * A program under AddressSanitizer (weft-tuning(7)) may not touch what it put back.
 */
#ifndef WEFT_POOL_H
#define WEFT_POOL_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_pool weft_pool;

/*
 * weft_pool_new - make a pool.
 *
 * name      what it is called in traces; copied
 * size      bytes of one object; aligned as by malloc
 * reset     called on each object before weft_pool_get returns it; NULL: none
 * flags     0
 *
 * Returns   the pool; NULL without memory for it, or with unknown flags
 * Context   anywhere but a signal handler
 * Owns      the caller frees it with weft_pool_free
 * Traces    obj_new; pool, once in each generation in which it was used and at the end
 */
weft_pool *weft_pool_new(const char *name, size_t size, void (*reset)(void *),
                         int flags);

/*
 * weft_pool_get - an object of the pool, the one last put if possible.
 *
 * Returns   the object: as it was put (new: zeroes), after reset; NULL without memory
 * Context   anywhere but a signal handler; without a lock in coroutines
 * Owns      the caller gives it back with weft_pool_put
 */
void *weft_pool_get(weft_pool *pool);

/*
 * weft_pool_put - give an object back.
 *
 * obj       from weft_pool_get of this pool; NULL is allowed
 *
 * Returns   nothing
 * Context   as weft_pool_get
 * Owns      takes obj; weft built with --enable-debug fills it with 0xDB if it has no
 *           reset
 */
void weft_pool_put(weft_pool *pool, void *obj);

/*
 * weft_pool_free - the pool is no longer used: its objects at hand are freed.
 *
 * pool      NULL is allowed; objects not put back are the caller's loss
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes pool
 * Traces    pool, obj_free
 */
void weft_pool_free(weft_pool *pool);

struct weft_pool_stats {
    uint64_t gets;    /* hits + misses */
    uint64_t hits;    /* an object was used again */
    uint64_t misses;  /* a new object was allocated */
    uint64_t puts;    /* objects given back */
    uint64_t dropped; /* of those: freed, for there were enough or nobody needed them */
    uint64_t moved;   /* objects that went to a P's own from the shared list */
};

/*
 * weft_pool_stats - what the pool did so far; exact when nobody uses it meanwhile.
 *
 * Returns   nothing; *out is filled
 * Context   anywhere
 */
void weft_pool_stats(weft_pool *pool, struct weft_pool_stats *out);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_POOL_H */
