/* SPDX-License-Identifier: MIT */
/*
 * base/clock.h - the one clock: ns of CLOCK_MONOTONIC.
 */
#ifndef WF_BASE_CLOCK_H
#define WF_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

#define WF_NS_PER_US INT64_C(1000)
#define WF_NS_PER_MS INT64_C(1000000)
#define WF_NS_PER_S  INT64_C(1000000000)

static inline int64_t wf_timespec_ns(struct timespec ts)
{
    return (int64_t)ts.tv_sec * WF_NS_PER_S + ts.tv_nsec;
}

/* ns must not be negative. */
static inline struct timespec wf_ns_timespec(int64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / WF_NS_PER_S),
                              .tv_nsec = (long)(ns % WF_NS_PER_S) };
}

static inline int64_t wf_clock_read(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return wf_timespec_ns(ts);
}

static inline int64_t wf_clock_now(void)
{
    return wf_clock_read(CLOCK_MONOTONIC);
}

#endif /* WF_BASE_CLOCK_H */
