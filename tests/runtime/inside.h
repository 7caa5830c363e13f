/* SPDX-License-Identifier: MIT */
/*
 * inside.h - for tests of what coroutines wait for: each on 1, 2 and 4 Ps, and with a
 * retake after 1 ms, so that user code runs beside its P all the time.
 */
#ifndef WEFT_TESTS_INSIDE_H
#define WEFT_TESTS_INSIDE_H
#include "rt_support.h"

#include <stdbool.h>
#include <string.h>

static int inside_procs = 2; /* Ps of the running group */

static inline void run_inside(void (*fn)(void *), void *arg)
{
    weft_config config = rt_config(inside_procs);
    config.preempt = WF_NS_PER_MS;
    run_in_weft_with(&config, fn, arg);
}

static inline void await_value(_Atomic int *value, int want)
{
    while (atomic_load(value) != want)
        weft_yield();
}

static inline int64_t in_ns(int64_t ns)
{
    return weft_now() + ns;
}

/* A number from 0 to below; seed is one coroutine's own. */
static inline unsigned below(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

static inline void run_breach(void *fn)
{
    weft_config config = rt_config(1);
    weft_run(&config, *(void (**)(void *))fn, NULL);
}

/* The program ends by weft's own message, which contains text. */
static inline void assert_dies(void (*fn)(void *), const char *text)
{
    char said[4096];
    int status = in_child(run_breach, &fn, said, sizeof said);
    if (!WIFSIGNALED(status) || !strstr(said, text))
        fail_msg("wanted \"%s\", got status %x and \"%s\"", text, status, said);
}

/* The group on 1, 2 and 4 Ps, or on WEFT_PROCS. */
#define RUN_ON_SOME_PS(tests) run_on_some_ps(tests, sizeof tests / sizeof *tests)
static inline int run_on_some_ps(const struct CMUnitTest *tests, size_t n)
{
    const char *fixed = getenv("WEFT_PROCS");
    int failed = 0;
    for (int procs = 1; procs <= 4; procs *= 2) {
        char title[32];
        inside_procs = fixed ? atoi(fixed) : procs;
        snprintf(title, sizeof title, "%d Ps", inside_procs);
        failed += _cmocka_run_group_tests(title, tests, n, NULL, NULL);
        if (fixed)
            break;
    }
    return failed;
}

#endif /* WEFT_TESTS_INSIDE_H */
