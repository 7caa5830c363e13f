/* SPDX-License-Identifier: MIT */
/*
 * cmd_run.c - weft run: read what is asked for, run the workload, report.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/recording.h"
#include "cli/run.h"

static const struct weft_workload *const workloads[] = {
#define WORKLOAD(name) &wl_##name,
#include "workloads/workloads.def"
    NULL,
};
enum { NWORKLOADS = sizeof workloads / sizeof *workloads - 1 };

static const char *workload_name(const void *arg, size_t i)
{
    (void)arg;
    return workloads[i]->name;
}

static void list_workloads(void)
{
    for (size_t i = 0; workloads[i]; i++)
        printf("%-10s %s\n", workloads[i]->name, workloads[i]->summary);
}

static void list_scenarios(const struct weft_workload *workload)
{
    for (const struct wl_scenario *s = workload->scenarios; s->name; s++)
        printf("%-16s %s\n", s->name, s->summary);
}

static const struct weft_workload *find_workload(const char *name)
{
    for (size_t i = 0; workloads[i]; i++)
        if (!strcmp(workloads[i]->name, name))
            return workloads[i];
    const char *near = wf_text_nearest(name, workload_name, NULL, NWORKLOADS);
    if (near)
        wf_complain(WF_EXIT_USAGE, "run: %s: no such workload (did you mean %s?)", name,
                    near);
    else
        wf_complain(WF_EXIT_USAGE,
                    "run: %s: no such workload (weft run --list lists them)", name);
    return NULL;
}

static const char *scenario_name(const void *arg, size_t i)
{
    return ((const struct wl_scenario *)arg)[i].name;
}

/* -1 with w->scenario set, or the exit status. */
static int find_scenario(struct wl *w)
{
    const struct wl_scenario *all = w->workload->scenarios;
    size_t n = 0;

    if (w->options.noperands > (all ? 1 : 0))
        return wf_complain(WF_EXIT_USAGE, "run %s: %s: one operand too many",
                           w->workload->name, w->options.operands[all ? 1 : 0]);
    if (!all)
        return -1;
    if (w->options.noperands == 0) {
        list_scenarios(w->workload);
        return WF_EXIT_OK;
    }
    const char *name = w->options.operands[0];
    for (; all[n].name; n++)
        if (!strcmp(all[n].name, name)) {
            w->scenario = n;
            return -1;
        }
    const char *near = wf_text_nearest(name, scenario_name, all, n);
    return wf_complain(WF_EXIT_USAGE, "run %s: %s: no such scenario (%s%s%s)",
                       w->workload->name, name, near ? "did you mean " : "weft run ",
                       near ? near : w->workload->name, near ? "?" : " lists them");
}

/* The workload, wherever it stands among the options: -1, or the exit status. */
static int read_options(struct wl *w, int argc, char **argv, char usage[static 160],
                        char command[static 64])
{
    struct wf_options *o = &w->options;

    *o = wf_command_options("run");
    o->stop = true;
    int status = wf_options_read(o, argc, argv);
    if (status >= 0)
        return status;
    if (wf_opt_given(o, "list") || o->noperands == 0) {
        list_workloads();
        return WF_EXIT_OK;
    }
    w->workload = find_workload(o->operands[0]);
    if (!w->workload)
        return WF_EXIT_USAGE;
    snprintf(usage, 160, "run %s%s [OPTION...]", w->workload->name,
             w->workload->scenarios ? " SCENARIO" : "");
    snprintf(command, 64, "run %s", w->workload->name);
    o->usage = usage;
    o->command = command;
    o->summary = w->workload->summary;
    o->groups |= w->workload->server ? WF_IN_SERVER : 0;
    o->tables[0] = w->workload->options;
    o->stop = false;
    status = wf_options_read(o, o->noperands, o->operands);
    if (status == WF_EXIT_OK && w->workload->scenarios) {
        printf("\nscenarios:\n");
        list_scenarios(w->workload);
    }
    return status >= 0 ? status : find_scenario(w);
}

