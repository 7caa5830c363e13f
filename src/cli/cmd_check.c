/* SPDX-License-Identifier: MIT */
/*
 * cmd_check.c - weft check: for machines that judge a trace.
 * A rule is a kind of alert that may not be there, or a budget that must hold.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/session.h"
#include "export/json.h"
#include "export/query.h"

enum { RULES = 256, WHY_MAX = 2 * WF_SHOWN_MAX + 32 };

struct rule {
    char text[96];        /* of --fail-on */
    const char *budget;   /* of --budget, else NULL */
    struct wf_expr *expr; /* likewise */
    int kind;             /* of alert; -1: any */
    enum wf_severity least;
    bool failed;
    json_t *value, *limit;
    enum wf_value_unit unit; /* of both */
};

struct check {
    struct wf_session s;
    struct rule rules[RULES];
    size_t n;
};

/* --- rules ------------------------------------------------------------------------ */

static const char *kind_name(const void *arg, size_t i)
{
    (void)arg;
    return i < WF_NALERTS ? wf_alert_info[i].name : "any";
}

static int complain_fail_on(const char *word, const char *what, const char *near)
{
    return wf_complain(WF_EXIT_USAGE, "check: --fail-on %s: %s%s%s%s", word, what,
                       near ? " (did you mean " : "", near ? near : "",
                       near ? "?)" : "");
}

/* KIND or KIND>=SEVERITY: -1, or exit status 2. */
static int add_kind(struct check *c, const char *word)
{
    struct rule *rule = &c->rules[c->n];
    char kind[64];
    size_t n = strcspn(word, ">");

    if (c->n == RULES || strlen(word) >= sizeof rule->text)
        return complain_fail_on("...", "too much", NULL);
    snprintf(kind, sizeof kind, "%.*s", (int)n, word);
    *rule = (struct rule){ .kind = wf_alert_find(kind), .least = WF_INFO };
    snprintf(rule->text, sizeof rule->text, "%s", word);
    if (rule->kind < 0 && strcmp(kind, "any") != 0)
        return complain_fail_on(word, "no kind of alert is called so",
                                wf_text_nearest(kind, kind_name, NULL, WF_NALERTS + 1));
    c->n++;
    if (!word[n])
        return -1;
    for (int i = WF_INFO; word[n + 1] == '=' && i <= WF_CRITICAL; i++)
        if (!strcmp(word + n + 2, wf_severity_name((enum wf_severity)i))) {
            rule->least = (enum wf_severity)i;
            return -1;
        }
    return complain_fail_on(word, "KIND>=info, warning or critical is wanted", NULL);
}

static int add_kinds(struct check *c, const char *list)
{
    char *copy = strdup(list), *rest = copy, *word;
    int status = -1;

    while (status < 0 && (word = strsep(&rest, ",")))
        status = add_kind(c, word);
    free(copy);
    return status;
}

static int add_budget(struct check *c, struct wf_budget *budget, const char *text)
{
    struct wf_expr_error error;
    struct rule *rule = &c->rules[c->n];

    if (c->n == RULES)
        return wf_complain(WF_EXIT_USAGE, "check: too many budgets");
    *rule = (struct rule){ .budget = text };
    if (wf_expr_parse(text, wf_budget_names(budget), &rule->expr, &error))
        return wf_complain(WF_EXIT_USAGE, "check: --budget '%.200s': at %zu: %s", text,
                           error.at + 1, error.text);
    c->n++;
    return -1;
}

/* Every rule, before the trace is read. */
static int read_rules(struct check *c)
{
    const struct wf_options *o = &c->s.options;
    struct wf_budget *budget = wf_budget_new(NULL);
    const char *text;
    int status = -1;

    if (!budget)
        wf_fatal("out of memory");
    for (size_t i = 0; status < 0 && (text = wf_opt_nth(o, "fail-on", i)); i++)
        status = add_kinds(c, text);
    for (size_t i = 0; status < 0 && (text = wf_opt_nth(o, "budget", i)); i++)
        status = add_budget(c, budget, text);
    if (status < 0 && c->n == 0)
        status = add_kind(c, "any>=warning");
    wf_budget_free(budget);
    return status;
}

