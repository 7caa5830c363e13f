/* SPDX-License-Identifier: MIT */
/*
 * pty.c - weft in a terminal.
 */
#include "support.h"

#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

enum { PATIENCE_MS = 60000 };

char pty_trace[4096];
static char home[] = "/tmp/weft-test.XXXXXX";

int pty_begin(void **state)
{
    const char *src = getenv("top_srcdir"), *build = getenv("top_builddir");
    char path[4096], weft[4096 + 8], at[4096];

    (void)state;
    snprintf(path, sizeof path, "%s/traces/good/hog.weft", src ? src : "..");
    if (!realpath(path, pty_trace) || !realpath(build ? build : ".", at))
        return -1;
    snprintf(weft, sizeof weft, "%s/weft", at);
    setenv("WEFT", weft, 1);
    return !mkdtemp(home) || chdir(home); /* keys by chance may write files */
}

int pty_end(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", home);
    return chdir("/") || system(command);
}

static int on_prop(VTermProp prop, VTermValue *v, void *arg)
{
    struct pty *p = arg;

    if (prop == VTERM_PROP_ALTSCREEN)
        p->alternate = v->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        p->cursor = v->boolean;
    if (prop == VTERM_PROP_MOUSE)
        p->mouse = v->number;
    return 1;
}

static void become_weft(const char *env, const char *const *argv)
{
    const char *full[16] = { getenv("WEFT") };
    size_t n = 1;

    setpgid(0, 0);
    tcsetpgrp(0, getpid());
    /* Whoever runs the tests may ignore some of these: weft is not to inherit that. */
    for (int sig = 1; sig < SIGRTMIN; sig++)
        signal(sig, SIG_DFL);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    for (char *set = env ? strtok(strdup(env), " ") : NULL; set;
         set = strtok(NULL, " "))
        putenv(set);
    for (; *argv && n < 15; argv++)
        full[n++] = *argv;
    execv(full[0], (char *const *)full);
    _exit(99);
}

