/* SPDX-License-Identifier: MIT */
/*
 * The ring of a P, alone and under thieves.  The litmus runs in release builds too: there
 * a lost or doubled coroutine shows that an order is too weak.
 */
#include "rt_support.h"

#include "runtime/runq.h"

enum { THIEVES = 3 };

static struct wf_p *new_p(uint32_t id)
{
    struct wf_p *p = aligned_alloc(WF_CACHE_LINE, sizeof *p);
    assert_non_null(p);
    memset(p, 0, sizeof *p);
    p->id = id;
    return p;
}

static struct wf_g *new_gs(int n)
{
    struct wf_g *gs = malloc((size_t)n * sizeof *gs);
    assert_non_null(gs);
    memset(gs, 0, (size_t)n * sizeof *gs);
    return gs;
}

static void test_ring_is_first_in_first_out(void **state)
{
    (void)state;
    struct wf_p *p = new_p(0);
    struct wf_g *gs = new_gs(WF_RING);
    for (int round = 0; round < 5; round++) {
        assert_null(wf_runq_get(p));
        for (int i = 0; i < WF_RING; i++)
            wf_runq_put(p, &gs[i]);
        assert_int_equal(wf_runq_len(p), WF_RING);
        for (int i = 0; i < WF_RING; i++)
            assert_ptr_equal(wf_runq_get(p), &gs[i]);
        assert_int_equal(wf_runq_len(p), 0);
    }
    free(gs);
    free(p);
}

static void test_next_comes_first_and_displaces(void **state)
{
    (void)state;
    struct wf_p *p = new_p(0);
    struct wf_g *gs = new_gs(3);
    assert_true(wf_runq_put_next(p, &gs[0]));
    assert_false(wf_runq_put_next(p, &gs[1]));
    assert_int_equal(wf_runq_len(p), 2);
    assert_ptr_equal(wf_runq_get_next(p), &gs[1]);
    assert_null(wf_runq_get_next(p));
    assert_ptr_equal(wf_runq_get(p), &gs[0]);
    free(gs);
    free(p);
}

static void test_global_queue_grows_in_order(void **state)
{
    (void)state;
    enum { N = 5000, ROOM = 4 * WF_RING };
    struct wf_p *p = new_p(0);
    struct wf_g *gs = new_gs(N);
    int put = 0, got = 0;
    wf_rt.nprocs = 1;
    assert_int_equal(wf_global_reserve(1), 0);
    for (int room = ROOM; put < N; room *= 2) {
        assert_int_equal(wf_global_reserve((uint32_t)room), 0);
        wf_lock_acquire(&wf_rt.lock);
        for (; put < N && put - got < room; put++)
            wf_global_put(&(struct wf_g *){ &gs[put] }, 1);
        for (; got < put - room / 3; got++) /* so that it goes round */
            assert_ptr_equal(wf_global_get(p, 1), &gs[got]);
        wf_lock_release(&wf_rt.lock);
    }
    for (; got < N; got++)
        assert_ptr_equal(wf_global_get(p, 1), &gs[got]);
    assert_null(wf_global_get(p, 1));
    wf_global_fini();
    wf_rt.nprocs = 0;
    free(gs);
    free(p);
}

static void test_full_ring_gives_half_to_the_global_queue(void **state)
{
    (void)state;
    assert_int_equal(wf_global_reserve(WF_RING), 0);
    struct wf_p *p = new_p(0);
    struct wf_g *gs = new_gs(WF_RING + 1);
    for (int i = 0; i <= WF_RING; i++)
        wf_runq_put(p, &gs[i]);
    assert_int_equal(wf_runq_len(p), WF_RING / 2);
    assert_int_equal(atomic_load(&wf_rt.nglobal), WF_RING / 2 + 1);
    wf_rt.nprocs = 1;
    wf_lock_acquire(&wf_rt.lock);
    /* The oldest went, and then the one that found the ring full. */
    for (int i = 0; i < WF_RING / 2; i++)
        assert_ptr_equal(wf_global_get(p, 1), &gs[i]);
    assert_ptr_equal(wf_global_get(p, 1), &gs[WF_RING]);
    assert_null(wf_global_get(p, 1));
    wf_lock_release(&wf_rt.lock);
    wf_rt.nprocs = 0;
    assert_int_equal(atomic_load(&wf_rt.nglobal), 0);
    wf_global_fini();
    free(gs);
    free(p);
}

