/* SPDX-License-Identifier: MIT */
/*
 * Mutexes, read-write locks and conditions, rule by rule.
 *
 * What Go's package sync says of Mutex     | test
 * -----------------------------------------+------------------------------------------
 * the zero value is an unlocked mutex      | test_zeroes_are_a_free_mutex
 * Lock waits until it is available         | test_lock_waits_until_unlocked
 * TryLock locks if it can, and says so     | test_trylock_never_waits
 * Unlock of an unlocked one is an error    | test_unlock_of_free_mutex_names_both_places
 * any goroutine may unlock: here only the  | test_unlock_of_anothers_mutex_names_it
 *   one that locked                        |
 * to lock it twice waits for ever: here it | test_sync.c: test_breaches_end_the_program
 *   ends the program                       |
 * who waits for 1 ms gets it next          | test_sync.c: test_waiter_is_handed_the_
 *                                          |   mutex_in_the_end
 * the nth Unlock is before the mth Lock    | test_unlock_is_before_the_next_lock
 *   returns, n < m                         |
 *
 * Of RWMutex                               |
 * -----------------------------------------+------------------------------------------
 * the zero value is unlocked               | test_zeroes_are_a_free_rwlock
 * any number of readers or one writer      | test_readers_share_and_writers_do_not
 * a Lock that waits keeps new readers out  | test_waiting_writer_keeps_new_readers_out
 * so reading twice may wait for ever       | the same
 * readers that waited go first when a      | test_waiting_readers_go_before_next_writer
 *   writer unlocks                         |
 * TryLock and TryRLock never wait          | test_rwlock_tries_never_wait
 * RUnlock undoes one RLock only            | test_writer_waits_for_the_last_reader
 * RUnlock if nobody reads is an error      | test_rdunlock_of_free_rwlock_names_both_places
 * Unlock if nobody writes is an error      | test_wrunlock_of_free_rwlock_names_both_places
 * any goroutine may Unlock: here only the  | test_wrunlock_of_anothers_rwlock_names_it
 *   writer; and RUnlock: here, too         | test_anybody_may_rdunlock
 * here also: who gives up keeps nobody out | test_writer_that_gives_up_lets_readers_in
 * here also: who waits can be seen to wait | test_writer_is_seen_as_owner
 *   for the writer, and a cycle is told    | test_cycle_of_writers_is_told
 * Unlock is before the RLock or Lock that  | test_sync_crowd.c: test_writers_exclude_
 *   it lets in                             |   all_and_readers_only_writers
 *
 * Of Cond                                  |
 * -----------------------------------------+------------------------------------------
 * Wait unlocks c.L and waits, in one step  | test_wait_lets_go_of_the_mutex
 * Wait locks c.L before it returns         | test_wait_holds_the_mutex_again
 * it returns only for Signal or Broadcast  | test_wait_returns_for_a_signal_only
 * Signal wakes one, if there is any        | test_signal_wakes_the_oldest_only
 * Broadcast wakes all                      | test_broadcast_wakes_all
 * neither is remembered                    | test_signal_to_nobody_is_lost
 * the caller may hold c.L, or not          | test_signal_needs_no_mutex
 * here also: a deadline                    | test_wait_until_ends_with_the_mutex_held
 * here also: Wait without c.L is an error  | test_wait_without_the_mutex_ends_the_program
 */
#include "semantics.h"

#include "runtime/waitq.h"

enum { MOST = 4 };

static struct {
    weft_mutex m;
    weft_rwlock rw;
    weft_cond c;
    _Atomic int next, in, woken, done, held;
    int order[MOST];
    long plain;
} t;

static void begin(void)
{
    memset(&t, 0, sizeof t);
}

/* ---- mutex ---- */

static void lock_and_note(void *arg)
{
    (void)arg;
    weft_mutex_lock(&t.m);
    t.in++;
    weft_mutex_unlock(&t.m);
    t.done++;
}

static void use_zeroes(void *arg)
{
    weft_mutex zero, same = WEFT_MUTEX_INIT;
    (void)arg;
    memset(&zero, 0, sizeof zero);
    must(!memcmp(&zero, &same, sizeof zero));
    must(weft_mutex_trylock(&zero) == 0);
    weft_mutex_unlock(&zero);
}

