/* SPDX-License-Identifier: MIT */
/*
 * weft_on_big_stack: deep calls, parks and moves between threads on it, its end by name.
 */
#include "rt_support.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <weft/ctx.h>

enum { DEEP = 4 << 20, FRAME = 1024 };

struct one {
    int err, nested_err;
    bool deep, unlimited;
    uintptr_t nested_at, at;
    int64_t sum;
};

/* Touches DEEP bytes of stack; its result needs every frame. */
static __attribute__((noinline)) int64_t go_deep(int n)
{
    volatile char room[FRAME];
    room[0] = (char)n;
    room[FRAME - 1] = 1;
    return n ? go_deep(n - 1) + room[FRAME - 1] : room[FRAME - 1];
}

static void deep(void *arg)
{
    struct one *o = arg;
    o->sum = go_deep(DEEP / FRAME);
    o->deep = true;
}

static void call_deep(void *arg)
{
    struct one *o = arg;
    o->err = weft_on_big_stack(deep, o);
}

static void test_it_is_deep(void **state)
{
    (void)state;
    struct one o = { .err = 1 };
    run_in_weft_on(1, call_deep, &o);
    assert_int_equal(o.err, 0);
    assert_true(o.deep);
    assert_int_equal(o.sum, DEEP / FRAME + 1);
}

static void inner(void *arg)
{
    struct one *o = arg;
    o->nested_at = (uintptr_t)__builtin_frame_address(0);
}

static void outer(void *arg)
{
    struct one *o = arg;
    o->at = (uintptr_t)__builtin_frame_address(0);
    o->nested_err = weft_on_big_stack(inner, o);
}

static void call_nested(void *arg)
{
    struct one *o = arg;
    o->err = weft_on_big_stack(outer, o);
}

static void test_a_call_within_stays_on_it(void **state)
{
    (void)state;
    struct one o = { .err = 1, .nested_err = 1 };
    run_in_weft_on(1, call_nested, &o);
    assert_int_equal(o.err, 0);
    assert_int_equal(o.nested_err, 0);
    assert_true(o.nested_at < o.at && o.at - o.nested_at < 65536);
}

static void test_a_plain_thread_just_calls(void **state)
{
    (void)state;
    struct one o = { 0 };
    assert_int_equal(weft_on_big_stack(inner, &o), 0);
    assert_true(o.nested_at);
}

/* ---- many at once, that park and move on it ---- */

enum { MANY = 100, TURNS = 50 };

struct many {
    weft_chan *ch;
    _Atomic int64_t sum;
    _Atomic int errors;
    weft_wait_group all;
};

static void pass_on(void *arg)
{
    struct many *m = arg;
    char here[20000];
    for (int i = 0; i < TURNS; i++) {
        int64_t one = 1;
        memset(here, i, sizeof here);
        m->errors += weft_chan_send(m->ch, &one, WEFT_FOREVER) != 0;
        weft_yield();
        m->errors += here[0] != (char)i || here[sizeof here - 1] != (char)i;
    }
}

static void take_in(void *arg)
{
    struct many *m = arg;
    for (int i = 0; i < TURNS; i++) {
        int64_t one = 0;
        m->errors += weft_chan_recv(m->ch, &one, WEFT_FOREVER) != 0;
        atomic_fetch_add(&m->sum, one);
    }
}

static void side(struct many *m, void (*fn)(void *))
{
    for (int again = 0; again < 3; again++)
        m->errors += weft_on_big_stack(fn, m) != 0;
    weft_wait_group_done(&m->all);
}

static void sender(void *arg)
{
    side(arg, pass_on);
}

static void receiver(void *arg)
{
    side(arg, take_in);
}

static void many_sides(void *arg)
{
    struct many *m = arg;
    m->ch = weft_chan_new(sizeof(int64_t), 0);
    weft_wait_group_add(&m->all, 2 * MANY);
    for (int i = 0; i < MANY; i++) {
        m->errors += weft_go(sender, m) != 0;
        m->errors += weft_go(receiver, m) != 0;
    }
    weft_wait_group_wait(&m->all, WEFT_FOREVER);
    weft_chan_free(m->ch);
}

static void test_many_park_on_theirs(void **state)
{
    (void)state;
    struct many m = { .all = WEFT_WAIT_GROUP_INIT };
    run_in_weft_on(4, many_sides, &m);
    assert_int_equal(m.errors, 0);
    assert_int_equal(m.sum, 3 * MANY * TURNS);
}

/* ---- a context's end reaches who waits on it ---- */

static void wait_for_ever(void *arg)
{
    int *err = arg;
    weft_chan *never = weft_chan_new(1, 0);
    char c;
    *err = weft_chan_recv(never, &c, WEFT_FOREVER);
    weft_chan_free(never);
}

static void in_context(void *arg)
{
    weft_on_big_stack(wait_for_ever, arg);
}

static void cancel_it(void *arg)
{
    weft_ctx *ctx;
    weft_coro *co;
    assert_int_equal(weft_ctx_new(NULL, WEFT_FOREVER, &ctx), 0);
    weft_ctx *before = weft_ctx_use(weft_ctx_retain(ctx));
    assert_int_equal(weft_spawn("deep", in_context, arg, &co), 0);
    weft_ctx_release(weft_ctx_use(before));
    weft_sleep(2 * WF_NS_PER_MS);
    weft_ctx_cancel(ctx, -ECANCELED, NULL);
    assert_int_equal(weft_join(co, WEFT_FOREVER), 0);
    weft_ctx_release(ctx);
}

static void test_a_context_cancels_the_wait(void **state)
{
    (void)state;
    int err = 0;
    run_in_weft_on(2, cancel_it, &err);
    assert_int_equal(err, -ECANCELED);
}

/* ---- no end to it, and no memory ---- */

static void for_ever(void *arg)
{
    (void)arg;
    go_deep(INT32_MAX);
}

static void overflow_it(void *arg)
{
    weft_set_name("digger");
    weft_on_big_stack(for_ever, arg);
}

static void run_overflow(void *arg)
{
    weft_config c = rt_config(1);
    weft_run(&c, overflow_it, arg);
}

static void test_its_overflow_is_named(void **state)
{
    (void)state;
    char out[4096];
    int status = in_child(run_overflow, NULL, out, sizeof out);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(out, "weft: stack overflow in coroutine 1 (digger)"));
}

static void without_memory(void *arg)
{
    struct one *o = arg;
    struct rlimit old, none = { 0, 0 };
    getrlimit(RLIMIT_AS, &old);
    none.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_AS, &none);
    void *any = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    o->unlimited = any != MAP_FAILED; /* an emulator may say yes and do nothing */
    o->err = weft_on_big_stack(deep, o);
    setrlimit(RLIMIT_AS, &old);
}

static void test_without_memory_it_is_not_called(void **state)
{
    (void)state;
    struct one o = { .err = 1 };
    run_in_weft_on(1, without_memory, &o);
    if (o.unlimited)
        skip();
    assert_int_equal(o.err, -ENOMEM);
    assert_false(o.deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_deep),
        cmocka_unit_test(test_a_call_within_stays_on_it),
        cmocka_unit_test(test_a_plain_thread_just_calls),
        cmocka_unit_test(test_many_park_on_theirs),
        cmocka_unit_test(test_a_context_cancels_the_wait),
        cmocka_unit_test(test_its_overflow_is_named),
        cmocka_unit_test(test_without_memory_it_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
