/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include "runtime/pool.h"

struct item {
    uint64_t id;
    _Atomic int owners;
    char pad[48];
};

struct use {
    weft_pool *pool;
    struct weft_pool_stats stats;
    void *objs[3000];
    long rounds;
    _Atomic int wrong, next, done;
};

static struct weft_pool_stats stats_of(weft_pool *pool)
{
    struct weft_pool_stats s;
    weft_pool_stats(pool, &s);
    return s;
}

#define assert_stats(s, hits_, misses_, puts_, dropped_, moved_)                       \
    do {                                                                               \
        struct weft_pool_stats s_ = (s);                                               \
        assert_int_equal(s_.gets, (hits_) + (misses_));                                \
        assert_int_equal(s_.hits, hits_);                                              \
        assert_int_equal(s_.misses, misses_);                                          \
        assert_int_equal(s_.puts, puts_);                                              \
        assert_int_equal(s_.dropped, dropped_);                                        \
        assert_int_equal(s_.moved, moved_);                                            \
    } while (0)

static void get_n(struct use *u, int n)
{
    for (int i = 0; i < n; i++)
        u->wrong += !(u->objs[i] = weft_pool_get(u->pool));
}

static void put_n(struct use *u, int n)
{
    for (int i = 0; i < n; i++)
        weft_pool_put(u->pool, u->objs[i]);
}

/* 3 objects, one of them twice more. */
static void use_a_few(void *arg)
{
    struct use *u = arg;
    get_n(u, 3);
    put_n(u, 3);
    u->wrong += weft_pool_get(u->pool) != u->objs[2];
    weft_pool_put(u->pool, u->objs[2]);
    u->wrong += weft_pool_get(u->pool) != u->objs[2];
    weft_pool_put(u->pool, u->objs[2]);
}

static void test_the_last_put_is_the_next_got(void **state)
{
    (void)state;
    struct use u = { .pool = weft_pool_new("p", sizeof(struct item), NULL, 0) };
    int procs = inside_procs;
    inside_procs = 1; /* who changes its P finds another cache */
    run_inside(use_a_few, &u);
    inside_procs = procs;
    assert_int_equal(u.wrong, 0);
    assert_stats(stats_of(u.pool), 2, 3, 5, 0, 0);
    weft_pool_free(u.pool);
}

/*
 * 100 objects put on one P: 32 fit the cache; each one too many moves 16 to the shared
 * list.  Got again, 100 hits: 16 come from there at a time, when the cache is empty.
 */
static void use_a_hundred_twice(void *arg)
{
    struct use *u = arg;
    get_n(u, 100);
    put_n(u, 100);
    u->stats = stats_of(u->pool);
    get_n(u, 100);
    put_n(u, 100);
}

static void test_what_a_cache_cannot_hold_is_shared(void **state)
{
    (void)state;
    struct use u = { .pool = weft_pool_new("p", sizeof(struct item), NULL, 0) };
    int procs = inside_procs;
    inside_procs = 1;
    run_inside(use_a_hundred_twice, &u);
    inside_procs = procs;
    assert_int_equal(u.wrong, 0);
    assert_stats(u.stats, 0, 100, 100, 0, 0);
    assert_stats(stats_of(u.pool), 100, 100, 200, 0, 80);
    weft_pool_free(u.pool);
}

/* Of large objects the shared list holds 64 (16 MiB of 1 MiB are fewer): the rest goes. */
static void test_more_than_enough_is_dropped(void **state)
{
    (void)state;
    struct use *u = calloc(1, sizeof *u);
    u->pool = weft_pool_new("p", 1 << 20, NULL, 0);
    get_n(u, 100);
    put_n(u, 100);
    assert_stats(stats_of(u->pool), 0, 100, 100, 36, 0);
    get_n(u, 100);
    assert_stats(stats_of(u->pool), 64, 136, 100, 36, 0);
    put_n(u, 100);
    assert_int_equal(u->wrong, 0);
    weft_pool_free(u->pool);
    free(u);
}

/* With a reset of its own an object is not poisoned: its owners stay counted. */
static void keep(void *obj)
{
    (void)obj;
}

static void set_id(void *obj)
{
    ((struct item *)obj)->id += 1;
}

static void test_reset_runs_before_each_get_on_what_was_put(void **state)
{
    (void)state;
    weft_pool *pool = weft_pool_new("p", sizeof(struct item), set_id, 0);
    struct item *item = weft_pool_get(pool);
    assert_int_equal(item->id, 1);
    weft_pool_put(pool, item);
    assert_ptr_equal(weft_pool_get(pool), item);
    assert_int_equal(item->id, 2);
    weft_pool_put(pool, item);
    weft_pool_put(pool, NULL);
    assert_stats(stats_of(pool), 1, 1, 2, 0, 0);
    weft_pool_free(pool);
    weft_pool_free(NULL);
}

static void test_unknown_flags_and_no_memory_are_null(void **state)
{
    (void)state;
    assert_null(weft_pool_new("p", 8, NULL, 1));
    weft_pool *pool = weft_pool_new(NULL, SIZE_MAX / 2, NULL, 0);
    assert_non_null(pool);
    assert_null(weft_pool_get(pool));
    weft_pool_free(pool);
}

