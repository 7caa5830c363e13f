/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows and columns: sorted, filtered, searched, scrolled; all lists are one.
 */
#ifndef WF_TUI_TABLE_H
#define WF_TUI_TABLE_H
#include "tui/canvas.h"
#include "tui/key.h"

struct wf_tui;

enum wf_value_kind {
    WF_V_NONE,  /* nothing to show; sorts last */
    WF_V_TEXT,  /* text */
    WF_V_ID,    /* n, plain; searched like text */
    WF_V_COUNT, /* n */
    WF_V_TIME,  /* n, ns */
    WF_V_SHARE, /* d, 0..1 */
    WF_V_NUMBER /* d */
};

struct wf_value {
    enum wf_value_kind kind;
    int64_t n;
    double d;
    char text[200];
};

struct wf_column {
    const char *key, *title; /* for ":sort", at the head */
    int width;               /* 0: what is left of the row */
    int least;               /* shown from this width of the table on */
    const char *doc;
    void (*value)(const struct wf_tui *t, const void *row, struct wf_value *v);
    enum wf_style (*style)(const struct wf_tui *t, const void *row); /* NULL: plain */
};

struct wf_table_def {
    const char *title;
    const struct wf_column *columns;
    size_t ncolumns;
    bool uncounted; /* its rows are no things to count */
    int sort;       /* column by which it is sorted first; -1: as the rows come */
    bool ascending; /* the first order of that column */
    const char *empty;
    bool (*hidden)(const struct wf_tui *t, const void *row);   /* NULL: none is */
    bool (*alarming)(const struct wf_tui *t, const void *row); /* marked with "!" */
};

struct wf_table {
    const struct wf_table_def *def;
    const void *const *rows; /* borrowed */
    size_t nrows;
    uint32_t *order; /* of those shown */
    size_t nshown, size;
    int sort;
    bool ascending;
    size_t selected, top; /* places in order */
    char filter[128];
    int x, y, w, h; /* where it is on the screen: title, head, rows */
};

void wf_table_init(struct wf_table *tb, const struct wf_table_def *def);
void wf_table_fini(struct wf_table *tb);
/* Take rows, hide and sort them anew; the selection stays on its row where it can. */
void wf_table_update(struct wf_table *tb, const struct wf_tui *t,
                     const void *const *rows, size_t nrows);
/* Where it is now; the selected row is in sight after that. */
void wf_table_place(struct wf_table *tb, int x, int y, int w, int h);
void wf_table_draw(const struct wf_table *tb, const struct wf_tui *t, struct wf_area a,
                   bool focus);

/* NULL when there is none. */
const void *wf_table_selected(const struct wf_table *tb);
bool wf_table_select(struct wf_table *tb, const void *row);
void wf_table_move(struct wf_table *tb, long rows);
int wf_table_page(const struct wf_table *tb);
/* 0 or -EINVAL: no such column. */
int wf_table_sort(struct wf_table *tb, const struct wf_tui *t, const char *column);
void wf_table_sort_step(struct wf_table *tb, const struct wf_tui *t, int step);
void wf_table_invert(struct wf_table *tb, const struct wf_tui *t);
void wf_table_filter(struct wf_table *tb, const struct wf_tui *t, const char *text);
/* To the next row (step 1) or the one before (-1) with this text. */
bool wf_table_search(struct wf_table *tb, const struct wf_tui *t, const char *text,
                     int step);
/* A click at a cell of the screen.  True: on the row that was chosen before. */
bool wf_table_click(struct wf_table *tb, const struct wf_tui *t, int x, int y);
#endif /* WF_TUI_TABLE_H */
