/* SPDX-License-Identifier: MIT */
/*
 * Park and ready, yields, pins, fork, deadlock: what a coroutine may count on.
 */
#include "rt_support.h"

/* ---- yield ---- */

enum { FAIR = 10, TURNS = 1000 };

static _Atomic int turns[FAIR], at_start;
static int most_ahead;

static void take_turns(void *arg)
{
    int i = *(int *)arg;
    for (at_start++; at_start < FAIR;)
        weft_yield();
    for (int n = 0; n < TURNS; n++) {
        int least = TURNS;
        for (int k = 0; k < FAIR; k++)
            if (turns[k] < least)
                least = turns[k];
        if (turns[i] - least > most_ahead)
            most_ahead = turns[i] - least;
        turns[i]++;
        weft_yield();
    }
}

static void yield_in_turns(void *arg)
{
    static int index[FAIR];
    weft_coro *co[FAIR];
    (void)arg;
    for (int i = 0; i < FAIR; i++) {
        index[i] = i;
        turns[i] = 0;
        weft_spawn(NULL, take_turns, &index[i], &co[i]);
    }
    for (int i = 0; i < FAIR; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_yield_goes_round(void **state)
{
    (void)state;
    most_ahead = 0;
    at_start = 0;
    weft_config c = rt_config(1);
    c.preempt = 0; /* a loaded machine must not send one to the global queue */
    run_in_weft_with(&c, yield_in_turns, NULL);
    assert_true(most_ahead <= 3); /* one turn, and a visit to the global queue */
}

/* A pair that wakes each other stays in runnext; others must still have their turn. */
struct pair {
    weft_chan *to, *back;
    _Atomic bool stop;
    _Atomic int others;
};

static void echo(void *arg)
{
    struct pair *p = arg;
    int n;
    while (!weft_chan_recv(p->to, &n, WEFT_FOREVER))
        weft_chan_send(p->back, &n, WEFT_FOREVER);
}

static void ping(void *arg)
{
    struct pair *p = arg;
    int n = 0;
    while (!atomic_load(&p->stop)) {
        weft_chan_send(p->to, &n, WEFT_FOREVER);
        weft_chan_recv(p->back, &n, WEFT_FOREVER);
    }
    weft_chan_close(p->to);
}

static void other(void *arg)
{
    struct pair *p = arg;
    if (atomic_fetch_add(&p->others, 1) == 99)
        atomic_store(&p->stop, true);
}

static void ping_beside_others(void *arg)
{
    struct pair *p = arg;
    p->to = weft_chan_new(sizeof(int), 0);
    p->back = weft_chan_new(sizeof(int), 0);
    weft_coro *a, *b;
    weft_spawn(NULL, echo, p, &a);
    weft_spawn(NULL, ping, p, &b);
    for (int i = 0; i < 100; i++)
        weft_go(other, p);
    weft_join(b, WEFT_FOREVER);
    weft_join(a, WEFT_FOREVER);
    weft_chan_free(p->to);
    weft_chan_free(p->back);
}

static void test_pair_that_wakes_each_other_does_not_shut_out_others(void **state)
{
    (void)state;
    struct pair p = { 0 };
    run_in_weft_on(1, ping_beside_others, &p);
    assert_int_equal(p.others, 100);
}

/* ---- pins ---- */

enum { PIN_TURNS = 300 };
static _Atomic int pin_moved, pin_ended;

static void stay_on_thread(void *arg)
{
    (void)arg;
    weft_thread_pin();
    weft_thread_pin();
    pid_t mine = gettid();
    for (int i = 0; i < PIN_TURNS; i++) {
        if (i % 3)
            weft_yield();
        else
            weft_sleep(20 * WF_NS_PER_US);
        if (i == PIN_TURNS / 2)
            weft_thread_unpin();
        if (mine != gettid())
            atomic_fetch_add(&pin_moved, 1);
    }
    atomic_fetch_add(&pin_ended, 1);
}

static void move_about(void *arg)
{
    (void)arg;
    for (int i = 0; i < PIN_TURNS; i++)
        weft_yield();
}

static void pinned_and_free(void *arg)
{
    weft_coro *co[8];
    (void)arg;
    for (int i = 0; i < 8; i++)
        weft_spawn(NULL, i % 2 ? stay_on_thread : move_about, NULL, &co[i]);
    for (int i = 0; i < 8; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_pinned_stays_on_its_thread(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 3; procs++) {
        pin_moved = pin_ended = 0;
        run_in_weft_on(procs, pinned_and_free, NULL);
        assert_int_equal(pin_moved, 0);
        assert_int_equal(pin_ended, 4);
    }
}

/* ---- blocking sections ---- */

static _Atomic int blocked_ran;

static void count_while_blocked(void *arg)
{
    (void)arg;
    atomic_fetch_add(&blocked_ran, 1);
}

struct blocking {
    enum weft_block_kind kind;
    int ran, err;
};

static void block_for_a_while(void *arg)
{
    struct blocking *b = arg;
    for (int i = 0; i < 10; i++)
        weft_go(count_while_blocked, NULL);
    errno = 77;
    weft_block_begin(b->kind);
    while (atomic_load(&blocked_ran) < 10)
        usleep(1000); /* nobody else runs, unless they got our P */
    weft_block_end();
    b->err = errno;
    b->ran = atomic_load(&blocked_ran);
    weft_yield();
}

static void test_blocking_section_lets_others_run(void **state)
{
    (void)state;
    for (int kind = WEFT_BLOCK_FILE; kind <= WEFT_BLOCK_USER; kind++) {
        struct blocking b = { .kind = (enum weft_block_kind)kind };
        blocked_ran = 0;
        run_in_weft_on(1, block_for_a_while, &b);
        assert_int_equal(b.ran, 10);
        assert_int_equal(b.err, 77);
    }
}

static void end_without_begin(void *arg)
{
    (void)arg;
    weft_block_end();
}

static void run_end_without_begin(void *arg)
{
    (void)arg;
    weft_config c = rt_config(1);
    weft_run(&c, end_without_begin, NULL);
}

static void test_block_end_without_begin_is_a_breach(void **state)
{
    char out[4096];
    (void)state;
    int status = in_child(run_end_without_begin, NULL, out, sizeof out);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(out, "weft_block_end without weft_block_begin"));
}

/* ---- fork ---- */

static void fork_and_yield(void *arg)
{
    (void)arg;
    int status;
    pid_t pid = fork();
    if (!pid) {
        weft_yield();
        _exit(0);
    }
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    waitpid(pid, &status, 0);
    weft_block_end();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        fprintf(stderr, "the child aborted\n");
}

static void run_fork(void *arg)
{
    (void)arg;
    weft_config c = rt_config(2);
    weft_run(&c, fork_and_yield, NULL);
}

static void test_weft_in_a_forked_child_aborts(void **state)
{
    char out[4096];
    (void)state;
    int status = in_child(run_fork, NULL, out, sizeof out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(out, "fork()"));
    assert_non_null(strstr(out, "the child aborted"));
}

/* ---- deadlock ---- */

static void wait_for_nobody(void *arg)
{
    (void)arg;
    int n;
    weft_chan_recv(weft_chan_new(sizeof n, 0), &n, WEFT_FOREVER);
}

static void everybody_waits(void *arg)
{
    (void)arg;
    weft_set_name("the first");
    weft_go_named("the second", wait_for_nobody, NULL);
    wait_for_nobody(NULL);
}

static void run_everybody_waits(void *arg)
{
    weft_config c = rt_config(*(int *)arg);
    weft_run(&c, everybody_waits, NULL);
}

static void test_everybody_waiting_is_reported(void **state)
{
    char out[4096];
    (void)state;
    for (int procs = 1; procs <= 3; procs++) {
        int status = in_child(run_everybody_waits, &procs, out, sizeof out);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        assert_non_null(strstr(out, "weft: deadlock: every coroutine waits"));
        assert_non_null(strstr(out, "(the first) waits: chan_recv"));
        assert_non_null(strstr(out, "(the second) waits: chan_recv"));
    }
}

static weft_mutex forks[3];

static void take_two(void *arg)
{
    int i = *(int *)arg;
    weft_mutex_lock(&forks[i]);
    weft_sleep(20 * WF_NS_PER_MS);
    weft_mutex_lock(&forks[(i + 1) % 3]);
}

static void three_in_a_ring(void *arg)
{
    static int index[3] = { 0, 1, 2 };
    static const char *const names[] = { "anna", "berta", "cara" };
    const int64_t *for_ns = arg;
    for (int i = 0; i < 3; i++)
        weft_mutex_init(&forks[i], NULL);
    for (int i = 0; i < 3; i++)
        weft_go_named(names[i], take_two, &index[i]);
    weft_sleep(*for_ns); /* the rest runs on */
    fprintf(stderr, "the rest ran on\n");
}

static void run_ring(void *arg)
{
    weft_config c = rt_config(2);
    weft_run(&c, three_in_a_ring, arg);
}

static void ring_is_reported_once(int64_t for_ns)
{
    char out[4096];
    int status = in_child(run_ring, &for_ns, out, sizeof out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_non_null(strstr(out, "(anna) waits: mutex"));
    assert_non_null(strstr(out, "(berta) waits: mutex"));
    assert_non_null(strstr(out, "(cara) waits: mutex"));
    assert_non_null(strstr(out, "the rest ran on"));
    int lines = 0;
    for (const char *at = out; (at = strstr(at, "weft: deadlock:")); at++)
        lines++;
    assert_int_equal(lines, 3);
}

static void test_ring_of_mutexes_is_reported_once(void **state)
{
    (void)state;
    ring_is_reported_once(4 * WF_NS_PER_S);
}

static void test_ring_is_reported_when_the_run_ends_early(void **state)
{
    (void)state;
    ring_is_reported_once(200 * WF_NS_PER_MS);
}

static void *wake_from_outside(void *arg)
{
    int n = 1;
    usleep(50 * 1000);
    weft_chan_send(arg, &n, 0);
    weft_foreign_end();
    return NULL;
}

static void wait_for_a_thread(void *arg)
{
    weft_chan *ch = weft_chan_new(sizeof(int), 1);
    pthread_t thread;
    weft_foreign_begin();
    pthread_create(&thread, NULL, wake_from_outside, ch);
    weft_chan_recv(ch, arg, WEFT_FOREVER);
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    pthread_join(thread, NULL);
    weft_block_end();
    weft_chan_free(ch);
}

static void test_plain_thread_that_may_come_is_no_deadlock(void **state)
{
    (void)state;
    int got = 0;
    run_in_weft(wait_for_a_thread, &got);
    assert_int_equal(got, 1);
}

/* ---- threads ---- */

static void sleep_blocked(void *arg)
{
    (void)arg;
    weft_block_begin(WEFT_BLOCK_USER);
    sleep(5);
    weft_block_end();
}

static void block_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++)
        weft_go(sleep_blocked, NULL);
    weft_sleep(5 * WF_NS_PER_S);
}

static void run_block_many(void *arg)
{
    (void)arg;
    weft_config c = rt_config(2);
    c.max_threads = 5;
    weft_run(&c, block_many, NULL);
}

static void test_too_many_threads_is_said(void **state)
{
    char out[8192];
    (void)state;
    int status = in_child(run_block_many, NULL, out, sizeof out);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(out, "all 5 threads are in use"));
    assert_non_null(strstr(out, "WEFT_MAX_THREADS"));
}

