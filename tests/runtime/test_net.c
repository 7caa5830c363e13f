/* SPDX-License-Identifier: MIT */
#include "inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "runtime/netpoll.h"

static const int64_t LONG = 60 * WF_NS_PER_S;

/* ---- addresses ---- */

static void test_bad_addresses_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        ":80",
        "localhost:80",
        "127.0.0.1:65536",
        "127.0.0.1:8x",
        "127.0.0.1:-1",
        "1.2.3.4.5:1",
        "[::1]",
        "[::1:80",
        "::1:80",
        "[localhost]:80",
        "[]:80",
        "unix:",
        "127.0.0.1:99999999999999999999",
        "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:80",
    };
    char path[300] = "unix:";
    weft_fd *f = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(weft_listen(bad[i], 1, &f), -EINVAL);
        assert_int_equal(weft_connect(bad[i], 0, &f), -EINVAL);
    }
    memset(path + 5, 'x', sizeof path - 6);
    assert_int_equal(weft_listen(path, 1, &f), -EINVAL);
    assert_null(f);
}

static void test_port_chosen_by_the_kernel_is_told(void **state)
{
    (void)state;
    weft_fd *a, *b = NULL;
    char addr[64];
    assert_int_equal(weft_listen("127.0.0.1:0", 0, &a), 0);
    assert_in_range(weft_fd_port(a), 1, 65535);
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(a));
    assert_int_equal(weft_listen(addr, 0, &b), -EADDRINUSE);
    assert_null(b);
    assert_int_equal(weft_close(a), 0);
    assert_int_equal(weft_close(NULL), 0);
}

static void test_a_descriptor_that_is_none_is_refused(void **state)
{
    (void)state;
    weft_fd *f = NULL;
    assert_int_equal(weft_fd_new(-1, NULL, &f), -EBADF);
    assert_int_equal(weft_fd_new(9999, "x", &f), -EBADF);
    assert_null(f);
}

/* ---- echo ---- */

enum { CONNECTIONS = 100 };

struct echo {
    const char *addr;
    char real[64];
    weft_fd *listener;
    long messages;
    _Atomic int served, done, wrong;
    int end;
};

static void serve_echo(void *arg)
{
    weft_fd *f = arg;
    char buf[512];
    ssize_t n;
    while ((n = weft_read(f, buf, sizeof buf, WEFT_FOREVER)) > 0)
        if (weft_write(f, buf, (size_t)n, in_ns(LONG)) != n)
            break;
    weft_close(f);
}

static void accept_all(void *arg)
{
    struct echo *e = arg;
    weft_fd *f;
    int err;
    while (!(err = weft_accept(e->listener, WEFT_FOREVER, &f))) {
        weft_go(serve_echo, f);
        e->served++;
    }
    e->end = err;
    e->done++;
}