/* What runs in the terminal: one job, waited for as a shell would. */
static void shell(const char *env, const char *const *argv)
{
    static const int not_for_shells[] = { SIGTTOU, SIGTTIN, SIGTSTP, SIGINT, SIGQUIT };
    int status;

    for (size_t i = 0; i < sizeof not_for_shells / sizeof *not_for_shells; i++)
        signal(not_for_shells[i], SIG_IGN);
    pid_t job = fork();
    if (job == 0)
        become_weft(env, argv);
    setpgid(job, job);
    tcsetpgrp(0, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        char line[64];
        tcsetpgrp(0, getpid());
        printf("\r\nSTOPPED\r\n");
        fflush(stdout);
        if (read(0, line, sizeof line) <= 0)
            break;
        tcsetpgrp(0, job);
        kill(-job, SIGCONT);
    }
    tcsetpgrp(0, getpid());
    printf("\r\nSTATUS %d.\r\n",
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
    char last;
    while (read(0, &last, 1) > 0) /* until the other side is closed */
        ;
    _exit(0);
}

void pty_open(struct pty *p, int w, int h, const char *env, const char *const *argv)
{
    static const VTermScreenCallbacks callbacks = { .settermprop = on_prop };
    struct winsize ws = { .ws_row = (unsigned short)h, .ws_col = (unsigned short)w };
    int inside;

    memset(p, 0, sizeof *p);
    p->cursor = true;
    assert_int_equal(openpty(&p->fd, &inside, NULL, NULL, &ws), 0);
    assert_int_equal(tcgetattr(p->fd, &p->before), 0); /* nobody changed it yet */
    p->shell = fork();
    assert_true(p->shell >= 0);
    if (p->shell == 0) {
        close(p->fd);
        login_tty(inside);
        shell(env, argv);
    }
    close(inside);
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    p->vt = vterm_new(h, w);
    vterm_set_utf8(p->vt, 1);
    p->screen = vterm_obtain_screen(p->vt);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_reset(p->screen, 1);
}

void pty_close(struct pty *p)
{
    close(p->fd);
    kill(p->shell, SIGKILL);
    waitpid(p->shell, NULL, 0);
    vterm_free(p->vt);
    free(p->raw);
}

/* One read.  False: nothing came in time. */
static bool take(struct pty *p, int ms)
{
    struct pollfd fd = { .fd = p->fd, .events = POLLIN };
    char buf[4096];

    if (poll(&fd, 1, ms) <= 0)
        return false;
    ssize_t n = read(p->fd, buf, sizeof buf);
    if (n <= 0)
        return false;
    vterm_input_write(p->vt, buf, (size_t)n);
    if (p->nraw + (size_t)n > p->raw_size) {
        p->raw_size = 2 * (p->nraw + (size_t)n);
        p->raw = realloc(p->raw, p->raw_size);
        assert_non_null(p->raw);
    }
    memcpy(p->raw + p->nraw, buf, (size_t)n);
    p->nraw += (size_t)n;
    return true;
}

void pty_drain(struct pty *p, int ms)
{
    while (take(p, ms))
        ;
}

/* What weft says meanwhile is taken in, or each would wait for the other. */
void pty_type(struct pty *p, const char *bytes, size_t n)
{
    while (n > 0) {
        struct pollfd fd = { .fd = p->fd, .events = POLLIN | POLLOUT };
        assert_true(poll(&fd, 1, PATIENCE_MS) > 0);
        while (take(p, 0))
            ;
        ssize_t done = fd.revents & POLLOUT ? write(p->fd, bytes, n) : 0;
        if (done < 0)
            assert_int_equal(errno, EAGAIN);
        else
            bytes += done, n -= (size_t)done;
    }
}

void pty_resize(struct pty *p, int w, int h)
{
    struct winsize ws = { .ws_row = (unsigned short)h, .ws_col = (unsigned short)w };

    vterm_set_size(p->vt, h, w);
    assert_int_equal(ioctl(p->fd, TIOCSWINSZ, &ws), 0);
}

char *pty_text(struct pty *p)
{
    int rows, cols;
    vterm_get_size(p->vt, &rows, &cols);
    size_t size = (size_t)rows * ((size_t)cols * 4 + 1) + 1, used = 0;
    char *text = calloc(1, size);

    assert_non_null(text);
    for (int y = 0; y < rows; y++) {
        VTermRect row = { .start_row = y, .end_row = y + 1, .end_col = cols };
        used += vterm_screen_get_text(p->screen, text + used, size - used - 2, row);
        text[used++] = '\n';
    }
    return text;
}

static bool shows(struct pty *p, const char *text)
{
    char *all = pty_text(p);
    bool there = strstr(all, text) != NULL;

    free(all);
    return there;
}

/* Until the screen has the text, or no longer has it. */
static void await(struct pty *p, const char *text, bool there)
{
    for (int waited = 0; waited < PATIENCE_MS;) {
        if (shows(p, text) == there)
            return;
        waited += take(p, 50) ? 0 : 50;
    }
    fail_msg("\"%s\" did not %s the screen:\n%s", text, there ? "come to" : "leave",
             pty_text(p));
}

void pty_await(struct pty *p, const char *text)
{
    await(p, text, true);
}

void pty_await_gone(struct pty *p, const char *text)
{
    await(p, text, false);
}

bool pty_more(struct pty *p)
{
    return take(p, PATIENCE_MS);
}

void pty_await_said(struct pty *p, const char *want)
{
    for (int waited = 0; waited < PATIENCE_MS;) {
        char *at = p->nraw > p->heard ? memmem(p->raw + p->heard, p->nraw - p->heard,
                                               want, strlen(want))
                                      : NULL;
        if (at) {
            p->heard = (size_t)(at - p->raw) + strlen(want);
            return;
        }
        waited += take(p, 50) ? 0 : 50;
    }
    fail_msg("the shell did not say %s; the screen:\n%s", want, pty_text(p));
}

pid_t pty_job(struct pty *p)
{
    return tcgetpgrp(p->fd);
}

void pty_assert_restored(struct pty *p)
{
    struct termios now;

    assert_int_equal(tcgetattr(p->fd, &now), 0);
    assert_int_equal(now.c_lflag, p->before.c_lflag);
    assert_int_equal(now.c_iflag, p->before.c_iflag);
    assert_int_equal(now.c_oflag, p->before.c_oflag);
    assert_false(p->alternate);
    assert_true(p->cursor);
    assert_int_equal(p->mouse, VTERM_PROP_MOUSE_NONE);
}
