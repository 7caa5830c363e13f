/* SPDX-License-Identifier: MIT */
/*
 * expr_node.h - what an expression is made of: between expr_parse.c, which makes it, and
 * expr.c, which asks it.  A node refers only to nodes before it, so there is no cycle.
 */
#ifndef WF_MODEL_EXPR_NODE_H
#define WF_MODEL_EXPR_NODE_H
#include <regex.h>

#include "model/expr.h"

/* TEST(kind, token, token of the contrary): longer tokens before their beginnings. */
#define WF_EXPR_TESTS(TEST)                                                            \
    TEST(EQ, "==", "!=")                                                               \
    TEST(NE, "!=", "==")                                                               \
    TEST(NOMATCH, "!~", "~")                                                           \
    TEST(LE, "<=", ">")                                                                \
    TEST(GE, ">=", "<") TEST(LT, "<", ">=") TEST(GT, ">", "<=") TEST(MATCH, "~", "!~")

enum wf_node_kind {
    WF_NODE_OR,
    WF_NODE_AND,
    WF_NODE_NOT,
#define TEST(kind, token, contrary) WF_NODE_##kind,
    WF_EXPR_TESTS(TEST)
#undef TEST
        WF_NODE_ADD,
    WF_NODE_SUB,
    WF_NODE_MUL,
    WF_NODE_DIV,
    WF_NODE_NUMBER,
    WF_NODE_WORD,   /* a name that is no field: text */
    WF_NODE_STRING, /* quoted */
    WF_NODE_FIELD,
    WF_NODE_CALL,
};

struct wf_node {
    enum wf_node_kind kind;
    unsigned a, b;           /* nodes */
    size_t at;               /* in the text */
    double n;                /* NUMBER */
    enum wf_value_unit unit; /* likewise */
    size_t field;            /* FIELD */
    enum wf_expr_func func;  /* CALL */
    char *s;                 /* as written; of CALL the list */
    regex_t *regex;          /* of a STRING right of ~ */
    struct wf_expr *where;   /* CALL */
};

struct wf_expr {
    struct wf_node *nodes;
    unsigned n, root;
    size_t left; /* length of the text before the operator of a lone comparison */
};

static inline bool wf_node_is_test(enum wf_node_kind kind)
{
    return kind >= WF_NODE_EQ && kind <= WF_NODE_MATCH;
}
#endif /* WF_MODEL_EXPR_NODE_H */
