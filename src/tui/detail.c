/* SPDX-License-Identifier: MIT */
/*
 * detail.c - what the cursor of the timeline is on, in words and numbers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/fmt.h"
#include "tui/timeline.h"

static const char *name_of(const struct wf_tui *t, uint64_t g)
{
    const struct wf_g_row *row = g ? wf_find_g(t, g) : NULL;
    return row ? wf_g_name(t, row) : "";
}

/* What it does at the cursor, in a word. */
static const char *state_of(const struct wf_tui *t, const struct wf_lane_shown *l)
{
    const struct wf_moment *m = &l->moment;
    const struct wf_g_row *row = l->lane.kind == WF_LANE_G && m->state == WF_G_NSTATES
                                     ? wf_find_g(t, (uint64_t)l->lane.id)
                                     : NULL;

    return row && t->win.cursor < row->begin ? "not made yet"
                                             : wf_state_text(m->state, m->reason);
}

/* To the right of a lane: what holds at the cursor. */
void wf_timeline_side(const struct wf_tui *t, const struct wf_lane_shown *l,
                      struct wf_area a, int x, int y, int w)
{
    const struct wf_moment *m = &l->moment;
    int64_t column = wf_window_column(&t->win, t->win.cursor);
    const struct wf_cell *c = l->cells && column >= 0 && column < t->win.cols
                                  ? &l->cells[column]
                                  : NULL;
    char text[WF_NAME_MAX], d[WF_FMT_MAX];

    text[0] = '\0';
    if (l->lane.kind == WF_LANE_QUEUE || l->lane.kind == WF_LANE_GLOBAL_QUEUE) {
        snprintf(text, sizeof text, "at most %" PRIu32, c ? c->queue_max : 0);
    } else if (!l->known) { /* the column's own summary */
        if (c && c->g)
            snprintf(text, sizeof text, "G%" PRIu64 " %s", c->g, name_of(t, c->g));
    } else if (l->lane.kind == WF_LANE_G) {
        snprintf(text, sizeof text, "%s %s %s", state_of(t, l),
                 m->until > m->since ? wf_fmt_time(d, m->until - m->since) : "",
                 name_of(t, (uint64_t)l->lane.id));
    } else if (m->g && m->state != WF_G_IDLE) {
        snprintf(text, sizeof text, "G%" PRIu64 " %s %s", m->g, name_of(t, m->g),
                 m->until > m->since ? wf_fmt_time(d, m->until - m->since) : "");
    } else {
        snprintf(text, sizeof text, "%s", wf_state_text(m->state, 0));
    }
    wf_put_in(a, x, y, w, false, m->state == WF_G_IDLE ? WF_S_DIM : WF_S_TEXT, text);
}

static int put_interval(const struct wf_tui *t, struct wf_area a, int x, int y,
                        const struct wf_moment *m)
{
    char from[WF_FMT_MAX], to[WF_FMT_MAX], d[WF_FMT_MAX];
    int64_t length = m->until - m->since;
    int64_t step = (length < t->win.col ? length : t->win.col) / 10;

    if (m->until <= m->since)
        return x;
    return wf_putf(a, x, y, WF_S_TEXT, "  %s..%s = %s%s",
                   wf_fmt_moment(from, m->since, step),
                   wf_fmt_moment(to, m->until, step),
                   wf_fmt_time(d, m->until - m->since), m->exact ? "" : " (about)");
}

/* Who is there, in which state, since when. */
static void put_moment(const struct wf_tui *t, struct wf_area a, int y,
                       const struct wf_lane_shown *l)
{
    const struct wf_moment *m = &l->moment;
    char name[32], obj[WF_NAME_MAX];
    int x;

    wf_lane_name(name, l->lane);
    x = wf_put(a, 1, y, WF_S_BOLD, name) + 1;
    if (l->lane.kind == WF_LANE_QUEUE || l->lane.kind == WF_LANE_GLOBAL_QUEUE) {
        wf_put(a, x, y, WF_S_DIM,
               l->lane.kind == WF_LANE_QUEUE ? "run queue of the P"
                                             : "global run queue");
        return;
    }
    if (!l->known) {
        wf_put(a, x, y, WF_S_DIM,
               t->loading ? "still reading the trace" : "not in the trace here");
        return;
    }
    x = wf_put(a, x, y, wf_state_style(m->state), state_of(t, l));
    uint64_t g = l->lane.kind == WF_LANE_G ? (uint64_t)l->lane.id : m->g;
    if (l->lane.kind != WF_LANE_G && g && m->state != WF_G_IDLE)
        x = wf_putf(a, x + 1, y, WF_S_BOLD, "G%" PRIu64, g);
    x = wf_put(a, x + 1, y, WF_S_TEXT, name_of(t, g));
    x = put_interval(t, a, x, y, m);
    if (m->state == WF_G_WAITING && m->okind) {
        wf_model_object_text(t->md, m->okind, m->obj, obj, sizeof obj);
        x = wf_putf(a, x, y, WF_S_TEXT, "  on %s", obj);
    }
    if (m->by)
        wf_putf(a, x, y, WF_S_TEXT, "  by G%" PRIu64, m->by);
}

