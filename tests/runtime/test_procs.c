/* SPDX-License-Identifier: MIT */
/*
 * The number of Ps, changed while they run: what a P that leaves gives to others, who
 * takes it from whom does not give it up, and that nothing is lost while a thread changes
 * the number all the time.
 */
#include "rt_support.h"

#include <errno.h>
#include <string.h>

#include "runtime/sched.h"
#include "scale.h"
#include "trace_replay.h"

/* Yield until so many Ps serve. */
static void await_serving(uint32_t n)
{
    while (wf_get(&wf_rt.nserve) != n)
        weft_yield();
    wf_lock_acquire(&wf_rt.lock); /* what was done under it may be looked at */
    wf_lock_release(&wf_rt.lock);
}

/* ---- the call ---- */

static int told[8];

static void ask(void *arg)
{
    (void)arg;
    told[0] = weft_set_procs(5);
    told[1] = weft_procs();
    told[2] = weft_set_procs(0);
    told[3] = weft_set_procs(-3);
    told[4] = weft_set_procs(WEFT_PROCS_MAX + 1);
    told[5] = weft_set_procs(1);
    told[6] = weft_procs();
    told[7] = wf_m()->p->id == 0;
}

static void test_set_procs_returns_the_number_there_was(void **state)
{
    (void)state;
    assert_int_equal(weft_set_procs(2), 0);
    assert_int_equal(weft_procs(), 0);
    run_in_weft_on(3, ask, NULL);
    assert_int_equal(told[0], 3);
    assert_int_equal(told[1], 5);
    assert_int_equal(told[2], 5);
    assert_int_equal(told[3], 5);
    assert_int_equal(told[4], -EINVAL);
    assert_int_equal(told[5], 5);
    assert_int_equal(told[6], 1);
    assert_true(told[7]);
    assert_int_equal(weft_set_procs(2), 0);
}

/* ---- who is beside whom ---- */

static _Atomic int beside, beside_max, let_go;

static void stand(void *arg)
{
    (void)arg;
    int n = atomic_fetch_add(&beside, 1) + 1;
    for (int most = beside_max;
         n > most && !atomic_compare_exchange_weak(&beside_max, &most, n);)
        ;
    while (!atomic_load(&let_go))
        ;
    atomic_fetch_sub(&beside, 1);
}

/* Coroutines that never call weft run on so many Ps at once. */
static void grow_from_one(void *arg)
{
    (void)arg;
    weft_set_procs(4);
    for (int i = 0; i < 3; i++)
        weft_go(stand, NULL);
    while (atomic_load(&beside) < 3)
        weft_yield();
    atomic_store(&let_go, 1);
    while (atomic_load(&beside))
        weft_yield();
}

static void test_new_ps_run_coroutines(void **state)
{
    (void)state;
    weft_config c = rt_config(1);
    c.preempt = 0;
    beside = beside_max = let_go = 0;
    run_in_weft_with(&c, grow_from_one, NULL);
    assert_int_equal(beside_max, 3);
}

static _Atomic int turns;

static void take_turns(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        int n = atomic_fetch_add(&beside, 1) + 1;
        if (n > beside_max)
            beside_max = n;
        atomic_fetch_sub(&beside, 1);
        turns++;
        weft_yield();
    }
}