/* ---- the victim period ---- */

/* Outside of a runtime there is no monitor: the periods are ours. */
static void test_what_two_periods_do_not_need_is_freed(void **state)
{
    (void)state;
    struct use *u = calloc(1, sizeof *u);
    u->pool = weft_pool_new("p", sizeof(struct item), NULL, 0);
    get_n(u, 3000);
    put_n(u, 3000);
    wf_pool_trim(); /* in this period there were none for a while */
    wf_pool_trim(); /* in this one all were there: victims */
    assert_stats(stats_of(u->pool), 0, 3000, 3000, 0, 0);
    get_n(u, 1000);
    put_n(u, 1000); /* of the 3000, 1000 were needed */
    wf_pool_trim();
    assert_stats(stats_of(u->pool), 1000, 3000, 4000, 2000, 0);
    wf_pool_trim();
    wf_pool_trim();
    assert_stats(stats_of(u->pool), 1000, 3000, 4000, 3000, 0);
    get_n(u, 10);
    put_n(u, 10);
    assert_stats(stats_of(u->pool), 1000, 3010, 4010, 3000, 0);
    assert_int_equal(u->wrong, 0);
    weft_pool_free(u->pool);
    free(u);
}

/* Victims leave at one end of the list, what is put comes to the other. */
static void test_list_goes_on_in_place_after_victims_left(void **state)
{
    (void)state;
    struct use *u = calloc(1, sizeof *u);
    u->pool = weft_pool_new("p", sizeof(struct item), keep, 0);
    for (int round = 0; round < 50; round++) {
        int n = 60 + round * 37 % 1500;
        get_n(u, n);
        for (int i = 0; i < n; i++)
            u->wrong += ((struct item *)u->objs[i])->owners++ != 0;
        for (int i = 0; i < n; i++)
            ((struct item *)u->objs[i])->owners--;
        put_n(u, n);
        if (round % 3)
            wf_pool_trim();
    }
    struct weft_pool_stats s = stats_of(u->pool);
    assert_int_equal(u->wrong, 0);
    assert_true(s.dropped > 0 && s.dropped <= s.misses);
    weft_pool_free(u->pool);
    free(u);
}

/* ---- several Ps ---- */

static void own_items(void *arg)
{
    struct use *u = arg;
    unsigned seed = (unsigned)u->next++;
    struct item *mine[50];
    for (long i = 0; i < u->rounds; i++) {
        int n = 1 + (int)below(&seed, 50);
        for (int k = 0; k < n; k++) {
            mine[k] = weft_pool_get(u->pool);
            u->wrong += mine[k]->owners++ != 0;
        }
        if (i % 4 == 0)
            weft_yield();
        for (int k = 0; k < n; k++) {
            u->wrong += --mine[k]->owners != 0;
            weft_pool_put(u->pool, mine[k]);
        }
    }
    u->done++;
}

static void *trim_all_the_time(void *arg)
{
    struct use *u = arg;
    while (u->done < 8) {
        wf_pool_trim();
        usleep(100);
    }
    return NULL;
}

static void share_pool(void *arg)
{
    struct use *u = arg;
    pthread_t thread;
    pthread_create(&thread, NULL, trim_all_the_time, u);
    for (int i = 0; i < 8; i++)
        weft_go(own_items, u);
    await_value(&u->done, 8);
    pthread_join(thread, NULL);
}

static void test_an_object_has_one_owner_and_all_are_counted(void **state)
{
    (void)state;
    struct use u = { .pool = weft_pool_new("p", sizeof(struct item), keep, 0),
                     .rounds = scale(SCALE_pool_rounds) };
    long gets = 0;
    run_inside(share_pool, &u);
    for (unsigned who = 0; who < 8; who++) {
        unsigned seed = who;
        for (long i = 0; i < u.rounds; i++)
            gets += 1 + (long)below(&seed, 50);
    }
    struct weft_pool_stats s = stats_of(u.pool);
    assert_int_equal(u.wrong, 0);
    assert_int_equal(s.gets, gets);
    assert_int_equal(s.puts, gets);
    /* In a long run the monitor may find some that nobody needs. */
    assert_true(s.misses <= 8 * 50 + 32 * 4 + s.dropped);
    scale_done(SCALE_pool_rounds, 8 * u.rounds);
    weft_pool_free(u.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_put_is_the_next_got),
        cmocka_unit_test(test_what_a_cache_cannot_hold_is_shared),
        cmocka_unit_test(test_more_than_enough_is_dropped),
        cmocka_unit_test(test_reset_runs_before_each_get_on_what_was_put),
        cmocka_unit_test(test_unknown_flags_and_no_memory_are_null),
        cmocka_unit_test(test_what_two_periods_do_not_need_is_freed),
        cmocka_unit_test(test_list_goes_on_in_place_after_victims_left),
        cmocka_unit_test(test_an_object_has_one_owner_and_all_are_counted),
    };
    return RUN_ON_SOME_PS(tests);
}
