/* SPDX-License-Identifier: MIT */
/*
 * query.c - conditions on rows, and sums over rows and spans.
 */
#include "export/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/text.h"

/* --- rows ------------------------------------------------------------------------- */

static const char *column_name(const void *arg, size_t i)
{
    const struct wf_row_names *n = arg;
    return i < n->columns.n ? n->columns.column[i].name : NULL;
}

static const char *column_word(const void *arg, size_t column, size_t i)
{
    const struct wf_row_names *n = arg;
    return wf_list_word(n->list, n->columns.column[column].name, i);
}

void wf_row_names_init_blank(struct wf_row_names *n, const char *list, json_t *blank)
{
    n->list = list;
    wf_columns_init(&n->columns, blank);
    n->names = (struct wf_expr_names){ .arg = n,
                                       .field = column_name,
                                       .word = column_word };
}

void wf_row_names_init(struct wf_row_names *n, struct wf_model *md,
                       const struct wf_list_info *list)
{
    wf_row_names_init_blank(n, list->name, list->blank(md));
}

void wf_row_names_fini(struct wf_row_names *n)
{
    wf_columns_fini(&n->columns);
}

const struct wf_column *wf_row_column(const struct wf_row_names *n, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < n->columns.n; i++) {
        const char *column = n->columns.column[i].name;
        if (!strncmp(column, name, len) &&
            (!column[len] || !strcmp(column + len, "_ns")))
            return &n->columns.column[i];
    }
    return NULL;
}

struct row {
    const struct wf_row_names *names;
    const json_t *json;
};

static struct wf_value value_of(const json_t *json)
{
    if (json_is_number(json))
        return (struct wf_value){ .kind = WF_VALUE_NUMBER,
                                  .n = json_number_value(json) };
    if (json_is_boolean(json))
        return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = json_is_true(json) };
    if (json_is_string(json))
        return (struct wf_value){ .kind = WF_VALUE_TEXT, .s = json_string_value(json) };
    return (struct wf_value){ .kind = WF_VALUE_NONE };
}

json_t *wf_json_value(const struct wf_value *v)
{
    if (v->kind == WF_VALUE_TEXT)
        return wf_clean_string(v->s);
    return v->kind == WF_VALUE_NONE ? json_null() : wf_json_number(v->n);
}

static void get_column(const void *arg, size_t field, struct wf_value *out)
{
    const struct row *row = arg;
    *out = value_of(wf_column_get(&row->names->columns.column[field], row->json));
}

bool wf_row_holds(const struct wf_row_names *n, const struct wf_expr *e,
                  const json_t *json)
{
    struct row row = { n, json };
    return wf_expr_true(e, &(struct wf_expr_row){ .arg = &row, .get = get_column });
}

/* --- the whole trace -------------------------------------------------------------- */

struct wf_budget {
    struct wf_model *md;
    struct wf_expr_names names;
    struct wf_row_names lists[]; /* wf_nlists */
};

static const char *const states[] = { "running", "runnable", "waiting", "syscall",
                                      "unknown" };
enum { RUNNING, RUNNABLE, WAITING, SYSCALL, UNKNOWN, NSTATES };

static int find_state(const char *name)
{
    for (int i = 0; i < NSTATES; i++)
        if (!strcmp(states[i], name))
            return i;
    return -1;
}

static const char *no_field(const void *arg, size_t i)
{
    (void)arg;
    (void)i;
    return NULL;
}

/* LIST or LIST.COLUMN: the list's place, -1 for none; column NULL for none. */
static int find_list(const char *name, const char **column)
{
    size_t n = strcspn(name, ".");

    *column = name[n] ? name + n + 1 : NULL;
    for (size_t i = 0; i < wf_nlists; i++)
        if (strlen(wf_lists[i].name) == n && !memcmp(wf_lists[i].name, name, n))
            return (int)i;
    return -1;
}

static const char *any_name(const void *arg, size_t i)
{
    return i < NSTATES ? states[i] : wf_list_name(arg, i - NSTATES);
}

static int call_state(int state, enum wf_expr_func func,
                      const struct wf_expr_names **rows,
                      const struct wf_row_names *coroutines, char why[static 160])
{
    bool whole = func == WF_FUNC_sum || func == WF_FUNC_share;

    if (!whole && (state == SYSCALL || state == UNKNOWN)) {
        snprintf(why, 160, "of %s only sum and share are known", states[state]);
        return -1;
    }
    if (whole || state == RUNNABLE)
        *rows = &coroutines->names;
    return 0;
}

