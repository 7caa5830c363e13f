/* SPDX-License-Identifier: MIT */
/*
 * A coroutine that computes or blocks too long loses its P to those that wait.
 */
#include "rt_support.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { PIPES = 64 };

struct hog {
    _Atomic bool relieved;
    int hogs; /* how many compute at a time */
    _Atomic int begun, ended;
    struct weft_stats stats;
};

static void relieve(void *arg)
{
    struct hog *h = arg;
    atomic_store(&h->relieved, true);
}

/* Without a call of weft: only a P taken away lets `relieve` run. */
static void compute(void *arg)
{
    struct hog *h = arg;
    atomic_fetch_add(&h->begun, 1);
    while (!atomic_load_explicit(&h->relieved, memory_order_relaxed))
        ;
    weft_yield();
    atomic_fetch_add(&h->ended, 1);
}

/* With a hog for each P, this comes back from its sleep only to a P taken away. */
static void compute_while_others_wait(void *arg)
{
    struct hog *h = arg;
    for (int i = 0; i < h->hogs; i++)
        weft_go_named("hog", compute, h);
    while (atomic_load(&h->begun) < h->hogs)
        weft_sleep(WF_NS_PER_MS);
    weft_go_named("relief", relieve, h);
    while (atomic_load(&h->ended) < h->hogs)
        weft_sleep(WF_NS_PER_MS);
    h->stats.size = sizeof h->stats;
    weft_stats(&h->stats);
}

static void assert_hogs_relieved(int procs, int hogs)
{
    struct hog h = { .hogs = hogs };
    run_in_weft_on(procs, compute_while_others_wait, &h);
    assert_int_equal(h.ended, hogs);
    assert_true(h.stats.retakes_hog >= 1);
    assert_int_equal(h.stats.hogs, 0);
}

static void test_hog_on_the_only_p_is_relieved(void **state)
{
    (void)state;
    assert_hogs_relieved(1, 1);
}

static void test_hogs_on_all_ps_are_relieved(void **state)
{
    (void)state;
    assert_hogs_relieved(2, 2);
}

struct pipes {
    int fds[PIPES][2];
    int got[PIPES];
    int fed;
    struct weft_stats stats;
};

static struct pipes pipes;

/* A plain read: weft is not told that it blocks. */
static void read_plainly(void *arg)
{
    int i = *(int *)arg;
    char c = 0;
    pipes.got[i] = read(pipes.fds[i][0], &c, 1) == 1 ? c : -1;
}

static void feed(void *arg)
{
    (void)arg;
    for (int i = PIPES; i-- > 0;) {
        pipes.fed += write(pipes.fds[i][1], "x", 1) == 1;
        weft_yield();
    }
}

static void read_what_others_feed(void *arg)
{
    static int index[PIPES];
    weft_coro *readers[PIPES], *feeder;
    (void)arg;
    for (int i = 0; i < PIPES; i++) {
        index[i] = i;
        weft_spawn("reader", read_plainly, &index[i], &readers[i]);
    }
    weft_spawn("feeder", feed, NULL, &feeder);
    for (int i = 0; i < PIPES; i++)
        weft_join(readers[i], WEFT_FOREVER);
    weft_join(feeder, WEFT_FOREVER);
    pipes.stats.size = sizeof pipes.stats;
    weft_stats(&pipes.stats);
}

static void assert_pipes_end(int procs)
{
    memset(&pipes, 0, sizeof pipes);
    for (int i = 0; i < PIPES; i++)
        assert_int_equal(pipe2(pipes.fds[i], O_CLOEXEC), 0);
    run_in_weft_on(procs, read_what_others_feed, NULL);
    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(pipes.got[i], 'x');
        close(pipes.fds[i][0]);
        close(pipes.fds[i][1]);
    }
    assert_int_equal(pipes.fed, PIPES);
    /* All were found asleep in the kernel, none computing. */
    assert_true(pipes.stats.retakes > 0);
    assert_int_equal(pipes.stats.retakes_hog, 0);
}

static void test_reads_of_pipes_that_others_feed_end_on_one_p(void **state)
{
    (void)state;
    assert_pipes_end(1);
}

static void test_reads_of_pipes_that_others_feed_end_on_two_ps(void **state)
{
    (void)state;
    assert_pipes_end(2);
}

/* ---- where there is no membarrier ---- */

