/* SPDX-License-Identifier: MIT */
/* Timers and tickers of the program: what Go's package time says of them, rule by rule. */
#include "saw.h"

static int receive(weft_chan *ch, int64_t *at)
{
    return weft_chan_recv(ch, at, WEFT_FOREVER);
}

/* Until it has fired, without receiving that. */
static void await_sent(weft_chan *ch)
{
    while (!weft_chan_len(ch))
        weft_sleep(WF_NS_PER_MS / 10);
}

/* ---- timers ---- */

static void fire_once(void *arg)
{
    weft_timer *t;
    int64_t when = in_ns(WF_NS_PER_MS), at = 0;
    (void)arg;
    saw[0] = weft_timer_new(when, &t);
    saw[1] = receive(weft_timer_chan(t), &at);
    saw[2] = at >= when && at <= weft_now();
    saw[3] = weft_chan_recv(weft_timer_chan(t), &at, in_ns(2 * WF_NS_PER_MS));
    saw[4] = weft_timer_stop(t);
    saw[5] = weft_chan_recv(weft_timer_chan(t), &at, 0);
    weft_timer_free(t);
}

static void test_timer_sends_the_time_once_and_not_early(void **state)
{
    (void)state;
    run(fire_once);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 1);
    assert_int_equal(saw[3], -ETIMEDOUT);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], -EAGAIN); /* open, and empty */
}

static void fire_at_once(void *arg)
{
    weft_timer *t;
    int64_t at;
    (void)arg;
    weft_timer_new(weft_now() - HOUR, &t);
    saw[0] = receive(weft_timer_chan(t), &at);
    weft_timer_reset(t, 0);
    saw[1] = receive(weft_timer_chan(t), &at);
    weft_timer_reset(t, INT64_MIN);
    saw[2] = receive(weft_timer_chan(t), &at);
    weft_timer_free(t);
    weft_timer_free(NULL);
}

static void test_moment_in_the_past_fires_at_once(void **state)
{
    (void)state;
    run(fire_at_once);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 0);
}

static void stop_each_way(void *arg)
{
    weft_timer *t;
    weft_chan *ch;
    int64_t at;
    (void)arg;
    weft_timer_new(never_soon(), &t);
    ch = weft_timer_chan(t);
    saw[0] = weft_timer_stop(t);
    saw[1] = weft_timer_stop(t);
    weft_timer_reset(t, weft_now());
    await_sent(ch);
    saw[2] = weft_timer_stop(t); /* sent, not received */
    saw[3] = weft_chan_recv(ch, &at, 0);
    weft_timer_reset(t, weft_now());
    receive(ch, &at);
    saw[4] = weft_timer_stop(t);
    weft_timer_free(t);
    weft_timer_new(WEFT_FOREVER, &t);
    saw[5] = weft_timer_stop(t);
    weft_timer_free(t);
}

static void test_stop_says_whether_it_stopped_and_leaves_nothing(void **state)
{
    (void)state;
    run(stop_each_way);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 1);
    assert_int_equal(saw[3], -EAGAIN);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 1);
}

static void reset_each_way(void *arg)
{
    weft_timer *t;
    weft_chan *ch;
    int64_t at = 0, when;
    (void)arg;
    weft_timer_new(never_soon(), &t);
    ch = weft_timer_chan(t);
    saw[0] = weft_timer_reset(t, weft_now());
    await_sent(ch);
    when = in_ns(2 * WF_NS_PER_MS);
    saw[1] = weft_timer_reset(t, when); /* takes back what was sent */
    saw[2] = receive(ch, &at);
    saw[3] = at >= when;
    saw[4] = weft_timer_reset(t, never_soon());
    saw[5] = weft_timer_reset(t, never_soon() + 1);
    weft_timer_stop(t);
    saw[6] = weft_timer_reset(t, weft_now());
    saw[7] = receive(ch, &at);
    weft_timer_free(t);
}

static void test_reset_says_whether_it_was_to_fire_and_only_the_new_time_comes(
    void **state)
{
    (void)state;
    run(reset_each_way);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 1);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 1);
    assert_int_equal(saw[6], 0);
    assert_int_equal(saw[7], 0);
}

static void stop_under_a_receiver(void *arg)
{
    weft_chan *ch = arg;
    saw[0] = weft_chan_recv(ch, NULL, in_ns(200 * WF_NS_PER_MS));
}

