/* SPDX-License-Identifier: MIT */
/*
 * cpus.c - how many CPUs this process may use: affinity and the cgroups' quotas.
 * The group and its quotas are read again each time, where they are mounted only once.
 * What cannot be read, or has a form that we do not know, is no limit.
 */
#include <weft/run.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/knobs.h"

enum { MOST_CPUS = 1 << 16, LINE = 4096, PATH = 3 * LINE };

/* Where the hierarchy of a version is to be seen: what stands at `at` is group root. */
struct mount {
    bool known;
    char root[LINE], at[LINE];
};

static const char *top = ""; /* before each name: tests have files of their own */
static struct mount v1, v2;
static bool looked;

/* Of the thread that asks: those that a runtime makes have it from who began it. */
static int by_affinity(void)
{
    for (int most = CPU_SETSIZE; most <= MOST_CPUS; most *= 2) {
        size_t size = CPU_ALLOC_SIZE(most);
        cpu_set_t *set = CPU_ALLOC(most);
        int n = -1;
        if (set && !sched_getaffinity(0, size, set))
            n = CPU_COUNT_S(size, set);
        bool small = set && n < 0 && errno == EINVAL;
        CPU_FREE(set);
        if (!small)
            return n > 0 ? n : 1;
    }
    return 1;
}

/* ---- files ---- */

/* Each line of a file, without its end; too long ones are left out.  false: no file. */
static bool each_line(const char *name, void (*line)(char *text))
{
    char path[PATH], text[LINE];
    bool whole = true;
    snprintf(path, sizeof path, "%s%s", top, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(text, sizeof text, file)) {
        size_t n = strcspn(text, "\n");
        bool ends = text[n] == '\n';
        text[n] = 0;
        if (whole && ends)
            line(text);
        whole = ends;
    }
    fclose(file);
    return true;
}

/* The beginning of a small file; never waits, whatever it is. */
static bool read_text(const struct mount *at, const char *group, const char *name,
                      char text[64])
{
    char path[PATH];
    int len = snprintf(path, sizeof path, "%s%s%s/%s", top, at->at, group, name);
    int fd = len < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                                    : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, 63);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* A number of microseconds, 0 for anything else; end is behind it. */
static int64_t read_us(const char *text, const char **end)
{
    char *stop;
    errno = 0;
    long long us = strtoll(text, &stop, 10);
    *end = stop;
    return stop != text && !errno && us > 0 && (!*stop || strchr(" \n", *stop)) ? us
                                                                                : 0;
}

/* ---- where groups are to be seen ---- */

static bool take(char to[LINE], const char *from)
{
    size_t n = strlen(from);
    if (n >= LINE)
        return false;
    memcpy(to, from, n + 1);
    return true;
}

/* Is word one of list, which commas part? */
static bool in_list(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
            return true;
    return false;
}

/* "36 25 0:31 ROOT AT OPTIONS ... - TYPE SOURCE OPTIONS" */
static void mount_line(char *text)
{
    char *field[5], *save, *rest = strstr(text, " - ");
    char *type = rest ? strtok_r(rest + 3, " ", &save) : NULL;
    char *source = type ? strtok_r(NULL, " ", &save) : NULL;
    char *options = source ? strtok_r(NULL, " ", &save) : NULL;
    if (!options)
        return;
    *rest = 0;
    for (int i = 0; i < 5; i++)
        if (!(field[i] = strtok_r(i ? NULL : text, " ", &save)))
            return;
    struct mount *m = !strcmp(type, "cgroup2")                             ? &v2
                      : !strcmp(type, "cgroup") && in_list(options, "cpu") ? &v1
                                                                           : NULL;
    if (m && !m->known)
        m->known = take(m->root, strcmp(field[3], "/") ? field[3] : "") &&
                   take(m->at, field[4]);
}

static void look_once(void)
{
    if (looked)
        return;
    looked = true;
    if (!each_line("/proc/self/mountinfo", mount_line) && !v2.known)
        v2.known = take(v2.at, "/sys/fs/cgroup");
}

/* ---- quotas ---- */

static int least; /* of this look; 0: no limit so far */

static void limit(int64_t quota, int64_t period)
{
    if (quota <= 0 || period <= 0)
        return;
    int64_t n = (quota - 1) / period + 1;
    if (n <= WEFT_PROCS_MAX && (!least || n < least))
        least = (int)n;
}

/* "QUOTA PERIOD", or "max PERIOD" */
static void limit_2(const char *group)
{
    char text[64];
    const char *end;
    if (!read_text(&v2, group, "cpu.max", text))
        return;
    int64_t quota = read_us(text, &end);
    if (quota && *end == ' ')
        limit(quota, read_us(end + 1, &end));
}

/* -1 for none */
static void limit_1(const char *group)
{
    char quota[64], period[64];
    const char *end;
    if (read_text(&v1, group, "cpu.cfs_quota_us", quota) &&
        read_text(&v1, group, "cpu.cfs_period_us", period))
        limit(read_us(quota, &end), read_us(period, &end));
}

/* The group and all above it, as far as they are to be seen. */
static void limits(const struct mount *m, void (*of)(const char *group), char *group)
{
    size_t n = strlen(m->root);
    if (!m->known || strstr(group, "/.."))
        return; /* not below what we see */
    if (!strncmp(group, m->root, n) && (!group[n] || group[n] == '/'))
        group += n;
    for (char *slash; (slash = strrchr(group, '/')); *slash = 0)
        of(slash[1] ? group : "");
    of("");
}

/* "ID:CONTROLLERS:GROUP"; version 2 has 0 and none */
static void group_line(char *text)
{
    char *controllers = strchr(text, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return;
    *controllers++ = *group++ = 0;
    if (!*controllers && !strcmp(text, "0"))
        limits(&v2, limit_2, group);
    else if (in_list(controllers, "cpu"))
        limits(&v1, limit_1, group);
}

static int by_quota(void)
{
    least = 0;
    look_once();
    each_line("/proc/self/cgroup", group_line);
    return least;
}

void wf_cpus_below(const char *dir)
{
    top = dir;
    looked = v1.known = v2.known = false;
}

int wf_cpus(void)
{
    int n = by_affinity(), quota = by_quota();
    n = quota && quota < n ? quota : n;
    return n > WEFT_PROCS_MAX ? WEFT_PROCS_MAX : n;
}
