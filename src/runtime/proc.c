/* SPDX-License-Identifier: MIT */
/*
 * proc.c - child processes.
 * The C library starts them without copying the program; their end is an event of a
 * descriptor, as for sockets.  Only under the lock is a child reaped or signalled: its
 * number is not another's then.
 */
#include <weft/proc.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/block.h>

#include "runtime/netpoll.h"

enum { ASK_MIN = 1000 * 1000, ASK_MAX = 20 * 1000 * 1000 }; /* ns between looks */

extern char **environ;

struct weft_proc {
    pid_t pid;
    weft_fd *end;     /* NULL: the kernel has none, it is asked now and then */
    weft_fd *pipe[3]; /* our ends, until they are taken */
    bool kill_on_cancel;

    struct wf_lock lock; /* rank FD: guards what follows */
    bool reaped;
    int status; /* as of waitpid, or -errno; once reaped */
};

/* ---- start ---- */

struct start {
    const char *const *argv;
    const weft_proc_options *o;
    int ours[3], theirs[3]; /* -1: none */
    pid_t pid;
    int err;
};

static int open_pipe(struct start *s, int which)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    s->ours[which] = ends[which ? 0 : 1];
    s->theirs[which] = ends[which ? 1 : 0];
    return 0;
}

static int open_each(struct start *s)
{
    int err = 0;
    for (int i = 0; i < 3; i++)
        s->ours[i] = s->theirs[i] = -1;
    for (int i = 0; i < 3 && !err; i++)
        if (s->o->io[i] == WEFT_PROC_PIPE)
            err = open_pipe(s, i);
    return err;
}

static void close_each(int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/*
 * A pipe's end may have the number of a standard descriptor, if the program closed that:
 * all are moved up first, so that no dup2 hits one that is still needed.
 */
static int redirect(posix_spawn_file_actions_t *acts, const struct start *s)
{
    int err = 0;
    for (int i = 0; i < 3 && !err; i++) {
        if (s->theirs[i] >= 0)
            err = posix_spawn_file_actions_adddup2(acts, s->theirs[i], i);
        else if (s->o->io[i] == WEFT_PROC_NULL)
            err = posix_spawn_file_actions_addopen(acts, i, "/dev/null",
                                                   i ? O_WRONLY : O_RDONLY, 0);
        else if (s->o->io[i] == WEFT_PROC_STDOUT)
            err = posix_spawn_file_actions_adddup2(acts, 1, i);
    }
    if (!err && s->o->dir)
        err = posix_spawn_file_actions_addchdir_np(acts, s->o->dir);
    return err ? err : posix_spawn_file_actions_addclosefrom_np(acts, 3);
}

static int spawn(struct start *s)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char *const *env = s->o->env ? (char *const *)(uintptr_t)s->o->env : environ;
    sigemptyset(&none);
    sigfillset(&all);
    int err = posix_spawn_file_actions_init(&acts);
    if (err)
        return -err;
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    err = redirect(&acts, s);
    if (!err)
        err = posix_spawnp(&s->pid, s->argv[0], &acts, &attr,
                           (char *const *)(uintptr_t)s->argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&acts);
    return -err;
}

static int sane(const char *const argv[], const weft_proc_options *o)
{
    if (!argv || !argv[0] || o->size != sizeof *o)
        return -EINVAL;
    for (int i = 0; i < 3; i++)
        if ((unsigned)o->io[i] > (i == 2 ? WEFT_PROC_STDOUT : WEFT_PROC_PIPE))
            return -EINVAL;
    return 0;
}

/* Ends above the standard ones: see redirect. */
static int move_up(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] < 0 || fds[i] > 2)
            continue;
        int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
            return -errno;
        close(fds[i]);
        fds[i] = fd;
    }
    return 0;
}

/* The handle of a child that runs: our ends and its own become descriptors of weft. */
static int adopt(weft_proc *p, struct start *s)
{
    int err = 0;
    p->pid = s->pid;
    for (int i = 0; i < 3 && !err; i++) {
        if (s->ours[i] < 0)
            continue;
        err = weft_fd_new(s->ours[i], NULL, &p->pipe[i]);
        if (!err)
            s->ours[i] = -1;
    }
    int fd = err ? -1 : (int)syscall(SYS_pidfd_open, p->pid, 0);
    if (fd >= 0 && weft_fd_new(fd, "child", &p->end))
        close(fd); /* then it is asked */
    return err;
}

