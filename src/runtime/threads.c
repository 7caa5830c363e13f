/* SPDX-License-Identifier: MIT */
/*
 * threads.c - what the kernel says of an M's thread.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/sched.h"
#include "runtime/sysmon.h"

enum { ACCOUNT_NS = 10 * 1000 * 1000 };

static int open_thread_file(int tid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* "TID (NAME) STATE ...": the name may hold anything, so the last parenthesis counts. */
bool wf_thread_sleeps(int tid)
{
    char text[512];
    int fd = open_thread_file(tid, "stat");
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = 0;
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && strchr("SDTt", state[2]);
}

/* ns on a CPU, ns waiting for one, times put on one, since the thread began. */
static bool read_schedstat(struct wf_m *m, uint64_t out[3])
{
    char text[128];
    unsigned long long run, wait, slices;
    if (m->schedstat < 0)
        m->schedstat = open_thread_file(wf_get(&m->tid), "schedstat");
    ssize_t n = m->schedstat < 0 ? -1 : pread(m->schedstat, text, sizeof text - 1, 0);
    if (n <= 0)
        return false;
    text[n] = 0;
    if (sscanf(text, "%llu %llu %llu", &run, &wait, &slices) != 3)
        return false;
    out[0] = run;
    out[1] = wait;
    out[2] = slices;
    return true;
}

static void account(struct wf_m *m)
{
    uint64_t at[3];
    if (!read_schedstat(m, at) || at[0] < m->cpu_run || at[1] < m->cpu_wait)
        return;
    WF_TRACE_OTHER(WF_STREAM_SYSMON, m_cpu, .m = m->id, .run = at[0] - m->cpu_run,
                   .wait = at[1] - m->cpu_wait, .slices = at[2] - m->cpu_slices);
    m->cpu_run = at[0];
    m->cpu_wait = at[1];
    m->cpu_slices = at[2];
}

void wf_threads_account(int64_t now)
{
    static int64_t next;
    if (wf_likely(!wf_trace_on) || now < next)
        return;
    next = now + ACCOUNT_NS;
    for (uint32_t i = 0; i < wf_rt.nmade; i++) {
        struct wf_m *m = atomic_load_explicit(&wf_rt.ps[i]->m, memory_order_acquire);
        if (m)
            account(m);
    }
}