static void test_zeroes_are_a_free_mutex(void **state)
{
    (void)state;
    assert_rule(use_zeroes, 2);
}

static void lock_locked(void *arg)
{
    (void)arg;
    begin();
    weft_mutex_lock(&t.m);
    weft_go(lock_and_note, NULL);
    await_parked_for(WF_WHY_mutex, 1);
    must(!t.in);
    weft_mutex_unlock(&t.m);
    await_value(&t.done, 1);
    must(t.in == 1);
}

static void test_lock_waits_until_unlocked(void **state)
{
    (void)state;
    assert_rule(lock_locked, 2);
}

static void hold_mutex(void *arg)
{
    (void)arg;
    weft_mutex_lock(&t.m);
    t.held = 1;
    while (!t.woken)
        weft_yield();
    weft_mutex_unlock(&t.m);
    t.done++;
}

static void try_mutex(void *arg)
{
    (void)arg;
    begin();
    weft_go(hold_mutex, NULL);
    await_value(&t.held, 1);
    must(weft_mutex_trylock(&t.m) == -EBUSY);
    must(weft_mutex_lock_until(&t.m, 0) == -EBUSY);
    t.woken = 1;
    await_value(&t.done, 1);
    must(weft_mutex_trylock(&t.m) == 0);
    weft_mutex_unlock(&t.m);
}

static void test_trylock_never_waits(void **state)
{
    (void)state;
    assert_rule(try_mutex, 3);
}

/* Not static, so that the places have names. */
void locks_unlock_first(void);
void locks_unlock_again(void *);
__attribute__((noinline)) void locks_unlock_first(void)
{
    weft_mutex_unlock(&t.m);
    weft_yield();
}

__attribute__((noinline)) void locks_unlock_again(void *arg)
{
    (void)arg;
    weft_mutex_lock(&t.m);
    locks_unlock_first();
    weft_mutex_unlock(&t.m);
    weft_yield();
}

static void test_unlock_of_free_mutex_names_both_places(void **state)
{
    (void)state;
    begin();
    assert_dies_at(locks_unlock_again, "weft_mutex_unlock at ", "locks_unlock_again",
                   "does not hold", "unlocked at ", "locks_unlock_first");
}

static void wait_holding(void *arg)
{
    (void)arg;
    weft_mutex_lock(&t.m);
    weft_rwlock_wrlock(&t.rw);
    weft_chan_recv(NULL, NULL, WEFT_FOREVER);
}

void locks_unlock_anothers(void *);
__attribute__((noinline)) void locks_unlock_anothers(void *arg)
{
    (void)arg;
    weft_go_named("holder", wait_holding, NULL);
    await_parked_for(WF_WHY_never, 1);
    weft_mutex_unlock(&t.m);
    weft_yield();
}

static void test_unlock_of_anothers_mutex_names_it(void **state)
{
    (void)state;
    begin();
    assert_dies_at(locks_unlock_anothers, "weft_mutex_unlock at ",
                   "locks_unlock_anothers", "does not hold", "(holder), made at ",
                   "locks_unlock_anothers", "waits: never", "does");
}

static void add_to_plain(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++) {
        weft_mutex_lock(&t.m);
        t.plain++;
        weft_mutex_unlock(&t.m);
    }
    t.done++;
}

static void add_by_many(void *arg)
{
    (void)arg;
    begin();
    for (int i = 0; i < MOST; i++)
        weft_go(add_to_plain, NULL);
    await_value(&t.done, MOST);
    must(t.plain == MOST * 500);
}

static void test_unlock_is_before_the_next_lock(void **state)
{
    (void)state;
    assert_rule(add_by_many, 1);
}

/* ---- read-write lock ---- */

static void read_and_note(void *arg)
{
    (void)arg;
    weft_rwlock_rdlock(&t.rw);
    t.order[t.next++] = 'r';
    t.in++;
    while (!t.woken)
        weft_yield();
    weft_rwlock_rdunlock(&t.rw);
    t.done++;
}

static void write_and_note(void *arg)
{
    (void)arg;
    weft_rwlock_wrlock(&t.rw);
    t.order[t.next++] = 'w';
    t.in++;
    weft_rwlock_wrunlock(&t.rw);
    t.done++;
}