static void sleep_blocked_shortly(void *arg)
{
    (void)arg;
    weft_block_begin(WEFT_BLOCK_USER);
    usleep(2000);
    weft_block_end();
}

static void block_in_waves(void *arg)
{
    struct weft_stats *s = arg;
    for (int wave = 0; wave < 10; wave++) {
        weft_coro *co[10];
        for (int i = 0; i < 10; i++)
            weft_spawn(NULL, sleep_blocked_shortly, NULL, &co[i]);
        for (int i = 0; i < 10; i++)
            weft_join(co[i], WEFT_FOREVER);
    }
    s->size = sizeof *s;
    weft_stats(s);
}

static void test_thread_cache_keeps_threads(void **state)
{
    (void)state;
    struct weft_stats kept, ended;
    weft_config c = rt_config(2);
    run_in_weft_with(&c, block_in_waves, &kept);
    c.thread_cache = 0;
    run_in_weft_with(&c, block_in_waves, &ended);
    assert_true(kept.threads_created <= 20);
    assert_true(ended.threads_created > kept.threads_created);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yield_goes_round),
        cmocka_unit_test(test_pair_that_wakes_each_other_does_not_shut_out_others),
        cmocka_unit_test(test_pinned_stays_on_its_thread),
        cmocka_unit_test(test_blocking_section_lets_others_run),
        cmocka_unit_test(test_block_end_without_begin_is_a_breach),
        cmocka_unit_test(test_weft_in_a_forked_child_aborts),
        cmocka_unit_test(test_everybody_waiting_is_reported),
        cmocka_unit_test(test_ring_of_mutexes_is_reported_once),
        cmocka_unit_test(test_ring_is_reported_when_the_run_ends_early),
        cmocka_unit_test(test_plain_thread_that_may_come_is_no_deadlock),
        cmocka_unit_test(test_too_many_threads_is_said),
        cmocka_unit_test(test_thread_cache_keeps_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
