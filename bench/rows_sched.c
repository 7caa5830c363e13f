/* SPDX-License-Identifier: MIT */
/*
 * rows_sched.c - yields, starting and ending, parked coroutines, skynet, being late.
 */
#include <string.h>
#include <sys/resource.h>

#include "bench.h"

#define MS INT64_C(1000000)

/* --- yield ------------------------------------------------------------------------ */

static void yield_often(void *arg)
{
    int64_t n = *(const int64_t *)arg;
    for (int64_t i = 0; i < n; i++)
        weft_yield();
}

static void yields(struct bench *b, int64_t coroutines)
{
    int64_t each = (b->n + coroutines - 1) / coroutines, begin = weft_now();
    struct bench_crew crew;
    bench_crew_start(&crew, coroutines, yield_often, &each);
    bench_crew_wait(&crew);
    bench_per_op(b, b->row, begin, each * coroutines);
}

void bench_yield(struct bench *b)
{
    yields(b, 2);
}

void bench_yield1k(struct bench *b)
{
    yields(b, 1000);
}

/* --- start and end ---------------------------------------------------------------- */

static void done(void *wg)
{
    weft_wait_group_done(wg);
}

void bench_spawn_join(struct bench *b)
{
    static const char *const names[] = { "spawn_join_cold", "spawn_join_warm" };
    for (int pass = 0; pass < 2; pass++) {
        weft_wait_group wg = WEFT_WAIT_GROUP_INIT;
        int64_t begin = weft_now();
        weft_wait_group_add(&wg, b->n);
        for (int64_t i = 0; i < b->n; i++)
            bench_must(weft_go(done, &wg), "weft_go");
        weft_wait_group_wait(&wg, WEFT_FOREVER);
        bench_per_op(b, names[pass], begin, b->n);
    }
}

void bench_spawn_seq(struct bench *b)
{
    weft_wait_group wg = WEFT_WAIT_GROUP_INIT;
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++) {
        weft_wait_group_add(&wg, 1);
        bench_must(weft_go(done, &wg), "weft_go");
        weft_wait_group_wait(&wg, WEFT_FOREVER);
    }
    bench_per_op(b, b->row, begin, b->n);
}

/* --- parked ----------------------------------------------------------------------- */

static int64_t resident(void)
{
    char line[160];
    long long kb = 0;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb * 1024;
}

struct crowd {
    weft_chan *never;
    _Atomic int64_t arrived;
};

static void park(void *arg)
{
    struct crowd *c = arg;
    c->arrived++;
    weft_chan_recv(c->never, NULL, WEFT_FOREVER);
}

void bench_mem_parked(struct bench *b)
{
    struct crowd c = { .never = weft_chan_new(0, 0) };
    char name[48];
    int64_t before = resident(), begin = weft_now();
    for (int64_t i = 0; i < b->n; i++)
        bench_must(weft_go(park, &c), "weft_go");
    while (c.arrived < b->n)
        weft_yield();
    int64_t took = weft_now() - begin;
    weft_sleep(200 * MS); /* the last ones park */
    snprintf(name, sizeof name, "mem_parked_%lldk", (long long)b->n / 1000);
    bench_put(b, name, (double)(resident() - before) / (double)b->n, "bytes");
    snprintf(name, sizeof name, "park_%lldk", (long long)b->n / 1000);
    bench_put(b, name, (double)took / (double)b->n, "ns/op");
}

void bench_mem_parked_1000k(struct bench *b)
{
    bench_mem_parked(b);
}

/* --- skynet ----------------------------------------------------------------------- */

struct node {
    weft_chan *to;
    int64_t num, size;
};

static void skynet(void *arg)
{
    struct node me = *(struct node *)arg, child[10];
    int64_t sum = 0, v;
    if (me.size == 1) {
        weft_chan_send(me.to, &me.num, WEFT_FOREVER);
        return;
    }
    weft_chan *from = weft_chan_new(sizeof v, 0);
    if (!from)
        bench_die("weft_chan_new", -ENOMEM);
    for (int i = 0; i < 10; i++) {
        child[i] = (struct node){ from, me.num + i * (me.size / 10), me.size / 10 };
        bench_must(weft_go(skynet, &child[i]), "weft_go");
    }
    for (int i = 0; i < 10; i++) {
        weft_chan_recv(from, &v, WEFT_FOREVER);
        sum += v;
    }
    weft_chan_free(from);
    weft_chan_send(me.to, &sum, WEFT_FOREVER);
}

