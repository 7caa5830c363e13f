/* SPDX-License-Identifier: MIT */
/*
 * view_timeline.c - lanes over time.
 *
 * Two channels, so that no zoom hides the outlier: a lane's cell shows the state that
 * took most of its time, the rows of marks above show each alert and the longest wait.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tui/fmt.h"
#include "tui/timeline.h"

enum { AXIS = 1, DETAIL = 6, LABEL_MAX = 9, WAIT_LEAST = 1000 };

static void timeline_open(struct wf_tui *t, void *self)
{
    struct wf_timeline *tl = self;
    (void)t;
    tl->queues = true;
}

static void timeline_close(void *self)
{
    struct wf_timeline *tl = self;
    for (size_t i = 0; i < tl->shown_size; i++)
        free(tl->shown[i].cells);
    free(tl->shown);
    free(tl->lanes);
    free(tl->marks);
}

/* What there is room for: the detail goes first, then queues, then the row of waits. */
static void timeline_layout(struct wf_tui *t, struct wf_timeline *tl, int w, int h)
{
    int label = 5;

    tl->side_w = w >= 140 ? 44 : w >= 100 ? 32 : w >= 72 ? 25 : 0;
    tl->detail = t->canvas.h >= 24 && w >= 60 ? DETAIL : 0;
    tl->queues = t->canvas.h >= 14;
    tl->wait_row = h >= 8;
    tl->rows = h - AXIS - 1 - tl->wait_row - tl->detail;
    if (tl->rows < 0)
        tl->rows = 0;
    wf_timeline_list(t, tl);
    for (size_t i = 0; i < tl->nlanes; i++) {
        char name[32];
        wf_lane_name(name, tl->lanes[i]);
        int n = (int)strlen(name) + 1;
        label = n > label ? n : label;
    }
    tl->label_w = 1 + (label > LABEL_MAX ? LABEL_MAX : label);
    int cols = w - tl->label_w - tl->side_w;
    if (cols != t->win.cols && cols > 0)
        wf_window_resize(&t->win, cols);
}

static void timeline_update(struct wf_tui *t, void *self, int w, int h)
{
    struct wf_timeline *tl = self;

    timeline_layout(t, tl, w, h);
    size_t rows = tl->rows > 0 ? (size_t)tl->rows : 1;
    if (tl->selected < tl->top)
        tl->top = tl->selected;
    if (tl->selected >= tl->top + rows)
        tl->top = tl->selected - rows + 1;
    if (tl->top + rows > tl->nlanes)
        tl->top = tl->nlanes > rows ? tl->nlanes - rows : 0;
    wf_timeline_fetch(t, tl);
}

/* A step between labels of the axis: 1, 2 or 5 times a power of ten, at least ns. */
static int64_t nice(int64_t ns)
{
    int64_t step = 1;

    while (step < INT64_MAX / 10) {
        if (step >= ns)
            return step;
        if (2 * step >= ns)
            return 2 * step;
        if (5 * step >= ns)
            return 5 * step;
        step *= 10;
    }
    return step;
}

static void draw_axis(const struct wf_tui *t, const struct wf_timeline *tl,
                      struct wf_area a)
{
    const struct wf_window *w = &t->win;
    struct wf_area in = wf_area_sub(a, tl->label_w, 0, w->cols, 1);
    int64_t step = nice(w->col * 14);
    char text[WF_FMT_MAX];

    for (int64_t at = (w->from + step - 1) / step * step, x;
         (x = wf_window_column(w, at)) < w->cols; at += step) {
        wf_put_glyph(in, (int)x, 0, WF_S_DIM, WF_GL_TICK);
        wf_fmt_moment(text, at, step);
        if (x + 1 + (int)strlen(text) <= w->cols)
            wf_put(in, (int)x + 1, 0, WF_S_DIM, text);
        if (at > INT64_MAX - step)
            break;
    }
    if (tl->side_w) {
        char cur[WF_FMT_MAX];
        struct wf_area side = wf_area_sub(a, a.w - tl->side_w, 0, tl->side_w, 1);
        int x = wf_put(side, 1, 0, WF_S_BOLD,
                       wf_fmt_moment(cur, w->cursor, w->col > 9 ? w->col / 10 : 1));
        wf_putf(side, x + 2, 0, WF_S_DIM, "%s/col", wf_fmt_time(text, w->col));
    }
}

