/* SPDX-License-Identifier: MIT */
/*
 * table.c - rows of JSON as tables: for programs, for documents, for people.
 */
#include "export/table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"

/* --- columns ---------------------------------------------------------------------- */

static void add_column(struct wf_columns *c, const char *key, const char *sub)
{
    struct wf_column *more = realloc(c->column, (c->n + 1) * sizeof *more);

    if (!more)
        wf_fatal("out of memory");
    c->column = more;
    struct wf_column *column = &more[c->n++];
    snprintf(column->key, sizeof column->key, "%s", key);
    snprintf(column->sub, sizeof column->sub, "%s", sub);
    snprintf(column->name, sizeof column->name, *sub ? "%s_%s" : "%s", key, sub);
}

void wf_columns_init(struct wf_columns *c, json_t *blank)
{
    const char *key, *sub;
    json_t *value, *inner;

    *c = (struct wf_columns){ .n = 0 };
    json_object_foreach(blank, key, value)
    {
        if (json_object_size(value) == 0)
            add_column(c, key, "");
        else
            json_object_foreach(value, sub, inner) add_column(c, key, sub);
    }
    json_decref(blank);
}

void wf_columns_fini(struct wf_columns *c)
{
    free(c->column);
}

json_t *wf_column_get(const struct wf_column *c, const json_t *row)
{
    json_t *value = json_object_get(row, c->key);
    return c->sub[0] ? json_object_get(value, c->sub) : value;
}

/* --- one value -------------------------------------------------------------------- */

/* As it is: numbers in full, objects as "key=value key=value". */
static void print_raw(FILE *f, const json_t *value)
{
    const char *key;
    json_t *inner;
    bool first = true;

    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        fputs(json_string_value(value), f);
        break;
    case JSON_INTEGER:
        fprintf(f, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        fprintf(f, "%.6g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        putc(json_is_true(value) ? '1' : '0', f);
        break;
    case JSON_OBJECT:
        json_object_foreach((json_t *)value, key, inner)
        {
            fprintf(f, "%s%s=", first ? "" : " ", key);
            print_raw(f, inner);
            first = false;
        }
        break;
    case JSON_ARRAY:
    case JSON_NULL:
        putc('-', f);
        break;
    }
}

/* The same in memory; the caller's. */
static char *raw_text(const json_t *value)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        wf_fatal("out of memory");
    print_raw(f, value);
    if (fclose(f))
        wf_fatal("out of memory");
    return text;
}

static bool ends_with(const char *key, const char *end)
{
    size_t n = strlen(key), m = strlen(end);
    return n >= m && !strcmp(key + n - m, end);
}

size_t wf_show_key(const char *key)
{
    return strlen(key) - (ends_with(key, "_ns") ? 3 : 0);
}

const char *wf_show_value(char out[WF_SHOWN_MAX], const char *key, const json_t *value)
{
    char unit[WF_UNIT_MAX];

    if (json_is_integer(value) && ends_with(key, "unix_ns")) {
        time_t t = (time_t)(json_integer_value(value) / 1000000000);
        struct tm tm;
        if (gmtime_r(&t, &tm) &&
            strftime(out, WF_SHOWN_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm))
            return out;
    }
    if (json_is_number(value) && ends_with(key, "_ns"))
        snprintf(out, WF_SHOWN_MAX, "%s",
                 wf_show_time(unit, json_is_integer(value)
                                        ? json_integer_value(value)
                                        : (json_int_t)json_real_value(value)));
    else if (json_is_integer(value) && ends_with(key, "bytes"))
        snprintf(out, WF_SHOWN_MAX, "%s",
                 wf_show_size(unit, (uint64_t)json_integer_value(value)));
    else if (json_is_number(value) &&
             (ends_with(key, "_rate") || ends_with(key, "share")))
        snprintf(out, WF_SHOWN_MAX, "%.1f %%", json_number_value(value) * 100);
    else if (json_is_real(value))
        snprintf(out, WF_SHOWN_MAX, "%.2f", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(out, WF_SHOWN_MAX, "%s", json_is_true(value) ? "yes" : "no");
    else {
        char *text = raw_text(value);
        wf_text_clean(out, WF_SHOWN_MAX, *text ? text : "-");
        free(text);
    }
    return out;
}

/* --- for programs and documents --------------------------------------------------- */

static void print_csv(FILE *f, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, f);
        return;
    }
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', f);
        putc(*text, f);
    }
    putc('"', f);
}