static void test_steal_takes_half_the_oldest(void **state)
{
    (void)state;
    for (int n = 0; n <= WF_RING; n++) {
        struct wf_p *victim = new_p(0), *thief = new_p(1);
        struct wf_g *gs = new_gs(WF_RING);
        uint32_t got = 0;
        for (int i = 0; i < n; i++)
            wf_runq_put(victim, &gs[i]);
        struct wf_g *g = wf_runq_steal(thief, victim, &got);
        int half = n - n / 2;
        assert_int_equal(got, half);
        assert_int_equal(wf_runq_len(victim), n - half);
        if (half) { /* the newest of these is to run at once */
            assert_ptr_equal(g, &gs[half - 1]);
            assert_int_equal(wf_runq_len(thief), half - 1);
            for (int i = 0; i < half - 1; i++)
                assert_ptr_equal(wf_runq_get(thief), &gs[i]);
        } else {
            assert_null(g);
        }
        free(gs);
        free(thief);
        free(victim);
    }
}

/* ---- litmus: an owner that puts and gets, thieves that take; nobody may be lost ---- */

struct litmus {
    struct wf_p *owner;
    struct wf_g *gs;
    _Atomic bool stop;
    pthread_mutex_t back; /* guards what came back to the owner, linked by next */
    struct wf_g *returned;
};

/* Whoever took g off a queue runs it, alone: plain memory, which must arrive whole. */
static void run_one(struct litmus *l, struct wf_g *g)
{
    g->err++;
    g->id++;
    pthread_mutex_lock(&l->back);
    g->next = l->returned;
    l->returned = g;
    pthread_mutex_unlock(&l->back);
}

struct thief {
    struct litmus *l;
    struct wf_p *p;
    long stolen;
};

static void *steal_all_day(void *arg)
{
    struct thief *t = arg;
    while (!atomic_load(&t->l->stop)) {
        uint32_t n;
        struct wf_g *g = wf_runq_steal(t->p, t->l->owner, &n);
        for (; g; g = wf_runq_get(t->p)) {
            t->stolen++;
            run_one(t->l, g);
        }
    }
    return NULL;
}

static void test_no_coroutine_is_lost_to_thieves(void **state)
{
    (void)state;
    struct litmus l = { .owner = new_p(0),
                        .gs = new_gs(WF_RING - 1),
                        .back = PTHREAD_MUTEX_INITIALIZER };
    struct thief thieves[THIEVES];
    pthread_t threads[THIEVES];
    long rounds = scale(SCALE_runq_rounds), put = 0, stolen = 0;
    uint64_t a = 0, b = 0;
    for (int i = 0; i < WF_RING - 1; i++) {
        l.gs[i].next = l.returned;
        l.returned = &l.gs[i];
    }
    for (int i = 0; i < THIEVES; i++) {
        thieves[i] = (struct thief){ &l, new_p((uint32_t)i + 1), 0 };
        pthread_create(&threads[i], NULL, steal_all_day, &thieves[i]);
    }
    for (long r = 0; r < rounds; r++) {
        pthread_mutex_lock(&l.back);
        struct wf_g *g = l.returned;
        l.returned = NULL;
        pthread_mutex_unlock(&l.back);
        for (struct wf_g *next; g; g = next, put++) {
            next = g->next;
            wf_runq_put(l.owner, g);
        }
        for (int i = 0; i < 40 && (g = wf_runq_get(l.owner)); i++)
            run_one(&l, g);
    }
    for (struct wf_g *g; (g = wf_runq_get(l.owner));)
        run_one(&l, g);
    atomic_store(&l.stop, true);
    for (int i = 0; i < THIEVES; i++) {
        pthread_join(threads[i], NULL);
        for (struct wf_g *g; (g = wf_runq_get(thieves[i].p));)
            run_one(&l, g);
        stolen += thieves[i].stolen;
        free(thieves[i].p);
    }
    int back = 0;
    for (struct wf_g *g = l.returned; g; g = g->next, back++) {
        a += (uint64_t)g->err;
        b += g->id;
    }
    assert_int_equal(back, WF_RING - 1);
    assert_int_equal(a, put);
    assert_int_equal(b, put);
    assert_true(stolen > 0);
    scale_done(SCALE_runq_rounds, rounds);
    free(l.gs);
    free(l.owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_is_first_in_first_out),
        cmocka_unit_test(test_next_comes_first_and_displaces),
        cmocka_unit_test(test_global_queue_grows_in_order),
        cmocka_unit_test(test_full_ring_gives_half_to_the_global_queue),
        cmocka_unit_test(test_steal_takes_half_the_oldest),
        cmocka_unit_test(test_no_coroutine_is_lost_to_thieves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
