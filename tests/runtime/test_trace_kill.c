/* SPDX-License-Identifier: MIT */
/*
 * test_trace_kill.c - traces of programs that do not end well, and disks that are full.
 */
#include "rt_support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "trace_replay.h"

#include "runtime/trace_int.h"

static char dir[] = "/tmp/weft-test-kill.XXXXXX", path[64];

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
    return rmdir(dir);
}

static weft_config traced(const char *file)
{
    weft_config c = rt_config(2);
    c.trace_buffer = 1 << 20; /* many generations: a kill may come in any turn */
    snprintf(c.trace, sizeof c.trace, "%s", file);
    return c;
}

/* ---- killed ---- */

/* Shared with the child: tasks whose end was told; how many of them when events were
 * first dropped, 0 for never. */
static _Atomic uint64_t *done, *lossy;

static void make_noise(void *arg)
{
    weft_chan *ch = arg;
    long v = 0;
    for (;;) {
        weft_chan_send(ch, &v, WEFT_FOREVER);
        weft_yield();
    }
}

static void swallow(void *arg)
{
    weft_chan *ch = arg;
    long v;
    for (;;)
        weft_chan_recv(ch, &v, WEFT_FOREVER);
}

static void count_up(void *arg)
{
    (void)arg;
    weft_chan *ch = weft_chan_new(sizeof(long), 1);
    weft_go(make_noise, ch);
    weft_go(swallow, ch);
    for (uint64_t i = 1;; i++) {
        weft_task_end(i);
        if (!*lossy && atomic_load(&wf_trace_lost))
            atomic_store(lossy, i);
        atomic_store(done, i);
        if (i % 16 == 0)
            weft_yield();
        if (i % 256 == 0)
            weft_sleep(100000);
    }
}

static pid_t start_victim(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    weft_config c = traced(path);
    weft_run(&c, count_up, NULL);
    _exit(1);
}

/* The ends of tasks; lost ones leave a gap that lost events must explain. */
struct tasks {
    uint64_t last, first, found;
};

static void find_task(void *arg, const struct wf_block_head *h,
                      const struct wf_event *ev, uint64_t ts)
{
    struct tasks *t = arg;
    (void)h, (void)ts;
    if (ev->id != WF_EV_task_end)
        return;
    uint64_t id = WF_ARG(ev, task_end, id);
    t->last = id > t->last ? id : t->last;
    t->found++;
}

/* Killed ns after the first task ended. */
static void kill_after(long ns)
{
    struct timespec ts = { .tv_nsec = ns };
    int status;
    atomic_store(done, 0);
    atomic_store(lossy, 0);
    unlink(path);
    pid_t pid = start_victim();
    while (!atomic_load(done))
        sched_yield();
    nanosleep(&ts, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
}

static void clean_up(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -f '%s'/*", dir);
    assert_int_equal(system(command), 0);
}

static void assert_all_there(void)
{
    struct tasks t = { 0 };
    struct trace_reading r = { .event = find_task, .arg = &t };
    uint64_t sure = atomic_load(lossy) ? 0 : atomic_load(done);
    trace_read(&r, path);
    if (r.wrong || t.last < sure)
        print_error("%s; %lu of %lu\n", r.wrong ? r.wrong : "sound", t.last, sure);
    assert_null(r.wrong);
    /* What was committed before the kill is there; at most one more. */
    assert_true(t.last >= sure && t.last <= atomic_load(done) + 1);
    assert_true(r.of_type[WF_BLOCK_SCHEMA] == 1 && r.of_type[WF_BLOCK_META] == 1);
    struct replay *replay = replay_file(path);
    if (sure) {
        assert_int_equal(t.found, t.last);
        /* A generation cut off may lack what other writers had not yet written. */
        if (replay->wrong[0] && !strstr(replay->wrong, "nothing can come next"))
            print_error("%s\n", replay->wrong);
        assert_true(!replay->wrong[0] ||
                    strstr(replay->wrong, "nothing can come next"));
    }
    replay_free(replay);
}

static void test_a_killed_program_leaves_all_it_committed(void **state)
{
    (void)state;
    long n = scale(SCALE_kill_runs), killed = 0, rounds = 0;
    unsigned seed = (unsigned)getpid();
    done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(done != MAP_FAILED);
    lossy = done + 8;
    while (killed < n) {
        kill_after(rand_r(&seed) % 50000 * WF_NS_PER_US);
        assert_all_there();
        killed += !*lossy; /* of those that dropped events too little is sure */
        rounds++;
        assert_true(rounds < 5 * n);
    }
    clean_up();
    scale_done(SCALE_kill_runs, killed);
}

/* ---- ends that weft sees coming ---- */

static void break_contract(void *arg)
{
    (void)arg;
    weft_mark("last words");
    weft_mutex m = WEFT_MUTEX_INIT;
    weft_mutex_unlock(&m);
}

static void run_broken(void *arg)
{
    weft_config c = traced(arg);
    weft_run(&c, break_contract, NULL);
}

static void test_a_breach_ends_the_trace_too(void **state)
{
    (void)state;
    char said[8192];
    struct trace_reading r = { 0 };
    int status = in_child(run_broken, path, said, sizeof said);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(r.of_event[WF_EV_mark], 1);
    assert_int_equal(r.of_type[WF_BLOCK_END], 1);
    assert_int_equal(r.header.pool_slots, 0);
    unlink(path);
}

/* ---- no room ---- */

static void write_much(void *arg)
{
    (void)arg;
    char text[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "number %d", i);
        weft_mark(text);
        if (i % 64 == 0)
            weft_yield();
    }
}

