/* SPDX-License-Identifier: MIT */
/* Error groups and flights: what Go's errgroup and singleflight say of them, rule by
 * rule. */
#include "saw.h"

/* ---- error groups ---- */

static _Atomic int tasks, most;

static int count_task(void *arg)
{
    (void)arg;
    atomic_fetch_add(&tasks, 1);
    return 0;
}

static int fail_with(void *err)
{
    return *(int *)err;
}

static int wait_until_cancelled(void *arg)
{
    (void)arg;
    int err = weft_sleep(HOUR * WF_NS_PER_S);
    atomic_fetch_add(&tasks, err == -ECANCELED);
    return err;
}

static void succeed(void *arg)
{
    weft_group *g;
    (void)arg;
    atomic_store(&tasks, 0);
    saw[0] = weft_group_new(NULL, 0, &g);
    for (int i = 0; i < 100; i++)
        saw[1] = weft_group_go(g, count_task, NULL, WEFT_FOREVER);
    saw[2] = weft_group_wait(g, WEFT_FOREVER, &saw[3]);
    saw[4] = atomic_load(&tasks);
    saw[5] = weft_ctx_err(weft_group_ctx(g));
    weft_group_free(g);
    weft_group_free(NULL);
}

static void test_wait_waits_for_all_and_cancels_the_context(void **state)
{
    (void)state;
    run(succeed);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], 0);
    assert_int_equal(saw[4], 100);
    assert_int_equal(saw[5], -ECANCELED);
}

static void fail_once(void *arg)
{
    static int io = -EIO, bad = -EBADF;
    weft_group *g;
    (void)arg;
    atomic_store(&tasks, 0);
    weft_group_new(NULL, 0, &g);
    for (int i = 0; i < 10; i++)
        weft_group_go(g, wait_until_cancelled, NULL, WEFT_FOREVER);
    saw[0] = weft_group_wait(g, 0, NULL);
    saw[1] = weft_group_wait(g, in_ns(WF_NS_PER_MS / 4), NULL);
    weft_group_go(g, fail_with, &io, WEFT_FOREVER);
    saw[2] = weft_group_wait(g, WEFT_FOREVER, &saw[3]);
    saw[4] = atomic_load(&tasks);
    saw[5] = weft_ctx_cause(weft_group_ctx(g), NULL);
    saw[6] = weft_group_go(g, fail_with, &bad, WEFT_FOREVER);
    saw[7] = weft_group_wait(g, WEFT_FOREVER, &saw[8]);
    weft_group_free(g);
}

static void test_first_error_cancels_the_others_and_is_kept(void **state)
{
    (void)state;
    run(fail_once);
    assert_int_equal(saw[0], -EAGAIN);
    assert_int_equal(saw[1], -ETIMEDOUT);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], -EIO);
    assert_int_equal(saw[4], 10);
    assert_int_equal(saw[5], -EIO);
    assert_int_equal(saw[6], 0);
    assert_int_equal(saw[7], 0);
    assert_int_equal(saw[8], -EIO);
}

static void fail_positively(void *arg)
{
    static int seven = 7;
    weft_group *g;
    (void)arg;
    weft_group_new(NULL, 0, &g);
    weft_group_go(g, fail_with, &seven, WEFT_FOREVER);
    saw[0] = weft_group_wait(g, WEFT_FOREVER, &saw[1]);
    saw[2] = weft_ctx_cause(weft_group_ctx(g), NULL);
    weft_group_free(g);
}

static void test_any_error_but_zero_is_one(void **state)
{
    (void)state;
    run(fail_positively);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 7);
    assert_int_equal(saw[2], -ECANCELED);
}

static int run_beside(void *arg)
{
    static _Atomic int now;
    (void)arg;
    int n = atomic_fetch_add(&now, 1) + 1, seen = atomic_load(&most);
    while (n > seen && !atomic_compare_exchange_weak(&most, &seen, n))
        ;
    weft_yield();
    weft_sleep(1000);
    atomic_fetch_sub(&now, 1);
    return 0;
}

