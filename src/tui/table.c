/* SPDX-License-Identifier: MIT */
/*
 * table.c - the one list.
 */
#include "tui/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/fmt.h"

enum { GAP = 1, HEAD_ROWS = 2, COLUMNS_MAX = 32 };

/* What a row is sorted by: worked out once, not at each comparison. */
struct sort_key {
    enum wf_value_kind kind;
    uint32_t row;
    int64_t n;
    double d;
    char *text;
};

/* Shown as one column of text; out of at least WF_FMT_MAX. */
static const char *value_text(const struct wf_value *v, char *out)
{
    switch (v->kind) {
    case WF_V_TEXT:
        return v->text;
    case WF_V_ID:
        snprintf(out, WF_FMT_MAX, "%" PRId64, v->n);
        return out;
    case WF_V_COUNT:
        return wf_fmt_count(out, (uint64_t)v->n);
    case WF_V_TIME:
        return wf_fmt_time(out, v->n);
    case WF_V_SHARE:
        return wf_fmt_share(out, v->d, 1);
    case WF_V_NUMBER:
        snprintf(out, WF_FMT_MAX, v->d >= 100 ? "%.0f" : "%.1f", v->d);
        return out;
    case WF_V_NONE:
        break;
    }
    return "-";
}

static void value(const struct wf_table *tb, const struct wf_tui *t, size_t column,
                  const void *row, struct wf_value *v)
{
    v->kind = WF_V_NONE;
    v->n = 0;
    v->d = 0;
    v->text[0] = '\0';
    tb->def->columns[column].value(t, row, v);
}

