/* SPDX-License-Identifier: MIT */
/*
 * rows.c - each list of the model as rows of JSON.
 */
#include "export/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/text.h"
#include "format/event.h"
#include "model/alert.h"

enum { OBJECT_MAX = 96 }; /* "kind:name" */

static json_t *must(json_t *json)
{
    if (!json)
        wf_fatal("out of memory");
    return json;
}

void wf_json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, must(value)))
        wf_fatal("out of memory");
}

void wf_json_put_int(json_t *object, const char *key, int64_t v)
{
    wf_json_put(object, key, json_integer(v));
}

/* null for a negative number */
static void put_id(json_t *object, const char *key, int64_t v)
{
    wf_json_put(object, key, v < 0 ? json_null() : json_integer(v));
}

json_t *wf_clean_string(const char *text)
{
    size_t size = strlen(text) * 4 + 1; /* \x9b for a byte is the longest */
    char *clean = malloc(size);
    if (!clean)
        wf_fatal("out of memory");
    wf_text_clean(clean, size, text);
    json_t *string = must(json_string(clean));
    free(clean);
    return string;
}

json_t *wf_json_number(double v)
{
    const double exact = 9e15; /* beyond, not every integer is a double */

    if (!isfinite(v))
        return must(json_null());
    return must(fabs(v) < exact && v == floor(v) ? json_integer((json_int_t)v)
                                                 : json_real(v));
}

void wf_json_put_text(json_t *object, const char *key, const char *text)
{
    wf_json_put(object, key, wf_clean_string(text ? text : ""));
}

/* null instead of nothing */
static void put_text_or_null(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        wf_json_put_text(object, key, text);
    else
        wf_json_put(object, key, json_null());
}

void wf_json_put_state_time(json_t *object, const struct wf_state_time *t)
{
    wf_json_put_int(object, "running_ns", t->running);
    wf_json_put_int(object, "runnable_ns", t->runnable);
    wf_json_put_int(object, "waiting_ns", t->waiting);
    wf_json_put_int(object, "syscall_ns", t->syscall);
    wf_json_put_int(object, "unknown_ns", t->unknown);
}

static void put_quantile(json_t *object, const char *key, const struct wf_hist *h,
                         double q)
{
    put_id(object, key, h->count ? wf_hist_quantile(h, q) : -1);
}

static void put_max(json_t *object, const char *key, const struct wf_hist *h)
{
    put_id(object, key, h->count ? h->max : -1);
}

json_t *wf_json_hist(const struct wf_hist *h)
{
    json_t *o = must(json_object());

    wf_json_put_int(o, "count", (int64_t)h->count);
    put_id(o, "mean_ns", h->count ? wf_hist_mean(h) : -1);
    put_quantile(o, "p50_ns", h, 0.5);
    put_quantile(o, "p90_ns", h, 0.9);
    put_quantile(o, "p99_ns", h, 0.99);
    put_quantile(o, "p999_ns", h, 0.999);
    put_max(o, "max_ns", h);
    return o;
}

json_t *wf_json_series(const struct wf_series *s)
{
    json_t *o = must(json_object());

    wf_json_put(o, "mean", json_real(wf_series_mean(s)));
    wf_json_put_int(o, "p99", wf_series_quantile(s, 0.99));
    wf_json_put_int(o, "max", (int64_t)s->max);
    return o;
}

/* "runnable"; "unknown" for what is no state. */
static const char *state_word(unsigned state)
{
    const char *name = wf_g_state_name(state);
    return name ? name : "unknown";
}

const char *wf_word_or_unknown(enum wf_field_kind kind, uint64_t value)
{
    const char *name = wf_word_name(kind, value);
    return name ? name : "unknown";
}

/* --- rows ------------------------------------------------------------------------- */

static const struct wf_site *site_of(const struct wf_model *md, uint32_t id)
{
    static const struct wf_site unknown = { "", "" };
    struct wf_source *src = md ? wf_model_source(md) : NULL;
    return src ? src->site(src, id) : &unknown;
}

