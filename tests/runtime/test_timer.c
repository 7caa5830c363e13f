/* SPDX-License-Identifier: MIT */
#include "rt_support.h"

enum { TIMERS = 500 };

/* ---- the wheel itself, driven from one coroutine ---- */

struct firing {
    struct wf_timer t;
    int64_t when; /* WF_FOREVER: stopped */
    int fired;
    int64_t at;
};

static struct firing timers[TIMERS];
static int64_t last_fired;
static int out_of_order;

static void fire(struct wf_timer *t, uint32_t seq)
{
    struct firing *f = wf_container(t, struct firing, t);
    (void)seq;
    f->fired++;
    f->at = wf_clock_now();
    if (f->when < last_fired)
        out_of_order++;
    last_fired = f->when;
}

static uint32_t next_random(uint32_t *r)
{
    return *r = *r * 1664525 + 1013904223;
}

/* Start, move earlier and later, stop, in any order; then see that those that are left
 * fire once each, in order. */
static void drive_wheel(void *arg)
{
    uint32_t r = *(uint32_t *)arg;
    int64_t base = weft_now() + 50 * WF_NS_PER_MS;
    for (int i = 0; i < TIMERS; i++)
        timers[i] = (struct firing){ .t = { .fn = fire }, .when = WF_FOREVER };
    last_fired = 0;
    wf_enter();
    for (int i = 0; i < TIMERS * 20; i++) {
        struct firing *f = &timers[(next_random(&r) >> 8) % TIMERS];
        if ((next_random(&r) >> 16) % 3) {
            f->when = base + (next_random(&r) >> 10) % 10000000;
            wf_timer_start(&f->t, f->when);
        } else {
            bool was = f->when != WF_FOREVER;
            if (wf_timer_stop(&f->t) != was)
                out_of_order++;
            f->when = WF_FOREVER;
        }
    }
    wf_leave();
    weft_sleep_until(base + 10000000 + WF_NS_PER_MS);
    weft_yield();
}

static void test_random_starts_and_stops_fire_what_is_left(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 5; seed++) {
        int64_t before = wf_clock_now();
        out_of_order = 0;
        run_in_weft_on(1, drive_wheel, &seed);
        assert_int_equal(out_of_order, 0);
        for (int i = 0; i < TIMERS; i++) {
            assert_int_equal(timers[i].fired, timers[i].when != WF_FOREVER);
            if (timers[i].fired)
                assert_true(timers[i].at >= timers[i].when && timers[i].at > before);
        }
    }
}

/* ---- sleeping ---- */

static int slept[4];

/* The least there is must not become the longest on the way to a deadline. */
static void sleep_no_time(void *arg)
{
    (void)arg;
    slept[0] = weft_sleep(0);
    slept[1] = weft_sleep(-1);
    slept[2] = weft_sleep(INT64_MIN);
    slept[3] = weft_sleep_until(1);
}

static void test_sleep_of_no_time_returns_at_once(void **state)
{
    (void)state;
    memset(slept, -1, sizeof slept);
    run_in_weft_on(1, sleep_no_time, NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(slept[i], 0);
}

enum { SLEEPERS = 1000 };
struct sleeper {
    int64_t until, woke;
};
static struct sleeper sleepers[SLEEPERS];
static _Atomic int awake;

static void sleep_until(void *arg)
{
    struct sleeper *s = arg;
    weft_sleep_until(s->until);
    s->woke = weft_now();
    atomic_fetch_add(&awake, 1);
}

static void start_sleepers(void *arg)
{
    int64_t base = weft_now();
    uint32_t r = 7;
    (void)arg;
    atomic_store(&awake, 0);
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i].until = base + next_random(&r) % (20 * WF_NS_PER_MS);
        weft_go(sleep_until, &sleepers[i]);
    }
    while (atomic_load(&awake) < SLEEPERS)
        weft_sleep(WF_NS_PER_MS);
}

static void assert_sleepers_wake(weft_config c)
{
    run_in_weft_with(&c, start_sleepers, NULL);
    for (int i = 0; i < SLEEPERS; i++)
        assert_true(sleepers[i].woke >= sleepers[i].until);
}

static void test_no_sleeper_wakes_early(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 4; procs++)
        assert_sleepers_wake(rt_config(procs));
}

static void test_sleepers_wake_without_stealing(void **state)
{
    (void)state;
    weft_config c = rt_config(3);
    c.steal = false;
    assert_sleepers_wake(c);
}

/* ---- deadlines ---- */

struct woken {
    struct wf_g *g;
    uint32_t seq;
    _Atomic bool waits;
    int result, again;
};

static void wait_for_waker(void *arg)
{
    struct woken *w = arg;
    wf_enter();
    struct wf_waiter waiter;
    wf_waiter_init(&waiter, NULL);
    w->g = waiter.g;
    w->seq = waiter.seq;
    atomic_store(&w->waits, true);
    w->result = wf_park_until(WF_WHY_cond, 0, weft_now() + 3600 * WF_NS_PER_S, NULL,
                              NULL);
    w->again = wf_park_until(WF_WHY_cond, 0, weft_now() + WF_NS_PER_MS, NULL, NULL);
    wf_leave();
}

static void wake_before_the_deadline(void *arg)
{
    struct woken *w = arg;
    weft_coro *co;
    weft_spawn(NULL, wait_for_waker, w, &co);
    while (!atomic_load(&w->waits))
        weft_yield();
    await_parked(1);
    wf_enter();
    bool won = wf_wake_claim_g(w->g, w->seq), twice = wf_wake_claim_g(w->g, w->seq);
    if (won && !twice)
        wf_ready(w->g, 0);
    wf_leave();
    weft_join(co, WEFT_FOREVER);
}

static void test_wake_before_the_deadline_stops_the_timer(void **state)
{
    (void)state;
    struct woken w = { .result = 1, .again = 1 };
    run_in_weft(wake_before_the_deadline, &w);
    assert_int_equal(w.result, 0);
    assert_int_equal(w.again, -ETIMEDOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_starts_and_stops_fire_what_is_left),
        cmocka_unit_test(test_sleep_of_no_time_returns_at_once),
        cmocka_unit_test(test_no_sleeper_wakes_early),
        cmocka_unit_test(test_sleepers_wake_without_stealing),
        cmocka_unit_test(test_wake_before_the_deadline_stops_the_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
