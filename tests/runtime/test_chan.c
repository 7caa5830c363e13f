/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include <limits.h>
#include <pthread.h>

/* One element from a coroutine to another. */
struct delivery {
    weft_chan *ch;
    uint64_t value, got;
    int sent, received;
    _Atomic int done;
};

static void receive_one(void *arg)
{
    struct delivery *d = arg;
    d->received = weft_chan_recv(d->ch, &d->got, WEFT_FOREVER);
    d->done++;
}

static void send_one(void *arg)
{
    struct delivery *d = arg;
    d->sent = weft_chan_send(d->ch, &d->value, WEFT_FOREVER);
    d->done++;
}

static void send_to_parked_receiver(void *arg)
{
    struct delivery *d = arg;
    weft_go(receive_one, d);
    await_parked(1);
    send_one(d);
    await_value(&d->done, 2);
}

static void receive_from_parked_sender(void *arg)
{
    struct delivery *d = arg;
    weft_go(send_one, d);
    await_parked(1);
    receive_one(d);
    await_value(&d->done, 2);
}

static void assert_delivers(void (*how)(void *))
{
    struct delivery d = { .ch = weft_chan_new(8, 0), .value = 42 };
    run_inside(how, &d);
    assert_int_equal(d.sent, 0);
    assert_int_equal(d.received, 0);
    assert_int_equal(d.got, 42);
    assert_int_equal(weft_chan_len(d.ch), 0);
    weft_chan_free(d.ch);
}

static void test_send_to_parked_receiver_hands_over(void **state)
{
    (void)state;
    assert_delivers(send_to_parked_receiver);
}

static void test_receive_from_parked_sender_takes_its_element(void **state)
{
    (void)state;
    assert_delivers(receive_from_parked_sender);
}

/* Elements of every size go through a ring that wraps, byte for byte. */
static void pass_elements(void *arg)
{
    size_t size = *(size_t *)arg;
    unsigned char in[300], out[300];
    weft_chan *ch = weft_chan_new(size, 3);
    *(size_t *)arg = SIZE_MAX;
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k <= i % 3; k++) {
            memset(in, i + k, sizeof in);
            if (weft_chan_send(ch, in, 0) || weft_chan_len(ch) != (size_t)k + 1)
                return;
        }
        for (int k = 0; k <= i % 3; k++) {
            memset(in, i + k, size);
            memset(in + size, 0xEE, sizeof in - size);
            memset(out, 0xEE, sizeof out);
            if (weft_chan_recv(ch, out, 0) || memcmp(in, out, sizeof in))
                return;
        }
    }
    weft_chan_free(ch);
    *(size_t *)arg = size;
}

static void test_buffer_keeps_order_and_bytes(void **state)
{
    static const size_t sizes[] = { 0, 1, 4, 7, 8, 9, 16, 64, 299 };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        run_inside(pass_elements, &size);
        assert_int_equal(size, sizes[i]);
    }
}

static void test_receive_of_nothing_wanted_drops_it(void **state)
{
    (void)state;
    weft_chan *ch = weft_chan_new(8, 2);
    uint64_t v = 1;
    assert_int_equal(weft_chan_send(ch, &v, 0), 0);
    v = 2;
    assert_int_equal(weft_chan_send(ch, &v, 0), 0);
    assert_int_equal(weft_chan_recv(ch, NULL, 0), 0);
    assert_int_equal(weft_chan_recv(ch, &v, 0), 0);
    assert_int_equal(v, 2);
    weft_chan_free(ch);
}

static void test_tries_on_a_plain_thread_never_wait(void **state)
{
    (void)state;
    uint64_t v = 7;
    weft_chan *ch = weft_chan_new(8, 1);
    assert_int_equal(weft_chan_cap(ch), 1);
    assert_int_equal(weft_chan_recv(ch, &v, 0), -EAGAIN);
    assert_int_equal(weft_chan_recv(ch, &v, WEFT_FOREVER), -EPERM);
    assert_int_equal(weft_chan_send(ch, &v, WEFT_FOREVER), 0);
    assert_int_equal(weft_chan_send(ch, &v, 0), -EAGAIN);
    assert_int_equal(weft_chan_send(ch, &v, WEFT_FOREVER), -EPERM);
    assert_int_equal(weft_chan_close(ch), 0);
    assert_int_equal(weft_chan_send(ch, &v, 0), -EPIPE);
    v = 0;
    assert_int_equal(weft_chan_recv(ch, &v, 0), 0);
    assert_int_equal(v, 7);
    assert_int_equal(weft_chan_recv(ch, &v, 0), -EPIPE);
    weft_chan_free(ch);
    weft_chan_free(NULL);
}

static void test_more_than_memory_is_no_channel(void **state)
{
    (void)state;
    assert_null(weft_chan_new(SIZE_MAX, 1));
    assert_null(weft_chan_new(1, SIZE_MAX));
    assert_null(weft_chan_new(UINT32_MAX, UINT32_MAX));
}

/* ---- closing ---- */

enum { PARKED = 10 };

