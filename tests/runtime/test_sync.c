/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include <pthread.h>

#include "runtime/waitq.h"

static void test_mutex_of_either_making_starts_free(void **state)
{
    (void)state;
    weft_mutex a = WEFT_MUTEX_INIT, b;
    assert_int_equal(weft_mutex_init(&b, "b"), 0);
    weft_mutex_fini(&a);
    weft_mutex_fini(&b);
}

/* ---- one coroutine ---- */

struct alone {
    weft_mutex m;
    int got[4];
};

static void lock_alone(void *arg)
{
    struct alone *a = arg;
    a->got[0] = weft_mutex_trylock(&a->m);
    a->got[1] = weft_mutex_trylock(&a->m);
    a->got[2] = weft_mutex_lock_until(&a->m, 0);
    weft_mutex_unlock(&a->m);
    a->got[3] = weft_mutex_lock_until(&a->m, WEFT_FOREVER);
    weft_mutex_unlock(&a->m);
    weft_mutex_lock(&a->m);
    weft_mutex_unlock(&a->m);
}

static void test_trylock_says_busy_and_nothing_else(void **state)
{
    (void)state;
    struct alone a = { .m = WEFT_MUTEX_INIT };
    run_inside(lock_alone, &a);
    assert_int_equal(a.got[0], 0);
    assert_int_equal(a.got[1], -EBUSY);
    assert_int_equal(a.got[2], -EBUSY);
    assert_int_equal(a.got[3], 0);
    weft_mutex_fini(&a.m);
}

static weft_mutex breached;

static void lock_twice(void *arg)
{
    (void)arg;
    weft_mutex_lock(&breached);
    weft_mutex_lock(&breached);
}

static void lock_twice_until(void *arg)
{
    (void)arg;
    weft_mutex_lock(&breached);
    weft_mutex_lock_until(&breached, WEFT_FOREVER);
}

static void unlock_free(void *arg)
{
    (void)arg;
    weft_mutex_unlock(&breached);
}

static void lock_and_end(void *arg)
{
    (void)arg;
    weft_mutex_lock(&breached);
}

static void unlock_anothers(void *arg)
{
    (void)arg;
    weft_go(lock_and_end, NULL);
    while (weft_mutex_trylock(&breached) != -EBUSY) {
        weft_mutex_unlock(&breached);
        weft_yield();
    }
    weft_mutex_unlock(&breached);
}

static void fini_held(void *arg)
{
    (void)arg;
    weft_mutex_lock(&breached);
    weft_mutex_fini(&breached);
}

static void below_zero(void *arg)
{
    weft_wait_group wg = WEFT_WAIT_GROUP_INIT;
    (void)arg;
    weft_wait_group_add(&wg, 1);
    weft_wait_group_done(&wg);
    weft_wait_group_done(&wg);
}

static void add_below_zero(void *arg)
{
    weft_wait_group wg = WEFT_WAIT_GROUP_INIT;
    (void)arg;
    weft_wait_group_add(&wg, 1);
    weft_wait_group_add(&wg, -2);
}

static void test_breaches_end_the_program(void **state)
{
    (void)state;
    assert_dies(lock_twice, "holds the mutex itself");
    assert_dies(lock_twice, "weft_mutex_lock at");
    assert_dies(lock_twice_until, "weft_mutex_lock_until at");
    assert_dies(unlock_free, "does not hold the lock");
    assert_dies(unlock_anothers, "does not hold the lock");
    assert_dies(fini_held, "weft_mutex_fini");
    assert_dies(below_zero, "weft_wait_group_done at");
    assert_dies(add_below_zero, "weft_wait_group_add at");
}

/* ---- mutual exclusion ---- */

struct shared {
    weft_mutex m;
    weft_chan *ch;
    long rounds, count; /* count: plain, guarded by m alone */
    int inside, broken; /* likewise */
    _Atomic long timeouts;
    _Atomic int next, done;
    _Atomic bool stop;
};

static void burn(int64_t ns)
{
    for (int64_t end = wf_clock_now() + ns; wf_clock_now() < end;)
        ;
}

/* Sections that are left at once, that yield inside, and that last past a retake. */
static void critical_section(struct shared *s, unsigned *seed)
{
    s->broken += s->inside++ != 0;
    long count = s->count;
    unsigned what = below(seed, 100);
    if (what < 10)
        weft_yield();
    else if (what == 99 && !below(seed, 20))
        burn(3 * WF_NS_PER_MS);
    s->count = count + 1;
    s->inside--;
}

static void exclude(void *arg)
{
    struct shared *s = arg;
    unsigned seed = (unsigned)s->next++;
    for (long i = 0; i < s->rounds; i++) {
        switch (below(&seed, 3)) {
        case 0:
            weft_mutex_lock(&s->m);
            break;
        case 1:
            while (weft_mutex_trylock(&s->m))
                weft_yield();
            break;
        default:
            while (weft_mutex_lock_until(&s->m, in_ns(below(&seed, 20000))))
                s->timeouts++;
        }
        critical_section(s, &seed);
        weft_mutex_unlock(&s->m);
    }
    s->done++;
}

