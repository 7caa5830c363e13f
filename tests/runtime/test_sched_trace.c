/* SPDX-License-Identifier: MIT */
/*
 * What the scheduler tells the trace: each of its events where it belongs, and all
 * together such that they replay.
 */
#include "rt_support.h"

#include "runtime/trace.h"
#include "trace_replay.h"

static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/weft-sched-%d.weft", (int)getpid());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static struct replay *traced(int procs, void (*fn)(void *), void *arg)
{
    weft_config c = rt_config(procs);
    snprintf(c.trace, sizeof c.trace, "%s", path);
    run_in_weft_with(&c, fn, arg);
    struct replay *r = replay_file(path);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.loss.events, 0);
    return r;
}

static const struct wf_event *find(const struct replay *r, unsigned id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].ev.id == id)
            return &r->events[i].ev;
    return NULL;
}

/* ---- a hog ---- */

static _Atomic bool relieved;

static void relieve(void *arg)
{
    (void)arg;
    atomic_store(&relieved, true);
}

static void compute(void *arg)
{
    int64_t end;
    (void)arg;
    while (!atomic_load_explicit(&relieved, memory_order_relaxed))
        ;
    for (end = weft_now() + 30 * WF_NS_PER_MS; weft_now() < end;)
        ;
}

static void hog_the_only_p(void *arg)
{
    weft_coro *hog;
    (void)arg;
    atomic_store(&relieved, false);
    weft_spawn("hog", compute, NULL, &hog);
    weft_go(relieve, NULL);
    weft_join(hog, WEFT_FOREVER);
    weft_sleep(20 * WF_NS_PER_MS);
}

static void test_hog_is_retaken_and_sampled(void **state)
{
    (void)state;
    struct replay *r = traced(1, hog_the_only_p, NULL);
    const struct wf_event *retake = find(r, WF_EV_p_retake);
    const struct wf_event *sample = find(r, WF_EV_sample);
    assert_non_null(retake);
    assert_int_equal(WF_ARG(retake, p_retake, why), WF_RETAKE_hog);
    assert_non_null(sample);
    assert_int_equal(WF_ARG(sample, sample, p), 0);
    assert_true(WF_ARG(sample, sample, g) > 1);
    assert_true(WF_ARG(sample, sample, stack) > 0);
    assert_true(r->reading.of_event[WF_EV_m_cpu] > 0);
    replay_free(r);
}

/* ---- a plain blocking call ---- */

static int fds[2];

static void read_plainly(void *arg)
{
    char c;
    *(long *)arg = read(fds[0], &c, 1);
}

static void feed(void *arg)
{
    *(long *)arg = write(fds[1], "x", 1);
}

static void read_and_feed(void *arg)
{
    long got = 0, fed = 0;
    weft_coro *reader, *feeder;
    weft_spawn(NULL, read_plainly, &got, &reader);
    weft_spawn(NULL, feed, &fed, &feeder);
    weft_join(reader, WEFT_FOREVER);
    weft_join(feeder, WEFT_FOREVER);
    *(bool *)arg = got == 1 && fed == 1;
}

static void test_blocked_read_is_retaken_as_blocked(void **state)
{
    (void)state;
    bool done = false;
    assert_int_equal(pipe(fds), 0);
    struct replay *r = traced(1, read_and_feed, &done);
    assert_true(done);
    const struct wf_event *retake = find(r, WF_EV_p_retake);
    assert_non_null(retake);
    assert_int_equal(WF_ARG(retake, p_retake, why), WF_RETAKE_block);
    assert_null(find(r, WF_EV_sample));
    replay_free(r);
    close(fds[0]);
    close(fds[1]);
}

/* ---- sections, pins, names, timers, stealing ---- */

static void count_down(void *arg)
{
    _Atomic int *left = arg;
    atomic_fetch_sub(left, 1);
}

static void block_by(enum weft_block_kind kind)
{
    _Atomic int left = 1;
    weft_go(count_down, &left);
    weft_block_begin(kind);
    while (atomic_load(&left))
        usleep(1000);
    weft_block_end();
}

static void sections(void *arg)
{
    (void)arg;
    block_by(WEFT_BLOCK_USER);
    block_by(WEFT_BLOCK_SYSCALL);
    weft_block_begin(WEFT_BLOCK_FILE); /* nobody waits: keeps its P */
    weft_block_end();
}

