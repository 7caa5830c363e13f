/* SPDX-License-Identifier: MIT */
/*
 * look.c - lanes at any zoom.  The bins of the whole trace serve as long as a column is
 * not narrower than one; a closer look decodes the stretch again, into bins of its own.
 */
#include <errno.h>
#include <string.h>

#include "model/state.h"

enum {
    WINDOW_BINS = 4096,
    CLOSE_EVENTS = 4000000, /* most that are decoded again for a lane of a coroutine */
    AHEAD_STEPS = 1000000   /* how far the end of a state is looked for */
};

/* Decode [from, to) again into md->window.  -ESPIPE when the source cannot go back. */
static int decode_window(struct wf_model *md, int64_t from, int64_t to)
{
    struct wf_lanes *l;
    struct wf_step s;
    int got = md->src->seek ? md->src->seek(md->src, from) : -ESPIPE;

    if (got)
        return got;
    l = wf_lanes_new(from, to, WINDOW_BINS);
    for (size_t i = 0; l && i < md->nwatch; i++)
        if (wf_lanes_watch(l, md->watch[i])) {
            wf_lanes_free(l);
            return -ENOMEM;
        }
    if (!l)
        return -ENOMEM;
    while ((got = md->src->next(md->src, &s)) > 0 && s.t < to) {
        if (wf_lanes_step(l, &s)) {
            wf_lanes_free(l);
            return -ENOMEM;
        }
    }
    if (got < 0 || wf_lanes_until(l, to)) {
        wf_lanes_free(l);
        return got < 0 ? got : -ENOMEM;
    }
    wf_lanes_free(md->window);
    md->window = l;
    return 0;
}

/* Which alerts touch a column: for the row of marks. */
static void mark_alerts(const struct wf_model *md, int64_t from, int64_t to,
                        struct wf_cell *cells, size_t ncells)
{
    double per_ns = (double)ncells / (double)(to - from);

    for (size_t i = 0; i < md->alerts.nrows; i++) {
        const struct wf_alert *a = md->alerts.rows[i];
        if (a->to < from || a->from >= to)
            continue;
        double first = (double)(a->from - from) * per_ns,
               last = (double)(a->to - from) * per_ns;
        for (size_t c = first < 0 ? 0 : (size_t)first; c < ncells && (double)c <= last;
             c++)
            cells[c].alerts |= 1u << a->kind;
    }
}

/* The window has a lane for the coroutine, decoded now if it is not too much. */
static int watch(struct wf_model *md, uint64_t g, int64_t from, int64_t to)
{
    const struct wf_trace_info *info = md->src->info;
    double share = info->duration > 0 ? (double)(to - from) / (double)info->duration
                                      : 1;
    size_t i = 0;

    while (i < md->nwatch && md->watch[i] != g)
        i++;
    if (i < md->nwatch && md->window && wf_lanes_covers(md->window, from, to))
        return 0;
    if (!md->ended || share * (double)info->events > CLOSE_EVENTS)
        return -EAGAIN;
    if (i == md->nwatch)
        md->watch[md->nwatch < WF_WATCH_MAX ? md->nwatch++ : g % WF_WATCH_MAX] = g;
    return decode_window(md, from, to);
}

static int g_lane(struct wf_model *md, int64_t g, int64_t from, int64_t to,
                  struct wf_cell *cells, size_t ncells)
{
    int err = watch(md, (uint64_t)g, from, to);

    if (!err && (to - from) / (int64_t)ncells < wf_lanes_width(md->window))
        err = decode_window(md, from, to);
    return err ? err
               : wf_lanes_cells(md->window, WF_LANE_G, g, from, to, cells, ncells);
}