static void run_excluders(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 6; i++)
        weft_go(exclude, s);
    await_value(&s->done, 6);
}

static void test_mutex_excludes_even_who_lost_its_p(void **state)
{
    (void)state;
    struct shared s = { .m = WEFT_MUTEX_INIT, .rounds = scale(SCALE_mutex_sections) };
    run_inside(run_excluders, &s);
    assert_int_equal(s.broken, 0);
    assert_int_equal(s.count, 6 * s.rounds);
    assert_null(wf_owner_g((void *)(uintptr_t)s.m.state));
    assert_null(s.m.q.first);
    scale_done(SCALE_mutex_sections, 6 * s.rounds);
    weft_mutex_fini(&s.m);
}

/* ---- waiting ---- */

static void lock_again_and_again(void *arg)
{
    struct shared *s = arg;
    while (!s->stop) {
        weft_mutex_lock(&s->m);
        s->count++;
        weft_mutex_unlock(&s->m);
    }
    s->done++;
}

/* Who locks it over and over never leaves it free for long: only a hand-over helps. */
static void wait_beside_hog(void *arg)
{
    struct shared *s = arg;
    weft_go(lock_again_and_again, s);
    weft_go(lock_again_and_again, s);
    for (int i = 0; i < 20; i++) {
        weft_mutex_lock(&s->m);
        s->inside++;
        weft_yield();
        weft_mutex_unlock(&s->m);
    }
    s->stop = true;
    await_value(&s->done, 2);
}

static void test_waiter_is_handed_the_mutex_in_the_end(void **state)
{
    (void)state;
    struct shared s = { .m = WEFT_MUTEX_INIT };
    run_inside(wait_beside_hog, &s);
    assert_int_equal(s.inside, 20);
    weft_mutex_fini(&s.m);
}

struct queue {
    weft_mutex m;
    int order[4], n, err;
    _Atomic int next, done;
};

static void lock_in_turn(void *arg)
{
    struct queue *q = arg;
    int me = q->next++;
    weft_mutex_lock(&q->m);
    q->order[q->n++] = me;
    weft_mutex_unlock(&q->m);
    q->done++;
}

static void let_queue_form(void *arg)
{
    struct queue *q = arg;
    weft_mutex_lock(&q->m);
    for (int i = 0; i < 4; i++) {
        weft_go(lock_in_turn, q);
        await_parked(i + 1);
    }
    weft_mutex_unlock(&q->m);
    await_value(&q->done, 4);
}

static void test_waiters_get_it_in_the_order_they_came(void **state)
{
    (void)state;
    struct queue q = { .m = WEFT_MUTEX_INIT };
    run_inside(let_queue_form, &q);
    for (int i = 0; i < 4; i++)
        assert_int_equal(q.order[i], i);
    weft_mutex_fini(&q.m);
}

static void lock_briefly(void *arg)
{
    struct queue *q = arg;
    q->err = weft_mutex_lock_until(&q->m, in_ns(WF_NS_PER_MS));
    q->done++;
}

static void outlast_waiter(void *arg)
{
    struct queue *q = arg;
    weft_mutex_lock(&q->m);
    weft_go(lock_briefly, q);
    await_value(&q->done, 1);
    weft_mutex_unlock(&q->m);
}

static void test_deadline_passes_and_leaves_nothing_behind(void **state)
{
    (void)state;
    struct queue q = { .m = WEFT_MUTEX_INIT };
    run_inside(outlast_waiter, &q);
    assert_int_equal(q.err, -ETIMEDOUT);
    assert_null(wf_owner_g((void *)(uintptr_t)q.m.state));
    assert_null(q.m.q.first);
    weft_mutex_fini(&q.m);
}

static void find_waiting(struct wf_g *g, void *arg)
{
    struct queue *q = arg;
    _Atomic(struct wf_g *) *owner = atomic_load(&g->owner);
    if (atomic_load(&g->state) == WF_G_WAITING && owner)
        q->err = wf_owner_g(atomic_load(owner)) == wf_g();
}

static void look_at_owner(void *arg)
{
    struct queue *q = arg;
    weft_mutex_lock(&q->m);
    int held = wf_owner_g((void *)(uintptr_t)q->m.state) == wf_g();
    weft_go(lock_in_turn, q);
    await_parked(1);
    wf_g_each(find_waiting, q);
    weft_mutex_unlock(&q->m);
    await_value(&q->done, 1);
    q->order[1] = held;
}

static void test_owner_can_be_found_from_who_waits(void **state)
{
    (void)state;
    struct queue q = { .m = WEFT_MUTEX_INIT };
    run_inside(look_at_owner, &q);
    assert_true(q.order[1]);
    assert_true(q.err);
    assert_null(wf_owner_g((void *)(uintptr_t)q.m.state));
    weft_mutex_fini(&q.m);
}

/* ---- wait groups ---- */

struct group {
    weft_wait_group wg;
    long rounds;
    _Atomic long early;
    _Atomic long work;
    int err[4];
    _Atomic int done;
};

