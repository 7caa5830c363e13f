/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - how a context is cancelled, and who is told.
 *
 * A context's err is set under its lock, and what hangs on it taken off: children to the
 * list of what is still to do, coroutines and waiters that could be won to one of those
 * to make ready.  Then the lock is dropped, they are told, and the next one's turn comes:
 * no recursion, and no lock held with another.
 *
 * A coroutine that is about to park says which wait it is, then looks at err; we set err,
 * then look what it said.  Both with full order, so one of us sees the other; if both do,
 * the wait can still be won only once.
 */
#include "runtime/ctx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/chan.h"
#include "runtime/sched.h"

struct weft_after {
    struct wf_list link;   /* in ctx's afters: guarded by its lock */
    bool listed;           /* likewise: nobody runs it yet */
    _Atomic uint32_t refs; /* the list's or who runs it; the caller's */
    weft_ctx *ctx;         /* counted, for the caller's; NULL without */
    void (*fn)(void *);
    void *arg;
    const void *spawned;
    struct wf_timer timer; /* to try again */
};

enum { AGAIN_NS = 1000 * 1000, MESSAGE_MAX = 255 };

/* ---- functions to run ---- */

static void drop_after(struct weft_after *a, uint32_t refs)
{
    if (atomic_fetch_sub_explicit(&a->refs, refs, memory_order_acq_rel) == refs)
        free(a);
}

static void run_again(struct wf_timer *t, uint32_t seq);

static void run_after(struct weft_after *a)
{
    if (!wf_g_spawn_in(NULL, NULL, a->fn, a->arg, a->spawned, 0, NULL)) {
        drop_after(a, 1);
        return;
    }
    a->timer.fn = run_again;
    wf_timer_start(&a->timer, wf_clock_now() + AGAIN_NS);
}

static void run_again(struct wf_timer *t, uint32_t seq)
{
    (void)seq;
    run_after(wf_container(t, struct weft_after, timer));
}

int weft_ctx_after(weft_ctx *ctx, void (*fn)(void *), void *arg, weft_after **out)
{
    if (!wf_enter())
        return -EPERM;
    struct weft_after *a = calloc(1, sizeof *a);
    if (a) {
        atomic_init(&a->refs, out ? 2 : 1);
        a->fn = fn;
        a->arg = arg;
        a->spawned = __builtin_return_address(0);
        a->ctx = out ? weft_ctx_retain(ctx) : NULL;
        wf_list_init(&a->link);
        if (out)
            *out = a;
    }
    if (a && ctx) {
        wf_lock_acquire(&ctx->lock);
        a->listed = !wf_get(&ctx->err);
        if (a->listed)
            wf_list_push_back(&ctx->afters, &a->link);
        bool now = !a->listed;
        wf_lock_release(&ctx->lock);
        if (now)
            run_after(a);
    } else if (a) {
        drop_after(a, 1); /* the background is never cancelled */
    }
    wf_leave();
    return a ? 0 : -ENOMEM;
}

int weft_after_stop(weft_after *after)
{
    bool stopped = !after->ctx;
    uint32_t refs = 1;
    wf_enter();
    if (after->ctx) {
        wf_lock_acquire(&after->ctx->lock);
        stopped = after->listed;
        after->listed = false;
        if (stopped)
            wf_list_remove(&after->link);
        wf_lock_release(&after->ctx->lock);
        wf_context_release(after->ctx);
        refs += stopped; /* the list's is ours now */
    }
    drop_after(after, refs);
    wf_leave();
    return stopped;
}

void wf_context_forget_afters(weft_ctx *ctx)
{
    wf_list_each_safe (item, &ctx->afters)
        free(wf_container(item, struct weft_after, link));
}

/* ---- one context ---- */

/* What was taken off a context, to be told without its lock. */
struct told {
    struct wf_g *ready; /* won, by next */
    struct wf_list afters;
    weft_chan *done;
};

static void win(struct told *t, struct wf_g *g, uint32_t seq, int err)
{
    if (!wf_wake_claim_g(g, seq))
        return;
    g->wake_result = err;
    g->next = t->ready;
    t->ready = g;
}

