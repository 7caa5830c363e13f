/* SPDX-License-Identifier: MIT */
/*
 * lanes.c - bins for each lane.
 *
 * A lane knows its state now and since when; a step that changes it, or a reader that
 * wants to see, pours the time since into the bins.  When the trace outgrows the bins they
 * are added up two by two and their width doubles: widths are powers of two, so cells
 * that begin on multiples of the width stay where they are while one pans.
 */
#include "model/lanes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "format/event.h"

enum { FIRST_WIDTH = 1024 /* ns */ };

struct bin {
    float ns[WF_LANE_NSTATES];
    uint32_t queue_max;
    float g_ns;
    uint64_t g;     /* that ran here longest in one stretch */
    float wait_max; /* longest runnable wait open here, ns */
    uint64_t wait_g;
};

struct lane {
    int64_t since;
    uint8_t state; /* index of bin.ns */
    bool told;     /* a step has spoken of it */
    uint32_t queue;
    uint64_t g;
    struct bin *bins;
};

struct wf_lanes {
    int64_t from, to, width;
    size_t n;
    bool watching;          /* some lane is of a coroutine */
    struct wf_map lanes;    /* struct lane by key */
    struct wf_map runnable; /* struct wait by g */
};

struct wait {
    int64_t since;
};

static uint64_t key_of(enum wf_lane_kind kind, int64_t id)
{
    return ((uint64_t)(id + 1) << 3 | (uint64_t)kind) + 1;
}

struct wf_lanes *wf_lanes_new(int64_t from, int64_t to, size_t n)
{
    struct wf_lanes *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->n = n;
    l->width = FIRST_WIDTH;
    if (to != INT64_MAX)
        for (l->width = 1; l->width < (to - from + (int64_t)n - 2) / ((int64_t)n - 1);)
            l->width *= 2;
    l->from = from / l->width * l->width;
    l->to = to;
    wf_map_init(&l->lanes, sizeof(struct lane));
    wf_map_init(&l->runnable, sizeof(struct wait));
    return l;
}

void wf_lanes_free(struct wf_lanes *l)
{
    uint64_t key;
    struct lane *lane;

    if (!l)
        return;
    for (size_t at = 0; (lane = wf_map_next(&l->lanes, &at, &key));)
        free(lane->bins);
    wf_map_fini(&l->lanes);
    wf_map_fini(&l->runnable);
    free(l);
}

int64_t wf_lanes_width(const struct wf_lanes *l)
{
    return l->width;
}

bool wf_lanes_covers(const struct wf_lanes *l, int64_t from, int64_t to)
{
    return from >= l->from && to <= l->from + (int64_t)l->n * l->width;
}

static void add_bin(struct bin *to, const struct bin *b)
{
    for (int s = 0; s < WF_LANE_NSTATES; s++)
        to->ns[s] += b->ns[s];
    if (b->queue_max > to->queue_max)
        to->queue_max = b->queue_max;
    if (b->g_ns > to->g_ns) {
        to->g_ns = b->g_ns;
        to->g = b->g;
    }
    if (b->wait_max > to->wait_max) {
        to->wait_max = b->wait_max;
        to->wait_g = b->wait_g;
    }
}

static void widen(struct wf_lanes *l)
{
    uint64_t key;
    struct lane *lane;

    for (size_t at = 0; (lane = wf_map_next(&l->lanes, &at, &key));) {
        for (size_t i = 0; i < l->n; i++) {
            struct bin sum = { .g = 0 };
            if (2 * i < l->n) {
                sum = lane->bins[2 * i];
                add_bin(&sum, &lane->bins[2 * i + 1]);
            }
            lane->bins[i] = sum;
        }
    }
    l->width *= 2;
}

/* Let the bins reach to t. */
static void reach(struct wf_lanes *l, int64_t t)
{
    while (l->to == INT64_MAX && t > l->from + (int64_t)l->n * l->width)
        widen(l);
}

static struct lane *lane_of(struct wf_lanes *l, enum wf_lane_kind kind, int64_t id)
{
    struct lane *lane = wf_map_put(&l->lanes, key_of(kind, id));

    if (lane && !lane->bins) {
        lane->bins = calloc(l->n, sizeof *lane->bins);
        lane->since = l->from;
        lane->state = WF_G_IDLE; /* nothing is there before the first word of it */
        if (!lane->bins) {
            wf_map_remove(&l->lanes, key_of(kind, id));
            return NULL;
        }
    }
    return lane;
}

