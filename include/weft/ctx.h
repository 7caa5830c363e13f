/* SPDX-License-Identifier: MIT */
/*
 * weft/ctx.h - contexts: why a piece of work should end, told to all who do part of it.
 * Each coroutine has a current context, which a coroutine that it makes inherits.  When
 * a context is cancelled, or its deadline comes, every call that waits in a coroutine
 * whose context it is (or one below) ends at once: with -ECANCELED, or with -ETIMEDOUT
 * for the deadline.  So does each such call from then on, if it would have to wait; what
 * need not wait succeeds.  What returns nothing, like weft_mutex_lock, waits on, and so
 * does weft_barrier_wait.
 *
 * Contexts form a tree: to cancel one cancels all below it, and no deadline is later than
 * its parent's.  NULL is the background: the root of all, which nobody cancels.
 * A context is counted: weft_ctx_new gives a reference, weft_ctx_release takes it.  Each
 * child and each coroutine has one of its own.
 */
#ifndef WEFT_CTX_H
#define WEFT_CTX_H
#include <stdint.h>

#include <weft/chan.h>
#include <weft/coro.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_ctx weft_ctx;
typedef struct weft_after weft_after;

/*
 * weft_ctx_new - make a context below parent.  Below one that is cancelled it is so from
 * the beginning, with the parent's cause; so it is when the deadline has passed.
 *
 * parent    NULL: the background
 * deadline  absolute, ns of CLOCK_MONOTONIC: then it is cancelled by itself; WEFT_FOREVER:
 *           when the parent is.  The parent's counts if it is earlier
 * out       released with weft_ctx_release
 *
 * Returns   0        made
 *           -ENOMEM  no memory
 *           -EPERM   with a deadline of its own, called outside of a coroutine
 * Context   coroutines; without a deadline anywhere but a signal handler
 * Owns      *out is the caller's; parent is borrowed, the context keeps its own reference
 * Traces    obj_new, ctx_new; ctx_cancel when it is born cancelled
 * Source    Go, context: WithCancel and WithDeadline; there each needs its CancelFunc
 */
int weft_ctx_new(weft_ctx *parent, int64_t deadline, weft_ctx **out);

/*
 * weft_ctx_with_value - make a context below parent that knows a value.
 *
 * key       compared as an address: that of a static variable is nobody else's; under NULL
 *           nothing is found
 * value     kept as it is: must be good as long as anybody may ask
 *
 * Returns   as weft_ctx_new without a deadline
 * Context   anywhere but a signal handler
 * Owns      as weft_ctx_new; key and value stay the caller's
 * Traces    obj_new, ctx_new
 */
int weft_ctx_with_value(weft_ctx *parent, const void *key, void *value, weft_ctx **out);

/*
 * weft_ctx_without_cancel - make a context that knows parent's values, and is cancelled
 * by nothing but a weft_ctx_cancel of its own.  It has no deadline.
 *
 * Returns   as weft_ctx_new without a deadline
 * Context   anywhere but a signal handler
 * Owns      as weft_ctx_new
 * Traces    obj_new, ctx_new with parent 0
 */
int weft_ctx_without_cancel(weft_ctx *parent, weft_ctx **out);

/*
 * weft_ctx_retain - one reference more, to be released.
 *
 * ctx       NULL: nothing is counted
 *
 * Returns   ctx
 * Context   anywhere
 */
weft_ctx *weft_ctx_retain(weft_ctx *ctx);

/*
 * weft_ctx_release - one reference less; with the last one the context is gone.
 * Nobody is cancelled by that: cancel first what is to end.  Its deadline cancels it only
 * as long as somebody else has a reference.
 *
 * ctx       NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes the reference
 * Traces    obj_free with the last one
 */
void weft_ctx_release(weft_ctx *ctx);

/*
 * weft_ctx_use - make ctx the running coroutine's context, in exchange for the one before.
 * A reference is given and one got, so that to leave again is weft_ctx_release(
 * weft_ctx_use(old)), and ctx stays good for the caller while it is in use.
 *
 * ctx       NULL: the background
 *
 * Returns   the context before, NULL for the background or outside of a coroutine
 * Context   coroutines
 * Owns      takes the caller's reference to ctx; what is returned is the caller's
 */
weft_ctx *weft_ctx_use(weft_ctx *ctx);

/*
 * weft_ctx_current - the running coroutine's context.
 *
 * Returns   the context, NULL for the background
 * Context   anywhere; stays
 * Owns      it is borrowed until the coroutine uses another
 */