/* All with the lock held. */
static void take_members(weft_ctx *ctx, struct told *t, int err)
{
    struct wf_list *item;
    while ((item = wf_list_pop(&ctx->members))) {
        struct wf_g *g = wf_container(item, struct wf_member, link)->g;
        uint32_t cancel = atomic_load(&g->cancel);
        if (cancel)
            win(t, g, cancel >> 1, err);
    }
}

static void take_waiters(weft_ctx *ctx, struct told *t)
{
    struct wf_list *item;
    while ((item = wf_list_pop(&ctx->waiters))) {
        struct wf_waiter *w = wf_container(item, struct wf_waiter, link);
        win(t, w->g, w->seq, 0);
    }
}

static void take_afters(weft_ctx *ctx, struct told *t)
{
    struct wf_list *item;
    while ((item = wf_list_pop(&ctx->afters))) {
        wf_container(item, struct weft_after, link)->listed = false;
        wf_list_push_back(&t->afters, item);
    }
}

/* Children that somebody still has; the others are on their way out. */
static void take_children(weft_ctx *ctx, struct wf_list *todo)
{
    struct wf_list *item;
    while ((item = wf_list_pop(&ctx->children)))
        if (wf_context_try_acquire(wf_container(item, weft_ctx, sibling)))
            wf_list_push_back(todo, item);
}

static void tell(weft_ctx *ctx, struct told *t)
{
    struct wf_list *item;
    struct wf_g *g;
    while ((g = t->ready)) {
        t->ready = g->next;
        wf_ready(g, wf_get(&g->obj));
    }
    if (t->done)
        wf_chan_close(t->done, (const void *)wf_context_cancel);
    while ((item = wf_list_pop(&t->afters)))
        run_after(wf_container(item, struct weft_after, link));
    if (ctx->timed && wf_timer_stop(&ctx->timer))
        wf_context_release(ctx); /* the timer's; who cancels has another */
}

/* True when it was not cancelled before. */
static bool cancel_one(weft_ctx *ctx, int err, int cause, const char *message, bool own,
                       struct wf_list *todo)
{
    struct told t = { .afters = WF_LIST_INIT(t.afters) };
    wf_lock_acquire(&ctx->lock);
    bool first = !wf_get(&ctx->err);
    if (first) {
        ctx->cause = cause;
        ctx->message = message;
        ctx->own_message = own;
        atomic_store(&ctx->err, err);
        take_members(ctx, &t, err);
        take_waiters(ctx, &t);
        take_afters(ctx, &t);
        take_children(ctx, todo);
        t.done = wf_get(&ctx->done);
    }
    wf_lock_release(&ctx->lock);
    if (!first)
        return false;
    wf_obj_mention(&ctx->obj);
    WF_TRACE(ctx_cancel, .id = ctx->obj.id, .cause = (uint64_t)-cause);
    tell(ctx, &t);
    return true;
}

void wf_context_cancel(weft_ctx *ctx, int err, int cause, char *message)
{
    struct wf_list todo = WF_LIST_INIT(todo), *item;
    if (!cancel_one(ctx, err, cause, message, message != NULL, &todo))
        free(message);
    while ((item = wf_list_pop(&todo))) {
        weft_ctx *child = wf_container(item, weft_ctx, sibling);
        cancel_one(child, err, cause, message, false, &todo);
        wf_context_release(child);
    }
}

void wf_context_expire(struct wf_timer *t, uint32_t seq)
{
    weft_ctx *ctx = wf_container(t, weft_ctx, timer);
    (void)seq;
    wf_context_cancel(ctx, -ETIMEDOUT, -ETIMEDOUT, NULL);
    wf_context_release(ctx);
}

int weft_ctx_cancel(weft_ctx *ctx, int err, const char *message)
{
    if (!ctx || err > 0)
        return -EINVAL;
    if (weft_ctx_err(ctx))
        return 0;
    char *copy = message ? strndup(message, MESSAGE_MAX) : NULL;
    if (!wf_enter()) {
        free(copy);
        return -EPERM;
    }
    wf_context_cancel(ctx, -ECANCELED, err ? err : -ECANCELED, copy);
    wf_leave();
    return 0;
}