/* Call visit for each bin that [from, to) touches, with how much of it. */
static void pour(struct wf_lanes *l, struct lane *lane, int64_t from, int64_t to,
                 void (*visit)(struct bin *b, const struct lane *lane, int64_t ns))
{
    int64_t end = l->from + (int64_t)l->n * l->width;

    if (from < l->from)
        from = l->from;
    if (to > end)
        to = end;
    while (from < to) {
        size_t i = (size_t)((from - l->from) / l->width);
        int64_t stop = l->from + ((int64_t)i + 1) * l->width;
        if (stop > to)
            stop = to;
        visit(&lane->bins[i], lane, stop - from);
        from = stop;
    }
}

static void pour_state(struct bin *b, const struct lane *lane, int64_t ns)
{
    b->ns[lane->state] += (float)ns;
    if (lane->g && (float)ns > b->g_ns) {
        b->g_ns = (float)ns;
        b->g = lane->g;
    }
}

static void pour_queue(struct bin *b, const struct lane *lane, int64_t ns)
{
    b->ns[WF_G_RUNNABLE] += (float)ns;
    if (lane->queue > b->queue_max)
        b->queue_max = lane->queue;
}

static void settle(struct wf_lanes *l, struct lane *lane, bool queue, int64_t t)
{
    if (t <= lane->since)
        return;
    reach(l, t);
    pour(l, lane, lane->since, t, queue ? pour_queue : pour_state);
    lane->since = t;
}

static int set_state(struct wf_lanes *l, enum wf_lane_kind kind, int64_t id, int64_t t,
                     uint8_t state, uint64_t g)
{
    struct lane *lane = lane_of(l, kind, id);

    if (!lane)
        return -ENOMEM;
    settle(l, lane, false, t);
    lane->state = state;
    lane->g = g;
    lane->told = true;
    return 0;
}

static int set_queue(struct wf_lanes *l, int64_t p, int64_t t, int64_t len)
{
    struct lane *lane = p == WF_GLOBAL_QUEUE ? lane_of(l, WF_LANE_GLOBAL_QUEUE, 0)
                                             : lane_of(l, WF_LANE_QUEUE, p);

    if (!lane)
        return -ENOMEM;
    settle(l, lane, true, t);
    lane->queue = len < 0 ? 0 : len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    lane->told = true;
    if (t >= l->from && t < l->from + (int64_t)l->n * l->width) {
        struct bin *b = &lane->bins[(t - l->from) / l->width];
        if (lane->queue > b->queue_max)
            b->queue_max = lane->queue;
    }
    return 0;
}

/* A runnable wait ended: every bin it was open in learns how long it was. */
static int note_wait(struct wf_lanes *l, uint64_t g, int64_t from, int64_t to)
{
    struct lane *marks = lane_of(l, WF_LANE_MARKS, 0);
    float ns = (float)(to - from);

    if (!marks)
        return -ENOMEM;
    reach(l, to);
    if (from < l->from)
        from = l->from;
    if (to <= from)
        return 0;
    size_t first = (size_t)((from - l->from) / l->width);
    size_t last = (size_t)((to - 1 - l->from) / l->width);
    for (size_t i = first; i <= last && i < l->n; i++) {
        if (ns > marks->bins[i].wait_max) {
            marks->bins[i].wait_max = ns;
            marks->bins[i].wait_g = g;
        }
    }
    return 0;
}

int wf_lanes_watch(struct wf_lanes *l, uint64_t g)
{
    l->watching = true;
    return lane_of(l, WF_LANE_G, (int64_t)g) ? 0 : -ENOMEM;
}

static bool watched(const struct wf_lanes *l, uint64_t g)
{
    return l->watching && wf_map_get(&l->lanes, key_of(WF_LANE_G, (int64_t)g));
}

static int on_g_state(struct wf_lanes *l, const struct wf_step *s)
{
    struct wait *w = wf_map_get(&l->runnable, s->g);
    int err = 0;

    if (w && s->state != WF_G_RUNNABLE) {
        err = note_wait(l, s->g, w->since, s->t);
        wf_map_remove(&l->runnable, s->g);
    } else if (!w && s->state == WF_G_RUNNABLE) {
        w = wf_map_put(&l->runnable, s->g);
        if (!w)
            return -ENOMEM;
        w->since = s->t;
    }
    if (!err && s->state == WF_G_RUNNING && s->p >= 0)
        err = set_state(l, WF_LANE_P, s->p, s->t, WF_G_RUNNING, s->g);
    if (!err && s->state == WF_G_RUNNING && s->m > 0)
        err = set_state(l, WF_LANE_M, s->m, s->t, WF_G_RUNNING, s->g);
    if (!err && watched(l, s->g))
        err = set_state(l, WF_LANE_G, (int64_t)s->g, s->t, s->state, 0);
    return err;
}

static uint8_t of_p(int64_t state)
{
    return state == WF_PSTATE_running   ? WF_G_RUNNING
           : state == WF_PSTATE_syscall ? WF_G_SYSCALL
                                        : WF_G_IDLE;
}