static void run_much(void *arg)
{
    struct rlimit limit = { 2 << 20, 2 << 20 };
    weft_config c = traced(arg);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (weft_run(&c, write_much, NULL))
        _exit(1);
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void test_a_file_that_may_not_grow_ends_whole(void **state)
{
    (void)state;
    char said[1024];
    struct trace_reading r = { 0 };
    int status = in_child(run_much, path, said, sizeof said);
    assert_int_equal(status, 0); /* the program goes on */
    assert_int_equal(lines(said), 1);
    assert_non_null(strstr(said, "weft: the trace "));
    assert_non_null(strstr(said, path));
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(r.header.errors, WF_FILE_ENOSPC);
    assert_int_equal(r.of_type[WF_BLOCK_END], 1);
    assert_true(r.end.lost_events > 0);
    assert_true(r.of_event[WF_EV_mark] > 0 && r.of_event[WF_EV_mark] < 100000);
    assert_true(r.size <= 2 << 20);
    unlink(path);
}

/* The disk is full, and again when the end is to be written. */
static void fail_twice(void *arg)
{
    struct wf_tfile f;
    struct wf_clock_snap now = wf_tclock_snap();
    if (wf_tfile_open(&f, &now, arg, 1 << 20))
        _exit(1);
    wf_tfile_error(&f, -ENOSPC);
    wf_slots_unmap();
    wf_tfile_free_pool(&f);
    if (f.failed)
        _exit(2);
    wf_tfile_error(&f, -ENOSPC);
    wf_tfile_close(&f);
}

static void test_an_error_is_told_once(void **state)
{
    (void)state;
    char said[1024];
    int status = in_child(fail_twice, path, said, sizeof said);
    assert_int_equal(status, 0);
    assert_int_equal(lines(said), 1);
    assert_non_null(strstr(said, "ends here: No space left on device"));
    unlink(path);
}

static void run_tiny(void *arg)
{
    struct rlimit limit = { 64 << 10, 64 << 10 };
    weft_config c = traced(arg);
    setrlimit(RLIMIT_FSIZE, &limit);
    _exit(-weft_run(&c, write_much, NULL));
}

/* Refused at once: the error, one line, and nothing is left. */
static void assert_refused(void (*run)(void *), const char *file, int err)
{
    char said[1024];
    int status = in_child(run, (void *)file, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), err);
    assert_int_equal(lines(said), 1);
    assert_non_null(strstr(said, "weft: cannot write trace "));
    assert_non_null(strstr(said, strerror(err)));
}

static void run_any(void *arg)
{
    weft_config c = traced(arg);
    _exit(-weft_run(&c, write_much, NULL));
}

static void test_a_file_that_cannot_be_is_refused(void **state)
{
    (void)state;
    char none[80];
    assert_refused(run_tiny, path, EFBIG);
    assert_refused(run_any, "/dev/full", ENOSPC);
    assert_refused(run_any, dir, EISDIR);
    snprintf(none, sizeof none, "%s/none/t.weft", dir);
    assert_refused(run_any, none, ENOENT);
    if (geteuid()) {
        chmod(dir, 0500);
        assert_refused(run_any, path, EACCES);
        chmod(dir, 0700);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_killed_program_leaves_all_it_committed),
        cmocka_unit_test(test_a_breach_ends_the_trace_too),
        cmocka_unit_test(test_a_file_that_may_not_grow_ends_whole),
        cmocka_unit_test(test_an_error_is_told_once),
        cmocka_unit_test(test_a_file_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
