/* SPDX-License-Identifier: MIT */
/*
 * weft/timer.h - timers and tickers: a value on a channel, or a function in a coroutine
 * of its own, at a moment or again and again.
 * Moments are absolute, in ns of CLOCK_MONOTONIC as of weft_now().  What a channel carries
 * is an int64_t, the moment at which it was sent; its capacity is 1, so a timer never
 * waits for its receiver.  To start, to stop and to reset cost the same however many
 * timers there are.  Any number of coroutines may call; freeing is for the last.
 */
#ifndef WEFT_TIMER_H
#define WEFT_TIMER_H
#include <stdint.h>

#include <weft/chan.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_timer weft_timer;
typedef struct weft_ticker weft_ticker;

/*
 * weft_timer_new - send on a channel of its own, once, when the moment has come; at once
 * if it has passed.
 *
 * when      WEFT_FOREVER: never, until it is reset
 * out       freed with weft_timer_free
 *
 * Returns   0        started
 *           -ENOMEM  no memory
 *           -EPERM   called outside of a coroutine
 * Context   coroutines
 * Owns      *out is the caller's
 * Traces    obj_new for the channel; timer_fire, chan_len or g_ready when it fires
 * Source    Go, time: NewTimer; there the channel looks as if it had no buffer
 */
int weft_timer_new(int64_t when, weft_timer **out);

/*
 * weft_timer_func - run fn in a new coroutine when the moment has come.  That coroutine
 * has the context that the caller has now.  Without memory for it the runtime tries
 * again each ms.
 *
 * Returns   as weft_timer_new
 * Context   coroutines
 * Owns      *out is the caller's
 * Traces    timer_fire and g_create when it fires
 * Source    Go, time: AfterFunc
 */
int weft_timer_func(int64_t when, void (*fn)(void *), void *arg, weft_timer **out);

/*
 * weft_timer_chan - where the moment arrives.
 *
 * Returns   the channel; NULL for one of weft_timer_func
 * Context   anywhere; stays
 * Owns      the channel is the timer's and goes with it; it is not to be closed or freed
 */
weft_chan *weft_timer_chan(const weft_timer *t);

/*
 * weft_timer_stop - it shall not fire.  Nothing is received from its channel any more,
 * also if it has fired and nobody has received that yet.  A function that has begun is
 * not waited for.
 *
 * Returns   1  it was stopped, or what it sent was taken back
 *           0  it has fired, and that was received or runs; or it was stopped before
 * Context   anywhere but a signal handler
 * Source    Go, time: Timer.Stop as of Go 1.23
 */
int weft_timer_stop(weft_timer *t);

/*
 * weft_timer_reset - stop it, and let it fire at another moment.
 *
 * Returns   1, 0    as weft_timer_stop
 *           -EPERM  called outside of a coroutine; it is as before
 * Context   coroutines
 * Source    Go, time: Timer.Reset as of Go 1.23
 */
int weft_timer_reset(weft_timer *t, int64_t when);

/*
 * weft_timer_free - stop it; it is no longer used.  Somebody parked on its channel is a
 * breach of contract and ends the program.
 *
 * t         NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes t and its channel
 * Traces    obj_free for the channel
 */
void weft_timer_free(weft_timer *t);

/*
 * weft_ticker_new - send on a channel of its own after each period.  Ticks come at
 * multiples of the period from now on, however late one was; a tick that finds the one
 * before not yet received, or that comes so late that the next is due, is dropped.
 *
 * period    ns, at least 1
 * out       freed with weft_ticker_free
 *
 * Returns   0        started
 *           -EINVAL  a period below 1
 *           -ENOMEM  no memory
 *           -EPERM   called outside of a coroutine
 * Context   coroutines
 * Owns      *out is the caller's
 * Traces    as weft_timer_new
 * Source    Go, time: NewTicker, which panics where this says -EINVAL
 */
int weft_ticker_new(int64_t period, weft_ticker **out);

/*
 * weft_ticker_chan - where ticks arrive.
 *
 * Returns   the channel
 * Context   anywhere; stays
 * Owns      as of weft_timer_chan
 */
weft_chan *weft_ticker_chan(const weft_ticker *t);

/*
 * weft_ticker_stop - no more ticks, nor one that was sent and not yet received.  The
 * channel stays open: who waits there waits on.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 */
void weft_ticker_stop(weft_ticker *t);

/*
 * weft_ticker_reset - stop it, and tick with another period, first when that has passed.
 *
 * Returns   0        done
 *           -EINVAL  a period below 1; it is as before
 *           -EPERM   called outside of a coroutine; it is as before
 * Context   coroutines
 */
int weft_ticker_reset(weft_ticker *t, int64_t period);

/*
 * weft_ticker_free - stop it; it is no longer used.  As weft_timer_free.
 *
 * t         NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes t and its channel
 * Traces    obj_free for the channel
 */
void weft_ticker_free(weft_ticker *t);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_TIMER_H */
