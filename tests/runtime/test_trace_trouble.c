/* SPDX-License-Identifier: MIT */
/*
 * test_trace_trouble.c - what may happen to a program and its file while it is traced:
 * it goes on, says one line if the trace is not whole, and the trace is what it says.
 */
#include "rt_support.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "trace_replay.h"

#include "runtime/trace_int.h"

static char dir[] = "/tmp/weft-test-trouble.XXXXXX", path[64];

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/t.weft", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir); /* fails if a test or the tracer left something */
}

static weft_config traced(int procs)
{
    weft_config c = rt_config(procs);
    c.trace_buffer = 1 << 20;
    snprintf(c.trace, sizeof c.trace, "%s", path);
    return c;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static int error_of_trace(void)
{
    struct weft_trace_stats stats;
    weft_trace_stats(&stats);
    return stats.error;
}

/* ---- the disk is full ---- */

static void write_until_full(void *arg)
{
    char text[64];
    (void)arg;
    for (int i = 0; i % 64 || !error_of_trace(); i++) {
        snprintf(text, sizeof text, "number %d", i);
        weft_mark(text);
        if (i % 64 == 0)
            weft_yield();
    }
}

static void run_into_the_limit(void *arg)
{
    struct rlimit limit = { 2 << 20, 2 << 20 };
    weft_config c = traced(2);
    (void)arg;
    wf_gen_life = 2 * WF_NS_PER_MS;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (weft_run(&c, write_until_full, NULL) || error_of_trace() != -EFBIG)
        _exit(1);
}

/* Generations that have events, and those that have a clock. */
struct clocks {
    bool events[1 << 16], clock[1 << 16];
};

static void note_generation(void *arg, const struct wf_block_head *h,
                            const uint8_t *payload, uint32_t size)
{
    struct clocks *c = arg;
    (void)payload, (void)size;
    c->events[h->generation & 0xffff] |= h->type == WF_BLOCK_EVENTS;
    c->clock[h->generation & 0xffff] |= h->type == WF_BLOCK_CLOCK;
}

static void test_each_generation_has_its_clock_where_the_disk_was_full(void **state)
{
    char said[1024];
    static struct clocks clocks;
    struct trace_reading r = { .block = note_generation, .arg = &clocks };
    (void)state;
    int status = in_child(run_into_the_limit, NULL, said, sizeof said);
    assert_int_equal(status, 0);
    assert_int_equal(lines(said), 1);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(r.header.errors, WF_FILE_ENOSPC);
    assert_int_equal(r.of_type[WF_BLOCK_END], 1);
    for (size_t i = 0; i < 1 << 16; i++)
        assert_true(!clocks.events[i] || clocks.clock[i]);
    unlink(path);
}

/* ---- the file is deleted ---- */

static void delete_it(void *arg)
{
    (void)arg;
    if (unlink(path))
        abort();
    weft_yield();
}

static void run_deleted(void *arg)
{
    weft_config c = traced(1);
    (void)arg;
    if (weft_run(&c, delete_it, NULL) || error_of_trace() != -ENOENT)
        _exit(1);
}

static void test_a_deleted_file_is_missed(void **state)
{
    char said[1024];
    (void)state;
    int status = in_child(run_deleted, NULL, said, sizeof said);
    assert_int_equal(status, 0);
    assert_int_equal(lines(said), 1);
    assert_non_null(strstr(said, "is lost: its file was deleted"));
    assert_int_equal(access(path, F_OK), -1);
}

/* Its directory, too: nothing can be made beside it. */
static void delete_all(void *arg)
{
    delete_it(arg);
    if (rmdir(dir))
        abort();
}

static void run_without_directory(void *arg)
{
    weft_config c = traced(1);
    (void)arg;
    if (weft_run(&c, delete_all, NULL) || error_of_trace() != -ENOENT)
        _exit(1);
}

static void test_a_deleted_directory_is_missed(void **state)
{
    char said[1024];
    (void)state;
    int status = in_child(run_without_directory, NULL, said, sizeof said);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(status, 0);
    assert_int_equal(lines(said), 1);
    assert_non_null(strstr(said, "is lost: its file was deleted"));
}

/* ---- fork ---- */

struct forked {
    int status, in_child;
};

/* In the child nobody records, as if it had never been asked to. */
static void fork_and_tell(void *arg)
{
    struct forked *f = arg;
    weft_mark("before");
    pid_t pid = fork();
    if (!pid) {
        weft_mark("the child's");
        weft_log("child", "says this");
        weft_region_begin("child");
        weft_region_end("child");
        weft_task_end(weft_task_begin(0, "child"));
        weft_counter_set(weft_counter_new("child"), 1);
        _exit(weft_trace_stop() == -ENOENT && weft_trace_start(path) == -EPERM ? 42
                                                                               : 1);
    }
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    waitpid(pid, &f->status, 0);
    weft_block_end();
    weft_mark("after");
}

static void test_a_forked_child_leaves_the_trace_alone(void **state)
{
    (void)state;
    struct forked f = { 0 };
    struct trace_reading r = { 0 };
    weft_config c = traced(2);
    run_in_weft_with(&c, fork_and_tell, &f);
    assert_true(WIFEXITED(f.status));
    assert_int_equal(WEXITSTATUS(f.status), 42);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(r.of_event[WF_EV_mark], 2);
    assert_int_equal(r.of_event[WF_EV_log], 0);
    assert_int_equal(r.of_type[WF_BLOCK_END], 1);
    unlink(path);
}

/* ---- signals all the time ---- */

static _Atomic unsigned long interrupted;

static void count_signal(int sig)
{
    (void)sig;
    atomic_fetch_add_explicit(&interrupted, 1, memory_order_relaxed);
}

/* SIGALRM for the program's threads, SIGPROF for whoever computes; no SA_RESTART. */
static void storm(bool on)
{
    struct itimerval each = { { 0, on ? 500 : 0 }, { 0, on ? 500 : 0 } };
    struct sigaction sa = { .sa_handler = on ? count_signal : SIG_IGN };
    sigaction(SIGALRM, &sa, NULL);
    sigaction(SIGPROF, &sa, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
    setitimer(ITIMER_PROF, &each, NULL);
}

struct ends {
    weft_fd *a, *b;
    long bytes;
    _Atomic long errors;
};

enum { MESSAGES = 2000 };

static void echo(void *arg)
{
    struct ends *e = arg;
    char c;
    while (weft_read(e->b, &c, 1, WEFT_FOREVER) == 1)
        e->errors += weft_write(e->b, &c, 1, WEFT_FOREVER) != 1;
}

static void talk(void *arg)
{
    struct ends *e = arg;
    weft_coro *co;
    int fd[2];
    char c = 'x';
    e->errors += socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0;
    e->errors += weft_fd_new(fd[0], "a", &e->a) || weft_fd_new(fd[1], "b", &e->b);
    weft_spawn("echo", echo, e, &co);
    for (int i = 0; i < MESSAGES || atomic_load(&interrupted) < 20; i++) {
        e->errors += weft_write(e->a, &c, 1, WEFT_FOREVER) != 1;
        e->bytes += weft_read(e->a, &c, 1, WEFT_FOREVER) == 1;
        e->errors += e->bytes != i + 1;
        if (i % 32 == 0)
            weft_sleep(50 * WF_NS_PER_US);
    }
    e->errors += weft_close(e->a) != 0;
    weft_join(co, WEFT_FOREVER);
    e->errors += weft_close(e->b) != 0;
}

static void test_signals_all_the_time_lose_nothing(void **state)
{
    (void)state;
    struct ends e = { 0 };
    weft_config c = traced(2);
    c.trace_buffer = 16 << 20;
    wf_gen_life = 20 * WF_NS_PER_MS;
    storm(true);
    run_in_weft_with(&c, talk, &e);
    storm(false);
    wf_gen_life = WF_NS_PER_S;
    assert_int_equal(e.errors, 0);
    assert_true(interrupted >= 20);
    assert_int_equal(error_of_trace(), 0);
    struct replay *r = replay_file(path);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.loss.events, 0);
    assert_int_equal(r->reading.of_type[WF_BLOCK_END], 1);
    replay_free(r);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_generation_has_its_clock_where_the_disk_was_full),
        cmocka_unit_test(test_a_deleted_file_is_missed),
        cmocka_unit_test(test_a_deleted_directory_is_missed),
        cmocka_unit_test(test_a_forked_child_leaves_the_trace_alone),
        cmocka_unit_test(test_signals_all_the_time_lose_nothing),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