int wf_model_lane(struct wf_model *md, enum wf_lane_kind kind, int64_t id, int64_t from,
                  int64_t to, struct wf_cell *cells, size_t ncells)
{
    const struct wf_lanes *l = md->lanes;

    if (!l || to <= from || ncells == 0)
        return -EINVAL;
    if (kind == WF_LANE_G)
        return g_lane(md, id, from, to, cells, ncells);
    wf_lanes_until(md->lanes, md->now);
    if ((to - from) / (int64_t)ncells < wf_lanes_width(l) && md->ended) {
        if (md->window && wf_lanes_covers(md->window, from, to) &&
            (to - from) / (int64_t)ncells >= wf_lanes_width(md->window))
            l = md->window;
        else if (!decode_window(md, from, to))
            l = md->window;
    }
    int err = wf_lanes_cells(l, kind, id, from, to, cells, ncells);
    if (kind == WF_LANE_MARKS)
        mark_alerts(md, from, to, cells, ncells);
    for (size_t c = 0; c < ncells && !md->ended; c++)
        cells[c].pending = from + (to - from) / (int64_t)ncells * (int64_t)c > md->now;
    return err;
}

/* Is this step about the lane? */
static bool concerns(const struct wf_step *s, enum wf_lane_kind kind, int64_t id)
{
    switch (kind) {
    case WF_LANE_P:
        return (s->kind == WF_STEP_G_STATE && s->state == WF_G_RUNNING && s->p == id) ||
               (s->kind == WF_STEP_P_STATE && s->p == id);
    case WF_LANE_M:
        return (s->kind == WF_STEP_G_STATE && s->state == WF_G_RUNNING && s->m == id) ||
               (s->kind == WF_STEP_M_STATE && s->m == id);
    case WF_LANE_G:
        return (s->kind == WF_STEP_G_STATE || s->kind == WF_STEP_G_NEW ||
                s->kind == WF_STEP_G_END) &&
               (int64_t)s->g == id;
    default:
        return false;
    }
}

static void note_moment(struct wf_moment *m, const struct wf_step *s,
                        enum wf_lane_kind kind)
{
    m->since = s->t;
    m->exact = true;
    m->by = s->by;
    if (s->kind == WF_STEP_G_STATE) {
        m->g = s->g;
        m->state = s->state;
        m->reason = s->reason;
        m->okind = s->okind;
        m->obj = s->obj;
        return;
    }
    m->reason = m->okind = 0;
    m->obj = 0;
    if (s->kind == WF_STEP_P_STATE)
        m->state = s->n == WF_PSTATE_running   ? WF_G_RUNNING
                   : s->n == WF_PSTATE_syscall ? WF_G_SYSCALL
                                               : WF_G_IDLE;
    else if (s->kind == WF_STEP_M_STATE)
        m->state = s->n == WF_MSTATE_running ? WF_G_RUNNING
                   : s->n == WF_MSTATE_idle  ? WF_G_IDLE
                                             : WF_G_SYSCALL;
    else
        m->state = s->kind == WF_STEP_G_END ? WF_G_DEAD : WF_G_RUNNABLE;
    if (m->state == WF_G_IDLE && kind != WF_LANE_G)
        m->g = 0;
}

int wf_model_moment(struct wf_model *md, enum wf_lane_kind kind, int64_t id, int64_t t,
                    struct wf_moment *out)
{
    struct wf_moment m = { .t = t, .state = WF_G_NSTATES, .until = md->now };
    struct wf_step s;
    size_t ahead = 0;
    int got = !md->ended      ? -EAGAIN
              : md->src->seek ? md->src->seek(md->src, t)
                              : -ESPIPE;

    while (!got && (got = md->src->next(md->src, &s)) > 0) {
        got = 0;
        if (s.kind == WF_STEP_QUEUE && s.t <= t &&
            (s.p == id || s.p == WF_GLOBAL_QUEUE))
            *(s.p == WF_GLOBAL_QUEUE ? &m.global : &m.queue) = (uint32_t)s.n;
        if (s.t > t && ++ahead > AHEAD_STEPS) { /* at least until here */
            m.until = s.t;
            m.exact = false;
            break;
        }
        if (!concerns(&s, kind, id))
            continue;
        if (s.t > t) {
            m.until = s.t;
            break;
        }
        note_moment(&m, &s, kind);
    }
    if (got < 0)
        return got;
    *out = m;
    return 0;
}