weft_ctx *weft_ctx_current(void);

/*
 * weft_ctx_cancel - cancel a context and all below it, for a reason.  When it returns
 * they are cancelled, their coroutines awake, their channels closed.  The first time
 * counts: of a context that is cancelled nothing changes, and while somebody else, or its
 * deadline, is cancelling it, who comes second does not wait for what is below.
 *
 * err       the cause, a negative errno; 0 is -ECANCELED
 * message   copied, up to 255 bytes; NULL for none; without memory for it there is none
 *
 * Returns   0        it is cancelled, now or before
 *           -EPERM   called outside of a coroutine
 *           -EINVAL  ctx is the background, or err above 0
 * Context   coroutines
 * Traces    ctx_cancel for each that was not, g_ready for each that waited
 * Source    Go, context: CancelCauseFunc; here in time linear in what is below, and
 *           without recursion
 */
int weft_ctx_cancel(weft_ctx *ctx, int err, const char *message);

/*
 * weft_ctx_err - is it cancelled?
 *
 * Returns   0           no
 *           -ECANCELED  yes
 *           -ETIMEDOUT  yes, by its deadline or an ancestor's
 * Context   anywhere; stays
 */
int weft_ctx_err(const weft_ctx *ctx);

/*
 * weft_ctx_cause - why it was cancelled: as was said to weft_ctx_cancel of it or of the
 * ancestor that took it along.
 *
 * message   set if it is not NULL: the text, or NULL; good as long as the context is
 *
 * Returns   0 when it is not cancelled; the cause; as weft_ctx_err when none was given
 * Context   anywhere; stays
 */
int weft_ctx_cause(const weft_ctx *ctx, const char **message);

/*
 * weft_ctx_deadline - when it is cancelled by itself.
 *
 * Returns   ns of CLOCK_MONOTONIC, its own or an earlier one above it; WEFT_FOREVER: never
 * Context   anywhere; stays
 */
int64_t weft_ctx_deadline(const weft_ctx *ctx);

/*
 * weft_ctx_value - what the nearest context above, or this one, has for key.
 *
 * Returns   the value, NULL if none has it
 * Context   anywhere; stays
 */
void *weft_ctx_value(const weft_ctx *ctx, const void *key);

/*
 * weft_ctx_done - a channel that is closed when the context is cancelled, for a select.
 * Nothing is ever sent on it.  It is made when somebody first asks.
 *
 * done      the same channel for each call; NULL, which in a select is never ready, for
 *           the background
 *
 * Returns   0        *done is set
 *           -ENOMEM  no memory for a channel
 * Context   anywhere but a signal handler
 * Owns      the channel is the context's and goes with it; it is not to be closed or freed
 * Traces    obj_new for the channel
 */
int weft_ctx_done(weft_ctx *ctx, weft_chan **done);

/*
 * weft_ctx_wait - wait until ctx is cancelled.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC; WEFT_FOREVER waits without end, 0 tries
 *
 * Returns   0           it is cancelled
 *           -EAGAIN     deadline 0, and it is not
 *           -ETIMEDOUT  the deadline came first, or that of the caller's own context
 *           -ECANCELED  the caller's own context was cancelled, and ctx is not
 *           -EPERM      it would wait, but the caller is no coroutine
 * Context   coroutines; anywhere with deadline 0
 * Owns      ctx is borrowed for the call
 * Traces    g_park or g_switch with reason context when it waits
 */
int weft_ctx_wait(weft_ctx *ctx, int64_t deadline);

/*
 * weft_ctx_after - run fn in a coroutine of its own when ctx is cancelled; now if it is.
 * That coroutine is in the background: nothing cancels it.  Without memory for it the
 * runtime tries again each ms.
 *
 * out       for weft_after_stop, which must come once; NULL: it cannot be stopped
 *
 * Returns   0        it will run, if ctx is cancelled before it is gone
 *           -ENOMEM  no memory
 *           -EPERM   called outside of a coroutine
 * Context   coroutines
 * Owns      *out is the caller's, and keeps ctx
 * Traces    g_create when it runs
 * Source    Go, context: AfterFunc
 */
int weft_ctx_after(weft_ctx *ctx, void (*fn)(void *), void *arg, weft_after **out);

/*
 * weft_after_stop - fn shall not run.  It is not waited for if it has begun.
 *
 * Returns   1  it was stopped: fn will not run
 *           0  too late: fn runs, has run, or is about to
 * Context   anywhere but a signal handler
 * Owns      takes after
 */
int weft_after_stop(weft_after *after);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_CTX_H */