int weft_proc_start(const char *const argv[], const weft_proc_options *options,
                    weft_proc **out)
{
    const weft_proc_options none = { .size = sizeof none };
    struct start s = { .argv = argv, .o = options ? options : &none };
    int err = sane(argv, s.o);
    if (err)
        return err;
    weft_proc *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    wf_lock_init(&p->lock, WF_RANK_FD);
    p->kill_on_cancel = s.o->kill_on_cancel;
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    err = open_each(&s);
    err = err ? err : move_up(s.theirs);
    err = err ? err : spawn(&s);
    close_each(s.theirs);
    weft_block_end();
    if (err) {
        free(p);
        close_each(s.ours);
        return err;
    }
    err = adopt(p, &s);
    close_each(s.ours);
    if (err) {
        weft_proc_free(p);
        return err;
    }
    *out = p;
    return 0;
}

/* ---- the end of a child ---- */

/* Has it ended?  With the lock held. */
static bool reap(weft_proc *p)
{
    int status = 0;
    pid_t pid;
    if (p->reaped)
        return true;
    do
        pid = waitpid(p->pid, &status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (!pid)
        return false;
    p->reaped = true;
    p->status = pid < 0 ? -errno : status;
    return true;
}

/* Inside the runtime: 1 when it has ended. */
static int look(weft_proc *p)
{
    wf_lock_acquire(&p->lock);
    bool ended = reap(p);
    wf_lock_release(&p->lock);
    return ended;
}

/* Inside the runtime, without a descriptor: 0 when it is time to look again. */
static int nap(int64_t *pause, int64_t deadline)
{
    int64_t now = wf_clock_now(), next = now + *pause;
    if (!wf_m())
        return -EPERM;
    if (deadline <= now)
        return -ETIMEDOUT;
    int err = wf_park_until(WF_WHY_child, 0, next < deadline ? next : deadline, NULL,
                            NULL);
    *pause = *pause < ASK_MAX ? *pause * 2 : *pause;
    return err == -ETIMEDOUT && wf_clock_now() >= next ? wf_context_err() : err;
}

static int await(weft_proc *p, int64_t deadline)
{
    int64_t pause = ASK_MIN;
    int err = 0;
    while (!err) {
        uint32_t events = p->end ? wf_fd_events(p->end, WF_FD_READ) : 0;
        if (look(p))
            return 0;
        if (!deadline)
            return -EAGAIN;
        err = p->end ? wf_fd_wait(p->end, WF_FD_READ, events, WF_WHY_child, deadline)
                     : nap(&pause, deadline);
    }
    return look(p) ? 0 : err;
}

static int send(const weft_proc *p, int sig)
{
    return p->end
               ? (int)syscall(SYS_pidfd_send_signal, weft_fd_num(p->end), sig, NULL, 0)
               : kill(p->pid, sig);
}

static int signal_it(weft_proc *p, int sig)
{
    wf_lock_acquire(&p->lock);
    int err = p->reaped ? -ESRCH : send(p, sig) < 0 ? -errno : 0;
    wf_lock_release(&p->lock);
    return err;
}

/* It dies in a moment, whatever the caller's context says. */
static void kill_and_reap(weft_proc *p)
{
    signal_it(p, SIGKILL);
    while (!look(p)) {
        wf_leave();
        weft_block_begin(WEFT_BLOCK_USER);
        siginfo_t info;
        waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT);
        weft_block_end();
        wf_enter();
    }
}

int weft_proc_wait(weft_proc *p, int64_t deadline, int *status)
{
    wf_enter();
    int err = await(p, deadline);
    bool ended = !err;
    if (err && p->kill_on_cancel && wf_m() && wf_context_err()) {
        kill_and_reap(p);
        ended = true;
        err = -ECANCELED;
    }
    wf_leave();
    if (ended && p->status < 0)
        return p->status;
    if (ended && status)
        *status = p->status;
    return err;
}

int weft_proc_signal(weft_proc *p, int sig)
{
    wf_enter_emit();
    int err = signal_it(p, sig);
    wf_leave();
    return err;
}

int weft_proc_pid(const weft_proc *p)
{
    return p->pid;
}

weft_fd *weft_proc_take(weft_proc *p, int which)
{
    weft_fd *fd = which >= 0 && which < 3 ? p->pipe[which] : NULL;
    if (fd)
        p->pipe[which] = NULL;
    return fd;
}

void weft_proc_free(weft_proc *p)
{
    if (!p)
        return;
    wf_enter();
    if (!look(p))
        kill_and_reap(p);
    wf_leave();
    for (int i = 0; i < 3; i++)
        weft_close(p->pipe[i]);
    weft_close(p->end);
    free(p);
}
