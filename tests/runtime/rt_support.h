/* SPDX-License-Identifier: MIT */
/*
 * rt_support.h - run a test's body in coroutines.
 * cmocka's asserts jump to the runner's stack, so coroutines record what they see and
 * the test function asserts after run_in_weft.
 */
#ifndef WEFT_TESTS_RT_SUPPORT_H
#define WEFT_TESTS_RT_SUPPORT_H
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <weft/weft.h>

#include "runtime/dump.h"
#include "runtime/fiber.h"
#include "runtime/runtime.h"

enum { RT_TIMEOUT_S = 60 };

#ifdef WF_TSAN
/* Counted among threads, of which it has 8128. */
enum { RT_MOST_COROUTINES = 4000 };
#else
enum { RT_MOST_COROUTINES = 1 << 30 };
#endif

/* The sanitizers' allocators abort where the C library's says no: not in these tests.  A
 * child of in_child begins a runtime of its own. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1:die_after_fork=0";
}

struct rt_watch {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

/* Nobody comes back: say where everybody is. */
static inline void *rt_watch_main(void *arg)
{
    struct rt_watch *w = arg;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RT_TIMEOUT_S;
    pthread_mutex_lock(&w->lock);
    while (!w->is_done)
        if (pthread_cond_timedwait(&w->done, &w->lock, &until)) {
            fprintf(stderr, "run_in_weft: nothing after %d s\n", RT_TIMEOUT_S);
            wf_dump_sched(true);
            abort();
        }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* A runtime with the given knobs; a hang ends with a list of all coroutines. */
static inline void run_in_weft_with(const weft_config *config, void (*fn)(void *),
                                    void *arg)
{
    struct rt_watch w = { .lock = PTHREAD_MUTEX_INITIALIZER,
                          .done = PTHREAD_COND_INITIALIZER };
    pthread_t watch;
    assert_int_equal(pthread_create(&watch, NULL, rt_watch_main, &w), 0);
    int err = weft_run(config, fn, arg);
    pthread_mutex_lock(&w.lock);
    w.is_done = true;
    pthread_cond_signal(&w.done);
    pthread_mutex_unlock(&w.lock);
    pthread_join(watch, NULL);
    assert_int_equal(err, 0);
}

/* The defaults with so many Ps; nothing of the environment. */
static inline weft_config rt_config(int procs)
{
    weft_config c;
    weft_config_init(&c);
    c.procs = procs;
    return c;
}

static inline void run_in_weft_on(int procs, void (*fn)(void *), void *arg)
{
    weft_config c = rt_config(procs);
    run_in_weft_with(&c, fn, arg);
}

static inline void run_in_weft(void (*fn)(void *), void *arg)
{
    run_in_weft_on(2, fn, arg);
}

static inline void rt_count_parked(struct wf_g *g, void *n)
{
    *(int *)n += atomic_load(&g->state) == WF_G_WAITING;
}

/* How many coroutines wait at this moment. */
static inline int parked(void)
{
    int n = 0;
    wf_g_each(rt_count_parked, &n);
    return n;
}

/* Yield until n coroutines are parked; a sleep would prove nothing. */
static inline void await_parked(int n)
{
    while (parked() < n)
        weft_yield();
}

/* In a child process: its wait status; what it wrote to standard error in out. */
static inline int in_child(void (*fn)(void *), void *arg, char *out, size_t size)
{
    int fds[2], status = -1;
    size_t have = 0;
    ssize_t n;
    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGABRT, SIG_DFL); /* cmocka has handlers of its own */
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        alarm(RT_TIMEOUT_S);
        fn(arg);
        _exit(0);
    }
    close(fds[1]);
    while (have + 1 < size && (n = read(fds[0], out + have, size - have - 1)) > 0)
        have += (size_t)n;
    out[have] = 0;
    close(fds[0]);
    waitpid(pid, &status, 0);
    return status;
}

#endif /* WEFT_TESTS_RT_SUPPORT_H */
