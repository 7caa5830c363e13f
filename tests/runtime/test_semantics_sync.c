/* SPDX-License-Identifier: MIT */
/*
 * Onces, wait groups, semaphores and barriers, rule by rule.
 *
 * What Go's package sync says of Once      | test
 * -----------------------------------------+------------------------------------------
 * Do calls f only the first time, even if  | test_only_the_first_function_is_called
 *   f is another                           |
 * no Do returns before f has returned      | test_others_wait_until_the_function_returned
 * Do within f waits for ever: here it ends | test_once_within_itself_names_the_place
 *   the program                            |
 * f that panics counts as returned: C has  |
 *   no panics                              |
 * the return of f is before that of any Do | test_sync_crowd.c: test_once_is_done_once_
 *                                          |   and_seen_by_all
 * here also: f may wait, and be retaken    | test_function_of_once_may_call_weft
 *
 * Of WaitGroup                             |
 * -----------------------------------------+------------------------------------------
 * the zero value has a count of 0          | test_zeroes_are_a_done_wait_group
 * Wait waits until the count is 0          | test_wait_waits_until_the_count_is_0
 * Add may be negative, Done is Add(-1)     | test_add_may_be_negative
 * a count below 0 panics: here it ends the | test_count_below_0_names_both_places
 *   program                                |
 * all who wait go on at 0                  | test_sync.c: test_all_waiters_go_on_and_
 *                                          |   deadlines_hold
 * it may be used again after Wait          | test_wait_group_is_reusable
 * misuse (Add beside Wait at 0) may panic: | test_add_beside_wait_is_allowed
 *   here who waits goes on at the next 0   |
 * Done is before the Wait that it lets go  | test_done_is_before_wait_returns
 *
 * Of golang.org/x/sync/semaphore           |
 * -----------------------------------------+------------------------------------------
 * Acquire waits until n are there          | test_acquire_waits_for_all_of_its_units
 * on failure it leaves the semaphore as is | test_failed_acquire_changes_nothing
 * TryAcquire never waits                   | test_try_never_waits
 * who wants many is not passed by others   | test_who_wants_many_is_not_passed
 * who gives up no longer holds others off  | test_who_gives_up_holds_nobody_off
 * Release lets go on all for whom it is    | test_release_serves_as_many_as_it_can
 *   enough                                 |
 * to release more than is held panics:     | test_release_of_too_many_names_both_places
 *   here it ends the program               |
 * more than there ever are waits for the   | test_more_than_there_are_is_refused
 *   context's end: here -EINVAL            |
 *
 * What POSIX says of pthread_barrier       |
 * -----------------------------------------+------------------------------------------
 * wait waits until so many have called it  | test_barrier_waits_for_all
 * one of them is told that it is special   | the same
 * then it is as it was initialised         | test_barrier_is_reusable
 * a count of 0 is invalid: here it is 1    | test_barrier_for_one_never_waits
 * here also: a deadline; who gives up does | test_who_gives_up_has_not_come
 *   not count                              |
 */
#include "semantics.h"

enum { MOST = 4 };

static struct {
    weft_once once;
    weft_wait_group wg;
    weft_semaphore s;
    weft_barrier b;
    _Atomic int calls, other, go, done, last;
    int order[MOST], n;
    long plain;
} t;

static void begin(void)
{
    memset(&t, 0, sizeof t);
}

static void yield_often(void)
{
    for (int i = 0; i < 100; i++)
        weft_yield();
}

/* ---- once ---- */

static void call(void *arg)
{
    (void)arg;
    t.calls++;
}

static void call_other(void *arg)
{
    (void)arg;
    t.other++;
}

static void do_both(void *arg)
{
    (void)arg;
    begin();
    weft_once_do(&t.once, call, NULL);
    weft_once_do(&t.once, call, NULL);
    weft_once_do(&t.once, call_other, NULL);
    must(t.calls == 1 && t.other == 0);
    weft_once_fini(&t.once);
}

static void test_only_the_first_function_is_called(void **state)
{
    (void)state;
    assert_rule(do_both, 1);
}

static void call_slowly(void *arg)
{
    (void)arg;
    while (!t.go)
        weft_yield();
    t.calls++;
}

static void do_slowly(void *arg)
{
    (void)arg;
    weft_once_do(&t.once, call_slowly, NULL);
    t.done++;
}

