/* SPDX-License-Identifier: MIT */
/*
 * What is before what, by Go's memory model and what its packages add to it: plain memory
 * that one coroutine wrote is read by another, with nothing between them but the call that
 * the rule is about.  TSan sees an order that is missing, the values a wrong one.  What is
 * said of channels, mutexes, once and wait groups is tried beside their other rules.
 */
#include "semantics.h"

#include <weft/weft.h>

enum { ROUNDS = 500 };

static struct {
    weft_mutex m;
    weft_cond c;
    weft_pool *pool;
    weft_ctx *ctx;
    weft_chan *ch;
    _Atomic int done, right, n;
    int plain, before;
} t;

static void begin(void)
{
    memset(&t, 0, sizeof t);
}

/* ---- go ---- */

static void read_plain(void *arg)
{
    t.right += t.plain == (int)(intptr_t)arg;
    t.done++;
}

static void go_after_writing(void *arg)
{
    (void)arg;
    begin();
    for (int i = 1; i <= ROUNDS; i++) {
        t.plain = i;
        weft_go(read_plain, (void *)(intptr_t)i);
        await_value(&t.done, i);
    }
    must(t.right == ROUNDS);
}

static void test_go_is_before_the_start(void **state)
{
    (void)state;
    assert_rule(go_after_writing, 1);
}

static void write_and_end(void *arg)
{
    t.plain = (int)(intptr_t)arg;
}

static void join_and_read(void *arg)
{
    bool right = true;
    weft_coro *co;
    (void)arg;
    begin();
    for (int i = 1; i <= ROUNDS && right; i++) {
        right &= !weft_spawn(NULL, write_and_end, (void *)(intptr_t)i, &co);
        right &= !weft_join(co, WEFT_FOREVER) && t.plain == i;
    }
    must(right);
}

static void test_end_is_before_the_join(void **state)
{
    (void)state;
    assert_rule(join_and_read, 1);
}

/* ---- conditions ---- */

/* Reads what was written before the signal; the mutex was not held then. */
static void wait_and_read(void *arg)
{
    (void)arg;
    for (int i = 1; i <= ROUNDS; i++) {
        weft_mutex_lock(&t.m);
        t.n = i;
        weft_cond_wait(&t.c, &t.m);
        t.right += t.plain == i && t.before == i;
        t.done = i;
        weft_mutex_unlock(&t.m);
    }
}

static void write_and_wake(bool all)
{
    begin();
    weft_go(wait_and_read, NULL);
    for (int i = 1; i <= ROUNDS; i++) {
        await_value(&t.n, i);
        weft_mutex_lock(&t.m); /* it waits */
        t.before = i;
        weft_mutex_unlock(&t.m);
        t.plain = i;
        if (all)
            weft_cond_broadcast(&t.c);
        else
            weft_cond_signal(&t.c);
        await_value(&t.done, i);
    }
    must(t.right == ROUNDS);
}

static void signal_it(void *arg)
{
    (void)arg;
    write_and_wake(false);
}

static void broadcast_it(void *arg)
{
    (void)arg;
    write_and_wake(true);
}

static void test_signal_is_before_the_end_of_its_wait(void **state)
{
    (void)state;
    assert_rule(signal_it, 1);
    assert_rule(broadcast_it, 1);
}

/* ---- pools ---- */

/* Each object counts how often it was got, in plain memory. */
static void get_and_put(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        long *o = weft_pool_get(t.pool);
        o[1] = o[0] + 1;
        if (i % 16 == 0)
            weft_yield();
        o[0]++;
        t.right += o[0] == o[1];
        weft_pool_put(t.pool, o);
    }
    t.done++;
}

static void share_a_pool(void *arg)
{
    enum { MOST = 4 };
    (void)arg;
    begin();
    t.pool = weft_pool_new("order", 2 * sizeof(long), NULL, 0);
    for (int i = 0; i < MOST; i++)
        weft_go(get_and_put, NULL);
    await_value(&t.done, MOST);
    must(t.right == MOST * ROUNDS);
    weft_pool_free(t.pool);
}

static void test_put_is_before_its_get(void **state)
{
    (void)state;
    assert_rule(share_a_pool, 1);
}

/* ---- contexts ---- */

static void read_when_cancelled(void *arg)
{
    (void)arg;
    weft_ctx_use(weft_ctx_retain(t.ctx));
    t.right += weft_sleep_until(never_soon()) == -ECANCELED && t.plain == 7;
    t.done++;
}

