/* SPDX-License-Identifier: MIT */
/*
 * view_objects.c - what coroutines wait for, and below it the pools with their hits.
 */
#include <inttypes.h>

#include "model/alert.h"
#include "tui/app.h"

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)
#define O(row)    ((const struct wf_obj_row *)(row))
#define POOL(row) ((const struct wf_pool_row *)(row))

static void set_count(struct wf_value *v, uint64_t n)
{
    v->kind = WF_V_COUNT;
    v->n = (int64_t)n;
}

static void set_time(struct wf_value *v, int64_t ns)
{
    v->kind = ns < 0 ? WF_V_NONE : WF_V_TIME;
    v->n = ns;
}

COLUMN(object)
{
    const struct wf_obj_row *o = row;

    v->kind = WF_V_TEXT;
    if (o->id == 0 && o->gone)
        snprintf(v->text, sizeof v->text, "%s: %" PRIu64 " that are gone",
                 wf_okind_text(o->okind), o->gone);
    else
        wf_model_object_text(t->md, o->okind, o->id, v->text, sizeof v->text);
}

COLUMN(waits)
{
    (void)t;
    set_count(v, O(row)->waits);
}

COLUMN(total)
{
    (void)t;
    set_time(v, O(row)->total);
}

COLUMN(p50)
{
    (void)t;
    set_time(v, wf_hist_quantile(&O(row)->hist, 0.5));
}

COLUMN(p99)
{
    (void)t;
    set_time(v, wf_hist_quantile(&O(row)->hist, 0.99));
}

COLUMN(longest)
{
    (void)t;
    set_time(v, O(row)->hist.count ? O(row)->hist.max : -1);
}

COLUMN(waiters)
{
    (void)t;
    set_count(v, O(row)->waiters);
}

COLUMN(waiters_max)
{
    (void)t;
    set_count(v, O(row)->waiters_max);
}

COLUMN(owner)
{
    (void)t;
    v->kind = O(row)->owner ? WF_V_TEXT : WF_V_NONE;
    snprintf(v->text, sizeof v->text, "G%" PRIu64, O(row)->owner);
}

COLUMN(capacity)
{
    (void)t;
    set_count(v, O(row)->cap);
    if (!O(row)->cap)
        v->kind = WF_V_NONE;
}

static const struct wf_column columns[] = {
    { "object", "OBJECT", 0, 0, "kind:name, else kind#number", object, NULL },
    { "waits", "WAITS", 8, 0, "how often a coroutine waited for it", waits, NULL },
    { "total", "TOTAL", 8, 0, "time that they waited, together", total, NULL },
    { "p50", "P50", 7, 90, "half of the waits were shorter", p50, NULL },
    { "p99", "P99", 7, 60, "99 of 100 waits were shorter", p99, NULL },
    { "max", "MAX", 7, 70, "the longest wait", longest, NULL },
    { "waiters", "NOW", 6, 60, "waiting at the end", waiters, NULL },
    { "max_waiters", "MOST", 6, 0, "most that waited at once", waiters_max, NULL },
    { "owner", "OWNER", 8, 110, "the coroutine that holds it", owner, NULL },
    { "capacity", "CAP", 7, 100, "elements that a channel can buffer", capacity, NULL },
};

static const struct wf_table_def objects_def = {
    .title = "OBJECTS",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .sort = 2,
    .empty = "nobody waited for anything",
};

COLUMN(pool)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", POOL(row)->name);
}

COLUMN(gets)
{
    (void)t;
    set_count(v, POOL(row)->gets);
}

COLUMN(hits)
{
    (void)t;
    set_count(v, POOL(row)->hits);
}

COLUMN(misses)
{
    (void)t;
    set_count(v, POOL(row)->misses);
}

COLUMN(puts_)
{
    (void)t;
    set_count(v, POOL(row)->puts);
}

COLUMN(dropped)
{
    (void)t;
    set_count(v, POOL(row)->dropped);
}

COLUMN(hit_rate)
{
    const struct wf_pool_row *p = row;
    (void)t;
    v->kind = p->gets ? WF_V_SHARE : WF_V_NONE;
    v->d = p->gets ? (double)p->hits / (double)p->gets : 0;
}

static bool poor(const struct wf_tui *t, const void *row)
{
    return wf_pool_misses_much(t->md, row);
}

static enum wf_style rate_style(const struct wf_tui *t, const void *row)
{
    return poor(t, row) ? WF_S_BAD : WF_S_TEXT;
}

static const struct wf_column pool_columns[] = {
    { "pool", "POOL", 0, 0, "name of the pool; runtime.* are weft's own", pool, NULL },
    { "hit_rate", "HIT RATE", 8, 0, "gets that found an object ready", hit_rate,
      rate_style },
    { "gets", "GETS", 8, 0, "objects taken out", gets, NULL },
    { "hits", "HITS", 8, 70, "of these, found ready", hits, NULL },
    { "misses", "MISSES", 8, 0, "of these, made anew", misses, NULL },
    { "puts", "PUTS", 8, 60, "objects given back", puts_, NULL },
    { "dropped", "DROPPED", 8, 70, "given back and freed: the pool was full", dropped,
      NULL },
};

static const struct wf_table_def pools_def = {
    .title = "POOLS",
    .columns = pool_columns,
    .ncolumns = sizeof pool_columns / sizeof *pool_columns,
    .sort = 2,
    .empty = "the trace names no pool",
    .alarming = poor,
};

static void objects_open(struct wf_tui *t, void *self)
{
    struct wf_pair *p = self;
    (void)t;
    wf_table_init(&p->tb[0], &objects_def);
    wf_table_init(&p->tb[1], &pools_def);
}

static void objects_update(struct wf_tui *t, void *self, int w, int h)
{
    struct wf_pair *p = self;

    if (t->shown[WF_VIEW_objects] != t->version) {
        size_t n;
        const struct wf_obj_row *const *objects = wf_model_objects(t->md, &n);
        wf_table_update(&p->tb[0], t, WF_ROWS(objects), n);
        const struct wf_pool_row *const *pools = wf_model_pools(t->md, &n);
        wf_table_update(&p->tb[1], t, WF_ROWS(pools), n);
    }
    wf_pair_place(p, 0, 2, w, h);
}

static void objects_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    wf_pair_draw(self, t, a);
}

const struct wf_view wf_view_objects = {
    .scopes = WF_SCOPE_TABLE | WF_SCOPE_OBJECTS,
    .size = sizeof(struct wf_pair),
    .open = objects_open,
    .close = wf_pair_close,
    .update = objects_update,
    .draw = objects_draw,
    .table = wf_pair_table,
    .flow = wf_pair_flow,
};
