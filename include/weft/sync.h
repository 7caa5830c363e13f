/* SPDX-License-Identifier: MIT */
/*
 * weft/sync.h - mutexes, read-write locks, conditions, onces, semaphores, barriers and
 * wait groups, in the caller's storage.
 * They park coroutines, not threads.  Their fields are weft's own; none may be copied
 * once it is used.
 */
#ifndef WEFT_SYNC_H
#define WEFT_SYNC_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What all have: who they are in a trace, and who waits. */
struct weft_waiters {
    uint64_t lock;    /* guards first */
    uint64_t id;      /* 0: not yet mentioned anywhere */
    uint64_t tgen;    /* generation of the trace that knows the object */
    const char *name; /* NULL: none */
    void *first;      /* NULL: nobody waits */
};

#define WEFT_WAITERS_INIT                                                              \
    {                                                                                  \
        0, 0, 0, 0, 0                                                                  \
    }

typedef struct weft_mutex {
    uint64_t state; /* who holds it, or where it was unlocked last */
    struct weft_waiters q;
} weft_mutex;

#define WEFT_MUTEX_INIT                                                                \
    {                                                                                  \
        0, WEFT_WAITERS_INIT                                                           \
    }

/*
 * weft_mutex_init - make a mutex with a name; WEFT_MUTEX_INIT makes one without.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the mutex is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_mutex_fini ends it: before its memory is used for something else, if
 *           others may have waited for it
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
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
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

typedef struct weft_rwlock {
    uint64_t state; /* readers, and whether written or waited for */
    void *owner;    /* as of weft_mutex: who writes */
    struct weft_waiters writers, readers; /* of readers only who waits counts */
} weft_rwlock;

#define WEFT_RWLOCK_INIT                                                               \
    {                                                                                  \
        0, 0, WEFT_WAITERS_INIT, WEFT_WAITERS_INIT                                     \
    }

/*
 * weft_rwlock_init - make a read-write lock with a name; WEFT_RWLOCK_INIT makes one
 * without.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the lock is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_rwlock_fini ends it, which is needed only where it was named or traced
 */
int weft_rwlock_init(weft_rwlock *rw, const char *name);

/*
 * weft_rwlock_fini - the lock is no longer used.
 * Held or waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_rwlock_fini(weft_rwlock *rw);

/*
 * weft_rwlock_rdlock - hold the lock with other readers, parking until no writer does.
 * A writer that waits goes before readers that come later, so that readers cannot keep
 * it out; to hold the lock for reading twice is therefore a deadlock as soon as a
 * writer comes between.  Readers that waited while a writer held it go before the next
 * writer.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_park or g_switch with reason rwlock_read when it waits, and obj_owner
 * Source    Go, sync/rwmutex.go
 */
void weft_rwlock_rdlock(weft_rwlock *rw);

/*
 * weft_rwlock_tryrdlock - hold the lock for reading if no writer holds or awaits it.
 *
 * Returns   0        held
 *           -EBUSY   a writer does
 * Context   coroutines
 */
int weft_rwlock_tryrdlock(weft_rwlock *rw);

/*
 * weft_rwlock_rdlock_until - weft_rwlock_rdlock with an end to waiting.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   0            held
 *           -EBUSY       deadline 0, and a writer holds or awaits it
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the coroutine was cancelled while parked
 * Context   coroutines
 * Traces    as weft_rwlock_rdlock
 */
int weft_rwlock_rdlock_until(weft_rwlock *rw, int64_t deadline);

/*
 * weft_rwlock_rdunlock - one reader less.  Any coroutine may let go of what another one
 * holds for reading; when nobody holds it so, that is a breach of contract and ends the
 * program.  The message names the place of the call, and who writes or where the lock
 * was unlocked last.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_ready for the writer that is to have it next
 */
void weft_rwlock_rdunlock(weft_rwlock *rw);

/*
 * weft_rwlock_wrlock - hold the lock alone, parking until nobody else does.  Writers
 * get it in the order in which they came.  Who writes already is a deadlock and ends
 * the program.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    obj_owner and g_park or g_switch with reason rwlock_write when it waits
 * Source    Go, sync/rwmutex.go
 */
void weft_rwlock_wrlock(weft_rwlock *rw);

/*
 * weft_rwlock_trywrlock - hold the lock alone if it is free.
 *
 * Returns   0        held
 *           -EBUSY   somebody holds it
 * Context   coroutines
 */
int weft_rwlock_trywrlock(weft_rwlock *rw);

