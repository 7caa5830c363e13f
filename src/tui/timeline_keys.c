/* SPDX-License-Identifier: MIT */
/*
 * timeline_keys.c - what keys and verbs do to the timeline.
 */
#include <inttypes.h>
#include <string.h>

#include "tui/fmt.h"
#include "tui/timeline.h"

/* Before a change of the view that can be undone. */
static void remember(struct wf_tui *t, struct wf_timeline *tl)
{
    if (tl->nundo == WF_UNDO) {
        memmove(tl->undo, tl->undo + 1, (WF_UNDO - 1) * sizeof *tl->undo);
        tl->nundo--;
    }
    tl->undo[tl->nundo++] = t->win;
    tl->nredo = 0;
}

static void restore(struct wf_tui *t, const struct wf_window *w)
{
    int cols = t->win.cols;
    int64_t end = t->win.end;

    t->win = *w;
    t->win.end = end;
    if (t->win.cols != cols)
        wf_window_resize(&t->win, cols);
}

void wf_do_undo(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    struct wf_window now = t->win;

    (void)key;
    if (tl->nundo == 0) {
        wf_tui_say(t, "nothing to undo");
        return;
    }
    restore(t, &tl->undo[--tl->nundo]);
    tl->undo[tl->nundo] = now;
    tl->nredo++;
}

void wf_do_redo(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    struct wf_window now = t->win;

    (void)key;
    if (tl->nredo == 0) {
        wf_tui_say(t, "nothing to redo");
        return;
    }
    restore(t, &tl->undo[tl->nundo]);
    tl->undo[tl->nundo++] = now;
    tl->nredo--;
}

#define DO(command, statement)                                                         \
    void wf_do_##command(struct wf_tui *t, struct wf_key key)                          \
    {                                                                                  \
        (void)key;                                                                     \
        statement;                                                                     \
    }
#define CHANGE(command, statement) DO(command, remember(t, wf_timeline(t)); statement)

CHANGE(zoom_in, wf_window_zoom_in(&t->win))
CHANGE(zoom_out, wf_window_zoom_out(&t->win))
CHANGE(fit_all, wf_window_fit(&t->win, 0, t->win.end))
DO(pan_left, wf_window_pan(&t->win, -t->win.cols / 2))
DO(pan_right, wf_window_pan(&t->win, t->win.cols / 2))
DO(cursor_left, wf_window_step(&t->win, -1))
DO(cursor_right, wf_window_step(&t->win, 1))
DO(cursor_start, wf_window_goto(&t->win, 0))
DO(cursor_end, wf_window_goto(&t->win, t->win.end))

static void move_lane(struct wf_tui *t, long by)
{
    struct wf_timeline *tl = wf_timeline(t);
    long to = (long)tl->selected + by, last = (long)tl->nlanes - 1;

    to = to > last ? last : to;
    tl->selected = (size_t)(to < 0 ? 0 : to);
}

DO(lane_down, move_lane(t, 1))
DO(lane_up, move_lane(t, -1))
DO(lane_page_down, move_lane(t, wf_timeline(t)->rows))
DO(lane_page_up, move_lane(t, -wf_timeline(t)->rows))

/* Where the state at the cursor ends, or what was before it began. */
static void change(struct wf_tui *t, int step)
{
    const struct wf_lane_shown *l = wf_timeline_chosen(wf_timeline(t));
    int64_t to = !l || !l->known                   ? -1
                 : step > 0                        ? l->moment.until
                 : t->win.cursor > l->moment.since ? l->moment.since
                                                   : l->moment.since - 1;

    if (to < 0 || to >= t->win.end || to == t->win.cursor)
        wf_tui_say(t, "no other state %s", step > 0 ? "after" : "before");
    else
        wf_window_goto(&t->win, to);
}

DO(next_change, change(t, 1))
DO(prev_change, change(t, -1))

static uint64_t under_cursor(const struct wf_tui *t)
{
    const struct wf_lane_shown *l = wf_timeline_chosen(wf_timeline(t));

    if (!l)
        return 0;
    if (l->lane.kind == WF_LANE_G)
        return (uint64_t)l->lane.id;
    int64_t column = wf_window_column(&t->win, t->win.cursor);
    if (l->known && l->moment.g)
        return l->moment.g;
    return l->cells && column >= 0 && column < t->win.cols ? l->cells[column].g : 0;
}

void wf_do_fit_span(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    const struct wf_lane_shown *l = wf_timeline_chosen(tl);

    (void)key;
    if (!l || !l->known || l->moment.until <= l->moment.since) {
        wf_tui_say(t, "nothing to fit here");
        return;
    }
    int64_t margin = (l->moment.until - l->moment.since) / 8;
    remember(t, tl);
    wf_window_fit(&t->win, l->moment.since - margin, l->moment.until + margin);
}

void wf_do_lane_set(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    const char *name;

    (void)key;
    tl->set = wf_lane_set_name(tl->set + 1) ? tl->set + 1 : 0;
    tl->lanes_version++;
    name = wf_lane_set_name(tl->set);
    wf_tui_say(t, "lanes: %s", name);
}

static bool is_pinned(const struct wf_timeline *tl, uint64_t g)
{
    for (size_t i = 0; i < tl->npins; i++)
        if (tl->pins[i].g == g)
            return true;
    return false;
}

