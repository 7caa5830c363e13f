/* SPDX-License-Identifier: MIT */
/*
 * Channels, rule by rule.  For select see test_semantics_select.c.
 *
 * What the Go specification says           | test
 * -----------------------------------------+------------------------------------------
 * channels are first-in-first-out queues   | test_elements_come_out_as_they_went_in
 * without a buffer, a send waits for its   | test_unbuffered_send_waits_for_receiver
 *   receiver                               |
 * with a buffer, a send waits if it is     | test_buffered_send_waits_only_when_full
 *   full, a receive if it is empty         |
 * a receive waits for a value              | test_receive_waits_for_a_value
 * an element is assigned, so copied        | test_element_is_copied
 * elements may be empty (struct{})         | test_elements_may_be_empty
 * len and cap; 0 for nil                   | test_len_and_cap_are_told
 * a nil channel is never ready             | test_nil_channel_never_sends,
 *                                          | test_nil_channel_never_receives
 * close: no more values will be sent       | test_closed_channel_is_drained_first
 * a receive from a closed channel never    | test_receive_from_closed_never_waits
 *   waits, and says so (v, ok := <-c)      |
 * close lets go on who receives            | test_close_lets_receivers_go
 * send on closed panics: here an error     | test_send_on_closed_is_an_error,
 *                                          | test_close_lets_senders_go_with_an_error
 * to close twice or nil panics: here it    | test_second_close_names_both_places,
 *   ends the program                       | test_close_of_nil_ends_the_program
 * range: until closed, all values          | test_range_ends_when_closed_and_drained
 * range over nil waits for ever            | test_nil_channel_never_receives
 *
 * What the Go memory model says            |
 * -----------------------------------------+------------------------------------------
 * a send is before its receive completes   | test_send_is_before_its_receive
 * close is before a receive that tells it  | test_close_is_before_who_sees_it
 * without a buffer a receive is before its | test_receive_is_before_unbuffered_send_ends
 *   send completes                         |
 * the kth receive is before the (k+C)th    | test_buffer_counts_like_a_semaphore
 *   send completes                         |
 *
 * Of these four plain variables are written on one side and read on the other: what the
 * thread sanitizer sees.
 */
#include "semantics.h"

struct sender {
    weft_chan *ch;
    uint64_t value;
    _Atomic int err, done;
};

static void send_one(void *arg)
{
    struct sender *s = arg;
    s->err = weft_chan_send(s->ch, &s->value, WEFT_FOREVER);
    s->done = 1;
}

static void receive_one(void *arg)
{
    struct sender *s = arg;
    s->err = weft_chan_recv(s->ch, &s->value, WEFT_FOREVER);
    s->done = 1;
}

/* ---- sending and receiving ---- */

static void pass_in_order(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 3);
    struct sender s[4];
    (void)arg;
    bool order = true;
    for (uint64_t i = 0; i < 3; i++)
        weft_chan_send(ch, &i, 0);
    for (int i = 0; i < 4; i++) { /* who waits is served in order, too */
        s[i] = (struct sender){ .ch = ch, .value = 3 + (uint64_t)i };
        weft_go(send_one, &s[i]);
        await_parked_for(WF_WHY_chan_send, i + 1);
    }
    for (uint64_t i = 0, got; i < 7; i++)
        order &= !weft_chan_recv(ch, &got, WEFT_FOREVER) && got == i;
    must(order);
    for (int i = 0; i < 4; i++)
        await_value(&s[i].done, 1);
    weft_chan_free(ch);
}

static void test_elements_come_out_as_they_went_in(void **state)
{
    (void)state;
    assert_rule(pass_in_order, 1);
}

