/* SPDX-License-Identifier: MIT */
#include "rt_support.h"

enum { MANY = 1000 };

struct counts {
    _Atomic int ran;
    int joined, err, other;
    uint64_t self;
};

static void count(void *arg)
{
    struct counts *c = arg;
    atomic_fetch_add(&c->ran, 1);
}

static void spawn_many(void *arg)
{
    struct counts *c = arg;
    for (int i = 0; i < MANY; i++)
        weft_go(count, c);
    while (atomic_load(&c->ran) < MANY)
        weft_yield();
}

static void test_go_runs_each_once(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 4; procs++) {
        struct counts c = { 0 };
        run_in_weft_on(procs, spawn_many, &c);
        assert_int_equal(c.ran, MANY);
    }
}

static void spawn_and_join(void *arg)
{
    struct counts *c = arg;
    weft_coro *co[MANY];
    for (int i = 0; i < MANY; i++)
        c->err |= weft_spawn("one of many", count, c, &co[i]);
    for (int i = 0; i < MANY; i++)
        c->joined += weft_join(co[i], WEFT_FOREVER) == 0;
}

static void test_join_waits_for_each(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 4; procs++) {
        struct counts c = { 0 };
        run_in_weft_on(procs, spawn_and_join, &c);
        assert_int_equal(c.err, 0);
        assert_int_equal(c.ran, MANY);
        assert_int_equal(c.joined, MANY);
    }
}

/* ---- how many at a time ---- */

struct alive {
    weft_chan *gate;
    _Atomic int ended;
    struct weft_stats stats;
};

static void pass_the_gate(void *arg)
{
    struct alive *a = arg;
    char none;
    weft_chan_recv(a->gate, &none, WEFT_FOREVER);
    atomic_fetch_add(&a->ended, 1);
}

static void end_at_once(void *arg)
{
    struct alive *a = arg;
    atomic_fetch_add(&a->ended, 1);
}

/* A peak that is over when somebody looks, and then many by turns, wherever they end. */
static void rise_and_fall(void *arg)
{
    struct alive *a = arg;
    a->gate = weft_chan_new(1, 0);
    for (int i = 0; i < MANY; i++)
        weft_go(pass_the_gate, a);
    weft_chan_close(a->gate);
    while (atomic_load(&a->ended) < MANY)
        weft_yield();
    for (int i = 1; i <= 5; i++) {
        for (int k = 0; k < MANY / 5; k++)
            weft_go(end_at_once, a);
        while (atomic_load(&a->ended) < MANY + i * (MANY / 5))
            weft_yield();
    }
    weft_chan_free(a->gate);
    a->stats.size = sizeof a->stats;
    for (weft_stats(&a->stats); a->stats.coroutines > 1; weft_stats(&a->stats))
        weft_yield(); /* the last ones are on their way out */
}

static void test_most_alive_is_known_when_they_are_gone(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 4; procs++) {
        struct alive a = { 0 };
        uint64_t most = MANY + 1; /* and main */
        run_in_weft_on(procs, rise_and_fall, &a);
        assert_true(a.stats.coroutines_max <= most);
        assert_true(a.stats.coroutines_max >= most - most / 256);
    }
}

static void sleep_long(void *arg)
{
    struct counts *c = arg;
    weft_sleep(20 * WF_NS_PER_MS);
    count(c);
}

static void join_with_deadlines(void *arg)
{
    struct counts *c = arg;
    weft_coro *co;
    weft_spawn(NULL, sleep_long, c, &co);
    c->err = weft_join(co, 0);
    c->other = weft_join(co, weft_now() + WF_NS_PER_MS);
    c->joined = weft_join(co, WEFT_FOREVER);
}

static void test_join_before_the_end_times_out(void **state)
{
    (void)state;
    struct counts c = { 0 };
    run_in_weft(join_with_deadlines, &c);
    assert_int_equal(c.err, -EAGAIN);
    assert_int_equal(c.other, -ETIMEDOUT);
    assert_int_equal(c.joined, 0);
    assert_int_equal(c.ran, 1);
}

static void look_at_self(void *arg)
{
    struct counts *c = arg;
    c->self = weft_self();
    c->err = weft_set_name("somebody");
    c->other = strcmp(wf_g()->name, "somebody");
}

static void test_self_and_name_are_the_coroutines(void **state)
{
    (void)state;
    struct counts c = { 0 };
    assert_int_equal(weft_self(), 0);
    assert_int_equal(weft_set_name("nobody"), -EPERM);
    run_in_weft(look_at_self, &c);
    assert_true(c.self > 0);
    assert_int_equal(c.err, 0);
    assert_int_equal(c.other, 0);
}

static void test_calls_outside_fail(void **state)
{
    (void)state;
    struct counts c = { 0 };
    assert_int_equal(weft_go(count, &c), -EPERM);
    assert_int_equal(weft_sleep(1), -EPERM);
    weft_yield();
    assert_int_equal(weft_procs(), 0);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void run_inside(void *arg)
{
    struct counts *c = arg;
    c->err = weft_run(NULL, nothing, NULL);
    c->other = weft_procs();
}

static void test_run_again_and_again(void **state)
{
    (void)state;
    struct counts c = { 0 };
    for (int i = 0; i < 50; i++) {
        c.ran = 0;
        run_in_weft_on(1 + i % 4, spawn_many, &c);
        assert_int_equal(c.ran, MANY);
    }
    run_in_weft_on(3, run_inside, &c);
    assert_int_equal(c.err, -EBUSY);
    assert_int_equal(c.other, 3);
}

static void sleep_for_ever(void *arg)
{
    weft_sleep(INT64_MAX);
    atomic_fetch_add((_Atomic int *)arg, 1);
}

struct left {
    _Atomic int came_back;
    uint64_t before, after; /* alive when a run begins and ends */
};

static void leave_others_behind(void *arg)
{
    struct left *l = arg;
    struct weft_stats s = { .size = sizeof s };
    weft_stats(&s);
    l->before = s.coroutines;
    for (int i = 0; i < 100; i++)
        weft_go(sleep_for_ever, &l->came_back);
    await_parked(100);
    weft_stats(&s);
    l->after = s.coroutines;
}

/* They neither go on in the next run nor count in it. */
static void test_others_are_abandoned(void **state)
{
    (void)state;
    struct left l = { 0 };
    for (int i = 0; i < 3; i++) {
        run_in_weft(leave_others_behind, &l);
        assert_int_equal(l.before, 1);
        assert_int_equal(l.after, 101);
        assert_int_equal(l.came_back, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go_runs_each_once),
        cmocka_unit_test(test_join_waits_for_each),
        cmocka_unit_test(test_most_alive_is_known_when_they_are_gone),
        cmocka_unit_test(test_join_before_the_end_times_out),
        cmocka_unit_test(test_self_and_name_are_the_coroutines),
        cmocka_unit_test(test_calls_outside_fail),
        cmocka_unit_test(test_run_again_and_again),
        cmocka_unit_test(test_others_are_abandoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
