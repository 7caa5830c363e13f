/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include "runtime/pool.h"

enum { N = 4 };

static void make_channels(weft_chan **ch, int n, size_t capacity)
{
    for (int i = 0; i < n; i++)
        ch[i] = weft_chan_new(8, capacity);
}

static void free_channels(weft_chan **ch, int n)
{
    for (int i = 0; i < n; i++)
        weft_chan_free(ch[i]);
}

static void test_nothing_ready_is_eagain_or_eperm_on_a_plain_thread(void **state)
{
    (void)state;
    weft_chan *ch[2];
    uint64_t v = 1, w;
    make_channels(ch, 2, 0);
    weft_case cases[] = { { ch[0], WEFT_SEND, &v, 5 }, { ch[1], WEFT_RECV, &w, 5 } };
    assert_int_equal(weft_select(cases, 2, 0), -EAGAIN);
    assert_int_equal(weft_select(cases, 0, 0), -EAGAIN);
    assert_int_equal(weft_select(cases, 2, WEFT_FOREVER), -EPERM);
    assert_int_equal(cases[0].result, 5);
    assert_int_equal(cases[1].result, 5);
    free_channels(ch, 2);
}

static void test_bad_arguments_are_refused(void **state)
{
    (void)state;
    weft_case c = { NULL, 2, NULL, 0 };
    assert_int_equal(weft_select(&c, 1, 0), -EINVAL);
    assert_int_equal(weft_select(&c, -1, 0), -EINVAL);
    assert_int_equal(weft_select(&c, 65536, 0), -EINVAL);
}

static void test_the_ready_case_is_done(void **state)
{
    (void)state;
    weft_chan *ch[3];
    uint64_t v = 1, w = 0;
    make_channels(ch, 3, 1);
    assert_int_equal(weft_chan_send(ch[2], &v, 0), 0);
    weft_case cases[] = {
        { ch[0], WEFT_RECV, &w, 1 },
        { NULL, WEFT_RECV, &w, 1 },
        { ch[1], WEFT_RECV, &w, 1 },
        { ch[2], WEFT_RECV, &w, 1 },
    };
    assert_int_equal(weft_select(cases, 4, 0), 3);
    assert_int_equal(cases[3].result, 0);
    assert_int_equal(w, 1);
    assert_int_equal(weft_chan_len(ch[2]), 0);
    free_channels(ch, 3);
}

static void test_a_closed_channel_is_ready_and_says_so(void **state)
{
    (void)state;
    weft_chan *ch = weft_chan_new(8, 1);
    uint64_t v = 1;
    weft_case send = { ch, WEFT_SEND, &v, 0 }, recv = { ch, WEFT_RECV, &v, 0 };
    weft_chan_close(ch);
    assert_int_equal(weft_select(&send, 1, 0), 0);
    assert_int_equal(send.result, -EPIPE);
    assert_int_equal(weft_select(&recv, 1, 0), 0);
    assert_int_equal(recv.result, -EPIPE);
    weft_chan_free(ch);
}

/* Of N ready cases each is chosen about equally often: within 5 standard deviations. */
static void test_ready_cases_are_chosen_equally_often(void **state)
{
    (void)state;
    weft_chan *ch[N];
    long chosen[N] = { 0 }, rounds = scale(SCALE_select_fairness);
    weft_case cases[N];
    uint64_t v = 1;
    make_channels(ch, N, 1);
    for (int i = 0; i < N; i++) {
        cases[i] = (weft_case){ ch[i], WEFT_RECV, &v, 0 };
        assert_int_equal(weft_chan_send(ch[i], &v, 0), 0);
    }
    for (long i = 0; i < rounds; i++) {
        int c = weft_select(cases, N, 0);
        assert_in_range(c, 0, N - 1);
        chosen[c]++;
        assert_int_equal(weft_chan_send(ch[c], &v, 0), 0);
    }
    for (int i = 0; i < N; i++) {
        long off = chosen[i] - rounds / N;
        assert_true(off * off <= 25 * rounds * (N - 1) / (N * N));
    }
    scale_done(SCALE_select_fairness, rounds);
    free_channels(ch, N);
}

/* ---- parked ---- */

struct parked {
    weft_chan *ch[N];
    weft_case *cases;
    uint64_t elem;
    int n, wake, chosen, after[N];
    int64_t deadline;
    _Atomic int done;
};