void bench_skynet(struct bench *b)
{
    static const char *const names[] = { "skynet_cold", "skynet_warm" };
    int64_t leaves = 1;
    while (leaves <= b->n / 10) /* a power of ten */
        leaves *= 10;
    for (int pass = 0; pass < 2; pass++) {
        struct node root = { weft_chan_new(sizeof(int64_t), 0), 0, leaves };
        int64_t sum, begin = weft_now();
        bench_must(weft_go(skynet, &root), "weft_go");
        weft_chan_recv(root.to, &sum, WEFT_FOREVER);
        bench_put(b, names[pass], (double)(weft_now() - begin) / 1e6, "ms");
        if (sum != leaves * (leaves - 1) / 2)
            bench_die("leaves were lost", -EIO);
        weft_chan_free(root.to);
    }
}

/* --- timers ----------------------------------------------------------------------- */

static weft_timer *in_an_hour(int64_t i)
{
    weft_timer *t;
    bench_must(weft_timer_new(weft_now() + 3600 * 1000 * MS + i * 1000, &t),
               "weft_timer_new");
    return t;
}

void bench_timer_churn(struct bench *b)
{
    enum { OUTSTANDING = 100000 };
    weft_timer **timers = calloc(OUTSTANDING, sizeof *timers);
    if (!timers)
        bench_die("calloc", -ENOMEM);
    for (int64_t i = 0; i < OUTSTANDING; i++)
        timers[i] = in_an_hour(i);
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++) {
        weft_timer **t = &timers[i % OUTSTANDING];
        weft_timer_stop(*t);
        weft_timer_free(*t);
        *t = in_an_hour(i);
    }
    bench_per_op(b, b->row, begin, b->n);
}

/* --- late ------------------------------------------------------------------------- */

static int64_t cpu_ns(void)
{
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 * MS +
           (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000;
}

struct sleepers {
    int64_t begin, *late;
    _Atomic int64_t next;
};

static void sleep_once(void *arg)
{
    struct sleepers *s = arg;
    int64_t i = s->next++, deadline = s->begin + 1000 * MS + i % 1000 * MS;
    weft_sleep_until(deadline);
    s->late[i] = weft_now() - deadline;
}

void bench_sleepers(struct bench *b)
{
    struct sleepers s = { .late = calloc((size_t)b->n, sizeof *s.late) };
    struct bench_crew crew;
    char name[64];
    if (!s.late)
        bench_die("calloc", -ENOMEM);
    s.begin = weft_now() + b->n / 1000 * 2 * MS; /* time to start them all */
    int64_t cpu = cpu_ns();
    bench_crew_start(&crew, b->n, sleep_once, &s);
    bench_crew_wait(&crew);
    cpu = cpu_ns() - cpu;
    int k = snprintf(name, sizeof name, "sleepers_%lldk", (long long)b->n / 1000);
    strcpy(name + k, "_cpu");
    bench_put(b, name, (double)cpu / (double)b->n, "ns/op");
    strcpy(name + k, "_rss");
    bench_put(b, name, (double)resident() / (double)b->n, "bytes");
    strcpy(name + k, "_late");
    bench_latencies(b, name, s.late, b->n);
}

static void hog(void *arg)
{
    volatile uint64_t *sink = arg;
    for (uint64_t x = 1;; *sink = x)
        x = x * 6364136223846793005u + 1442695040888963407u;
}

static void lateness(struct bench *b, int hogs)
{
    static volatile uint64_t sink;
    int64_t *late = calloc((size_t)b->n, sizeof *late), deadline;
    if (!late)
        bench_die("calloc", -ENOMEM);
    for (int i = 0; i < hogs; i++)
        bench_must(weft_go(hog, (void *)&sink), "weft_go");
    deadline = weft_now() + MS;
    for (int64_t i = 0; i < b->n; i++) {
        weft_sleep_until(deadline);
        late[i] = weft_now() - deadline;
        deadline = weft_now() / MS * MS + 2 * MS;
    }
    bench_latencies(b, b->row, late, b->n);
}

void bench_sched_lat(struct bench *b)
{
    lateness(b, b->procs);
}

void bench_sched_lat_idle(struct bench *b)
{
    lateness(b, 0);
}
