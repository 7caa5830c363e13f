/* SPDX-License-Identifier: MIT */
/*
 * cli/options.h - long options from tables: reading them, --help, and what was meant.
 * A command's options are the rows of options.def whose groups it names in
 * commands.def; a workload brings a table of its own.
 */
#ifndef WF_CLI_OPTIONS_H
#define WF_CLI_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wf_option_type {
    WF_OPT_FLAG,   /* given or not */
    WF_OPT_TEXT,   /* anything */
    WF_OPT_FILE,   /* a path */
    WF_OPT_INT,    /* 12 */
    WF_OPT_NUMBER, /* 0.5 */
    WF_OPT_TIME,   /* 250ms, in ns */
    WF_OPT_SIZE,   /* 64K, in bytes */
    WF_OPT_CHOICE, /* one of arg: "on|off" */
};

/* GROUP(name): who has an option; the names of options.def and commands.def. */
#define WF_OPTION_GROUPS(GROUP)                                                        \
    GROUP(READ)                                                                        \
    GROUP(RANGE)                                                                       \
    GROUP(ALERTS)                                                                      \
    GROUP(JSON)                                                                        \
    GROUP(VIEW)                                                                        \
    GROUP(REPORT)                                                                      \
    GROUP(CHECK) GROUP(RUN) GROUP(SERVER) GROUP(EXEC) GROUP(KNOBS) GROUP(BENCH)

enum wf_option_group {
#define GROUP(name) WF_IN_##name##_BIT,
    WF_OPTION_GROUPS(GROUP)
#undef GROUP
};
enum {
    WF_IN_NONE = 0,
#define GROUP(name) WF_IN_##name = 1 << WF_IN_##name##_BIT,
    WF_OPTION_GROUPS(GROUP)
#undef GROUP
};

struct wf_option {
    const char *name; /* without --; NULL ends a table */
    enum wf_option_type type;
    const char *arg;   /* what its value is called in --help; of a choice the choices */
    const char *value; /* what holds when it is not given; NULL: nothing */
    double min, max;   /* of numbers; both 0: from 0 */
    const char *help;
    char letter;     /* its short form, 0: none */
    unsigned groups; /* WF_IN_..., of options.def */
};

/* The rows of options.def; a row without a name ends them. */
extern const struct wf_option wf_option_table[];

struct wf_given {
    const struct wf_option *option;
    const char *text;
    int64_t n; /* INT, TIME, SIZE */
    double x;  /* NUMBER */
};

enum { WF_OPTION_TABLES = 2 };

struct wf_options {
    const char *command; /* "report"; names the complaint */
    const char *usage, *summary;
    unsigned groups;                                  /* of options.def */
    const struct wf_option *tables[WF_OPTION_TABLES]; /* more rows, or NULL */
    bool stop;                                        /* at the first operand */

    /* Filled in by reading. */
    struct wf_given *given;
    size_t ngiven;
    char **operands; /* of argv */
    int noperands;
};

/*
 * Read argv[1] and on.  -1: go on; else the exit status: 0 when --help was asked for and
 * given, 2 when something is wrong and was said.  May be called again with the rest.
 */
int wf_options_read(struct wf_options *o, int argc, char **argv);
/* The same, with at least min and at most max operands. */
int wf_options_read_n(struct wf_options *o, int argc, char **argv, int min, int max);
void wf_options_fini(struct wf_options *o);
void wf_options_help(const struct wf_options *o);

/* The i-th row that these options have, NULL at the end. */
const struct wf_option *wf_options_row(const struct wf_options *o, size_t i);

/*
 * What an option says: as given last, else the default; 0 or NULL when there is none.
 * Asking for a name that no table has is fatal.
 */
bool wf_opt_given(const struct wf_options *o, const char *name);
const char *wf_opt_text(const struct wf_options *o, const char *name);
int64_t wf_opt_int(const struct wf_options *o, const char *name);
double wf_opt_number(const struct wf_options *o, const char *name);
bool wf_opt_on(const struct wf_options *o, const char *name); /* a choice, "on" */
/* Each time it was given, in order; NULL after the last. */
const char *wf_opt_nth(const struct wf_options *o, const char *name, size_t i);
#endif /* WF_CLI_OPTIONS_H */
