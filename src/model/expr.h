/* SPDX-License-Identifier: MIT */
/*
 * expr.h - the one language of conditions: 'runnable_p99>1ms && name~"^conn"'.
 *
 * A name is a field of the row asked about (its unit, _ns, may be left out), or else a
 * word that fields are compared with.  FUNC(LIST, condition) sums up other rows.  An
 * expression is checked whole when it is read: later it cannot fail.
 */
#ifndef WF_MODEL_EXPR_H
#define WF_MODEL_EXPR_H
#include <stdbool.h>
#include <stddef.h>

enum wf_value_kind { WF_VALUE_NONE, WF_VALUE_NUMBER, WF_VALUE_TEXT };
enum wf_value_unit { WF_VALUE_PLAIN, WF_VALUE_TIME, WF_VALUE_SHARE };

/* What a field holds; times are ns.  NONE equals nothing and is beyond no limit. */
struct wf_value {
    enum wf_value_kind kind;
    enum wf_value_unit
        unit; /* as 5ms and 5% are written; PLAIN where nobody wrote it */
    double n;
    const char *s; /* borrowed */
};

/* FUNC(name): what may be asked of many values. */
#define WF_EXPR_FUNCS(FUNC)                                                            \
    FUNC(count)                                                                        \
    FUNC(sum) FUNC(mean) FUNC(p50) FUNC(p90) FUNC(p99) FUNC(p999) FUNC(max) FUNC(share)

enum wf_expr_func {
#define FUNC(name) WF_FUNC_##name,
    WF_EXPR_FUNCS(FUNC)
#undef FUNC
        WF_NFUNCS
};
extern const char *const wf_expr_func_names[WF_NFUNCS];

/* What names mean where an expression stands. */
struct wf_expr_names {
    const void *arg;
    bool any; /* nobody knows the names yet: each is a field, and it may only be read */
    /* Fields by their full names, NULL after the last. */
    const char *(*field)(const void *arg, size_t i);
    /* Words that the field may hold, NULL after the last; may be NULL: anything. */
    const char *(*word)(const void *arg, size_t field, size_t i);
    /*
     * May func be asked of what is called name?  Then 0 and in *rows the names of the
     * rows for its condition (NULL: it takes none); else -1 and in why what is wrong.
     * May be NULL: no functions here.
     */
    int (*call)(const void *arg, enum wf_expr_func func, const char *name,
                const struct wf_expr_names **rows, char why[static 160]);
};

struct wf_expr;

/* One thing that an expression is asked about. */
struct wf_expr_row {
    const void *arg;
    void (*get)(const void *arg, size_t field, struct wf_value *out);
    /* where is NULL when there is no condition; may be NULL as call above. */
    void (*call)(const void *arg, enum wf_expr_func func, const char *name,
                 const struct wf_expr *where, struct wf_value *out);
};

struct wf_expr_error {
    size_t at; /* in the text, from 0 */
    char text[240];
};

/* 0, -EINVAL with *error filled in, or -ENOMEM. */
int wf_expr_parse(const char *text, const struct wf_expr_names *names,
                  struct wf_expr **out, struct wf_expr_error *error);
bool wf_expr_true(const struct wf_expr *e, const struct wf_expr_row *row);
void wf_expr_free(struct wf_expr *e);

/*
 * An expression that is one comparison: its sides, and its operator as it reads when the
 * comparison does not hold (">" for "<=").  False when it is more than one.
 */
bool wf_expr_sides(const struct wf_expr *e, const struct wf_expr_row *row,
                   struct wf_value *left, struct wf_value *right, const char **not_op);
/* The text before the operator of such a one: "p99_ms"; its length, 0 for others. */
size_t wf_expr_left(const struct wf_expr *e);
#endif /* WF_MODEL_EXPR_H */
