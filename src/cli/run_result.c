/* SPDX-License-Identifier: MIT */
/*
 * run_result.c - judge what is required, print the figures, write the result.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <weft/trace.h>

#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/run.h"
#include "export/query.h"
#include "model/expr.h"

/* --- what an expression may name: figures, options, and both in ns ---------------- */

enum { MAX_FIELDS = 4096 };

struct fields {
    size_t n;
    struct field {
        char name[128];
        struct wf_value value;
    } * field;
};

static void add_field(struct fields *f, const char *name, struct wf_value value)
{
    if (f->n == MAX_FIELDS)
        return;
    snprintf(f->field[f->n].name, sizeof f->field->name, "%s", name);
    for (char *c = f->field[f->n].name; *c; c++)
        *c = *c == '-' ? '_' : *c;
    f->field[f->n++].value = value;
}

/* p99_ms is p99_ns too, so that p99<=50ms can be said. */
static void add_in_ns(struct fields *f, const char *name, struct wf_value value)
{
    const char *unit = strrchr(name, '_');
    double scale = unit ? wf_time_unit(unit + 1, strlen(unit + 1)) : 0;
    char full[128];

    if (scale <= 1 || value.kind != WF_VALUE_NUMBER)
        return;
    snprintf(full, sizeof full, "%.*s_ns", (int)(unit - name), name);
    value.n *= scale;
    add_field(f, full, value);
}

static void add_figure(void *arg, const char *name, const json_t *value,
                       const char *unit)
{
    struct wf_value v = { .kind = WF_VALUE_NONE };

    (void)unit;
    if (json_is_number(value))
        v = (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = json_number_value(value) };
    add_field(arg, name, v);
    add_in_ns(arg, name, v);
}

static void add_option(struct fields *f, const struct wl *w,
                       const struct wf_option *row)
{
    struct wf_value v = { .kind = WF_VALUE_NUMBER };

    switch (row->type) {
    case WF_OPT_INT:
    case WF_OPT_SIZE:
    case WF_OPT_TIME:
        v.n = (double)wf_opt_int(&w->options, row->name);
        break;
    case WF_OPT_NUMBER:
        v.n = wf_opt_number(&w->options, row->name);
        break;
    default:
        v.kind = WF_VALUE_TEXT;
        v.s = wf_opt_text(&w->options, row->name);
        if (!v.s)
            return;
    }
    if (!strcmp(row->name, "procs"))
        v.n = w->procs;
    add_field(f, row->name, v);
}

static void collect(struct fields *f, const struct wl *w)
{
    const struct wf_option *row;

    f->n = 0;
    f->field = calloc(MAX_FIELDS, sizeof *f->field);
    if (!f->field)
        wf_fatal("out of memory");
    wf_run_each_figure(w, add_figure, f);
    for (size_t i = 0; (row = wf_options_row(&w->options, i)); i++)
        add_option(f, w, row);
}

static const char *field_name(const void *arg, size_t i)
{
    const struct fields *f = arg;
    return i < f->n ? f->field[i].name : NULL;
}

static void field_value(const void *arg, size_t i, struct wf_value *out)
{
    *out = ((const struct fields *)arg)->field[i].value;
}

static int wrong(const char *expr, const struct wf_expr_error *error)
{
    return wf_complain(WF_EXIT_USAGE, "run: --require '%s': at %zu: %s", expr,
                       error->at + 1, error->text);
}

/* --- what is required ------------------------------------------------------------- */

static bool is_word(const char *expr)
{
    return !strcmp(expr, "none") || !strcmp(expr, "default") ||
           !strcmp(expr, "default+abs");
}

/* The user's requirements, or the workload's; how many. */
static size_t required(const struct wl *w,
                       struct wf_requirement out[2 * WF_REQUIRE_MAX])
{
    bool own = !wl_given(w, "require"), absolute = false;
    size_t n = 0;
    const char *expr;

    for (size_t i = 0; (expr = wl_nth(w, "require", i)); i++) {
        own |= !strncmp(expr, "default", 7) && is_word(expr);
        absolute |= !strcmp(expr, "default+abs");
        if (!is_word(expr) && n < WF_REQUIRE_MAX)
            out[n++] = (struct wf_requirement){ expr, false };
    }
    for (size_t i = 0; own && i < w->nrequire; i++) {
        out[n] = w->require[i];
        out[n++].absolute &= !absolute;
    }
    return n;
}

