/* SPDX-License-Identifier: MIT */
/*
 * view_coroutines.c - every coroutine, and where its time went.
 */
#include <string.h>

#include "model/alert.h"
#include "tui/app.h"

enum { SITE_FROM = 110 };

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)
#define G(row) ((const struct wf_g_row *)(row))

static void time_value(struct wf_value *v, int64_t ns)
{
    v->kind = ns < 0 ? WF_V_NONE : WF_V_TIME;
    v->n = ns;
}

static void share_of(struct wf_value *v, const struct wf_g_row *g, int64_t part)
{
    int64_t life = g->end - g->begin;
    v->kind = life > 0 ? WF_V_SHARE : WF_V_NONE;
    v->d = life > 0 ? (double)part / (double)life : 0;
}

COLUMN(id)
{
    (void)t;
    v->kind = WF_V_ID;
    v->n = (int64_t)G(row)->g;
}

COLUMN(state)
{
    const struct wf_g_row *g = row;
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s%s",
             g->ended ? "ended" : wf_state_text(g->state, g->reason),
             g->pinned && !g->ended ? " (pinned)" : "");
}

static enum wf_style state_style(const struct wf_tui *t, const void *row)
{
    (void)t;
    return G(row)->ended ? WF_S_DIM : wf_state_style(G(row)->state);
}

/* Where there is no room for a column of sites, the site follows the name. */
COLUMN(name)
{
    const char *own = wf_g_name(t, row), *where = wf_g_site(t, row);
    bool both = t->canvas.w < SITE_FROM && where[0] && strcmp(own, where) != 0;

    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s%s%s", own, both && own[0] ? " " : "",
             both ? where : "");
}

COLUMN(site)
{
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", wf_g_site(t, row));
}

COLUMN(age)
{
    (void)t;
    time_value(v, G(row)->end - G(row)->begin);
}

COLUMN(running)
{
    (void)t;
    share_of(v, row, G(row)->time.running);
}

COLUMN(runnable)
{
    (void)t;
    share_of(v, row, G(row)->time.runnable);
}

COLUMN(waiting)
{
    (void)t;
    share_of(v, row, G(row)->time.waiting);
}

COLUMN(syscall)
{
    (void)t;
    share_of(v, row, G(row)->time.syscall);
}

COLUMN(p50)
{
    (void)t;
    time_value(v, wf_hist_quantile(&G(row)->runnable, 0.5));
}

COLUMN(p99)
{
    (void)t;
    time_value(v, wf_hist_quantile(&G(row)->runnable, 0.99));
}

COLUMN(most)
{
    (void)t;
    time_value(v, G(row)->runnable_max > 0 || G(row)->runs ? G(row)->runnable_max : -1);
}

COLUMN(run_most)
{
    (void)t;
    time_value(v, G(row)->runs ? G(row)->run_max : -1);
}

COLUMN(runs)
{
    (void)t;
    v->kind = WF_V_COUNT;
    v->n = (int64_t)G(row)->runs;
}

COLUMN(object)
{
    const struct wf_g_row *g = row;

    v->kind = !g->ended && g->state == WF_G_WAITING && g->okind ? WF_V_TEXT : WF_V_NONE;
    wf_model_object_text(t->md, g->okind, g->obj, v->text, sizeof v->text);
}

static const struct wf_column columns[] = {
    { "g", "G", 6, 0, "number of the coroutine", id, NULL },
    { "state", "STATE", 11, 0, "at the end; while waiting, what for", state,
      state_style },
    { "name", "NAME", 0, 0, "its own name, else its function's", name, NULL },
    { "site", "SITE", 0, SITE_FROM, "where it was made", site, NULL },
    { "age", "AGE", 7, 50, "how long it lived, as far as seen", age, NULL },
    { "running", "RUN", 5, 0, "share of its life on a thread", running, NULL },
    { "runnable", "RNBL", 5, 0, "share of its life waiting for a P", runnable, NULL },
    { "waiting", "WAIT", 5, 70, "share of its life waiting for something", waiting,
      NULL },
    { "syscall", "CALL", 5, 110, "share of its life in blocking calls", syscall, NULL },
    { "runnable_p50", "P50", 6, 100, "half of its waits for a P were shorter", p50,
      NULL },
    { "runnable_p99", "P99", 6, 90, "99 of 100 of its waits for a P were shorter", p99,
      NULL },
    { "runnable_max", "MAX", 6, 0, "its longest wait for a P", most, NULL },
    { "run_max", "RUNMAX", 6, 78, "its longest run without a scheduling point",
      run_most, NULL },
    { "runs", "RUNS", 7, 120, "how often it was run", runs, NULL },
    { "object", "OBJECT", 24, 150, "what it waits for", object, NULL },
};

static bool hidden(const struct wf_tui *t, const void *row)
{
    return t->hide_system && G(row)->system;
}

static bool alarming(const struct wf_tui *t, const void *row)
{
    return G(row)->runnable_max >= wf_alert_limit(t->md, WF_ALERT_starved) ||
           G(row)->run_max >= wf_alert_limit(t->md, WF_ALERT_hog);
}

static const struct wf_table_def def = {
    .title = "COROUTINES",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .sort = 11,
    .empty = "the trace names no coroutine",
    .hidden = hidden,
    .alarming = alarming,
};

static void coroutines_open(struct wf_tui *t, void *self)
{
    (void)t;
    wf_table_init(self, &def);
}

static void coroutines_close(void *self)
{
    wf_table_fini(self);
}

static void coroutines_update(struct wf_tui *t, void *self, int w, int h)
{
    struct wf_table *tb = self;

    if (t->shown[WF_VIEW_coroutines] != t->version) {
        size_t n;
        const struct wf_g_row *const *rows = wf_model_coroutines(t->md, &n);
        wf_table_update(tb, t, WF_ROWS(rows), n);
    }
    wf_table_place(tb, 0, 2, w, h);
}

static void coroutines_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    wf_table_draw(self, t, a, true);
}

static struct wf_table *coroutines_table(void *self)
{
    return self;
}

const struct wf_view wf_view_coroutines = {
    .scopes = WF_SCOPE_TABLE | WF_SCOPE_CORO,
    .size = sizeof(struct wf_table),
    .open = coroutines_open,
    .close = coroutines_close,
    .update = coroutines_update,
    .draw = coroutines_draw,
    .table = coroutines_table,
};