static void limit_group(void *arg)
{
    weft_group *g;
    weft_ctx *ctx;
    (void)arg;
    atomic_store(&most, 0);
    weft_group_new(NULL, 3, &g);
    saw[0] = 0;
    for (int i = 0; i < 100; i++)
        saw[0] += weft_group_go(g, run_beside, NULL, WEFT_FOREVER) != 0;
    weft_group_wait(g, WEFT_FOREVER, NULL);
    saw[1] = atomic_load(&most);
    weft_group_free(g);
    weft_group_new(NULL, 1, &g);
    weft_group_go(g, wait_until_cancelled, NULL, WEFT_FOREVER);
    saw[2] = weft_group_go(g, count_task, NULL, 0);
    saw[3] = weft_group_go(g, count_task, NULL, in_ns(WF_NS_PER_MS / 4));
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_cancel(ctx, 0, NULL);
    weft_ctx_use(ctx);
    saw[4] = weft_group_go(g, count_task, NULL, WEFT_FOREVER);
    saw[5] = weft_group_wait(g, WEFT_FOREVER, NULL);
    weft_ctx_release(weft_ctx_use(NULL));
    weft_ctx_cancel(weft_group_ctx(g), 0, NULL);
    saw[6] = weft_group_wait(g, WEFT_FOREVER, NULL);
    weft_group_free(g);
}

static void test_go_waits_at_the_limit(void **state)
{
    (void)state;
    run(limit_group);
    assert_int_equal(saw[0], 0);
    assert_in_range(saw[1], 1, 3);
    assert_int_equal(saw[2], -EAGAIN);
    assert_int_equal(saw[3], -ETIMEDOUT);
    assert_int_equal(saw[4], -ECANCELED);
    assert_int_equal(saw[5], -ECANCELED);
    assert_int_equal(saw[6], 0);
}

static weft_ctx *task_ctx;
static int note_ctx(void *arg)
{
    (void)arg;
    task_ctx = weft_ctx_current();
    return 0;
}

static void nest(void *arg)
{
    weft_ctx *parent;
    weft_group *g;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &parent);
    weft_group_new(parent, 0, &g);
    weft_group_go(g, note_ctx, NULL, WEFT_FOREVER);
    while (weft_group_wait(g, 0, NULL) == -EAGAIN)
        weft_yield();
    saw[0] = task_ctx == weft_group_ctx(g);
    saw[1] = weft_ctx_err(parent);
    weft_group_free(g);
    weft_group_new(parent, 0, &g);
    weft_group_go(g, wait_until_cancelled, NULL, WEFT_FOREVER);
    weft_ctx_cancel(parent, -EIO, NULL);
    saw[2] = weft_group_wait(g, WEFT_FOREVER, &saw[3]);
    weft_group_free(g);
    weft_ctx_release(parent);
}

static void test_groups_context_is_below_the_given_one(void **state)
{
    (void)state;
    run(nest);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], -ECANCELED);
}

static void free_running(void *arg)
{
    weft_group *g;
    (void)arg;
    weft_group_new(NULL, 0, &g);
    weft_group_go(g, wait_until_cancelled, NULL, WEFT_FOREVER);
    weft_group_free(g);
}

static void test_group_freed_while_it_runs_dies(void **state)
{
    (void)state;
    assert_dies(free_running, "coroutines of the group run");
}

/* ---- flights ---- */

static _Atomic int fetches;
static weft_chan *gate;

static int fetch(void *arg, void **value)
{
    atomic_fetch_add(&fetches, 1);
    int err = weft_chan_recv(gate, NULL, WEFT_FOREVER);
    *value = arg;
    return err == -EPIPE ? 0 : err;
}

static int fetch_at_once(void *arg, void **value)
{
    atomic_fetch_add(&fetches, 1);
    *value = arg;
    return -EIO;
}

struct ask {
    weft_flight *f;
    const char *key;
    int64_t deadline;
    void *mine, *got;
    uint32_t sharers;
    int err;
};

static void ask(void *arg)
{
    struct ask *a = arg;
    a->err = weft_flight_do(a->f, a->key, fetch, a->mine, a->deadline, &a->got,
                            &a->sharers);
}

enum { ASKS = 5 };
static struct ask asks[ASKS];
static weft_coro *askers[ASKS];

/* So many for one key, the first as leader. */
static void begin_asks(weft_flight *f, int n)
{
    atomic_store(&fetches, 0);
    gate = weft_chan_new(0, 0);
    for (int i = 0; i < n; i++) {
        asks[i] = (struct ask){
            .f = f, .key = "key", .deadline = WEFT_FOREVER, .mine = &asks[i]
        };
        weft_spawn(NULL, ask, &asks[i], &askers[i]);
        await_parked(i + 1);
    }
}

static void end_asks(int n)
{
    for (int i = 0; i < n; i++)
        weft_join(askers[i], WEFT_FOREVER);
    weft_chan_free(gate);
}