int wf_run_check(const struct wl *w)
{
    struct wf_expr_names names = {
        .field = field_name,
        .any = true,
        .arg = &(struct fields){ 0 }
    };
    struct wf_requirement list[2 * WF_REQUIRE_MAX];
    size_t n = required(w, list);

    for (size_t i = 0; i < n; i++) {
        struct wf_expr *e;
        struct wf_expr_error error;
        if (wf_expr_parse(list[i].expr, &names, &e, &error))
            return wrong(list[i].expr, &error);
        wf_expr_free(e);
    }
    return -1;
}

struct verdict {
    json_t *rows;
    size_t total, held;
    char failed[512]; /* ": p99_ms 71.2 > 50" */
    int status;
};

static void show_value(char out[64], const struct wf_value *v)
{
    if (v->kind == WF_VALUE_NONE)
        snprintf(out, 64, "unknown");
    else if (v->kind == WF_VALUE_TEXT)
        snprintf(out, 64, "%.60s", v->s);
    else
        snprintf(out, 64, "%.15g", v->n);
}

/* "p99_ms 71.2 > 50" */
static void why_failed(struct verdict *v, const struct wf_expr *e, const char *expr,
                       const struct wf_expr_row *row)
{
    struct wf_value left, right;
    const char *op;
    char a[64], b[64];
    size_t used = strlen(v->failed), n = wf_expr_left(e);
    char *at = v->failed + used;

    while (n > 0 && expr[n - 1] == ' ')
        n--;
    if (!wf_expr_sides(e, row, &left, &right, &op)) {
        snprintf(at, sizeof v->failed - used, "%s%s does not hold", used ? ", " : ": ",
                 expr);
        return;
    }
    show_value(a, &left);
    show_value(b, &right);
    snprintf(at, sizeof v->failed - used, "%s%.*s %s %s %s", used ? ", " : ": ", (int)n,
             expr, a, op, b);
}

static void judge_one(struct verdict *v, const struct wf_requirement *r,
                      const struct fields *f)
{
    struct wf_expr_names names = { .field = field_name, .arg = f };
    struct wf_expr_row row = { .arg = f, .get = field_value };
    struct wf_expr *e;
    struct wf_expr_error error;
    struct wf_value left = { .kind = WF_VALUE_NONE }, right;
    const char *op;

    if (wf_expr_parse(r->expr, &names, &e, &error)) {
        v->status = wrong(r->expr, &error);
        return;
    }
    bool pass = wf_expr_true(e, &row);
    wf_expr_sides(e, &row, &left, &right, &op);
    json_t *json = json_pack("{s:o, s:o, s:b}", "expr", wf_clean_string(r->expr),
                             "value", wf_json_value(&left), "pass", pass);
    if (r->absolute) {
        json_object_set_new(json, "required", json_false());
    } else {
        v->total++;
        v->held += pass;
        if (!pass)
            why_failed(v, e, r->expr, &row);
    }
    json_array_append_new(v->rows, json);
    wf_expr_free(e);
}

static void judge(struct verdict *v, const struct wl *w)
{
    struct wf_requirement list[2 * WF_REQUIRE_MAX];
    size_t n = required(w, list);
    struct fields f;

    *v = (struct verdict){ .rows = json_array() };
    collect(&f, w);
    for (size_t i = 0; !w->status && i < n;
         i++) /* what failed has no figures to judge */
        judge_one(v, &list[i], &f);
    free(f.field);
}

/* --- as text ---------------------------------------------------------------------- */

static void print_figure(void *arg, const char *name, const json_t *value,
                         const char *unit)
{
    char text[64] = "unknown", clean[160];
    double v = json_number_value(value);

    (void)arg;
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, sizeof text, v < 1000 ? "%.4g" : "%.1f", v);
    wf_text_clean(clean, sizeof clean, name);
    printf("%-28s  %12s%s%s\n", clean, text, *unit ? "  " : "", unit);
}

static void print_text(const struct wl *w, const struct verdict *v)
{
    const json_t *note;
    size_t i;

    if (!wl_given(w, "quiet")) {
        wf_run_each_figure(w, print_figure, NULL);
        json_array_foreach(w->notes, i, note)
        {
            fputs("note: ", stdout);
            wf_text_print(stdout, json_string_value(note));
            putchar('\n');
        }
    }
    if (w->status || v->status)
        return;
    printf("%s %zu/%zu figures", v->held == v->total ? "PASS" : "FAIL", v->held,
           v->total);
    wf_text_print(stdout, v->failed);
    putchar('\n');
}