static void send_unbuffered(void *arg)
{
    struct sender s = { .ch = weft_chan_new(8, 0), .value = 7 };
    uint64_t got = 0;
    (void)arg;
    must(weft_chan_send(s.ch, &got, 0) == -EAGAIN);
    weft_go(send_one, &s);
    await_parked_for(WF_WHY_chan_send, 1);
    must(!s.done);
    must(weft_chan_recv(s.ch, &got, 0) == 0 && got == 7);
    await_value(&s.done, 1);
    must(s.err == 0);
    weft_chan_free(s.ch);
}

static void test_unbuffered_send_waits_for_receiver(void **state)
{
    (void)state;
    assert_rule(send_unbuffered, 4);
}

static void send_buffered(void *arg)
{
    struct sender s = { .ch = weft_chan_new(8, 2), .value = 7 };
    uint64_t v = 1;
    (void)arg;
    must(weft_chan_recv(s.ch, &v, 0) == -EAGAIN);
    must(weft_chan_send(s.ch, &v, 0) == 0 && weft_chan_send(s.ch, &v, 0) == 0);
    must(weft_chan_send(s.ch, &v, 0) == -EAGAIN);
    weft_go(send_one, &s);
    await_parked_for(WF_WHY_chan_send, 1);
    weft_chan_recv(s.ch, &v, 0);
    await_value(&s.done, 1);
    must(s.err == 0 && weft_chan_len(s.ch) == 2);
    weft_chan_free(s.ch);
}

static void test_buffered_send_waits_only_when_full(void **state)
{
    (void)state;
    assert_rule(send_buffered, 4);
}

static void receive_later(void *arg)
{
    struct sender s = { .ch = weft_chan_new(8, 1) };
    (void)arg;
    weft_go(receive_one, &s);
    await_parked_for(WF_WHY_chan_recv, 1);
    must(!s.done);
    weft_chan_send(s.ch, &(uint64_t){ 9 }, 0);
    await_value(&s.done, 1);
    must(s.err == 0 && s.value == 9);
    weft_chan_free(s.ch);
}

static void test_receive_waits_for_a_value(void **state)
{
    (void)state;
    assert_rule(receive_later, 2);
}

static void send_then_change(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 1);
    uint64_t v = 1, got = 0;
    (void)arg;
    weft_chan_send(ch, &v, 0);
    v = 2;
    weft_chan_recv(ch, &got, 0);
    must(got == 1);
    weft_chan_free(ch);
}

static void test_element_is_copied(void **state)
{
    (void)state;
    assert_rule(send_then_change, 1);
}

static void send_nothing(void *arg)
{
    weft_chan *ch = weft_chan_new(0, 2);
    (void)arg;
    must(weft_chan_send(ch, NULL, 0) == 0 && weft_chan_send(ch, NULL, 0) == 0);
    must(weft_chan_send(ch, NULL, 0) == -EAGAIN && weft_chan_len(ch) == 2);
    must(weft_chan_recv(ch, NULL, 0) == 0 && weft_chan_recv(ch, NULL, 0) == 0);
    must(weft_chan_recv(ch, NULL, 0) == -EAGAIN);
    weft_chan_free(ch);
}

static void test_elements_may_be_empty(void **state)
{
    (void)state;
    assert_rule(send_nothing, 4);
}

static void count_elements(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 2);
    (void)arg;
    must(weft_chan_len(ch) == 0 && weft_chan_cap(ch) == 2);
    weft_chan_send(ch, &(uint64_t){ 0 }, 0);
    must(weft_chan_len(ch) == 1 && weft_chan_cap(ch) == 2);
    weft_chan_close(ch);
    must(weft_chan_len(ch) == 1 && weft_chan_cap(ch) == 2);
    must(weft_chan_len(NULL) == 0 && weft_chan_cap(NULL) == 0);
    weft_chan_free(ch);
}

static void test_len_and_cap_are_told(void **state)
{
    (void)state;
    assert_rule(count_elements, 4);
}

/* ---- nil ---- */

