/* SPDX-License-Identifier: MIT */
/*
 * expr.c - conditions, asked of a row.
 */
#include "model/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/expr_node.h"

const char *const wf_expr_func_names[] = {
#define FUNC(name) #name,
    WF_EXPR_FUNCS(FUNC)
#undef FUNC
};

void wf_expr_free(struct wf_expr *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->n; i++) {
        struct wf_node *node = &e->nodes[i];
        if (node->regex)
            regfree(node->regex);
        free(node->regex);
        free(node->s);
        wf_expr_free(node->where);
    }
    free(e->nodes);
    free(e);
}

static struct wf_value number(double n)
{
    return (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = n };
}

static struct wf_value value(const struct wf_expr *e, unsigned i,
                             const struct wf_expr_row *row);

static struct wf_value reckon(const struct wf_expr *e, const struct wf_node *node,
                              const struct wf_expr_row *row)
{
    struct wf_value a = value(e, node->a, row), b = value(e, node->b, row);

    if (a.kind != WF_VALUE_NUMBER || b.kind != WF_VALUE_NUMBER)
        return (struct wf_value){ .kind = WF_VALUE_NONE };
    switch (node->kind) {
    case WF_NODE_ADD:
        return number(a.n + b.n);
    case WF_NODE_SUB:
        return number(a.n - b.n);
    case WF_NODE_MUL:
        return number(a.n * b.n);
    default:
        return b.n == 0 ? (struct wf_value){ .kind = WF_VALUE_NONE }
                        : number(a.n / b.n);
    }
}

static struct wf_value value(const struct wf_expr *e, unsigned i,
                             const struct wf_expr_row *row)
{
    const struct wf_node *node = &e->nodes[i];
    struct wf_value v = { .kind = WF_VALUE_NONE };

    switch (node->kind) {
    case WF_NODE_NUMBER:
        v = number(node->n);
        v.unit = node->unit;
        return v;
    case WF_NODE_WORD:
    case WF_NODE_STRING:
        return (struct wf_value){ .kind = WF_VALUE_TEXT, .s = node->s };
    case WF_NODE_FIELD:
        row->get(row->arg, node->field, &v);
        return v;
    case WF_NODE_CALL:
        row->call(row->arg, node->func, node->s, node->where, &v);
        return v;
    default:
        return reckon(e, node, row);
    }
}

static bool matches(const struct wf_node *pattern, struct wf_value v)
{
    char text[32];

    if (v.kind == WF_VALUE_NUMBER) {
        snprintf(text, sizeof text, "%.15g", v.n);
        v.s = text;
    }
    return v.kind != WF_VALUE_NONE && !regexec(pattern->regex, v.s, 0, NULL, 0);
}

static bool equal(struct wf_value a, struct wf_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == WF_VALUE_NUMBER)
        return a.n == b.n;
    return a.kind == WF_VALUE_TEXT && !strcmp(a.s, b.s);
}

static bool holds(const struct wf_expr *e, const struct wf_node *node,
                  const struct wf_expr_row *row)
{
    struct wf_value a = value(e, node->a, row);

    if (node->kind == WF_NODE_MATCH || node->kind == WF_NODE_NOMATCH)
        return matches(&e->nodes[node->b], a) == (node->kind == WF_NODE_MATCH);
    struct wf_value b = value(e, node->b, row);
    if (node->kind == WF_NODE_EQ || node->kind == WF_NODE_NE)
        return equal(a, b) == (node->kind == WF_NODE_EQ);
    if (a.kind != WF_VALUE_NUMBER || b.kind != WF_VALUE_NUMBER)
        return false;
    switch (node->kind) {
    case WF_NODE_LT:
        return a.n < b.n;
    case WF_NODE_LE:
        return a.n <= b.n;
    case WF_NODE_GT:
        return a.n > b.n;
    default:
        return a.n >= b.n;
    }
}

static bool is_true(const struct wf_expr *e, unsigned i, const struct wf_expr_row *row)
{
    const struct wf_node *node = &e->nodes[i];

    switch (node->kind) {
    case WF_NODE_OR:
        return is_true(e, node->a, row) || is_true(e, node->b, row);
    case WF_NODE_AND:
        return is_true(e, node->a, row) && is_true(e, node->b, row);
    case WF_NODE_NOT:
        return !is_true(e, node->a, row);
    default:
        return holds(e, node, row);
    }
}

bool wf_expr_true(const struct wf_expr *e, const struct wf_expr_row *row)
{
    return is_true(e, e->root, row);
}

bool wf_expr_sides(const struct wf_expr *e, const struct wf_expr_row *row,
                   struct wf_value *left, struct wf_value *right, const char **not_op)
{
    static const char *const contrary[] = {
#define TEST(kind, token, contrary_) contrary_,
        WF_EXPR_TESTS(TEST)
#undef TEST
    };
    const struct wf_node *node = &e->nodes[e->root];

    if (!wf_node_is_test(node->kind))
        return false;
    *left = value(e, node->a, row);
    *right = value(e, node->b, row);
    *not_op = contrary[node->kind - WF_NODE_EQ];
    return true;
}

size_t wf_expr_left(const struct wf_expr *e)
{
    return wf_node_is_test(e->nodes[e->root].kind) ? e->left : 0;
}
