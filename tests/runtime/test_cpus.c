/* SPDX-License-Identifier: MIT */
/*
 * The CPUs that this process may use: what its cgroups say, in a directory that stands for
 * the system's, whatever stands there; its affinity; and that a runtime follows both.
 */
#include "rt_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/knobs.h"
#include "runtime/sched.h"

static char dir[64];
static int all; /* by affinity alone */

/* dir/path, and what leads to it; NULL: only that. */
static void put(const char *path, const char *text)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s%s", dir, path);
    for (char *at = name + strlen(dir); (at = strchr(at + 1, '/'));) {
        *at = 0;
        mkdir(name, 0700);
        *at = '/';
    }
    if (!text)
        return;
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_all(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

static int begin(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/weft-cpus-XXXXXX");
    assert_non_null(mkdtemp(dir));
    wf_cpus_below(dir);
    all = wf_cpus();
    wf_cpus_below(dir);
    put("/proc/self/mountinfo",
        "25 1 0:22 / /sys rw - sysfs sysfs rw\n"
        "29 25 0:25 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "0::/outer/inner\n");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    wf_cpus_below("");
    remove_all();
    return 0;
}

static int smaller(int n)
{
    return n < all ? n : all;
}

/* ---- version 2 ---- */

static void test_without_a_quota_the_affinity_counts(void **state)
{
    (void)state;
    assert_true(all >= 1);
    assert_int_equal(wf_cpus(), all);
    put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    assert_int_equal(wf_cpus(), all);
}

static void test_a_part_of_a_cpu_is_one(void **state)
{
    (void)state;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    assert_int_equal(wf_cpus(), 1);
    put("/sys/fs/cgroup/outer/inner/cpu.max", "100000 100000\n");
    assert_int_equal(wf_cpus(), 1);
    put("/sys/fs/cgroup/outer/inner/cpu.max", "100001 100000\n");
    assert_int_equal(wf_cpus(), smaller(2));
}

static void test_the_tightest_of_all_ancestors_counts(void **state)
{
    (void)state;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/outer/cpu.max", "50000 100000\n");
    assert_int_equal(wf_cpus(), 1);
    put("/sys/fs/cgroup/outer/cpu.max", "max 100000\n");
    assert_int_equal(wf_cpus(), all);
    put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
    assert_int_equal(wf_cpus(), 1);
}

/* A container sees its group as the root of what is mounted. */
static void test_a_mount_may_begin_below_the_root(void **state)
{
    (void)state;
    put("/proc/self/mountinfo", "29 25 0:25 /outer /cg rw - cgroup2 cgroup2 rw\n");
    put("/cg/inner/cpu.max", "7 100\n");
    put("/cg/outer/inner/cpu.max", "max 100\n");
    assert_int_equal(wf_cpus(), 1);
}

/* ---- version 1 ---- */

static void test_quotas_of_version_1_count(void **state)
{
    (void)state;
    put("/proc/self/mountinfo",
        "33 31 0:30 / /one/cpuset rw - cgroup cgroup rw,cpuset\n"
        "34 31 0:31 / /one/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
    put("/proc/self/cgroup", "3:cpuset:/wrong\n2:cpu,cpuacct:/here\n0::/\n");
    put("/one/cpu/here/cpu.cfs_period_us", "100000\n");
    put("/one/cpu/here/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(wf_cpus(), all);
    put("/one/cpu/here/cpu.cfs_quota_us", "20000\n");
    assert_int_equal(wf_cpus(), 1);
    put("/one/cpu/here/cpu.cfs_period_us", "0\n");
    assert_int_equal(wf_cpus(), all);
}

/* ---- what nobody should write ---- */

static void test_strange_files_are_no_limit(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "0 100000",
        "-5 100000",
        "5 0",
        "5 -1",
        "5",
        "5 ",
        "5x 100",
        "0x10 100",
        "99999999999999999999999 1",
        "9223372036854775807 1",
        "5 99999999999999999999999",
        "max",
        "nan inf",
        "1e3 100",
        "                                                                       1 1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put("/sys/fs/cgroup/outer/inner/cpu.max", texts[i]);
        if (wf_cpus() != all)
            fail_msg("\"%s\" was taken for %d", texts[i], wf_cpus());
    }
}

static void test_strange_groups_are_no_limit(void **state)
{
    char *line = malloc(70000);
    (void)state;
    put("/sys/fs/cgroup/cpu.max", "max 1");
    put("/cpu.max", "1 1");
    memset(line, '/', 69999);
    line[69999] = 0;
    memcpy(line, "0::", 3);
    const char *const groups[] = {
        "", "0", "::", "0:::", "0::", "\n\n0::/", "0::/../../..", line, "1:cpu"
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        put("/proc/self/cgroup", groups[i]);
        assert_int_equal(wf_cpus(), all);
    }
    free(line);
}

static void test_strange_mounts_are_no_limit(void **state)
{
    static const char *const mounts[] = {
        "",
        " - ",
        "- cgroup2 x",
        "1 2 3 - cgroup2 cgroup2 rw",
        "29 25 0:25 / /sys/fs/cgroup rw - cgroup2",
        "29 25 0:25 / /nowhere rw - cgroup2 cgroup2 rw",
    };
    (void)state;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1 1");
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        put("/proc/self/mountinfo", mounts[i]);
        wf_cpus_below(dir);
        assert_int_equal(wf_cpus(), all);
    }
}

/* Who waits in open would stop the monitor. */
static void test_a_pipe_or_directory_in_its_place_does_not_hold(void **state)
{
    char name[128];
    (void)state;
    put("/sys/fs/cgroup/outer/inner/", NULL);
    snprintf(name, sizeof name, "%s/sys/fs/cgroup/outer/inner/cpu.max", dir);
    assert_int_equal(mkfifo(name, 0600), 0);
    assert_int_equal(wf_cpus(), all);
    unlink(name);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_int_equal(wf_cpus(), all);
}

static void test_what_may_not_be_read_is_no_limit(void **state)
{
    (void)state;
    remove_all();
    mkdir(dir, 0700);
    wf_cpus_below(dir);
    assert_int_equal(wf_cpus(), all);
    put("/sys/fs/cgroup/outer/inner/cpu.max",
        "1 1"); /* mounts unknown: the usual place */
    put("/proc/self/cgroup", "0::/outer/inner\n");
    assert_int_equal(wf_cpus(), 1);
}

/* ---- a runtime follows ---- */

static void wait_for_procs(int n)
{
    while (weft_procs() != n || wf_get(&wf_rt.nserve) != (uint32_t)n)
        weft_sleep(WF_NS_PER_MS);
}

static int seen[4];

static void see_quota(void *arg)
{
    (void)arg;
    seen[0] = weft_procs();
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    wait_for_procs(1);
    seen[1] = weft_procs();
    put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    wait_for_procs(all);
    seen[2] = weft_procs();
}

static void test_the_quota_is_followed_while_running(void **state)
{
    (void)state;
    run_in_weft_on(WEFT_AUTO, see_quota, NULL);
    assert_int_equal(seen[0], all);
    assert_int_equal(seen[1], 1);
    assert_int_equal(seen[2], all);
}

/* ---- more Ps than CPUs ---- */

static struct weft_stats after;

static void take_turns(void *arg)
{
    for (int i = 0; i < 500; i++) {
        for (volatile int n = 0; n < 300; n++)
            ;
        weft_yield();
    }
    weft_wait_group_done(arg);
}

static void have_a_crowd(void *arg)
{
    weft_wait_group all;
    (void)arg;
    weft_wait_group_init(&all, "all");
    weft_wait_group_add(&all, 64);
    for (int i = 0; i < 64; i++)
        weft_go(take_turns, &all);
    weft_wait_group_wait(&all, WEFT_FOREVER);
    after.size = sizeof after;
    weft_stats(&after);
}

/* Threads would only take the CPU from each other. */
static void test_ps_beyond_the_cpus_need_no_threads(void **state)
{
    (void)state;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    run_in_weft_on(32, have_a_crowd, NULL);
    assert_int_equal(after.procs, 32);
    assert_in_range(after.threads_created, 1, 16);
}

static _Atomic int standing, let_go;

static void stand(void *arg)
{
    (void)arg;
    standing++;
    while (!atomic_load(&let_go))
        ;
    standing--;
}

static void stand_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < 7; i++)
        weft_go(stand, NULL);
    while (standing < 7)
        weft_yield();
    let_go = 1;
    while (standing)
        weft_yield();
}