static int largest(const int64_t ns[WF_LANE_NSTATES])
{
    int best = -1;

    for (int s = 0; s < WF_LANE_NSTATES; s++)
        if (ns[s] > 0 && (best < 0 || ns[s] > ns[best]))
            best = s;
    return best;
}

/* Shares of the column under the cursor, the largest first. */
static void put_column(const struct wf_tui *t, const struct wf_timeline *tl,
                       struct wf_area a, int y, const struct wf_lane_shown *l)
{
    static const char *const names[WF_LANE_NSTATES] = {
        [WF_G_IDLE] = "idle",
        [WF_G_RUNNABLE] = "runnable",
        [WF_G_RUNNING] = "running",
        [WF_G_SYSCALL] = "call",
        [WF_G_WAITING] = "waiting",
        [WF_G_DEAD] = "ended",
        [WF_LANE_UNKNOWN] = "unknown",
        [WF_LANE_GAP] = "lost",
        [WF_LANE_SPINNING] = "looking for work",
    };
    int64_t column = wf_window_column(&t->win, t->win.cursor), sum = 0;
    char d[WF_FMT_MAX];

    if (column < 0 || column >= t->win.cols || !l->cells)
        return;
    const struct wf_cell *c = &l->cells[column], *mark = &tl->marks[column];
    int x = wf_putf(a, 1, y, WF_S_DIM, "column %s", wf_fmt_time(d, t->win.col)) + 2;
    for (int s = 0; s < WF_LANE_NSTATES; s++)
        sum += c->state_ns[s];
    if (l->lane.kind == WF_LANE_QUEUE || l->lane.kind == WF_LANE_GLOBAL_QUEUE) {
        wf_putf(a, x, y, WF_S_QUEUE, "most queued %" PRIu32, c->queue_max);
    } else {
        if (c->g)
            x = wf_putf(a, x, y, WF_S_TEXT, "most: G%" PRIu64 " %s", c->g,
                        name_of(t, c->g)) +
                2;
        int64_t left[WF_LANE_NSTATES];
        memcpy(left, c->state_ns, sizeof left);
        for (int s; (s = largest(left)) >= 0; left[s] = 0)
            x = wf_putf(a, x, y, wf_state_style((unsigned)s), "%s %s", names[s],
                        wf_fmt_share(d, (double)c->state_ns[s], (double)sum)) +
                2;
    }
    if (mark->wait_max > 0)
        wf_putf(a, 1, y + 1, WF_S_RUNNABLE,
                "longest wait for a P here: %s, G%" PRIu64 " %s",
                wf_fmt_time(d, mark->wait_max), mark->wait_g, name_of(t, mark->wait_g));
    else
        wf_put(a, 1, y + 1, WF_S_DIM, "nobody waited for a P here");
}

/* The alert that was gone to if it touches the column, else the worst that does. */
static void put_alert(const struct wf_tui *t, struct wf_area a, int y)
{
    int64_t column = wf_window_column(&t->win, t->win.cursor);
    int64_t from = wf_window_time(&t->win, (int)column), to = from + t->win.col;
    const struct wf_alert *first = NULL;
    size_t n, more = 0;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &n);

    for (size_t i = 0; i < n; i++)
        if (alerts[i]->from < to && alerts[i]->to >= from) {
            more += first != NULL;
            first = !first || i + 1 == t->alert ? alerts[i] : first;
        }
    if (!first)
        return;
    int x = wf_putf(a, 1, y, WF_S_BAD, "! %s", wf_alert_name(first->kind));
    if (more)
        x = wf_putf(a, x, y, WF_S_DIM, " (%zu more)", more);
    wf_put_wrapped(a, x + 1, y, WF_S_TEXT, first->title);
}

void wf_timeline_detail(const struct wf_tui *t, const struct wf_timeline *tl,
                        struct wf_area a)
{
    const struct wf_lane_shown *l = wf_timeline_chosen(tl);

    for (int x = 0; x < a.w; x++)
        wf_put_glyph(a, x, 0, WF_S_DIM, WF_GL_RULE);
    if (!l) {
        wf_put(a, 1, 1, WF_S_DIM, "no lanes: the trace names no P");
        return;
    }
    put_moment(t, a, 1, l);
    put_column(t, tl, a, 2, l);
    put_alert(t, a, 4);
}