static void write_and_cancel(void *arg)
{
    (void)arg;
    begin();
    must(weft_ctx_new(NULL, WEFT_FOREVER, &t.ctx) == 0);
    weft_go(read_when_cancelled, NULL);
    await_parked(1);
    t.plain = 7;
    weft_ctx_cancel(t.ctx, 0, NULL);
    await_value(&t.done, 1);
    must(t.right == 1);
    weft_ctx_release(t.ctx);
}

static void test_cancel_is_before_the_wait_that_it_ends(void **state)
{
    (void)state;
    assert_rule(write_and_cancel, 2);
}

static void cancel_with_number(void *arg)
{
    weft_ctx_cancel(t.ctx, -(int)(intptr_t)arg, NULL);
    t.right += weft_ctx_err(t.ctx) == -ECANCELED;
    t.done++;
}

static void cancel_by_many(void *arg)
{
    enum { MOST = 8 };
    bool right = true;
    (void)arg;
    for (int i = 0; i < 50; i++) {
        begin();
        right &= weft_ctx_new(NULL, in_ns(HOUR * WF_NS_PER_S), &t.ctx) == 0;
        right &= weft_ctx_err(t.ctx) == 0 && weft_ctx_cause(t.ctx, NULL) == 0;
        for (int k = 1; k <= MOST; k++)
            weft_go(cancel_with_number, (void *)(intptr_t)k);
        await_value(&t.done, MOST);
        int cause = weft_ctx_cause(t.ctx, NULL);
        right &= t.right == MOST && cause < 0 && cause >= -MOST;
        weft_ctx_cancel(t.ctx, -99, NULL);
        right &= weft_ctx_cause(t.ctx, NULL) == cause;
        weft_ctx_release(t.ctx);
    }
    must(right);
}

static void test_many_may_cancel_at_once_and_one_cause_stays(void **state)
{
    (void)state;
    assert_rule(cancel_by_many, 1);
}

/* Wakes at once, and goes on with its work until it is let go. */
static void work_on(void *arg)
{
    (void)arg;
    weft_ctx_use(weft_ctx_retain(t.ctx));
    weft_sleep_until(never_soon());
    while (!t.n)
        weft_yield();
    t.done++;
}

static void cancel_who_works_on(void *arg)
{
    (void)arg;
    begin();
    must(weft_ctx_new(NULL, WEFT_FOREVER, &t.ctx) == 0);
    weft_go(work_on, NULL);
    await_parked(1);
    must(weft_ctx_cancel(t.ctx, 0, NULL) == 0 && !t.done);
    t.n = 1;
    await_value(&t.done, 1);
    weft_ctx_release(t.ctx);
}

static void test_cancel_does_not_wait_for_the_work(void **state)
{
    (void)state;
    assert_rule(cancel_who_works_on, 2);
}

static void cancel_before_the_deadline(void *arg)
{
    weft_ctx *ctx;
    (void)arg;
    int64_t deadline = in_ns(2 * WF_NS_PER_MS);
    must(weft_ctx_new(NULL, deadline, &ctx) == 0);
    bool early = !weft_ctx_err(ctx) && !weft_ctx_cancel(ctx, 0, NULL) &&
                 weft_now() < deadline; /* else the machine was too slow */
    int err = weft_ctx_err(ctx);
    must(err == -ECANCELED || !early);
    weft_sleep_until(deadline + 2 * WF_NS_PER_MS);
    must(weft_ctx_err(ctx) == err && weft_ctx_deadline(ctx) == deadline);
    weft_ctx_release(ctx);
}

static void test_whichever_is_first_cancels_and_err_stays(void **state)
{
    (void)state;
    assert_rule(cancel_before_the_deadline, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_go_is_before_the_start),
        cmocka_unit_test(test_end_is_before_the_join),
        cmocka_unit_test(test_signal_is_before_the_end_of_its_wait),
        cmocka_unit_test(test_put_is_before_its_get),
        cmocka_unit_test(test_cancel_is_before_the_wait_that_it_ends),
        cmocka_unit_test(test_many_may_cancel_at_once_and_one_cause_stays),
        cmocka_unit_test(test_cancel_does_not_wait_for_the_work),
        cmocka_unit_test(test_whichever_is_first_cancels_and_err_stays),
    };
    return RUN_ON_SOME_PS(tests);
}