static void shrink_to_one(void *arg)
{
    (void)arg;
    weft_coro *co[8];
    weft_set_procs(1);
    await_serving(1);
    for (int i = 0; i < 8; i++)
        weft_spawn("turns", take_turns, NULL, &co[i]);
    for (int i = 0; i < 8; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_one_p_is_left_and_runs_one_at_a_time(void **state)
{
    (void)state;
    weft_config c = rt_config(8);
    c.preempt = 0;
    beside = beside_max = turns = 0;
    run_in_weft_with(&c, shrink_to_one, NULL);
    assert_int_equal(turns, 8 * 2000);
    assert_int_equal(beside_max, 1);
}

/* ---- what it gives ---- */

enum { PARTS = 64 };
static weft_pool *parts;
static _Atomic int done;

static void use_all(void *arg)
{
    (void)arg;
    void *obj[3];
    for (int i = 0; i < 3; i++)
        obj[i] = weft_pool_get(parts);
    for (int i = 0; i < 50; i++)
        weft_yield();
    for (int i = 0; i < 3; i++)
        weft_pool_put(parts, obj[i]);
    weft_sleep(50000);
    done++;
}

static bool is_empty(const struct wf_p *p)
{
    return !wf_runq_len((struct wf_p *)p) && !p->nfree_g && !p->nstacks &&
           wf_timers_first((struct wf_p *)p) == WF_FOREVER && !p->serves && !p->m;
}

static int not_empty;
static struct weft_pool_stats pool_before, pool_after;

static void fill_then_shrink(void *arg)
{
    (void)arg;
    parts = weft_pool_new("parts", 64, NULL, 0);
    for (int i = 0; i < PARTS; i++)
        weft_go(use_all, NULL);
    while (done < PARTS)
        weft_yield();
    weft_set_procs(1);
    await_serving(1);
    for (uint32_t i = 1; i < 4; i++)
        not_empty += !is_empty(wf_rt.ps[i]);
    /* Whatever a P kept for itself is found on the one that is left. */
    weft_pool_stats(parts, &pool_before);
    static void *all[3 * PARTS];
    uint64_t n = pool_before.misses - pool_before.dropped;
    for (uint64_t i = 0; i < n; i++)
        all[i] = weft_pool_get(parts);
    weft_pool_stats(parts, &pool_after);
    while (n)
        weft_pool_put(parts, all[--n]);
    weft_pool_free(parts);
}

static void test_a_p_that_leaves_keeps_nothing(void **state)
{
    (void)state;
    run_in_weft_on(4, fill_then_shrink, NULL);
    assert_int_equal(not_empty, 0);
    assert_int_equal(done, PARTS);
    assert_int_equal(pool_after.misses, pool_before.misses);
}

/* ---- timers ---- */

enum { SLEEPERS = 1000 };
static _Atomic int woken, early;

static void sleep_some(void *arg)
{
    int64_t until = weft_now() + 1000000 + 20000 * (int64_t)(intptr_t)arg;
    weft_sleep_until(until);
    early += weft_now() < until;
    woken++;
}

static void sleep_and_shrink(void *arg)
{
    (void)arg;
    for (intptr_t i = 0; i < SLEEPERS; i++)
        weft_go(sleep_some, (void *)i);
    for (int n = 8; n >= 1; n--) {
        weft_set_procs(n);
        for (int i = 0; i < 20; i++)
            weft_yield();
    }
    while (woken < SLEEPERS)
        weft_sleep(100000);
}

static void test_timers_move_and_fire(void **state)
{
    (void)state;
    woken = early = 0;
    run_in_weft_on(8, sleep_and_shrink, NULL);
    assert_int_equal(woken, SLEEPERS);
    assert_int_equal(early, 0);
}

static _Atomic int timed_out, got;
static weft_chan *gifts;

static void receive_in_time(void *arg)
{
    (void)arg;
    int gift, err = weft_chan_recv(gifts, &gift, weft_now() + 3600 * WF_NS_PER_S);
    timed_out += err == -ETIMEDOUT;
    got += err == 0;
}

/* Deadlines far away are stopped when something comes first, wherever they have moved. */
static void stop_moved(void *arg)
{
    (void)arg;
    gifts = weft_chan_new(sizeof(int), 0);
    for (int i = 0; i < SLEEPERS; i++)
        weft_go(receive_in_time, NULL);
    await_parked(SLEEPERS);
    weft_set_procs(2);
    for (int i = 0; i < SLEEPERS; i++)
        weft_chan_send(gifts, &i, WEFT_FOREVER);
    while (got < SLEEPERS)
        weft_yield();
    await_serving(2);
    struct wf_timers *w = &wf_rt.ps[0]->timers;
    wf_lock_acquire(&w->lock);
    not_empty = w->levels != 0;
    wf_lock_release(&w->lock);
    weft_chan_free(gifts);
}

static void test_a_moved_timer_can_be_stopped(void **state)
{
    (void)state;
    got = timed_out = 0;
    run_in_weft_on(8, stop_moved, NULL);
    assert_int_equal(got, SLEEPERS);
    assert_int_equal(timed_out, 0);
    assert_int_equal(not_empty, 0);
}

/* ---- who does not give it up ---- */

static _Atomic int stopped;

static void compute(void *arg)
{
    (void)arg;
    beside++;
    while (!atomic_load(&stopped))
        ;
    beside--;
}

static void block(void *arg)
{
    int *fds = arg;
    char c;
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    beside++;
    while (read(fds[0], &c, 1) < 0 && errno == EINTR)
        ;
    weft_block_end();
    beside--;
}

static int fds[2];

static void shrink_under(void *arg)
{
    weft_go(arg ? block : compute, arg);
    while (!beside)
        weft_yield();
    weft_set_procs(1);
    await_serving(1); /* the monitor has taken the P of who computes or blocks */
    atomic_store(&stopped, 1);
    if (arg && write(fds[1], "x", 1) != 1)
        abort();
    while (beside)
        weft_yield();
}

static void test_a_hog_does_not_keep_its_p(void **state)
{
    (void)state;
    beside = stopped = 0;
    run_in_weft_on(2, shrink_under, NULL);
    assert_int_equal(beside, 0);
}

static void test_who_blocks_does_not_keep_its_p(void **state)
{
    (void)state;
    beside = stopped = 0;
    assert_int_equal(pipe(fds), 0);
    run_in_weft_on(2, shrink_under, fds);
    assert_int_equal(beside, 0);
    close(fds[0]);
    close(fds[1]);
}

static void pinned_turns(void *arg)
{
    (void)arg;
    weft_thread_pin();
    for (int i = 0; i < 500; i++) {
        weft_yield();
        if (i % 50 == 0)
            weft_sleep(1000);
    }
    weft_thread_unpin();
    done++;
}

static void shrink_and_grow_under_pinned(void *arg)
{
    (void)arg;
    done = 0;
    for (int i = 0; i < 6; i++)
        weft_go(pinned_turns, NULL);
    for (int n = 1; done < 6; n = n % 4 + 1) {
        weft_set_procs(n);
        weft_yield();
    }
}

static void test_pinned_coroutines_go_on(void **state)
{
    (void)state;
    run_in_weft_on(4, shrink_and_grow_under_pinned, NULL);
    assert_int_equal(done, 6);
}

/* ---- all at once, and the number changes all the time ---- */

enum { MIXES = 8, MOST = 16, CROWD = 4 };

static struct mix {
    _Atomic bool over;
    bool traced;
    _Atomic long nspawned; /* traced */
    _Atomic long begun[MIXES], ended[MIXES];
    weft_chan *ch;
    _Atomic long sent, received;
    weft_mutex lock;
    long locked; /* by lock */
    _Atomic long sections;
    weft_pool *pool;
    _Atomic int wrong;
} mix;

static void mix_yield(void)
{
    for (int i = 0; i < 20; i++)
        weft_yield();
}

static void add_one(void *arg)
{
    atomic_fetch_add((_Atomic long *)arg, 1);
}

static void mix_spawn(void)
{
    _Atomic long sum = 0;
    weft_coro *co[10];
    if (mix.nspawned > 20000) { /* the replay has no room for more */
        weft_yield();
        return;
    }
    mix.nspawned += mix.traced ? 10 : 0;
    for (int i = 0; i < 10; i++)
        weft_spawn(NULL, add_one, &sum, &co[i]);
    for (int i = 0; i < 10; i++)
        weft_join(co[i], WEFT_FOREVER);
    if (sum != 10)
        mix.wrong = __LINE__;
}

static void mix_send(void)
{
    long value = 7;
    if (weft_chan_send(mix.ch, &value, WEFT_FOREVER))
        mix.wrong = __LINE__;
    mix.sent += value;
}

/* Until the channel is closed and empty. */
static void receive_all(void *arg)
{
    long value;
    (void)arg;
    while (!weft_chan_recv(mix.ch, &value, WEFT_FOREVER))
        mix.received += value;
}

static void mix_lock(void)
{
    weft_mutex_lock(&mix.lock);
    long was = mix.locked;
    if (was % 3 == 0)
        weft_yield();
    mix.locked = was + 1;
    weft_mutex_unlock(&mix.lock);
    mix.sections++;
}

static void mix_sleep(void)
{
    int64_t until = weft_now() + 30000;
    weft_sleep_until(until);
    if (weft_now() < until)
        mix.wrong = __LINE__;
}

static void mix_pool(void)
{
    _Atomic int *obj[5];
    for (int i = 0; i < 5; i++) {
        obj[i] = weft_pool_get(mix.pool);
        if (atomic_fetch_add(obj[i], 1))
            mix.wrong = __LINE__;
    }
    weft_yield();
    for (int i = 0; i < 5; i++) {
        atomic_fetch_sub(obj[i], 1);
        weft_pool_put(mix.pool, obj[i]);
    }
}

/* One that is reset is not overwritten with --enable-debug. */
static void leave_as_it_is(void *obj)
{
    (void)obj;
}

static void mix_block(void)
{
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
    weft_block_end();
}

/* Longer than its time, and bound to its thread meanwhile. */
static void mix_hog(void)
{
    weft_thread_pin();
    for (int64_t end = wf_clock_now() + 2 * WF_NS_PER_MS; wf_clock_now() < end;)
        ;
    weft_thread_unpin();
    weft_sleep(WF_NS_PER_MS);
}

static void (*const mixes[MIXES])(void) = { mix_yield, mix_spawn, mix_send,  mix_lock,
                                            mix_sleep, mix_pool,  mix_block, mix_hog };

static void mixed(void *arg)
{
    intptr_t which = (intptr_t)arg;
    mix.begun[which]++;
    while (!mix.over)
        mixes[which]();
    mix.ended[which]++;
}

static void *change_all_the_time(void *arg)
{
    uint32_t rand = 12345;
    for (long i = *(long *)arg; i > 0; i--) {
        rand = rand * 1664525u + 1013904223u;
        if (weft_set_procs((int)(rand >> 28) + 1) < 1)
            mix.wrong = __LINE__;
        if (rand >> 20 & 1)
            sched_yield();
    }
    while (!mix.sent) /* a busy machine has not come to it yet */
        sched_yield();
    mix.over = true;
    return NULL;
}

static void crowd(void *arg)
{
    pthread_t changer;
    weft_coro *co[MIXES * CROWD], *receiver;
    mix.ch = weft_chan_new(sizeof(long), 3);
    mix.pool = weft_pool_new("mix", sizeof(int), leave_as_it_is, 0);
    weft_mutex_init(&mix.lock, "mix");
    weft_spawn("receive", receive_all, NULL, &receiver);
    for (intptr_t i = 0; i < MIXES * CROWD; i++)
        weft_spawn("mixed", mixed, (void *)(i % MIXES), &co[i]);
    if (pthread_create(&changer, NULL, change_all_the_time, arg))
        abort();
    for (int i = 0; i < MIXES * CROWD; i++)
        weft_join(co[i], WEFT_FOREVER);
    weft_chan_close(mix.ch);
    weft_join(receiver, WEFT_FOREVER);
    pthread_join(changer, NULL);
    weft_chan_free(mix.ch);
    weft_pool_free(mix.pool);
}

static void assert_exact(void)
{
    assert_int_equal(mix.wrong, 0);
    assert_true(mix.sent > 0);
    assert_int_equal(mix.sent, mix.received);
    assert_int_equal(mix.locked, mix.sections);
    for (int i = 0; i < MIXES; i++) {
        assert_int_equal(mix.begun[i], CROWD);
        assert_int_equal(mix.ended[i], CROWD);
    }
}

static weft_config mixed_config(void)
{
    weft_config c = rt_config(4);
    c.preempt = WF_NS_PER_MS;
    memset(&mix, 0, sizeof mix);
    return c;
}

static void test_nothing_is_lost_while_the_number_changes(void **state)
{
    (void)state;
    weft_config c = mixed_config();
    long n = scale(SCALE_procs_changes);
    run_in_weft_with(&c, crowd, &n);
    assert_exact();
    scale_done(SCALE_procs_changes, n);
}

static void test_nor_on_unusual_schedules(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 3; seed++) {
        weft_config c = mixed_config();
        long n = scale(SCALE_procs_changes) / 10;
        c.fuzz = seed;
        run_in_weft_with(&c, crowd, &n);
        assert_exact();
    }
}

static void test_nor_where_ps_do_not_steal(void **state)
{
    (void)state;
    weft_config c = mixed_config();
    long n = scale(SCALE_procs_changes) / 10;
    c.steal = false;
    run_in_weft_with(&c, crowd, &n);
    assert_exact();
}

/* ---- the trace ---- */

static void test_the_trace_tells_the_number_and_replays(void **state)
{
    (void)state;
    weft_config c = mixed_config();
    long n = 200, counts = 0;
    snprintf(c.trace, sizeof c.trace, "/tmp/weft-procs-%d.weft", (int)getpid());
    mix.traced = true;
    run_in_weft_with(&c, crowd, &n);
    struct replay *r = replay_file(c.trace);
    unlink(c.trace);
    assert_string_equal(r->wrong, "");
    for (size_t i = 0; i < r->n; i++)
        counts += r->events[i].ev.id == WF_EV_p_count;
    assert_true(counts >= n); /* and one for each keyframe */
    replay_free(r);
    assert_exact();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_procs_returns_the_number_there_was),
        cmocka_unit_test(test_new_ps_run_coroutines),
        cmocka_unit_test(test_one_p_is_left_and_runs_one_at_a_time),
        cmocka_unit_test(test_a_p_that_leaves_keeps_nothing),
        cmocka_unit_test(test_timers_move_and_fire),
        cmocka_unit_test(test_a_moved_timer_can_be_stopped),
        cmocka_unit_test(test_a_hog_does_not_keep_its_p),
        cmocka_unit_test(test_who_blocks_does_not_keep_its_p),
        cmocka_unit_test(test_pinned_coroutines_go_on),
        cmocka_unit_test(test_nothing_is_lost_while_the_number_changes),
        cmocka_unit_test(test_nor_on_unusual_schedules),
        cmocka_unit_test(test_nor_where_ps_do_not_steal),
        cmocka_unit_test(test_the_trace_tells_the_number_and_replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
