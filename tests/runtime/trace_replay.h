/* SPDX-License-Identifier: MIT */
/*
 * trace_replay.h - replay a trace's states from its events, strictly: a generation at a
 * time, the writers' streams merged by time, an event held back until the numbers and
 * states that it needs are reached.  Whatever does not fit is told in wrong.
 */
#ifndef WEFT_TESTS_TRACE_REPLAY_H
#define WEFT_TESTS_TRACE_REPLAY_H
#include <stdio.h>

#include "format/gstate.h"

#include "trace_read.h"

enum { REPLAY_GS = 1 << 16, REPLAY_STREAMS = 256, REPLAY_UNKNOWN = 255 };

struct replay_event {
    uint32_t gen, stream, stream_seq, index;
    uint64_t ts;
    struct wf_event ev;
};

struct replay_thing { /* a G or a P */
    uint32_t gen;     /* in which seq counts */
    int64_t seq;
    uint64_t m; /* of a P: who holds it */
    uint8_t state;
};

struct replay {
    struct trace_reading reading;
    /* Each event, in the order found. */
    void (*then)(void *arg, const struct replay_event *e);
    void *arg;
    struct replay_event *events;
    size_t n, size;
    struct replay_thing g[REPLAY_GS], p[256];
    uint64_t running[REPLAY_STREAMS]; /* the G on each M */
    uint64_t held_p[REPLAY_STREAMS];  /* its P's number and 1, 0 for none */
    bool lossy;                       /* events were dropped: states may jump */
    unsigned long generations, held;
    char wrong[256];
};

static inline void replay_add(void *arg, const struct wf_block_head *h,
                              const struct wf_event *ev, uint64_t ts)
{
    struct replay *r = arg;
    if (r->n == r->size) {
        r->size = r->size ? r->size * 2 : 4096;
        r->events = realloc(r->events, r->size * sizeof *r->events);
        if (!r->events)
            abort();
    }
    r->events[r->n] = (struct replay_event){ h->generation,  h->stream, h->stream_seq,
                                             (uint32_t)r->n, ts,        *ev };
    r->n++;
}

