/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - the timeline's own state: lanes, their cells, marks, undo.
 */
#ifndef WF_TUI_TIMELINE_H
#define WF_TUI_TIMELINE_H
#include "tui/app.h"

enum { WF_PINS = 16, WF_UNDO = 32, WF_MARKS = 27 };

struct wf_lane_shown {
    struct wf_lane lane;
    struct wf_moment moment; /* at the cursor */
    bool known;              /* the moment */
    struct wf_cell *cells;   /* win.cols of them */
};

struct wf_timeline {
    struct wf_lane *lanes;
    size_t nlanes, lanes_size, selected, top;
    size_t set;          /* of lanes */
    struct wf_lane want; /* to be selected once it is there */
    bool wanted;
    struct {
        uint64_t g;
        bool jump;   /* made by a jump: gone with the next */
    } pins[WF_PINS]; /* coroutines that are lanes */
    size_t npins;

    struct wf_lane_shown *shown; /* rows of the screen */
    size_t nshown, shown_size;
    struct wf_cell *marks; /* win.cols */
    int cells_cols;        /* for how many columns there is room */
    struct {               /* what the cells were fetched for */
        unsigned version;
        int64_t from, col, cursor;
        int cols;
        size_t top, n, chosen;
        unsigned lanes;
    } fetched;
    unsigned lanes_version;

    int label_w, side_w, rows, detail; /* the layout */
    bool queues, wait_row;
    struct wf_window undo[WF_UNDO];
    size_t nundo, nredo; /* undo[0..nundo) older, then nredo newer */
    int64_t mark[WF_MARKS];
    bool marked[WF_MARKS];
};

static inline struct wf_timeline *wf_timeline(const struct wf_tui *t)
{
    return t->self[WF_VIEW_timeline];
}

/* Lanes of the model as it is now; keeps the one selected. */
void wf_timeline_list(struct wf_tui *t, struct wf_timeline *tl);
/* Fetch cells for what is shown, if that is not what was fetched last. */
void wf_timeline_fetch(struct wf_tui *t, struct wf_timeline *tl);
const struct wf_lane_shown *wf_timeline_chosen(const struct wf_timeline *tl);
void wf_lane_name(char out[32], struct wf_lane lane);
/* Lines below the lanes: what the cursor is on. */
void wf_timeline_detail(const struct wf_tui *t, const struct wf_timeline *tl,
                        struct wf_area a);
void wf_timeline_side(const struct wf_tui *t, const struct wf_lane_shown *l,
                      struct wf_area a, int x, int y, int w);
#endif /* WF_TUI_TIMELINE_H */
