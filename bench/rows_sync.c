/* SPDX-License-Identifier: MIT */
/*
 * rows_sync.c - mutexes, pools and what they stand beside.
 */
#include "bench.h"

void bench_mutex(struct bench *b)
{
    weft_mutex m = WEFT_MUTEX_INIT;
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++) {
        weft_mutex_lock(&m);
        weft_mutex_unlock(&m);
    }
    bench_per_op(b, "mutex_1g", begin, b->n);
}

struct shared {
    weft_mutex m;
    int64_t each, x;
};

static void count(void *arg)
{
    struct shared *s = arg;
    for (int64_t i = 0; i < s->each; i++) {
        weft_mutex_lock(&s->m);
        s->x++;
        weft_mutex_unlock(&s->m);
    }
}

static void yield_inside(void *arg)
{
    struct shared *s = arg;
    for (int64_t i = 0; i < s->each; i++) {
        weft_mutex_lock(&s->m);
        weft_yield();
        s->x++;
        weft_mutex_unlock(&s->m);
    }
}

static void eight(struct bench *b, const char *name, void (*fn)(void *))
{
    struct shared s = { .m = WEFT_MUTEX_INIT, .each = b->n / 8 };
    struct bench_crew crew;
    int64_t begin = weft_now();
    bench_crew_start(&crew, 8, fn, &s);
    bench_crew_wait(&crew);
    bench_per_op(b, name, begin, b->n);
    if (s.x != 8 * s.each)
        bench_die("the mutex did not exclude", -EIO);
}

void bench_mutex_contended(struct bench *b)
{
    eight(b, "mutex_8g", count);
}

void bench_mutex_yield(struct bench *b)
{
    eight(b, "mutex_yield_8g", yield_inside);
}

/* --- objects ---------------------------------------------------------------------- */

struct pooled {
    weft_pool *pool;
    int64_t each;
};

static void get_and_put(void *arg)
{
    struct pooled *p = arg;
    for (int64_t i = 0; i < p->each; i++) {
        volatile unsigned char *o = weft_pool_get(p->pool);
        o[0]++;
        weft_pool_put(p->pool, (void *)o);
    }
}

void bench_pool(struct bench *b)
{
    struct pooled p = { weft_pool_new("bench", 1024, NULL, 0), b->n / b->procs };
    struct bench_crew crew;
    int64_t begin = weft_now();
    bench_crew_start(&crew, b->procs, get_and_put, &p);
    bench_crew_wait(&crew);
    bench_per_op(b, b->row, begin, b->n);
}

void bench_alloc1k(struct bench *b)
{
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++) {
        volatile unsigned char *o = malloc(1024);
        o[0] = 1;
        free((void *)o);
    }
    bench_per_op(b, b->row, begin, b->n);
}
