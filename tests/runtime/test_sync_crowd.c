/* SPDX-License-Identifier: MIT */
/* Locks, conditions, semaphores, barriers and onces under a crowd of coroutines that come,
 * wait, give up and lose their Ps at any moment. */
#include "inside.h"

#include "runtime/waitq.h"

enum { CROWD = 6 };

struct crowd {
    void (*member)(struct crowd *c, unsigned *seed, long round);
    long rounds;
    _Atomic long wrong, timeouts, ran, last;
    _Atomic int next, done;

    weft_rwlock rw;
    _Atomic int readers, writers;
    long written; /* plain: guarded by rw, or by m */

    weft_semaphore sem;
    _Atomic long taken;

    weft_mutex m;
    weft_cond not_empty, not_full;
    long stored, passed; /* guarded by m */

    weft_barrier barrier;
    weft_once *onces;
    long *done_once; /* plain: guarded by onces */
};

static void burn(int64_t ns)
{
    for (int64_t end = wf_clock_now() + ns; wf_clock_now() < end;)
        ;
}

/* What may happen while one holds something: nothing, a switch, a retake. */
static void linger(unsigned *seed)
{
    unsigned what = below(seed, 100);
    if (what < 20)
        weft_yield();
    else if (what == 99 && !below(seed, 20))
        burn(3 * WF_NS_PER_MS);
}

static void be_member(void *arg)
{
    struct crowd *c = arg;
    unsigned seed = (unsigned)c->next++;
    for (long i = 0; i < c->rounds; i++)
        c->member(c, &seed, i);
    c->done++;
}

static void gather(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < CROWD; i++)
        weft_go(be_member, c);
    await_value(&c->done, CROWD);
}

static void run_crowd(struct crowd *c,
                      void (*member)(struct crowd *c, unsigned *seed, long round))
{
    c->member = member;
    c->rounds = scale(SCALE_sync_crowd);
    run_inside(gather, c);
    assert_int_equal(c->wrong, 0);
    scale_done(SCALE_sync_crowd, CROWD * c->rounds);
}

/* ---- read-write lock ---- */

static void lock_somehow(struct crowd *c, unsigned *seed, bool write)
{
    int (*try)(weft_rwlock *) = write ? weft_rwlock_trywrlock : weft_rwlock_tryrdlock;
    int (*until)(weft_rwlock *, int64_t) = write ? weft_rwlock_wrlock_until
                                                 : weft_rwlock_rdlock_until;
    switch (below(seed, 4)) {
    case 0:
        while (try(&c->rw))
            weft_yield();
        break;
    case 1:
        while (until(&c->rw, in_ns(below(seed, 20000))))
            c->timeouts++;
        break;
    default:
        (write ? weft_rwlock_wrlock : weft_rwlock_rdlock)(&c->rw);
    }
}

static void read_or_write(struct crowd *c, unsigned *seed, long round)
{
    bool write = !below(seed, 3);
    (void)round;
    lock_somehow(c, seed, write);
    if (write) {
        long was = c->written;
        c->wrong += c->writers++ != 0 || c->readers != 0;
        linger(seed);
        c->written = was + 1;
        c->ran++;
        c->writers--;
        weft_rwlock_wrunlock(&c->rw);
    } else {
        long was = c->written;
        c->readers++;
        linger(seed);
        c->wrong += c->writers != 0 || c->written != was;
        c->readers--;
        weft_rwlock_rdunlock(&c->rw);
    }
}

static void test_writers_exclude_all_and_readers_only_writers(void **state)
{
    (void)state;
    struct crowd c = { .rw = WEFT_RWLOCK_INIT };
    run_crowd(&c, read_or_write);
    assert_int_equal(c.written, c.ran);
    assert_int_equal(c.rw.state, 0);
    assert_null(wf_owner_g(c.rw.owner));
    weft_rwlock_fini(&c.rw);
}

/* ---- semaphore ---- */

enum { UNITS = 5 };

static void take_and_give(struct crowd *c, unsigned *seed, long round)
{
    uint64_t n = below(seed, UNITS + 1);
    (void)round;
    switch (below(seed, 3)) {
    case 0:
        while (weft_semaphore_try(&c->sem, n))
            weft_yield();
        break;
    case 1:
        while (weft_semaphore_acquire_until(&c->sem, n, in_ns(below(seed, 20000))))
            c->timeouts++;
        break;
    default:
        c->wrong += weft_semaphore_acquire(&c->sem, n) != 0;
    }
    c->wrong += atomic_fetch_add(&c->taken, (long)n) + (long)n > UNITS;
    linger(seed);
    c->taken -= (long)n;
    weft_semaphore_release(&c->sem, n);
}

static void test_semaphore_gives_no_more_than_it_has(void **state)
{
    (void)state;
    struct crowd c = { .sem = WEFT_SEMAPHORE_INIT(UNITS) };
    run_crowd(&c, take_and_give);
    assert_int_equal(c.sem.state, UNITS << 1);
    weft_semaphore_fini(&c.sem);
}

/* ---- condition ---- */

enum { ROOM = 2 };

/* Each puts one in and takes one out, of a store with little room. */
static bool wait_for(struct crowd *c, weft_cond *cond, unsigned *seed)
{
    if (below(seed, 2))
        return weft_cond_wait(cond, &c->m), true;
    int err = weft_cond_wait_until(cond, &c->m, in_ns(below(seed, 30000)));
    c->timeouts += err == -ETIMEDOUT;
    c->wrong += err && err != -ETIMEDOUT;
    return !err;
}