/* --- judging ---------------------------------------------------------------------- */

static bool is_of(const struct rule *rule, const struct wf_alert *alert)
{
    return !rule->budget && (rule->kind < 0 || rule->kind == alert->kind) &&
           alert->severity >= rule->least;
}

static void judge_budget(struct rule *rule, const struct wf_expr_row *row)
{
    struct wf_value value = { .kind = WF_VALUE_NONE }, limit = value;
    const char *op;

    rule->failed = !wf_expr_true(rule->expr, row);
    wf_expr_sides(rule->expr, row, &value, &limit, &op);
    rule->value = wf_json_value(&value);
    rule->limit = wf_json_value(&limit);
    rule->unit = limit.unit ? limit.unit : value.unit;
}

static void judge(struct check *c)
{
    struct wf_budget *budget = wf_budget_new(c->s.model);
    struct wf_expr_row row = wf_budget_row(budget);

    for (size_t i = 0; i < c->n; i++) {
        struct rule *rule = &c->rules[i];
        size_t found = 0, nalerts;
        if (rule->budget) {
            judge_budget(rule, &row);
            continue;
        }
        const struct wf_alert *const *alerts = wf_model_alerts(c->s.model, &nalerts);
        for (size_t k = 0; k < nalerts; k++)
            found += is_of(rule, alerts[k]);
        rule->failed = found > 0;
        rule->value = json_integer((json_int_t)found);
        rule->limit = json_integer(0);
    }
    wf_budget_free(budget);
}

/* --- telling ---------------------------------------------------------------------- */

static const char *rule_text(const struct rule *rule)
{
    return rule->budget ? rule->budget : rule->text;
}

/* "41 ms, the limit is 2 ms", in the unit in which the rule was written. */
static const char *failure_text(char out[WHY_MAX], const struct rule *rule)
{
    static const char *const keys[] = {
        [WF_VALUE_PLAIN] = "", [WF_VALUE_TIME] = "_ns", [WF_VALUE_SHARE] = "share"
    };
    char value[WF_SHOWN_MAX], limit[WF_SHOWN_MAX];

    snprintf(out, WHY_MAX, "%s, the limit is %s",
             wf_show_value(value, keys[rule->unit], rule->value),
             wf_show_value(limit, keys[rule->unit], rule->limit));
    return out;
}

/* The alerts that break a rule, as rows. */
static json_t *guilty_rows(struct check *c)
{
    json_t *all = wf_list_rows(c->s.model, "alerts"), *rows = json_array(), *row;
    size_t nalerts, i;
    const struct wf_alert *const *alerts = wf_model_alerts(c->s.model, &nalerts);

    json_array_foreach(all, i, row)
    {
        bool guilty = false;
        for (size_t k = 0; k < c->n; k++)
            guilty |= is_of(&c->rules[k], alerts[i]);
        if (guilty)
            json_array_append(rows, row);
    }
    json_decref(all);
    return rows;
}

static void print_json(struct check *c)
{
    json_t *document = wf_json_document(c->s.model, "check", guilty_rows(c));
    json_t *failed = json_array();

    for (size_t i = 0; i < c->n; i++)
        if (c->rules[i].failed)
            json_array_append_new(
                failed, json_pack("{s:o, s:O, s:O}", "rule",
                                  wf_clean_string(rule_text(&c->rules[i])), "value",
                                  c->rules[i].value, "limit", c->rules[i].limit));
    json_object_set_new(document, "failed", failed);
    wf_json_write(stdout, document);
    json_decref(document);
}

