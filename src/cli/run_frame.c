/* SPDX-License-Identifier: MIT */
/*
 * run_frame.c - what a workload may call: options, knobs, its life under weft.
 *
 * The main coroutine is the frame's: it sleeps until a signal, the end of --duration or of
 * the workload's own coroutine, and gives the latter --grace to come to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/run.h"

/* --- what was asked for ----------------------------------------------------------- */

bool wl_given(const struct wl *w, const char *option)
{
    return wf_opt_given(&w->options, option);
}

const char *wl_text(const struct wl *w, const char *option)
{
    return wf_opt_text(&w->options, option);
}

int64_t wl_int(const struct wl *w, const char *option)
{
    return wf_opt_int(&w->options, option);
}

double wl_number(const struct wl *w, const char *option)
{
    return wf_opt_number(&w->options, option);
}

bool wl_on(const struct wl *w, const char *option)
{
    return wf_opt_on(&w->options, option);
}

const char *wl_nth(const struct wl *w, const char *option, size_t i)
{
    return wf_opt_nth(&w->options, option, i);
}

size_t wl_scenario(const struct wl *w)
{
    return w->scenario;
}

int64_t wl_duration(const struct wl *w)
{
    int64_t own = INT64_MAX;

    if (wl_given(w, "duration"))
        return wl_int(w, "duration");
    if (w->workload->duration && wf_parse_time(w->workload->duration, &own))
        wf_fatal("%s: its own duration %s", w->workload->name, w->workload->duration);
    return own;
}

void wl_knob(struct wl *w, const char *knob, const char *value)
{
    char error[WEFT_ERROR_MAX];

    if (w->loaded)
        wf_fatal("%s: wl_knob(%s) outside of setup", w->workload->name, knob);
    if (weft_config_set(&w->config, knob, value, error))
        wf_fatal("%s: %s", w->workload->name, error);
}

static void require(struct wl *w, const char *expr, bool absolute)
{
    if (w->nrequire == WF_REQUIRE_MAX)
        wf_fatal("%s: too much is required", w->workload->name);
    w->require[w->nrequire++] = (struct wf_requirement){ expr, absolute };
}

void wl_require(struct wl *w, const char *expr)
{
    require(w, expr, false);
}

void wl_require_abs(struct wl *w, const char *expr)
{
    require(w, expr, true);
}

/* --- what went wrong -------------------------------------------------------------- */

static void say(struct wl *w, int status, int err, const char *format, va_list args)
{
    char text[512];

    vsnprintf(text, sizeof text, format, args);
    wf_complain(status, "run %s: %s%s%s", w->workload->name, text, err ? ": " : "",
                err ? strerror(-err) : "");
    pthread_mutex_lock(&w->lock);
    if (!w->status)
        w->status = status;
    pthread_mutex_unlock(&w->lock);
}

void wl_fail(struct wl *w, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(w, WF_EXIT_IO, err, format, args);
    va_end(args);
}

void wl_usage(struct wl *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(w, WF_EXIT_USAGE, 0, format, args);
    va_end(args);
}

void wl_lack(struct wl *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(w, WF_EXIT_LACKING, 0, format, args);
    va_end(args);
}

void wl_say(struct wl *w, const char *format, ...)
{
    va_list args;

    if (!wl_given(w, "verbose"))
        return;
    va_start(args, format);
    say(w, 0, 0, format, args);
    va_end(args);
}

bool wl_failed(const struct wl *w)
{
    struct wl *mine = (struct wl *)w;

    pthread_mutex_lock(&mine->lock);
    bool failed = w->status != 0;
    pthread_mutex_unlock(&mine->lock);
    return failed;
}

/* --- running ---------------------------------------------------------------------- */

enum { PROGRESS_WIDTH = 40 };

static struct wl *running;
static volatile sig_atomic_t caught;