static void send_on_nil(void *arg)
{
    struct sender s = { .ch = NULL };
    (void)arg;
    must(weft_chan_send(NULL, &s.value, 0) == -EAGAIN);
    must(weft_chan_send(NULL, &s.value, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    weft_go(send_one, &s);
    await_parked_for(WF_WHY_never, 1);
    for (int i = 0; i < 100; i++)
        weft_yield();
    must(!s.done && parked_for(WF_WHY_never) == 1);
}

static void test_nil_channel_never_sends(void **state)
{
    (void)state;
    assert_rule(send_on_nil, 3);
    assert_int_equal(weft_chan_send(NULL, NULL, WEFT_FOREVER), -EPERM);
}

static void range_over_nil(void *arg)
{
    uint64_t v;
    weft_chan_each (NULL, &v)
        ;
    *(_Atomic int *)arg = 1;
}

static void receive_from_nil(void *arg)
{
    static _Atomic int over;
    struct sender s = { .ch = NULL, .value = 5 };
    (void)arg;
    over = 0;
    must(weft_chan_recv(NULL, &s.value, 0) == -EAGAIN);
    must(weft_chan_recv(NULL, &s.value, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    weft_go(receive_one, &s);
    weft_go(range_over_nil, &over);
    await_parked_for(WF_WHY_never, 2);
    for (int i = 0; i < 100; i++)
        weft_yield();
    must(!s.done && !over && s.value == 5);
}

static void test_nil_channel_never_receives(void **state)
{
    (void)state;
    assert_rule(receive_from_nil, 3);
    assert_int_equal(weft_chan_recv(NULL, NULL, WEFT_FOREVER), -EPERM);
}

/* ---- closing ---- */

static void close_with_some_left(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 2);
    uint64_t v = 3;
    (void)arg;
    weft_chan_send(ch, &v, 0);
    must(weft_chan_close(ch) == 0);
    v = 0;
    must(weft_chan_recv(ch, &v, WEFT_FOREVER) == 0 && v == 3);
    must(weft_chan_recv(ch, &v, WEFT_FOREVER) == -EPIPE);
    weft_chan_free(ch);
}

static void test_closed_channel_is_drained_first(void **state)
{
    (void)state;
    assert_rule(close_with_some_left, 3);
}

/* Go gives the zero value; here what the caller had stays as it is. */
static void receive_from_closed(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 0);
    uint64_t v = 5;
    (void)arg;
    weft_chan_close(ch);
    for (int i = 0; i < 3; i++)
        must(weft_chan_recv(ch, &v, WEFT_FOREVER) == -EPIPE && v == 5);
    weft_chan_free(ch);
}

static void test_receive_from_closed_never_waits(void **state)
{
    (void)state;
    assert_rule(receive_from_closed, 3);
}

static void close_under(void (*fn)(void *), enum wf_why why)
{
    weft_chan *ch = weft_chan_new(8, 0);
    struct sender s[3];
    for (int i = 0; i < 3; i++) {
        s[i] = (struct sender){ .ch = ch };
        weft_go(fn, &s[i]);
    }
    await_parked_for(why, 3);
    weft_chan_close(ch);
    for (int i = 0; i < 3; i++) {
        await_value(&s[i].done, 1);
        must(s[i].err == -EPIPE);
    }
    weft_chan_free(ch);
}

static void close_under_receivers(void *arg)
{
    (void)arg;
    close_under(receive_one, WF_WHY_chan_recv);
}

static void close_under_senders(void *arg)
{
    (void)arg;
    close_under(send_one, WF_WHY_chan_send);
}

static void test_close_lets_receivers_go(void **state)
{
    (void)state;
    assert_rule(close_under_receivers, 3);
}

static void test_close_lets_senders_go_with_an_error(void **state)
{
    (void)state;
    assert_rule(close_under_senders, 3);
}

static void send_on_closed(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 1);
    (void)arg;
    weft_chan_close(ch);
    must(weft_chan_send(ch, &(uint64_t){ 1 }, 0) == -EPIPE);
    must(weft_chan_send(ch, &(uint64_t){ 1 }, WEFT_FOREVER) == -EPIPE);
    must(weft_chan_len(ch) == 0);
    weft_chan_free(ch);
}

static void test_send_on_closed_is_an_error(void **state)
{
    (void)state;
    assert_rule(send_on_closed, 3);
}

/* Not static, so that the places have names: tests link with their symbols. */
void semantics_close_first(weft_chan *ch);
void semantics_close_again(void *ch);
__attribute__((noinline)) void semantics_close_first(weft_chan *ch)
{
    weft_chan_close(ch);
    weft_yield();
}

__attribute__((noinline)) void semantics_close_again(void *arg)
{
    weft_chan *ch = weft_chan_new(8, 0);
    (void)arg;
    semantics_close_first(ch);
    weft_chan_close(ch);
    weft_yield();
}

static void close_nil(void *arg)
{
    (void)arg;
    weft_chan_close(NULL);
}

static void test_second_close_names_both_places(void **state)
{
    (void)state;
    assert_dies_at(semantics_close_again, "weft_chan_close at ",
                   "semantics_close_again", "is closed already, since ",
                   "semantics_close_first");
}

static void test_close_of_nil_ends_the_program(void **state)
{
    (void)state;
    assert_dies(close_nil, "weft_chan_close at ");
}

struct range {
    weft_chan *ch;
    _Atomic int n, done;
    bool order;
};

static void range_over(void *arg)
{
    struct range *r = arg;
    uint64_t v;
    r->order = true;
    weft_chan_each (r->ch, &v)
        r->order &= v == (uint64_t)r->n++;
    r->done = 1;
}

static void send_then_close(void *arg)
{
    struct range r = { .ch = weft_chan_new(8, 2) };
    (void)arg;
    weft_go(range_over, &r);
    for (uint64_t i = 0; i < 10; i++)
        weft_chan_send(r.ch, &i, WEFT_FOREVER);
    must(!r.done);
    weft_chan_close(r.ch);
    await_value(&r.done, 1);
    must(r.n == 10 && r.order);
    weft_chan_free(r.ch);
}

static void test_range_ends_when_closed_and_drained(void **state)
{
    (void)state;
    assert_rule(send_then_close, 2);
}

/* ---- the memory model ---- */

enum { TIMES = 200 };

struct message {
    weft_chan *ch, *back;
    long text[TIMES]; /* plain */
    _Atomic int done;
};

static void write_then_send(void *arg)
{
    struct message *m = arg;
    for (int i = 0; i < TIMES; i++) {
        m->text[i] = i;
        weft_chan_send(m->ch, NULL, WEFT_FOREVER);
    }
}

static void receive_then_read(void *arg)
{
    struct message m = { .ch = weft_chan_new(0, 3) };
    bool right = true;
    (void)arg;
    memset(m.text, 0x55, sizeof m.text);
    weft_go(write_then_send, &m);
    for (int i = 0; i < TIMES; i++)
        right &= !weft_chan_recv(m.ch, NULL, WEFT_FOREVER) && m.text[i] == i;
    must(right);
    weft_chan_free(m.ch);
}

static void test_send_is_before_its_receive(void **state)
{
    (void)state;
    assert_rule(receive_then_read, 1);
}

static void write_then_close(void *arg)
{
    struct message *m = arg;
    m->text[0] = 1;
    weft_chan_close(m->ch);
    m->done = 1;
}

static void see_closed_then_read(void *arg)
{
    bool right = true;
    (void)arg;
    for (int i = 0; i < TIMES; i++) {
        struct message m = { .ch = weft_chan_new(0, 0) };
        weft_go(write_then_close, &m);
        if (i % 2)
            weft_yield();
        right &= weft_chan_recv(m.ch, NULL, WEFT_FOREVER) == -EPIPE && m.text[0] == 1;
        await_value(&m.done, 1);
        weft_chan_free(m.ch);
    }
    must(right);
}

static void test_close_is_before_who_sees_it(void **state)
{
    (void)state;
    assert_rule(see_closed_then_read, 1);
}

static void write_then_receive(void *arg)
{
    struct message *m = arg;
    for (int i = 0; i < TIMES; i++) {
        m->text[i] = i;
        weft_chan_recv(m->ch, NULL, WEFT_FOREVER);
    }
}

static void send_then_read(void *arg)
{
    struct message m = { .ch = weft_chan_new(0, 0) };
    bool right = true;
    (void)arg;
    memset(m.text, 0x55, sizeof m.text);
    weft_go(write_then_receive, &m);
    for (int i = 0; i < TIMES; i++)
        right &= !weft_chan_send(m.ch, NULL, WEFT_FOREVER) && m.text[i] == i;
    must(right);
    weft_chan_free(m.ch);
}

static void test_receive_is_before_unbuffered_send_ends(void **state)
{
    (void)state;
    assert_rule(send_then_read, 1);
}

enum { LIMIT = 3, WORKERS = 8 };

struct limit {
    weft_chan *room, *done;
    _Atomic int inside, most;
    long plain[LIMIT];
};

static void work_within_limit(void *arg)
{
    struct limit *l = arg;
    for (int i = 0; i < 20; i++) {
        weft_chan_send(l->room, NULL, WEFT_FOREVER);
        int now = ++l->inside;
        if (now > l->most)
            l->most = now;
        weft_yield();
        l->inside--;
        weft_chan_recv(l->room, NULL, WEFT_FOREVER);
    }
    weft_chan_send(l->done, NULL, WEFT_FOREVER);
}

static void limit_workers(void *arg)
{
    struct limit l = { .room = weft_chan_new(0, LIMIT), .done = weft_chan_new(0, 0) };
    (void)arg;
    for (int i = 0; i < WORKERS; i++)
        weft_go(work_within_limit, &l);
    for (int i = 0; i < WORKERS; i++)
        weft_chan_recv(l.done, NULL, WEFT_FOREVER);
    must(l.most >= 1 && l.most <= LIMIT);
    weft_chan_free(l.room);
    weft_chan_free(l.done);
}

static void test_buffer_counts_like_a_semaphore(void **state)
{
    (void)state;
    assert_rule(limit_workers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_come_out_as_they_went_in),
        cmocka_unit_test(test_unbuffered_send_waits_for_receiver),
        cmocka_unit_test(test_buffered_send_waits_only_when_full),
        cmocka_unit_test(test_receive_waits_for_a_value),
        cmocka_unit_test(test_element_is_copied),
        cmocka_unit_test(test_elements_may_be_empty),
        cmocka_unit_test(test_len_and_cap_are_told),
        cmocka_unit_test(test_nil_channel_never_sends),
        cmocka_unit_test(test_nil_channel_never_receives),
        cmocka_unit_test(test_closed_channel_is_drained_first),
        cmocka_unit_test(test_receive_from_closed_never_waits),
        cmocka_unit_test(test_close_lets_receivers_go),
        cmocka_unit_test(test_close_lets_senders_go_with_an_error),
        cmocka_unit_test(test_send_on_closed_is_an_error),
        cmocka_unit_test(test_second_close_names_both_places),
        cmocka_unit_test(test_close_of_nil_ends_the_program),
        cmocka_unit_test(test_range_ends_when_closed_and_drained),
        cmocka_unit_test(test_send_is_before_its_receive),
        cmocka_unit_test(test_close_is_before_who_sees_it),
        cmocka_unit_test(test_receive_is_before_unbuffered_send_ends),
        cmocka_unit_test(test_buffer_counts_like_a_semaphore),
    };
    return RUN_ON_SOME_PS(tests);
}
