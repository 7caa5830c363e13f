/* SPDX-License-Identifier: MIT */
/*
 * screens.c - rows that are put together of several things of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "export/json.h"
#include "export/rows.h"

/* --- queues and stats ------------------------------------------------------------- */

static json_t *row_queue(const char *name, const struct wf_series *s)
{
    json_t *o = json_object(), *series = wf_json_series(s);

    wf_json_put_text(o, "queue", name);
    json_object_update(o, series);
    json_decref(series);
    return o;
}

void wf_each_queues(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    size_t n;
    const struct wf_p_row *const *rows = wf_model_procs(md, &n);
    char name[16];

    if (!fn(arg, row_queue("global", &wf_model_summary(md)->global_queue)))
        return;
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "P%d", (int)rows[i]->p);
        if (!fn(arg, row_queue(name, &rows[i]->queue)))
            return;
    }
}

json_t *wf_blank_queues(struct wf_model *md)
{
    (void)md;
    return row_queue("", &(struct wf_series){ .now = 0 });
}

static json_t *row_stat(const char *of, const char *name, const struct wf_hist *h)
{
    json_t *o = json_object(), *hist = wf_json_hist(h);

    wf_json_put_text(o, "of", of);
    wf_json_put_text(o, "name", name);
    json_object_update(o, hist);
    json_decref(hist);
    return o;
}

void wf_each_stats(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    const struct wf_summary *sum = wf_model_summary(md);
    size_t n;

    if (!fn(arg, row_stat("state", "runnable", &sum->runnable)) ||
        !fn(arg, row_stat("state", "running", &sum->run_slice)))
        return;
    const struct wf_wait_row *const *waits = wf_model_waits(md, &n);
    for (size_t i = 0; i < n; i++)
        if (!fn(arg, row_stat("wait", wf_word_or_unknown(WF_WHY, waits[i]->reason),
                              &waits[i]->hist)))
            return;
    const struct wf_site_row *const *sites = wf_model_sites(md, &n);
    for (size_t i = 0; i < n; i++)
        if (!fn(arg, row_stat("runnable_of", sites[i]->name, &sites[i]->runnable)))
            return;
}

json_t *wf_blank_stats(struct wf_model *md)
{
    (void)md;
    return row_stat("", "", &(struct wf_hist){ .count = 0 });
}

/* --- overview and info: values by name -------------------------------------------- */

static json_t *row_value(const char *key, const json_t *value)
{
    json_t *o = json_object();

    wf_json_put_text(o, "key", key);
    wf_json_put(o, "value", value ? json_deep_copy(value) : json_null());
    return o;
}

/* Each value inside object that is no list: "coroutines.time.running_ns". */
static bool each_value(const char *prefix, json_t *object, wf_row_fn *fn, void *arg)
{
    const char *key;
    json_t *value;
    bool more = true;
    char full[256];

    json_object_foreach(object, key, value)
    {
        snprintf(full, sizeof full, "%s%s%s", prefix, *prefix ? "." : "", key);
        if (json_is_object(value))
            more = more && each_value(full, value, fn, arg);
        else if (!json_is_array(value) && strcmp(key, "schema") != 0)
            more = more && fn(arg, row_value(full, value));
    }
    return more;
}

void wf_each_overview(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    json_t *summary = wf_json_summary(md);

    each_value("", summary, fn, arg);
    json_decref(summary);
}

json_t *wf_blank_overview(struct wf_model *md)
{
    (void)md;
    return row_value("", NULL);
}

void wf_each_info(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    const struct wf_trace_info *info = wf_model_info(md);
    json_t *trace = wf_json_trace(info), *process = wf_json_process(info);
    bool more = each_value("", trace, fn, arg) && each_value("", process, fn, arg);

    for (size_t i = 0; more && i < info->nmeta; i++) {
        json_t *value = wf_clean_string(info->meta[i].value);
        json_t *key = wf_clean_string(info->meta[i].key);
        more = fn(arg, row_value(json_string_value(key), value));
        json_decref(value);
        json_decref(key);
    }
    json_decref(trace);
    json_decref(process);
}

json_t *wf_blank_info(struct wf_model *md)
{
    return wf_blank_overview(md);
}

/* --- timeline: a letter for each stretch of a lane -------------------------------- */

enum { COLUMNS = 100 };

/* What took the most of it: a state's letter, ! for a gap, z for spinning. */
static char state_letter(const struct wf_cell *cell)
{
    int best = WF_G_IDLE;

    for (int s = 0; s < WF_LANE_NSTATES; s++)
        if (cell->state_ns[s] > cell->state_ns[best])
            best = s;
    if (cell->gap || best == WF_LANE_GAP)
        return '!';
    return best == WF_LANE_SPINNING ? 'z' : wf_g_state_letter((unsigned)best);
}

/* The most it held: 0 to 9, x for tens, X for hundreds and more. */
static char depth_letter(const struct wf_cell *cell)
{
    uint32_t n = cell->queue_max;
    return cell->gap ? '!' : n < 10 ? (char)('0' + n) : n < 100 ? 'x' : 'X';
}

static json_t *row_lane(const char *name, int64_t from, int64_t column,
                        const char *cells)
{
    json_t *o = json_object();

    wf_json_put_text(o, "lane", name);
    wf_json_put_int(o, "from_ns", from);
    wf_json_put_int(o, "column_ns", column);
    wf_json_put_text(o, "cells", cells);
    return o;
}

static bool one_lane(struct wf_model *md, const char *name, enum wf_lane_kind kind,
                     int64_t id, wf_row_fn *fn, void *arg)
{
    const struct wf_trace_info *info = wf_model_info(md);
    struct wf_cell *cells = calloc(COLUMNS, sizeof *cells);
    int64_t column = info->duration / COLUMNS + 1;
    char text[COLUMNS + 1] = "";

    if (!cells)
        wf_fatal("out of memory");
    int err = wf_model_lane(md, kind, id, 0, column * COLUMNS, cells, COLUMNS);
    for (size_t i = 0; !err && i < COLUMNS; i++)
        text[i] = kind == WF_LANE_P ? state_letter(&cells[i]) : depth_letter(&cells[i]);
    free(cells);
    return err || fn(arg, row_lane(name, 0, column, text));
}

void wf_each_timeline(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    size_t n;
    const struct wf_p_row *const *procs = wf_model_procs(md, &n);
    char name[16];

    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "P%d", (int)procs[i]->p);
        if (!one_lane(md, name, WF_LANE_P, procs[i]->p, fn, arg))
            return;
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "q%d", (int)procs[i]->p);
        if (!one_lane(md, name, WF_LANE_QUEUE, procs[i]->p, fn, arg))
            return;
    }
    one_lane(md, "qG", WF_LANE_GLOBAL_QUEUE, 0, fn, arg);
}

json_t *wf_blank_timeline(struct wf_model *md)
{
    (void)md;
    return row_lane("", 0, 0, "");
}
