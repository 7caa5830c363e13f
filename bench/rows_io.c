/* SPDX-License-Identifier: MIT */
/*
 * rows_io.c - system calls, pipes and sockets.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

void bench_syscall(struct bench *b)
{
    int64_t begin = weft_now();
    for (int64_t i = 0; i < b->n; i++) {
        weft_block_begin(WEFT_BLOCK_SYSCALL);
        syscall(SYS_getppid);
        weft_block_end();
    }
    bench_per_op(b, "syscall_wrapped", begin, b->n);
    begin = weft_now();
    for (int64_t i = 0; i < b->n; i++)
        syscall(SYS_getppid);
    bench_per_op(b, "syscall_raw", begin, b->n);
}

/* --- pipes ------------------------------------------------------------------------ */

struct ends {
    int there[2], back[2];
    weft_fd *there_r, *there_w, *back_r, *back_w;
    int64_t n;
};

static void far_end(void *arg)
{
    struct ends *e = arg;
    char c;
    for (int64_t i = 0; i < e->n; i++) {
        weft_read(e->there_r, &c, 1, WEFT_FOREVER);
        weft_write(e->back_w, &c, 1, WEFT_FOREVER);
    }
}

static void near_end(void *arg)
{
    struct ends *e = arg;
    char c = 'x';
    for (int64_t i = 0; i < e->n; i++) {
        weft_write(e->there_w, &c, 1, WEFT_FOREVER);
        weft_read(e->back_r, &c, 1, WEFT_FOREVER);
    }
}

static void blocking(ssize_t (*call)(int, void *, size_t), int fd, char *byte)
{
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    ssize_t n = call(fd, byte, 1);
    weft_block_end();
    if (n != 1)
        bench_die("a pipe", -EIO);
}

static ssize_t put(int fd, void *buf, size_t n)
{
    return write(fd, buf, n);
}

static void far_end_blocking(void *arg)
{
    struct ends *e = arg;
    char c;
    for (int64_t i = 0; i < e->n; i++) {
        blocking(read, e->there[0], &c);
        blocking(put, e->back[1], &c);
    }
}

static void near_end_blocking(void *arg)
{
    struct ends *e = arg;
    char c = 'x';
    for (int64_t i = 0; i < e->n; i++) {
        blocking(put, e->there[1], &c);
        blocking(read, e->back[0], &c);
    }
}

static void open_ends(struct ends *e, bool poll)
{
    if (pipe(e->there) < 0 || pipe(e->back) < 0)
        bench_die("pipe", -errno);
    if (!poll)
        return;
    bench_must(weft_fd_new(e->there[0], NULL, &e->there_r), "weft_fd_new");
    bench_must(weft_fd_new(e->there[1], NULL, &e->there_w), "weft_fd_new");
    bench_must(weft_fd_new(e->back[0], NULL, &e->back_r), "weft_fd_new");
    bench_must(weft_fd_new(e->back[1], NULL, &e->back_w), "weft_fd_new");
}

struct one_of {
    void (*fn)(void *);
    struct ends *e;
    weft_wait_group *all;
};

static void run_one(void *arg)
{
    struct one_of *o = arg;
    o->fn(o->e);
    weft_wait_group_done(o->all);
}

static void pairs(struct bench *b, int n, bool poll)
{
    struct ends *ends = calloc((size_t)n, sizeof *ends);
    struct one_of *sides = calloc((size_t)n * 2, sizeof *sides);
    weft_wait_group all = WEFT_WAIT_GROUP_INIT;
    if (!ends || !sides)
        bench_die("calloc", -ENOMEM);
    for (int i = 0; i < n; i++) {
        open_ends(&ends[i], poll);
        ends[i].n = b->n / n;
        sides[2 * i] = (struct one_of){ poll ? far_end : far_end_blocking, &ends[i],
                                        &all };
        sides[2 * i + 1] = (struct one_of){ poll ? near_end : near_end_blocking,
                                            &ends[i], &all };
    }
    int64_t begin = weft_now();
    weft_wait_group_add(&all, 2 * n);
    for (int i = 0; i < 2 * n; i++)
        bench_must(weft_go(run_one, &sides[i]), "weft_go");
    weft_wait_group_wait(&all, WEFT_FOREVER);
    bench_per_op(b, b->row, begin, b->n);
}

void bench_pipe_poll(struct bench *b)
{
    pairs(b, 1, true);
}

void bench_pipe_poll100(struct bench *b)
{
    pairs(b, 100, true);
}

void bench_pipe_block(struct bench *b)
{
    pairs(b, 1, false);
}

void bench_pipe_block100(struct bench *b)
{
    pairs(b, 100, false);
}

/* --- TCP -------------------------------------------------------------------------- */

static void echo(void *arg)
{
    weft_fd *fd = arg;
    char buf[64];
    ssize_t n;
    while ((n = weft_read(fd, buf, sizeof buf, WEFT_FOREVER)) > 0)
        weft_write(fd, buf, (size_t)n, WEFT_FOREVER);
    weft_close(fd);
}

static void serve(void *arg)
{
    weft_fd *fd;
    while (!weft_accept(arg, WEFT_FOREVER, &fd))
        bench_must(weft_go(echo, fd), "weft_go");
}

struct client {
    weft_fd *fd;
    int64_t n;
    weft_wait_group *all;
};

static void ask(void *arg)
{
    struct client *c = arg;
    char byte = 'x';
    for (int64_t i = 0; i < c->n; i++) {
        weft_write(c->fd, &byte, 1, WEFT_FOREVER);
        weft_read(c->fd, &byte, 1, WEFT_FOREVER);
    }
    weft_wait_group_done(c->all);
}

static void tcp(struct bench *b, int n)
{
    struct client *clients = calloc((size_t)n, sizeof *clients);
    weft_wait_group all = WEFT_WAIT_GROUP_INIT;
    char addr[32];
    weft_fd *listener;
    if (!clients)
        bench_die("calloc", -ENOMEM);
    bench_must(weft_listen("127.0.0.1:0", 0, &listener), "weft_listen");
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(listener));
    bench_must(weft_go(serve, listener), "weft_go");
    for (int i = 0; i < n; i++) {
        clients[i] = (struct client){ .n = b->n / n, .all = &all };
        bench_must(weft_connect(addr, WEFT_FOREVER, &clients[i].fd), "weft_connect");
    }
    int64_t begin = weft_now();
    weft_wait_group_add(&all, n);
    for (int i = 0; i < n; i++)
        bench_must(weft_go(ask, &clients[i]), "weft_go");
    weft_wait_group_wait(&all, WEFT_FOREVER);
    bench_per_op(b, b->row, begin, b->n);
}

void bench_tcp_echo(struct bench *b)
{
    tcp(b, 1);
}

void bench_tcp_echo100(struct bench *b)
{
    tcp(b, 100);
}
