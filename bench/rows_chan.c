/* SPDX-License-Identifier: MIT */
/*
 * rows_chan.c - channels and select.
 */
#include "bench.h"

static weft_chan *chan(size_t capacity)
{
    weft_chan *ch = weft_chan_new(sizeof(int64_t), capacity);
    if (!ch)
        bench_die("weft_chan_new", -ENOMEM);
    return ch;
}

/* --- ping and pong ---------------------------------------------------------------- */

struct pair {
    weft_chan *there, *back;
    bool pinned;
};

static void pong(void *arg)
{
    struct pair *p = arg;
    int64_t v;
    if (p->pinned)
        weft_thread_pin();
    while (!weft_chan_recv(p->there, &v, WEFT_FOREVER))
        weft_chan_send(p->back, &v, WEFT_FOREVER);
    weft_chan_close(p->back);
}

static void pingpong(struct bench *b, bool pinned)
{
    struct pair p = { chan(0), chan(0), pinned };
    bench_must(weft_go(pong, &p), "weft_go");
    if (pinned)
        weft_thread_pin();
    int64_t begin = weft_now();
    for (int64_t i = 0, v; i < b->n; i++) {
        weft_chan_send(p.there, &i, WEFT_FOREVER);
        weft_chan_recv(p.back, &v, WEFT_FOREVER);
    }
    weft_chan_close(p.there);
    weft_chan_recv(p.back, NULL, WEFT_FOREVER);
    bench_per_op(b, b->row, begin, b->n);
}

void bench_chan_pingpong(struct bench *b)
{
    pingpong(b, false);
}

void bench_chan_pingpong_locked(struct bench *b)
{
    pingpong(b, true);
}

/* --- buffered --------------------------------------------------------------------- */

void bench_chan_nb(struct bench *b)
{
    weft_chan *ch = chan(100);
    int64_t begin = weft_now();
    for (int64_t i = 0, v; i < b->n; i++) {
        weft_chan_send(ch, &i, WEFT_FOREVER);
        weft_chan_recv(ch, &v, WEFT_FOREVER);
    }
    bench_per_op(b, b->row, begin, b->n);
}

struct stream {
    weft_chan *ch;
    int64_t each;
    _Atomic int64_t sum;
};

static void produce(void *arg)
{
    struct stream *s = arg;
    for (int64_t i = 0; i < s->each; i++)
        weft_chan_send(s->ch, &i, WEFT_FOREVER);
}

static void consume(void *arg)
{
    struct stream *s = arg;
    int64_t v, sum = 0;
    while (!weft_chan_recv(s->ch, &v, WEFT_FOREVER))
        sum += v;
    s->sum += sum;
}

static void stream(struct bench *b, int producers, int consumers)
{
    struct stream s = { chan(100), b->n / producers, 0 };
    struct bench_crew from, to;
    int64_t begin = weft_now();
    bench_crew_start(&to, consumers, consume, &s);
    bench_crew_start(&from, producers, produce, &s);
    bench_crew_wait(&from);
    weft_chan_close(s.ch);
    bench_crew_wait(&to);
    bench_per_op(b, b->row, begin, b->n);
    if (s.sum != producers * (s.each * (s.each - 1) / 2))
        bench_die("elements were lost", -EIO);
}

void bench_chan_buf100(struct bench *b)
{
    stream(b, 1, 1);
}

void bench_chan_1p4c(struct bench *b)
{
    stream(b, 1, 4);
}

void bench_chan_4p4c(struct bench *b)
{
    stream(b, 4, 4);
}

/* --- select ----------------------------------------------------------------------- */

struct fan {
    weft_chan *ch[4];
    int n;
    int64_t ops;
};

static void send_in_turn(void *arg)
{
    struct fan *f = arg;
    for (int64_t i = 0; i < f->ops; i++)
        weft_chan_send(f->ch[i % f->n], &i, WEFT_FOREVER);
}

static void select_of(struct bench *b, int n)
{
    struct fan f = { .n = n, .ops = b->n };
    weft_case cases[4];
    int64_t v, sum = 0;
    for (int i = 0; i < n; i++) {
        f.ch[i] = chan(0);
        cases[i] = (weft_case){ .ch = f.ch[i], .op = WEFT_RECV, .elem = &v };
    }
    int64_t begin = weft_now();
    bench_must(weft_go(send_in_turn, &f), "weft_go");
    for (int64_t i = 0; i < b->n; i++) {
        weft_select(cases, n, WEFT_FOREVER);
        sum += v;
    }
    bench_per_op(b, b->row, begin, b->n);
    if (sum != b->n * (b->n - 1) / 2)
        bench_die("elements were lost", -EIO);
}

void bench_select2(struct bench *b)
{
    select_of(b, 2);
}

void bench_select4(struct bench *b)
{
    select_of(b, 4);
}

void bench_select_default(struct bench *b)
{
    weft_case cases[] = { { .ch = chan(0), .op = WEFT_RECV },
                          { .ch = chan(0), .op = WEFT_RECV } };
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++)
        weft_select(cases, 2, 0);
    bench_per_op(b, b->row, begin, b->n);
}
