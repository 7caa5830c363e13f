/* SPDX-License-Identifier: MIT */
/*
 * text.c - documents for people.
 * What is printed follows the document, so that no key can be forgotten here: values by
 * the units in their keys, objects indented, lists of objects as tables.
 */
#include "export/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "export/table.h"

enum { ROWS = 10, KEY_WIDTH = 20 };

static void print_object(FILE *f, const json_t *object, int depth);

/* What makes a row of a list large; lists that are not here keep their order. */
static const struct {
    const char *list, *key;
} largest[] = {
    { "by_site", "running_ns" }, { "procs", "running_ns" }, { "rows", "running_ns" },
    { "waits", "total_ns" },     { "objects", "total_ns" }, { "pools", "gets" },
    { "regions", "total_ns" },   { "gaps", "events" },
};

static const char *sort_key; /* of the comparison below */

static int compare(const void *a, const void *b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, sort_key));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, sort_key));
    return (x < y) - (x > y);
}

/* The ten largest rows if there are more; a new array, or the same. */
static json_t *select_rows(const char *list, json_t *rows)
{
    size_t n = json_array_size(rows), i;
    json_t **all = NULL, *row;

    sort_key = NULL;
    for (i = 0; i < sizeof largest / sizeof *largest; i++)
        if (!strcmp(largest[i].list, list))
            sort_key = largest[i].key;
    if (n <= ROWS || !sort_key || !(all = malloc(n * sizeof(json_t *))))
        return json_incref(rows);
    json_array_foreach(rows, i, row) all[i] = row;
    qsort(all, n, sizeof *all, compare);
    json_t *top = json_array();
    for (i = 0; i < ROWS; i++)
        json_array_append(top, all[i]);
    free(all);
    return top;
}

static void indent(FILE *f, int depth)
{
    fprintf(f, "%*s", depth * 2, "");
}

/* "by site", and how much of it follows. */
static void print_heading(FILE *f, const char *key, size_t shown, size_t all, int depth)
{
    if (depth == 0)
        putc('\n', f);
    indent(f, depth);
    for (size_t i = 0; i < wf_show_key(key); i++)
        putc(key[i] == '_' ? ' ' : key[i], f);
    if (shown < all)
        fprintf(f, ", %zu of %zu", shown, all);
    else if (all == 0)
        fputs("  none", f);
    putc('\n', f);
}

static void print_list(FILE *f, const char *key, json_t *list, int depth)
{
    json_t *rows = select_rows(key, list);
    size_t all = json_array_size(list), n = json_array_size(rows);
    char space[32];
    struct wf_columns columns;

    n = n < ROWS ? n : ROWS;
    print_heading(f, key, n, all, depth);
    if (all && !strcmp(key, "alerts")) {
        wf_text_alerts(f, rows);
    } else if (all) {
        snprintf(space, sizeof space, "%*s", depth * 2 + 2, "");
        wf_columns_init(&columns, json_deep_copy(json_array_get(rows, 0)));
        wf_table_human(f, &columns, rows, n, space);
        wf_columns_fini(&columns);
    }
    json_decref(rows);
}

/* A list of words on one line. */
static void print_words(FILE *f, const json_t *list)
{
    const json_t *word;
    size_t i;

    json_array_foreach(list, i, word)
    {
        char shown[WF_SHOWN_MAX];
        fprintf(f, "%s%s", i ? " " : "", wf_show_value(shown, "", word));
    }
    putc('\n', f);
}

/* {"runnable":{...},"run_slice":{...}}: rows with names. */
static void print_named(FILE *f, const char *key, const json_t *object, int depth)
{
    json_t *rows = json_array(), *value;
    const char *name;
    struct wf_columns columns;
    char space[32];

    json_object_foreach((json_t *)object, name, value)
    {
        json_t *row = json_pack("{s:s}", "", name);
        json_object_update(row, value);
        json_array_append_new(rows, row);
    }
    print_heading(f, key, 1, 1, depth);
    snprintf(space, sizeof space, "%*s", depth * 2 + 2, "");
    wf_columns_init(&columns, json_deep_copy(json_array_get(rows, 0)));
    wf_table_human(f, &columns, rows, json_array_size(rows), space);
    wf_columns_fini(&columns);
    json_decref(rows);
}

static void print_value(FILE *f, const char *key, json_t *value, int depth)
{
    char shown[WF_SHOWN_MAX];

    if (json_is_object(value) &&
        json_is_object(json_object_iter_value(json_object_iter(value)))) {
        print_named(f, key, value, depth);
    } else if (json_is_object(value)) {
        print_heading(f, key, 1, 1, depth);
        print_object(f, value, depth + 1);
    } else if (json_is_array(value) && json_is_string(json_array_get(value, 0))) {
        indent(f, depth);
        fprintf(f, "%-*s  ", KEY_WIDTH, key);
        print_words(f, value);
    } else if (json_is_array(value)) {
        print_list(f, key, value, depth);
    } else {
        indent(f, depth);
        fprintf(f, "%-*.*s  %s\n", KEY_WIDTH, (int)wf_show_key(key), key,
                wf_show_value(shown, key, value));
    }
}

static void print_object(FILE *f, const json_t *object, int depth)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value) print_value(f, key, value, depth);
}

void wf_text_summary(FILE *f, const json_t *summary)
{
    const char *key;
    json_t *value;
    bool first = true;

    json_object_foreach((json_t *)summary, key, value)
    {
        if (!strcmp(key, "schema"))
            continue;
        if (first && json_is_object(value)) {
            fprintf(f, "%s\n", key);
            print_object(f, value, 1);
        } else {
            print_value(f, key, value, 0);
        }
        first = false;
    }
}

static void print_evidence(FILE *f, const json_t *evidence)
{
    const char *key;
    json_t *value;
    char shown[WF_SHOWN_MAX];
    bool first = true;

    json_object_foreach((json_t *)evidence, key, value)
    {
        fprintf(f, "%s%.*s %s", first ? "  evidence: " : ", ", (int)wf_show_key(key),
                key, wf_show_value(shown, key, value));
        first = false;
    }
    if (!first)
        putc('\n', f);
}

void wf_text_alerts(FILE *f, const json_t *alerts)
{
    const json_t *alert;
    char from[WF_SHOWN_MAX], to[WF_SHOWN_MAX];
    size_t i;

    json_array_foreach(alerts, i, alert)
    {
        fprintf(f, "%s%s: %s\n", i ? "\n" : "",
                json_string_value(json_object_get(alert, "severity")),
                json_string_value(json_object_get(alert, "title")));
        fprintf(f, "  kind: %s, from %s to %s\n",
                json_string_value(json_object_get(alert, "kind")),
                wf_show_value(from, "from_ns", json_object_get(alert, "from_ns")),
                wf_show_value(to, "to_ns", json_object_get(alert, "to_ns")));
        print_evidence(f, json_object_get(alert, "evidence"));
        fprintf(f, "  advice: %s\n",
                json_string_value(json_object_get(alert, "advice")));
    }
}
