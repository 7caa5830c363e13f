/* SPDX-License-Identifier: MIT */
/*
 * options.c - long options from tables: reading them, --help, and what was meant.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"

const struct wf_option wf_option_table[] = {
#define G(name) WF_IN_##name
#define OPTION(groups_, name_, letter_, type_, arg_, value_, min_, max_, help_)        \
    { .name = name_,                                                                   \
      .type = WF_OPT_##type_,                                                          \
      .arg = arg_,                                                                     \
      .value = value_,                                                                 \
      .min = min_,                                                                     \
      .max = max_,                                                                     \
      .help = help_,                                                                   \
      .letter = letter_,                                                               \
      .groups = groups_ },
#include "cli/options.def"
#undef G
    { .name = NULL },
};

const struct wf_option *wf_options_row(const struct wf_options *o, size_t i)
{
    for (int t = 0; t < WF_OPTION_TABLES; t++)
        for (const struct wf_option *row = o->tables[t]; row && row->name; row++)
            if (i-- == 0)
                return row;
    for (const struct wf_option *row = wf_option_table; row->name; row++)
        if (row->groups & o->groups && i-- == 0)
            return row;
    return NULL;
}

static const struct wf_option *find(const struct wf_options *o, const char *name,
                                    size_t n)
{
    const struct wf_option *row;

    for (size_t i = 0; (row = wf_options_row(o, i)); i++)
        if (strlen(row->name) == n && !memcmp(row->name, name, n))
            return row;
    return NULL;
}

static const char *row_name(const void *arg, size_t i)
{
    const struct wf_option *row = wf_options_row(arg, i);
    return row ? row->name : NULL;
}

static size_t count_rows(const struct wf_options *o)
{
    size_t n = 0;
    while (wf_options_row(o, n))
        n++;
    return n;
}

/* "12", "1 ms", "64K": a limit as people read it. */
static const char *show_limit(char out[WF_UNIT_MAX], enum wf_option_type type, double v)
{
    if (type == WF_OPT_TIME)
        return wf_show_time(out, (int64_t)v);
    if (type == WF_OPT_SIZE)
        return wf_show_size(out, (uint64_t)v);
    snprintf(out, WF_UNIT_MAX, "%.15g", v);
    return out;
}

static const char *const wanted[] = {
    [WF_OPT_INT] = "a number",
    [WF_OPT_NUMBER] = "a number",
    [WF_OPT_TIME] = "a time (250ms, 1.5s)",
    [WF_OPT_SIZE] = "a size (64K, 1M)",
    [WF_OPT_CHOICE] = NULL,
};

/* -EINVAL, and in why what is wanted instead. */
static int refuse(const struct wf_option *row, char why[static 160])
{
    char min[WF_UNIT_MAX], max[WF_UNIT_MAX];

    show_limit(min, row->type, row->min);
    if (row->max > 0)
        snprintf(why, 160, "%s from %s to %s is wanted", wanted[row->type], min,
                 show_limit(max, row->type, row->max));
    else
        snprintf(why, 160, "%s from %s is wanted", wanted[row->type], min);
    return -EINVAL;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);

    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
        if (n && strcspn(c, "|") == n && !memcmp(c, text, n))
            return true;
    return false;
}

/*
 * Does the text fit the row?  0 with *out filled in, else -EINVAL and in why what is
 * wanted ("a time from 1 ms is wanted").
 */
static int read_value(const struct wf_option *row, const char *text,
                      struct wf_given *out, char why[static 160])
{
    struct wf_given given = { .option = row, .text = text };
    int err = 0;

    switch (row->type) {
    case WF_OPT_INT:
        err = wf_parse_int(text, &given.n);
        break;
    case WF_OPT_NUMBER:
        err = wf_parse_number(text, &given.x);
        break;
    case WF_OPT_TIME:
        err = wf_parse_time(text, &given.n);
        break;
    case WF_OPT_SIZE:
        err = wf_parse_size(text, &given.n);
        break;
    case WF_OPT_CHOICE:
        if (is_choice(row->arg, text))
            break;
        snprintf(why, 160, "one of %s is wanted", row->arg);
        return -EINVAL;
    case WF_OPT_FILE:
        if (*text)
            break;
        snprintf(why, 160, "a file name is wanted");
        return -EINVAL;
    case WF_OPT_FLAG:
    case WF_OPT_TEXT:
        break;
    }
    double v = row->type == WF_OPT_NUMBER ? given.x : (double)given.n;
    if (err || (wanted[row->type] && (v < row->min || (row->max > 0 && v > row->max))))
        return refuse(row, why);
    *out = given;
    return 0;
}

static int complain(const struct wf_options *o, const char *option, const char *what)
{
    char clean[160];

    wf_text_clean(clean, sizeof clean, option);
    return wf_complain(WF_EXIT_USAGE, "%s: %s: %s", o->command, clean, what);
}

static int unknown(const struct wf_options *o, const char *arg)
{
    char what[160], name[160];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    const char *near = arg[1] == '-' ? wf_text_nearest(name, row_name, o, count_rows(o))
                                     : NULL;
    if (near)
        snprintf(what, sizeof what, "no such option (did you mean --%s?)", near);
    else
        snprintf(what, sizeof what, "no such option (--help lists them)");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg, "="), arg);
    return complain(o, name, what);
}

