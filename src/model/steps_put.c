/* SPDX-License-Identifier: MIT */
/* steps_put.c - put one step; know what coroutines, Ps and queues were before. */
#include "model/steps.h"

#include <stdlib.h>

/* --- putting steps ---------------------------------------------------------------- */

/* A step about the writer of the event at hand. */
struct wf_step *wf_step_put(struct wf_steps *s, enum wf_step_kind kind)
{
    struct wf_step *step =
        &s->queued[s->nqueued < QUEUED_MAX ? s->nqueued++ : QUEUED_MAX - 1];

    *step = (struct wf_step){ .t = s->rec->t,
                              .kind = (uint8_t)kind,
                              .prov = WF_RECORDED,
                              .state = WF_G_NSTATES,
                              .m = s->rec->who.m,
                              .p = s->rec->who.p,
                              .g = s->rec->who.g };
    return step;
}

struct wf_step_g *wf_step_coroutine(struct wf_steps *s, uint64_t g)
{
    struct wf_step_g *c = wf_map_get(&s->gs, g);

    if (c || !g)
        return c;
    c = wf_map_put(&s->gs, g);
    if (c)
        c->state = WF_G_NSTATES;
    return c;
}

/* Gaps come in the order of their ends; those that touch are one for gap_since. */
void wf_step_missing(struct wf_steps *s, int64_t from, int64_t to)
{
    struct wf_step_span *grown;

    while (s->ngaps && s->gaps[s->ngaps - 1].to >= from)
        from = s->gaps[--s->ngaps].from < from ? s->gaps[s->ngaps].from : from;
    if (s->ngaps == s->gaps_size) {
        size_t size = s->gaps_size ? 2 * s->gaps_size : 64;
        grown = realloc(s->gaps, size * sizeof *grown);
        if (!grown && !s->ngaps)
            return;
        if (!grown) { /* rather too much unknown than too little */
            s->gaps[s->ngaps - 1].to = to;
            return;
        }
        s->gaps = grown;
        s->gaps_size = size;
    }
    s->gaps[s->ngaps++] = (struct wf_step_span){ from, to };
}

/* The start of the first gap that reaches past since, or t when there is none. */
static int64_t gap_since(const struct wf_steps *s, int64_t since, int64_t t)
{
    size_t low = 0, high = s->ngaps;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->gaps[mid].to >= since)
            high = mid;
        else
            low = mid + 1;
    }
    if (low == s->ngaps)
        return t;
    return s->gaps[low].from > since ? s->gaps[low].from : since;
}

/* g is in state now; what went before does not fit: a gap may have swallowed it. */
struct wf_step *wf_step_state(struct wf_steps *s, uint64_t g, unsigned state)
{
    struct wf_step_g *c = wf_map_get(&s->gs, g);
    struct wf_step *step;

    if (!g)
        return NULL;
    if (!c) { /* it lived before the trace saw it */
        c = wf_step_coroutine(s, g);
        if (!c)
            return NULL;
        step = wf_step_put(s, WF_STEP_G_NEW);
        step->g = g;
        step->prov = WF_UNKNOWN;
    }
    step = wf_step_put(s, WF_STEP_G_STATE);
    step->g = g;
    step->state = (uint8_t)state;
    step->n = step->t;
    if (c->state < WF_G_NSTATES && state < WF_G_NSTATES && c->state != state &&
        !wf_g_may_follow(c->state, state)) {
        step->n = gap_since(s, c->since, step->t);
        if (step->n < step->t)
            step->prov = WF_UNKNOWN;
    }
    if (c->state != state)
        c->since = step->t;
    c->state = (uint8_t)state;
    return step;
}

void wf_step_wait(struct wf_steps *s, struct wf_step *step, uint64_t reason,
                  uint64_t obj)
{
    if (!step)
        return;
    step->reason = (uint8_t)(reason < 256 ? reason : WF_WHY_none);
    step->okind = s->object_of[step->reason];
    step->obj = step->okind ? obj : 0;
}

static struct wf_step_proc *proc(struct wf_steps *s, int64_t p)
{
    return p == WF_GLOBAL_QUEUE ? &s->global : wf_map_put(&s->ps, (uint64_t)p + 1);
}

void wf_step_queue(struct wf_steps *s, int64_t p, uint64_t n)
{
    struct wf_step_proc *q = proc(s, p);
    struct wf_step *step;

    if (!q || (q->queue_known && q->queue == n))
        return;
    q->queue = n;
    q->queue_known = true;
    step = wf_step_put(s, WF_STEP_QUEUE);
    step->p = (int32_t)p;
    step->n = n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* n (below 0: fewer) more in a queue, if we know what was in it. */
void wf_step_move(struct wf_steps *s, int64_t p, uint64_t n, bool fewer)
{
    const struct wf_step_proc *q = proc(s, p);

    if (!q || !q->queue_known)
        return;
    if (fewer)
        wf_step_queue(s, p, q->queue > n ? q->queue - n : 0);
    else
        wf_step_queue(s, p, q->queue + n < n ? UINT64_MAX : q->queue + n);
}

/* The length that an event tells, of the queue that it names. */
void wf_step_length(struct wf_steps *s, uint64_t where, uint64_t len)
{
    if (where == WF_FROM_global)
        wf_step_queue(s, WF_GLOBAL_QUEUE, len);
    else if (s->rec->who.p != WF_NO_P)
        wf_step_queue(s, s->rec->who.p, len);
}

void wf_step_p(struct wf_steps *s, int64_t p, unsigned state, int64_t m, uint64_t g)
{
    struct wf_step_proc *q = p >= 0 && p < INT32_MAX ? proc(s, p) : NULL;
    struct wf_step *step;

    if (!q)
        return;
    q->state = (uint8_t)state;
    step = wf_step_put(s, WF_STEP_P_STATE);
    step->p = (int32_t)p;
    step->m = m;
    step->g = g;
    step->n = (int64_t)state;
}

void wf_step_m(struct wf_steps *s, int64_t m, unsigned state, uint64_t g)
{
    struct wf_step *step;

    if (m <= 0)
        return;
    step = wf_step_put(s, WF_STEP_M_STATE);
    step->m = m;
    step->g = g;
    step->n = (int64_t)state;
}

uint8_t wf_step_from(uint64_t word)
{
    return word <= WF_FROM_netpoll ? (uint8_t)word : WF_FROM_unknown;
}

void wf_step_numbers(struct wf_steps *s, enum wf_step_kind kind, uint64_t n,
                     uint64_t n2)
{
    struct wf_step *step = wf_step_put(s, kind);

    step->n = n > INT64_MAX ? INT64_MAX : (int64_t)n;
    step->n2 = n2 > INT64_MAX ? INT64_MAX : (int64_t)n2;
}