/* ---- who waits ---- */

/* g has come to wait in ctx for the first time. */
static void enlist(weft_ctx *ctx, struct wf_g *g)
{
    struct wf_member *me = wf_context_member(g);
    me->g = g;
    wf_list_init(&me->link);
    wf_lock_acquire(&ctx->lock);
    if (!wf_get(&ctx->err))
        wf_list_push_back(&ctx->members, &me->link);
    wf_lock_release(&ctx->lock);
    g->flags |= WF_G_LISTED;
}

int wf_context_wait(struct wf_g *g)
{
    weft_ctx *ctx = g->context;
    uint32_t seq = wf_get(&g->wake) >> WF_WAKE_BITS;
    if (!(g->flags & WF_G_LISTED))
        enlist(ctx, g);
    int err = wf_get(&ctx->err);
    if (err)
        return err;
    atomic_store(&g->cancel, seq << 1 | 1);
    err = atomic_load(&ctx->err);
    if (wf_likely(!err))
        return 0;
    /* Between our two looks.  Who cancels may have won: then we wait to be told. */
    wf_set(&g->cancel, 0);
    return wf_wake_claim_g(g, seq) ? err : 0;
}

static void unlock_ctx(void *lock)
{
    wf_lock_release(lock);
}

/* With ctx->lock held, which it drops. */
static int wait_cancelled(weft_ctx *ctx, int64_t deadline)
{
    struct wf_waiter w;
    wf_waiter_init(&w, NULL);
    wf_list_push_back(&ctx->waiters, &w.link);
    int err = wf_park_until(WF_WHY_context, ctx->obj.id, deadline, unlock_ctx,
                            &ctx->lock);
    wf_lock_acquire(&ctx->lock);
    wf_list_remove(&w.link);
    wf_lock_release(&ctx->lock);
    return weft_ctx_err(ctx) ? 0 : err;
}

/* Forever, in the background: until our own context is cancelled or the deadline comes. */
static int wait_never(int64_t deadline)
{
    return wf_park_until(WF_WHY_never, 0, deadline, NULL, NULL);
}

static int wait_for(weft_ctx *ctx, struct wf_m *m, int64_t deadline)
{
    if (weft_ctx_err(ctx))
        return 0;
    if (!deadline || !m)
        return deadline ? -EPERM : -EAGAIN;
    if (!ctx)
        return wait_never(deadline);
    struct wf_g *g = m->g;
    if (g->flags & WF_G_CONTEXT && !(g->flags & WF_G_LISTED))
        enlist(g->context, g); /* now: not while we hold another context's lock */
    wf_obj_mention(&ctx->obj);
    wf_lock_acquire(&ctx->lock);
    if (!wf_get(&ctx->err))
        return wait_cancelled(ctx, deadline);
    wf_lock_release(&ctx->lock);
    return 0;
}

int weft_ctx_wait(weft_ctx *ctx, int64_t deadline)
{
    int err = wait_for(ctx, wf_enter(), deadline);
    wf_leave();
    return err;
}

/* Who puts the channel there after the context was cancelled closes it himself. */
int weft_ctx_done(weft_ctx *ctx, weft_chan **done)
{
    weft_chan *ch = ctx ? atomic_load_explicit(&ctx->done, memory_order_acquire) : NULL;
    if (ch || !ctx) {
        *done = ch;
        return 0;
    }
    weft_chan *fresh = weft_chan_new(0, 0);
    if (!fresh)
        return -ENOMEM;
    wf_enter();
    wf_lock_acquire(&ctx->lock);
    ch = wf_get(&ctx->done);
    if (!ch)
        atomic_store_explicit(&ctx->done, fresh, memory_order_release);
    bool close = !ch && wf_get(&ctx->err);
    wf_lock_release(&ctx->lock);
    if (close)
        wf_chan_close(fresh, (const void *)weft_ctx_done);
    if (ch)
        wf_chan_free(fresh);
    wf_leave();
    *done = ch ? ch : fresh;
    return 0;
}