json_t *wf_json_coroutine(const struct wf_model *md, const struct wf_g_row *r)
{
    const struct wf_site *site = site_of(md, r->site);
    json_t *o = must(json_object());
    char object[OBJECT_MAX];

    wf_json_put_int(o, "g", (int64_t)r->g);
    wf_json_put_text(o, "state", r->ended ? "dead" : state_word(r->state));
    wf_json_put_text(o, "site", site->site);
    wf_json_put_int(o, "age_ns", r->end - r->begin);
    wf_json_put_state_time(o, &r->time);
    put_quantile(o, "runnable_p50_ns", &r->runnable, 0.5);
    put_quantile(o, "runnable_p99_ns", &r->runnable, 0.99);
    wf_json_put(o, "complete", json_boolean(r->complete));
    wf_json_put_text(o, "name", r->name[0] ? r->name : site->name);
    bool waits = !r->ended && r->state == WF_G_WAITING;
    put_text_or_null(o, "reason", waits ? wf_word_name(WF_WHY, r->reason) : NULL);
    bool known = waits && r->okind && r->obj;
    if (known)
        wf_model_object_text(md, r->okind, r->obj, object, sizeof object);
    put_text_or_null(o, "object", known ? object : NULL);
    wf_json_put_int(o, "runs", (int64_t)r->runs);
    wf_json_put_int(o, "run_max_ns", r->run_max);
    wf_json_put_int(o, "runnable_max_ns", r->runnable_max);
    wf_json_put_int(o, "from_ns", r->begin);
    wf_json_put_int(o, "to_ns", r->end);
    put_id(o, "p", r->p);
    put_id(o, "m", r->m);
    wf_json_put(o, "system", json_boolean(r->system));
    wf_json_put(o, "pinned", json_boolean(r->pinned));
    return o;
}

static json_t *row_site(const struct wf_model *md, const struct wf_site_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "name", r->name);
    wf_json_put_text(o, "site", r->where);
    wf_json_put_int(o, "count", (int64_t)r->count);
    wf_json_put_state_time(o, &r->time);
    put_quantile(o, "runnable_p50_ns", &r->runnable, 0.5);
    put_quantile(o, "runnable_p99_ns", &r->runnable, 0.99);
    put_max(o, "runnable_max_ns", &r->runnable);
    return o;
}

static json_t *row_proc(const struct wf_model *md, const struct wf_p_row *r)
{
    json_t *o = must(json_object()), *from = must(json_object());

    (void)md;
    wf_json_put_int(o, "p", r->p);
    wf_json_put_int(o, "running_ns", r->running);
    wf_json_put_int(o, "idle_ns", r->idle);
    wf_json_put_int(o, "syscall_ns", r->syscall);
    wf_json_put_int(o, "dispatches", (int64_t)r->dispatches);
    for (unsigned i = WF_FROM_runnext; i <= WF_FROM_netpoll; i++)
        wf_json_put_int(from, wf_word_or_unknown(WF_FROM, i), (int64_t)r->from[i]);
    wf_json_put(o, "from", from);
    wf_json_put_int(o, "stolen_from", (int64_t)r->stolen_from);
    wf_json_put(o, "queue", wf_json_series(&r->queue));
    wf_json_put_int(o, "steals", (int64_t)r->steals);
    wf_json_put_int(o, "steal_fail", (int64_t)r->steal_fail);
    return o;
}

static json_t *row_thread(const struct wf_model *md, const struct wf_m_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_int(o, "m", r->m);
    wf_json_put_int(o, "tid", r->tid);
    wf_json_put_int(o, "from_ns", r->begin);
    wf_json_put_int(o, "to_ns", r->end);
    wf_json_put(o, "ended", json_boolean(r->ended));
    wf_json_put_int(o, "running_ns", r->running);
    wf_json_put_int(o, "spinning_ns", r->spinning);
    wf_json_put_int(o, "idle_ns", r->idle);
    wf_json_put_int(o, "blocked_ns", r->blocked);
    wf_json_put_int(o, "cpu_ns", r->cpu);
    wf_json_put_int(o, "kernel_wait_ns", r->kernel_wait);
    wf_json_put_int(o, "handoffs", (int64_t)r->handoffs);
    wf_json_put_int(o, "retakes", (int64_t)r->retakes);
    return o;
}

