/* SPDX-License-Identifier: MIT */
/* Contexts cancelled about when their coroutines are woken, time out, park or leave, and
 * when they are released themselves; and very many of them. */
#include "saw.h"

static int rounds(void)
{
    return (int)scale(SCALE_ctx_races);
}

/* ---- against a wake-up, and against a deadline ---- */

struct receiver {
    weft_chan *ch;
    int64_t deadline;
    int got, err;
};

static void receive_one(void *arg)
{
    struct receiver *r = arg;
    r->err = weft_chan_recv(r->ch, &r->got, r->deadline);
}

static weft_ctx *spawn_in_new(void (*fn)(void *), void *arg, weft_coro **co)
{
    weft_ctx *ctx = NULL;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_use(weft_ctx_retain(ctx));
    weft_spawn(NULL, fn, arg, co);
    weft_ctx_release(weft_ctx_use(NULL));
    return ctx;
}

static void cancel_it(void *ctx)
{
    weft_ctx_cancel(ctx, 0, NULL);
}

/* What the sender got rid of is what the receiver has: a wait is won once. */
static void cancel_against_wake(void *arg)
{
    struct receiver r = { .ch = weft_chan_new(sizeof(int), 0),
                          .deadline = WEFT_FOREVER };
    unsigned seed = 1;
    (void)arg;
    saw[0] = 0;
    for (int i = 1; i <= rounds(); i++) {
        weft_coro *receiver, *canceller;
        r.got = 0;
        weft_ctx *ctx = spawn_in_new(receive_one, &r, &receiver);
        if (below(&seed, 2))
            weft_yield();
        weft_spawn(NULL, cancel_it, ctx, &canceller);
        int sent = weft_chan_send(r.ch, &i,
                                  below(&seed, 2) ? 0 : in_ns(below(&seed, 20000)));
        weft_join(canceller, WEFT_FOREVER);
        weft_join(receiver, WEFT_FOREVER);
        saw[0] += sent ? r.err != -ECANCELED : r.err != 0 || r.got != i;
        weft_ctx_release(ctx);
    }
    weft_chan_free(r.ch);
}

static void test_cancel_against_wake_is_won_once(void **state)
{
    (void)state;
    run(cancel_against_wake);
    assert_int_equal(saw[0], 0);
    scale_done(SCALE_ctx_races, rounds());
}

static void cancel_against_timeout(void *arg)
{
    struct receiver r = { .ch = weft_chan_new(sizeof(int), 0) };
    unsigned seed = 2;
    (void)arg;
    saw[0] = saw[1] = 0;
    for (int i = 0; i < rounds(); i++) {
        weft_coro *receiver;
        r.deadline = in_ns(below(&seed, 20000));
        weft_ctx *ctx = spawn_in_new(receive_one, &r, &receiver);
        for (int n = (int)below(&seed, 20); n > 0; n--)
            weft_yield();
        weft_ctx_cancel(ctx, 0, NULL);
        weft_join(receiver, WEFT_FOREVER);
        saw[0] += r.err == -ETIMEDOUT;
        saw[1] += r.err == -ECANCELED;
        weft_ctx_release(ctx);
    }
    weft_chan_free(r.ch);
}

static void test_cancel_against_timeout_ends_with_one_of_them(void **state)
{
    (void)state;
    run(cancel_against_timeout);
    assert_int_equal(saw[0] + saw[1], rounds());
}

/* ---- against all else that its coroutines do ---- */

struct busy {
    weft_chan *ch;
    weft_mutex m;
    weft_wait_group wg;
    unsigned seed;
    _Atomic int wrong;
};

static void note(struct busy *b, int err)
{
    if (err && err != -ECANCELED && err != -ETIMEDOUT)
        atomic_fetch_add(&b->wrong, 1);
}

static void be_busy(void *arg)
{
    struct busy *b = arg;
    unsigned seed = (unsigned)weft_self();
    int v = 0;
    weft_case cases[] = { { b->ch, WEFT_RECV, &v, 0 }, { b->ch, WEFT_SEND, &v, 0 } };
    while (!weft_ctx_err(weft_ctx_current())) {
        int64_t deadline = below(&seed, 2) ? WEFT_FOREVER : in_ns(below(&seed, 20000));
        unsigned what = below(&seed, 5);
        int err = 0;
        if (what == 0)
            err = weft_chan_send(b->ch, &v, deadline);
        else if (what == 1)
            err = weft_chan_recv(b->ch, &v, deadline);
        else if (what == 2)
            err = weft_select(cases, 2, deadline);
        else if (what == 3)
            err = weft_sleep(below(&seed, 20000));
        else if (!(err = weft_mutex_lock_until(&b->m, deadline))) {
            weft_yield();
            weft_mutex_unlock(&b->m);
        }
        note(b, err > 0 ? 0 : err);
    }
    weft_wait_group_done(&b->wg);
}