static void say(weft_cond *cond, unsigned *seed)
{
    if (below(seed, 4))
        weft_cond_signal(cond);
    else
        weft_cond_broadcast(cond);
}

static void store_and_take(struct crowd *c, unsigned *seed, long round)
{
    bool put = round & 1;
    weft_mutex_lock(&c->m);
    while (put ? c->stored == ROOM : !c->stored) {
        /* All at the same side would wait for ever: who finds that changes sides. */
        if (!wait_for(c, put ? &c->not_full : &c->not_empty, seed))
            put = !put;
        c->wrong += c->stored < 0 || c->stored > ROOM;
    }
    c->stored += put ? 1 : -1;
    c->passed++;
    if (below(seed, 2))
        linger(seed);
    bool inside = below(seed, 2);
    if (inside)
        say(put ? &c->not_empty : &c->not_full, seed);
    weft_mutex_unlock(&c->m);
    if (!inside)
        say(put ? &c->not_empty : &c->not_full, seed);
}

static void drain(void *arg)
{
    struct crowd *c = arg;
    while (c->done != CROWD) {
        weft_sleep(WF_NS_PER_MS);
        weft_mutex_lock(&c->m);
        c->stored = ROOM / 2;
        weft_cond_broadcast(&c->not_full);
        weft_cond_broadcast(&c->not_empty);
        weft_mutex_unlock(&c->m);
    }
}

static void gather_with_drain(void *arg)
{
    struct crowd *c = arg;
    weft_coro *co;
    weft_spawn(NULL, drain, c, &co);
    gather(c);
    weft_join(co, WEFT_FOREVER);
}

static void test_waits_for_conditions_hold_the_mutex_afterwards(void **state)
{
    (void)state;
    struct crowd c = { .m = WEFT_MUTEX_INIT,
                       .member = store_and_take,
                       .rounds = scale(SCALE_sync_crowd) };
    run_inside(gather_with_drain, &c);
    assert_int_equal(c.wrong, 0);
    assert_int_equal(c.passed, CROWD * c.rounds);
    assert_null(c.not_empty.q.first);
    assert_null(c.not_full.q.first);
    scale_done(SCALE_sync_crowd, c.passed);
    weft_cond_fini(&c.not_empty);
    weft_cond_fini(&c.not_full);
    weft_mutex_fini(&c.m);
}

/* Strictly in turns, by signals alone: a lost one would be a hang. */
static void take_turns(struct crowd *c, unsigned *seed, long round)
{
    (void)seed;
    (void)round;
    weft_mutex_lock(&c->m);
    long turn = c->stored++;
    while (c->passed != turn)
        weft_cond_wait(&c->not_full, &c->m);
    c->passed++;
    weft_cond_broadcast(&c->not_full);
    weft_mutex_unlock(&c->m);
}

static void test_no_signal_is_lost(void **state)
{
    (void)state;
    struct crowd c = { .m = WEFT_MUTEX_INIT };
    run_crowd(&c, take_turns);
    assert_int_equal(c.passed, CROWD * c.rounds);
    weft_mutex_fini(&c.m);
}

/* ---- barrier ---- */

/* Nobody is in round r + 1 before all have come to r. */
static void meet(struct crowd *c, unsigned *seed, long round)
{
    int got;
    c->ran++;
    if (below(seed, 2)) {
        while ((got = weft_barrier_wait_until(&c->barrier, in_ns(below(seed, 20000)))) <
               0)
            c->timeouts++;
    } else {
        got = weft_barrier_wait(&c->barrier);
    }
    c->last += got;
    c->wrong += c->ran < CROWD * (round + 1);
    linger(seed);
}

static void test_nobody_passes_the_barrier_alone(void **state)
{
    (void)state;
    struct crowd c = { .barrier = WEFT_BARRIER_INIT(CROWD) };
    run_crowd(&c, meet);
    assert_int_equal(c.last, c.rounds);
    assert_int_equal(c.barrier.arrived, 0);
    weft_barrier_fini(&c.barrier);
}

/* ---- once ---- */

struct one_time {
    struct crowd *c;
    long round;
};

static void do_it(void *arg)
{
    struct one_time *o = arg;
    weft_yield();
    o->c->done_once[o->round]++;
    o->c->ran++;
}

static void do_once(struct crowd *c, unsigned *seed, long round)
{
    struct one_time o = { c, round };
    (void)seed;
    weft_once_do(&c->onces[round], do_it, &o);
    c->wrong += c->done_once[round] != 1;
}

static void test_once_is_done_once_and_seen_by_all(void **state)
{
    (void)state;
    size_t n = (size_t)scale(SCALE_sync_crowd);
    struct crowd c = { .onces = calloc(n, sizeof *c.onces),
                       .done_once = calloc(n, sizeof *c.done_once) };
    assert_non_null(c.onces);
    assert_non_null(c.done_once);
    run_crowd(&c, do_once);
    assert_int_equal(c.ran, n);
    for (size_t i = 0; i < n; i++)
        weft_once_fini(&c.onces[i]);
    free(c.onces);
    free(c.done_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writers_exclude_all_and_readers_only_writers),
        cmocka_unit_test(test_semaphore_gives_no_more_than_it_has),
        cmocka_unit_test(test_waits_for_conditions_hold_the_mutex_afterwards),
        cmocka_unit_test(test_no_signal_is_lost),
        cmocka_unit_test(test_nobody_passes_the_barrier_alone),
        cmocka_unit_test(test_once_is_done_once_and_seen_by_all),
    };
    return RUN_ON_SOME_PS(tests);
}