/* The first ends the run properly; the second ends it as if nobody listened. */
static void on_signal(int sig)
{
    int saved = errno;

    if (caught) {
        signal(sig, SIG_DFL);
        raise(sig);
    } else {
        caught = sig;
        atomic_store(&running->stopping, true);
        if (write(running->wake, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
            caught = sig; /* nobody can be told */
    }
    errno = saved;
}

int wf_run_signal(void)
{
    return caught;
}

void wf_run_catch_signals(struct wl *w)
{
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    running = w;
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
}

weft_config *wl_config(struct wl *w)
{
    return &w->config;
}

bool wl_stopping(const struct wl *w)
{
    return atomic_load_explicit(&w->stopping, memory_order_relaxed) ||
           wf_clock_now() >= w->deadline;
}

void wl_wait(struct wl *w)
{
    char none;

    while (weft_chan_recv(w->over, &none, WEFT_FOREVER) != -EPIPE)
        ;
}

static void run_workload(void *arg)
{
    struct wl *w = arg;

    w->fn(w->arg);
    atomic_store(&w->done, true);
    if (write(w->wake, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
        wf_fatal("cannot write to an eventfd");
}

/* How long it has run, for who looks on: from the second second on, and rubbed out. */
static void show_progress(const struct wl *w, int64_t now, bool ended)
{
    char took[WF_UNIT_MAX];

    if (!w->watched || now - w->begin < 2 * WF_NS_PER_S)
        return;
    wf_show_time(took, now - w->begin);
    fprintf(stderr, ended ? "\r%*s\r" : "\r%*s", PROGRESS_WIDTH, "");
    if (!ended)
        fprintf(stderr, "\rweft: run %s: %s ", w->workload->name, took);
}

/* Until the workload has ended (true), or had --grace and did not (false). */
static bool watch(struct wl *w, weft_fd *wake)
{
    int64_t grace_end = WEFT_FOREVER;
    bool over = false;
    uint64_t n;

    while (!atomic_load(&w->done)) {
        int64_t deadline = over ? grace_end : w->deadline;
        int64_t look = w->watched ? weft_now() + WF_NS_PER_S / 2 : WEFT_FOREVER;
        weft_read(wake, &n, sizeof n, look < deadline ? look : deadline);
        int64_t now = weft_now();
        show_progress(w, now, false);
        if (!over && (caught || now >= w->deadline)) {
            over = true;
            atomic_store(&w->stopping, true);
            weft_chan_close(w->over);
        }
        if (caught && grace_end == WEFT_FOREVER)
            grace_end = now + wl_int(w, "grace");
        if (now >= grace_end && !atomic_load(&w->done))
            return false;
    }
    if (!over)
        weft_chan_close(w->over);
    return true;
}

static void run_main(void *arg)
{
    struct wl *w = arg;
    weft_fd *wake = NULL;
    weft_coro *co = NULL;
    int64_t duration = wl_duration(w);
    int err;

    w->procs = weft_procs();
    w->begin = w->begin ? w->begin : weft_now();
    w->deadline = duration < INT64_MAX - w->begin ? weft_now() + duration : INT64_MAX;
    w->over = weft_chan_new(1, 0);
    err = w->over ? weft_fd_new(dup(w->wake), "weft.run", &wake) : -ENOMEM;
    if (!err)
        err = weft_spawn(w->workload->name, run_workload, w, &co);
    if (err) {
        wl_fail(w, err, "cannot begin");
        return;
    }
    wl_say(w, "%d Ps, seed %s", w->procs, wl_text(w, "seed"));
    bool ended = watch(w, wake);
    show_progress(w, weft_now(), true);
    if (ended) {
        weft_join(co, WEFT_FOREVER);
        weft_close(wake);
        weft_chan_free(w->over);
    } else {
        wl_note(w, "what was in flight did not end within --grace");
    }
    w->end = weft_now();
}

/* Another one in its place: the poller still knows the last run's, which has a name more. */
static void renew_wake(struct wl *w)
{
    int fresh = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fresh < 0 || dup3(fresh, w->wake, O_CLOEXEC) < 0)
        wl_fail(w, -errno, "cannot begin");
    if (fresh >= 0)
        close(fresh);
}

bool wl_weft(struct wl *w, void (*fn)(void *), void *arg)
{
    if (w->begin)
        renew_wake(w);
    if (wl_failed(w) || wf_run_signal())
        return false;
    w->fn = fn;
    w->arg = arg;
    atomic_store(&w->done, false);
    atomic_store(&w->stopping, false);
    int err = weft_run(&w->config, run_main, w);
    bool ours = err == -EBUSY || err == -EINVAL || err == -ENOMEM || err == -EAGAIN ||
                err == -ENOTSUP;
    if (err && w->config.trace[0] && !ours)
        w->status = WF_EXIT_IO; /* the tracer has said why */
    else if (err)
        wl_fail(w, err, "cannot run");
    return !err && !wl_failed(w);
}

/* splitmix64, whose state is a counter: each caller takes its own number. */
uint64_t wl_random(struct wl *w)
{
    uint64_t z = atomic_fetch_add_explicit(&w->random, UINT64_C(0x9e3779b97f4a7c15),
                                           memory_order_relaxed);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double wl_random_share(struct wl *w)
{
    return (double)(wl_random(w) >> 11) * 0x1p-53;
}

/* --- a server accepts ------------------------------------------------------------- */

static void write_port(struct wl *w, const char *path, int port)
{
    struct wf_output out;
    int err = wf_output_open(&out, path);

    if (!err) {
        fprintf(out.file, "%d\n", port);
        err = wf_output_commit(&out);
    }
    if (err)
        wl_fail(w, err, "%s", path);
}

/* READY=1 to whoever started us, if it wants to know. */
static void notify(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, n);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
        wf_complain(0, "%s: %s", path, strerror(errno));
    close(fd);
}

void wl_ready(struct wl *w, const char *url, int port)
{
    FILE *f = w->json_stdout ? stderr : stdout;

    fputs("ready ", f);
    wf_text_print(f, url);
    fputc('\n', f);
    fflush(f);
    if (port && w->workload->server && wl_given(w, "port-file"))
        write_port(w, wl_text(w, "port-file"), port);
    notify();
}