/* --- as JSON ---------------------------------------------------------------------- */

static json_t *json_option(const struct wl *w, const struct wf_option *row)
{
    const char *text = wf_opt_text(&w->options, row->name);

    switch (row->type) {
    case WF_OPT_FLAG:
        return json_boolean(wl_given(w, row->name));
    case WF_OPT_INT:
    case WF_OPT_SIZE:
        return text ? json_integer(wf_opt_int(&w->options, row->name)) : json_null();
    case WF_OPT_NUMBER:
        return text ? json_real(wf_opt_number(&w->options, row->name)) : json_null();
    default:
        break;
    }
    if (!wf_opt_nth(&w->options, row->name, 1))
        return text ? wf_clean_string(text) : json_null();
    json_t *all = json_array();
    for (size_t i = 0; (text = wf_opt_nth(&w->options, row->name, i)); i++)
        json_array_append_new(all, wf_clean_string(text));
    return all;
}

static json_t *json_options(const struct wl *w)
{
    json_t *o = json_object();
    const struct wf_option *row;

    for (size_t i = 0; (row = wf_options_row(&w->options, i)); i++) {
        char name[64];
        if (!row->value && !wl_given(w, row->name))
            continue; /* says nothing */
        snprintf(name, sizeof name, "%s", row->name);
        for (char *c = name; *c; c++)
            *c = *c == '-' ? '_' : *c;
        json_object_set_new(o, name, json_option(w, row));
    }
    json_object_set_new(o, "procs", json_integer(w->procs));
    if (w->workload->scenarios)
        json_object_set_new(o, "scenario",
                            json_string(w->workload->scenarios[w->scenario].name));
    return o;
}

static json_t *json_trace(const struct wl *w)
{
    struct weft_trace_stats stats = { .events = 0 };
    char clean[2048];

    if (!w->config.trace[0] || w->config.trace_mode == WEFT_TRACE_OFF)
        return json_null();
    weft_trace_stats(&stats);
    wf_text_clean(clean, sizeof clean, w->config.trace);
    return json_pack("{s:s, s:I, s:I, s:I}", "file", clean, "events",
                     (json_int_t)stats.events, "lost_events",
                     (json_int_t)stats.lost_events, "bytes", (json_int_t)stats.bytes);
}

static json_t *json_result(const struct wl *w, const struct verdict *v, int status)
{
    struct utsname host;
    char started[32];
    struct tm tm;

    uname(&host);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&w->started, &tm));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:f, s:{s:i, s:s, s:s}, s:o, s:O, s:O, s:o, s:O, s:i}",
        "schema", "weft.run/1", "workload", w->workload->name, "weft", weft_version(),
        "started", started, "wall_s", (double)(w->end - w->begin) / 1e9, "host", "cpus",
        (int)sysconf(_SC_NPROCESSORS_ONLN), "kernel", host.release, "clock",
        "monotonic", "options", json_options(w), "figures", w->figures, "require",
        v->rows, "trace", json_trace(w), "notes", w->notes, "exit", status);
}

static int write_json(const struct wl *w, const struct verdict *v, int status)
{
    const size_t how = JSON_INDENT(1) | JSON_REAL_PRECISION(12);
    const char *path = wl_text(w, "json");
    json_t *doc = json_result(w, v, status);
    struct wf_output out;
    int err = 0;

    if (!doc)
        wf_fatal("out of memory");
    if (w->json_stdout) {
        json_dumpf(doc, stdout, how);
        putchar('\n');
    } else if (!(err = wf_output_open(&out, path))) {
        json_dumpf(doc, out.file, how);
        putc('\n', out.file);
        err = wf_output_commit(&out);
    }
    json_decref(doc);
    return err ? wf_complain(WF_EXIT_IO, "run: %s: %s", path, strerror(-err)) : status;
}

int wf_run_report(struct wl *w)
{
    struct verdict v;
    int status;

    judge(&v, w);
    status = w->status ? w->status : v.status ? v.status : v.held < v.total;
    if (!w->json_stdout)
        print_text(w, &v);
    if (wl_given(w, "json"))
        status = write_json(w, &v, status);
    json_decref(v.rows);
    return status;
}
