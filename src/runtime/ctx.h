/* SPDX-License-Identifier: MIT */
/*
 * ctx.h - contexts and the coroutines that are in them, for ctx.c, cancel.c and park.c.
 *
 * A coroutine's own context is counted, and told of the coroutine when that first waits
 * in it: from then on a wait costs one exchange, by which it says what may be ended.
 * Who cancels a context looks through its coroutines, and wins the waits of those that
 * are parked as a timeout would.
 */
#ifndef WF_RUNTIME_CTX_H
#define WF_RUNTIME_CTX_H
#include <weft/ctx.h>

#include "runtime/obj.h"
#include "runtime/stack.h"
#include "runtime/runtime.h"

struct weft_ctx {
    _Atomic int err; /* 0, then what it was cancelled with; written with lock held */
    _Atomic uint32_t refs; /* callers', children's, coroutines', the started timer's */
    weft_ctx *parent;      /* counted; NULL: none */
    int64_t deadline;      /* its own or an ancestor's; WF_FOREVER for none */
    bool timed;            /* timer was started: no ancestor's deadline is earlier */
    bool own_message;      /* message is to be freed */
    bool own_value;        /* so is value */
    int cause;             /* with err, as are the next two */
    const char *message;   /* or the parent's; NULL for none */
    const void *key;       /* of with_value */
    void *value;
    struct wf_timer timer;
    struct wf_obj obj;

    struct wf_lock lock;     /* rank CTX: guards all below, and err */
    struct wf_list children; /* by sibling; none once err is set, as in the next two */
    struct wf_list members; /* of struct wf_member: coroutines in it that have waited */
    struct wf_list afters;  /* of struct weft_after */
    struct wf_list waiters; /* of struct wf_waiter: weft_ctx_wait */
    _Atomic(weft_chan *) done;

    struct wf_list sibling; /* guarded by the parent's lock */
};

/* ---- ctx.c ---- */

/* A reference more, but not to one that is about to be freed. */
bool wf_context_try_acquire(weft_ctx *ctx);
/* A reference less; inside the runtime. */
void wf_context_release(weft_ctx *ctx);
/* Inherit: ctx becomes the context of g, which has none and does not run yet. */
void wf_context_join(struct wf_g *g, weft_ctx *ctx);
/* g, running, dead or never to run again, has no context any more. */
void wf_context_leave(struct wf_g *g);
/* The runtime is over: those whom it leaves behind let go of their contexts. */
void wf_context_end(void);

/* ---- cancel.c ---- */

/* Cancel it and all below, if it is not; inside the runtime on an M that holds a P.
 * err is -ECANCELED or -ETIMEDOUT; takes message, from malloc or NULL. */
void wf_context_cancel(weft_ctx *ctx, int err, int cause, char *message);
/* The same when its deadline has come; seq is not used. */
void wf_context_expire(struct wf_timer *t, uint32_t seq);
/* Those whom nobody can stop any more: at the end of ctx. */
void wf_context_forget_afters(weft_ctx *ctx);

/* The running g is about to park: from now on its context can end that wait.  Or what
 * that was cancelled with: then it must not park, and nobody has won the wait. */
int wf_context_wait(struct wf_g *g);

/* A coroutine in its context's list: above all else on its stack, so that struct wf_g
 * stays small.  Not touched before the first wait in a context. */
struct wf_member {
    alignas(16) struct wf_list link;
    struct wf_g *g;
};

static inline struct wf_member *wf_context_member(const struct wf_g *g)
{
    char *hi = wf_unlikely(g->big != NULL) ? wf_big_stack_own_hi(g->big) : g->stack_hi;
    return (struct wf_member *)(void *)hi - 1;
}

#endif /* WF_RUNTIME_CTX_H */
