/* SPDX-License-Identifier: MIT */
/*
 * window.h - the piece of time that a timeline shows, in columns of equal width.
 *
 * A column is 4 to 7 times a power of two ns wide and begins at a multiple of its
 * width: whoever pans sees the same columns move, not the same times cut anew.
 */
#ifndef WF_TUI_WINDOW_H
#define WF_TUI_WINDOW_H
#include <stdint.h>

struct wf_window {
    int64_t from, col; /* ns: of the first column, of one column */
    int cols;
    int64_t cursor; /* ns */
    int64_t end;    /* of the trace; it may grow */
};

/* The narrowest columns in which from..to fits; the cursor stays if it is in there. */
void wf_window_fit(struct wf_window *w, int64_t from, int64_t to);
/* Half as wide, or twice; the cursor keeps its column. */
void wf_window_zoom_in(struct wf_window *w);
void wf_window_zoom_out(struct wf_window *w);
/* Move the window by so many columns; the cursor moves along. */
void wf_window_pan(struct wf_window *w, int64_t columns);
/* Move the cursor by so many columns, and the window if it must. */
void wf_window_step(struct wf_window *w, int64_t columns);
/* Put the cursor at t, into the middle if it is not in sight. */
void wf_window_goto(struct wf_window *w, int64_t t);
/* Another number of columns: width of a column and place of the cursor stay. */
void wf_window_resize(struct wf_window *w, int cols);
/* The column in which t lies; may be outside. */
int64_t wf_window_column(const struct wf_window *w, int64_t t);
int64_t wf_window_time(const struct wf_window *w, int column);
#endif /* WF_TUI_WINDOW_H */