/* Who never calls weft, and is not to lose its P, has the kernel share the CPU out. */
static void test_hogs_beyond_the_cpus_run_all_the_same(void **state)
{
    (void)state;
    weft_config c = rt_config(8);
    c.preempt = 0;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    run_in_weft_with(&c, stand_all, NULL);
    assert_int_equal(let_go, 1);
}

static _Atomic int blocked;

static void block_long(void *arg)
{
    char c;
    (void)arg;
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    blocked++;
    (void)!read(*(int *)arg, &c, 1);
    weft_block_end();
    blocked--;
}

static void block_all(void *arg)
{
    int *ends = arg;
    for (int i = 0; i < 20; i++)
        weft_go(block_long, ends);
    while (blocked < 20)
        weft_yield();
    close(ends[1]);
    while (blocked)
        weft_yield();
    let_go = 2;
}

static void test_who_blocks_takes_no_cpu(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    run_in_weft_on(32, block_all, ends);
    assert_int_equal(let_go, 2);
    close(ends[0]);
}

/* ---- followed: affinity ---- */

/* Each thread of the process, as taskset -a -p does. */
static void set_affinity(const cpu_set_t *set)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *e;
    while ((e = readdir(tasks)))
        if (atoi(e->d_name))
            sched_setaffinity(atoi(e->d_name), sizeof *set, set);
    closedir(tasks);
}