static int call(const void *arg, enum wf_expr_func func, const char *name,
                const struct wf_expr_names **rows, char why[static 160])
{
    const struct wf_budget *b = arg;
    const char *column, *near;
    int state = find_state(name), list = find_list(name, &column);

    if (state >= 0)
        return call_state(state, func, rows,
                          &b->lists[wf_list_find("coroutines") - wf_lists], why);
    if (list < 0) {
        near = wf_text_nearest(name, any_name, NULL, NSTATES + wf_nlists);
        snprintf(why, 160, "no state or list is called '%.40s'%s%s%s", name,
                 near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
        return -1;
    }
    if (column && !wf_row_column(&b->lists[list], column)) {
        snprintf(why, 160, "%s has no column '%.40s'", wf_lists[list].name, column);
        return -1;
    }
    if (!column != (func == WF_FUNC_count || func == WF_FUNC_share)) {
        snprintf(why, 160,
                 column ? "%s wants a list without a column"
                        : "%s wants a column (LIST.COLUMN)",
                 wf_expr_func_names[func]);
        return -1;
    }
    *rows = &b->lists[list].names;
    return 0;
}

/* What came together of the rows that a condition let pass. */
struct sum {
    const struct wf_row_names *names;
    const struct wf_expr *where;
    const struct wf_column *column;
    size_t all, n, size;
    double *value;
};

static bool add_row(void *arg, json_t *row)
{
    struct sum *s = arg;

    s->all++;
    if (!s->where || wf_row_holds(s->names, s->where, row)) {
        struct wf_value v = { .kind = WF_VALUE_NUMBER, .n = 1 };
        if (s->column)
            v = value_of(wf_column_get(s->column, row));
        if (s->n == s->size) {
            s->size = s->size ? s->size * 2 : 64;
            s->value = realloc(s->value, s->size * sizeof *s->value);
            if (!s->value)
                wf_fatal("out of memory");
        }
        if (v.kind == WF_VALUE_NUMBER)
            s->value[s->n++] = v.n;
    }
    json_decref(row);
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile_of(enum wf_expr_func func)
{
    return func == WF_FUNC_p50   ? 0.5
           : func == WF_FUNC_p90 ? 0.9
           : func == WF_FUNC_p99 ? 0.99
                                 : 0.999;
}

/* The function of the values; none of nothing, but a count or sum of 0. */
static struct wf_value sum_up(struct sum *s, enum wf_expr_func func)
{
    double total = 0;

    for (size_t i = 0; i < s->n; i++)
        total += s->value[i];
    if (func == WF_FUNC_count || func == WF_FUNC_sum)
        return (struct wf_value){ .kind = WF_VALUE_NUMBER,
                                  .n = func == WF_FUNC_count ? (double)s->n : total };
    if (func == WF_FUNC_share && s->all)
        return (struct wf_value){ .kind = WF_VALUE_NUMBER,
                                  .n = (double)s->n / (double)s->all };
    if (s->n == 0)
        return (struct wf_value){ .kind = WF_VALUE_NONE };
    if (func == WF_FUNC_mean)
        return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = total / (double)s->n };
    qsort(s->value, s->n, sizeof *s->value, by_size);
    size_t rank = s->n;
    if (func != WF_FUNC_max)
        rank = (size_t)ceil(quantile_of(func) * (double)s->n);
    return (struct wf_value){ .kind = WF_VALUE_NUMBER,
                              .n = s->value[rank ? rank - 1 : 0] };
}

static double time_in(int state, const struct wf_state_time *t)
{
    const int64_t by_state[] = { t->running, t->runnable, t->waiting, t->syscall,
                                 t->unknown };
    double all = 0;

    for (int i = 0; state == NSTATES && i < NSTATES; i++)
        all += (double)by_state[i];
    return state == NSTATES ? all : (double)by_state[state];
}

static struct wf_value of_hist(const struct wf_hist *h, enum wf_expr_func func)
{
    double n = 0;

    if (func == WF_FUNC_count)
        return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = (double)h->count };
    if (h->count == 0)
        return (struct wf_value){ .kind = WF_VALUE_NONE };
    if (func == WF_FUNC_mean)
        n = (double)h->sum / (double)h->count;
    else if (func == WF_FUNC_max)
        n = (double)h->max;
    else
        n = (double)wf_hist_quantile(h, quantile_of(func));
    return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = n };
}

