/* SPDX-License-Identifier: MIT */
/*
 * A program of a user's, for test_debugging.sh: clean, or with one mistake that the
 * sanitizers or valgrind are to find on a coroutine's stack as they would on a thread's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

enum { CROWD = 1000, ROUNDS = 3, DEEP = 40 };

static volatile int sink;

/* ---- clean: many coroutines, deep stacks, channels, locks, sleeps, a pool ---- */

struct crowd {
    weft_chan *ch;
    weft_wait_group all;
    weft_mutex lock;
    weft_pool *pool;
    long entered;
};

static __attribute__((noinline)) int deep(int depth)
{
    char pad[512];
    memset(pad, depth, sizeof pad);
    int sum = depth ? deep(depth - 1) : 0;
    if (depth == DEEP / 2)
        weft_yield();
    __asm__ volatile("" : : "r"(pad) : "memory");
    return sum + pad[depth];
}

static void one_of_many(void *arg)
{
    struct crowd *c = arg;
    int got = deep(DEEP);
    char *object = weft_pool_get(c->pool);
    memset(object, 1, 64);
    weft_sleep(1000);
    weft_pool_put(c->pool, object);
    weft_chan_send(c->ch, &got, WEFT_FOREVER);
    weft_mutex_lock(&c->lock);
    c->entered++;
    weft_mutex_unlock(&c->lock);
    weft_wait_group_done(&c->all);
}

static void clean(void *arg)
{
    struct crowd c = { .ch = weft_chan_new(sizeof(int), 10) };
    int got, *wrong = arg;
    weft_mutex_init(&c.lock, NULL);
    weft_wait_group_init(&c.all, NULL);
    c.pool = weft_pool_new("objects", 64, NULL, 0);
    for (int round = 0; round < ROUNDS; round++) {
        weft_wait_group_add(&c.all, CROWD);
        for (int i = 0; i < CROWD; i++)
            weft_go(one_of_many, &c);
        for (int i = 0; i < CROWD; i++)
            *wrong += weft_chan_recv(c.ch, &got, WEFT_FOREVER) ||
                      got != DEEP * (DEEP + 1) / 2;
        weft_wait_group_wait(&c.all, WEFT_FOREVER);
    }
    *wrong += c.entered != (long)ROUNDS * CROWD;
    weft_pool_free(c.pool);
    weft_chan_free(c.ch);
    weft_mutex_fini(&c.lock);
    weft_wait_group_fini(&c.all);
}

/* ---- one mistake each ---- */

static void free_it(void *arg)
{
    free(arg);
}

/* Freed by another coroutine, while this one waits for it. */
static void heap(void *arg)
{
    weft_coro *co;
    int *value = malloc(sizeof *value);
    (void)arg;
    *value = 1;
    weft_spawn("free_it", free_it, value, &co);
    weft_join(co, WEFT_FOREVER);
    sink = *value;
}

/* An object of a pool, after it was put back. */
static void pooled(void *arg)
{
    weft_pool *pool = weft_pool_new("pool", 64, NULL, 0);
    volatile char *object = weft_pool_get(pool);
    (void)arg;
    weft_pool_put(pool, (void *)object);
    weft_yield();
    sink = object[1];
}

static void overflow(void *arg)
{
    volatile char local[16] = { 0 };
    volatile int beyond = 16;
    (void)arg;
    weft_yield();
    sink = local[beyond];
}

static __attribute__((noinline)) void point_at_local(volatile int **out)
{
    volatile int local = 7;
    *out = &local;
    weft_yield();
    __asm__ volatile("" : "+m"(*out));
}

static void returned(void *arg)
{
    volatile int *gone;
    (void)arg;
    point_at_local(&gone);
    weft_yield();
    sink = *gone;
}

static __attribute__((noinline)) int leave_unset(volatile int *set)
{
    int local[8];
    weft_yield();
    __asm__ volatile("" : : "r"(local) : "memory");
    return local[*set];
}

static void unset(void *arg)
{
    volatile int index = 3;
    (void)arg;
    if (leave_unset(&index) == 12345)
        puts("not likely");
}

/* Two coroutines on two threads at the same time: that they have met orders nothing. */
static int racy;
static int met;

static void race_one(void *arg)
{
    (void)arg;
    __atomic_fetch_add(&met, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&met, __ATOMIC_RELAXED) < 2)
        ;
    for (int i = 0; i < 1000; i++)
        racy++;
}

static void race(void *arg)
{
    weft_coro *co;
    weft_spawn("race_one", race_one, arg, &co);
    race_one(arg);
    weft_join(co, WEFT_FOREVER);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void *);
    } modes[] = {
        { "clean", clean },       { "heap", heap },   { "overflow", overflow },
        { "returned", returned }, { "unset", unset }, { "race", race },
        { "pooled", pooled },
    };
    for (size_t i = 0; argc == 2 && i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(argv[1], modes[i].name)) {
            int wrong = 0, err = weft_run(NULL, modes[i].run, &wrong);
            printf("%s: %d, %d wrong\n", argv[1], err, wrong);
            return err || wrong;
        }
    return 2;
}
