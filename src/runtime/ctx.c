/* SPDX-License-Identifier: MIT */
/*
 * ctx.c - contexts as things: made, counted, asked, entered and left.
 * A child has a reference to its parent, which has none to it: the last to let go of a
 * child takes it off the parent's list.  Who walks that list meanwhile tries to get a
 * reference, and leaves alone what is going.
 */
#include "runtime/ctx.h"

#include <errno.h>
#include <stdlib.h>

#include "runtime/chan.h"
#include "runtime/dump.h"
#include "runtime/sched.h"

/* ---- counted ---- */

bool wf_context_try_acquire(weft_ctx *ctx)
{
    uint32_t n = wf_get(&ctx->refs);
    while (n && !atomic_compare_exchange_weak_explicit(
                    &ctx->refs, &n, n + 1, memory_order_relaxed, memory_order_relaxed))
        ;
    return n > 0;
}

static void acquire(weft_ctx *ctx)
{
    atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
}

/* True for the last one.  A started timer's is nobody's to keep it for: with only that
 * left beside ours, stop it.  A timer that cannot be stopped lets go by itself. */
static bool drop(weft_ctx *ctx)
{
    uint32_t n = wf_get(&ctx->refs);
    for (;;) {
        if (n == 2 && ctx->timed && wf_timer_stop(&ctx->timer))
            return atomic_fetch_sub_explicit(&ctx->refs, 2, memory_order_acq_rel) == 2;
        WF_CHECK(n > 0);
        if (atomic_compare_exchange_weak_explicit(
                &ctx->refs, &n, n - 1, memory_order_acq_rel, memory_order_relaxed))
            return n == 1;
    }
}

/* Nobody has it any more: off the parent's list, and gone. */
static void destroy(weft_ctx *ctx)
{
    if (ctx->parent) {
        wf_lock_acquire(&ctx->parent->lock);
        wf_list_remove(&ctx->sibling);
        wf_lock_release(&ctx->parent->lock);
    }
    wf_context_forget_afters(ctx);
    wf_obj_free(&ctx->obj);
    if (ctx->own_message)
        free((char *)ctx->message);
    if (ctx->own_value)
        free(ctx->value);
    free(ctx);
}

void wf_context_release(weft_ctx *ctx)
{
    while (ctx && drop(ctx)) {
        weft_ctx *parent = ctx->parent;
        weft_chan *done = wf_get(&ctx->done);
        if (done && wf_chan_awaited(done))
            wf_breach("weft_ctx_release", __builtin_return_address(0),
                      "somebody waits for context %llu",
                      (unsigned long long)ctx->obj.id);
        destroy(ctx);
        if (done)
            wf_chan_free(done);
        ctx = parent;
    }
}

weft_ctx *weft_ctx_retain(weft_ctx *ctx)
{
    if (ctx)
        acquire(ctx);
    return ctx;
}

void weft_ctx_release(weft_ctx *ctx)
{
    wf_enter();
    wf_context_release(ctx);
    wf_leave();
}

/* ---- made ---- */

static weft_ctx *make(weft_ctx *parent, int64_t deadline)
{
    weft_ctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx)
        return NULL;
    atomic_init(&ctx->refs, 1);
    ctx->parent = weft_ctx_retain(parent);
    ctx->deadline = deadline;
    wf_lock_init(&ctx->lock, WF_RANK_CTX);
    wf_list_init(&ctx->children);
    wf_list_init(&ctx->members);
    wf_list_init(&ctx->afters);
    wf_list_init(&ctx->waiters);
    wf_list_init(&ctx->sibling);
    return ctx;
}

static void tell_new(weft_ctx *ctx, weft_ctx *parent)
{
    wf_obj_init(&ctx->obj, WF_OKIND_context, 0, NULL);
    if (parent)
        wf_obj_mention(&parent->obj);
    WF_TRACE(ctx_new, .id = ctx->obj.id, .parent = parent ? parent->obj.id : 0,
             .deadline = ctx->deadline == WF_FOREVER ? 0 : (uint64_t)ctx->deadline);
}

/* Among the parent's children, or cancelled as it is. */
static void attach(weft_ctx *ctx)
{
    weft_ctx *parent = ctx->parent;
    wf_lock_acquire(&parent->lock);
    int err = wf_get(&parent->err);
    if (!err)
        wf_list_push_back(&parent->children, &ctx->sibling);
    wf_lock_release(&parent->lock);
    if (!err)
        return;
    ctx->cause = parent->cause; /* no longer changes */
    ctx->message = parent->message;
    atomic_store_explicit(&ctx->err, err, memory_order_release);
    WF_TRACE(ctx_cancel, .id = ctx->obj.id, .cause = (uint64_t)-ctx->cause);
}