static int deny_membarrier(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void without_membarrier(void *arg)
{
    struct hog h = { .hogs = 2 };
    weft_config c = rt_config(2);
    (void)arg;
    if (deny_membarrier())
        _exit(77);
    if (weft_run(&c, compute_while_others_wait, &h) || !h.stats.retakes_hog)
        _exit(1);
    fprintf(stderr, "%s", h.stats.retake);
}

/* ---- two that block in sections, and one P ---- */

enum { ROUNDS = 2000 };
static struct relay {
    int there[2], back[2];
    int heard, answered;
} relay;

static bool in_section(ssize_t (*call)(int, void *, size_t), int fd)
{
    char c = 'x';
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    ssize_t n = call(fd, &c, 1);
    weft_block_end();
    return n == 1;
}

static ssize_t write_it(int fd, void *buf, size_t n)
{
    return write(fd, buf, n);
}

static void answer(void *arg)
{
    (void)arg;
    while (in_section(read, relay.there[0]) && in_section(write_it, relay.back[1]))
        relay.heard++;
}

static void ask(void *arg)
{
    weft_coro *other;
    (void)arg;
    weft_spawn("answer", answer, NULL, &other);
    for (int i = 0; i < ROUNDS; i++)
        relay.answered += in_section(write_it, relay.there[1]) &&
                          in_section(read, relay.back[0]);
    close(relay.there[1]);
    weft_join(other, WEFT_FOREVER);
}

/* With a monitor that looks ten times a second this would take minutes if the P were
 * taken from who blocks by the monitor alone. */
static void test_who_comes_back_takes_its_p_from_who_blocks(void **state)
{
    (void)state;
    weft_config c = rt_config(1);
    c.sysmon_min = c.sysmon_max = 100 * WF_NS_PER_MS;
    memset(&relay, 0, sizeof relay);
    assert_int_equal(pipe2(relay.there, O_CLOEXEC), 0);
    assert_int_equal(pipe2(relay.back, O_CLOEXEC), 0);
    run_in_weft_with(&c, ask, NULL);
    assert_int_equal(relay.answered, ROUNDS);
    assert_int_equal(relay.heard, ROUNDS);
}

static void test_without_membarrier_fences_do(void **state)
{
    char out[256];
    (void)state;
    int status = in_child(without_membarrier, NULL, out, sizeof out);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(out, "fence");
}

static void never_retake(void *arg)
{
    struct hog *h = arg;
    int64_t end = weft_now() + 50 * WF_NS_PER_MS;
    weft_go(relieve, h);
    while (weft_now() < end)
        ;
    h->ended = atomic_load(&h->relieved);
    h->stats.size = sizeof h->stats;
    weft_stats(&h->stats);
}

static void test_preempt_off_never_retakes(void **state)
{
    (void)state;
    struct hog h = { 0 };
    weft_config c = rt_config(1);
    c.preempt = 0;
    run_in_weft_with(&c, never_retake, &h);
    assert_int_equal(h.ended, 0);
    assert_int_equal(h.stats.retakes, 0);
    assert_string_equal(h.stats.retake, "off");
}

/* ---- the end of the runtime under a coroutine that computes ---- */

static _Atomic int hog_runs, hog_may_end, hog_came_back;

static void compute_past_the_end(void *arg)
{
    (void)arg;
    atomic_store(&hog_runs, 1);
    while (!atomic_load(&hog_may_end))
        ;
    weft_yield(); /* into a runtime that is over: the thread ends here */
    atomic_store(&hog_came_back, 1);
}

static void end_under_a_hog(void *arg)
{
    (void)arg;
    weft_go(compute_past_the_end, NULL);
    while (!atomic_load(&hog_runs))
        weft_sleep(WF_NS_PER_MS);
}

static void nothing(void *arg)
{
    (void)arg;
    weft_sleep(WF_NS_PER_MS);
}

static void test_end_leaves_a_hog_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        atomic_store(&hog_runs, 0);
        atomic_store(&hog_may_end, 0);
        run_in_weft(end_under_a_hog, NULL);
        run_in_weft(nothing, NULL); /* another runtime beside it */
        atomic_store(&hog_may_end, 1);
        run_in_weft(nothing, NULL);
        assert_int_equal(hog_came_back, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hog_on_the_only_p_is_relieved),
        cmocka_unit_test(test_hogs_on_all_ps_are_relieved),
        cmocka_unit_test(test_reads_of_pipes_that_others_feed_end_on_one_p),
        cmocka_unit_test(test_reads_of_pipes_that_others_feed_end_on_two_ps),
        cmocka_unit_test(test_who_comes_back_takes_its_p_from_who_blocks),
        cmocka_unit_test(test_without_membarrier_fences_do),
        cmocka_unit_test(test_preempt_off_never_retakes),
        cmocka_unit_test(test_end_leaves_a_hog_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