static void do_beside(void *arg)
{
    (void)arg;
    begin();
    for (int i = 0; i < 3; i++)
        weft_go(do_slowly, NULL);
    await_parked_for(WF_WHY_once, 2);
    must(!t.done && !t.calls);
    t.go = 1;
    await_value(&t.done, 3);
    must(t.calls == 1);
}

static void test_others_wait_until_the_function_returned(void **state)
{
    (void)state;
    assert_rule(do_beside, 2);
}

void semantics_do_again(void *);
__attribute__((noinline)) void semantics_do_again(void *arg)
{
    weft_once_do(&t.once, call, arg);
    weft_yield();
}

static void do_within(void *arg)
{
    weft_once_do(&t.once, semantics_do_again, arg);
}

static void test_once_within_itself_names_the_place(void **state)
{
    (void)state;
    begin();
    assert_dies_at(do_within, "weft_once_do at ", "semantics_do_again", "of this once");
}

static void call_weft(void *arg)
{
    (void)arg;
    weft_sleep(WF_NS_PER_MS);
    for (int64_t end = wf_clock_now() + 5 * WF_NS_PER_MS; wf_clock_now() < end;)
        ;
    weft_yield();
    t.calls++;
}

static void do_much(void *arg)
{
    (void)arg;
    begin();
    weft_once_do(&t.once, call_weft, NULL);
    must(t.calls == 1);
}

static void test_function_of_once_may_call_weft(void **state)
{
    (void)state;
    assert_rule(do_much, 1);
}

/* ---- wait group ---- */

static void use_zeroes(void *arg)
{
    weft_wait_group same = WEFT_WAIT_GROUP_INIT;
    (void)arg;
    begin();
    must(!memcmp(&t.wg, &same, sizeof same));
    must(weft_wait_group_wait(&t.wg, WEFT_FOREVER) == 0);
}

static void test_zeroes_are_a_done_wait_group(void **state)
{
    (void)state;
    assert_rule(use_zeroes, 2);
}

static void wait_and_note(void *arg)
{
    (void)arg;
    weft_wait_group_wait(&t.wg, WEFT_FOREVER);
    t.done++;
}

static void count_down(void *arg)
{
    (void)arg;
    begin();
    weft_wait_group_add(&t.wg, 2);
    weft_go(wait_and_note, NULL);
    await_parked_for(WF_WHY_wait_group, 1);
    weft_wait_group_done(&t.wg);
    yield_often();
    must(!t.done);
    weft_wait_group_done(&t.wg);
    await_value(&t.done, 1);
    must(weft_wait_group_wait(&t.wg, 0) == 0);
}

static void test_wait_waits_until_the_count_is_0(void **state)
{
    (void)state;
    assert_rule(count_down, 2);
}

static void add_negative(void *arg)
{
    (void)arg;
    begin();
    weft_wait_group_add(&t.wg, 5);
    weft_wait_group_add(&t.wg, -3);
    must(weft_wait_group_wait(&t.wg, 0) == -EAGAIN);
    weft_wait_group_done(&t.wg);
    weft_wait_group_add(&t.wg, -1);
    must(weft_wait_group_wait(&t.wg, 0) == 0);
}

static void test_add_may_be_negative(void **state)
{
    (void)state;
    assert_rule(add_negative, 2);
}

void semantics_last_done(void);
void semantics_one_more_done(void *);
__attribute__((noinline)) void semantics_last_done(void)
{
    weft_wait_group_done(&t.wg);
    weft_yield();
}

__attribute__((noinline)) void semantics_one_more_done(void *arg)
{
    (void)arg;
    weft_wait_group_add(&t.wg, 1);
    semantics_last_done();
    weft_wait_group_done(&t.wg);
    weft_yield();
}

static void add_too_little(void *arg)
{
    (void)arg;
    weft_wait_group_add(&t.wg, 3);
    weft_wait_group_add(&t.wg, -5);
}

static void test_count_below_0_names_both_places(void **state)
{
    (void)state;
    begin();
    assert_dies_at(semantics_one_more_done, "weft_wait_group_done at ",
                   "semantics_one_more_done", "-1 to a count of 0", "last made 0 at ",
                   "semantics_last_done");
    assert_dies_at(add_too_little, "-5 to a count of 3", "never");
}

