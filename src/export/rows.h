/* SPDX-License-Identifier: MIT */
/*
 * export/rows.h - each list of the model as rows of JSON: what summary, report, doctor,
 * check and their tables are all made of.  A row's keys are the columns of every output.
 * Text in it is clean (base/text.h).  Running out of memory is fatal.
 */
#ifndef WF_EXPORT_ROWS_H
#define WF_EXPORT_ROWS_H
#include <jansson.h>

#include "format/event.h"
#include "model/model.h"

/* Takes the row.  False: enough. */
typedef bool wf_row_fn(void *arg, json_t *row);

/* A row of lists.def. */
struct wf_list_info {
    const char *name, *doc;
    /* Every row, in the model's order. */
    void (*each)(struct wf_model *md, wf_row_fn *fn, void *arg);
    /* A row of nothing, for its keys; md may be NULL. */
    json_t *(*blank)(struct wf_model *md);
};
extern const struct wf_list_info wf_lists[];
extern const size_t wf_nlists;
/* NULL when there is none. */
const struct wf_list_info *wf_list_find(const char *name);
/* The i-th name, NULL after the last; arg is not used. */
const char *wf_list_name(const void *arg, size_t i);
/* Its rows as an array. */
json_t *wf_list_rows(struct wf_model *md, const char *name);

/* Small things that rows and documents are put together of. */
void wf_json_put(json_t *object, const char *key, json_t *value);
void wf_json_put_int(json_t *object, const char *key, int64_t v);
void wf_json_put_text(json_t *object, const char *key, const char *text);
json_t *wf_clean_string(const char *text);
/* An integer where v is one, null for what JSON has not: infinity, no number. */
json_t *wf_json_number(double v);
void wf_json_put_state_time(json_t *object, const struct wf_state_time *t);
json_t *wf_json_gap(const struct wf_gap *gap);
json_t *wf_json_coroutine(const struct wf_model *md, const struct wf_g_row *row);
/* {"count","mean_ns",...,"max_ns"} */
json_t *wf_json_hist(const struct wf_hist *h);
/* {"mean","p99","max"} */
json_t *wf_json_series(const struct wf_series *s);

#define LIST(list, doc)
#define SCREEN(list, doc)                                                              \
    void wf_each_##list(struct wf_model *md, wf_row_fn *fn, void *arg);                \
    json_t *wf_blank_##list(struct wf_model *md);
#include "export/lists.def"

/* Words that a column may hold, NULL after the last; none for free text. */
const char *wf_list_word(const char *list, const char *column, size_t i);

/* "chan_recv"; "unknown" for what has no word. */
const char *wf_word_or_unknown(enum wf_field_kind kind, uint64_t value);
#endif /* WF_EXPORT_ROWS_H */