static void share(void *arg)
{
    weft_flight *f;
    (void)arg;
    saw[0] = weft_flight_new(&f);
    begin_asks(f, ASKS);
    uint32_t sharers = 9;
    saw[1] = weft_flight_do(f, "key", fetch, NULL, 0, NULL, &sharers);
    saw[2] = (int)sharers;
    saw[3] = weft_flight_do(f, "other", fetch_at_once, f, WEFT_FOREVER, &saw_value[0],
                            &sharers);
    saw[4] = (int)sharers;
    saw[5] = saw_value[0] == f;
    weft_chan_close(gate);
    end_asks(ASKS);
    saw[6] = atomic_load(&fetches);
    saw[7] = weft_flight_do(f, "key", fetch_at_once, NULL, 0, NULL, NULL);
    weft_flight_free(f);
    weft_flight_free(NULL);
}

static void test_call_is_made_once_and_shared_by_all_who_ask(void **state)
{
    (void)state;
    run(share);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], -EAGAIN);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], -EIO); /* another key, another call */
    assert_int_equal(saw[4], 1);
    assert_int_equal(saw[5], 1);
    assert_int_equal(saw[6], 2);
    assert_int_equal(saw[7], -EIO); /* nothing is kept */
    for (int i = 0; i < ASKS; i++) {
        assert_int_equal(asks[i].err, 0);
        assert_ptr_equal(asks[i].got, &asks[0]);
        assert_int_equal(asks[i].sharers, ASKS);
    }
}

static void give_up(void *arg)
{
    weft_flight *f;
    uint32_t sharers = 9;
    (void)arg;
    weft_flight_new(&f);
    begin_asks(f, 2);
    saw[0] = weft_flight_do(f, "key", fetch, NULL, in_ns(WF_NS_PER_MS / 4), NULL,
                            &sharers);
    saw[1] = (int)sharers;
    weft_chan_close(gate);
    end_asks(2);
    weft_flight_free(f);
}

static void test_follower_that_gives_up_is_not_counted(void **state)
{
    (void)state;
    run(give_up);
    assert_int_equal(saw[0], -ETIMEDOUT);
    assert_int_equal(saw[1], 0);
    assert_int_equal(asks[0].sharers, 2);
    assert_int_equal(asks[1].sharers, 2);
}

static void forget(void *arg)
{
    weft_flight *f;
    (void)arg;
    weft_flight_new(&f);
    begin_asks(f, 2);
    weft_flight_forget(f, "key");
    weft_flight_forget(f, "never asked for");
    asks[2] = (struct ask){
        .f = f, .key = "key", .deadline = WEFT_FOREVER, .mine = &asks[2]
    };
    weft_spawn(NULL, ask, &asks[2], &askers[2]);
    await_parked(3);
    saw[0] = atomic_load(&fetches);
    weft_chan_close(gate);
    end_asks(3);
    weft_flight_free(f);
}

static void test_forgotten_call_goes_on_beside_a_new_one(void **state)
{
    (void)state;
    run(forget);
    assert_int_equal(saw[0], 2);
    assert_int_equal(asks[0].sharers, 2);
    assert_ptr_equal(asks[1].got, &asks[0]);
    assert_int_equal(asks[2].sharers, 1);
    assert_ptr_equal(asks[2].got, &asks[2]);
}

/* The leader's context is cancelled: the first follower leads with its own fn. */
static void cancel_leader(void *arg)
{
    weft_flight *f;
    weft_ctx *ctx;
    (void)arg;
    weft_flight_new(&f);
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_use(weft_ctx_retain(ctx));
    begin_asks(f, 1);
    weft_ctx_release(weft_ctx_use(NULL));
    for (int i = 1; i < 3; i++) {
        asks[i] = (struct ask){
            .f = f, .key = "key", .deadline = WEFT_FOREVER, .mine = &asks[i]
        };
        weft_spawn(NULL, ask, &asks[i], &askers[i]);
        await_parked(i + 1);
    }
    weft_ctx_cancel(ctx, 0, NULL);
    await_value(&fetches, 2);
    weft_chan_close(gate);
    end_asks(3);
    saw[0] = atomic_load(&fetches);
    weft_ctx_release(ctx);
    weft_flight_free(f);
}

static void test_cancelled_leader_leaves_the_others_to_begin_again(void **state)
{
    (void)state;
    run(cancel_leader);
    assert_int_equal(asks[0].err, -ECANCELED);
    assert_int_equal(asks[0].sharers, 1);
    assert_in_range(saw[0], 2, 3); /* 3: one came after the other had ended */
    for (int i = 1; i < 3; i++) {
        assert_int_equal(asks[i].err, 0);
        assert_in_range(asks[i].sharers, 1, 2);
        assert_true(asks[i].got == &asks[1] || asks[i].got == &asks[2]);
    }
}

static _Atomic int inside[4], collisions;
static int fetch_alone(void *arg, void **value)
{
    int key = *(int *)arg;
    if (atomic_fetch_add(&inside[key], 1))
        atomic_fetch_add(&collisions, 1);
    weft_yield();
    int err = weft_sleep(1000);
    atomic_fetch_sub(&inside[key], 1);
    *value = arg;
    return err;
}

