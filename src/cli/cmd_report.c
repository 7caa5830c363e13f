/* SPDX-License-Identifier: MIT */
/*
 * cmd_report.c - weft report: any screen of the viewer as rows of text, JSON, CSV, Markdown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/session.h"
#include "export/json.h"
#include "export/query.h"
#include "export/table.h"

struct report {
    struct wf_session s;
    const struct wf_list_info *list; /* NULL: events */
    struct wf_row_names names;
    enum wf_format format;
    bool json, headed; /* the columns' names are printed */
    struct wf_expr *where;
    const struct wf_column *sort;
    bool ascending;
    size_t top, n; /* rows at most; printed so far */
    bool missing;  /* of events: something was lost */
    json_t *rows;  /* kept: to be sorted, aligned, a document; NULL: printed at once */
};

/* --- events, which no model holds ------------------------------------------------- */

static json_t *blank_event(void)
{
    return json_pack("{s:n, s:n, s:n, s:n, s:s, s:s}", "t_ns", "m", "p", "g", "event",
                     "", "args", "");
}

static json_t *number_or_null(const char *text)
{
    return strcmp(text, "-") != 0 ? json_integer(strtoll(text, NULL, 10)) : json_null();
}

/* "T M P G EVENT KEY=VALUE..." by tabs; NULL for a comment. */
static json_t *event_row(char *line)
{
    char *field[5], *rest = line;

    if (*line == '#')
        return NULL;
    for (int i = 0; i < 5; i++) {
        field[i] = strsep(&rest, "\t");
        if (!field[i])
            return NULL;
    }
    for (char *tab = rest ? strchr(rest, '\t') : NULL; tab; tab = strchr(tab, '\t'))
        *tab = ' ';
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s}", "t_ns", number_or_null(field[0]),
                     "m", number_or_null(field[1]), "p", number_or_null(field[2]), "g",
                     number_or_null(field[3]), "event", field[4], "args",
                     rest ? rest : "");
}

/* --- rows as they come ------------------------------------------------------------ */

/* Before the first row, or when there is none. */
static void print_head(struct report *r)
{
    if (!r->headed)
        wf_table_head(stdout, r->format, &r->names.columns);
    r->headed = true;
}

/* Takes the row. */
static bool take_row(void *arg, json_t *row)
{
    struct report *r = arg;

    if (r->where && !wf_row_holds(&r->names, r->where, row)) {
        json_decref(row);
        return true;
    }
    if (r->rows) {
        if (json_array_append_new(r->rows, row))
            wf_fatal("out of memory");
        return r->sort || json_array_size(r->rows) < r->top;
    }
    print_head(r);
    wf_table_row(stdout, r->format, &r->names.columns, row);
    json_decref(row);
    return ++r->n < r->top && !ferror(stdout);
}

struct lines {
    struct report *r;
    char *text; /* a line that is not whole yet */
    size_t n;
    bool enough;
};

/* The text of a dump, from its stream into rows. */
static ssize_t take_text(void *cookie, const char *text, size_t n)
{
    struct lines *l = cookie;

    if (l->enough)
        return 0; /* the dump ends here */
    char *more = realloc(l->text, l->n + n + 1);
    if (!more)
        return -1;
    l->text = more;
    memcpy(more + l->n, text, n);
    l->n += n;
    more[l->n] = '\0';
    char *line = more, *end;
    for (; !l->enough && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        json_t *row = event_row(line);
        l->enough = row && !take_row(l->r, row);
    }
    l->n -= (size_t)(line - more);
    memmove(more, line, l->n + 1);
    return (ssize_t)n;
}

static int read_events(struct report *r)
{
    const struct wf_model_opts *m = &r->s.model_opts;
    struct wf_dump_opts opts = { .from = m->from, .to = m->to };
    struct lines lines = { .r = r };
    char error[256];
    FILE *f = fopencookie(&lines, "w", (cookie_io_functions_t){ .write = take_text });

    if (!f)
        wf_fatal("out of memory");
    int err = wf_dump(r->s.path, &opts, f, &r->missing, error);
    fclose(f);
    free(lines.text);
    if (err && !lines.enough && !ferror(stdout))
        return wf_complain(WF_EXIT_IO, "%s", error);
    return -1;
}

/* --- what is asked for ------------------------------------------------------------ */

static const char *screen_name(const void *arg, size_t i)
{
    return i == wf_nlists ? "events" : wf_list_name(arg, i);
}

static void list_screens(void)
{
    puts("\nscreens:");
    for (size_t i = 0; i < wf_nlists; i++)
        printf("%-11s %s\n", wf_lists[i].name, wf_lists[i].doc);
    puts("events      each event, as weft dump prints it");
}

static int find_screen(struct report *r)
{
    const char *name = r->s.options.operands[0];

    r->list = wf_list_find(name);
    if (r->list || !strcmp(name, "events"))
        return -1;
    const char *near = wf_text_nearest(name, screen_name, NULL, wf_nlists + 1);
    if (near)
        return wf_complain(WF_EXIT_USAGE,
                           "report: %s: no such screen (did you mean %s?)", name, near);
    return wf_complain(WF_EXIT_USAGE,
                       "report: %s: no such screen (weft help report lists them)",
                       name);
}