static json_t *row_wait(const struct wf_model *md, const struct wf_wait_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "reason", wf_word_or_unknown(WF_WHY, r->reason));
    wf_json_put_int(o, "count", (int64_t)r->count);
    wf_json_put_int(o, "total_ns", r->total);
    put_quantile(o, "p50_ns", &r->hist, 0.5);
    put_quantile(o, "p99_ns", &r->hist, 0.99);
    put_max(o, "max_ns", &r->hist);
    return o;
}

static json_t *row_object(const struct wf_model *md, const struct wf_obj_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "kind", wf_word_or_unknown(WF_OKIND, r->okind));
    wf_json_put_int(o, "id", (int64_t)r->id);
    wf_json_put_text(o, "name", r->name);
    wf_json_put_int(o, "waits", (int64_t)r->waits);
    wf_json_put_int(o, "total_ns", r->total);
    wf_json_put_int(o, "max_waiters", r->waiters_max);
    put_quantile(o, "p99_ns", &r->hist, 0.99);
    wf_json_put_int(o, "waiters", r->waiters);
    wf_json_put_int(o, "gone", (int64_t)r->gone);
    return o;
}

static json_t *row_pool(const struct wf_model *md, const struct wf_pool_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "name", r->name);
    wf_json_put_int(o, "gets", (int64_t)r->gets);
    wf_json_put_int(o, "hits", (int64_t)r->hits);
    wf_json_put_int(o, "misses", (int64_t)r->misses);
    wf_json_put_int(o, "puts", (int64_t)r->puts);
    wf_json_put_int(o, "dropped", (int64_t)r->dropped);
    wf_json_put(o, "hit_rate",
                r->gets ? json_real((double)r->hits / (double)r->gets) : json_null());
    wf_json_put_int(o, "moved", (int64_t)r->moved);
    return o;
}

static json_t *row_region(const struct wf_model *md, const struct wf_region_row *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "name", r->name);
    wf_json_put_int(o, "count", (int64_t)r->count);
    wf_json_put_int(o, "total_ns", r->total);
    put_quantile(o, "p50_ns", &r->hist, 0.5);
    put_quantile(o, "p99_ns", &r->hist, 0.99);
    put_max(o, "max_ns", &r->hist);
    return o;
}

static json_t *evidence_of(const struct wf_alert *r)
{
    json_t *o = must(json_object());

    for (size_t i = 0; i < r->nevidence; i++)
        if (r->evidence[i].text)
            wf_json_put_text(o, r->evidence[i].key, r->evidence[i].text);
        else
            wf_json_put_int(o, r->evidence[i].key, r->evidence[i].n);
    return o;
}

static json_t *row_alert(const struct wf_model *md, const struct wf_alert *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_text(o, "kind", wf_alert_info[r->kind].name);
    wf_json_put_text(o, "severity", wf_severity_name(r->severity));
    wf_json_put_int(o, "from_ns", r->from);
    wf_json_put_int(o, "to_ns", r->to);
    put_id(o, "g", r->g ? (int64_t)r->g : -1);
    put_id(o, "m", r->m);
    put_id(o, "p", r->p);
    put_text_or_null(o, "object", r->object);
    wf_json_put_text(o, "title", r->title);
    wf_json_put(o, "evidence", evidence_of(r));
    wf_json_put_text(o, "advice", r->advice);
    put_text_or_null(o, "site", r->site);
    return o;
}

json_t *wf_json_gap(const struct wf_gap *r)
{
    json_t *o = must(json_object());

    wf_json_put_int(o, "from_ns", r->from);
    wf_json_put_int(o, "to_ns", r->to);
    put_id(o, "m", r->m);
    wf_json_put_text(o, "cause", wf_gap_cause_name(r->cause));
    wf_json_put_int(o, "events", (int64_t)r->events);
    return o;
}

static json_t *row_mark(const struct wf_model *md, const struct wf_mark *r)
{
    json_t *o = must(json_object());

    (void)md;
    wf_json_put_int(o, "t_ns", r->t);
    put_id(o, "g", r->g ? (int64_t)r->g : -1);
    wf_json_put_text(o, "text", r->text);
    return o;
}

/* --- lists whose rows are put together here --------------------------------------- */