static void select_one(void *arg)
{
    struct parked *p = arg;
    p->chosen = weft_select(p->cases, p->n, p->deadline);
    p->done = 1;
}

/* Wake it through one channel, then see that it stands in no other's list. */
static void wake_select(void *arg)
{
    struct parked *p = arg;
    uint64_t v = 77, w;
    weft_go(select_one, p);
    await_parked(1);
    p->cases[p->wake].op == WEFT_RECV
        ? weft_chan_send(p->cases[p->wake].ch, &v, 0)
        : weft_chan_recv(p->cases[p->wake].ch, &p->elem, 0);
    await_value(&p->done, 1);
    for (int i = 0; i < N; i++) {
        p->after[i] = weft_chan_send(p->ch[i], &v, 0);
        if (p->after[i] == -EAGAIN)
            p->after[i] = weft_chan_recv(p->ch[i], &w, 0);
    }
}

static void test_parked_select_is_woken_by_any_of_its_cases(void **state)
{
    (void)state;
    for (int wake = 0; wake < N + 2; wake++) {
        uint64_t in[N + 2] = { 0 };
        struct parked p = { .n = N + 2, .wake = wake, .deadline = WEFT_FOREVER };
        weft_case cases[N + 2];
        make_channels(p.ch, N, 0);
        for (int i = 0; i < N; i++)
            cases[i] = (weft_case){ p.ch[i], i % 2 ? WEFT_SEND : WEFT_RECV, &in[i], 1 };
        /* Channels may stand twice, in the same direction and in the other. */
        cases[N] = (weft_case){ p.ch[2], WEFT_RECV, &in[N], 1 };
        cases[N + 1] = (weft_case){ p.ch[2], WEFT_SEND, &in[N + 1], 1 };
        for (int i = 0; i < N + 2; i++)
            in[i] = (uint64_t)i;
        p.cases = cases;
        run_inside(wake_select, &p);
        if (wake == N)
            assert_true(p.chosen == 2); /* who stood first */
        else
            assert_int_equal(p.chosen, wake);
        assert_int_equal(cases[p.chosen].result, 0);
        if (cases[wake].op == WEFT_RECV)
            assert_int_equal(in[p.chosen], 77);
        else
            assert_int_equal(p.elem, wake);
        for (int i = 0; i < N; i++)
            assert_int_equal(p.after[i], -EAGAIN);
        free_channels(p.ch, N);
    }
}

static void close_under_select(void *arg)
{
    struct parked *p = arg;
    weft_go(select_one, p);
    await_parked(1);
    weft_chan_close(p->cases[1].ch);
    await_value(&p->done, 1);
}

static void test_close_wakes_a_parked_select(void **state)
{
    (void)state;
    struct parked p = { .n = 2, .deadline = WEFT_FOREVER };
    uint64_t v = 0;
    make_channels(p.ch, N, 0);
    weft_case cases[] = { { p.ch[0], WEFT_SEND, &v, 0 },
                          { p.ch[1], WEFT_SEND, &v, 0 } };
    p.cases = cases;
    run_inside(close_under_select, &p);
    assert_int_equal(p.chosen, 1);
    assert_int_equal(cases[1].result, -EPIPE);
    free_channels(p.ch, N);
}

static void select_briefly(void *arg)
{
    struct parked *p = arg;
    p->deadline = in_ns(WF_NS_PER_MS);
    select_one(p);
}

static void test_deadline_ends_a_select_even_of_nothing(void **state)
{
    (void)state;
    weft_case none = { NULL, WEFT_RECV, NULL, 0 };
    struct parked p = { .n = 0 };
    run_inside(select_briefly, &p);
    assert_int_equal(p.chosen, -ETIMEDOUT);
    p = (struct parked){ .n = 1, .cases = &none };
    run_inside(select_briefly, &p);
    assert_int_equal(p.chosen, -ETIMEDOUT);
}

/* ---- many cases ---- */

enum { MOST = 1000 };