/* Spans of the coroutines that a condition lets pass. */
static struct wf_value of_coroutines(const struct wf_budget *b, int state,
                                     enum wf_expr_func func,
                                     const struct wf_expr *where)
{
    const struct wf_row_names *names = &b->lists[wf_list_find("coroutines") - wf_lists];
    struct wf_hist hist = { .count = 0 };
    double in = 0, all = 0;
    size_t n;
    const struct wf_g_row *const *rows = wf_model_coroutines(b->md, &n);

    for (size_t i = 0; i < n; i++) {
        json_t *row = wf_json_coroutine(b->md, rows[i]);
        all += time_in(NSTATES, &rows[i]->time);
        if (wf_row_holds(names, where, row)) {
            in += time_in(state, &rows[i]->time);
            if (wf_hist_merge(&hist, &rows[i]->runnable))
                wf_fatal("out of memory");
        }
        json_decref(row);
    }
    struct wf_value v = { .kind = WF_VALUE_NUMBER, .n = in };
    if (func == WF_FUNC_share)
        v = (struct wf_value){ .kind = all > 0 ? WF_VALUE_NUMBER : WF_VALUE_NONE,
                               .n = all > 0 ? in / all : 0 };
    else if (func != WF_FUNC_sum)
        v = of_hist(&hist, func);
    wf_hist_fini(&hist);
    return v;
}

static struct wf_value of_waits(const struct wf_budget *b, enum wf_expr_func func)
{
    struct wf_hist all = { .count = 0 };
    size_t n;
    const struct wf_wait_row *const *rows = wf_model_waits(b->md, &n);

    for (size_t i = 0; i < n; i++)
        if (wf_hist_merge(&all, &rows[i]->hist))
            wf_fatal("out of memory");
    struct wf_value v = of_hist(&all, func);
    wf_hist_fini(&all);
    return v;
}

static struct wf_value of_state(const struct wf_budget *b, int state,
                                enum wf_expr_func func)
{
    const struct wf_summary *sum = wf_model_summary(b->md);
    double in = time_in(state, &sum->time), all = time_in(NSTATES, &sum->time);

    if (func == WF_FUNC_sum)
        return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = in };
    if (func == WF_FUNC_share)
        return (struct wf_value){ .kind = all > 0 ? WF_VALUE_NUMBER : WF_VALUE_NONE,
                                  .n = all > 0 ? in / all : 0 };
    if (state == WAITING)
        return of_waits(b, func);
    return of_hist(state == RUNNABLE ? &sum->runnable : &sum->run_slice, func);
}

static void answer(const void *arg, enum wf_expr_func func, const char *name,
                   const struct wf_expr *where, struct wf_value *out)
{
    const struct wf_budget *b = arg;
    const char *column;
    int state = find_state(name), list = find_list(name, &column);

    if (state >= 0) {
        *out = where ? of_coroutines(b, state, func, where) : of_state(b, state, func);
        return;
    }
    struct sum s = { .names = &b->lists[list], .where = where };
    if (column)
        s.column = wf_row_column(s.names, column);
    wf_lists[list].each(b->md, add_row, &s);
    *out = sum_up(&s, func);
    free(s.value);
}

struct wf_budget *wf_budget_new(struct wf_model *md)
{
    struct wf_budget *b = calloc(1, sizeof *b + wf_nlists * sizeof *b->lists);

    if (!b)
        return NULL;
    b->md = md;
    b->names = (struct wf_expr_names){ .arg = b, .field = no_field, .call = call };
    for (size_t i = 0; i < wf_nlists; i++)
        wf_row_names_init(&b->lists[i], md, &wf_lists[i]);
    return b;
}

const struct wf_expr_names *wf_budget_names(struct wf_budget *b)
{
    return &b->names;
}

struct wf_expr_row wf_budget_row(const struct wf_budget *b)
{
    return (struct wf_expr_row){ .arg = b, .call = answer };
}

void wf_budget_free(struct wf_budget *b)
{
    for (size_t i = 0; i < wf_nlists; i++)
        wf_row_names_fini(&b->lists[i]);
    free(b);
}
