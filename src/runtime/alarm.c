/* SPDX-License-Identifier: MIT */
/*
 * alarm.c - timers and tickers of the program.
 *
 * What a timer does when it fires it does under its lock, and so does who stops it: so
 * after a stop nothing is sent any more, and what was sent has been taken back.  One that
 * is about to fire while it is stopped, or started again, finds another number.
 *
 * The user has a reference, and each start one until it is stopped or has fired: so that
 * who fires may find that it is freed.
 */
#include <weft/timer.h>

#include <errno.h>
#include <stdlib.h>

#include "runtime/chan.h"
#include "runtime/ctx.h"
#include "runtime/dump.h"
#include "runtime/sched.h"

enum { AGAIN_NS = 1000 * 1000 };

struct weft_timer {
    struct wf_timer t;
    struct wf_lock lock; /* rank ALARM: guards t.seq, live and period, and ch's end */
    _Atomic uint32_t refs;
    bool live;      /* started, and has not fired since */
    int64_t period; /* 0: once */
    weft_chan *ch;  /* NULL with fn */

    void (*fn)(void *);
    void *arg;
    const void *spawned;
    weft_ctx *ctx; /* of fn's coroutine; counted */
};

static weft_timer *of(const weft_ticker *t)
{
    return (weft_timer *)t;
}

static void drop(weft_timer *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
        free(t);
}

/* ---- with t->lock held ---- */

static void arm(weft_timer *t, int64_t when)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    t->t.seq++;
    t->live = true;
    wf_timer_start(&t->t, when);
}

/* True when it would have fired, or what it sent would have been received. */
static bool disarm(weft_timer *t)
{
    struct wf_chan_after after = { .len = -1 };
    bool was = t->live;
    t->live = false;
    if (wf_timer_stop(&t->t))
        atomic_fetch_sub_explicit(&t->refs, 1, memory_order_relaxed); /* not the last */
    if (t->ch) {
        wf_lock_acquire(&t->ch->lock);
        was |= !wf_chan_try_recv(t->ch, NULL, &after);
        wf_lock_release(&t->ch->lock);
    }
    return was;
}

static void send_now(weft_timer *t, struct wf_chan_after *after)
{
    int64_t now = wf_clock_now();
    wf_lock_acquire(&t->ch->lock);
    wf_chan_try_send(t->ch, &now, after);
    wf_lock_release(&t->ch->lock);
}

/* When it is to fire again; 0: not at all. */
static int64_t next_time(weft_timer *t, bool done)
{
    int64_t now = wf_clock_now(), when = t->t.when, next;
    if (!done)
        return now + AGAIN_NS;
    if (!t->period)
        return 0;
    int64_t missed = now > when ? (now - when) / t->period : 0;
    if (__builtin_mul_overflow(t->period, 1 + missed, &next) ||
        __builtin_add_overflow(when, next, &next))
        next = WF_FOREVER;
    return next;
}

/* ---- firing: on an M's own stack ---- */

static void fire(struct wf_timer *wt, uint32_t seq)
{
    weft_timer *t = wf_container(wt, weft_timer, t);
    struct wf_chan_after after = { .len = -1 };
    uint64_t id = 0;
    int64_t next = 0;
    wf_lock_acquire(&t->lock);
    if (t->live && t->t.seq == seq) {
        bool done = true;
        if (t->ch) {
            id = t->ch->obj.id;
            send_now(t, &after);
        } else {
            done = !wf_g_spawn_in(t->ctx, NULL, t->fn, t->arg, t->spawned, 0, NULL);
        }
        next = next_time(t, done);
        t->live = next != 0;
        if (next)
            wf_timer_start(&t->t, next);
    }
    wf_lock_release(&t->lock);
    if (id)
        wf_chan_finish(id, &after);
    if (!next)
        drop(t);
}

/* ---- timers ---- */