static bool read_all(weft_fd *f, char *buf, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t n = weft_read(f, buf + got, size - got, in_ns(LONG));
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static void talk(void *arg)
{
    struct echo *e = arg;
    static _Atomic unsigned who;
    unsigned seed = who++;
    char out[2000], in[2000];
    weft_fd *f;
    int err = weft_connect(e->real, in_ns(LONG), &f);
    e->wrong += err != 0;
    for (long i = 0; !err && i < e->messages; i++) {
        size_t size = 1 + below(&seed, sizeof out);
        memset(out, (int)below(&seed, 256), size);
        e->wrong += weft_write(f, out, size, in_ns(LONG)) != (ssize_t)size;
        e->wrong += !read_all(f, in, size) || memcmp(in, out, size) != 0;
    }
    if (!err) {
        /* The end of one direction is the other's end of file. */
        e->wrong += weft_shutdown(f, WEFT_WRITE) != 0;
        e->wrong += weft_read(f, in, 1, in_ns(LONG)) != 0;
        weft_close(f);
    }
    e->done++;
}

static void run_echo(void *arg)
{
    struct echo *e = arg;
    e->wrong += weft_listen(e->addr, 0, &e->listener) != 0;
    if (e->wrong)
        return;
    if (weft_fd_port(e->listener) > 0)
        snprintf(e->real, sizeof e->real, "%.*s:%d",
                 (int)(strrchr(e->addr, ':') - e->addr), e->addr,
                 weft_fd_port(e->listener));
    else
        snprintf(e->real, sizeof e->real, "%s", e->addr);
    weft_go(accept_all, e);
    for (int i = 0; i < CONNECTIONS; i++)
        weft_go(talk, e);
    await_value(&e->done, CONNECTIONS);
    weft_close(e->listener);
    await_value(&e->done, CONNECTIONS + 1);
}

static void assert_echoes(const char *addr)
{
    struct echo e = { .addr = addr, .messages = scale(SCALE_net_messages) };
    run_inside(run_echo, &e);
    assert_int_equal(e.wrong, 0);
    assert_int_equal(e.served, CONNECTIONS);
    assert_int_equal(e.end, -ECANCELED);
    scale_done(SCALE_net_messages, e.messages * CONNECTIONS);
}

static void test_a_hundred_connections_echo_over_ipv4(void **state)
{
    (void)state;
    assert_echoes("127.0.0.1:0");
}

static void test_a_hundred_connections_echo_over_ipv6(void **state)
{
    (void)state;
    weft_fd *probe;
    if (weft_listen("[::1]:0", 0, &probe) == -EADDRNOTAVAIL)
        skip(); /* a container without ::1 */
    weft_close(probe);
    assert_echoes("[::1]:0");
}

static void test_a_hundred_connections_echo_over_unix(void **state)
{
    (void)state;
    char dir[] = "/tmp/weft-test-XXXXXX", addr[64];
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(addr, sizeof addr, "unix:%s/s", dir);
    assert_echoes(addr);
    assert_int_equal(stat(addr + 5, &st), -1); /* removed with the listener */
    assert_int_equal(rmdir(dir), 0);
}

/* ---- pairs ---- */

struct pair {
    weft_fd *a, *b;
    ssize_t got[6];
    char buf[8];
    _Atomic int next, done;
};

static void make_pair(struct pair *p)
{
    int fd[2];
    memset(p, 0, sizeof *p);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(weft_fd_new(fd[0], "a", &p->a), 0);
    assert_int_equal(weft_fd_new(fd[1], NULL, &p->b), 0);
    assert_int_equal(weft_fd_num(p->a), fd[0]);
}

static void free_pair(struct pair *p)
{
    weft_close(p->a);
    weft_close(p->b);
}

static void let_deadlines_pass(void *arg)
{
    struct pair *p = arg;
    char *big = calloc(1, 8 << 20);
    p->got[0] = weft_read(p->a, p->buf, 8, 0);
    p->got[1] = weft_read(p->a, p->buf, 8, in_ns(WF_NS_PER_MS));
    p->got[2] = weft_write(p->a, big, 8 << 20, in_ns(WF_NS_PER_MS));
    p->got[3] = weft_write(p->a, "x", 1, 0);
    p->got[4] = weft_fd_wait(p->a, WEFT_READ, in_ns(WF_NS_PER_MS));
    p->got[5] = weft_fd_wait(p->a, 3, 0);
    free(big);
}

static void test_deadlines_pass_and_a_full_socket_takes_no_more(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    run_inside(let_deadlines_pass, &p);
    assert_int_equal(p.got[0], -EAGAIN);
    assert_int_equal(p.got[1], -ETIMEDOUT);
    assert_int_equal(p.got[2], -ETIMEDOUT);
    assert_int_equal(p.got[3], -EAGAIN);
    assert_int_equal(p.got[4], -ETIMEDOUT);
    assert_int_equal(p.got[5], -EINVAL);
    free_pair(&p);
}

static void read_some(void *arg)
{
    struct pair *p = arg;
    int i = p->next++;
    p->got[i] = weft_read(p->a, p->buf, 8, in_ns(LONG));
    p->done++;
}

static void write_to_parked(void *arg)
{
    struct pair *p = arg;
    weft_go(read_some, p);
    await_parked(1);
    p->got[1] = weft_write(p->b, "hello", 5, WEFT_FOREVER);
    await_value(&p->done, 1);
}

static void test_parked_reader_wakes_with_the_bytes(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    run_inside(write_to_parked, &p);
    assert_int_equal(p.got[0], 5);
    assert_int_equal(p.got[1], 5);
    assert_memory_equal(p.buf, "hello", 5);
    free_pair(&p);
}

static void close_peer_of_parked(void *arg)
{
    struct pair *p = arg;
    weft_go(read_some, p);
    await_parked(1);
    weft_close(p->b);
    await_value(&p->done, 1);
    p->got[1] = weft_write(p->a, "x", 1, WEFT_FOREVER);
}

static void test_peer_that_hangs_up_is_the_end_and_no_signal(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    run_inside(close_peer_of_parked, &p);
    assert_int_equal(p.got[0], 0);
    assert_int_equal(p.got[1], -EPIPE);
    weft_close(p.a);
}

static void close_under_parked(void *arg)
{
    struct pair *p = arg;
    for (int i = 0; i < 3; i++)
        weft_go(read_some, p);
    await_parked(3);
    int fd = weft_fd_num(p->a);
    p->got[3] = weft_close(p->a);
    await_value(&p->done, 3);
    p->got[4] = fcntl(fd, F_GETFD) < 0;
    p->got[5] = weft_read(p->a, p->buf, 8, 0);
}

static void test_close_cancels_all_who_are_parked(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    run_inside(close_under_parked, &p);
    for (int i = 0; i < 3; i++)
        assert_int_equal(p.got[i], -ECANCELED);
    assert_int_equal(p.got[3], 0);
    assert_true(p.got[4]); /* the kernel's is closed as well */
    assert_int_equal(p.got[5], -EBADF);
    weft_close(p.b);
}

static void connect_to_nobody(void *arg)
{
    weft_fd *l, *f;
    char addr[64];
    *(int *)arg = weft_listen("127.0.0.1:0", 0, &l);
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(l));
    weft_close(l);
    if (!*(int *)arg)
        *(int *)arg = weft_connect(addr, in_ns(LONG), &f);
}