static void done_once(void *arg)
{
    (void)arg;
    t.plain++;
    weft_wait_group_done(&t.wg);
}

static void use_again(void *arg)
{
    bool right = true;
    (void)arg;
    begin();
    for (int i = 1; i <= 50; i++) {
        weft_wait_group_add(&t.wg, 1);
        weft_go(done_once, NULL);
        right &= weft_wait_group_wait(&t.wg, WEFT_FOREVER) == 0 && t.plain == i;
    }
    must(right);
}

static void test_wait_group_is_reusable(void **state)
{
    (void)state;
    assert_rule(use_again, 1);
}

/* plain is written before Done and read after Wait: for the thread sanitizer. */
static void test_done_is_before_wait_returns(void **state)
{
    (void)state;
    assert_rule(use_again, 1);
}

static void add_beside_wait(void *arg)
{
    (void)arg;
    begin();
    weft_wait_group_add(&t.wg, 1);
    weft_go(wait_and_note, NULL);
    await_parked_for(WF_WHY_wait_group, 1);
    weft_wait_group_add(&t.wg, 1);
    weft_wait_group_done(&t.wg);
    must(!t.done);
    weft_wait_group_done(&t.wg);
    weft_wait_group_add(&t.wg, 1); /* while who waited has perhaps not yet run */
    await_value(&t.done, 1);
    weft_wait_group_done(&t.wg);
}

static void test_add_beside_wait_is_allowed(void **state)
{
    (void)state;
    assert_rule(add_beside_wait, 1);
}

/* ---- semaphore ---- */

static void take(void *arg)
{
    int n = *(int *)arg;
    weft_semaphore_acquire(&t.s, (uint64_t)n);
    t.order[t.n++] = n; /* one at a time: each test sees to that */
    t.done++;
}

static int units[] = { 0, 1, 2, 3 };

/* Of so many units, all taken. */
static void begin_taken(uint64_t size)
{
    begin();
    must(weft_semaphore_init(&t.s, size, NULL) == 0);
    must(weft_semaphore_acquire(&t.s, size) == 0);
}

static void acquire_three(void *arg)
{
    (void)arg;
    begin_taken(3);
    weft_go(take, &units[3]);
    await_parked_for(WF_WHY_semaphore, 1);
    weft_semaphore_release(&t.s, 2);
    yield_often();
    must(!t.done);
    weft_semaphore_release(&t.s, 1);
    await_value(&t.done, 1);
    must(weft_semaphore_try(&t.s, 1) == -EAGAIN);
    weft_semaphore_release(&t.s, 3);
    weft_semaphore_fini(&t.s);
}

static void test_acquire_waits_for_all_of_its_units(void **state)
{
    (void)state;
    assert_rule(acquire_three, 4);
}

