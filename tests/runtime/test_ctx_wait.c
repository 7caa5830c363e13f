/* SPDX-License-Identifier: MIT */
/* Coroutines in contexts: what each call that waits does when its coroutine's context is
 * cancelled. */
#include "saw.h"

#include <sys/socket.h>

/* ---- ambient: the running coroutine's ---- */

static void note_current(void *out)
{
    *(weft_ctx **)out = weft_ctx_current();
}

static void inherit(void *arg)
{
    weft_ctx *ctx, *inherited = NULL, *after = NULL;
    weft_coro *co;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    saw[0] = weft_ctx_use(ctx) == NULL;
    saw[1] = weft_ctx_current() == ctx;
    weft_spawn(NULL, note_current, &inherited, &co);
    weft_join(co, WEFT_FOREVER);
    saw[2] = inherited == ctx;
    saw[3] = weft_ctx_use(NULL) == ctx;
    weft_spawn(NULL, note_current, &after, &co);
    weft_join(co, WEFT_FOREVER);
    saw[4] = after == NULL;
    weft_ctx_release(ctx);
}

static void test_coroutine_inherits_its_makers_context(void **state)
{
    (void)state;
    run(inherit);
    for (int i = 0; i < 5; i++)
        assert_int_equal(saw[i], 1);
}

static void outlive(void *arg)
{
    (void)arg;
    saw[0] = weft_ctx_wait(weft_ctx_current(), WEFT_FOREVER);
    saw[1] = weft_ctx_err(weft_ctx_current());
}

static void let_child_outlive(void *arg)
{
    weft_ctx *ctx;
    weft_coro *co;
    (void)arg;
    weft_ctx_new(NULL, in_ns(2 * WF_NS_PER_MS), &ctx);
    weft_ctx_use(ctx);
    weft_spawn(NULL, outlive, NULL, &co);
    weft_ctx_release(weft_ctx_use(NULL)); /* only the child has it now */
    weft_join(co, WEFT_FOREVER);
}

static void test_coroutine_keeps_its_context(void **state)
{
    (void)state;
    run(let_child_outlive);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], -ETIMEDOUT);
}

/* ---- each call that waits ---- */

struct waits {
    weft_chan *ch, *full;
    weft_mutex mutex;
    weft_wait_group wg;
    weft_coro *sleeper;
    weft_fd *fd, *peer;
    weft_ctx *other;
    weft_ctx *held_back;
};

static int wait_recv(struct waits *w, int64_t deadline)
{
    int v;
    return weft_chan_recv(w->ch, &v, deadline);
}
static int wait_send(struct waits *w, int64_t deadline)
{
    return weft_chan_send(w->full, &(int){ 2 }, deadline);
}
static int wait_select(struct waits *w, int64_t deadline)
{
    int v;
    weft_case cases[] = { { w->ch, WEFT_RECV, &v, 0 },
                          { w->full, WEFT_SEND, &v, 0 },
                          { NULL, WEFT_RECV, NULL, 0 } };
    return weft_select(cases, 3, deadline);
}
static int wait_select_nothing(struct waits *w, int64_t deadline)
{
    (void)w;
    return weft_select(NULL, 0, deadline);
}
static int wait_lock(struct waits *w, int64_t deadline)
{
    return weft_mutex_lock_until(&w->mutex, deadline);
}
static int wait_group(struct waits *w, int64_t deadline)
{
    return weft_wait_group_wait(&w->wg, deadline);
}
static int wait_join(struct waits *w, int64_t deadline)
{
    return weft_join(w->sleeper, deadline);
}
static int wait_sleep(struct waits *w, int64_t deadline)
{
    (void)w;
    return weft_sleep_until(deadline);
}
static int wait_read(struct waits *w, int64_t deadline)
{
    char c;
    return (int)weft_read(w->fd, &c, 1, deadline);
}
static int wait_fd(struct waits *w, int64_t deadline)
{
    return weft_fd_wait(w->fd, WEFT_READ, deadline);
}
static int wait_other(struct waits *w, int64_t deadline)
{
    return weft_ctx_wait(w->other, deadline);
}
static int wait_background(struct waits *w, int64_t deadline)
{
    (void)w;
    return weft_ctx_wait(NULL, deadline);
}

static int (*const waits[])(struct waits *, int64_t) = {
    wait_recv, wait_send,  wait_select, wait_select_nothing,
    wait_lock, wait_group, wait_join,   wait_sleep,
    wait_read, wait_fd,    wait_other,  wait_background,
};
enum { WAITS = sizeof waits / sizeof *waits };
static int ended[WAITS][6];

static void sleep_until_told(void *ch)
{
    weft_chan_recv(ch, NULL, WEFT_FOREVER);
}