static weft_timer *make(weft_chan *ch)
{
    weft_timer *t = malloc(sizeof *t);
    if (!t)
        return NULL;
    *t = (weft_timer){ .t.fn = fire, .ch = ch };
    wf_lock_init(&t->lock, WF_RANK_ALARM);
    atomic_init(&t->refs, 1);
    return t;
}

/* With a channel; period is 0 for a timer. */
static int make_sending(int64_t when, int64_t period, weft_timer **out)
{
    if (!wf_m())
        return -EPERM;
    weft_chan *ch = weft_chan_new(sizeof(int64_t), 1);
    weft_timer *t = ch ? make(ch) : NULL;
    if (!t) {
        weft_chan_free(ch);
        return -ENOMEM;
    }
    t->period = period;
    *out = t;
    wf_enter();
    wf_lock_acquire(&t->lock);
    arm(t, when);
    wf_lock_release(&t->lock);
    wf_leave();
    return 0;
}

int weft_timer_new(int64_t when, weft_timer **out)
{
    return make_sending(when, 0, out);
}

int weft_timer_func(int64_t when, void (*fn)(void *), void *arg, weft_timer **out)
{
    if (!wf_enter())
        return -EPERM;
    weft_timer *t = make(NULL);
    if (t) {
        t->fn = fn;
        t->arg = arg;
        t->spawned = __builtin_return_address(0);
        t->ctx = weft_ctx_retain(weft_ctx_current());
        *out = t;
        wf_lock_acquire(&t->lock);
        arm(t, when);
        wf_lock_release(&t->lock);
    }
    wf_leave();
    return t ? 0 : -ENOMEM;
}

weft_chan *weft_timer_chan(const weft_timer *t)
{
    return t->ch;
}

int weft_timer_stop(weft_timer *t)
{
    wf_enter();
    wf_lock_acquire(&t->lock);
    bool was = disarm(t);
    wf_lock_release(&t->lock);
    wf_leave();
    return was;
}

int weft_timer_reset(weft_timer *t, int64_t when)
{
    if (!wf_enter())
        return -EPERM;
    wf_lock_acquire(&t->lock);
    bool was = disarm(t);
    arm(t, when);
    wf_lock_release(&t->lock);
    wf_leave();
    return was;
}

/* Who is about to fire finds it not live, and touches nothing else of it. */
static void free_timer(weft_timer *t, const char *call, const void *site)
{
    if (!t)
        return;
    wf_enter();
    wf_lock_acquire(&t->lock);
    disarm(t);
    wf_lock_release(&t->lock);
    if (t->ch && wf_chan_awaited(t->ch))
        wf_breach(call, site, "somebody is parked on its channel, %llu",
                  (unsigned long long)t->ch->obj.id);
    if (t->ch)
        wf_chan_free(t->ch);
    wf_context_release(t->ctx);
    drop(t);
    wf_leave();
}

void weft_timer_free(weft_timer *t)
{
    free_timer(t, __func__, __builtin_return_address(0));
}

/* ---- tickers ---- */

static int64_t after(int64_t period)
{
    int64_t when;
    return __builtin_add_overflow(wf_clock_now(), period, &when) ? WF_FOREVER : when;
}

int weft_ticker_new(int64_t period, weft_ticker **out)
{
    return period < 1 ? -EINVAL
                      : make_sending(after(period), period, (weft_timer **)out);
}

weft_chan *weft_ticker_chan(const weft_ticker *t)
{
    return of(t)->ch;
}

void weft_ticker_stop(weft_ticker *t)
{
    weft_timer_stop(of(t));
}

int weft_ticker_reset(weft_ticker *ticker, int64_t period)
{
    weft_timer *t = of(ticker);
    if (period < 1)
        return -EINVAL;
    if (!wf_enter())
        return -EPERM;
    wf_lock_acquire(&t->lock);
    disarm(t);
    t->period = period;
    arm(t, after(period));
    wf_lock_release(&t->lock);
    wf_leave();
    return 0;
}

void weft_ticker_free(weft_ticker *t)
{
    free_timer(of(t), __func__, __builtin_return_address(0));
}