/*
 * weft_rwlock_wrlock_until - weft_rwlock_wrlock with an end to waiting.  Readers that
 * this writer held off go on when it gives up.
 *
 * deadline  as of weft_rwlock_rdlock_until
 *
 * Returns   0            held
 *           -EBUSY       deadline 0, and somebody holds it
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the coroutine was cancelled while parked
 * Context   coroutines
 * Traces    as weft_rwlock_wrlock
 */
int weft_rwlock_wrlock_until(weft_rwlock *rw, int64_t deadline);

/*
 * weft_rwlock_wrunlock - let go of what this coroutine holds alone.
 * By anybody else: a breach of contract, ends the program, with a message as that of
 * weft_mutex_unlock.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_ready for each that is to have it next
 */
void weft_rwlock_wrunlock(weft_rwlock *rw);

typedef struct weft_cond {
    struct weft_waiters q;
} weft_cond;

#define WEFT_COND_INIT                                                                 \
    {                                                                                  \
        WEFT_WAITERS_INIT                                                              \
    }

/*
 * weft_cond_init - make a condition with a name; WEFT_COND_INIT makes one without.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the condition is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_cond_fini ends it, which is needed only where it was named or traced
 */
int weft_cond_init(weft_cond *c, const char *name);

/*
 * weft_cond_fini - the condition is no longer used.
 * Waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_cond_fini(weft_cond *c);

/*
 * weft_cond_wait - let go of the mutex and wait, in one step; hold it again afterwards.
 * It returns only for a weft_cond_signal or weft_cond_broadcast that came after it let
 * go of the mutex, but others may have held that meanwhile: look again whether what was
 * waited for is so.
 *
 * m         held by the caller, or this is a breach as of weft_mutex_unlock
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_park or g_switch with reason cond; what the mutex traces
 * Source    Go, sync/cond.go
 */
void weft_cond_wait(weft_cond *c, weft_mutex *m);

/*
 * weft_cond_wait_until - weft_cond_wait with an end to waiting for the condition.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 never parks and keeps the mutex
 *
 * Returns   0            signalled
 *           -EAGAIN      deadline 0
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the coroutine was cancelled while parked
 *           With each of them the mutex is held, however long that takes.
 * Context   coroutines
 * Traces    as weft_cond_wait
 * Source    POSIX, pthread_cond_timedwait
 */
int weft_cond_wait_until(weft_cond *c, weft_mutex *m, int64_t deadline);

/*
 * weft_cond_signal - let go on who has waited longest, if anybody waits.  The mutex may
 * be held, but need not be.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    g_ready for who waited
 */
void weft_cond_signal(weft_cond *c);

/*
 * weft_cond_broadcast - let go on all who wait.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    g_ready for each that waited
 */
void weft_cond_broadcast(weft_cond *c);

typedef struct weft_once {
    uint64_t state; /* new, running, done */
    void *owner;    /* who runs it */
    struct weft_waiters q;
} weft_once;

#define WEFT_ONCE_INIT                                                                 \
    {                                                                                  \
        0, 0, WEFT_WAITERS_INIT                                                        \
    }

/*
 * weft_once_init - make a once with a name; WEFT_ONCE_INIT makes one without.
 *
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the once is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_once_fini ends it, which is needed only where it was named or traced
 */
int weft_once_init(weft_once *once, const char *name);

/*
 * weft_once_fini - the once is no longer used.
 * Running is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_once_fini(weft_once *once);

/*
 * weft_once_do - the first call of all runs fn(arg); each other one returns when that
 * has returned, and sees what it did.  fn may call all of weft, but for weft_once_do of
 * the same once: that would wait for itself, and ends the program.
 *
 * Returns   nothing
 * Context   coroutines; plain threads once fn has returned
 * Traces    g_park or g_switch with reason once for who waits, and obj_owner
 * Source    Go, sync/once.go
 */
void weft_once_do(weft_once *once, void (*fn)(void *), void *arg);

typedef struct weft_semaphore {
    uint64_t state; /* twice the free units, plus 1 when somebody waits */
    uint64_t size;  /* how many units there are */
    void *full_at;  /* who gave the last one back returns there */
    struct weft_waiters q;
} weft_semaphore;

/* Of so many units, all free; at most INT64_MAX. */
#define WEFT_SEMAPHORE_INIT(size)                                                      \
    {                                                                                  \
        (uint64_t)(size) << 1, (uint64_t)(size), 0, WEFT_WAITERS_INIT                  \
    }

/*
 * weft_semaphore_init - make a semaphore with a name; WEFT_SEMAPHORE_INIT makes one
 * without.
 *
 * size      units, all of them free; at most INT64_MAX
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -EINVAL  too large a size
 *           -ENOMEM  no memory for the name; the semaphore is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_semaphore_fini ends it, which is needed only where it was named or
 *           traced
 */