static void begin_waits(struct waits *w, weft_chan **tell)
{
    int fds[2];
    *w = (struct waits){ .mutex = WEFT_MUTEX_INIT, .wg = WEFT_WAIT_GROUP_INIT };
    *tell = weft_chan_new(0, 0);
    w->ch = weft_chan_new(sizeof(int), 0);
    w->full = weft_chan_new(sizeof(int), 1);
    weft_chan_send(w->full, &(int){ 1 }, 0);
    weft_wait_group_add(&w->wg, 1);
    weft_spawn(NULL, sleep_until_told, *tell, &w->sleeper);
    if (!socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
        weft_fd_new(fds[0], NULL, &w->fd);
        weft_fd_new(fds[1], NULL, &w->peer);
    }
    weft_ctx_new(NULL, WEFT_FOREVER, &w->other);
}

static void end_waits(struct waits *w, weft_chan *tell)
{
    weft_chan_close(tell);
    weft_join(w->sleeper, WEFT_FOREVER);
    weft_chan_free(tell);
    weft_chan_free(w->ch);
    weft_chan_free(w->full);
    weft_close(w->fd);
    weft_close(w->peer);
    weft_ctx_release(w->other);
}

struct one_wait {
    struct waits *w;
    int (*call)(struct waits *, int64_t);
    int *result;
    int64_t deadline;
    _Atomic int done;
};

static void wait_once(void *arg)
{
    struct one_wait *o = arg;
    *o->result = o->call(o->w, o->deadline);
    atomic_store(&o->done, 1);
}

/* The call in a coroutine of its own, in ctx; cancelled when it is parked. */
static void cancel_parked(struct waits *w, int i, int64_t deadline, int *result)
{
    struct one_wait o = {
        .w = w, .call = waits[i], .result = result, .deadline = deadline
    };
    weft_ctx *ctx;
    int before = parked();
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_use(weft_ctx_retain(ctx));
    weft_go(wait_once, &o);
    weft_ctx_release(weft_ctx_use(NULL));
    await_parked(before + 1);
    weft_ctx_cancel(ctx, -EIO, NULL);
    await_value(&o.done, 1);
    weft_ctx_release(ctx);
}

static void cancel_each_wait(void *arg)
{
    struct waits w;
    weft_chan *tell;
    (void)arg;
    begin_waits(&w, &tell);
    weft_mutex_lock(&w.mutex);
    await_parked(1);
    for (int i = 0; i < WAITS; i++) {
        cancel_parked(&w, i, waits[i] == wait_sleep ? never_soon() : WEFT_FOREVER,
                      &ended[i][0]);
        cancel_parked(&w, i, never_soon(), &ended[i][1]);
    }
    weft_mutex_unlock(&w.mutex);
    end_waits(&w, tell);
}

static void test_cancel_ends_each_wait(void **state)
{
    (void)state;
    run(cancel_each_wait);
    for (int i = 0; i < WAITS; i++) {
        assert_int_equal(ended[i][0], -ECANCELED);
        assert_int_equal(ended[i][1], -ECANCELED);
    }
}

static void hold_mutex(void *arg)
{
    struct waits *w = arg;
    weft_mutex_lock(&w->mutex);
    weft_chan_recv(w->ch, NULL, WEFT_FOREVER);
    weft_mutex_unlock(&w->mutex);
}

/* In a context that is cancelled already, one whose deadline has passed, and one whose
 * deadline comes while it waits. */
static void wait_in(struct waits *w, int i, int64_t deadline, int *result)
{
    weft_ctx *ctx;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_cancel(ctx, 0, NULL);
    weft_ctx_use(ctx);
    result[2] = waits[i](w, deadline);
    weft_ctx_new(NULL, weft_now() - 1, &ctx);
    weft_ctx_release(weft_ctx_use(ctx));
    result[3] = waits[i](w, deadline);
    weft_ctx_new(NULL, in_ns(WF_NS_PER_MS / 4), &ctx);
    weft_ctx_release(weft_ctx_use(ctx));
    result[4] = waits[i](w, deadline);
    result[5] = waits[i](w, 0);
    weft_ctx_release(weft_ctx_use(NULL));
}

static void wait_in_ended_contexts(void *arg)
{
    struct waits w;
    weft_chan *tell;
    weft_coro *holder;
    (void)arg;
    begin_waits(&w, &tell);
    weft_spawn(NULL, hold_mutex, &w, &holder);
    await_parked(2);
    weft_chan *ch = w.ch;
    w.ch = tell; /* nobody sends there either */
    for (int i = 0; i < WAITS; i++)
        wait_in(&w, i, never_soon(), ended[i]);
    w.ch = ch;
    weft_chan_send(w.ch, &(int){ 0 }, WEFT_FOREVER);
    weft_join(holder, WEFT_FOREVER);
    end_waits(&w, tell);
}