static void use_zero_rwlock(void *arg)
{
    weft_rwlock zero, same = WEFT_RWLOCK_INIT;
    (void)arg;
    memset(&zero, 0, sizeof zero);
    must(!memcmp(&zero, &same, sizeof zero));
    must(weft_rwlock_trywrlock(&zero) == 0);
    weft_rwlock_wrunlock(&zero);
}

static void test_zeroes_are_a_free_rwlock(void **state)
{
    (void)state;
    assert_rule(use_zero_rwlock, 2);
}

static void share(void *arg)
{
    (void)arg;
    begin();
    weft_rwlock_rdlock(&t.rw);
    weft_go(read_and_note, NULL);
    weft_go(read_and_note, NULL);
    await_value(&t.in, 2); /* three read at once */
    weft_go(write_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_write, 1);
    must(t.in == 2);
    weft_rwlock_rdunlock(&t.rw);
    t.woken = 1;
    await_value(&t.done, 3);
    must(t.order[2] == 'w');
}

static void test_readers_share_and_writers_do_not(void **state)
{
    (void)state;
    assert_rule(share, 2);
}

static void keep_readers_out(void *arg)
{
    (void)arg;
    begin();
    t.woken = 1;
    weft_rwlock_rdlock(&t.rw);
    weft_go(write_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_write, 1);
    must(weft_rwlock_tryrdlock(&t.rw) == -EBUSY);
    weft_go(read_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_read, 1);
    must(weft_rwlock_rdlock_until(&t.rw, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(t.in == 0);
    weft_rwlock_rdunlock(&t.rw);
    await_value(&t.done, 2);
    must(t.order[0] == 'w' && t.order[1] == 'r');
}

static void test_waiting_writer_keeps_new_readers_out(void **state)
{
    (void)state;
    assert_rule(keep_readers_out, 4);
}

static void let_readers_first(void *arg)
{
    (void)arg;
    begin();
    weft_rwlock_wrlock(&t.rw);
    weft_go(write_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_write, 1);
    weft_go(read_and_note, NULL);
    weft_go(read_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_read, 2);
    weft_rwlock_wrunlock(&t.rw);
    await_value(&t.in, 2); /* both of them, though the writer came first */
    must(t.order[0] == 'r' && t.order[1] == 'r');
    t.woken = 1;
    await_value(&t.done, 3);
    must(t.order[2] == 'w');
}

static void test_waiting_readers_go_before_next_writer(void **state)
{
    (void)state;
    assert_rule(let_readers_first, 2);
}

static void try_rwlock(void *arg)
{
    (void)arg;
    begin();
    must(weft_rwlock_tryrdlock(&t.rw) == 0);
    must(weft_rwlock_tryrdlock(&t.rw) == 0);
    must(weft_rwlock_trywrlock(&t.rw) == -EBUSY);
    must(weft_rwlock_wrlock_until(&t.rw, 0) == -EBUSY);
    weft_rwlock_rdunlock(&t.rw);
    weft_rwlock_rdunlock(&t.rw);
    must(weft_rwlock_trywrlock(&t.rw) == 0);
    must(weft_rwlock_trywrlock(&t.rw) == -EBUSY);
    must(weft_rwlock_tryrdlock(&t.rw) == -EBUSY);
    must(weft_rwlock_rdlock_until(&t.rw, 0) == -EBUSY);
    weft_rwlock_wrunlock(&t.rw);
}

static void test_rwlock_tries_never_wait(void **state)
{
    (void)state;
    assert_rule(try_rwlock, 8);
}

static void undo_one(void *arg)
{
    (void)arg;
    begin();
    weft_rwlock_rdlock(&t.rw);
    weft_rwlock_rdlock(&t.rw);
    weft_go(write_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_write, 1);
    weft_rwlock_rdunlock(&t.rw);
    for (int i = 0; i < 100; i++)
        weft_yield();
    must(!t.in && parked_for(WF_WHY_rwlock_write) == 1);
    weft_rwlock_rdunlock(&t.rw);
    await_value(&t.done, 1);
    must(t.in == 1);
}

static void test_writer_waits_for_the_last_reader(void **state)
{
    (void)state;
    assert_rule(undo_one, 2);
}

void locks_rdunlock_first(void);
void locks_rdunlock_again(void *);
__attribute__((noinline)) void locks_rdunlock_first(void)
{
    weft_rwlock_rdunlock(&t.rw);
    weft_yield();
}

__attribute__((noinline)) void locks_rdunlock_again(void *arg)
{
    (void)arg;
    weft_rwlock_rdlock(&t.rw);
    locks_rdunlock_first();
    weft_rwlock_rdunlock(&t.rw);
    weft_yield();
}

static void test_rdunlock_of_free_rwlock_names_both_places(void **state)
{
    (void)state;
    begin();
    assert_dies_at(locks_rdunlock_again, "weft_rwlock_rdunlock at ",
                   "locks_rdunlock_again", "unlocked at ", "locks_rdunlock_first");
}

void locks_wrunlock_first(void);
void locks_wrunlock_again(void *);
__attribute__((noinline)) void locks_wrunlock_first(void)
{
    weft_rwlock_wrunlock(&t.rw);
    weft_yield();
}

__attribute__((noinline)) void locks_wrunlock_again(void *arg)
{
    (void)arg;
    weft_rwlock_wrlock(&t.rw);
    locks_wrunlock_first();
    weft_rwlock_wrunlock(&t.rw);
    weft_yield();
}

static void test_wrunlock_of_free_rwlock_names_both_places(void **state)
{
    (void)state;
    begin();
    assert_dies_at(locks_wrunlock_again, "weft_rwlock_wrunlock at ",
                   "locks_wrunlock_again", "unlocked at ", "locks_wrunlock_first");
}

void locks_wrunlock_anothers(void *);
__attribute__((noinline)) void locks_wrunlock_anothers(void *arg)
{
    (void)arg;
    weft_go_named("holder", wait_holding, NULL);
    await_parked_for(WF_WHY_never, 1);
    weft_rwlock_wrunlock(&t.rw);
    weft_yield();
}

static void test_wrunlock_of_anothers_rwlock_names_it(void **state)
{
    (void)state;
    begin();
    assert_dies_at(locks_wrunlock_anothers, "weft_rwlock_wrunlock at ",
                   "locks_wrunlock_anothers", "(holder), made at ", "waits: never");
}

static void rdunlock_once(void *arg)
{
    (void)arg;
    weft_rwlock_rdunlock(&t.rw);
    t.done++;
}

static void rdunlock_by_another(void *arg)
{
    (void)arg;
    begin();
    weft_rwlock_rdlock(&t.rw);
    weft_go(rdunlock_once, NULL);
    await_value(&t.done, 1);
    must(weft_rwlock_trywrlock(&t.rw) == 0);
    weft_rwlock_wrunlock(&t.rw);
}

static void test_anybody_may_rdunlock(void **state)
{
    (void)state;
    assert_rule(rdunlock_by_another, 1);
}

static void give_up_writing(void *arg)
{
    (void)arg;
    t.held = weft_rwlock_wrlock_until(&t.rw, in_ns(20 * WF_NS_PER_MS));
    t.done++;
}

static void let_writer_give_up(void *arg)
{
    (void)arg;
    begin();
    t.woken = 1;
    weft_rwlock_rdlock(&t.rw);
    weft_go(give_up_writing, NULL);
    while (!(__atomic_load_n(&t.rw.state, __ATOMIC_RELAXED) & 2) && !t.done)
        weft_yield();
    weft_go(read_and_note, NULL);
    await_value(&t.done, 2); /* the reader, too: while we still read */
    must(t.held == -ETIMEDOUT && t.in == 1);
    weft_rwlock_rdunlock(&t.rw);
    must(weft_rwlock_trywrlock(&t.rw) == 0);
    weft_rwlock_wrunlock(&t.rw);
    weft_rwlock_fini(&t.rw);
}

static void test_writer_that_gives_up_lets_readers_in(void **state)
{
    (void)state;
    assert_rule(let_writer_give_up, 2);
}

static void count_owned(struct wf_g *g, void *arg)
{
    _Atomic(struct wf_g *) *owner = atomic_load(&g->owner);
    if (atomic_load(&g->state) == WF_G_WAITING && owner)
        *(int *)arg += wf_owner_g(atomic_load(owner)) == wf_g();
}

static void own(void *arg)
{
    int owned = 0;
    (void)arg;
    begin();
    t.woken = 1;
    weft_rwlock_wrlock(&t.rw);
    weft_go(read_and_note, NULL);
    weft_go(write_and_note, NULL);
    await_parked_for(WF_WHY_rwlock_read, 1);
    await_parked_for(WF_WHY_rwlock_write, 1);
    wf_g_each(count_owned, &owned);
    must(owned == 2);
    weft_rwlock_wrunlock(&t.rw);
    await_value(&t.done, 2);
}

static void test_writer_is_seen_as_owner(void **state)
{
    (void)state;
    assert_rule(own, 1);
}

static weft_rwlock other;

static void lock_one_then_other(void *arg)
{
    weft_rwlock *first = arg, *second = first == &other ? &t.rw : &other;
    weft_rwlock_wrlock(first);
    t.in++;
    while (t.in < 2)
        weft_yield();
    weft_rwlock_rdlock(second);
}

static void cross(void *arg)
{
    (void)arg;
    weft_go_named("there", lock_one_then_other, &t.rw);
    weft_go_named("back", lock_one_then_other, &other);
    await_parked_for(WF_WHY_rwlock_read, 2);
}

static void test_cycle_of_writers_is_told(void **state)
{
    char said[4096];
    void (*fn)(void *) = cross;
    (void)state;
    begin();
    assert_int_equal(in_child(run_breach, &fn, said, sizeof said), 0);
    assert_non_null(strstr(said, "(there) waits: rwlock_read"));
    assert_non_null(strstr(said, "(back) waits: rwlock_read"));
}

/* ---- condition ---- */

static void wait_and_note(void *arg)
{
    weft_mutex_lock(&t.m);
    t.in++;
    weft_cond_wait(&t.c, &t.m);
    must(weft_mutex_trylock(&t.m) == -EBUSY); /* it is ours */
    t.order[t.woken++] = *(int *)arg;
    weft_mutex_unlock(&t.m);
    t.done++;
}

static int numbers[MOST] = { 0, 1, 2, 3 };

/* So many wait, in the order of their numbers. */
static void let_wait(int n)
{
    begin();
    for (int i = 0; i < n; i++) {
        weft_go(wait_and_note, &numbers[i]);
        await_parked_for(WF_WHY_cond, i + 1);
    }
}

static void lock_beside_waiter(void *arg)
{
    (void)arg;
    let_wait(1);
    must(weft_mutex_trylock(&t.m) == 0);
    must(t.in == 1 && !t.woken);
    weft_cond_signal(&t.c);
    weft_mutex_unlock(&t.m);
    await_value(&t.done, 1);
}

static void test_wait_lets_go_of_the_mutex(void **state)
{
    (void)state;
    assert_rule(lock_beside_waiter, 3);
}

static void signal_and_keep(void *arg)
{
    (void)arg;
    let_wait(1);
    weft_mutex_lock(&t.m);
    weft_cond_signal(&t.c);
    await_parked_for(WF_WHY_mutex, 1);
    must(!t.woken); /* not before we let go */
    weft_mutex_unlock(&t.m);
    await_value(&t.done, 1);
}

static void test_wait_holds_the_mutex_again(void **state)
{
    (void)state;
    assert_rule(signal_and_keep, 2);
}

static void never_signal(void *arg)
{
    (void)arg;
    let_wait(2);
    for (int i = 0; i < 200; i++) {
        weft_mutex_lock(&t.m);
        weft_yield();
        weft_mutex_unlock(&t.m);
    }
    must(!t.woken && parked_for(WF_WHY_cond) == 2);
    weft_cond_broadcast(&t.c);
    await_value(&t.done, 2);
}

static void test_wait_returns_for_a_signal_only(void **state)
{
    (void)state;
    assert_rule(never_signal, 3);
}

static void signal_each(void *arg)
{
    (void)arg;
    let_wait(3);
    for (int i = 0; i < 3; i++) {
        weft_cond_signal(&t.c);
        await_value(&t.done, i + 1);
        for (int k = 0; k < 50; k++)
            weft_yield();
        must(t.done == i + 1 && t.order[i] == i);
    }
}

static void test_signal_wakes_the_oldest_only(void **state)
{
    (void)state;
    assert_rule(signal_each, 6);
}

static void signal_all(void *arg)
{
    (void)arg;
    let_wait(MOST);
    weft_cond_broadcast(&t.c);
    await_value(&t.done, MOST);
    must(!t.c.q.first);
    weft_cond_fini(&t.c);
}

static void test_broadcast_wakes_all(void **state)
{
    (void)state;
    assert_rule(signal_all, MOST + 1);
}

static void signal_nobody(void *arg)
{
    (void)arg;
    begin();
    weft_cond_signal(&t.c);
    weft_cond_broadcast(&t.c);
    weft_mutex_lock(&t.m);
    must(weft_cond_wait_until(&t.c, &t.m, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    weft_mutex_unlock(&t.m);
}

static void test_signal_to_nobody_is_lost(void **state)
{
    (void)state;
    assert_rule(signal_nobody, 1);
}

static void signal_both_ways(void *arg)
{
    (void)arg;
    let_wait(2);
    weft_cond_signal(&t.c);
    await_value(&t.done, 1);
    weft_mutex_lock(&t.m);
    weft_cond_signal(&t.c);
    weft_mutex_unlock(&t.m);
    await_value(&t.done, 2);
}

static void test_signal_needs_no_mutex(void **state)
{
    (void)state;
    assert_rule(signal_both_ways, 2);
}

static void wait_a_while(void *arg)
{
    (void)arg;
    begin();
    weft_mutex_lock(&t.m);
    must(weft_cond_wait_until(&t.c, &t.m, 0) == -EAGAIN);
    must(weft_mutex_trylock(&t.m) == -EBUSY);
    must(weft_cond_wait_until(&t.c, &t.m, in_ns(WF_NS_PER_MS)) == -ETIMEDOUT);
    must(weft_mutex_trylock(&t.m) == -EBUSY && !t.c.q.first);
    weft_mutex_unlock(&t.m);
}

static void test_wait_until_ends_with_the_mutex_held(void **state)
{
    (void)state;
    assert_rule(wait_a_while, 4);
}

static void wait_without_mutex(void *arg)
{
    (void)arg;
    weft_cond_wait(&t.c, &t.m);
}

static void test_wait_without_the_mutex_ends_the_program(void **state)
{
    (void)state;
    begin();
    assert_dies_at(wait_without_mutex, "weft_cond_wait at ", "does not hold");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroes_are_a_free_mutex),
        cmocka_unit_test(test_lock_waits_until_unlocked),
        cmocka_unit_test(test_trylock_never_waits),
        cmocka_unit_test(test_unlock_of_free_mutex_names_both_places),
        cmocka_unit_test(test_unlock_of_anothers_mutex_names_it),
        cmocka_unit_test(test_unlock_is_before_the_next_lock),
        cmocka_unit_test(test_zeroes_are_a_free_rwlock),
        cmocka_unit_test(test_readers_share_and_writers_do_not),
        cmocka_unit_test(test_waiting_writer_keeps_new_readers_out),
        cmocka_unit_test(test_waiting_readers_go_before_next_writer),
        cmocka_unit_test(test_rwlock_tries_never_wait),
        cmocka_unit_test(test_writer_waits_for_the_last_reader),
        cmocka_unit_test(test_rdunlock_of_free_rwlock_names_both_places),
        cmocka_unit_test(test_wrunlock_of_free_rwlock_names_both_places),
        cmocka_unit_test(test_wrunlock_of_anothers_rwlock_names_it),
        cmocka_unit_test(test_anybody_may_rdunlock),
        cmocka_unit_test(test_writer_that_gives_up_lets_readers_in),
        cmocka_unit_test(test_writer_is_seen_as_owner),
        cmocka_unit_test(test_cycle_of_writers_is_told),
        cmocka_unit_test(test_wait_lets_go_of_the_mutex),
        cmocka_unit_test(test_wait_holds_the_mutex_again),
        cmocka_unit_test(test_wait_returns_for_a_signal_only),
        cmocka_unit_test(test_signal_wakes_the_oldest_only),
        cmocka_unit_test(test_broadcast_wakes_all),
        cmocka_unit_test(test_signal_to_nobody_is_lost),
        cmocka_unit_test(test_signal_needs_no_mutex),
        cmocka_unit_test(test_wait_until_ends_with_the_mutex_held),
        cmocka_unit_test(test_wait_without_the_mutex_ends_the_program),
    };
    return RUN_ON_SOME_PS(tests);
}