static void acquire_in_vain(void *arg)
{
    (void)arg;
    begin_taken(3);
    weft_semaphore_release(&t.s, 2);
    must(weft_semaphore_acquire_until(&t.s, 3, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(weft_semaphore_acquire_until(&t.s, 3, 0) == -EAGAIN);
    must(weft_semaphore_try(&t.s, 2) == 0);
    must(weft_semaphore_try(&t.s, 1) == -EAGAIN);
}

static void test_failed_acquire_changes_nothing(void **state)
{
    (void)state;
    assert_rule(acquire_in_vain, 6);
}

static void try_units(void *arg)
{
    weft_semaphore s = WEFT_SEMAPHORE_INIT(2);
    (void)arg;
    must(weft_semaphore_try(&s, 2) == 0);
    must(weft_semaphore_try(&s, 1) == -EAGAIN);
    must(weft_semaphore_try(&s, 0) == 0);
    weft_semaphore_release(&s, 1);
    must(weft_semaphore_try(&s, 2) == -EAGAIN);
    must(weft_semaphore_try(&s, 1) == 0);
}

static void test_try_never_waits(void **state)
{
    (void)state;
    assert_rule(try_units, 5);
    weft_semaphore s = WEFT_SEMAPHORE_INIT(1);
    assert_int_equal(weft_semaphore_acquire(&s, 1), 0);
    assert_int_equal(weft_semaphore_acquire(&s, 1), -EPERM); /* no coroutine */
    weft_semaphore_release(&s, 1);
}

static void want_many(void *arg)
{
    (void)arg;
    begin_taken(3);
    weft_go(take, &units[3]);
    await_parked_for(WF_WHY_semaphore, 1);
    weft_go(take, &units[1]);
    await_parked_for(WF_WHY_semaphore, 2);
    weft_semaphore_release(&t.s, 2);
    yield_often();
    must(!t.done && weft_semaphore_try(&t.s, 1) == -EAGAIN);
    must(weft_semaphore_try(&t.s, 0) == -EAGAIN);
    weft_semaphore_release(&t.s, 1);
    await_value(&t.done, 1);
    must(t.order[0] == 3);
    weft_semaphore_release(&t.s, 3);
    await_value(&t.done, 2);
    must(t.order[1] == 1);
}

static void test_who_wants_many_is_not_passed(void **state)
{
    (void)state;
    assert_rule(want_many, 6);
}

static void give_up(void *arg)
{
    t.other = weft_semaphore_acquire_until(&t.s, 3, *(int64_t *)arg);
    t.go = 1;
}

static void hold_off_and_give_up(void *arg)
{
    static int64_t soon;
    (void)arg;
    begin_taken(3);
    weft_semaphore_release(&t.s, 2);
    soon = in_ns(20 * WF_NS_PER_MS);
    weft_go(give_up, &soon);
    while (!(__atomic_load_n(&t.s.state, __ATOMIC_RELAXED) & 1) && !t.go)
        weft_yield();
    weft_go(take, &units[2]);
    await_value(&t.done, 1); /* there were 2 all the time */
    await_value(&t.go, 1);
    must(t.other == -ETIMEDOUT);
}

static void test_who_gives_up_holds_nobody_off(void **state)
{
    (void)state;
    assert_rule(hold_off_and_give_up, 3);
}

static void take_and_count(void *arg)
{
    weft_semaphore_acquire(&t.s, (uint64_t) * (int *)arg);
    t.done++;
}

static void release_at_once(void *arg)
{
    (void)arg;
    begin_taken(4);
    weft_go(take_and_count, &units[1]);
    await_parked_for(WF_WHY_semaphore, 1);
    weft_go(take_and_count, &units[2]);
    await_parked_for(WF_WHY_semaphore, 2);
    weft_go(take_and_count, &units[2]);
    await_parked_for(WF_WHY_semaphore, 3);
    weft_semaphore_release(&t.s, 4);
    await_value(&t.done, 2);
    must(parked_for(WF_WHY_semaphore) == 1);
    weft_semaphore_release(&t.s, 1);
    await_value(&t.done, 3);
}

static void test_release_serves_as_many_as_it_can(void **state)
{
    (void)state;
    assert_rule(release_at_once, 3);
}

void semantics_release_all(void);
void semantics_release_more(void *);
__attribute__((noinline)) void semantics_release_all(void)
{
    weft_semaphore_release(&t.s, 2);
    weft_yield();
}

__attribute__((noinline)) void semantics_release_more(void *arg)
{
    (void)arg;
    t.s = (weft_semaphore)WEFT_SEMAPHORE_INIT(2);
    weft_semaphore_acquire(&t.s, 2);
    semantics_release_all();
    weft_semaphore_release(&t.s, 1);
    weft_yield();
}

static void release_unused(void *arg)
{
    (void)arg;
    t.s = (weft_semaphore)WEFT_SEMAPHORE_INIT(2);
    weft_semaphore_release(&t.s, UINT64_MAX);
}

static void test_release_of_too_many_names_both_places(void **state)
{
    (void)state;
    assert_dies_at(semantics_release_more, "weft_semaphore_release at ",
                   "semantics_release_more", "1 of 2 units, of which 0 are taken",
                   "semantics_release_all");
    assert_dies_at(release_unused, "weft_semaphore_release at ", "when made");
}

static void want_too_many(void *arg)
{
    weft_semaphore s = WEFT_SEMAPHORE_INIT(2);
    (void)arg;
    must(weft_semaphore_acquire(&s, 3) == -EINVAL);
    must(weft_semaphore_try(&s, UINT64_MAX) == -EINVAL);
    must(weft_semaphore_init(&s, UINT64_MAX, NULL) == -EINVAL);
    must(weft_semaphore_init(&s, INT64_MAX, "most") == 0);
    must(weft_semaphore_acquire(&s, INT64_MAX) == 0);
    must(weft_semaphore_try(&s, 1) == -EAGAIN);
    weft_semaphore_release(&s, INT64_MAX);
    weft_semaphore_fini(&s);
}

static void test_more_than_there_are_is_refused(void **state)
{
    (void)state;
    assert_rule(want_too_many, 6);
}

/* ---- barrier ---- */

static void meet(void *arg)
{
    (void)arg;
    t.last += weft_barrier_wait(&t.b);
    t.done++;
}

static void let_all_come(void *arg)
{
    (void)arg;
    begin();
    must(weft_barrier_init(&t.b, MOST, "start") == 0);
    for (int i = 1; i < MOST; i++) {
        weft_go(meet, NULL);
        await_parked_for(WF_WHY_barrier, i);
    }
    yield_often();
    must(!t.done);
    must(weft_barrier_wait(&t.b) == 1); /* the last is told */
    await_value(&t.done, MOST - 1);
    must(!t.last);
    weft_barrier_fini(&t.b);
}

static void test_barrier_waits_for_all(void **state)
{
    (void)state;
    assert_rule(let_all_come, 4);
}

static void meet_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++)
        meet(NULL);
}