static void test_refused_connection_says_so(void **state)
{
    int err = 0;
    (void)state;
    run_inside(connect_to_nobody, &err);
    assert_int_equal(err, -ECONNREFUSED);
}

static void accept_nobody(void *arg)
{
    struct pair *p = arg;
    weft_fd *f;
    p->got[0] = weft_accept(p->a, 0, &f);
    p->got[1] = weft_accept(p->a, in_ns(WF_NS_PER_MS), &f);
}

static void test_accept_keeps_its_deadline(void **state)
{
    (void)state;
    struct pair p = { 0 };
    assert_int_equal(weft_listen("127.0.0.1:0", 0, &p.a), 0);
    run_inside(accept_nobody, &p);
    assert_int_equal(p.got[0], -EAGAIN);
    assert_int_equal(p.got[1], -ETIMEDOUT);
    weft_close(p.a);
}

/* ---- files ---- */

static void use_file(void *arg)
{
    struct pair *p = arg;
    p->got[0] = weft_write(p->a, "12345678", 8, WEFT_FOREVER);
    lseek(weft_fd_num(p->a), 0, SEEK_SET);
    p->got[1] = weft_read(p->a, p->buf, 8, 0);
    p->got[2] = weft_read(p->a, p->buf, 8, WEFT_FOREVER);
    p->got[3] = weft_fd_wait(p->a, WEFT_READ, 0);
}

