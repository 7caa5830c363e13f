/* SPDX-License-Identifier: MIT */
/*
 * futex.h - sleep on a word, and the processor's own words for waiting and time.
 */
#ifndef WF_RUNTIME_FUTEX_H
#define WF_RUNTIME_FUTEX_H
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

/* Sleep while *word is value, at most ns (negative: without end).  May wake early. */
static inline void wf_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t ns)
{
    struct timespec ts = wf_ns_timespec(ns < 0 ? 0 : ns);
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns < 0 ? NULL : &ts, NULL, 0);
}

static inline void wf_futex_wake(_Atomic uint32_t *word, int n)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}

static inline void wf_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield" ::: "memory");
#endif
}

/* A counter that grows steadily, at a rate that only WF_CYCLES_FEW knows. */
static inline uint64_t wf_cycles(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t t;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
    return t;
#endif
}

/* Counts that stay under some 20 us on any machine. */
#if defined(__x86_64__)
#define WF_CYCLES_FEW 20000
#else
#define WF_CYCLES_FEW 200
#endif

#endif /* WF_RUNTIME_FUTEX_H */
