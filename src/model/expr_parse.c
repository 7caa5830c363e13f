/* SPDX-License-Identifier: MIT */
/*
 * expr_parse.c - conditions, from text.
 *
 *   expr = and { "||" and }
 *   and  = not { "&&" not }
 *   not  = [ "!" ] ( "(" expr ")" | test )
 *   test = sum OP sum
 *   sum  = term { ( "+" | "-" ) term }
 *   term = atom { ( "*" | "/" ) atom }
 *   atom = NAME | NUMBER | TIME | NUMBER "%" | STRING | FUNC "(" NAME [ "," expr ] ")"
 *
 * Parentheses and chains of "!" count against MAX_DEPTH, everything against MAX_TEXT.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "model/expr_node.h"

enum {
    MAX_TEXT = 4096,
    MAX_DEPTH = 64,
    MAX_REPEATS = 1000,
    MAX_REGEX = 256,
    MAX_WORDS = 256,
    MAX_NAME = 48
};

struct parser {
    const char *text, *s;
    const struct wf_expr_names *names;
    struct wf_expr *e;
    struct wf_expr_error *error;
    int err, depth;
};

__attribute__((format(printf, 3, 4))) static unsigned fail(struct parser *p, size_t at,
                                                           const char *format, ...)
{
    va_list args;

    if (p->err)
        return 0; /* the first is the one to tell */
    p->err = -EINVAL;
    p->error->at = at;
    va_start(args, format);
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    return 0;
}

static size_t here(struct parser *p)
{
    while (isspace((unsigned char)*p->s))
        p->s++;
    return (size_t)(p->s - p->text);
}

static bool take(struct parser *p, const char *token)
{
    here(p);
    if (strncmp(p->s, token, strlen(token)) != 0)
        return false;
    p->s += strlen(token);
    return true;
}

static unsigned add(struct parser *p, struct wf_node node)
{
    struct wf_expr *e = p->e;

    if (p->err)
        goto drop;
    if ((e->n & (e->n - 1)) == 0) {
        struct wf_node *more = realloc(e->nodes, (e->n ? e->n * 2 : 1) * sizeof *more);
        if (!more) {
            p->err = -ENOMEM;
            goto drop;
        }
        e->nodes = more;
    }
    e->nodes[e->n] = node;
    return e->n++;

drop:
    free(node.s);
    return 0;
}

