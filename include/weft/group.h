/* SPDX-License-Identifier: MIT */
/*
 * weft/group.h - coroutines that work on parts of one task, and calls that are made once
 * for all who ask at a time.
 */
#ifndef WEFT_GROUP_H
#define WEFT_GROUP_H
#include <stdint.h>

#include <weft/ctx.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- error groups: the first error ends the others ---- */

typedef struct weft_group weft_group;

/*
 * weft_group_new - make a group, whose coroutines share a context of their own.  That is
 * cancelled by the first error, and when weft_group_wait has waited for all.
 *
 * parent    the context's parent; NULL: the background.  The caller's own context is
 *           weft_ctx_current()
 * limit     how many coroutines at a time; 0: any number
 * out       freed with weft_group_free
 *
 * Returns   0        made
 *           -ENOMEM  no memory
 * Context   anywhere but a signal handler
 * Owns      *out is the caller's; parent is borrowed
 * Traces    obj_new and ctx_new for the context
 * Source    Go, golang.org/x/sync/errgroup: WithContext, SetLimit
 */
int weft_group_new(weft_ctx *parent, uint32_t limit, weft_group **out);

/*
 * weft_group_ctx - the context that the group's coroutines have.
 *
 * Returns   the context
 * Context   anywhere; stays
 * Owns      it is borrowed until weft_group_free
 */
weft_ctx *weft_group_ctx(const weft_group *g);

/*
 * weft_group_go - run fn in a new coroutine of the group.  At the limit it waits until
 * one of them has ended.  Also after an error: fn then finds its context cancelled.
 *
 * fn        0: all is well; anything else is an error, by which the first one to return
 *           it cancels the context: with it as the cause, if it is a negative errno
 * deadline  for that wait: absolute, ns of CLOCK_MONOTONIC; WEFT_FOREVER waits without
 *           end, 0 tries once and never parks
 *
 * Returns   0           it is runnable
 *           -EAGAIN     deadline 0, and as many run as may
 *           -ETIMEDOUT  the deadline came first, or that of the caller's context
 *           -ECANCELED  the caller's context was cancelled while it waited
 *           -ENOMEM     no memory
 *           -EPERM      called outside of a coroutine
 * Context   coroutines, the group's own too
 * Traces    g_create; g_park or g_switch with reason chan_send at the limit
 * Source    Go, errgroup: Group.Go, and Group.TryGo with deadline 0
 */
int weft_group_go(weft_group *g, int (*fn)(void *), void *arg, int64_t deadline);

/*
 * weft_group_wait - wait until all of the group's coroutines have ended.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC; WEFT_FOREVER waits without end, 0 tries
 * error     set when it returns 0: the first error that one of them returned, 0 for none;
 *           NULL: nobody wants it
 *
 * Returns   0           all have ended; the group's context is cancelled
 *           -EAGAIN     deadline 0, and some run
 *           -ETIMEDOUT  the deadline came first, or that of the caller's context
 *           -ECANCELED  the caller's context was cancelled; the group's coroutines run on
 *           -EPERM      it would wait, but the caller is no coroutine
 * Context   coroutines, but not the group's own
 * Traces    g_park or g_switch with reason wait_group when it waits
 * Source    Go, errgroup: Group.Wait, which can neither time out nor be cancelled
 */
int weft_group_wait(weft_group *g, int64_t deadline, int *error);

/*
 * weft_group_free - the group is no longer used.  While one of its coroutines runs that
 * is a breach of contract and ends the program.
 *
 * g         NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes g
 */
void weft_group_free(weft_group *g);

/* ---- one flight: what several want at a time is done once ---- */

typedef struct weft_flight weft_flight;

/*
 * weft_flight_new - make a set of calls, told apart by their keys.
 *
 * out       freed with weft_flight_free
 *
 * Returns   0        made
 *           -ENOMEM  no memory
 * Context   anywhere but a signal handler
 * Owns      *out is the caller's
 */
int weft_flight_new(weft_flight **out);

/*
 * weft_flight_do - call fn, or if somebody is calling for the same key, wait for what that
 * comes to and share it.
 * The first, who leads, calls fn in its own coroutine and context.  If that context is
 * cancelled and fn fails, the failure is the leader's alone: the others begin again, and
 * one of them leads with its own fn.  To call for a key from a fn for it is a deadlock.
 *
 * key       copied
 * fn        sets *value, which all get; whom it belongs to is theirs to agree
 * deadline  to wait for another's call; the leader's is not bounded by it.  Absolute, ns of
 *           CLOCK_MONOTONIC; WEFT_FOREVER waits without end, 0 does not wait
 * value     what fn set, NULL if it did not; left alone when *sharers is 0
 * sharers   how many got this result, the caller counted; 0: the caller got none, and what
 *           is returned is said below
 *
 * Returns   what fn returned
 *           -EAGAIN     deadline 0, and somebody is calling
 *           -ETIMEDOUT  the deadline came first, or that of the caller's context
 *           -ECANCELED  the caller's context was cancelled
 *           -ENOMEM     no memory
 *           -EPERM      called outside of a coroutine
 * Context   coroutines
 * Traces    g_park or g_switch with reason wait_group when it waits
 * Source    Go, golang.org/x/sync/singleflight: Group.Do; there all share a leader's
 *           cancellation
 */
int weft_flight_do(weft_flight *f, const char *key, int (*fn)(void *arg, void **value),
                   void *arg, int64_t deadline, void **value, uint32_t *sharers);

/*
 * weft_flight_forget - who asks for key from now on calls anew, whoever calls already.
 *
 * Returns   nothing
 * Context   coroutines
 * Source    Go, singleflight: Group.Forget
 */
void weft_flight_forget(weft_flight *f, const char *key);

/*
 * weft_flight_free - the set is no longer used.  While somebody calls that is a breach of
 * contract and ends the program.
 *
 * f         NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes f
 */
void weft_flight_free(weft_flight *f);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_GROUP_H */