static void stop_while_received(void *arg)
{
    weft_timer *t;
    weft_coro *co;
    (void)arg;
    weft_timer_new(never_soon(), &t);
    weft_spawn(NULL, stop_under_a_receiver, weft_timer_chan(t), &co);
    await_parked(1);
    saw[1] = weft_timer_stop(t);
    weft_join(co, WEFT_FOREVER);
    weft_timer_free(t);
}

static void test_stop_does_not_close_the_channel(void **state)
{
    (void)state;
    run(stop_while_received);
    assert_int_equal(saw[0], -ETIMEDOUT);
    assert_int_equal(saw[1], 1);
}

/* ---- functions ---- */

static _Atomic int calls;
static weft_ctx *_Atomic called_in;
static _Atomic uint64_t called_by;

static void call(void *n)
{
    called_in = weft_ctx_current();
    called_by = weft_self();
    atomic_fetch_add(&calls, *(int *)n);
}

static void run_functions(void *arg)
{
    static int one = 1;
    weft_timer *t;
    weft_ctx *ctx;
    (void)arg;
    atomic_store(&calls, 0);
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_use(weft_ctx_retain(ctx));
    saw[0] = weft_timer_func(weft_now(), call, &one, &t);
    weft_ctx_release(weft_ctx_use(NULL));
    await_value(&calls, 1);
    saw[1] = called_in == ctx;
    saw[2] = called_by != weft_self();
    saw[3] = weft_timer_chan(t) == NULL;
    saw[4] = weft_timer_stop(t);
    saw[5] = weft_timer_reset(t, never_soon());
    saw[6] = weft_timer_stop(t);
    weft_timer_reset(t, weft_now() + WF_NS_PER_MS);
    await_value(&calls, 2);
    saw[7] = weft_timer_reset(t, never_soon());
    weft_timer_free(t);
    weft_sleep(WF_NS_PER_MS);
    saw[8] = atomic_load(&calls);
    weft_ctx_release(ctx);
}

static void test_function_runs_in_a_coroutine_of_its_own_unless_stopped(void **state)
{
    (void)state;
    run(run_functions);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 1); /* its maker's context */
    assert_int_equal(saw[2], 1);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 0);
    assert_int_equal(saw[6], 1);
    assert_int_equal(saw[7], 0);
    assert_int_equal(saw[8], 2);
}

static _Atomic int held, let_go;
static void call_slowly(void *arg)
{
    (void)arg;
    atomic_store(&held, 1);
    await_value(&let_go, 1);
    atomic_store(&held, 2);
}

static void stop_running(void *arg)
{
    weft_timer *t;
    (void)arg;
    atomic_store(&held, 0);
    atomic_store(&let_go, 0);
    weft_timer_func(weft_now(), call_slowly, NULL, &t);
    await_value(&held, 1);
    saw[0] = weft_timer_stop(t);
    saw[1] = atomic_load(&held);
    weft_timer_free(t);
    atomic_store(&let_go, 1);
    await_value(&held, 2);
}

static void test_stop_does_not_wait_for_the_function(void **state)
{
    (void)state;
    run(stop_running);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 1);
}

/* ---- tickers ---- */

enum { TICKS = 10 };

static void tick(void *arg)
{
    weft_ticker *t;
    int64_t period = WF_NS_PER_MS / 2, begin = weft_now(), at = 0;
    (void)arg;
    saw[0] = weft_ticker_new(period, &t);
    int64_t end = weft_now();
    saw[1] = 0;
    for (int i = 1; i <= TICKS; i++) {
        receive(weft_ticker_chan(t), &at);
        saw[1] += at < begin + i * period; /* none is early, also after late ones */
    }
    weft_ticker_stop(t);
    saw[2] = weft_chan_recv(weft_ticker_chan(t), &at, in_ns(3 * period));
    weft_ticker_free(t);
    weft_ticker_free(NULL);
    saw[3] = end >= begin;
}

static void test_ticker_ticks_until_it_is_stopped(void **state)
{
    (void)state;
    run(tick);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], -ETIMEDOUT);
    assert_int_equal(saw[3], 1);
}

static void refuse_periods(void *arg)
{
    weft_ticker *t = NULL;
    (void)arg;
    saw[0] = weft_ticker_new(0, &t);
    saw[1] = weft_ticker_new(-1, &t);
    saw[2] = t == NULL;
    weft_ticker_new(INT64_MAX, &t);
    saw[3] = weft_ticker_reset(t, 0);
    saw[4] = weft_ticker_reset(t, 1);
    saw[5] = weft_chan_recv(weft_ticker_chan(t), NULL, WEFT_FOREVER);
    weft_ticker_free(t);
}

