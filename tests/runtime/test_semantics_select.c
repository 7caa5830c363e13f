/* SPDX-License-Identifier: MIT */
/*
 * Select, rule by rule.
 *
 * What the Go specification says           | test
 * -----------------------------------------+------------------------------------------
 * select: a ready case is taken, others    | test_select_does_one_case_only
 *   left alone                             |
 * by a uniform choice if several           | test_select.c: test_ready_cases_are_chosen_
 *                                          |   equally_often
 * default if none is ready                 | test_select_with_default_never_waits
 * without default it waits for one         | test_select_waits_for_one_of_its_cases
 * a nil channel in it is never ready       | test_select_passes_over_nil
 * select{} waits for ever                  | test_select_of_nothing_waits_for_ever
 * a closed channel is ready to receive     | test_select_receives_from_closed
 * send on closed panics: here an error     | test_select_sends_on_closed_with_an_error
 * only channels are waited for: here also  | test_deadline_ends_a_wait
 *   for a deadline                         |
 */
#include "semantics.h"

struct pair {
    weft_chan *a, *b;
};

static struct pair two_channels(size_t capacity)
{
    return (struct pair){ weft_chan_new(8, capacity), weft_chan_new(8, capacity) };
}

static void free_both(struct pair p)
{
    weft_chan_free(p.a);
    weft_chan_free(p.b);
}

static void select_one(void *arg)
{
    struct pair p = two_channels(1);
    uint64_t in = 4, out = 0;
    (void)arg;
    weft_chan_send(p.b, &in, 0);
    weft_case cases[] = { { p.a, WEFT_SEND, &in, 0 }, { p.b, WEFT_RECV, &out, 0 } };
    int chosen = weft_select(cases, 2, WEFT_FOREVER);
    must(chosen == 0 || chosen == 1);
    must(weft_chan_len(p.a) == (chosen == 0) && weft_chan_len(p.b) == (chosen == 0));
    must((out == 4) == (chosen == 1));
    free_both(p);
}

static void test_select_does_one_case_only(void **state)
{
    (void)state;
    assert_rule(select_one, 3);
}

static void select_default(void *arg)
{
    struct pair p = two_channels(0);
    uint64_t v = 0;
    (void)arg;
    weft_case cases[] = { { p.a, WEFT_SEND, &v, 0 }, { p.b, WEFT_RECV, &v, 0 } };
    must(weft_select(cases, 2, 0) == -EAGAIN);
    must(weft_select(NULL, 0, 0) == -EAGAIN);
    free_both(p);
}

static void test_select_with_default_never_waits(void **state)
{
    (void)state;
    assert_rule(select_default, 2);
}

struct chooser {
    weft_case cases[2];
    int n;
    _Atomic int chosen, done;
};

static void choose(void *arg)
{
    struct chooser *c = arg;
    c->chosen = weft_select(c->cases, c->n, WEFT_FOREVER);
    c->done = 1;
}

static void select_later(void *arg)
{
    struct pair p = two_channels(0);
    uint64_t in = 6, out = 0;
    (void)arg;
    struct chooser c = {
        .cases = { { p.a, WEFT_SEND, &in, 0 }, { p.b, WEFT_RECV, &out, 0 } }, .n = 2
    };
    weft_go(choose, &c);
    await_parked_for(WF_WHY_select, 1);
    must(!c.done);
    weft_chan_send(p.b, &in, WEFT_FOREVER);
    await_value(&c.done, 1);
    must(c.chosen == 1 && out == 6 && c.cases[1].result == 0);
    must(weft_chan_recv(p.a, &out, 0) == -EAGAIN); /* the other one is withdrawn */
    free_both(p);
}

static void test_select_waits_for_one_of_its_cases(void **state)
{
    (void)state;
    assert_rule(select_later, 3);
}

static void select_with_nil(void *arg)
{
    struct pair p = two_channels(1);
    uint64_t v = 1;
    (void)arg;
    weft_case cases[] = { { NULL, WEFT_RECV, &v, 0 }, { p.a, WEFT_SEND, &v, 0 } };
    must(weft_select(cases, 2, WEFT_FOREVER) == 1);
    must(weft_select(cases, 2, 0) == -EAGAIN);
    must(weft_select(cases, 1, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    free_both(p);
}

static void test_select_passes_over_nil(void **state)
{
    (void)state;
    assert_rule(select_with_nil, 3);
}

static void select_nothing(void *arg)
{
    struct chooser none = { .n = 0 }, nil = { .n = 2 };
    (void)arg;
    weft_go(choose, &none);
    weft_go(choose, &nil);
    await_parked_for(WF_WHY_never, 2);
    for (int i = 0; i < 100; i++)
        weft_yield();
    must(!none.done && !nil.done);
}

static void test_select_of_nothing_waits_for_ever(void **state)
{
    (void)state;
    assert_rule(select_nothing, 1);
}

static void select_closed(void *arg)
{
    struct pair p = two_channels(1);
    uint64_t v = 8, out = 0;
    (void)arg;
    weft_chan_send(p.a, &v, 0);
    weft_chan_close(p.a);
    weft_case cases[] = { { p.a, WEFT_RECV, &out, 0 }, { p.b, WEFT_RECV, &out, 0 } };
    must(weft_select(cases, 2, WEFT_FOREVER) == 0 && !cases[0].result && out == 8);
    must(weft_select(cases, 2, WEFT_FOREVER) == 0 && cases[0].result == -EPIPE);
    free_both(p);
}

static void test_select_receives_from_closed(void **state)
{
    (void)state;
    assert_rule(select_closed, 2);
}

static void select_send_closed(void *arg)
{
    struct pair p = two_channels(0);
    uint64_t v = 8;
    (void)arg;
    struct chooser c = {
        .cases = { { p.a, WEFT_SEND, &v, 0 }, { p.b, WEFT_RECV, &v, 0 } }, .n = 2
    };
    weft_go(choose, &c);
    await_parked_for(WF_WHY_select, 1);
    weft_chan_close(p.a);
    await_value(&c.done, 1);
    must(c.chosen == 0 && c.cases[0].result == -EPIPE);
    c.cases[0].result = 0;
    must(weft_select(c.cases, 2, 0) == 0 && c.cases[0].result == -EPIPE);
    free_both(p);
}

static void test_select_sends_on_closed_with_an_error(void **state)
{
    (void)state;
    assert_rule(select_send_closed, 2);
}

static void wait_until(void *arg)
{
    struct pair p = two_channels(0);
    uint64_t v = 0;
    (void)arg;
    weft_case cases[] = { { p.a, WEFT_SEND, &v, 0 }, { p.b, WEFT_RECV, &v, 0 } };
    must(weft_chan_send(p.a, &v, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(weft_chan_recv(p.a, &v, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(weft_select(cases, 2, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(weft_select(NULL, 0, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    free_both(p);
}

static void test_deadline_ends_a_wait(void **state)
{
    (void)state;
    assert_rule(wait_until, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select_does_one_case_only),
        cmocka_unit_test(test_select_with_default_never_waits),
        cmocka_unit_test(test_select_waits_for_one_of_its_cases),
        cmocka_unit_test(test_select_passes_over_nil),
        cmocka_unit_test(test_select_of_nothing_waits_for_ever),
        cmocka_unit_test(test_select_receives_from_closed),
        cmocka_unit_test(test_select_sends_on_closed_with_an_error),
        cmocka_unit_test(test_deadline_ends_a_wait),
    };
    return RUN_ON_SOME_PS(tests);
}