static void each_gaps(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    const struct wf_trace_info *info = wf_model_info(md);

    for (size_t i = 0; i < info->ngaps; i++)
        if (!fn(arg, wf_json_gap(&info->gaps[i])))
            return;
}

static json_t *blank_gaps(struct wf_model *md)
{
    (void)md;
    return wf_json_gap(&(struct wf_gap){ .m = 0 });
}

static void each_marks(struct wf_model *md, wf_row_fn *fn, void *arg)
{
    size_t n;
    const struct wf_mark *marks = wf_model_marks(md, &n);

    for (size_t i = 0; i < n; i++)
        if (!fn(arg, row_mark(md, &marks[i])))
            return;
}

static json_t *blank_marks(struct wf_model *md)
{
    return row_mark(md, &(struct wf_mark){ .t = 0 });
}

/* --- lists that are arrays of the model's rows ------------------------------------ */

#define ARRAY(list, type, row)                                                         \
    static void each_##list(struct wf_model *md, wf_row_fn *fn, void *arg)             \
    {                                                                                  \
        size_t n;                                                                      \
        const type *const *rows = wf_model_##list(md, &n);                             \
        for (size_t i = 0; i < n; i++)                                                 \
            if (!fn(arg, row(md, rows[i])))                                            \
                return;                                                                \
    }                                                                                  \
    static json_t *blank_##list(struct wf_model *md)                                   \
    {                                                                                  \
        static const type nothing;                                                     \
        return row(md, &nothing);                                                      \
    }
ARRAY(coroutines, struct wf_g_row, wf_json_coroutine)
ARRAY(sites, struct wf_site_row, row_site)
ARRAY(procs, struct wf_p_row, row_proc)
ARRAY(threads, struct wf_m_row, row_thread)
ARRAY(waits, struct wf_wait_row, row_wait)
ARRAY(objects, struct wf_obj_row, row_object)
ARRAY(pools, struct wf_pool_row, row_pool)
ARRAY(regions, struct wf_region_row, row_region)
ARRAY(alerts, struct wf_alert, row_alert)

const struct wf_list_info wf_lists[] = {
#define SCREEN(list, doc) { #list, doc, wf_each_##list, wf_blank_##list },
#define LIST(list, doc)   { #list, doc, each_##list, blank_##list },
#include "export/lists.def"
};
const size_t wf_nlists = sizeof wf_lists / sizeof *wf_lists;

const struct wf_list_info *wf_list_find(const char *name)
{
    for (size_t i = 0; i < wf_nlists; i++)
        if (!strcmp(wf_lists[i].name, name))
            return &wf_lists[i];
    return NULL;
}

const char *wf_list_name(const void *arg, size_t i)
{
    (void)arg;
    return i < wf_nlists ? wf_lists[i].name : NULL;
}

static bool append(void *arg, json_t *row)
{
    if (json_array_append_new(arg, row))
        wf_fatal("out of memory");
    return true;
}

json_t *wf_list_rows(struct wf_model *md, const char *name)
{
    json_t *rows = must(json_array());

    wf_list_find(name)->each(md, append, rows);
    return rows;
}

/* --- words ------------------------------------------------------------------------ */

/* The i-th value of this kind that has a word. */
static const char *nth_word(enum wf_field_kind kind, size_t i)
{
    for (unsigned value = 0; value < 256; value++) {
        const char *word = wf_word_name(kind, value);
        if (word && i-- == 0)
            return word;
    }
    return NULL;
}

const char *wf_list_word(const char *list, const char *column, size_t i)
{
    if (!strcmp(column, "state"))
        return i < WF_G_NSTATES ? state_word((unsigned)i)
                                : (i == WF_G_NSTATES ? "unknown" : NULL);
    if (!strcmp(column, "reason"))
        return nth_word(WF_WHY, i);
    if (!strcmp(column, "severity"))
        return i <= WF_CRITICAL ? wf_severity_name((enum wf_severity)i) : NULL;
    if (!strcmp(column, "kind") && !strcmp(list, "alerts"))
        return i < WF_NALERTS ? wf_alert_info[i].name : NULL;
    if (!strcmp(column, "kind"))
        return nth_word(WF_OKIND, i);
    return NULL;
}