static void test_period_below_one_is_refused(void **state)
{
    (void)state;
    run(refuse_periods);
    assert_int_equal(saw[0], -EINVAL);
    assert_int_equal(saw[1], -EINVAL);
    assert_int_equal(saw[2], 1);
    assert_int_equal(saw[3], -EINVAL);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 0);
}

static void tick_for_a_slow_one(void *arg)
{
    weft_ticker *t;
    int64_t period = WF_NS_PER_MS / 4, first, second, third;
    (void)arg;
    weft_ticker_new(period, &t);
    int64_t made = weft_now();
    weft_sleep(20 * period);
    saw[0] = (int)weft_chan_len(weft_ticker_chan(t));
    receive(weft_ticker_chan(t), &first);
    int64_t asked = weft_now();
    receive(weft_ticker_chan(t), &second);
    receive(weft_ticker_chan(t), &third);
    saw[1] = second >= asked && third > second; /* those between were dropped */
    saw[2] = first >= made - period;
    weft_ticker_free(t);
}

static void test_slow_receiver_misses_ticks(void **state)
{
    (void)state;
    run(tick_for_a_slow_one);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 1);
    assert_int_equal(saw[2], 1);
}

static void reset_ticker(void *arg)
{
    weft_ticker *t;
    int64_t at = 0, from;
    (void)arg;
    weft_ticker_new(WF_NS_PER_MS / 10, &t);
    await_sent(weft_ticker_chan(t));
    from = weft_now();
    saw[0] = weft_ticker_reset(t, 3 * WF_NS_PER_MS);
    receive(weft_ticker_chan(t), &at);
    saw[1] = at >= from + 3 * WF_NS_PER_MS; /* no stale one before */
    weft_ticker_stop(t);
    saw[2] = weft_ticker_reset(t, WF_NS_PER_MS);
    saw[3] = receive(weft_ticker_chan(t), &at);
    weft_ticker_free(t);
}

static void test_ticker_reset_begins_a_new_period(void **state)
{
    (void)state;
    run(reset_ticker);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 1);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], 0);
}

/* ---- races ---- */

struct reset_race {
    weft_timer *t;
    _Atomic int64_t not_before;
    _Atomic int stop, stale;
};

/* What is received was sent for the moment set last, or one set since. */
static void receive_resets(void *arg)
{
    struct reset_race *r = arg;
    int64_t at;
    while (!atomic_load(&r->stop)) {
        int64_t floor = atomic_load(&r->not_before);
        if (!weft_chan_recv(weft_timer_chan(r->t), &at, in_ns(WF_NS_PER_MS / 10)))
            atomic_fetch_add(&r->stale, at < floor);
    }
}

static void reset_against_firing(void *arg)
{
    struct reset_race r = { 0 };
    weft_coro *co;
    int64_t when = 0;
    unsigned seed = 1;
    (void)arg;
    weft_timer_new(WEFT_FOREVER, &r.t);
    weft_spawn(NULL, receive_resets, &r, &co);
    for (int i = 0; i < scale(SCALE_timer_races); i++) {
        int64_t next = in_ns(below(&seed, 20000));
        when = next > when ? next : when; /* no later one is set for earlier */
        weft_timer_reset(r.t, when);
        atomic_store(&r.not_before, when); /* whatever is received from now on */
        if (below(&seed, 2))
            weft_sleep(below(&seed, 20000));
        else
            weft_yield();
    }
    atomic_store(&r.stop, 1);
    weft_join(co, WEFT_FOREVER);
    saw[0] = r.stale;
    weft_timer_free(r.t);
}

static void test_reset_against_firing_leaves_no_stale_value(void **state)
{
    (void)state;
    run(reset_against_firing);
    scale_done(SCALE_timer_races, scale(SCALE_timer_races));
    assert_int_equal(saw[0], 0);
}

static _Atomic int called_times;
static void count_call(void *arg)
{
    (void)arg;
    atomic_fetch_add(&called_times, 1);
}

