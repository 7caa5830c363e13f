/* SPDX-License-Identifier: MIT */
/*
 * cpus.c - how many CPUs this process may use: affinity and the cgroup's quota.
 */
#include <weft/run.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "runtime/knobs.h"

static int by_affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

/* cpu.max of a cgroup: "QUOTA PERIOD" or "max PERIOD"; 0 for no quota. */
static int quota_of(const char *group)
{
    char path[4200];
    long quota, period;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    int n = fscanf(file, "%ld %ld", &quota, &period);
    fclose(file);
    if (n != 2 || quota <= 0 || period <= 0)
        return 0;
    return (int)((quota + period - 1) / period);
}

/* The tightest quota from our own group (cgroup 2) up to the root. */
static int by_quota(void)
{
    char line[4096], *group = NULL;
    int least = 0;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file)
        return 0;
    while (!group && fgets(line, sizeof line, file))
        if (!strncmp(line, "0::", 3))
            group = line + 3;
    fclose(file);
    if (!group)
        return 0;
    group[strcspn(group, "\n")] = 0;
    for (;;) {
        int n = quota_of(group);
        if (n && (!least || n < least))
            least = n;
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = 0;
    }
}

int wf_cpus(void)
{
    int n = by_affinity(), quota = by_quota();
    n = quota && quota < n ? quota : n;
    return n > WEFT_PROCS_MAX ? WEFT_PROCS_MAX : n;
}