static void print_text(const struct check *c)
{
    size_t nalerts;
    const struct wf_alert *const *alerts = wf_model_alerts(c->s.model, &nalerts);

    for (size_t i = 0; i < c->n; i++) {
        const struct rule *rule = &c->rules[i];
        char why[WHY_MAX];
        printf("%s  ", rule->failed ? "FAIL" : "ok  ");
        wf_text_print(stdout, rule_text(rule));
        if (rule->failed)
            printf(": %s", failure_text(why, rule));
        putchar('\n');
        for (size_t k = 0; rule->failed && k < nalerts; k++)
            if (is_of(rule, alerts[k])) {
                printf("      %s: ",
                       wf_severity_name((enum wf_severity)alerts[k]->severity));
                wf_text_print(stdout, alerts[k]->title);
                putchar('\n');
            }
    }
}

static void print_xml(FILE *f, const char *text)
{
    char clean[4096];

    wf_text_clean(clean, sizeof clean, text);
    for (const char *s = clean; *s; s++)
        switch (*s) {
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        default:
            putc(*s, f);
        }
}

static void print_junit(const struct check *c, FILE *f, size_t failures)
{
    fprintf(f,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"weft check\" tests=\"%zu\" failures=\"%zu\">\n",
            c->n, failures);
    for (size_t i = 0; i < c->n; i++) {
        const struct rule *rule = &c->rules[i];
        char why[WHY_MAX];
        fputs("  <testcase classname=\"", f);
        print_xml(f, c->s.path);
        fputs("\" name=\"", f);
        print_xml(f, rule_text(rule));
        fputs(rule->failed ? "\">\n    <failure message=\"" : "\"/>\n", f);
        if (rule->failed) {
            print_xml(f, failure_text(why, rule));
            fputs("\"/>\n  </testcase>\n", f);
        }
    }
    fputs("</testsuite>\n", f);
}

static int write_junit(const struct check *c, size_t failures)
{
    const char *path = wf_opt_text(&c->s.options, "junit");
    struct wf_output out;

    if (!path)
        return -1;
    if (!strcmp(path, "-")) {
        print_junit(c, stdout, failures);
        return -1;
    }
    int err = wf_output_open(&out, path);
    if (!err) {
        print_junit(c, out.file, failures);
        err = wf_output_commit(&out);
    }
    return err ? wf_complain(WF_EXIT_IO, "check: %s: %s", path, strerror(-err)) : -1;
}

static int tell(struct check *c)
{
    const char *junit = wf_opt_text(&c->s.options, "junit");
    size_t failures = 0;

    for (size_t i = 0; i < c->n; i++)
        failures += c->rules[i].failed;
    if (wf_opt_given(&c->s.options, "json"))
        print_json(c);
    else if (!junit || strcmp(junit, "-") != 0)
        print_text(c);
    int status = write_junit(c, failures);
    if (status >= 0)
        return status;
    return wf_session_status(&c->s, failures ? WF_EXIT_FOUND : WF_EXIT_OK);
}

static int one_on_stdout(const struct check *c)
{
    const char *junit = wf_opt_text(&c->s.options, "junit");

    if (wf_opt_given(&c->s.options, "json") && junit && !strcmp(junit, "-"))
        return wf_complain(WF_EXIT_USAGE, "check: --json and --junit - exclude each "
                                          "other: both are standard output");
    return -1;
}

static bool asks_coroutines(const struct check *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->rules[i].budget)
            return true;
    return false;
}

int wf_cmd_check(int argc, char **argv)
{
    struct check *c = calloc(1, sizeof *c);

    if (!c)
        wf_fatal("out of memory");
    int status = wf_session_options(&c->s, "check", argc, argv, 1);
    if (status < 0)
        status = one_on_stdout(c);
    if (status < 0)
        status = read_rules(c);
    c->s.model_opts.coroutines = asks_coroutines(c);
    if (status < 0)
        status = wf_session_load(&c->s);
    if (status < 0) {
        judge(c);
        status = tell(c);
    }
    for (size_t i = 0; i < c->n; i++) {
        wf_expr_free(c->rules[i].expr);
        json_decref(c->rules[i].value);
        json_decref(c->rules[i].limit);
    }
    wf_session_fini(&c->s);
    free(c);
    return status;
}
