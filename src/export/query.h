/* SPDX-License-Identifier: MIT */
/*
 * export/query.h - conditions on rows, and sums over rows and spans: what expressions
 * mean for a trace.
 */
#ifndef WF_EXPORT_QUERY_H
#define WF_EXPORT_QUERY_H
#include "export/rows.h"
#include "export/table.h"
#include "model/expr.h"

/* The rows of one list, as expressions name them: columns are the fields. */
struct wf_row_names {
    const char *list;
    struct wf_columns columns;
    struct wf_expr_names names;
};
void wf_row_names_init(struct wf_row_names *n, struct wf_model *md,
                       const struct wf_list_info *list);
/* The same for rows that are no list of the model's; takes blank. */
void wf_row_names_init_blank(struct wf_row_names *n, const char *list, json_t *blank);
void wf_row_names_fini(struct wf_row_names *n);
bool wf_row_holds(const struct wf_row_names *n, const struct wf_expr *e,
                  const json_t *row);
/* The column that is called so (_ns may be left out), else NULL. */
const struct wf_column *wf_row_column(const struct wf_row_names *n, const char *name);

/*
 * A budget asks the whole trace: 'p99(runnable)<2ms', 'count(alerts,kind==hog)==0',
 * 'max(queues.p99)<50'.  Spans are those of a state.
 */
struct wf_budget;
/* NULL without memory.  The model may still be empty: asking is what reads it. */
struct wf_budget *wf_budget_new(struct wf_model *md);
const struct wf_expr_names *wf_budget_names(struct wf_budget *b);
struct wf_expr_row wf_budget_row(const struct wf_budget *b);
void wf_budget_free(struct wf_budget *b);

/* What a condition made of a value: a number, text, or null. */
json_t *wf_json_value(const struct wf_value *v);
#endif /* WF_EXPORT_QUERY_H */