struct closing {
    weft_chan *ch;
    int result[PARKED];
    _Atomic int next, done;
    bool senders;
};

static void park_until_closed(void *arg)
{
    struct closing *c = arg;
    uint64_t v = 9;
    int i = c->next++;
    c->result[i] = c->senders ? weft_chan_send(c->ch, &v, WEFT_FOREVER)
                              : weft_chan_recv(c->ch, &v, in_ns(60 * WF_NS_PER_S));
    c->done++;
}

static void close_under_parked(void *arg)
{
    struct closing *c = arg;
    for (int i = 0; i < PARKED; i++)
        weft_go(park_until_closed, c);
    await_parked(PARKED);
    weft_chan_close(c->ch);
    await_value(&c->done, PARKED);
}

static void assert_close_wakes(bool senders)
{
    struct closing c = { .ch = weft_chan_new(8, 0), .senders = senders };
    run_inside(close_under_parked, &c);
    for (int i = 0; i < PARKED; i++)
        assert_int_equal(c.result[i], -EPIPE);
    weft_chan_free(c.ch);
}

static void test_close_wakes_all_receivers(void **state)
{
    (void)state;
    assert_close_wakes(false);
}

static void test_close_wakes_all_senders(void **state)
{
    (void)state;
    assert_close_wakes(true);
}

static void close_twice(void *arg)
{
    (void)arg;
    weft_chan *ch = weft_chan_new(8, 0);
    weft_chan_close(ch);
    weft_chan_close(ch);
}

static void free_under_parked(void *arg)
{
    struct closing c = { .ch = weft_chan_new(8, 0) };
    (void)arg;
    weft_go(park_until_closed, &c);
    await_parked(1);
    weft_chan_free(c.ch);
}

static void test_breaches_end_the_program(void **state)
{
    (void)state;
    assert_dies(close_twice, "weft_chan_close");
    assert_dies(free_under_parked, "weft_chan_free");
}

/* ---- deadlines ---- */

struct timeouts {
    weft_chan *ch;
    int err[6];
};

static void let_deadlines_pass(void *arg)
{
    struct timeouts *t = arg;
    uint64_t v = 1;
    t->err[0] = weft_chan_send(t->ch, &v, in_ns(WF_NS_PER_MS));
    t->err[1] = weft_chan_recv(t->ch, &v, in_ns(WF_NS_PER_MS));
    t->err[2] = weft_chan_recv(t->ch, &v, 1);
    t->err[3] = weft_chan_recv(t->ch, &v, -1);
    /* Nobody is left standing in a list. */
    t->err[4] = weft_chan_send(t->ch, &v, 0);
    t->err[5] = weft_chan_recv(t->ch, &v, 0);
}

static void test_deadline_passes_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct timeouts t = { .ch = weft_chan_new(8, 0) };
    run_inside(let_deadlines_pass, &t);
    for (int i = 0; i < 4; i++)
        assert_int_equal(t.err[i], -ETIMEDOUT);
    assert_int_equal(t.err[4], -EAGAIN);
    assert_int_equal(t.err[5], -EAGAIN);
    weft_chan_free(t.ch);
}

/* A receiver whose deadline comes about when the sender does: both must agree. */
struct race {
    weft_chan *ch;
    long rounds, sent, received, timeouts;
    _Atomic long wrong;
    _Atomic int done;
};

static void receive_in_a_hurry(void *arg)
{
    struct race *r = arg;
    unsigned seed = 1;
    uint64_t v;
    for (long i = 0; i < r->rounds; i++) {
        int err = weft_chan_recv(r->ch, &v, in_ns(below(&seed, 30000)));
        r->received += !err;
        r->timeouts += err == -ETIMEDOUT;
        r->wrong += err && err != -ETIMEDOUT;
    }
    r->done = 1;
}

static void race_deadlines(void *arg)
{
    struct race *r = arg;
    unsigned seed = 2;
    weft_go(receive_in_a_hurry, r);
    while (!r->done) {
        uint64_t v = 0;
        for (int64_t end = in_ns(below(&seed, 20000)); weft_now() < end;)
            ;
        if (below(&seed, 2)) /* lets a deadline fire that has passed meanwhile */
            weft_yield();
        int err = weft_chan_send(r->ch, &v, below(&seed, 2) ? in_ns(5000) : 0);
        r->sent += !err;
        r->wrong += err && err != -ETIMEDOUT && err != -EAGAIN;
        weft_yield();
    }
}

static void test_deadlines_racing_peers_agree(void **state)
{
    (void)state;
    struct race r = { .ch = weft_chan_new(8, 0),
                      .rounds = scale(SCALE_chan_deadline_races) };
    run_inside(race_deadlines, &r);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(r.sent, r.received);
    assert_int_equal(r.received + r.timeouts, r.rounds);
    assert_true(r.received > 0 && r.timeouts > 0);
    scale_done(SCALE_chan_deadline_races, r.rounds);
    weft_chan_free(r.ch);
}

/* ---- many at once ---- */

enum { MANY = 4 };