static int order_of(const void *a, const void *b, void *arg)
{
    const struct sort_key *x = a, *y = b;
    const struct wf_table *tb = arg;
    int sign = tb->ascending ? 1 : -1, order = 0;

    if ((x->kind == WF_V_NONE) != (y->kind == WF_V_NONE))
        return x->kind == WF_V_NONE ? 1 : -1;
    if (x->text && y->text)
        order = strcmp(x->text, y->text);
    else if (x->n != y->n)
        order = x->n < y->n ? -1 : 1;
    else if (x->d != y->d)
        order = x->d < y->d ? -1 : 1;
    if (order)
        return sign * order;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void sort_rows(struct wf_table *tb, const struct wf_tui *t)
{
    struct sort_key *keys = tb->sort < 0 || tb->nshown == 0
                                ? NULL
                                : calloc(tb->nshown, sizeof *keys);
    if (!keys)
        return;
    for (size_t i = 0; i < tb->nshown; i++) {
        struct wf_value v;
        value(tb, t, (size_t)tb->sort, tb->rows[tb->order[i]], &v);
        keys[i] = (struct sort_key){ .kind = v.kind,
                                     .row = tb->order[i],
                                     .n = v.n,
                                     .d = v.d,
                                     .text = v.kind == WF_V_TEXT ? strdup(v.text)
                                                                 : NULL };
    }
    qsort_r(keys, tb->nshown, sizeof *keys, order_of, tb);
    for (size_t i = 0; i < tb->nshown; i++) {
        tb->order[i] = keys[i].row;
        free(keys[i].text);
    }
    free(keys);
}

static bool row_has(const struct wf_table *tb, const struct wf_tui *t, const void *row,
                    const char *text)
{
    char out[WF_FMT_MAX];

    for (size_t c = 0; c < tb->def->ncolumns; c++) {
        struct wf_value v;
        value(tb, t, c, row, &v);
        if ((v.kind == WF_V_TEXT || v.kind == WF_V_ID) &&
            strcasestr(value_text(&v, out), text))
            return true;
    }
    return false;
}

static bool shown(const struct wf_table *tb, const struct wf_tui *t, const void *row)
{
    const char *text = tb->filter;
    bool without = text[0] == '!' && text[1];

    if (tb->def->hidden && tb->def->hidden(t, row))
        return false;
    return !text[0] || row_has(tb, t, row, text + without) != without;
}

static void arrange(struct wf_table *tb, const struct wf_tui *t)
{
    const void *chosen = wf_table_selected(tb);

    tb->nshown = 0;
    for (size_t i = 0; i < tb->nrows && i < tb->size; i++)
        if (shown(tb, t, tb->rows[i]))
            tb->order[tb->nshown++] = (uint32_t)i;
    sort_rows(tb, t);
    if (!chosen || !wf_table_select(tb, chosen))
        wf_table_move(tb, 0);
}

void wf_table_init(struct wf_table *tb, const struct wf_table_def *def)
{
    *tb = (struct wf_table){ .def = def,
                             .sort = def->sort,
                             .ascending = def->ascending };
}

void wf_table_fini(struct wf_table *tb)
{
    free(tb->order);
    tb->order = NULL;
    tb->nshown = tb->size = 0;
}

/* The place of a row among new rows: they may be the same ones at other addresses, but
 * not in another order. */
void wf_table_update(struct wf_table *tb, const struct wf_tui *t,
                     const void *const *rows, size_t nrows)
{
    size_t chosen = tb->nshown ? tb->order[tb->selected] : 0;
    bool top = tb->selected == 0;

    if (nrows > tb->size) {
        uint32_t *order = realloc(tb->order, nrows * sizeof *order);
        if (!order)
            nrows = tb->size; /* what fits is shown */
        else {
            tb->order = order;
            tb->size = nrows;
        }
    }
    tb->rows = rows;
    tb->nrows = nrows;
    tb->nshown = 0;
    arrange(tb, t);
    if (!top && chosen < nrows)
        wf_table_select(tb, rows[chosen]);
}

void wf_table_place(struct wf_table *tb, int x, int y, int w, int h)
{
    tb->x = x;
    tb->y = y;
    tb->w = w;
    tb->h = h;
    wf_table_move(tb, 0);
}

int wf_table_page(const struct wf_table *tb)
{
    return tb->h > HEAD_ROWS ? tb->h - HEAD_ROWS : 1;
}

const void *wf_table_selected(const struct wf_table *tb)
{
    return tb->selected < tb->nshown ? tb->rows[tb->order[tb->selected]] : NULL;
}

void wf_table_move(struct wf_table *tb, long rows)
{
    size_t page = (size_t)wf_table_page(tb);
    long to = (long)tb->selected + rows, last = (long)tb->nshown - 1;

    tb->selected = (size_t)(to > last ? (last < 0 ? 0 : last) : to < 0 ? 0 : to);
    if (tb->selected < tb->top)
        tb->top = tb->selected;
    if (tb->selected >= tb->top + page)
        tb->top = tb->selected - page + 1;
    if (tb->top + page > tb->nshown)
        tb->top = tb->nshown > page ? tb->nshown - page : 0;
}

bool wf_table_select(struct wf_table *tb, const void *row)
{
    for (size_t i = 0; i < tb->nshown; i++)
        if (tb->rows[tb->order[i]] == row) {
            tb->selected = i;
            wf_table_move(tb, 0);
            return true;
        }
    return false;
}

int wf_table_sort(struct wf_table *tb, const struct wf_tui *t, const char *column)
{
    bool ascending = column[0] == '-';

    for (size_t c = 0; c < tb->def->ncolumns; c++)
        if (!strcmp(tb->def->columns[c].key, column + ascending)) {
            tb->sort = (int)c;
            tb->ascending = ascending;
            tb->selected = 0;
            arrange(tb, t);
            wf_table_move(tb, -(long)tb->selected);
            return 0;
        }
    return -EINVAL;
}

void wf_table_sort_step(struct wf_table *tb, const struct wf_tui *t, int step)
{
    int n = (int)tb->def->ncolumns, to = tb->sort;

    do
        to = (to + step + n) % n;
    while (tb->def->columns[to].least > tb->w && to != tb->sort);
    wf_table_sort(tb, t, tb->def->columns[to].key);
}

void wf_table_invert(struct wf_table *tb, const struct wf_tui *t)
{
    tb->ascending = !tb->ascending;
    arrange(tb, t);
}

void wf_table_filter(struct wf_table *tb, const struct wf_tui *t, const char *text)
{
    snprintf(tb->filter, sizeof tb->filter, "%s", text);
    arrange(tb, t);
}

bool wf_table_search(struct wf_table *tb, const struct wf_tui *t, const char *text,
                     int step)
{
    for (size_t i = 1; i <= tb->nshown && text[0]; i++) {
        size_t at = (tb->selected + (step > 0 ? i : tb->nshown - i)) % tb->nshown;
        if (row_has(tb, t, tb->rows[tb->order[at]], text)) {
            wf_table_move(tb, (long)at - (long)tb->selected);
            return true;
        }
    }
    return false;
}

/* Columns that are shown, each with its place; what is left goes to those of width 0. */
static size_t layout(const struct wf_table *tb, int x[COLUMNS_MAX], int w[COLUMNS_MAX],
                     size_t which[COLUMNS_MAX])
{
    size_t n = 0, wide = 0;
    int used = 2, at = 2;

    for (size_t c = 0; c < tb->def->ncolumns && n < COLUMNS_MAX; c++) {
        if (tb->def->columns[c].least > tb->w)
            continue;
        which[n] = c;
        w[n] = tb->def->columns[c].width;
        used += w[n] + GAP;
        wide += w[n++] == 0;
    }
    int left = tb->w - used;
    for (size_t i = 0; i < n; i++) {
        if (w[i] == 0) {
            w[i] = left > 0 ? left / (int)wide : 0;
            left -= w[i];
            wide--;
        }
        x[i] = at;
        at += w[i] + GAP;
    }
    return n;
}

static bool to_the_right(const struct wf_table *tb, const struct wf_tui *t, size_t c)
{
    struct wf_value v = { .kind = WF_V_NONE };

    for (size_t i = 0; i < tb->nshown && v.kind == WF_V_NONE && i < 64; i++)
        value(tb, t, c, tb->rows[tb->order[i]], &v);
    return v.kind > WF_V_TEXT;
}

static void draw_title(const struct wf_table *tb, struct wf_area a, bool focus)
{
    char n[WF_FMT_MAX], m[WF_FMT_MAX];
    int x = wf_put(a, 0, 0, WF_S_BOLD, tb->def->title);

    if (!tb->def->uncounted)
        x = wf_putf(a, x + 2, 0, WF_S_TEXT, "%s", wf_fmt_count(n, tb->nrows));
    if (tb->nshown != tb->nrows)
        x = wf_putf(a, x, 0, WF_S_TEXT, ", %s shown", wf_fmt_count(m, tb->nshown));
    if (tb->filter[0])
        x = wf_putf(a, x + 1, 0, WF_S_FOUND, " filter: %s ", tb->filter);
    if (tb->sort >= 0)
        x = wf_putf(a, x + 3, 0, WF_S_DIM, "sort: %s %s",
                    tb->def->columns[tb->sort].title, tb->ascending ? "^" : "v");
    if (focus && tb->nshown > (size_t)wf_table_page(tb)) {
        char where[2 * WF_FMT_MAX];
        snprintf(where, sizeof where, "%s/%s", wf_fmt_count(n, tb->selected + 1),
                 wf_fmt_count(m, tb->nshown));
        int w = wf_columns(where);
        if (x + w + 2 <= tb->w)
            wf_put(a, tb->w - w, 0, WF_S_DIM, where);
    }
}

static void draw_row(const struct wf_table *tb, const struct wf_tui *t,
                     struct wf_area a, int y, const void *row, bool chosen)
{
    int x[COLUMNS_MAX], w[COLUMNS_MAX];
    size_t which[COLUMNS_MAX], n = layout(tb, x, w, which);
    char out[WF_FMT_MAX];

    if (chosen)
        wf_fill(a, 0, y, tb->w, 1, WF_S_SELECT, ' ');
    if (chosen)
        wf_put(a, 0, y, WF_S_SELECT, ">");
    else if (tb->def->alarming && tb->def->alarming(t, row))
        wf_put(a, 0, y, WF_S_BAD, "!");
    for (size_t i = 0; i < n; i++) {
        const struct wf_column *c = &tb->def->columns[which[i]];
        struct wf_value v;
        value(tb, t, which[i], row, &v);
        enum wf_style s = chosen     ? WF_S_SELECT
                          : c->style ? c->style(t, row)
                                     : WF_S_TEXT;
        if (v.kind == WF_V_NONE && !chosen)
            s = WF_S_DIM;
        wf_put_in(a, x[i], y, w[i],
                  v.kind > WF_V_TEXT || (v.kind == WF_V_NONE && c->width), s,
                  value_text(&v, out));
    }
}

void wf_table_draw(const struct wf_table *tb, const struct wf_tui *t, struct wf_area a,
                   bool focus)
{
    int x[COLUMNS_MAX], w[COLUMNS_MAX];
    size_t which[COLUMNS_MAX], n = layout(tb, x, w, which);

    draw_title(tb, a, focus);
    wf_fill(a, 0, 1, tb->w, 1, WF_S_HEAD, ' ');
    for (size_t i = 0; i < n; i++) {
        bool on = (int)which[i] == tb->sort;
        wf_put_in(a, x[i], 1, w[i], to_the_right(tb, t, which[i]),
                  on ? WF_S_HEAD_ON : WF_S_HEAD, tb->def->columns[which[i]].title);
    }
    if (tb->nshown == 0)
        wf_put(a, 2, HEAD_ROWS, WF_S_DIM,
               tb->nrows ? "nothing matches (Esc clears the filter)" : tb->def->empty);
    for (int i = 0; i < tb->h - HEAD_ROWS && tb->top + (size_t)i < tb->nshown; i++) {
        size_t at = tb->top + (size_t)i;
        draw_row(tb, t, a, HEAD_ROWS + i, tb->rows[tb->order[at]],
                 focus && at == tb->selected);
    }
}

bool wf_table_click(struct wf_table *tb, const struct wf_tui *t, int x, int y)
{
    int at[COLUMNS_MAX], w[COLUMNS_MAX];
    size_t which[COLUMNS_MAX], n = layout(tb, at, w, which);

    x -= tb->x;
    y -= tb->y;
    if (y == 1) {
        for (size_t i = 0; i < n; i++)
            if (x >= at[i] && x < at[i] + w[i] + GAP) {
                if ((int)which[i] == tb->sort)
                    wf_table_invert(tb, t);
                else
                    wf_table_sort(tb, t, tb->def->columns[which[i]].key);
                break;
            }
        return false;
    }
    size_t row = tb->top + (size_t)(y - HEAD_ROWS);
    if (y < HEAD_ROWS || row >= tb->nshown)
        return false;
    bool again = row == tb->selected;
    wf_table_move(tb, (long)row - (long)tb->selected);
    return again;
}