int weft_semaphore_init(weft_semaphore *s, uint64_t size, const char *name);

/*
 * weft_semaphore_fini - the semaphore is no longer used; units may be missing.
 * Waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_semaphore_fini(weft_semaphore *s);

/*
 * weft_semaphore_acquire - take n units at once, parking until there are so many.
 * First come, first served: who wants many is not passed by those who want few.
 *
 * n         0 or more; of 0 it waits for those who came before
 *
 * Returns   0            they are the caller's
 *           -EINVAL      n is more than the semaphore ever has
 *           -ECANCELED   the coroutine was cancelled while parked
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; plain threads as long as there are enough
 * Traces    g_park or g_switch with reason semaphore when it waits
 * Source    Go, golang.org/x/sync/semaphore; there, too many wait until cancelled
 */
int weft_semaphore_acquire(weft_semaphore *s, uint64_t n);

/*
 * weft_semaphore_acquire_until - weft_semaphore_acquire with an end to waiting.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   as weft_semaphore_acquire, and
 *           -EAGAIN      deadline 0, and there are too few, or others wait
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT   the deadline came first
 * Context   coroutines; anywhere with deadline 0
 * Traces    as weft_semaphore_acquire
 */
int weft_semaphore_acquire_until(weft_semaphore *s, uint64_t n, int64_t deadline);

/*
 * weft_semaphore_try - take n units if they are free and nobody waits.
 *
 * Returns   0            they are the caller's
 *           -EAGAIN      there are too few, or others wait
 *           -EINVAL      n is more than the semaphore ever has
 * Context   anywhere but a signal handler
 */
int weft_semaphore_try(weft_semaphore *s, uint64_t n);

/*
 * weft_semaphore_release - give n units back; who waits for them goes on.
 * More than are taken is a breach of contract and ends the program.  The message names
 * the place of the call and the one that gave the last unit back.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    g_ready for each that has its units now
 */
void weft_semaphore_release(weft_semaphore *s, uint64_t n);

typedef struct weft_barrier {
    uint32_t parties, arrived;
    struct weft_waiters q;
} weft_barrier;

/* For so many parties; 0 is taken for 1. */
#define WEFT_BARRIER_INIT(parties)                                                     \
    {                                                                                  \
        (uint32_t)(parties), 0, WEFT_WAITERS_INIT                                      \
    }

/*
 * weft_barrier_init - make a barrier with a name; WEFT_BARRIER_INIT makes one without.
 *
 * parties   how many must come; 0 is taken for 1
 * name      copied, as of weft_chan_set_name; NULL for none
 *
 * Returns   0        done
 *           -ENOMEM  no memory for the name; the barrier is good and has none
 * Context   anywhere but a signal handler
 * Owns      weft_barrier_fini ends it, which is needed only where it was named or traced
 */
int weft_barrier_init(weft_barrier *b, uint32_t parties, const char *name);

/*
 * weft_barrier_fini - the barrier is no longer used.
 * Waited for is a breach of contract and ends the program.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Traces    obj_free, if somebody waited for it
 */
void weft_barrier_fini(weft_barrier *b);

/*
 * weft_barrier_wait - park until all parties have come; then it can be used again.
 * Once it returned to anybody the barrier may be ended with weft_barrier_fini, unless
 * somebody waits with a deadline.
 *
 * Returns   1   to one of the parties: the last to come, who did not wait
 *           0   to each other one
 * Context   coroutines
 * Traces    g_park or g_switch with reason barrier when it waits, g_ready for each other
 * Source    POSIX, pthread_barrier_wait
 */
int weft_barrier_wait(weft_barrier *b);

/*
 * weft_barrier_wait_until - weft_barrier_wait with an end to waiting.  Who gives up
 * has not come: the others go on waiting for one more.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   1, 0         as weft_barrier_wait
 *           -EAGAIN      deadline 0, and the caller would not be the last
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the coroutine was cancelled while parked
 * Context   coroutines
 * Traces    as weft_barrier_wait
 */
int weft_barrier_wait_until(weft_barrier *b, int64_t deadline);

typedef struct weft_wait_group {
    uint64_t state; /* twice the count, plus 1 when somebody waits */
    void *zero_at;  /* who made it 0 returns there */
    struct weft_waiters q;
} weft_wait_group;

#define WEFT_WAIT_GROUP_INIT                                                           \
    {                                                                                  \
        0, 0, WEFT_WAITERS_INIT                                                        \
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
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
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