static void keep(struct wf_options *o, const struct wf_given *given)
{
    struct wf_given *more = realloc(o->given, (o->ngiven + 1) * sizeof *more);
    if (!more)
        wf_fatal("out of memory");
    o->given = more;
    o->given[o->ngiven++] = *given;
}

/* The option at argv[*i]; *i is left at the last word it takes. */
static int read_one(struct wf_options *o, int argc, char **argv, int *i)
{
    const char *arg = argv[*i], *value = NULL;
    const struct wf_option *row = NULL;

    if (arg[1] == '-') {
        size_t n = strcspn(arg + 2, "=");
        row = find(o, arg + 2, n);
        value = arg[2 + n] ? arg + 2 + n + 1 : NULL;
    } else if (!arg[2]) {
        const struct wf_option *it;
        for (size_t k = 0; (it = wf_options_row(o, k)) && !row; k++)
            if (it->letter == arg[1])
                row = it;
    }
    if (!row)
        return unknown(o, arg);
    if (row->type == WF_OPT_FLAG && value)
        return complain(o, arg, "it takes no value");
    if (row->type == WF_OPT_FLAG)
        value = "";
    if (!value && *i + 1 >= argc)
        return complain(o, arg, "its value is missing");
    if (!value)
        value = argv[++*i];

    struct wf_given given;
    char why[160];
    if (read_value(row, value, &given, why)) {
        char what[340], clean[80];
        wf_text_clean(clean, sizeof clean, value);
        snprintf(what, sizeof what, "%s, not '%s'", why, clean);
        char name[80];
        snprintf(name, sizeof name, "--%s", row->name);
        return complain(o, name, what);
    }
    keep(o, &given);
    return -1;
}

int wf_options_read(struct wf_options *o, int argc, char **argv)
{
    bool options = true;

    o->operands = argv + 1;
    o->noperands = 0;
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];
        if (options && !strcmp(arg, "--")) {
            options = false;
        } else if (options && !strcmp(arg, "--help")) {
            wf_options_help(o);
            return WF_EXIT_OK;
        } else if (options && arg[0] == '-' && arg[1]) {
            int status = read_one(o, argc, argv, &i);
            if (status >= 0)
                return status;
        } else {
            o->operands[o->noperands++] = arg; /* never ahead of i */
        }
        if (o->stop && (o->noperands || !options)) {
            for (i++; i < argc; i++)
                o->operands[o->noperands++] = argv[i];
            break;
        }
    }
    o->operands[o->noperands] = NULL; /* exec hands them on as they are */
    return -1;
}

int wf_options_read_n(struct wf_options *o, int argc, char **argv, int min, int max)
{
    int status = wf_options_read(o, argc, argv);

    if (status >= 0)
        return status;
    if (o->noperands < min)
        return wf_complain(WF_EXIT_USAGE, "%s: an operand is missing (usage: weft %s)",
                           o->command, o->usage);
    if (o->noperands > max)
        return complain(o, o->operands[max], "one operand too many");
    return -1;
}

void wf_options_fini(struct wf_options *o)
{
    free(o->given);
    o->given = NULL;
    o->ngiven = 0;
}

static void print_row(const struct wf_option *row)
{
    char left[80];
    const char *arg = row->arg ? row->arg : "";

    snprintf(left, sizeof left, "--%s%s%s", row->name, row->arg ? " " : "", arg);
    printf("  %-26s %s", left, row->help);
    if (row->value)
        printf(" (%s)", row->value);
    putchar('\n');
}

void wf_options_help(const struct wf_options *o)
{
    const struct wf_option *row;

    printf("usage: weft %s\n\n%s\n", o->usage, o->summary);
    for (size_t i = 0; (row = wf_options_row(o, i)); i++) {
        if (i == 0)
            putchar('\n');
        print_row(row);
    }
}

/* Fatal if no table has the name: a spelling mistake in weft. */
static const struct wf_option *must_find(const struct wf_options *o, const char *name)
{
    const struct wf_option *row = find(o, name, strlen(name));
    if (!row)
        wf_fatal("%s has no option --%s", o->command, name);
    return row;
}

/* As given last, else by the default. */
static struct wf_given last(const struct wf_options *o, const char *name)
{
    const struct wf_option *row = must_find(o, name);
    struct wf_given given = { .option = row };
    char why[160];

    for (size_t i = o->ngiven; i-- > 0;)
        if (o->given[i].option == row)
            return o->given[i];
    if (row->value && read_value(row, row->value, &given, why))
        wf_fatal("--%s: its own default %s: %s", name, row->value, why);
    return given;
}

bool wf_opt_given(const struct wf_options *o, const char *name)
{
    return wf_opt_nth(o, name, 0) != NULL;
}

const char *wf_opt_text(const struct wf_options *o, const char *name)
{
    return last(o, name).text;
}

int64_t wf_opt_int(const struct wf_options *o, const char *name)
{
    return last(o, name).n;
}

double wf_opt_number(const struct wf_options *o, const char *name)
{
    return last(o, name).x;
}

bool wf_opt_on(const struct wf_options *o, const char *name)
{
    const char *text = wf_opt_text(o, name);
    return text && !strcmp(text, "on");
}

const char *wf_opt_nth(const struct wf_options *o, const char *name, size_t i)
{
    const struct wf_option *row = must_find(o, name);

    for (size_t k = 0; k < o->ngiven; k++)
        if (o->given[k].option == row && i-- == 0)
            return o->given[k].text;
    return NULL;
}
