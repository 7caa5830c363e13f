/* SPDX-License-Identifier: MIT */
/*
 * weft/proc.h - child processes: started, spoken with over pipes, awaited.
 * A child gets no descriptor of the program but its three, and signals as a program has
 * them that a shell starts.  Where the kernel has no descriptors for processes (before
 * Linux 5.3, or denied) the end of a child is looked for every few ms instead.
 */
#ifndef WEFT_PROC_H
#define WEFT_PROC_H
#include <stddef.h>
#include <stdint.h>

#include <weft/net.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_proc weft_proc;

/* Where a standard descriptor of a child leads. */
enum weft_proc_io {
    WEFT_PROC_INHERIT, /* where the program's own does */
    WEFT_PROC_NULL,    /* /dev/null */
    WEFT_PROC_PIPE,    /* to a pipe: weft_proc_take gives our end */
    WEFT_PROC_STDOUT,  /* for standard error alone: where standard output does */
};

/* How to start a child; all zeroes but size is as most want it. */
typedef struct weft_proc_options {
    size_t size;            /* sizeof(weft_proc_options) */
    const char *const *env; /* "NAME=value", ended by NULL; NULL: the program's */
    const char *dir;        /* to start in; NULL: the program's */
    enum weft_proc_io io[3];
    int kill_on_cancel; /* 1: a wait that the caller's context ends kills the child */
} weft_proc_options;

/*
 * weft_proc_start - start a program as a child.
 *
 * argv      its name, looked for in PATH if it has no slash, and arguments; ended by NULL
 * options   NULL: none
 *
 * Returns   0        *out is set
 *           -EINVAL  argv is empty, or options make no sense
 *           -ENOENT, -EACCES, -ENOEXEC  there is no such program, or it cannot be run
 *           -errno   as of posix_spawn and pipe2
 * Context   coroutines
 * Owns      the caller frees *out with weft_proc_free
 * Traces    obj_new for pipes; block_begin, block_end
 */
int weft_proc_start(const char *const argv[], const weft_proc_options *options,
                    weft_proc **out);

/*
 * weft_proc_take - our end of a pipe to a child: what we write is its standard input.
 *
 * which     0, 1 or 2
 *
 * Returns   the end; NULL when there is none or it was taken before
 * Context   anywhere but a signal handler
 * Owns      the caller closes it with weft_close; ends that nobody takes, weft_proc_free
 *           does
 */
weft_fd *weft_proc_take(weft_proc *proc, int which);

/*
 * weft_proc_wait - park until a child has ended.
 * Pipes are not waited for.
 *
 * status    set to what waitpid would, for WIFEXITED and the like; NULL is allowed
 *
 * Returns   0            it has ended; from then on each call returns this at once
 *           -EAGAIN      deadline 0, and it runs
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the caller's context was cancelled; with kill_on_cancel the child
 *                        was killed, has ended, and *status is set
 *           -ECHILD      the program ignores SIGCHLD: how it ended cannot be known
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; several may wait
 * Traces    g_park or g_switch with reason child
 */
int weft_proc_wait(weft_proc *proc, int64_t deadline, int *status);

/*
 * weft_proc_signal - send a signal to a child, never to another process.
 *
 * Returns   0        sent
 *           -ESRCH   it has ended, and a wait has said so
 *           -EINVAL  sig is no signal
 * Context   anywhere but a signal handler
 */
int weft_proc_signal(weft_proc *proc, int sig);

/*
 * weft_proc_pid - the number of a child's process.
 *
 * Returns   the number
 * Context   anywhere
 */
int weft_proc_pid(const weft_proc *proc);

/*
 * weft_proc_free - the end of a handle.  A child that runs is killed, and waited for.
 *
 * proc      NULL is allowed
 *
 * Returns   nothing
 * Context   coroutines; nobody may wait
 * Owns      takes proc and the ends that nobody took
 */
void weft_proc_free(weft_proc *proc);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_PROC_H */