static void test_regular_file_is_read_and_written(void **state)
{
    (void)state;
    struct pair p = { 0 };
    char path[] = "/tmp/weft-test-XXXXXX";
    assert_int_equal(weft_fd_new(mkstemp(path), "file", &p.a), 0);
    run_inside(use_file, &p);
    assert_int_equal(p.got[0], 8);
    assert_int_equal(p.got[1], 8);
    assert_memory_equal(p.buf, "12345678", 8);
    assert_int_equal(p.got[2], 0);
    assert_int_equal(p.got[3], 0);
    assert_int_equal(weft_fd_port(p.a), -EINVAL);
    weft_close(p.a);
    unlink(path);
}

/* ---- late events, late users ---- */

struct stale {
    int old[2], other;
    bool same_memory;
    int stale, fresh;
};

/*
 * A duplicate keeps the old registration alive: what is written there comes as an event
 * for memory that now is another descriptor's.
 */
static void write_to_the_past(void *arg)
{
    struct stale *s = arg;
    weft_fd *f, *g;
    int next[2];
    if (pipe(s->old) || pipe(next) || weft_fd_new(s->old[0], NULL, &f))
        return;
    s->other = dup(s->old[0]);
    weft_close(f);
    if (weft_fd_new(next[0], NULL, &g))
        return;
    s->same_memory = f == g;
    if (write(s->old[1], "x", 1) == 1)
        s->stale = weft_fd_wait(g, WEFT_READ, in_ns(5 * WF_NS_PER_MS));
    if (write(next[1], "x", 1) == 1)
        s->fresh = weft_fd_wait(g, WEFT_READ, in_ns(LONG));
    weft_close(g);
    close(s->other);
    close(s->old[1]);
    close(next[1]);
}

static void test_event_of_a_closed_descriptor_wakes_nobody(void **state)
{
    (void)state;
    struct stale s = { .stale = 1, .fresh = 1 };
    run_inside(write_to_the_past, &s);
    assert_true(s.same_memory);
    assert_int_equal(s.stale, -ETIMEDOUT);
    assert_int_equal(s.fresh, 0);
}

/* Readers, writers and the one who closes, on two ends, over and over. */
struct churn {
    struct pair p;
    _Atomic int done, wrong;
};

static void churn_read(void *arg)
{
    struct churn *c = arg;
    char buf[64];
    ssize_t n;
    while ((n = weft_read(c->p.a, buf, sizeof buf, in_ns(LONG))) > 0)
        ;
    c->wrong += n != 0 && n != -ECANCELED && n != -EBADF;
    c->done++;
}

static void churn_write(void *arg)
{
    struct churn *c = arg;
    char buf[64] = { 0 };
    ssize_t n;
    while ((n = weft_write(c->p.a, buf, sizeof buf, in_ns(LONG))) > 0)
        ;
    c->wrong += n != -ECANCELED && n != -EBADF && n != -EPIPE;
    c->done++;
}

static void churn_feed(void *arg)
{
    struct churn *c = arg;
    char buf[64] = { 0 };
    for (int i = 0; i < 20; i++)
        if (weft_write(c->p.b, buf, sizeof buf, in_ns(LONG)) < 0)
            break;
    c->done++;
}

static void churn_rounds(void *arg)
{
    struct churn *c = arg;
    unsigned seed = 1;
    for (long i = 0, n = scale(SCALE_net_close_races); i < n && !c->wrong; i++) {
        int fd[2];
        c->done = 0;
        c->wrong += socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0;
        c->wrong += weft_fd_new(fd[0], NULL, &c->p.a) ||
                    weft_fd_new(fd[1], NULL, &c->p.b);
        weft_go(churn_read, c);
        weft_go(churn_write, c);
        weft_go(churn_read, c);
        weft_go(churn_feed, c);
        for (unsigned k = below(&seed, 8); k > 0; k--)
            weft_yield();
        c->wrong += weft_close(c->p.a) != 0;
        await_value(&c->done, 4);
        c->wrong += weft_close(c->p.b) != 0;
        scale_done(SCALE_net_close_races, 1);
    }
}