static void come_again(void *arg)
{
    (void)arg;
    begin();
    t.b = (weft_barrier)WEFT_BARRIER_INIT(MOST);
    for (int i = 0; i < MOST; i++)
        weft_go(meet_often, NULL);
    await_value(&t.done, 20 * MOST);
    must(t.last == 20 && !t.b.arrived);
}

static void test_barrier_is_reusable(void **state)
{
    (void)state;
    assert_rule(come_again, 1);
}

static void come_alone(void *arg)
{
    weft_barrier one = WEFT_BARRIER_INIT(1), none = WEFT_BARRIER_INIT(0);
    (void)arg;
    must(weft_barrier_wait(&one) == 1 && weft_barrier_wait(&one) == 1);
    must(weft_barrier_wait(&none) == 1 && weft_barrier_wait_until(&none, 0) == 1);
}

static void test_barrier_for_one_never_waits(void **state)
{
    (void)state;
    assert_rule(come_alone, 2);
}

static void come_and_give_up(void *arg)
{
    (void)arg;
    begin();
    t.b = (weft_barrier)WEFT_BARRIER_INIT(2);
    must(weft_barrier_wait_until(&t.b, 0) == -EAGAIN);
    must(weft_barrier_wait_until(&t.b, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    weft_go(meet, NULL);
    await_parked_for(WF_WHY_barrier, 1);
    yield_often();
    must(!t.done);
    must(weft_barrier_wait_until(&t.b, WEFT_FOREVER) == 1);
    await_value(&t.done, 1);
}

static void test_who_gives_up_has_not_come(void **state)
{
    (void)state;
    assert_rule(come_and_give_up, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_first_function_is_called),
        cmocka_unit_test(test_others_wait_until_the_function_returned),
        cmocka_unit_test(test_once_within_itself_names_the_place),
        cmocka_unit_test(test_function_of_once_may_call_weft),
        cmocka_unit_test(test_zeroes_are_a_done_wait_group),
        cmocka_unit_test(test_wait_waits_until_the_count_is_0),
        cmocka_unit_test(test_add_may_be_negative),
        cmocka_unit_test(test_count_below_0_names_both_places),
        cmocka_unit_test(test_wait_group_is_reusable),
        cmocka_unit_test(test_done_is_before_wait_returns),
        cmocka_unit_test(test_add_beside_wait_is_allowed),
        cmocka_unit_test(test_acquire_waits_for_all_of_its_units),
        cmocka_unit_test(test_failed_acquire_changes_nothing),
        cmocka_unit_test(test_try_never_waits),
        cmocka_unit_test(test_who_wants_many_is_not_passed),
        cmocka_unit_test(test_who_gives_up_holds_nobody_off),
        cmocka_unit_test(test_release_serves_as_many_as_it_can),
        cmocka_unit_test(test_release_of_too_many_names_both_places),
        cmocka_unit_test(test_more_than_there_are_is_refused),
        cmocka_unit_test(test_barrier_waits_for_all),
        cmocka_unit_test(test_barrier_is_reusable),
        cmocka_unit_test(test_barrier_for_one_never_waits),
        cmocka_unit_test(test_who_gives_up_has_not_come),
    };
    return RUN_ON_SOME_PS(tests);
}
