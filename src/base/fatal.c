/* SPDX-License-Identifier: MIT */
/*
 * fatal.c - say it once, then abort.
 */
#include "base/fatal.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void (*wf_fatal_hook)(void);

void wf_fatal(const char *format, ...)
{
    static atomic_flag called = ATOMIC_FLAG_INIT;
    char line[1024];
    va_list args;
    int n = snprintf(line, sizeof line, "weft: ");

    va_start(args, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        _Exit(134);

    /* A second thread, or a hook that fails itself, must not run the hook again. */
    if (wf_fatal_hook && !atomic_flag_test_and_set(&called))
        wf_fatal_hook();
    abort();
}