static bool same_file(const char *a, const char *b)
{
    struct stat sa, sb;

    if (!strcmp(a, b))
        return true;
    return !stat(a, &sa) && !stat(b, &sb) && S_ISREG(sa.st_mode) &&
           sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* -1, or the exit status: files that cannot be meant so. */
static int check_files(struct wl *w)
{
    const char *trace = wl_text(w, "trace"), *json = wl_text(w, "json");

    w->json_stdout = json && !strcmp(json, "-");
    if (trace && !strcmp(trace, "-"))
        wl_usage(w, "--trace -: a trace is not text (name a file)");
    else if (trace && strlen(trace) >= WEFT_PATH_MAX)
        wl_usage(w, "--trace: the name is too long");
    else if (trace && json && same_file(trace, json))
        wl_usage(w, "--trace and --json name the same file");
    return w->status ? w->status : -1;
}

/* One --set KNOB=VALUE: -1, or exit status 2. */
int wf_cli_set(weft_config *config, const char *command, const char *setting)
{
    char error[WEFT_ERROR_MAX], knob[64];
    size_t n = strcspn(setting, "=");

    if (!setting[n] || n >= sizeof knob)
        return wf_complain(WF_EXIT_USAGE, "%s: --set %s: KNOB=VALUE is wanted", command,
                           setting);
    snprintf(knob, sizeof knob, "%.*s", (int)n, setting);
    if (weft_config_set(config, knob, setting + n + 1, error))
        return wf_complain(WF_EXIT_USAGE, "%s: --set %s: %s", command, setting, error);
    return -1;
}

/* The workload's knobs, then the user's files and environment, then the command line. */
static int set_knobs(struct wl *w)
{
    char error[WEFT_ERROR_MAX];
    const char *setting;

    weft_config_init(&w->config);
    if (w->workload->setup)
        w->workload->setup(w);
    if (w->status)
        return w->status;
    w->loaded = true;
    if (weft_config_load(&w->config, error))
        return wf_complain(WF_EXIT_USAGE, "%s", error);
    if (wl_given(w, "trace"))
        w->config.trace_mode = WEFT_TRACE_FILE; /* wins over the environment's off */
    for (size_t i = 0; (setting = wl_nth(w, "set", i)); i++) {
        int status = wf_cli_set(&w->config, w->options.command, setting);
        if (status >= 0)
            return status;
    }
    if (wl_given(w, "procs"))
        w->config.procs = (int)wl_int(w, "procs");
    if (wl_given(w, "trace"))
        snprintf(w->config.trace, sizeof w->config.trace, "%s", wl_text(w, "trace"));
    if (wl_given(w, "trace") && w->config.trace_mode == WEFT_TRACE_OFF)
        wl_usage(w, "--trace and --set trace_mode=off contradict each other");
    return w->status ? w->status : -1;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What the workload came to, unless its trace is not whole (said when that happened). */
static int status_with_trace(int status)
{
    struct weft_trace_stats stats;

    weft_trace_stats(&stats);
    return !status && stats.error ? WF_EXIT_IO : status;
}

static int run(struct wl *w)
{
    struct wf_recording recording;

    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake < 0)
        return wf_complain(WF_EXIT_IO, "run: %s", strerror(errno));
    w->watched = isatty(STDERR_FILENO) && !wl_given(w, "quiet");
    raise_descriptor_limit();
    wf_run_catch_signals(w);
    w->started = time(NULL);
    atomic_init(&w->random,
                (uint64_t)wl_int(w, "seed") * UINT64_C(0x9e3779b97f4a7c15) + 1);
    wf_recording_begin(&recording, w->config.trace);
    w->workload->run(w);
    wf_recording_end(&recording);
    bool none = json_object_size(w->figures) ==
                0; /* a failure is all there is to say */
    if (w->status == WF_EXIT_USAGE || w->status == WF_EXIT_LACKING || none)
        return w->status         ? w->status
               : wf_run_signal() ? 128 + wf_run_signal()
                                 : WF_EXIT_IO;
    return status_with_trace(wf_run_report(w));
}

static void fini(struct wl *w)
{
    json_decref(w->figures);
    json_decref(w->units);
    json_decref(w->notes);
    wf_options_fini(&w->options);
}

int wf_cmd_run(int argc, char **argv)
{
    char usage[160], command[64];
    static struct wl w; /* signals find it */
    int status;

    pthread_mutex_init(&w.lock, NULL);
    w.figures = json_object();
    w.units = json_object();
    w.notes = json_array();
    if (!w.figures || !w.units || !w.notes)
        wf_fatal("out of memory");
    status = read_options(&w, argc, argv, usage, command);
    if (status < 0)
        status = check_files(&w);
    if (status < 0)
        status = set_knobs(&w);
    if (status < 0)
        status = wf_run_check(&w);
    if (status < 0)
        status = run(&w);
    fini(&w);
    return status;
}
