/* SPDX-License-Identifier: MIT */
/*
 * cli/run.h - one run of a workload, between cmd_run.c, run_frame.c (what a workload may
 * call), run_figures.c and run_result.c.
 */
#ifndef WF_CLI_RUN_H
#define WF_CLI_RUN_H
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "cli/cli.h"
#include "workloads/workload.h"

enum { WF_REQUIRE_MAX = 64 };

struct wf_requirement {
    const char *expr;
    bool absolute; /* printed, but required only when asked for */
};

struct wl {
    const struct weft_workload *workload;
    struct wf_options options;
    size_t scenario;
    weft_config config;
    bool loaded; /* the user's knobs are in config: a workload's come too late */
    bool json_stdout;
    bool watched; /* somebody sees standard error, and wants to */

    struct wf_requirement require[WF_REQUIRE_MAX];
    size_t nrequire;

    time_t started;
    int64_t begin, end; /* of the runs, ns */
    int procs;          /* Ps of the latest run */

    /* The run that is on. */
    int64_t deadline;
    atomic_bool stopping, done;
    int wake;        /* eventfd: a signal came, or the workload ended */
    weft_chan *over; /* closed when it is to stop */
    void (*fn)(void *);
    void *arg;

    atomic_uint_fast64_t random;

    pthread_mutex_t lock; /* guards all below */
    int status;           /* what went wrong first; 0: nothing */
    json_t *figures;      /* name: number, null, array or object */
    json_t *units;        /* name: text */
    json_t *notes;
};

/* run_frame.c */
void wf_run_catch_signals(struct wl *w);
int wf_run_signal(void); /* the one that came, 0: none */

/* run_figures.c: every figure that is a number, null, or part of a list or map */
typedef void wf_figure_fn(void *arg, const char *name, const json_t *value,
                          const char *unit);
void wf_run_each_figure(const struct wl *w, wf_figure_fn *fn, void *arg);

/*
 * run_result.c: judge, print and write; the exit status.  wf_run_check says beforehand
 * what is wrong with an expression: -1, or exit status 2.
 */
int wf_run_check(const struct wl *w);
int wf_run_report(struct wl *w);
#endif /* WF_CLI_RUN_H */