static void cancel_the_busy(void *arg)
{
    struct busy b = { .ch = weft_chan_new(sizeof(int), 0) };
    unsigned seed = 4;
    (void)arg;
    b.m = (weft_mutex)WEFT_MUTEX_INIT;
    b.wg = (weft_wait_group)WEFT_WAIT_GROUP_INIT;
    for (int i = 0; i < rounds() / 10; i++) {
        weft_ctx *ctx, *child;
        weft_ctx_new(NULL, below(&seed, 2) ? in_ns(below(&seed, 50000)) : WEFT_FOREVER,
                     &ctx);
        weft_ctx_new(ctx, WEFT_FOREVER, &child);
        weft_wait_group_add(&b.wg, 8);
        weft_ctx_use(weft_ctx_retain(ctx));
        for (int n = 0; n < 4; n++)
            weft_go(be_busy, &b);
        weft_ctx_release(weft_ctx_use(child));
        for (int n = 0; n < 4; n++)
            weft_go(be_busy, &b);
        weft_ctx_release(weft_ctx_use(NULL));
        weft_sleep(below(&seed, 50000));
        weft_ctx_cancel(ctx, 0, NULL);
        weft_wait_group_wait(&b.wg, WEFT_FOREVER);
        weft_ctx_release(ctx);
    }
    saw[0] = b.wrong;
    saw[1] = weft_mutex_trylock(&b.m);
    weft_mutex_unlock(&b.m);
    weft_chan_free(b.ch);
}

static void test_cancel_ends_whatever_its_coroutines_do(void **state)
{
    (void)state;
    run(cancel_the_busy);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
}

/* ---- against release ---- */

static void release_it(void *ctx)
{
    weft_ctx_release(ctx);
}

static void cancel_against_release(void *arg)
{
    unsigned seed = 6;
    (void)arg;
    saw[0] = 0;
    for (int i = 0; i < rounds(); i++) {
        weft_ctx *parent, *child, *grandchild, *kept;
        weft_coro *a, *b;
        weft_ctx_new(NULL, in_ns(below(&seed, 30000)), &parent);
        weft_ctx_new(parent, in_ns(below(&seed, 30000)), &child);
        weft_ctx_new(child, in_ns(below(&seed, 30000)), &grandchild);
        weft_ctx_new(parent, WEFT_FOREVER, &kept);
        weft_spawn(NULL, release_it, child, &a);
        weft_spawn(NULL, release_it, grandchild, &b);
        if (below(&seed, 2))
            weft_yield();
        weft_ctx_cancel(parent, 0, NULL);
        saw[0] += weft_ctx_wait(kept, WEFT_FOREVER); /* the deadline may be at it */
        weft_ctx_release(parent);
        weft_join(a, WEFT_FOREVER);
        weft_join(b, WEFT_FOREVER);
        weft_ctx_release(kept);
    }
}

static void test_cancel_against_release_touches_nothing_freed(void **state)
{
    (void)state;
    run(cancel_against_release);
    assert_int_equal(saw[0], 0);
}

static _Atomic int ran;
static void count_run(void *arg)
{
    (void)arg;
    atomic_fetch_add(&ran, 1);
}

static void cancel_against_stop(void *arg)
{
    int stopped = 0;
    (void)arg;
    atomic_store(&ran, 0);
    for (int i = 0; i < rounds(); i++) {
        weft_ctx *ctx;
        weft_after *after;
        weft_coro *co;
        weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
        weft_ctx_after(ctx, count_run, NULL, &after);
        weft_spawn(NULL, cancel_it, ctx, &co);
        if (i % 2)
            weft_yield();
        stopped += weft_after_stop(after);
        weft_join(co, WEFT_FOREVER);
        weft_ctx_release(ctx);
    }
    await_value(&ran, rounds() - stopped);
    weft_sleep(WF_NS_PER_MS);
    saw[0] = atomic_load(&ran) + stopped;
}

static void test_stopped_or_run_never_both(void **state)
{
    (void)state;
    run(cancel_against_stop);
    assert_int_equal(saw[0], rounds());
}

/* ---- very many, and very deep ---- */

static void cancel_very_many(void *arg)
{
    int n = (int)scale(SCALE_contexts);
    weft_ctx **c = calloc((size_t)n, sizeof *c), *root, *deepest;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &root);
    for (int i = 0; i < n; i++)
        weft_ctx_new(root, never_soon(), &c[i]);
    for (int i = 0; i < n; i += 2)
        weft_ctx_release(c[i]);
    weft_ctx_cancel(root, -EIO, NULL);
    saw[0] = 0;
    for (int i = 1; i < n; i += 2) {
        saw[0] += weft_ctx_cause(c[i], NULL) == -EIO;
        weft_ctx_release(c[i]);
    }
    weft_ctx_release(root);
    weft_ctx_new(NULL, WEFT_FOREVER, &root);
    deepest = weft_ctx_retain(root);
    for (int i = 0; i < n; i++) {
        weft_ctx *next;
        weft_ctx_new(deepest, WEFT_FOREVER, &next);
        weft_ctx_release(deepest);
        deepest = next;
    }
    weft_ctx_cancel(root, -EIO, NULL);
    saw[1] = weft_ctx_cause(deepest, NULL);
    weft_ctx_release(root);
    weft_ctx_release(deepest); /* and all above, one after the other */
    free(c);
}

static void test_very_many_and_very_deep_are_cancelled_and_freed(void **state)
{
    (void)state;
    run(cancel_very_many);
    assert_int_equal(saw[0], scale(SCALE_contexts) / 2);
    assert_int_equal(saw[1], -EIO);
    scale_done(SCALE_contexts, scale(SCALE_contexts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel_against_wake_is_won_once),
        cmocka_unit_test(test_cancel_against_timeout_ends_with_one_of_them),
        cmocka_unit_test(test_cancel_ends_whatever_its_coroutines_do),
        cmocka_unit_test(test_cancel_against_release_touches_nothing_freed),
        cmocka_unit_test(test_stopped_or_run_never_both),
        cmocka_unit_test(test_very_many_and_very_deep_are_cancelled_and_freed),
    };
    return RUN_ON_SOME_PS(tests);
}