static uint8_t of_m(int64_t state)
{
    return state == WF_MSTATE_running    ? WF_G_RUNNING
           : state == WF_MSTATE_spinning ? WF_LANE_SPINNING
           : state == WF_MSTATE_blocked  ? WF_G_SYSCALL
                                         : WF_G_IDLE;
}

int wf_lanes_step(struct wf_lanes *l, const struct wf_step *s)
{
    struct lane *lane;

    if (s->t > l->to)
        return 0;
    switch (s->kind) {
    case WF_STEP_G_STATE:
        return on_g_state(l, s);
    case WF_STEP_G_END:
        wf_map_remove(&l->runnable, s->g);
        return watched(l, s->g)
                   ? set_state(l, WF_LANE_G, (int64_t)s->g, s->t, WF_G_DEAD, 0)
                   : 0;
    case WF_STEP_P_STATE:
        lane = wf_map_get(&l->lanes, key_of(WF_LANE_P, s->p));
        return set_state(l, WF_LANE_P, s->p, s->t, of_p(s->n),
                         s->n == WF_PSTATE_idle ? 0
                         : s->g                 ? s->g
                         : lane                 ? lane->g
                                                : 0);
    case WF_STEP_M_STATE:
        return s->m > 0 ? set_state(l, WF_LANE_M, s->m, s->t, of_m(s->n), s->g) : 0;
    case WF_STEP_M_NEW:
    case WF_STEP_M_END:
        return s->m > 0 ? set_state(l, WF_LANE_M, s->m, s->t, WF_G_IDLE, 0) : 0;
    case WF_STEP_QUEUE:
        return set_queue(l, s->p, s->t, s->n);
    case WF_STEP_GAP:
        if (s->m <= 0)
            return 0;
        return set_state(l, WF_LANE_M, s->m, s->n, WF_LANE_GAP, 0) ||
                       set_state(l, WF_LANE_M, s->m, s->t, WF_LANE_UNKNOWN, 0)
                   ? -ENOMEM
                   : 0;
    default:
        return 0;
    }
}

int wf_lanes_until(struct wf_lanes *l, int64_t t)
{
    uint64_t key;
    struct lane *lane;
    struct wait *w;

    if (t > l->to)
        t = l->to;
    for (size_t at = 0; (w = wf_map_next(&l->runnable, &at, &key));)
        if (note_wait(l, key, w->since, t))
            return -ENOMEM;
    for (size_t at = 0; (lane = wf_map_next(&l->lanes, &at, &key));) {
        enum wf_lane_kind kind = (key - 1) & 7;
        if (lane->told && kind != WF_LANE_MARKS)
            settle(l, lane, kind == WF_LANE_QUEUE || kind == WF_LANE_GLOBAL_QUEUE, t);
    }
    return 0;
}

static void to_cell(struct wf_cell *c, const struct bin *b)
{
    for (int s = 0; s < WF_LANE_NSTATES; s++)
        c->state_ns[s] = (int64_t)b->ns[s];
    c->queue_max = b->queue_max;
    c->g = b->g;
    c->wait_max = (int64_t)b->wait_max;
    c->wait_g = b->wait_g;
    c->gap = b->ns[WF_LANE_GAP] > 0;
}

/* The bins that begin in [a, b); of a stretch without, the share of the bin around it. */
static struct bin sum_of(const struct wf_lanes *l, const struct lane *lane, int64_t a,
                         int64_t b)
{
    struct bin sum = { .g = 0 };
    int64_t n = (int64_t)l->n;
    int64_t first = a <= l->from ? 0 : (a - l->from + l->width - 1) / l->width;
    int64_t last = b <= l->from ? 0 : (b - l->from + l->width - 1) / l->width;

    for (int64_t i = first; i < last && i < n; i++)
        add_bin(&sum, &lane->bins[i]);
    if (first == last && a >= l->from && (a - l->from) / l->width < n) {
        add_bin(&sum, &lane->bins[(a - l->from) / l->width]);
        for (int s = 0; s < WF_LANE_NSTATES; s++)
            sum.ns[s] *= (float)(b - a) / (float)l->width;
    }
    return sum;
}

int wf_lanes_cells(const struct wf_lanes *l, enum wf_lane_kind kind, int64_t id,
                   int64_t from, int64_t to, struct wf_cell *cells, size_t ncells)
{
    const struct lane *lane = wf_map_get(&l->lanes, key_of(kind, id));
    double column = (double)(to - from) / (double)ncells;

    memset(cells, 0, ncells * sizeof *cells);
    for (size_t c = 0; lane && c < ncells; c++) {
        int64_t a = from + (int64_t)(column * (double)c);
        int64_t b = c + 1 == ncells ? to : from + (int64_t)(column * (double)(c + 1));
        struct bin sum = sum_of(l, lane, a, b);
        to_cell(&cells[c], &sum);
    }
    return 0;
}