struct traffic {
    weft_chan *ch;
    long each;                      /* elements of each producer */
    _Atomic long sum, count, order; /* order: elements that overtook one before */
    _Atomic long sent, refused;
    _Atomic int producers, next, done;
};

static void produce(void *arg)
{
    struct traffic *t = arg;
    uint64_t who = (uint64_t)t->next++;
    for (long i = 1; i <= t->each; i++) {
        uint64_t v = who << 32 | (uint64_t)i;
        int err = weft_chan_send(t->ch, &v, WEFT_FOREVER);
        if (err) {
            t->refused++;
            break;
        }
        t->sent++;
    }
    if (!--t->producers && t->each < LONG_MAX)
        weft_chan_close(t->ch);
    t->done++;
}

static void consume(void *arg)
{
    struct traffic *t = arg;
    uint64_t v, last[MANY] = { 0 };
    while (!weft_chan_recv(t->ch, &v, WEFT_FOREVER)) {
        uint64_t who = v >> 32, i = v & UINT32_MAX;
        t->order += i <= last[who];
        last[who] = i;
        t->sum += (long)i;
        t->count++;
    }
    t->done++;
}

static void run_traffic(void *arg)
{
    struct traffic *t = arg;
    t->producers = MANY;
    for (int i = 0; i < MANY; i++) {
        weft_go(produce, t);
        weft_go(consume, t);
    }
    await_value(&t->done, 2 * MANY);
}

static void test_each_element_arrives_once_in_its_senders_order(void **state)
{
    (void)state;
    long n = scale(SCALE_chan_elements);
    for (size_t capacity = 0; capacity < 20; capacity = capacity * 4 + 1) {
        struct traffic t = { .ch = weft_chan_new(8, capacity), .each = n };
        run_inside(run_traffic, &t);
        assert_int_equal(t.count, MANY * n);
        assert_int_equal(t.sum, MANY * n * (n + 1) / 2);
        assert_int_equal(t.order, 0);
        weft_chan_free(t.ch);
        scale_done(SCALE_chan_elements, MANY * n);
    }
}

static void close_during_traffic(void *arg)
{
    struct traffic *t = arg;
    t->producers = MANY;
    for (int i = 0; i < MANY; i++) {
        weft_go(produce, t);
        weft_go(consume, t);
    }
    while (t->count < 50)
        weft_yield();
    weft_chan_close(t->ch);
    await_value(&t->done, 2 * MANY);
}

static void test_close_under_traffic_loses_nothing(void **state)
{
    (void)state;
    long n = scale(SCALE_chan_close_races);
    for (long i = 0; i < n; i++) {
        struct traffic t = { .ch = weft_chan_new(8, (size_t)(i % 3)),
                             .each = LONG_MAX };
        run_inside(close_during_traffic, &t);
        assert_int_equal(t.sent, t.count);
        assert_int_equal(t.refused, MANY);
        assert_int_equal(t.order, 0);
        weft_chan_free(t.ch);
    }
    scale_done(SCALE_chan_close_races, n);
}

/* ---- plain threads ---- */

static void *feed(void *arg)
{
    struct traffic *t = arg;
    for (long i = 1; i <= t->each; i++) {
        uint64_t v = (uint64_t)i;
        while (weft_chan_send(t->ch, &v, 0) == -EAGAIN)
            usleep(10);
    }
    weft_chan_close(t->ch);
    return NULL;
}

static void receive_from_thread(void *arg)
{
    struct traffic *t = arg;
    pthread_t thread;
    weft_foreign_begin();
    t->done = pthread_create(&thread, NULL, feed, t);
    consume(t);
    weft_block_begin(WEFT_BLOCK_USER);
    pthread_join(thread, NULL);
    weft_block_end();
    weft_foreign_end();
}

static void test_plain_thread_feeds_coroutines(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 2; capacity++) {
        struct traffic t = { .ch = weft_chan_new(8, capacity), .each = 300 };
        run_inside(receive_from_thread, &t);
        assert_int_equal(t.count, 300);
        assert_int_equal(t.order, 0);
        weft_chan_free(t.ch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_send_to_parked_receiver_hands_over),
        cmocka_unit_test(test_receive_from_parked_sender_takes_its_element),
        cmocka_unit_test(test_buffer_keeps_order_and_bytes),
        cmocka_unit_test(test_receive_of_nothing_wanted_drops_it),
        cmocka_unit_test(test_tries_on_a_plain_thread_never_wait),
        cmocka_unit_test(test_more_than_memory_is_no_channel),
        cmocka_unit_test(test_close_wakes_all_receivers),
        cmocka_unit_test(test_close_wakes_all_senders),
        cmocka_unit_test(test_breaches_end_the_program),
        cmocka_unit_test(test_deadline_passes_and_leaves_nothing_behind),
        cmocka_unit_test(test_deadlines_racing_peers_agree),
        cmocka_unit_test(test_each_element_arrives_once_in_its_senders_order),
        cmocka_unit_test(test_close_under_traffic_loses_nothing),
        cmocka_unit_test(test_plain_thread_feeds_coroutines),
    };
    return RUN_ON_SOME_PS(tests);
}