static inline int replay_order(const void *a, const void *b)
{
    const struct replay_event *x = a, *y = b;
    if (x->gen != y->gen)
        return x->gen < y->gen ? -1 : 1;
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    if (x->stream_seq != y->stream_seq)
        return x->stream_seq < y->stream_seq ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static inline struct replay_thing *replay_get(struct replay_thing *t, uint32_t gen)
{
    if (t->gen != gen) {
        t->gen = gen;
        t->seq = -1;
    }
    return t;
}

static inline void replay_wrong(struct replay *r, const struct replay_event *e,
                                const char *what)
{
    if (!r->wrong[0])
        snprintf(r->wrong, sizeof r->wrong,
                 "generation %u, stream %u, %s %llu %llu, at %llu: %s", e->gen,
                 e->stream, wf_event_info[e->ev.id].name,
                 (unsigned long long)e->ev.arg[0], (unsigned long long)e->ev.arg[1],
                 (unsigned long long)e->ts, what);
}

/* The G that the event is about by a number, NULL for none; the number and the state that
 * it must have. */
static inline struct replay_thing *replay_about(struct replay *r,
                                                const struct replay_event *e,
                                                int64_t *seq, unsigned *state)
{
    const struct wf_event *ev = &e->ev;
    uint64_t g;
    switch (ev->id) {
    case WF_EV_g_create:
        g = WF_ARG(ev, g_create, g), *seq = 0, *state = REPLAY_UNKNOWN;
        break;
    case WF_EV_g_status:
        g = WF_ARG(ev, g_status, g), *seq = (int64_t)WF_ARG(ev, g_status, gseq);
        *state = REPLAY_UNKNOWN;
        break;
    case WF_EV_g_ready:
        g = WF_ARG(ev, g_ready, g), *seq = (int64_t)WF_ARG(ev, g_ready, gseq);
        *state = WF_G_WAITING;
        break;
    case WF_EV_g_start:
        g = WF_ARG(ev, g_start, g), *seq = (int64_t)WF_ARG(ev, g_start, gseq);
        *state = WF_G_RUNNABLE;
        break;
    case WF_EV_g_switch:
        g = WF_ARG(ev, g_switch, g2), *seq = (int64_t)WF_ARG(ev, g_switch, g2seq);
        *state = WF_G_RUNNABLE;
        break;
    default:
        return NULL;
    }
    return replay_get(&r->g[g % REPLAY_GS], e->gen);
}

static inline bool replay_ready(struct replay *r, const struct replay_event *e)
{
    int64_t seq;
    unsigned state;
    const struct wf_event *ev = &e->ev;
    struct replay_thing *t = replay_about(r, e, &seq, &state);
    if (t)
        return t->seq + 1 == seq && (state == REPLAY_UNKNOWN || t->state == state);
    if (ev->id == WF_EV_p_start) {
        t = replay_get(&r->p[WF_ARG(ev, p_start, p) & 255], e->gen);
        return t->seq + 1 == (int64_t)WF_ARG(ev, p_start, pseq) && !t->m;
    }
    if (ev->id == WF_EV_p_retake) {
        t = replay_get(&r->p[WF_ARG(ev, p_retake, p) & 255], e->gen);
        return t->seq + 1 == (int64_t)WF_ARG(ev, p_retake, pseq) &&
               t->m == WF_ARG(ev, p_retake, m);
    }
    if (ev->id == WF_EV_p_status) {
        t = replay_get(&r->p[WF_ARG(ev, p_status, p) & 255], e->gen);
        return t->seq + 1 == (int64_t)WF_ARG(ev, p_status, pseq);
    }
    return true;
}

/* The G that the writer runs goes into this state. */
static inline void replay_own(struct replay *r, const struct replay_event *e,
                              unsigned state)
{
    uint64_t *running = &r->running[e->stream % REPLAY_STREAMS];
    if (!*running) {
        if (!r->lossy)
            replay_wrong(r, e, "the writer runs nobody");
        return;
    }
    struct replay_thing *g = replay_get(&r->g[*running % REPLAY_GS], e->gen);
    if (g->seq < 0)
        replay_wrong(r, e, "the writer's coroutine was not stated");
    if (!r->lossy && !wf_g_may_follow(g->state, state) && g->state != state)
        replay_wrong(r, e, wf_g_state_name(g->state));
    g->state = (uint8_t)state;
    if (state != WF_G_SYSCALL && state != WF_G_RUNNING)
        *running = 0;
}

static inline void replay_status(struct replay *r, const struct replay_event *e,
                                 struct replay_thing *g)
{
    const struct wf_event *ev = &e->ev;
    unsigned state = (unsigned)WF_ARG(ev, g_status, state);
    uint64_t m = WF_ARG(ev, g_status, m);
    bool fresh = e->gen == 1 || (!g->state && !WF_ARG(ev, g_status, gseq));
    /* Of a retaken G it may say syscall where memory says running. */
    if (!fresh && !r->lossy && state != g->state &&
        !(state == WF_G_SYSCALL && g->state == WF_G_RUNNING) &&
        !(state == WF_G_RUNNING && g->state == WF_G_SYSCALL))
        replay_wrong(r, e, wf_g_state_name(g->state));
    g->state = (uint8_t)state;
    if (m)
        r->running[m % REPLAY_STREAMS] = WF_ARG(ev, g_status, g);
}

/* Whose P was taken in a call is in syscall until it has one again. */
static inline void replay_in_call(struct replay *r, uint64_t m, bool in)
{
    uint64_t id = r->running[m % REPLAY_STREAMS];
    struct replay_thing *g = &r->g[id % REPLAY_GS];
    if (id && in && g->state == WF_G_RUNNING)
        g->state = WF_G_SYSCALL;
    if (id && !in && g->state == WF_G_SYSCALL)
        g->state = WF_G_RUNNING;
}

/* P p is m's.  Until it is told that another was taken from m it counts as m's too: m may
 * have come back, and gone on with this one, before who took it could tell. */
static inline void replay_hold(struct replay *r, uint64_t m, uint64_t p)
{
    r->p[p & 255].m = m;
    r->held_p[m % REPLAY_STREAMS] = m ? p + 1 : 0;
}

/* m stops: the P that it has now is nobody's. */
static inline void replay_stop(struct replay *r, uint64_t m)
{
    uint64_t *p = &r->held_p[m % REPLAY_STREAMS];
    if (*p && r->p[(*p - 1) & 255].m == m)
        r->p[(*p - 1) & 255].m = 0;
    *p = 0;
}

static inline void replay_apply_p(struct replay *r, const struct replay_event *e)
{
    const struct wf_event *ev = &e->ev;
    struct replay_thing *p = replay_get(&r->p[ev->arg[0] & 255], e->gen);
    p->seq = (int64_t)ev->arg[1];
    if (ev->id == WF_EV_p_start) {
        replay_hold(r, e->stream, ev->arg[0]);
        replay_in_call(r, e->stream, false);
    } else if (ev->id == WF_EV_p_retake) {
        if (WF_ARG(ev, p_retake, why) == WF_RETAKE_block)
            replay_in_call(r, WF_ARG(ev, p_retake, m), true);
        p->m = 0;
    } else if (r->lossy || e->gen == 1 || p->m == WF_ARG(ev, p_status, m))
        replay_hold(r, WF_ARG(ev, p_status, m), ev->arg[0]);
    else
        replay_wrong(r, e, "the P is another's");
}

static inline void replay_apply(struct replay *r, const struct replay_event *e)
{
    int64_t seq;
    unsigned state;
    const struct wf_event *ev = &e->ev;
    struct replay_thing *g = replay_about(r, e, &seq, &state);
    if (g)
        g->seq = seq;
    switch (ev->id) {
    case WF_EV_lost:
        r->lossy = true;
        break;
    case WF_EV_g_create:
        g->state = WF_G_RUNNABLE;
        break;
    case WF_EV_g_status:
        replay_status(r, e, g);
        break;
    case WF_EV_g_ready:
        g->state = WF_G_RUNNABLE;
        break;
    case WF_EV_g_switch:
        replay_own(r, e,
                   WF_ARG(ev, g_switch, reason) >= WF_WHY_yield ? WF_G_RUNNABLE
                                                                : WF_G_WAITING);
        g->state = WF_G_RUNNING;
        r->running[e->stream % REPLAY_STREAMS] = WF_ARG(ev, g_switch, g2);
        break;
    case WF_EV_g_start:
        g->state = WF_G_RUNNING;
        r->running[e->stream % REPLAY_STREAMS] = WF_ARG(ev, g_start, g);
        break;
    case WF_EV_g_park:
        replay_own(r, e, WF_G_WAITING);
        break;
    case WF_EV_g_yield:
        replay_own(r, e, WF_G_RUNNABLE);
        break;
    case WF_EV_g_end:
        replay_own(r, e, WF_G_DEAD);
        break;
    case WF_EV_block_begin:
        replay_own(r, e, WF_G_SYSCALL);
        break;
    case WF_EV_block_end:
        replay_own(r, e, WF_G_RUNNING);
        break;
    case WF_EV_p_stop:
        replay_stop(r, e->stream);
        break;
    case WF_EV_p_start:
    case WF_EV_p_retake:
    case WF_EV_p_status:
        replay_apply_p(r, e);
        break;
    }
}

/* One generation: events from..to, sorted by stream. */
static inline void replay_generation(struct replay *r, size_t from, size_t to)
{
    size_t at[REPLAY_STREAMS], end[REPLAY_STREAMS], n = 0, left = to - from;
    for (size_t i = from; i < to; i++) {
        if (i == from || r->events[i].stream != r->events[i - 1].stream) {
            if (n == REPLAY_STREAMS)
                abort();
            at[n++] = i;
        }
        end[n - 1] = i + 1;
    }
    r->generations++;
    while (left-- && !r->wrong[0]) {
        size_t best = n, oldest = n;
        for (size_t s = 0; s < n; s++) {
            if (at[s] == end[s])
                continue;
            const struct replay_event *e = &r->events[at[s]];
            if (oldest == n || e->ts < r->events[at[oldest]].ts)
                oldest = s;
            if ((best == n || e->ts < r->events[at[best]].ts) && replay_ready(r, e))
                best = s;
        }
        if (best == n) {
            replay_wrong(r, &r->events[at[oldest]], "nothing can come next");
            return;
        }
        r->held += best != oldest;
        replay_apply(r, &r->events[at[best]]);
        if (r->then)
            r->then(r->arg, &r->events[at[best]]);
        at[best]++;
    }
}

/* The caller frees it; r->wrong is "" when all fits. */
static inline struct replay *replay_file_with(
    const char *path, void (*then)(void *arg, const struct replay_event *e), void *arg)
{
    struct replay *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->then = then;
    r->arg = arg;
    r->reading.event = replay_add;
    r->reading.arg = r;
    trace_read(&r->reading, path);
    if (r->reading.wrong)
        snprintf(r->wrong, sizeof r->wrong, "%s", r->reading.wrong);
    r->lossy = r->reading.loss.events > 0;
    qsort(r->events, r->n, sizeof *r->events, replay_order);
    for (size_t from = 0, i = 1; i <= r->n && !r->wrong[0]; i++)
        if (i == r->n || r->events[i].gen != r->events[from].gen) {
            replay_generation(r, from, i);
            from = i;
        }
    return r;
}

static inline struct replay *replay_file(const char *path)
{
    return replay_file_with(path, NULL, NULL);
}

static inline void replay_free(struct replay *r)
{
    free(r->events);
    free(r);
}

#endif /* WEFT_TESTS_TRACE_REPLAY_H */
