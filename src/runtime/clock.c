/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the trace's clock: the CPU's counter where it can be trusted.
 * That is where it runs at one rate on all CPUs and the kernel thinks so too; else it is
 * CLOCK_MONOTONIC, at twice the price.  Nothing orders the reading among other
 * instructions: what an event is off by that is less than one unit.
 */
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/trace_int.h"

WF_HIDDEN struct wf_tclock wf_tclock = { .kind = WF_CLOCK_MONO, .shift = 2 };

enum { UNITS_MAX_PER_S = 250000000, TRIES = 8, CALIBRATE_MS = 2 };

#if defined(__x86_64__)
static bool kernel_trusts_tsc(void)
{
    char name[16] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                  O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, name, sizeof name - 1);
    close(fd);
    return n >= 4 && !memcmp(name, "tsc\n", 4);
}

static enum wf_clock_kind best_kind(void)
{
    unsigned a, b, c, d = 0;
    if (!__get_cpuid(0x80000007, &a, &b, &c, &d))
        return WF_CLOCK_MONO;
    return d & 1u << 8 && kernel_trusts_tsc() ? WF_CLOCK_TSC : WF_CLOCK_MONO;
}
#else
static enum wf_clock_kind best_kind(void)
{
    return WF_CLOCK_CNTVCT;
}
#endif

static uint64_t ticks_now(void)
{
    return wf_tclock.kind == WF_CLOCK_MONO ? (uint64_t)wf_clock_now() : wf_ticks();
}

/* The tightest of some readings; tick in ticks. */
static struct wf_clock_snap snap_ticks(void)
{
    struct wf_clock_snap best = { 0 };
    uint64_t tightest = UINT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = ticks_now();
        int64_t mono = wf_clock_now();
        int64_t wall = wf_clock_read(CLOCK_REALTIME);
        uint64_t after = ticks_now();
        if (after - before < tightest) {
            tightest = after - before;
            best = (struct wf_clock_snap){ before + (after - before) / 2, mono, wall };
        }
    }
    return best;
}

struct wf_clock_snap wf_tclock_snap(void)
{
    struct wf_clock_snap snap = snap_ticks();
    snap.tick >>= wf_tclock.shift;
    return snap;
}

static uint64_t ticks_per_s(void)
{
    if (wf_tclock.kind == WF_CLOCK_MONO)
        return WF_NS_PER_S;
#if defined(__aarch64__)
    uint64_t rate;
    __asm__("mrs %0, cntfrq_el0" : "=r"(rate));
    if (rate)
        return rate;
#endif
    struct wf_clock_snap from = snap_ticks();
    struct timespec ts = wf_ns_timespec(CALIBRATE_MS * WF_NS_PER_MS);
    nanosleep(&ts, NULL);
    struct wf_clock_snap to = snap_ticks();
    return (uint64_t)((unsigned __int128)(to.tick - from.tick) * WF_NS_PER_S /
                      (uint64_t)(to.mono - from.mono));
}

void wf_tclock_use(enum wf_clock_kind kind)
{
    wf_tclock.kind = (uint8_t)kind;
    uint64_t rate = ticks_per_s();
    wf_tclock.shift = 0;
    while (rate >> wf_tclock.shift > UNITS_MAX_PER_S)
        wf_tclock.shift++;
    wf_tclock.units_per_s = rate >> wf_tclock.shift;
    /* Rounded up, so that what is a whole number of us stays one. */
    wf_tclock.us_per_unit =
        (uint64_t)(((unsigned __int128)1000000 << 64) / wf_tclock.units_per_s + 1);
}

void wf_tclock_init(void)
{
    if (!wf_tclock.units_per_s)
        wf_tclock_use(best_kind());
}