static void test_sections_lose_and_keep_their_p(void **state)
{
    (void)state;
    struct replay *r = traced(1, sections, NULL);
    unsigned long lost = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].ev.id == WF_EV_block_end)
            lost += WF_ARG(&r->events[i].ev, block_end, lost_p);
    assert_int_equal(r->reading.of_event[WF_EV_block_begin], 3);
    assert_int_equal(r->reading.of_event[WF_EV_block_end], 3);
    assert_int_equal(lost, 2);
    const struct wf_event *retake = find(r, WF_EV_p_retake); /* of the SYSCALL */
    assert_non_null(retake);
    assert_int_equal(WF_ARG(retake, p_retake, why), WF_RETAKE_block);
    replay_free(r);
}

static void pinned(void *arg)
{
    _Atomic int *left = arg;
    weft_set_name("pinned");
    weft_thread_pin();
    for (int i = 0; i < 50; i++) {
        weft_yield();
        weft_sleep(10 * WF_NS_PER_US);
    }
    weft_thread_unpin();
    atomic_fetch_sub(left, 1);
}

/* Pinned or not, stolen or passed on: everybody was taken off some queue. */
static unsigned long starts_from_nowhere(const struct replay *r)
{
    unsigned long n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].ev.id == WF_EV_g_start)
            n += WF_ARG(&r->events[i].ev, g_start, from) == WF_FROM_unknown;
    return n;
}

static void yield_much(void *arg)
{
    _Atomic int *left = arg;
    for (int i = 0; i < 2000; i++)
        weft_yield();
    atomic_fetch_sub(left, 1);
}

static void mixed(void *arg)
{
    static _Atomic int left;
    (void)arg;
    left = 700 + 8 + 2;
    for (int i = 0; i < 700; i++)
        weft_go(count_down, &left);
    for (int i = 0; i < 8; i++)
        weft_go(yield_much, &left);
    for (int i = 0; i < 2; i++)
        weft_go(pinned, &left);
    while (atomic_load(&left))
        weft_sleep(100 * WF_NS_PER_US);
}

/* The same, and whatever more it takes until the other P has stolen some. */
static int yielders_more;

static void mixed_until_stolen(void *arg)
{
    struct weft_stats s = { .size = sizeof s };
    static _Atomic int left;
    mixed(arg);
    yielders_more = 0;
    atomic_store(&left, 0);
    for (weft_stats(&s); !s.steals; weft_stats(&s)) {
        for (int i = 0; i < 8; i++, yielders_more++, left++)
            weft_go(yield_much, &left);
        while (atomic_load(&left))
            weft_sleep(100 * WF_NS_PER_US);
    }
}

static void test_full_ring_tells_of_its_overflow(void **state)
{
    (void)state;
    struct replay *r = traced(1, mixed, NULL); /* nobody steals meanwhile */
    const struct wf_event *overflow = find(r, WF_EV_overflow);
    assert_non_null(overflow);
    assert_int_equal(WF_ARG(overflow, overflow, n), WF_RING / 2 + 1);
    replay_free(r);
}

static void test_mixed_work_tells_each_turn(void **state)
{
    (void)state;
    static const unsigned wanted[] = {
        WF_EV_g_create, WF_EV_g_start,  WF_EV_g_end,   WF_EV_g_park,     WF_EV_g_ready,
        WF_EV_g_yield,  WF_EV_g_switch, WF_EV_g_name,  WF_EV_g_pin,      WF_EV_p_start,
        WF_EV_p_stop,   WF_EV_m_start,  WF_EV_m_end,   WF_EV_m_park,     WF_EV_m_wake,
        WF_EV_m_spin,   WF_EV_steal,    WF_EV_handoff, WF_EV_timer_fire,
    };
    struct replay *r = traced(2, mixed_until_stolen, NULL);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!r->reading.of_event[wanted[i]])
            print_error("no %s\n", wf_event_info[wanted[i]].name);
        assert_true(r->reading.of_event[wanted[i]] > 0);
    }
    assert_int_equal(r->reading.of_event[WF_EV_g_create],
                     1 + 700 + 8 + 2 + yielders_more);
    assert_int_equal(r->reading.of_event[WF_EV_g_end], 1 + 700 + 8 + 2 + yielders_more);
    assert_int_equal(r->reading.of_event[WF_EV_g_pin], 4);
    assert_int_equal(starts_from_nowhere(r), 0);
    assert_int_equal(r->reading.of_event[WF_EV_m_start],
                     r->reading.of_event[WF_EV_m_end]);
    replay_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hog_is_retaken_and_sampled),
        cmocka_unit_test(test_blocked_read_is_retaken_as_blocked),
        cmocka_unit_test(test_sections_lose_and_keep_their_p),
        cmocka_unit_test(test_full_ring_tells_of_its_overflow),
        cmocka_unit_test(test_mixed_work_tells_each_turn),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