/* The alerts of a column in their own row, and how long the longest wait was. */
static void draw_marks(const struct wf_tui *t, const struct wf_timeline *tl,
                       struct wf_area a)
{
    char text[WF_FMT_MAX];
    const struct wf_cell *worst = NULL;

    wf_put(a, 1, 1, WF_S_BAD, "!");
    if (tl->wait_row)
        wf_put(a, 1, 2, WF_S_RUNNABLE, "wait");
    for (int x = 0; x < t->win.cols && tl->nshown; x++) {
        const struct wf_cell *c = &tl->marks[x];
        if (wf_window_time(&t->win, x) >= t->win.end)
            break;
        if (c->alerts)
            wf_put(a, tl->label_w + x, 1, WF_S_BAD, "!");
        else if (c->gap)
            wf_put_glyph(a, tl->label_w + x, 1, WF_S_GAP, WF_GL_GAP);
        else
            wf_put_glyph(a, tl->label_w + x, 1, WF_S_IDLE, WF_GL_PENDING);
        if (c->wait_max > 0 && (!worst || c->wait_max > worst->wait_max))
            worst = c;
        if (!tl->wait_row || c->wait_max < WAIT_LEAST)
            continue;
        /* Doublings: 1 us is the lowest, 1 s the highest. */
        double level = (double)(63 - __builtin_clzll((uint64_t)c->wait_max) - 8) / 21;
        wf_put_glyph(a, tl->label_w + x, 2,
                     c->wait_max >= 10000000 ? WF_S_BAD : WF_S_RUNNABLE,
                     wf_level(level));
    }
    if (!tl->side_w)
        return;
    int x = a.w - tl->side_w + 1;
    size_t n;
    wf_model_alerts(t->md, &n);
    wf_putf(a, x, 1, WF_S_DIM, "%zu alert%s", n, n == 1 ? "" : "s");
    if (tl->wait_row && worst)
        wf_putf(a, x, 2, WF_S_DIM, "longest %s G%" PRIu64,
                wf_fmt_time(text, worst->wait_max), worst->wait_g);
}

/* The state that took most of a cell; WF_LANE_NSTATES when nothing is known of it. */
static unsigned dominant(const struct wf_cell *c, int64_t *sum)
{
    unsigned best = WF_LANE_NSTATES;

    *sum = 0;
    for (unsigned s = 0; s < WF_LANE_NSTATES; s++) {
        *sum += c->state_ns[s];
        if (c->state_ns[s] > 0 &&
            (best == WF_LANE_NSTATES || c->state_ns[s] > c->state_ns[best]))
            best = s;
    }
    return best;
}

static void draw_state(struct wf_area a, int x, int y, const struct wf_cell *c)
{
    int64_t sum;
    unsigned state = dominant(c, &sum);

    if (c->gap || state == WF_LANE_GAP) {
        wf_put_glyph(a, x, y, WF_S_GAP, WF_GL_GAP);
        return;
    }
    if (c->pending || state == WF_LANE_NSTATES) {
        wf_put_glyph(a, x, y, WF_S_IDLE, c->pending ? WF_GL_PENDING : WF_GL_IDLE);
        return;
    }
    if (state == WF_G_IDLE && c->state_ns[WF_G_RUNNING] > 0) {
        double share = (double)c->state_ns[WF_G_RUNNING] / (double)sum;
        wf_put_glyph(a, x, y, WF_S_RUNNING,
                     share < 0.02 ? WF_GL_IDLE : wf_level(share));
        return;
    }
    enum wf_glyph_name glyph = wf_state_glyph(state);
    if (state == WF_G_RUNNING && !a.cv->ascii)
        glyph = wf_level((double)c->state_ns[state] / (double)sum);
    wf_put_glyph(a, x, y, wf_state_style(state), glyph);
}

static void draw_queue(struct wf_area a, int x, int y, const struct wf_cell *c,
                       uint32_t most)
{
    if (c->gap || c->pending)
        wf_put_glyph(a, x, y, WF_S_GAP, c->gap ? WF_GL_GAP : WF_GL_PENDING);
    else if (c->queue_max)
        wf_put_glyph(a, x, y, WF_S_QUEUE, wf_level((double)c->queue_max / most));
}

