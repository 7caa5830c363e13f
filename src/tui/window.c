/* SPDX-License-Identifier: MIT */
/*
 * window.c - zoom and pan, by whole columns.
 */
#include "tui/window.h"

#include <stdbool.h>

enum { FINEST = 4 };
#define WIDEST (INT64_MAX / 8192) /* so that 2000 columns of it are no overflow */

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

/* The smallest of our widths that is not below ns. */
static int64_t width_for(int64_t ns)
{
    int64_t unit = 1;

    ns = clamp(ns, FINEST, WIDEST);
    while (unit * 7 < ns)
        unit *= 2;
    int64_t m = (ns + unit - 1) / unit;
    return (m < 4 ? 4 : m) * unit;
}

static int64_t align(int64_t t, int64_t col)
{
    return t - t % col;
}

/* Nothing before the trace is shown, and its end no further left than it must. */
static void settle(struct wf_window *w)
{
    int64_t last = w->end - w->col * w->cols;

    w->cursor = clamp(w->cursor, 0, w->end > 0 ? w->end - 1 : 0);
    last = last > 0 ? align(last + w->col - 1, w->col) : 0;
    w->from = align(clamp(w->from, 0, last), w->col);
}

int64_t wf_window_column(const struct wf_window *w, int64_t t)
{
    int64_t d = t - w->from;
    return d < 0 ? -((-d + w->col - 1) / w->col) : d / w->col;
}

int64_t wf_window_time(const struct wf_window *w, int column)
{
    return w->from + w->col * column;
}

void wf_window_fit(struct wf_window *w, int64_t from, int64_t to)
{
    from = clamp(from, 0, w->end);
    to = clamp(to, from, w->end);
    int64_t col = width_for((to - from + w->cols - 1) / w->cols);
    while (align(from, col) + col * w->cols < to)
        col = width_for(col + 1);
    w->col = col;
    w->from = align(from, col);
    if (w->cursor < from || w->cursor > to)
        w->cursor = from;
    settle(w);
}

/* Another width of columns, with the cursor where it is on the screen. */
static void rescale(struct wf_window *w, int64_t col)
{
    int64_t at = clamp(wf_window_column(w, w->cursor), 0, w->cols - 1);

    w->col = col;
    w->from = align(w->cursor, col) - at * col;
    settle(w);
}

void wf_window_zoom_in(struct wf_window *w)
{
    if (w->col / 2 >= FINEST)
        rescale(w, w->col / 2);
}

void wf_window_zoom_out(struct wf_window *w)
{
    if (w->col > WIDEST / 2 || w->col * w->cols * 2 >= w->end)
        wf_window_fit(w, 0, w->end);
    else
        rescale(w, w->col * 2);
}

void wf_window_pan(struct wf_window *w, int64_t columns)
{
    int64_t before = w->from;

    columns = clamp(columns, -w->end / w->col - 1, w->end / w->col + 1);
    w->from += columns * w->col;
    settle(w);
    if (w->from != before)
        w->cursor += w->from - before;
    else
        w->cursor += columns * w->col; /* at the end: the cursor goes on alone */
    settle(w);
}

/* The window follows a cursor that left it. */
static void follow(struct wf_window *w)
{
    int64_t at = wf_window_column(w, w->cursor);

    if (at < 0)
        w->from = align(w->cursor, w->col);
    else if (at >= w->cols)
        w->from = align(w->cursor, w->col) - (w->cols - 1) * w->col;
    settle(w);
}

void wf_window_step(struct wf_window *w, int64_t columns)
{
    columns = clamp(columns, -w->end / w->col - 1, w->end / w->col + 1);
    w->cursor = align(w->cursor, w->col) + columns * w->col;
    settle(w);
    follow(w);
}

void wf_window_goto(struct wf_window *w, int64_t t)
{
    w->cursor = t;
    settle(w);
    int64_t at = wf_window_column(w, w->cursor);
    if (at < 0 || at >= w->cols)
        w->from = align(w->cursor, w->col) - w->cols / 2 * w->col;
    settle(w);
}

void wf_window_resize(struct wf_window *w, int cols)
{
    int64_t at = clamp(wf_window_column(w, w->cursor), 0, w->cols - 1);

    if (cols < 1)
        cols = 1;
    bool all = w->col == 0 || (w->from == 0 && w->col * w->cols >= w->end);
    at = w->cols ? at * cols / w->cols : 0;
    w->cols = cols;
    if (all) { /* who saw the whole trace goes on seeing it */
        wf_window_fit(w, 0, w->end);
        return;
    }
    w->from = align(w->cursor, w->col) - at * w->col;
    settle(w);
}