/* Each either says that it stopped the function, or that ran. */
static void stop_and_free_against_firing(void *arg)
{
    unsigned seed = 3;
    int too_late = 0;
    (void)arg;
    atomic_store(&called_times, 0);
    for (int i = 0; i < scale(SCALE_timer_races); i++) {
        weft_timer *t, *sends;
        int64_t when = in_ns(below(&seed, 4000));
        weft_timer_func(when, count_call, NULL, &t);
        weft_timer_new(when, &sends);
        while (weft_now() < when - below(&seed, 2000))
            weft_yield();
        too_late += !weft_timer_stop(t);
        weft_timer_free(t);
        weft_timer_free(sends);
    }
    await_value(&called_times, too_late);
    weft_sleep(WF_NS_PER_MS);
    saw[0] = atomic_load(&called_times) - too_late;
}

static void test_stop_and_free_against_firing(void **state)
{
    (void)state;
    run(stop_and_free_against_firing);
    assert_int_equal(saw[0], 0);
}

/* ---- very many ---- */

static int ntimers;
static void start_very_many(void *arg)
{
    weft_timer **t = calloc((size_t)ntimers, sizeof *t);
    static int one = 1;
    unsigned seed = 5;
    int stopped = 0;
    (void)arg;
    atomic_store(&calls, 0);
    for (int i = 0; i < ntimers; i++)
        saw[1] = weft_timer_func(never_soon() + below(&seed, 1 << 30), call, &one,
                                 &t[i]);
    for (int i = 0; i < ntimers; i++)
        stopped += weft_timer_reset(t[i], i % 2 ? WEFT_FOREVER
                                                : in_ns(below(&seed, 1 << 20)));
    await_value(&calls, ntimers / 2);
    saw[0] = stopped;
    for (int i = 0; i < ntimers; i++) {
        stopped -= weft_timer_stop(t[i]);
        weft_timer_free(t[i]);
    }
    saw[2] = stopped;
    free(t);
}

static void test_very_many_fire_once_each(void **state)
{
    (void)state;
    ntimers = (int)scale(SCALE_timers);
    run(start_very_many);
    scale_done(SCALE_timers, ntimers);
    assert_int_equal(saw[0], ntimers);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], ntimers - ntimers / 2);
}

/* ---- outside of coroutines, and breaches ---- */

static weft_timer *left;
static void leave_timer(void *arg)
{
    (void)arg;
    weft_timer_new(never_soon(), &left);
}

static void test_timer_outlives_its_runtime(void **state)
{
    weft_timer *t;
    weft_ticker *ticker;
    (void)state;
    assert_int_equal(weft_timer_new(0, &t), -EPERM);
    assert_int_equal(weft_timer_func(0, call, NULL, &t), -EPERM);
    assert_int_equal(weft_ticker_new(1, &ticker), -EPERM);
    run(leave_timer);
    assert_int_equal(weft_timer_reset(left, 0), -EPERM);
    assert_int_equal(weft_timer_stop(left), 1); /* it had not fired */
    weft_timer_free(left);
}

static void wait_for_timer(void *ch)
{
    weft_chan_recv(ch, NULL, WEFT_FOREVER);
}

static void free_awaited(void *arg)
{
    weft_timer *t;
    (void)arg;
    weft_timer_new(never_soon(), &t);
    weft_go(wait_for_timer, weft_timer_chan(t));
    await_parked(1);
    weft_timer_free(t);
}

static void test_freed_under_a_receiver_dies(void **state)
{
    (void)state;
    assert_dies(free_awaited, "somebody is parked on its channel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer_sends_the_time_once_and_not_early),
        cmocka_unit_test(test_moment_in_the_past_fires_at_once),
        cmocka_unit_test(test_stop_says_whether_it_stopped_and_leaves_nothing),
        cmocka_unit_test(
            test_reset_says_whether_it_was_to_fire_and_only_the_new_time_comes),
        cmocka_unit_test(test_stop_does_not_close_the_channel),
        cmocka_unit_test(test_function_runs_in_a_coroutine_of_its_own_unless_stopped),
        cmocka_unit_test(test_stop_does_not_wait_for_the_function),
        cmocka_unit_test(test_ticker_ticks_until_it_is_stopped),
        cmocka_unit_test(test_period_below_one_is_refused),
        cmocka_unit_test(test_slow_receiver_misses_ticks),
        cmocka_unit_test(test_ticker_reset_begins_a_new_period),
        cmocka_unit_test(test_reset_against_firing_leaves_no_stale_value),
        cmocka_unit_test(test_stop_and_free_against_firing),
        cmocka_unit_test(test_very_many_fire_once_each),
        cmocka_unit_test(test_timer_outlives_its_runtime),
        cmocka_unit_test(test_freed_under_a_receiver_dies),
    };
    return RUN_ON_SOME_PS(tests);
}
