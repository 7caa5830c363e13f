/* SPDX-License-Identifier: MIT */
/*
 * weft/sync.h - mutexes and wait groups, in the caller's storage.
 * They park coroutines, not threads.  Their fields are weft's own.
 */
#ifndef WEFT_SYNC_H
#define WEFT_SYNC_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What both have: who they are in a trace, and who waits. */
struct weft_waiters {
    uint64_t lock;    /* guards first */
    uint64_t id;      /* 0: not yet mentioned anywhere */
    uint64_t tgen;    /* generation of the trace that knows the object */
    const char *name; /* NULL: none */
    void *first;      /* NULL: nobody waits */
};

typedef struct weft_mutex {
    uint64_t state;       /* the coroutine that holds it, and two bits */
    const void *unlocked; /* where it was, last */
    struct weft_waiters q;
} weft_mutex;

#define WEFT_MUTEX_INIT                                                                \
    {                                                                                  \
        0, 0,                                                                          \
        {                                                                              \
            0, 0, 0, 0, 0                                                              \
        }                                                                              \
    }

/*
 * weft_mutex_init - make a mutex with a name; WEFT_MUTEX_INIT makes one without.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the mutex is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_mutex_fini ends it, which is needed only where it was named or traced
 */
int weft_mutex_init(weft_mutex *m, const char *name);

/*
 * weft_mutex_fini - the mutex is no longer used.
 * Held or waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_mutex_fini(weft_mutex *m);

/*
 * weft_mutex_lock - hold the mutex, parking until it is free.
 * Whoever finds it free takes it; who has waited for 1 ms is given it next, the
 * longest first.  To lock what one holds oneself is a deadlock and ends the program;
 * the message names the place of the call and the coroutine.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    obj_owner and g_park or g_switch with reason mutex when it waits
 * Source    Go, sync/mutex.go: normal and starvation mode
 */
void weft_mutex_lock(weft_mutex *m);

/*
 * weft_mutex_trylock - hold the mutex if it is free.
 *
 * Returns   0        held
 *           -EBUSY   somebody else holds it, or the caller does
 * Context   coroutines
 */
int weft_mutex_trylock(weft_mutex *m);

/*
 * weft_mutex_lock_until - weft_mutex_lock with an end to waiting.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   0            held
 *           -EBUSY       deadline 0, and it is not free
 *           -ETIMEDOUT   the deadline came first
 * Context   coroutines
 * Traces    as weft_mutex_lock
 */
int weft_mutex_lock_until(weft_mutex *m, int64_t deadline);

/*
 * weft_mutex_unlock - let go of the mutex.
 * By anybody but the coroutine that holds it: a breach of contract, ends the program.
 * The message names the place of the call, and who holds the mutex, where that was made
 * and what it waits for; or, if nobody holds it, where it was unlocked last.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_ready for who is to have it next
 */
void weft_mutex_unlock(weft_mutex *m);

typedef struct weft_wait_group {
    uint64_t state; /* twice the count, plus 1 when somebody waits */
    void *zero_at;  /* who made it 0 returns there */
    struct weft_waiters q;
} weft_wait_group;

#define WEFT_WAIT_GROUP_INIT                                                           \
    {                                                                                  \
        0, 0,                                                                          \
        {                                                                              \
            0, 0, 0, 0, 0                                                              \
        }                                                                              \
    }

/*
 * weft_wait_group_init - make a wait group with a name and a count of 0;
 * WEFT_WAIT_GROUP_INIT makes one without a name.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the wait group is good and has none
 * Context   anywhere but a signal handler
 */
int weft_wait_group_init(weft_wait_group *wg, const char *name);

/*
 * weft_wait_group_fini - the wait group is no longer used.
 * Waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_wait_group_fini(weft_wait_group *wg);

/*
 * weft_wait_group_add - change the count by n; who waits goes on when it reaches 0.
 * A count below 0 is a breach of contract and ends the program.  The message names the
 * place of the call and the one that made the count 0.
 *
 * n         may be negative
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      nothing; once the count is 0 and the waiters have gone on, wg is not touched
 * Traces    g_ready for each that waited
 */
void weft_wait_group_add(weft_wait_group *wg, int64_t n);

/*
 * weft_wait_group_done - weft_wait_group_add(wg, -1).
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 */
void weft_wait_group_done(weft_wait_group *wg);

/*
 * weft_wait_group_wait - park until the count is 0.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 looks once and never parks
 *
 * Returns   0            the count was 0
 *           -EAGAIN      deadline 0, and the count is not 0
 *           -ETIMEDOUT   the deadline came first
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; anywhere with deadline 0
 * Traces    g_park or g_switch with reason wait_group when it waits
 */
int weft_wait_group_wait(weft_wait_group *wg, int64_t deadline);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_SYNC_H */