static bool is_queue(enum wf_lane_kind kind)
{
    return kind == WF_LANE_QUEUE || kind == WF_LANE_GLOBAL_QUEUE;
}

/* All queue lanes share one scale, so that they can be compared. */
static uint32_t deepest(const struct wf_tui *t, const struct wf_timeline *tl)
{
    uint32_t most = 8;

    for (size_t i = 0; i < tl->nshown; i++)
        for (int x = 0; x < t->win.cols && is_queue(tl->shown[i].lane.kind); x++)
            if (tl->shown[i].cells && tl->shown[i].cells[x].queue_max > most)
                most = tl->shown[i].cells[x].queue_max;
    return most;
}

static void draw_lane(const struct wf_tui *t, const struct wf_timeline *tl,
                      struct wf_area a, size_t row, int y, uint32_t most)
{
    const struct wf_lane_shown *l = &tl->shown[row];
    bool chosen = tl->top + row == tl->selected;
    char name[32];

    wf_lane_name(name, l->lane);
    if (chosen) {
        wf_fill(a, 0, y, tl->label_w, 1, WF_S_SELECT, ' ');
        wf_put(a, 0, y, WF_S_SELECT, ">");
    }
    wf_put_in(a, 1, y, tl->label_w - 1, false, chosen ? WF_S_SELECT : WF_S_BOLD, name);
    for (int x = 0; x < t->win.cols && l->cells; x++) {
        if (wf_window_time(&t->win, x) >= t->win.end)
            break;
        if (is_queue(l->lane.kind))
            draw_queue(a, tl->label_w + x, y, &l->cells[x], most);
        else
            draw_state(a, tl->label_w + x, y, &l->cells[x]);
    }
    if (tl->side_w)
        wf_timeline_side(t, l, a, a.w - tl->side_w + 1, y, tl->side_w - 1);
}

static void timeline_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    const struct wf_timeline *tl = self;
    int y = AXIS + 1 + tl->wait_row;
    uint32_t most = deepest(t, tl);

    draw_axis(t, tl, a);
    draw_marks(t, tl, a);
    for (size_t i = 0; i < tl->nshown; i++)
        draw_lane(t, tl, a, i, y + (int)i, most);
    int64_t x = wf_window_column(&t->win, t->win.cursor);
    if (x >= 0 && x < t->win.cols)
        wf_mark_cursor(a, tl->label_w + (int)x, 0, 1, y + (int)tl->nshown);
    if (tl->nlanes > tl->nshown && tl->nshown)
        wf_putf(a, a.w - 16, a.h - tl->detail - 1, WF_S_DIM, "lanes %zu-%zu/%zu",
                tl->top + 1, tl->top + tl->nshown, tl->nlanes);
    if (tl->detail)
        wf_timeline_detail(t, tl, wf_area_sub(a, 0, a.h - tl->detail, a.w, tl->detail));
}

static bool timeline_search(struct wf_tui *t, void *self, const char *text, int step)
{
    /* Over time, and round: the next alert whose words have it. */
    size_t n;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &n);
    const struct wf_alert *best = NULL, *round = NULL;

    (void)self;
    for (size_t i = 0; i < n; i++) {
        const struct wf_alert *a = alerts[i];
        bool has = strcasestr(a->title, text) || strcasestr(a->site, text) ||
                   strcasestr(wf_alert_name(a->kind), text);
        bool after = step > 0 ? a->from > t->win.cursor : a->from < t->win.cursor;
        const struct wf_alert **to = after ? &best : &round;
        if (has && (!*to || (step > 0 ? a->from < (*to)->from : a->from > (*to)->from)))
            *to = a;
    }
    best = best ? best : round;
    if (!best)
        return false;
    wf_window_goto(&t->win, best->from);
    wf_tui_say(t, "%s: %s", wf_alert_name(best->kind), best->title);
    return true;
}

const struct wf_view wf_view_timeline = {
    .scopes = WF_SCOPE_TIMELINE,
    .size = sizeof(struct wf_timeline),
    .open = timeline_open,
    .close = timeline_close,
    .update = timeline_update,
    .draw = timeline_draw,
    .search = timeline_search,
};