static void select_of_many(void *arg)
{
    struct parked *p = arg;
    static const int sizes[] = { 9, 40, 200, MOST };
    weft_chan *ch[MOST];
    weft_case *cases = calloc(MOST, sizeof *cases);
    uint64_t v = 5, got = 0;
    p->cases = cases;
    p->deadline = WEFT_FOREVER;
    make_channels(ch, MOST, 0);
    for (int s = 0; s < 4; s++) {
        p->n = sizes[s];
        p->done = 0;
        /* Neither in the order of addresses nor each once. */
        for (int i = 0; i < p->n; i++)
            cases[i] = (weft_case){ ch[i * 7 % p->n / 2], WEFT_RECV, &got, 0 };
        weft_go(select_one, p);
        await_parked(1);
        weft_chan_send(cases[p->n - 1].ch, &v, 0);
        await_value(&p->done, 1);
        p->after[s] = p->chosen >= 0 && cases[p->chosen].ch == cases[p->n - 1].ch &&
                      got == 5;
        got = 0;
    }
    free_channels(ch, MOST);
    free(cases);
}

static void test_select_of_a_thousand_cases(void **state)
{
    (void)state;
    struct parked p = { 0 };
    struct weft_pool_stats before = { 0 }, after;
    if (wf_waiter_pool)
        weft_pool_stats(wf_waiter_pool, &before);
    run_inside(select_of_many, &p);
    for (int s = 0; s < 4; s++)
        assert_true(p.after[s]);
    /* Two sizes found their waiters in the runtime's own pool. */
    weft_pool_stats(wf_waiter_pool, &after);
    assert_int_equal(after.gets - before.gets, 2);
    assert_int_equal(after.puts - before.puts, 2);
}

/* ---- against each other ---- */

/* Each sends and receives on all channels by selects in an order of its own. */
struct crowd {
    weft_chan *ch[N];
    long rounds;
    _Atomic long sent, received, timeouts, wrong;
    _Atomic int next, done;
};

static void mingle(void *arg)
{
    struct crowd *c = arg;
    unsigned seed = (unsigned)c->next++ + 1;
    uint64_t out[2 * N], in[2 * N];
    weft_case cases[2 * N];
    for (long i = 0; i < c->rounds; i++) {
        int n = 1 + (int)below(&seed, 2 * N);
        for (int k = 0; k < n; k++) {
            int op = below(&seed, 2) ? WEFT_SEND : WEFT_RECV;
            out[k] = in[k] = (uint64_t)op;
            cases[k] = (weft_case){ c->ch[below(&seed, N)], op,
                                    op == WEFT_SEND ? &out[k] : &in[k], 1 };
            if (op == WEFT_RECV)
                in[k] = 99;
        }
        int chosen = weft_select(cases, n, in_ns(below(&seed, 100000)));
        if (chosen == -ETIMEDOUT)
            c->timeouts++;
        else if (chosen < 0 || cases[chosen].result)
            c->wrong++;
        else if (cases[chosen].op == WEFT_SEND)
            c->sent++;
        else if (in[chosen] == WEFT_SEND)
            c->received++;
        else
            c->wrong++;
        for (int k = 0; k < n; k++)
            c->wrong += k != chosen && cases[k].op == WEFT_RECV && in[k] != 99;
    }
    c->done++;
}

static void run_crowd(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < 6; i++)
        weft_go(mingle, c);
    await_value(&c->done, 6);
}

static void test_selects_against_selects_pair_up(void **state)
{
    (void)state;
    struct crowd c = { .rounds = scale(SCALE_select_races) };
    make_channels(c.ch, N, 0);
    run_inside(run_crowd, &c);
    assert_int_equal(c.wrong, 0);
    assert_int_equal(c.sent, c.received);
    assert_int_equal(c.sent + c.received + c.timeouts, 6 * c.rounds);
    assert_true(c.sent > 0);
    scale_done(SCALE_select_races, 6 * c.rounds);
    free_channels(c.ch, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_ready_is_eagain_or_eperm_on_a_plain_thread),
        cmocka_unit_test(test_bad_arguments_are_refused),
        cmocka_unit_test(test_the_ready_case_is_done),
        cmocka_unit_test(test_a_closed_channel_is_ready_and_says_so),
        cmocka_unit_test(test_ready_cases_are_chosen_equally_often),
        cmocka_unit_test(test_parked_select_is_woken_by_any_of_its_cases),
        cmocka_unit_test(test_close_wakes_a_parked_select),
        cmocka_unit_test(test_deadline_ends_a_select_even_of_nothing),
        cmocka_unit_test(test_select_of_a_thousand_cases),
        cmocka_unit_test(test_selects_against_selects_pair_up),
    };
    return RUN_ON_SOME_PS(tests);
}