struct caller {
    weft_flight *f;
    unsigned seed;
    int wrong;
};

static void call_often(void *arg)
{
    struct caller *c = arg;
    static int numbers[4] = { 0, 1, 2, 3 };
    static const char *const keys[4] = { "a", "b", "c", "d" };
    for (int i = 0; i < scale(SCALE_flight_calls) / 4; i++) {
        int key = (int)below(&c->seed, 4);
        void *got = NULL;
        uint32_t sharers;
        weft_ctx *ctx;
        weft_ctx_new(NULL,
                     below(&c->seed, 2) ? in_ns(below(&c->seed, 5000)) : WEFT_FOREVER,
                     &ctx);
        weft_ctx_use(ctx);
        int err = weft_flight_do(c->f, keys[key], fetch_alone, &numbers[key],
                                 WEFT_FOREVER, &got, &sharers);
        c->wrong += err ? err != -ETIMEDOUT : !sharers || got != &numbers[key];
        weft_ctx_release(weft_ctx_use(NULL));
    }
}

static void call_from_many(void *arg)
{
    struct caller c[4];
    weft_coro *co[4];
    weft_flight *f;
    (void)arg;
    weft_flight_new(&f);
    saw[0] = 0;
    for (unsigned i = 0; i < 4; i++) {
        c[i] = (struct caller){ .f = f, .seed = i };
        weft_spawn(NULL, call_often, &c[i], &co[i]);
    }
    for (int i = 0; i < 4; i++) {
        weft_join(co[i], WEFT_FOREVER);
        saw[0] += c[i].wrong;
    }
    saw[1] = atomic_load(&collisions);
    weft_flight_free(f);
}

static void test_never_two_calls_for_a_key_and_no_stranger_s_cancellation(void **state)
{
    (void)state;
    run(call_from_many);
    scale_done(SCALE_flight_calls, scale(SCALE_flight_calls));
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
}

enum { KEYS = 100 };
static void ask_for_many(void *arg)
{
    static char names[KEYS][8];
    weft_flight *f;
    static struct ask a[KEYS];
    weft_coro *co[KEYS];
    (void)arg;
    weft_flight_new(&f);
    atomic_store(&fetches, 0);
    gate = weft_chan_new(0, 0);
    for (int i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        a[i] = (struct ask){ f, names[i], WEFT_FOREVER, &a[i], NULL, 0, 0 };
        weft_spawn(NULL, ask, &a[i], &co[i]);
    }
    await_value(&fetches, KEYS);
    saw[0] = weft_flight_do(f, "k42", fetch, NULL, 0, NULL, NULL);
    weft_chan_close(gate);
    saw[1] = 0;
    for (int i = 0; i < KEYS; i++) {
        weft_join(co[i], WEFT_FOREVER);
        saw[1] += a[i].got == &a[i] && a[i].sharers == 1;
    }
    weft_chan_free(gate);
    weft_flight_free(f);
}

static void test_many_keys_at_a_time(void **state)
{
    (void)state;
    run(ask_for_many);
    assert_int_equal(saw[0], -EAGAIN);
    assert_int_equal(saw[1], KEYS);
}

static void free_calling(void *arg)
{
    weft_flight *f;
    (void)arg;
    weft_flight_new(&f);
    begin_asks(f, 1);
    weft_flight_free(f);
}

static void test_flight_freed_while_somebody_calls_dies(void **state)
{
    (void)state;
    assert_dies(free_calling, "1 coroutines are calling");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait_waits_for_all_and_cancels_the_context),
        cmocka_unit_test(test_first_error_cancels_the_others_and_is_kept),
        cmocka_unit_test(test_any_error_but_zero_is_one),
        cmocka_unit_test(test_go_waits_at_the_limit),
        cmocka_unit_test(test_groups_context_is_below_the_given_one),
        cmocka_unit_test(test_group_freed_while_it_runs_dies),
        cmocka_unit_test(test_call_is_made_once_and_shared_by_all_who_ask),
        cmocka_unit_test(test_follower_that_gives_up_is_not_counted),
        cmocka_unit_test(test_forgotten_call_goes_on_beside_a_new_one),
        cmocka_unit_test(test_cancelled_leader_leaves_the_others_to_begin_again),
        cmocka_unit_test(test_never_two_calls_for_a_key_and_no_stranger_s_cancellation),
        cmocka_unit_test(test_many_keys_at_a_time),
        cmocka_unit_test(test_flight_freed_while_somebody_calls_dies),
    };
    return RUN_ON_SOME_PS(tests);
}