/* Before anybody else can see it: the timer will be started. */
static void set_timer(weft_ctx *ctx)
{
    ctx->timer.fn = wf_context_expire;
    ctx->timed = true;
    acquire(ctx);
}

/* It may have been cancelled meanwhile: then a timer that was started ends by itself. */
static void start_timer(weft_ctx *ctx)
{
    bool passed = ctx->deadline <= wf_clock_now();
    if (!passed && !wf_get(&ctx->err)) {
        wf_timer_start(&ctx->timer, ctx->deadline);
        return;
    }
    if (passed)
        wf_context_cancel(ctx, -ETIMEDOUT, -ETIMEDOUT, NULL);
    wf_context_release(ctx);
}

int weft_ctx_new(weft_ctx *parent, int64_t deadline, weft_ctx **out)
{
    int64_t above = weft_ctx_deadline(parent);
    bool timed = deadline < above;
    if (!wf_enter() && timed)
        return -EPERM;
    weft_ctx *ctx = make(parent, timed ? deadline : above);
    if (ctx) {
        if (timed)
            set_timer(ctx);
        tell_new(ctx, parent);
        if (parent)
            attach(ctx);
        if (timed)
            start_timer(ctx);
        *out = ctx;
    }
    wf_leave();
    return ctx ? 0 : -ENOMEM;
}

int weft_ctx_with_value(weft_ctx *parent, const void *key, void *value, weft_ctx **out)
{
    int err = -ENOMEM;
    wf_enter();
    weft_ctx *ctx = make(parent, weft_ctx_deadline(parent));
    if (ctx) {
        ctx->key = key;
        ctx->value = value;
        tell_new(ctx, parent);
        if (parent)
            attach(ctx);
        *out = ctx;
        err = 0;
    }
    wf_leave();
    return err;
}

int weft_ctx_without_cancel(weft_ctx *parent, weft_ctx **out)
{
    wf_enter();
    weft_ctx *ctx = make(parent, WF_FOREVER);
    if (ctx) {
        tell_new(ctx, NULL);
        *out = ctx;
    }
    wf_leave();
    return ctx ? 0 : -ENOMEM;
}

/* ---- asked ---- */

int weft_ctx_err(const weft_ctx *ctx)
{
    return ctx ? atomic_load_explicit(&ctx->err, memory_order_acquire) : 0;
}

int weft_ctx_cause(const weft_ctx *ctx, const char **message)
{
    int err = weft_ctx_err(ctx);
    if (message)
        *message = err ? ctx->message : NULL;
    return err ? ctx->cause : 0;
}

int64_t weft_ctx_deadline(const weft_ctx *ctx)
{
    return ctx ? ctx->deadline : WF_FOREVER;
}

void *weft_ctx_value(const weft_ctx *ctx, const void *key)
{
    for (; ctx; ctx = ctx->parent)
        if (ctx->key == key && key)
            return ctx->value;
    return NULL;
}

/* ---- entered and left ---- */

void wf_context_join(struct wf_g *g, weft_ctx *ctx)
{
    acquire(ctx);
    g->context = ctx;
    g->flags |= WF_G_CONTEXT;
}

/* The coroutine's reference goes to the caller. */
static weft_ctx *take_from(struct wf_g *g)
{
    weft_ctx *ctx = g->flags & WF_G_CONTEXT ? g->context : NULL;
    if (ctx && g->flags & WF_G_LISTED) {
        wf_lock_acquire(&ctx->lock);
        wf_list_remove(&wf_context_member(g)->link);
        wf_lock_release(&ctx->lock);
    }
    g->flags &= (uint8_t) ~(WF_G_CONTEXT | WF_G_LISTED);
    g->context = NULL;
    return ctx;
}

void wf_context_leave(struct wf_g *g)
{
    wf_context_release(take_from(g));
}

static void leave_behind(struct wf_g *g, void *arg)
{
    (void)arg;
    wf_context_leave(g);
}

void wf_context_end(void)
{
    wf_g_each(leave_behind, NULL);
}

weft_ctx *weft_ctx_use(weft_ctx *ctx)
{
    struct wf_m *m = wf_enter();
    if (!m)
        return NULL;
    weft_ctx *before = take_from(m->g);
    if (ctx) {
        m->g->context = ctx;
        m->g->flags |= WF_G_CONTEXT;
    }
    wf_leave();
    return before;
}

weft_ctx *weft_ctx_current(void)
{
    struct wf_g *g = wf_g();
    return g && g->flags & WF_G_CONTEXT ? g->context : NULL;
}

int wf_context_err(void)
{
    return weft_ctx_err(weft_ctx_current());
}