static void print_md(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (strchr("|\\`*_<>&[]", *text))
            putc('\\', f);
        putc(*text, f);
    }
}

/* One of the n cells of a line. */
static void print_cell(FILE *f, enum wf_format format, const char *text, size_t i,
                       size_t n)
{
    if (format == WF_CSV) {
        fputs(i ? "," : "", f);
        print_csv(f, text);
        fputs(i + 1 == n ? "\r\n" : "", f);
    } else if (format == WF_MD) {
        fputs(i ? " | " : "| ", f);
        print_md(f, text);
        fputs(i + 1 == n ? " |\n" : "", f);
    } else {
        fputs(i ? "\t" : "", f);
        fputs(text, f);
        fputs(i + 1 == n ? "\n" : "", f);
    }
}

void wf_table_head(FILE *f, enum wf_format format, const struct wf_columns *c)
{
    for (size_t i = 0; i < c->n; i++)
        print_cell(f, format, c->column[i].name, i, c->n);
    for (size_t i = 0; i < c->n && format == WF_MD; i++)
        fprintf(f, "|---%s", i + 1 == c->n ? "|\n" : "");
}

void wf_table_row(FILE *f, enum wf_format format, const struct wf_columns *c,
                  const json_t *row)
{
    for (size_t i = 0; i < c->n; i++) {
        const json_t *value = wf_column_get(&c->column[i], row);
        bool none = format == WF_CSV && (!value || json_is_null(value));
        char *text = none ? strdup("") : raw_text(value);
        print_cell(f, format, text, i, c->n);
        free(text);
    }
}

/* --- for people ------------------------------------------------------------------- */

static void print_padded(FILE *f, const char *text, size_t width, bool right, bool last)
{
    size_t have = wf_text_width(text), pad = width > have ? width - have : 0;

    if (right)
        fprintf(f, "%*s", (int)pad, "");
    fputs(text, f);
    if (!right && !last)
        fprintf(f, "%*s", (int)pad, "");
    fputs(last ? "\n" : "  ", f);
}

/* Width of a column, and is it one of numbers? */
static size_t measure(const struct wf_column *c, const json_t *rows, size_t n,
                      bool *right)
{
    size_t width = wf_show_key(c->name), i;
    char shown[WF_SHOWN_MAX];
    const json_t *row;

    *right = true;
    json_array_foreach(rows, i, row)
    {
        const json_t *value = wf_column_get(c, row);
        if (i >= n)
            break;
        size_t w = wf_text_width(wf_show_value(shown, c->name, value));
        width = w > width ? w : width;
        *right &= !json_is_string(value) && !json_is_object(value);
    }
    return width;
}

void wf_table_human(FILE *f, const struct wf_columns *c, const json_t *rows, size_t n,
                    const char *indent)
{
    size_t *width = calloc(c->n + 1, sizeof *width), i;
    bool *right = calloc(c->n + 1, sizeof *right);
    char shown[WF_SHOWN_MAX];
    const json_t *row;

    if (!width || !right)
        wf_fatal("out of memory");
    fputs(indent, f);
    for (size_t k = 0; k < c->n; k++) {
        width[k] = measure(&c->column[k], rows, n, &right[k]);
        snprintf(shown, sizeof shown, "%.*s", (int)wf_show_key(c->column[k].name),
                 c->column[k].name);
        print_padded(f, shown, width[k], right[k], k + 1 == c->n);
    }
    json_array_foreach(rows, i, row)
    {
        if (i >= n)
            break;
        fputs(indent, f);
        for (size_t k = 0; k < c->n; k++) {
            wf_show_value(shown, c->column[k].name, wf_column_get(&c->column[k], row));
            print_padded(f, shown, width[k], right[k], k + 1 == c->n);
        }
    }
    free(width);
    free(right);
}