static void test_close_under_traffic_ends_every_call(void **state)
{
    (void)state;
    struct churn c = { 0 };
    run_inside(churn_rounds, &c);
    assert_int_equal(c.wrong, 0);
}

/* ---- deadlines against events ---- */

struct hurry {
    struct pair p;
    long rounds, bytes, timeouts;
    _Atomic long wrong;
    _Atomic int done;
};

static void read_in_a_hurry(void *arg)
{
    struct hurry *h = arg;
    unsigned seed = 1;
    char c;
    while (h->bytes < h->rounds) {
        ssize_t n = weft_read(h->p.a, &c, 1, in_ns(1 + below(&seed, 20000)));
        h->bytes += n == 1;
        h->timeouts += n == -ETIMEDOUT;
        h->wrong += n != 1 && n != -ETIMEDOUT;
    }
    h->done = 1;
}

static void race_deadlines(void *arg)
{
    struct hurry *h = arg;
    unsigned seed = 2;
    weft_go(read_in_a_hurry, h);
    for (long i = 0; i < h->rounds; i++) {
        h->wrong += weft_write(h->p.b, "x", 1, in_ns(LONG)) != 1;
        weft_sleep(below(&seed, 20000));
    }
    await_value(&h->done, 1);
}

static void test_deadlines_racing_events_lose_no_byte(void **state)
{
    (void)state;
    struct hurry h = { .rounds = scale(SCALE_net_deadline_races) };
    make_pair(&h.p);
    run_inside(race_deadlines, &h);
    assert_int_equal(h.wrong, 0);
    assert_int_equal(h.bytes, h.rounds);
    assert_true(h.timeouts > 0);
    scale_done(SCALE_net_deadline_races, h.rounds);
    free_pair(&h.p);
}

/* ---- runs ---- */

static void abandon_reader(void *arg)
{
    struct pair *p = arg;
    weft_go(read_some, p);
    await_parked(1);
}

static void test_abandoned_reader_is_not_woken_in_the_next_run(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p);
    run_inside(abandon_reader, &p);
    p.next = 0;
    run_inside(write_to_parked, &p);
    assert_int_equal(p.done, 1);
    assert_int_equal(p.got[0], 5);
    int fd = weft_fd_num(p.a);
    free_pair(&p);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_addresses_are_refused),
        cmocka_unit_test(test_port_chosen_by_the_kernel_is_told),
        cmocka_unit_test(test_a_descriptor_that_is_none_is_refused),
        cmocka_unit_test(test_a_hundred_connections_echo_over_ipv4),
        cmocka_unit_test(test_a_hundred_connections_echo_over_ipv6),
        cmocka_unit_test(test_a_hundred_connections_echo_over_unix),
        cmocka_unit_test(test_deadlines_pass_and_a_full_socket_takes_no_more),
        cmocka_unit_test(test_parked_reader_wakes_with_the_bytes),
        cmocka_unit_test(test_peer_that_hangs_up_is_the_end_and_no_signal),
        cmocka_unit_test(test_close_cancels_all_who_are_parked),
        cmocka_unit_test(test_refused_connection_says_so),
        cmocka_unit_test(test_accept_keeps_its_deadline),
        cmocka_unit_test(test_regular_file_is_read_and_written),
        cmocka_unit_test(test_event_of_a_closed_descriptor_wakes_nobody),
        cmocka_unit_test(test_close_under_traffic_ends_every_call),
        cmocka_unit_test(test_deadlines_racing_events_lose_no_byte),
        cmocka_unit_test(test_abandoned_reader_is_not_woken_in_the_next_run),
    };
    return RUN_ON_SOME_PS(tests);
}
