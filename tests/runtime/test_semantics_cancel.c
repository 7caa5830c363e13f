/* SPDX-License-Identifier: MIT */
/*
 * Contexts and what waits for locks and the like, rule by rule.
 *
 * What weft says (Go's package sync knows  | test
 *   no contexts, but x/sync/semaphore)     |
 * -----------------------------------------+------------------------------------------
 * a context ends each wait, and leaves the | test_context_ends_each_wait
 *   thing as if nobody had come            |
 * but of those calls that return nothing   | test_context_ends_no_wait_without_result
 */
#include "semantics.h"

static struct {
    weft_mutex m;
    weft_rwlock rw;
    weft_cond c;
    weft_semaphore s;
    weft_barrier b;
    weft_wait_group wg;
    weft_ctx *ctx;
    _Atomic int err[7], done, last;
} in;

/* All is taken: each of them waits, in a context. */
static void wait_in_turn(void *arg)
{
    int i = *(int *)arg;
    weft_ctx_use(in.ctx);
    if (i == 0)
        in.err[i] = weft_rwlock_rdlock_until(&in.rw, WEFT_FOREVER);
    else if (i == 1)
        in.err[i] = weft_rwlock_wrlock_until(&in.rw, WEFT_FOREVER);
    else if (i == 2)
        in.err[i] = weft_semaphore_acquire(&in.s, 1);
    else if (i == 3)
        in.err[i] = weft_barrier_wait_until(&in.b, WEFT_FOREVER);
    else if (i == 4)
        in.err[i] = weft_wait_group_wait(&in.wg, WEFT_FOREVER);
    else if (i == 5)
        in.err[i] = weft_chan_recv(NULL, NULL, WEFT_FOREVER);
    if (i == 6) {
        weft_mutex_lock(&in.m);
        in.err[i] = weft_cond_wait_until(&in.c, &in.m, WEFT_FOREVER);
        in.err[i] += weft_mutex_trylock(&in.m) == -EBUSY ? 0 : 1000;
        weft_mutex_unlock(&in.m);
    }
    weft_ctx_use(NULL);
    in.done++;
}

static void take_all(void)
{
    memset(&in, 0, sizeof in);
    in.s = (weft_semaphore)WEFT_SEMAPHORE_INIT(1);
    in.b = (weft_barrier)WEFT_BARRIER_INIT(2);
    weft_semaphore_acquire(&in.s, 1);
    weft_wait_group_add(&in.wg, 1);
    weft_rwlock_wrlock(&in.rw);
}

static void cancel_all(void *arg)
{
    static int number[7] = { 0, 1, 2, 3, 4, 5, 6 };
    (void)arg;
    take_all();
    must(weft_ctx_new(NULL, WEFT_FOREVER, &in.ctx) == 0);
    for (int i = 0; i < 7; i++)
        weft_go(wait_in_turn, &number[i]);
    await_parked(7);
    weft_ctx_cancel(in.ctx, 0, NULL);
    await_value(&in.done, 7);
    for (int i = 0; i < 7; i++)
        must(in.err[i] == -ECANCELED);
    must(!in.rw.readers.first && !in.rw.writers.first && !in.c.q.first);
    must(!in.s.q.first && !in.wg.q.first && !in.b.q.first && !in.b.arrived);
    weft_rwlock_wrunlock(&in.rw);
    weft_semaphore_release(&in.s, 1);
    weft_wait_group_done(&in.wg);
    must(weft_rwlock_trywrlock(&in.rw) == 0 && weft_semaphore_try(&in.s, 1) == 0);
    weft_ctx_release(in.ctx);
}

static void test_context_ends_each_wait(void **state)
{
    (void)state;
    assert_rule(cancel_all, 11);
}

static void wait_whatever(void *arg)
{
    int i = *(int *)arg;
    weft_ctx_use(in.ctx);
    if (i == 0) {
        weft_rwlock_rdlock(&in.rw);
        weft_rwlock_rdunlock(&in.rw);
    } else if (i == 1) {
        weft_rwlock_wrlock(&in.rw);
        weft_rwlock_wrunlock(&in.rw);
    } else if (i == 2) {
        weft_mutex_lock(&in.m);
        weft_cond_wait(&in.c, &in.m);
        weft_mutex_unlock(&in.m);
    } else {
        in.last += weft_barrier_wait(&in.b);
    }
    weft_ctx_use(NULL);
    in.done++;
}

static void cancel_in_vain(void *arg)
{
    static int number[4] = { 0, 1, 2, 3 };
    (void)arg;
    take_all();
    must(weft_ctx_new(NULL, WEFT_FOREVER, &in.ctx) == 0);
    for (int i = 0; i < 4; i++)
        weft_go(wait_whatever, &number[i]);
    await_parked(4);
    weft_ctx_cancel(in.ctx, 0, NULL);
    for (int i = 0; i < 100; i++)
        weft_yield();
    must(!in.done && parked() == 4);
    weft_rwlock_wrunlock(&in.rw);
    weft_cond_signal(&in.c);
    must(weft_barrier_wait(&in.b) == 1);
    await_value(&in.done, 4);
    weft_ctx_release(in.ctx);
}

static void test_context_ends_no_wait_without_result(void **state)
{
    (void)state;
    assert_rule(cancel_in_vain, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context_ends_each_wait),
        cmocka_unit_test(test_context_ends_no_wait_without_result),
    };
    return RUN_ON_SOME_PS(tests);
}