static void work_once(void *arg)
{
    struct group *g = arg;
    g->work++;
    weft_wait_group_done(&g->wg);
}

static void wait_for_work(void *arg)
{
    struct group *g = arg;
    for (long i = 0; i < g->rounds; i++) {
        weft_wait_group_add(&g->wg, 4);
        for (int k = 0; k < 4; k++)
            weft_go(work_once, g);
        if (i % 2)
            weft_yield();
        g->early += weft_wait_group_wait(&g->wg, WEFT_FOREVER) != 0;
        g->early += g->work != 4 * (i + 1);
    }
}

static void test_wait_ends_when_the_work_is_done(void **state)
{
    (void)state;
    struct group g = { .wg = WEFT_WAIT_GROUP_INIT,
                       .rounds = scale(SCALE_wait_group_rounds) };
    run_inside(wait_for_work, &g);
    assert_int_equal(g.early, 0);
    assert_int_equal(g.wg.state, 0);
    scale_done(SCALE_wait_group_rounds, g.rounds);
    weft_wait_group_fini(&g.wg);
}

static void wait_too(void *arg)
{
    struct group *g = arg;
    g->early += weft_wait_group_wait(&g->wg, in_ns(60 * WF_NS_PER_S)) != 0;
    g->done++;
}

static void wait_in_all_ways(void *arg)
{
    struct group *g = arg;
    g->err[0] = weft_wait_group_wait(&g->wg, WEFT_FOREVER);
    weft_wait_group_add(&g->wg, 1);
    g->err[1] = weft_wait_group_wait(&g->wg, 0);
    g->err[2] = weft_wait_group_wait(&g->wg, in_ns(WF_NS_PER_MS));
    g->err[3] = g->wg.q.first ? -1 : 0;
    for (int i = 0; i < 5; i++)
        weft_go(wait_too, g);
    await_parked(5);
    weft_wait_group_done(&g->wg);
    await_value(&g->done, 5);
}

static void test_all_waiters_go_on_and_deadlines_hold(void **state)
{
    (void)state;
    struct group g = { 0 };
    assert_int_equal(weft_wait_group_init(&g.wg, "work"), 0);
    run_inside(wait_in_all_ways, &g);
    assert_int_equal(g.err[0], 0);
    assert_int_equal(g.err[1], -EAGAIN);
    assert_int_equal(g.err[2], -ETIMEDOUT);
    assert_int_equal(g.err[3], 0);
    assert_int_equal(g.early, 0);
    assert_int_equal(g.wg.state, 0);
    weft_wait_group_fini(&g.wg);
}

/* Each round's group is on the stack: nobody may touch it once the waiter went on. */
static void *done_from_thread(void *arg)
{
    struct group *g = arg;
    while (!g->done)
        ;
    weft_wait_group_done(&g->wg);
    return NULL;
}

static void wait_for_thread(void *arg)
{
    struct group *g = arg;
    weft_foreign_begin();
    for (long i = 0; i < 50; i++) {
        struct group mine = { .wg = WEFT_WAIT_GROUP_INIT };
        pthread_t thread;
        weft_wait_group_add(&mine.wg, 1);
        pthread_create(&thread, NULL, done_from_thread, &mine);
        mine.done = 1;
        g->early += weft_wait_group_wait(&mine.wg, WEFT_FOREVER) != 0;
        weft_block_begin(WEFT_BLOCK_USER);
        pthread_join(thread, NULL);
        weft_block_end();
    }
    weft_foreign_end();
}

static void test_plain_threads_may_say_done(void **state)
{
    (void)state;
    struct group g = { 0 };
    run_inside(wait_for_thread, &g);
    assert_int_equal(g.early, 0);
    assert_int_equal(weft_wait_group_wait(&g.wg, 0), 0);
    weft_wait_group_add(&g.wg, 1);
    assert_int_equal(weft_wait_group_wait(&g.wg, 0), -EAGAIN);
    assert_int_equal(weft_wait_group_wait(&g.wg, WEFT_FOREVER), -EPERM);
    weft_wait_group_done(&g.wg);
    weft_wait_group_fini(&g.wg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutex_of_either_making_starts_free),
        cmocka_unit_test(test_trylock_says_busy_and_nothing_else),
        cmocka_unit_test(test_breaches_end_the_program),
        cmocka_unit_test(test_mutex_excludes_even_who_lost_its_p),
        cmocka_unit_test(test_waiter_is_handed_the_mutex_in_the_end),
        cmocka_unit_test(test_waiters_get_it_in_the_order_they_came),
        cmocka_unit_test(test_deadline_passes_and_leaves_nothing_behind),
        cmocka_unit_test(test_owner_can_be_found_from_who_waits),
        cmocka_unit_test(test_wait_ends_when_the_work_is_done),
        cmocka_unit_test(test_all_waiters_go_on_and_deadlines_hold),
        cmocka_unit_test(test_plain_threads_may_say_done),
    };
    return RUN_ON_SOME_PS(tests);
}