/* What stands where something else is wanted. */
static unsigned unexpected(struct parser *p, const char *wanted)
{
    size_t at = here(p);

    if (!*p->s)
        return fail(p, at, "%s is wanted, but it ends", wanted);
    return fail(p, at, "%s is wanted, not '%.12s'", wanted, p->s);
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static char *take_name(struct parser *p)
{
    size_t n = 0;

    while (name_char(p->s[n]))
        n++;
    char *name = strndup(p->s, n);
    if (!name)
        p->err = -ENOMEM;
    p->s += n;
    return name;
}

static bool field_is(const char *field, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(field, name, n) && (!field[n] || !strcmp(field + n, "_ns"));
}

static bool is_time(const char *field)
{
    size_t n = strlen(field);

    return n > 3 && !strcmp(field + n - 3, "_ns");
}

static bool find_field(const struct wf_expr_names *names, const char *name, size_t *out)
{
    const char *field;

    if (names->any)
        return true;
    for (size_t i = 0; (field = names->field(names->arg, i)); i++)
        if (field_is(field, name)) {
            *out = i;
            return true;
        }
    return false;
}

/* The fields as they may be written, without _ns. */
static size_t short_names(const struct wf_expr_names *names,
                          char out[MAX_WORDS][MAX_NAME], const char *list[MAX_WORDS])
{
    const char *field;
    size_t n = 0;

    for (; n < MAX_WORDS && (field = names->field(names->arg, n)); n++) {
        size_t len = strlen(field);
        snprintf(out[n], MAX_NAME, "%.*s", (int)(len - (is_time(field) ? 3 : 0)),
                 field);
        list[n] = out[n];
    }
    return n;
}

static unsigned unknown_name(struct parser *p, size_t at, const char *name)
{
    char text[MAX_WORDS][MAX_NAME];
    const char *list[MAX_WORDS];
    size_t n = short_names(p->names, text, list);
    const char *near = wf_text_nearest(name, wf_text_nth, list, n);

    if (near)
        return fail(p, at, "nothing is called '%.40s' here (did you mean %s?)", name,
                    near);
    return fail(p, at, "nothing is called '%.40s' here", name);
}

static unsigned parse_or(struct parser *p);

static bool find_func(const char *name, enum wf_expr_func *out)
{
    for (int i = 0; i < WF_NFUNCS; i++)
        if (!strcmp(wf_expr_func_names[i], name)) {
            *out = (enum wf_expr_func)i;
            return true;
        }
    return false;
}

/* Is what func makes of this state's spans, or of LIST.COLUMN, a time without unit? */
static bool makes_time(const struct wf_expr_names *rows, enum wf_expr_func func,
                       const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t field;

    if (func == WF_FUNC_count || func == WF_FUNC_share || is_time(name))
        return false;
    return !dot || (rows && !rows->any && find_field(rows, dot + 1, &field) &&
                    is_time(rows->field(rows->arg, field)));
}

/* The rest of a call, from its "(" on; takes name. */
static unsigned parse_call(struct parser *p, size_t at, char *name)
{
    struct wf_node node = { .kind = WF_NODE_CALL, .at = at };
    const struct wf_expr_names *rows = NULL;
    char why[160] = "";

    if (!find_func(name, &node.func) || !p->names->call) {
        const char *near = p->names->call
                               ? wf_text_nearest(name, wf_text_nth, wf_expr_func_names,
                                                 WF_NFUNCS)
                               : NULL;
        fail(p, at, "there is no function '%.40s' here%s%s%s", name,
             near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
        free(name);
        return 0;
    }
    free(name);
    size_t list_at = here(p);
    node.s = take_name(p);
    if (!node.s)
        return 0;
    if (p->names->call(p->names->arg, node.func, node.s, &rows, why))
        fail(p, list_at, "%s", why);
    else if (take(p, ",")) {
        if (!rows) {
            fail(p, here(p), "%s(%s) takes no condition", wf_expr_func_names[node.func],
                 node.s);
        } else {
            struct parser inner = *p;
            inner.names = rows;
            inner.e = node.where = calloc(1, sizeof *node.where);
            if (!node.where)
                p->err = -ENOMEM;
            else {
                node.where->root = parse_or(&inner);
                p->s = inner.s;
                p->err = inner.err;
            }
        }
    }
    if (!p->err && !take(p, ")"))
        unexpected(p, "')'");
    if (p->err)
        wf_expr_free(node.where);
    else if (makes_time(rows, node.func, node.s))
        node.unit = WF_VALUE_TIME;
    return add(p, node);
}

static unsigned parse_name(struct parser *p)
{
    struct wf_node node = { .kind = WF_NODE_WORD, .at = here(p) };
    char *name = take_name(p);

    if (!name)
        return 0;
    if (take(p, "("))
        return parse_call(p, node.at, name);
    if (find_field(p->names, name, &node.field)) {
        node.kind = WF_NODE_FIELD;
        if (!p->names->any && !is_time(name) &&
            is_time(p->names->field(p->names->arg, node.field)))
            node.unit = WF_VALUE_TIME;
    }
    node.s = name;
    return add(p, node);
}

static unsigned parse_number(struct parser *p)
{
    struct wf_node node = { .kind = WF_NODE_NUMBER, .at = here(p) };
    char text[64], *end;
    size_t n = strspn(p->s, "0123456789.");

    if ((p->s[n] == 'e' || p->s[n] == 'E') &&
        isdigit(
            (unsigned char)p->s[n + 1 + (p->s[n + 1] == '-' || p->s[n + 1] == '+')]))
        n += 2 + strspn(p->s + n + 2, "0123456789");
    size_t unit = strspn(p->s + n, "nusmh\xc2\xb5");
    snprintf(text, sizeof text, "%.*s", (int)n, p->s);
    if (n >= sizeof text || wf_parse_number(text, &node.n))
        return fail(p, node.at, "'%.*s' is no number", (int)(n + unit), p->s);
    end = (char *)p->s + n;
    if (unit) {
        double ns = wf_time_unit(end, unit);
        if (ns == 0 || name_char(end[unit]))
            return fail(p, node.at, "'%.*s' is no time (ns us ms s m h)",
                        (int)(n + unit), p->s);
        node.n *= ns;
        node.unit = WF_VALUE_TIME;
    } else if (*end == '%') {
        node.n /= 100;
        node.unit = WF_VALUE_SHARE;
        unit = 1;
    }
    p->s = end + unit;
    if (name_char(*p->s))
        return fail(p, node.at, "'%.*s' is no number", (int)(n + unit + 1), end - n);
    return add(p, node);
}

/* A backslash stays, for regular expressions; before a quote it goes. */
static unsigned parse_string(struct parser *p)
{
    struct wf_node node = { .kind = WF_NODE_STRING, .at = here(p) };
    size_t n = 0;
    const char *s = p->s + 1;

    node.s = malloc(strlen(s) + 1);
    if (!node.s) {
        p->err = -ENOMEM;
        return 0;
    }
    for (; *s && *s != '"'; s++) {
        if (s[0] == '\\' && s[1] == '"')
            s++;
        else if (s[0] == '\\' && s[1])
            node.s[n++] = *s++;
        node.s[n++] = *s;
    }
    node.s[n] = '\0';
    if (!*s)
        fail(p, node.at, "the quote is not closed");
    else
        p->s = s + 1;
    return add(p, node);
}

static unsigned parse_atom(struct parser *p)
{
    here(p);
    if (isdigit((unsigned char)*p->s))
        return parse_number(p);
    if (*p->s == '"')
        return parse_string(p);
    if (name_char(*p->s))
        return parse_name(p);
    return unexpected(p, "a name, number or \"text\"");
}

/* Can it be reckoned with? */
static void want_number(struct parser *p, unsigned i)
{
    const struct wf_node *node = p->err ? NULL : &p->e->nodes[i];

    if (node && node->kind == WF_NODE_WORD)
        unknown_name(p, node->at, node->s);
    else if (node && node->kind == WF_NODE_STRING)
        fail(p, node->at, "a number is wanted, not text");
}

static unsigned chain(struct parser *p, unsigned (*part)(struct parser *),
                      const char *first, enum wf_node_kind kind, const char *second,
                      enum wf_node_kind other)
{
    unsigned a = part(p);

    while (!p->err) {
        size_t at = here(p);
        bool one = take(p, first);
        if (!one && !(second && take(p, second)))
            break;
        unsigned b = part(p);
        if (kind >= WF_NODE_ADD) {
            want_number(p, a);
            want_number(p, b);
        }
        a = add(p, (struct wf_node){
                       .kind = one ? kind : other, .a = a, .b = b, .at = at });
    }
    return a;
}

static unsigned parse_term(struct parser *p)
{
    return chain(p, parse_atom, "*", WF_NODE_MUL, "/", WF_NODE_DIV);
}

static unsigned parse_sum(struct parser *p)
{
    return chain(p, parse_term, "+", WF_NODE_ADD, "-", WF_NODE_SUB);
}

/* glibc repeats by copying, and looks back for \1 at exponential cost: neither here. */
static const char *too_much(const char *pattern)
{
    unsigned long repeats = 1;

    if (strlen(pattern) > MAX_REGEX)
        return "it is too long";
    for (const char *s = pattern; *s; s++) {
        if (s[0] == '\\' && isdigit((unsigned char)s[1]))
            return "it refers back";
        if (s[0] == '\\' && s[1]) {
            s++;
        } else if (*s == '{') {
            size_t n = strcspn(s, "}");
            for (size_t i = 1; i < n; i++) {
                unsigned long times = strtoul(s + i, NULL, 10);
                if (isdigit((unsigned char)s[i]) && !isdigit((unsigned char)s[i - 1]) &&
                    times > 1 &&
                    (repeats *= times < 100000 ? times : 100000) > MAX_REPEATS)
                    return "it repeats too much";
            }
        }
    }
    return NULL;
}

static void compile(struct parser *p, unsigned i)
{
    struct wf_node *node = p->err ? NULL : &p->e->nodes[i];

    if (!node)
        return;
    if (node->kind != WF_NODE_STRING && node->kind != WF_NODE_WORD) {
        fail(p, node->at, "a regular expression in \"quotes\" is wanted");
        return;
    }
    const char *why = too_much(node->s);
    regex_t *regex = why ? NULL : malloc(sizeof *regex);
    if (!why && !regex) {
        p->err = -ENOMEM;
        return;
    }
    char text[120];
    int err = why ? 0 : regcomp(regex, node->s, REG_EXTENDED | REG_NOSUB);
    if (err) {
        regerror(err, regex, text, sizeof text);
        why = text;
        free(regex);
    }
    if (why)
        fail(p, node->at, "no regular expression: %s", why);
    else
        node->regex = regex;
}

/*
 * A field is compared with a word: is it one that the field may hold?  What is such a
 * word is no field itself, even if one is called so (state==runnable).
 */
static void check_word(struct parser *p, unsigned field, unsigned word)
{
    const struct wf_expr_names *names = p->names;
    const struct wf_node *f = &p->e->nodes[field];
    struct wf_node *w = &p->e->nodes[word];
    const char *list[MAX_WORDS], *one;
    size_t n = 0;

    if (p->err || f->kind != WF_NODE_FIELD || !names->word ||
        (w->kind != WF_NODE_WORD && w->kind != WF_NODE_STRING &&
         w->kind != WF_NODE_FIELD))
        return;
    while (n < MAX_WORDS && (one = names->word(names->arg, f->field, n))) {
        if (!strcmp(one, w->s)) {
            w->kind = w->kind == WF_NODE_FIELD ? WF_NODE_WORD : w->kind;
            return;
        }
        list[n++] = one;
    }
    if (n == 0 || w->kind == WF_NODE_FIELD)
        return;
    const char *near = wf_text_nearest(w->s, wf_text_nth, list, n);
    fail(p, w->at, "no %s is '%.40s'%s%s%s", f->s, w->s, near ? " (did you mean " : "",
         near ? near : "", near ? "?)" : "");
}

static bool has_words(const struct parser *p, unsigned field)
{
    const struct wf_node *f = &p->e->nodes[field];

    return f->kind == WF_NODE_FIELD && p->names->word &&
           p->names->word(p->names->arg, f->field, 0) != NULL;
}

static bool constant(const struct parser *p, unsigned i)
{
    const struct wf_node *node = &p->e->nodes[i];

    switch (node->kind) {
    case WF_NODE_FIELD:
    case WF_NODE_CALL:
        return false;
    case WF_NODE_ADD:
    case WF_NODE_SUB:
    case WF_NODE_MUL:
    case WF_NODE_DIV:
        return constant(p, node->a) && constant(p, node->b);
    default:
        return true;
    }
}

/* A time is compared with 5ms, with 5 only if its name says ns; 0 is 0 in any unit. */
static void want_unit(struct parser *p, unsigned a, unsigned b)
{
    const struct wf_node *time = &p->e->nodes[a], *number = &p->e->nodes[b];

    if (!p->err && time->unit == WF_VALUE_TIME && time->kind != WF_NODE_NUMBER &&
        number->kind == WF_NODE_NUMBER && number->unit != WF_VALUE_TIME &&
        number->n != 0)
        fail(p, number->at, "%s is a time: its unit is wanted (ns us ms s m h)",
             time->s);
}

/* Can the sides be compared so?  A bare word on the left is a field mistyped. */
static void check_test(struct parser *p, enum wf_node_kind kind, unsigned a, unsigned b)
{
    const struct wf_node *left = p->err ? NULL : &p->e->nodes[a];

    if (!left)
        return;
    check_word(p, b, a);
    want_unit(p, a, b);
    want_unit(p, b, a);
    if (left->kind == WF_NODE_WORD && !has_words(p, b)) {
        unknown_name(p, left->at, left->s);
    } else if (constant(p, a) && constant(p, b)) {
        fail(p, left->at, "neither side names anything");
    } else if (kind == WF_NODE_MATCH || kind == WF_NODE_NOMATCH) {
        compile(p, b);
    } else if (kind == WF_NODE_EQ || kind == WF_NODE_NE) {
        check_word(p, a, b);
    } else {
        want_number(p, a);
        want_number(p, b);
    }
}

static unsigned parse_test(struct parser *p)
{
    static const char *const tokens[] = {
#define TEST(kind, token, contrary) token,
        WF_EXPR_TESTS(TEST)
#undef TEST
    };
    unsigned a = parse_sum(p);
    size_t at = here(p);

    for (size_t i = 0; !p->err && i < sizeof tokens / sizeof *tokens; i++)
        if (take(p, tokens[i])) {
            struct wf_node test = { .kind = WF_NODE_EQ + i, .a = a, .at = at };
            test.b = parse_sum(p);
            check_test(p, test.kind, test.a, test.b);
            p->e->left = at;
            return add(p, test);
        }
    return unexpected(p, "a comparison (== != < <= > >= ~ !~)");
}

static unsigned parse_not(struct parser *p)
{
    size_t at = here(p);
    unsigned a;

    if (++p->depth > MAX_DEPTH)
        return fail(p, at, "it is nested too deep");
    if (p->s[0] == '!' && p->s[1] != '=' && p->s[1] != '~') {
        p->s++;
        a = parse_not(p);
        a = add(p, (struct wf_node){ .kind = WF_NODE_NOT, .a = a, .at = at });
    } else if (take(p, "(")) {
        a = parse_or(p);
        if (!p->err && !take(p, ")"))
            a = unexpected(p, "')'");
    } else {
        a = parse_test(p);
    }
    p->depth--;
    return a;
}

static unsigned parse_and(struct parser *p)
{
    return chain(p, parse_not, "&&", WF_NODE_AND, NULL, WF_NODE_AND);
}

static unsigned parse_or(struct parser *p)
{
    return chain(p, parse_and, "||", WF_NODE_OR, NULL, WF_NODE_OR);
}

int wf_expr_parse(const char *text, const struct wf_expr_names *names,
                  struct wf_expr **out, struct wf_expr_error *error)
{
    struct parser p = { .text = text, .s = text, .names = names, .error = error };

    error->at = 0;
    error->text[0] = '\0';
    p.e = calloc(1, sizeof *p.e);
    if (!p.e)
        return -ENOMEM;
    if (strlen(text) > MAX_TEXT)
        fail(&p, 0, "it is longer than %d", MAX_TEXT);
    else
        p.e->root = parse_or(&p);
    here(&p);
    if (!p.err && *p.s)
        unexpected(&p, "&& or ||");
    if (p.err) {
        wf_expr_free(p.e);
        return p.err;
    }
    *out = p.e;
    return 0;
}
