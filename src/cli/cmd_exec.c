/* SPDX-License-Identifier: MIT */
/*
 * cmd_exec.c - weft exec: another program, with the environment that traces it.
 * Without a trace exec becomes the program; with one it waits, for the trace wants its
 * symbols when the program has ended.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weft/run.h>

#include "cli/cli.h"
#include "cli/recording.h"

/* --set steal=off is WEFT_STEAL=off for the program: -1, or exit status 2. */
static int export_setting(const char *setting)
{
    char name[80] = "WEFT_";
    size_t n = strcspn(setting, "=");
    weft_config config;

    weft_config_init(&config);
    int status = wf_cli_set(&config, "exec", setting);
    if (status >= 0)
        return status;
    for (size_t i = 0; i < n; i++)
        name[5 + i] = (char)toupper((unsigned char)setting[i]);
    name[5 + n] = '\0';
    setenv(name, setting + n + 1, 1);
    return -1;
}

static int export_all(const struct wf_options *o)
{
    const char *setting, *trace = wf_opt_text(o, "trace");

    if (trace)
        setenv("WEFT_TRACE_MODE", "file", 1); /* wins over the environment's off */
    for (size_t i = 0; (setting = wf_opt_nth(o, "set", i)); i++) {
        int status = export_setting(setting);
        if (status >= 0)
            return status;
    }
    if (trace && !strcmp(trace, "-"))
        return wf_complain(WF_EXIT_USAGE,
                           "exec: --trace -: a trace is not text (name a file)");
    if (trace && setenv("WEFT_TRACE", trace, 1))
        return wf_complain(WF_EXIT_IO, "exec: %s", strerror(errno));
    return -1;
}

/* Where the program will trace to, by its environment; "": it will not. */
static void find_trace(weft_config *config)
{
    char error[WEFT_ERROR_MAX];

    weft_config_init(config);
    if (weft_config_load(config, error) || config->trace_mode == WEFT_TRACE_OFF)
        config->trace[0] = '\0'; /* of an error the program tells */
}

/* Returns only the status of a failure. */
static int become(const struct wf_options *o)
{
    execvp(o->operands[0], o->operands);
    bool lacking = errno == ENOENT || errno == EACCES || errno == ENOEXEC;
    return wf_complain(lacking ? WF_EXIT_LACKING : WF_EXIT_IO, "exec: %s: %s",
                       o->operands[0], strerror(errno));
}

/*
 * What a terminal sends to its foreground goes to the program too.  Elsewhere the program
 * has a group of its own: what is sent to all of ours must not reach it twice.
 */
static bool in_foreground(void)
{
    int tty = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool yes = tty >= 0 && tcgetpgrp(tty) == getpgrp();

    if (tty >= 0)
        close(tty);
    return yes;
}

/* Signals that are sent to us are the program's; a terminal's (SI_KERNEL) it has got.  The
 * exit status. */
static int wait_for(pid_t program, const sigset_t *signals)
{
    siginfo_t info;
    int status;

    while (waitpid(program, &status, WNOHANG) == 0) {
        int sig = sigwaitinfo(signals, &info);
        if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
            kill(program, sig);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_traced(const struct wf_options *o, const char *trace)
{
    static const int passed_on[] = { SIGCHLD, SIGINT,  SIGQUIT, SIGTERM,
                                     SIGHUP,  SIGUSR1, SIGUSR2 };
    struct wf_recording recording;
    sigset_t signals, was;
    pid_t us = getpid(), program;
    bool apart = !in_foreground();

    wf_recording_begin(&recording, trace);
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(&signals, passed_on[i]);
    sigprocmask(SIG_BLOCK, &signals, &was);
    void (*child_was)(int) = signal(SIGCHLD, SIG_DFL);
    program = fork();
    if (program < 0)
        return wf_complain(WF_EXIT_IO, "exec: %s", strerror(errno));
    if (program == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever kills exec means the program */
        if (getppid() != us)
            _exit(WF_EXIT_IO);
        if (apart)
            setpgid(0, 0);
        signal(SIGCHLD, child_was);
        sigprocmask(SIG_SETMASK, &was, NULL);
        _exit(become(o));
    }
    int status = wait_for(program, &signals);
    wf_recording_end(&recording);
    if (status == 0 && access(trace, F_OK))
        wf_complain(0,
                    "%s: nothing was recorded (is the program linked with libweft, and "
                    "does it call weft_run?)",
                    trace);
    return status;
}

int wf_cmd_exec(int argc, char **argv)
{
    weft_config config;
    struct wf_options o = wf_command_options("exec");
    int status;

    o.stop = true;
    status = wf_options_read_n(&o, argc, argv, 1, argc);
    if (status < 0)
        status = export_all(&o);
    if (status < 0) {
        find_trace(&config);
        status = config.trace[0] ? run_traced(&o, config.trace) : become(&o);
    }
    wf_options_fini(&o);
    return status;
}