static void test_wait_in_an_ended_context_ends_at_once(void **state)
{
    (void)state;
    run(wait_in_ended_contexts);
    for (int i = 0; i < WAITS; i++) {
        assert_int_equal(ended[i][2], -ECANCELED);
        assert_int_equal(ended[i][3], -ETIMEDOUT);
        assert_int_equal(ended[i][4], -ETIMEDOUT);
        if (waits[i] == wait_sleep)
            assert_int_equal(ended[i][5], 0); /* nothing to wait for */
        else if (waits[i] == wait_lock)
            assert_int_equal(ended[i][5], -EBUSY);
        else
            assert_int_equal(ended[i][5], -EAGAIN);
    }
}

static void succeed_when_cancelled(void *arg)
{
    weft_chan *ch = weft_chan_new(sizeof(int), 1);
    weft_mutex m = WEFT_MUTEX_INIT;
    weft_wait_group wg = WEFT_WAIT_GROUP_INIT;
    weft_coro *co;
    weft_ctx *ctx, *seen;
    int v = 7, got = 0;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_cancel(ctx, 0, NULL);
    weft_spawn(NULL, note_current, &seen, &co);
    while (weft_join(co, 0) == -EAGAIN)
        weft_yield();
    weft_ctx_use(ctx);
    saw[0] = weft_chan_send(ch, &v, WEFT_FOREVER);
    saw[1] = weft_chan_recv(ch, &got, WEFT_FOREVER);
    saw[2] = got;
    saw[3] = weft_mutex_lock_until(&m, WEFT_FOREVER);
    weft_mutex_unlock(&m);
    saw[4] = weft_wait_group_wait(&wg, WEFT_FOREVER);
    saw[5] = weft_sleep(0);
    weft_yield();
    saw[6] = weft_sleep(HOUR * WF_NS_PER_S);
    weft_ctx_release(weft_ctx_use(NULL));
    weft_chan_free(ch);
}

static void test_what_need_not_wait_succeeds_in_a_cancelled_context(void **state)
{
    (void)state;
    run(succeed_when_cancelled);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 7);
    assert_int_equal(saw[3], 0);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 0);
    assert_int_equal(saw[6], -ECANCELED);
}

static weft_mutex stubborn;
static void lock_stubbornly(void *done)
{
    weft_mutex_lock(&stubborn);
    weft_mutex_unlock(&stubborn);
    atomic_store((_Atomic int *)done, 1 + (weft_ctx_err(weft_ctx_current()) != 0));
}

static void cancel_lock(void *arg)
{
    static _Atomic int done;
    weft_ctx *ctx;
    (void)arg;
    stubborn = (weft_mutex)WEFT_MUTEX_INIT;
    atomic_store(&done, 0);
    weft_mutex_lock(&stubborn);
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_use(weft_ctx_retain(ctx));
    weft_go(lock_stubbornly, &done);
    weft_ctx_release(weft_ctx_use(NULL));
    await_parked(1);
    weft_ctx_cancel(ctx, 0, NULL);
    for (int i = 0; i < 100; i++)
        weft_yield();
    saw[0] = atomic_load(&done);
    saw[1] = parked();
    weft_mutex_unlock(&stubborn);
    while (!(saw[2] = atomic_load(&done)))
        weft_yield();
    weft_ctx_release(ctx);
}

static void test_mutex_lock_waits_on(void **state)
{
    (void)state;
    run(cancel_lock);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 1);
    assert_int_equal(saw[2], 2);
}

/* ---- the runtime ends ---- */

static weft_ctx *left;
static void wait_for_ever(void *arg)
{
    (void)arg;
    weft_sleep_until(never_soon());
}

static void leave_waiting(void *arg)
{
    (void)arg;
    weft_ctx_new(NULL, never_soon(), &left);
    weft_ctx_use(weft_ctx_retain(left));
    weft_go(wait_for_ever, NULL);
    await_parked(1);
}

static void cancel_left(void *arg)
{
    (void)arg;
    saw[0] = weft_ctx_cancel(left, 0, NULL);
    weft_ctx_release(left);
}

static void test_context_outlives_its_runtime(void **state)
{
    (void)state;
    run(leave_waiting);
    run(cancel_left);
    assert_int_equal(saw[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coroutine_inherits_its_makers_context),
        cmocka_unit_test(test_coroutine_keeps_its_context),
        cmocka_unit_test(test_cancel_ends_each_wait),
        cmocka_unit_test(test_wait_in_an_ended_context_ends_at_once),
        cmocka_unit_test(test_what_need_not_wait_succeeds_in_a_cancelled_context),
        cmocka_unit_test(test_mutex_lock_waits_on),
        cmocka_unit_test(test_context_outlives_its_runtime),
    };
    return RUN_ON_SOME_PS(tests);
}