static void see_affinity(void *arg)
{
    cpu_set_t one, *full = arg;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, full) && !CPU_COUNT(&one))
            CPU_SET(i, &one);
    seen[0] = weft_procs();
    set_affinity(&one);
    wait_for_procs(1);
    seen[1] = weft_procs();
    set_affinity(full);
    wait_for_procs(seen[0]);
    seen[2] = weft_procs();
}

static void test_the_affinity_is_followed_while_running(void **state)
{
    cpu_set_t full;
    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof full, &full), 0);
    run_in_weft_on(WEFT_AUTO, see_affinity, &full);
    assert_int_equal(seen[0], all);
    assert_int_equal(seen[1], 1);
    assert_int_equal(seen[2], all);
}

/* Twice the monitor's time to look. */
static void set_then_wait(void *arg)
{
    (void)arg;
    weft_set_procs(3);
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    weft_sleep(2 * WF_NS_PER_S + WF_NS_PER_S / 2);
    seen[0] = weft_procs();
}

static void only_wait(void *arg)
{
    (void)arg;
    put("/sys/fs/cgroup/outer/inner/cpu.max", "1000 100000\n");
    weft_sleep(2 * WF_NS_PER_S + WF_NS_PER_S / 2);
    seen[1] = weft_procs();
}

static void test_a_number_that_was_asked_for_stays(void **state)
{
    (void)state;
    run_in_weft_on(WEFT_AUTO, set_then_wait, NULL);
    assert_int_equal(seen[0], 3);
    run_in_weft_on(2, only_wait, NULL);
    assert_int_equal(seen[1], 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_quota_the_affinity_counts),
        TEST(test_a_part_of_a_cpu_is_one),
        TEST(test_the_tightest_of_all_ancestors_counts),
        TEST(test_a_mount_may_begin_below_the_root),
        TEST(test_quotas_of_version_1_count),
        TEST(test_strange_files_are_no_limit),
        TEST(test_strange_groups_are_no_limit),
        TEST(test_strange_mounts_are_no_limit),
        TEST(test_a_pipe_or_directory_in_its_place_does_not_hold),
        TEST(test_what_may_not_be_read_is_no_limit),
        TEST(test_ps_beyond_the_cpus_need_no_threads),
        TEST(test_hogs_beyond_the_cpus_run_all_the_same),
        TEST(test_who_blocks_takes_no_cpu),
        TEST(test_the_quota_is_followed_while_running),
        TEST(test_the_affinity_is_followed_while_running),
        TEST(test_a_number_that_was_asked_for_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
