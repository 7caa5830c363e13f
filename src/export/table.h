/* SPDX-License-Identifier: MIT */
/*
 * export/table.h - rows of JSON as tables: for programs, for documents, for people.
 * Columns are the keys of a blank row; {"queue":{"mean":0}} is the column queue_mean.
 */
#ifndef WF_EXPORT_TABLE_H
#define WF_EXPORT_TABLE_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum wf_format {
    WF_PLAIN, /* by tabs, raw numbers */
    WF_CSV,   /* RFC 4180 */
    WF_MD,    /* Markdown */
    WF_HUMAN, /* aligned, with units */
};

struct wf_column {
    char name[64];
    char key[48], sub[32]; /* where it stands in a row; sub "": not nested */
};

struct wf_columns {
    size_t n;
    struct wf_column *column;
};

/* Takes blank. */
void wf_columns_init(struct wf_columns *c, json_t *blank);
void wf_columns_fini(struct wf_columns *c);
/* Borrowed from the row; NULL when it has none. */
json_t *wf_column_get(const struct wf_column *c, const json_t *row);

/* A header, then rows one by one; not for WF_HUMAN, whose widths want them all. */
void wf_table_head(FILE *f, enum wf_format format, const struct wf_columns *c);
void wf_table_row(FILE *f, enum wf_format format, const struct wf_columns *c,
                  const json_t *row);
/* The first n rows of an array, aligned, each line after indent. */
void wf_table_human(FILE *f, const struct wf_columns *c, const json_t *rows, size_t n,
                    const char *indent);

enum { WF_SHOWN_MAX = 512 };
/* A value as people read it, by what its key says: "12.3 ms", "94.1 %", "yes", "-". */
const char *wf_show_value(char out[WF_SHOWN_MAX], const char *key, const json_t *value);
/* The key without its unit; its length. */
size_t wf_show_key(const char *key);
#endif /* WF_EXPORT_TABLE_H */