static void unpin(struct wf_timeline *tl, uint64_t g)
{
    size_t n = 0;

    for (size_t i = 0; i < tl->npins; i++)
        if (tl->pins[i].g != g)
            tl->pins[n++] = tl->pins[i];
    tl->npins = n;
    tl->lanes_version++;
}

static void pin(struct wf_timeline *tl, uint64_t g, bool jump)
{
    if (is_pinned(tl, g))
        return;
    if (tl->npins == WF_PINS)
        unpin(tl, tl->pins[0].g);
    tl->pins[tl->npins].jump = jump;
    tl->pins[tl->npins++].g = g;
    tl->lanes_version++;
}

void wf_do_pin_lane(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    const struct wf_lane_shown *l = wf_timeline_chosen(tl);
    uint64_t g = under_cursor(t);

    (void)key;
    if (l && l->lane.kind == WF_LANE_G)
        unpin(tl, (uint64_t)l->lane.id);
    else if (g)
        pin(tl, g, false);
    else
        wf_tui_say(t, "no coroutine here");
}

void wf_do_show_cursor(struct wf_tui *t, struct wf_key key)
{
    uint64_t g = under_cursor(t);
    const struct wf_g_row *row = g ? wf_find_g(t, g) : NULL;

    (void)key;
    if (!row) {
        wf_tui_say(t, "no coroutine here");
        return;
    }
    wf_tui_show(t, WF_VIEW_coroutines);
    wf_table_filter(wf_tui_table(t), t, "");
    if (!wf_table_select(wf_tui_table(t), row))
        wf_tui_say(t, "G%" PRIu64 " is hidden (H shows it)", g);
}

static int letter_of(struct wf_key key)
{
    return key.code >= 'a' && key.code <= 'z' && !key.mods ? (int)key.code - 'a' : -1;
}

static void mark_letter(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    int i = letter_of(key);

    if (i < 0)
        return;
    tl->mark[i] = t->win.cursor;
    tl->marked[i] = true;
    wf_tui_say(t, "mark %c set", 'a' + i);
}

static void goto_letter(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    int i = letter_of(key);
    char d[WF_FMT_MAX];

    if (i < 0 || !tl->marked[i]) {
        wf_tui_complain(t, "no such mark");
        return;
    }
    int64_t delta = t->win.cursor - tl->mark[i];
    remember(t, tl);
    wf_window_goto(&t->win, tl->mark[i]);
    wf_tui_say(t, "mark %c, %s %s", 'a' + i, wf_fmt_time(d, delta < 0 ? -delta : delta),
               delta < 0 ? "later" : "earlier");
}

DO(set_mark, t->await = mark_letter; wf_tui_say(t, "mark: a letter?"))
DO(goto_mark, t->await = goto_letter; wf_tui_say(t, "to which mark?"))

/* A click: on the timeline time and lane, in a table the row. */
void wf_do_point(struct wf_tui *t, struct wf_key key)
{
    struct wf_timeline *tl = wf_timeline(t);
    struct wf_table *tb = wf_tui_table(t);

    if (key.y == 1 && key.code == WF_KEY_PRESS) {
        int width = 0;
        for (int i = 0; i < WF_NVIEWS; i++) {
            width += (int)strlen(wf_views[i].tab) + 4;
            if (key.x < width && t->canvas.w >= 80) {
                wf_tui_show(t, (enum wf_view_id)i);
                return;
            }
        }
    }
    if (tb) {
        if (wf_table_click(tb, t, key.x, key.y)) {
            const struct wf_binding *b = wf_binding_find(
                wf_tui_scopes(t), (struct wf_key){ .code = WF_KEY_ENTER });
            if (b)
                b->act(t, key);
        }
        return;
    }
    int x = key.x - tl->label_w, y = key.y - 2 - (2 + tl->wait_row);
    if (x >= 0 && x < t->win.cols)
        wf_window_goto(&t->win, wf_window_time(&t->win, x));
    if (y >= 0 && (size_t)y < tl->nshown)
        tl->selected = tl->top + (size_t)y;
}

void wf_timeline_zoom(struct wf_tui *t, int64_t from, int64_t to)
{
    remember(t, wf_timeline(t));
    wf_window_fit(&t->win, from, to);
}

void wf_timeline_lane(struct wf_tui *t, struct wf_lane lane)
{
    struct wf_timeline *tl = wf_timeline(t);

    if (lane.kind == WF_LANE_G)
        pin(tl, (uint64_t)lane.id, false);
    else if (lane.kind != WF_LANE_P)
        wf_timeline_lanes(t, "all");
    tl->want = lane;
    tl->wanted = true;
}

void wf_timeline_pin(struct wf_tui *t, uint64_t g)
{
    pin(wf_timeline(t), g, true);
}

void wf_timeline_show(struct wf_tui *t, struct wf_lane lane, int64_t from, int64_t to)
{
    struct wf_timeline *tl = wf_timeline(t);
    int64_t margin = (to - from) / 2 + 1;

    wf_tui_show(t, WF_VIEW_timeline);
    remember(t, tl);
    for (size_t i = tl->npins; i-- > 0;)
        if (tl->pins[i].jump)
            unpin(tl, tl->pins[i].g);
    if (lane.kind == WF_LANE_G)
        wf_timeline_pin(t, (uint64_t)lane.id);
    if (lane.kind != WF_LANE_MARKS)
        wf_timeline_lane(t, lane);
    t->win.cursor = from;
    wf_window_fit(&t->win, from - margin, to + margin);
    wf_window_goto(&t->win, from);
}
