/* SPDX-License-Identifier: MIT */
/*
 * saw.h - for tests whose body runs in a coroutine and whose test function asserts: what
 * the body saw.
 */
#ifndef WEFT_TESTS_SAW_H
#define WEFT_TESTS_SAW_H
#include "inside.h"

enum { HOUR = 3600 };
static inline int64_t never_soon(void)
{
    return in_ns(HOUR * WF_NS_PER_S);
}

static int saw[16];
static int64_t saw_time[4];
static void *saw_value[4];

static inline void run(void (*body)(void *))
{
    memset(saw, 0x55, sizeof saw);
    memset(saw_time, 0x55, sizeof saw_time);
    memset(saw_value, 0x55, sizeof saw_value);
    run_inside(body, NULL);
}

#endif /* WEFT_TESTS_SAW_H */
