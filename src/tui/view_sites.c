/* SPDX-License-Identifier: MIT */
/*
 * view_sites.c - coroutines by where they were made.
 */
#include "tui/app.h"

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)
#define S(row) ((const struct wf_site_row *)(row))

static int64_t life(const void *row)
{
    const struct wf_state_time *s = &S(row)->time;
    return s->running + s->runnable + s->waiting + s->syscall + s->unknown;
}

static void share_of(struct wf_value *v, const void *row, int64_t part)
{
    v->kind = life(row) > 0 ? WF_V_SHARE : WF_V_NONE;
    v->d = life(row) > 0 ? (double)part / (double)life(row) : 0;
}

static void quantile(struct wf_value *v, const void *row, double q)
{
    v->n = wf_hist_quantile(&S(row)->runnable, q);
    v->kind = v->n < 0 ? WF_V_NONE : WF_V_TIME;
}

COLUMN(where)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", S(row)->where);
}

COLUMN(name)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", S(row)->name);
}

COLUMN(count)
{
    (void)t;
    v->kind = WF_V_COUNT;
    v->n = (int64_t)S(row)->count;
}

COLUMN(total)
{
    (void)t;
    v->kind = WF_V_TIME;
    v->n = S(row)->time.running;
}

COLUMN(running)
{
    (void)t;
    share_of(v, row, S(row)->time.running);
}

COLUMN(runnable)
{
    (void)t;
    share_of(v, row, S(row)->time.runnable);
}

COLUMN(waiting)
{
    (void)t;
    share_of(v, row, S(row)->time.waiting);
}

COLUMN(syscall)
{
    (void)t;
    share_of(v, row, S(row)->time.syscall);
}

COLUMN(p50)
{
    (void)t;
    quantile(v, row, 0.5);
}

COLUMN(p99)
{
    (void)t;
    quantile(v, row, 0.99);
}

COLUMN(most)
{
    (void)t;
    quantile(v, row, 1);
}

static const struct wf_column columns[] = {
    { "name", "NAME", 0, 0, "the coroutines' name, else their function's", name, NULL },
    { "site", "SITE", 0, 50, "where they are made", where, NULL },
    { "count", "COUNT", 7, 0, "how many were made there", count, NULL },
    { "running_ns", "RUN", 7, 0, "time on threads, of all of them", total, NULL },
    { "running", "RUN%", 5, 60, "share of their lives on a thread", running, NULL },
    { "runnable", "RNBL", 5, 60, "share of their lives waiting for a P", runnable,
      NULL },
    { "waiting", "WAIT", 5, 70, "share waiting for something", waiting, NULL },
    { "syscall", "CALL", 5, 100, "share in blocking calls", syscall, NULL },
    { "runnable_p50", "P50", 7, 100, "half of their waits for a P were shorter", p50,
      NULL },
    { "runnable_p99", "P99", 7, 0, "99 of 100 waits for a P were shorter", p99, NULL },
    { "runnable_max", "MAX", 7, 70, "the longest wait for a P", most, NULL },
};

static const struct wf_table_def def = {
    .title = "SITES",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .sort = 3,
    .empty = "the trace names no coroutine",
};

static void sites_open(struct wf_tui *t, void *self)
{
    (void)t;
    wf_table_init(self, &def);
}

static void sites_close(void *self)
{
    wf_table_fini(self);
}

static void sites_update(struct wf_tui *t, void *self, int w, int h)
{
    if (t->shown[WF_VIEW_sites] != t->version) {
        size_t n;
        const struct wf_site_row *const *rows = wf_model_sites(t->md, &n);
        wf_table_update(self, t, WF_ROWS(rows), n);
    }
    wf_table_place(self, 0, 2, w, h);
}

static void sites_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    wf_table_draw(self, t, a, true);
}

static struct wf_table *sites_table(void *self)
{
    return self;
}

const struct wf_view wf_view_sites = {
    .scopes = WF_SCOPE_TABLE | WF_SCOPE_SITES,
    .size = sizeof(struct wf_table),
    .open = sites_open,
    .close = sites_close,
    .update = sites_update,
    .draw = sites_draw,
    .table = sites_table,
};
