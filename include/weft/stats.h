/* SPDX-License-Identifier: MIT */
/*
 * weft/stats.h - what the runtime has done so far, without a trace.
 * Counters are read while others write them: each is right, their sum at one moment is
 * not promised.
 */
#ifndef WEFT_STATS_H
#define WEFT_STATS_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_stats {
    size_t size; /* of this struct; set by the caller */
    uint32_t procs;
    uint32_t threads, threads_max, threads_idle; /* Ms alive, at most, parked */
    uint64_t threads_created;
    uint64_t coroutines;         /* alive */
    uint64_t coroutines_max;     /* at a time; one in 256 may be missed for a moment */
    uint64_t created;            /* coroutines ever made */
    uint64_t switches;           /* times a coroutine began to run */
    uint64_t steals, steal_fail; /* rounds over other Ps: with and without find */
    uint64_t handoffs;           /* Ps passed on by a blocking section or a pin */
    uint64_t retakes, retakes_hog; /* Ps taken by the monitor; of these from hogs */
    uint64_t timers_fired;
    uint32_t global_runq, global_runq_max;
    uint32_t hogs;                   /* coroutines that run without a P now */
    uint64_t stacks, stacks_guarded; /* reserved; of these with a guard page */
    int64_t
        longest_hold_ns; /* a P was held by one coroutine while others were due on it */
    const char *guard;   /* "madvise", "mprotect", "none" */
    const char *retake;  /* "membarrier", "fence", "off" */
    const char *poll;    /* "epoll_pwait2", "epoll_wait" (in ms), "none" */
};

struct weft_stats_proc {
    size_t size;                             /* of this struct; set by the caller */
    uint32_t runq, runq_max;                 /* runnable on it, runnext included */
    uint64_t dispatches;                     /* times a coroutine began to run on it */
    int64_t busy_ns, idle_ns;                /* held by an M; held by none */
    uint32_t free_g, free_g_min, free_g_max; /* coroutines kept for re-use */
};

/*
 * weft_stats - the runtime's figures.
 *
 * stats     stats->size bytes are written at most; zeros when no runtime runs
 *
 * Returns   nothing
 * Context   anywhere; stays
 */
void weft_stats(struct weft_stats *stats);

/*
 * weft_stats_proc - one P's figures.
 *
 * Returns   0        done
 *           -EINVAL  no such P
 * Context   anywhere; stays
 */
int weft_stats_proc(int i, struct weft_stats_proc *stats);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_STATS_H */