static int choose_format(struct report *r)
{
    static const struct {
        const char *option;
        enum wf_format format;
    } formats[] = { { "plain", WF_PLAIN }, { "csv", WF_CSV }, { "md", WF_MD } };
    const struct wf_options *o = &r->s.options;
    int given = 0;

    r->format = isatty(STDOUT_FILENO) ? WF_HUMAN : WF_PLAIN;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (wf_opt_given(o, formats[i].option)) {
            r->format = formats[i].format;
            given++;
        }
    r->json = wf_opt_given(o, "json");
    if (given + r->json > 1)
        return wf_complain(
            WF_EXIT_USAGE,
            "report: --plain, --json, --csv and --md exclude each other");
    return -1;
}

/* Conditions and columns are checked before the trace is read. */
static int read_conditions(struct report *r, struct wf_model *md)
{
    const struct wf_options *o = &r->s.options;
    const char *where = wf_opt_text(o, "where"), *sort = wf_opt_text(o, "sort");
    struct wf_expr_error error;

    if (r->list)
        wf_row_names_init(&r->names, md, r->list);
    else
        wf_row_names_init_blank(&r->names, "events", blank_event());
    if (where && wf_expr_parse(where, &r->names.names, &r->where, &error))
        return wf_complain(WF_EXIT_USAGE, "report: --where '%.200s': at %zu: %s", where,
                           error.at + 1, error.text);
    r->ascending = sort && *sort == '-';
    sort += r->ascending;
    r->sort = sort ? wf_row_column(&r->names, sort) : NULL;
    if (sort && !r->sort) {
        const char *near = wf_text_nearest(sort, r->names.names.field, &r->names,
                                           r->names.columns.n);
        return wf_complain(WF_EXIT_USAGE, "report: --sort %s: no such column%s%s%s",
                           sort, near ? " (did you mean " : "", near ? near : "",
                           near ? "?)" : "");
    }
    r->top = wf_opt_given(o, "top") ? (size_t)wf_opt_int(o, "top") : SIZE_MAX;
    return -1;
}

/* --- sorting ---------------------------------------------------------------------- */

struct keyed {
    json_t *row, *key;
    size_t at;
    bool ascending;
};

/* Nothing is smaller than anything; equal ones keep their order. */
static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int order = 0;

    if (json_is_string(x->key) && json_is_string(y->key)) {
        order = strcmp(json_string_value(y->key), json_string_value(x->key));
    } else {
        double m = json_is_boolean(x->key)  ? json_is_true(x->key)
                   : json_is_number(x->key) ? json_number_value(x->key)
                                            : -1e300;
        double n = json_is_boolean(y->key)  ? json_is_true(y->key)
                   : json_is_number(y->key) ? json_number_value(y->key)
                                            : -1e300;
        order = (m < n) - (m > n);
    }
    if (order)
        return x->ascending ? -order : order;
    return x->at < y->at ? -1 : 1;
}

static void sort_rows(struct report *r)
{
    size_t n = json_array_size(r->rows), i;
    struct keyed *all = calloc(n + 1, sizeof *all);
    json_t *row, *sorted = json_array();

    if (!all)
        wf_fatal("out of memory");
    json_array_foreach(r->rows, i, row)
        all[i] = (struct keyed){ row, wf_column_get(r->sort, row), i, r->ascending };
    qsort(all, n, sizeof *all, by_key);
    for (i = 0; i < n && i < r->top; i++)
        json_array_append(sorted, all[i].row);
    json_decref(r->rows);
    r->rows = sorted;
    free(all);
}

/* --- all of it -------------------------------------------------------------------- */

static int read_rows(struct report *r)
{
    int status = -1;

    if (r->list || r->json)
        status = wf_session_load(&r->s);
    if (status >= 0)
        return status;
    if (r->json || r->sort || r->format == WF_HUMAN)
        r->rows = json_array();
    if (!r->list)
        return read_events(r);
    r->list->each(r->s.model, take_row, r);
    return -1;
}

static void print_rows(struct report *r)
{
    const json_t *row;
    size_t i;

    if (r->rows && r->sort)
        sort_rows(r);
    if (r->json) {
        json_t *document = wf_json_document(r->s.model, "report", json_incref(r->rows));
        wf_json_write(stdout, document);
        json_decref(document);
    } else if (r->rows && r->format == WF_HUMAN) {
        wf_table_human(stdout, &r->names.columns, r->rows, SIZE_MAX, "");
    } else {
        print_head(r);
        json_array_foreach(r->rows, i, row)
            wf_table_row(stdout, r->format, &r->names.columns, row);
    }
}

int wf_cmd_report(int argc, char **argv)
{
    struct report r = { .list = NULL };
    int status = wf_session_options(&r.s, "report", argc, argv, 2);

    if (status == WF_EXIT_OK) /* --help */
        list_screens();
    if (status < 0)
        status = find_screen(&r);
    if (status < 0)
        status = choose_format(&r);
    if (status < 0)
        status = read_conditions(&r, NULL);
    r.s.model_opts.lanes = r.list && !strcmp(r.list->name, "timeline");
    r.s.model_opts.coroutines = r.list && !strcmp(r.list->name, "coroutines");
    if (status < 0)
        status = read_rows(&r);
    if (status < 0) {
        print_rows(&r);
        status = r.s.model ? wf_session_status(&r.s, WF_EXIT_OK)
                           : wf_session_strict(&r.s, r.missing);
    }
    json_decref(r.rows);
    wf_expr_free(r.where);
    wf_row_names_fini(&r.names);
    wf_session_fini(&r.s);
    return status;
}
