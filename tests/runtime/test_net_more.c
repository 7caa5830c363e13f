/* SPDX-License-Identifier: MIT */
/*
 * Datagrams, several places at once, files, options, addresses and graceful ends.
 */
#include "inside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include <weft/addr.h>

static const int64_t LONG = 60 * WF_NS_PER_S;

/* ---- addresses ---- */

static void test_addresses_are_read_and_written(void **state)
{
    static const char *const good[] = { "127.0.0.1:80", "[::1]:65535", "0.0.0.0:0",
                                        "unix:/tmp/x", "[fe80::1:2]:1" };
    static const int ports[] = { 80, 65535, 0, -EINVAL, 1 };
    char text[WEFT_ADDR_TEXT];
    weft_addr a;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(weft_addr_parse(good[i], &a), 0);
        assert_int_equal(weft_addr_text(&a, text, sizeof text), strlen(good[i]));
        assert_string_equal(text, good[i]);
        assert_int_equal(weft_addr_port(&a), ports[i]);
    }
    assert_int_equal(weft_addr_text(&a, text, 4), strlen("[fe80::1:2]:1"));
    assert_string_equal(text, "[fe");
    assert_int_equal(weft_addr_parse("here:80", &a), -EINVAL);
    a = (weft_addr){ .size = 2 };
    assert_int_equal(weft_addr_text(&a, text, sizeof text), -EINVAL);
    assert_int_equal(weft_addr_port(&a), -EINVAL);
}

/* ---- a pair of connected sockets ---- */

struct pair {
    weft_fd *here, *there;
};

static void open_pair(struct pair *p)
{
    weft_fd *listener;
    char addr[64];
    assert_int_equal(weft_listen("127.0.0.1:0", 0, &listener), 0);
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(listener));
    assert_int_equal(weft_connect(addr, WEFT_FOREVER, &p->here), 0);
    assert_int_equal(weft_accept(listener, WEFT_FOREVER, &p->there), 0);
    weft_close(listener);
}

static void close_pair(struct pair *p)
{
    weft_close(p->here);
    weft_close(p->there);
}

static void addresses_of_a_pair(void *arg)
{
    char a[WEFT_ADDR_TEXT], b[WEFT_ADDR_TEXT];
    weft_addr addr;
    struct pair p;
    (void)arg;
    open_pair(&p);
    assert_int_equal(weft_local_addr(p.here, &addr), 0);
    weft_addr_text(&addr, a, sizeof a);
    assert_int_equal(weft_addr_port(&addr), weft_fd_port(p.here));
    assert_int_equal(weft_peer_addr(p.there, &addr), 0);
    weft_addr_text(&addr, b, sizeof b);
    assert_string_equal(a, b);
    close_pair(&p);
    assert_int_equal(weft_datagram("127.0.0.1:0", &p.here), 0);
    assert_int_equal(weft_peer_addr(p.here, &addr), -ENOTCONN);
    weft_close(p.here);
}

static void test_both_ends_tell_the_same_addresses(void **state)
{
    (void)state;
    run_in_weft_on(1, addresses_of_a_pair, NULL);
}

/* ---- options ---- */

static void set_and_get(void *arg)
{
    static const struct {
        enum weft_fd_option option;
        int value, bad;
    } rows[] = {
        { WEFT_NODELAY, 0, 2 },         { WEFT_KEEPALIVE, 1, -1 },
        { WEFT_KEEPALIVE_IDLE, 77, 0 }, { WEFT_KEEPALIVE_EVERY, 7, 0 },
        { WEFT_KEEPALIVE_COUNT, 3, 0 }, { WEFT_USER_TIMEOUT, 5000, -1 },
        { WEFT_LINGER, 5, -2 },         { WEFT_LINGER, -1, -7 },
        { WEFT_LINGER, 0, -2 },
    };
    struct pair p;
    int value;
    (void)arg;
    open_pair(&p);
    assert_int_equal(weft_fd_get(p.here, WEFT_NODELAY, &value), 0);
    assert_int_equal(value, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(weft_fd_set(p.here, rows[i].option, rows[i].value), 0);
        assert_int_equal(weft_fd_get(p.here, rows[i].option, &value), 0);
        assert_int_equal(value, rows[i].value);
        assert_int_equal(weft_fd_set(p.here, rows[i].option, rows[i].bad), -EINVAL);
    }
    assert_int_equal(weft_fd_set(p.here, WEFT_SEND_BUFFER, 65536), 0);
    assert_int_equal(weft_fd_get(p.here, WEFT_SEND_BUFFER, &value), 0);
    assert_true(value >= 65536);
    assert_int_equal(weft_fd_set(p.here, (enum weft_fd_option)99, 1), -EINVAL);
    assert_int_equal(weft_fd_get(p.here, (enum weft_fd_option)0, &value), -EINVAL);
    close_pair(&p);
    assert_int_equal(weft_datagram("127.0.0.1:0", &p.here), 0);
    assert_true(weft_fd_set(p.here, WEFT_NODELAY, 1) < 0);
    assert_int_equal(weft_fd_set(p.here, WEFT_BROADCAST, 1), 0);
    weft_close(p.here);
}

static void test_options_are_as_they_were_set(void **state)
{
    (void)state;
    run_in_weft_on(1, set_and_get, NULL);
}

static void share_a_port(void *arg)
{
    weft_fd *a, *b, *c = NULL;
    char addr[64];
    (void)arg;
    assert_int_equal(weft_listen_shared("127.0.0.1:0", 0, &a), 0);
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(a));
    assert_int_equal(weft_listen_shared(addr, 0, &b), 0);
    assert_int_equal(weft_listen(addr, 0, &c), -EADDRINUSE);
    weft_close(a);
    weft_close(b);
}

static void test_a_port_is_shared_by_those_who_say_so(void **state)
{
    (void)state;
    run_in_weft_on(1, share_a_port, NULL);
}

/* ---- several places ---- */

enum { PLACES = 300, PLACE = 5000 };

static void send_places(void *arg)
{
    struct pair *p = arg;
    static unsigned char data[PLACES][PLACE];
    struct iovec iov[PLACES];
    size_t sum = 0;
    for (int i = 0; i < PLACES; i++) {
        memset(data[i], i, PLACE);
        iov[i] = (struct iovec){ data[i], i % 7 ? PLACE - (size_t)i : 0 };
        sum += iov[i].iov_len;
    }
    assert_int_equal(weft_writev(p->here, iov, PLACES, WEFT_FOREVER), sum);
    assert_int_equal(weft_writev(p->here, iov, 0, WEFT_FOREVER), -EINVAL);
    assert_int_equal(weft_writev(p->here, iov, 1025, WEFT_FOREVER), -EINVAL);
    assert_int_equal(weft_writev(p->here, iov, 1, WEFT_FOREVER), 0);
    weft_shutdown(p->here, WEFT_WRITE);
}

/* Bytes come in odd pieces; each must be what its place says. */
static void send_and_check_places(void *arg)
{
    struct pair p;
    unsigned char a[3], b[4097];
    struct iovec iov[2] = { { a, sizeof a }, { b, sizeof b } };
    ssize_t n;
    int i = 1, at = 0;
    weft_coro *sender;
    (void)arg;
    open_pair(&p);
    assert_int_equal(weft_spawn("sender", send_places, &p, &sender), 0);
    while ((n = weft_readv(p.there, iov, 2, WEFT_FOREVER)) > 0)
        for (ssize_t k = 0; k < n; k++) {
            unsigned char is = k < 3 ? a[k] : b[k - 3];
            assert_int_equal(is, (unsigned char)i);
            if (++at == PLACE - i) {
                at = 0;
                i += (i + 1) % 7 ? 1 : 2;
            }
        }
    assert_int_equal(n, 0);
    assert_true(i >= PLACES);
    weft_join(sender, WEFT_FOREVER);
    assert_int_equal(weft_readv(p.there, iov, 0, WEFT_FOREVER), -EINVAL);
    close_pair(&p);
    assert_int_equal(weft_readv(p.there, iov, 2, WEFT_FOREVER), -EBADF);
}

static void test_several_places_keep_their_order(void **state)
{
    (void)state;
    run_in_weft_on(2, send_and_check_places, NULL);
}

/* ---- files ---- */

enum { FILE_SIZE = 3 << 20 };

static int make_file(char *path)
{
    int file = mkstemp(path);
    assert_true(file >= 0);
    for (uint32_t i = 0; i < FILE_SIZE / sizeof i; i++) {
        static uint32_t block[1024];
        block[i % 1024] = i;
        if (i % 1024 == 1023)
            assert_int_equal(write(file, block, sizeof block), sizeof block);
    }
    return file;
}

struct sent {
    struct pair p;
    int file;
    int64_t offset;
    ssize_t n;
};

static void send_the_file(void *arg)
{
    struct sent *s = arg;
    s->n = weft_sendfile(s->p.here, s->file, &s->offset, SIZE_MAX >> 1, WEFT_FOREVER);
    weft_shutdown(s->p.here, WEFT_WRITE);
}

static void send_a_file(void *arg)
{
    struct sent s = { .file = *(int *)arg, .offset = 4096 };
    uint32_t word = 1024, got;
    weft_coro *sender;
    open_pair(&s.p);
    assert_int_equal(weft_spawn("sender", send_the_file, &s, &sender), 0);
    for (char *at = (char *)&got;;) {
        ssize_t n = weft_read(s.p.there, at, (size_t)((char *)(&got + 1) - at),
                              WEFT_FOREVER);
        if (n <= 0)
            break;
        at += n;
        if (at == (char *)(&got + 1)) {
            assert_int_equal(got, word++);
            at = (char *)&got;
        }
    }
    weft_join(sender, WEFT_FOREVER);
    assert_int_equal(word, FILE_SIZE / sizeof word);
    assert_int_equal(s.n, FILE_SIZE - 4096);
    assert_int_equal(s.offset, FILE_SIZE);
    close_pair(&s.p);
}

static void send_to_who_hung_up(void *arg)
{
    struct pair p;
    int64_t offset = 0;
    ssize_t n = 0;
    open_pair(&p);
    weft_close(p.there);
    for (int i = 0; i < 100 && n >= 0; i++) {
        offset = 0;
        n = weft_sendfile(p.here, *(int *)arg, &offset, FILE_SIZE, WEFT_FOREVER);
    }
    assert_true(n == -EPIPE || n == -ECONNRESET);
    offset = 0;
    assert_int_equal(weft_sendfile(p.here, *(int *)arg, &offset, 1, WEFT_FOREVER),
                     -EPIPE);
    weft_close(p.here);
}

static void test_a_file_is_sent_from_where_it_was_asked(void **state)
{
    (void)state;
    char path[] = "/tmp/weft-sendfile.XXXXXX";
    int file = make_file(path);
    run_in_weft_on(2, send_a_file, &file);
    run_in_weft_on(1, send_to_who_hung_up, &file);
    close(file);
    unlink(path);
}

/* ---- datagrams ---- */

static void speak(void *arg)
{
    const char *where = arg;
    weft_fd *a, *b;
    weft_addr to, from, back;
    static char big[70000];
    char buf[64];
    assert_int_equal(weft_datagram(where, &a), 0);
    assert_int_equal(weft_datagram(where, &b), 0);
    assert_int_equal(weft_local_addr(b, &to), 0);
    assert_int_equal(weft_local_addr(a, &back), 0);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, NULL, 0), -EAGAIN);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, NULL, weft_now() + 1000),
                     -ETIMEDOUT);
    assert_int_equal(weft_sendto(a, "hello", 5, &to, WEFT_FOREVER), 5);
    assert_int_equal(weft_sendto(a, "", 0, &to, WEFT_FOREVER), 0);
    assert_int_equal(weft_sendto(a, big, 1000, &to, WEFT_FOREVER), 1000);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, &from, WEFT_FOREVER), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(from.size, back.size);
    assert_memory_equal(from.room, back.room, back.size);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, NULL, WEFT_FOREVER), 0);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, NULL, WEFT_FOREVER), 1000);
    assert_int_equal(weft_sendto(a, big, sizeof big, &to, WEFT_FOREVER), -EMSGSIZE);
    assert_int_equal(weft_sendto(a, "x", 1, NULL, WEFT_FOREVER), -EDESTADDRREQ);
    assert_int_equal(weft_datagram_peer(a, &to), 0);
    assert_int_equal(weft_write(a, "peer", 4, WEFT_FOREVER), 4);
    assert_int_equal(weft_read(b, buf, sizeof buf, WEFT_FOREVER), 4);
    weft_close(b);
    assert_int_equal(weft_write(a, "gone", 4, WEFT_FOREVER), 4);
    assert_int_equal(weft_recvfrom(a, buf, sizeof buf, NULL, weft_now() + LONG),
                     -ECONNREFUSED);
    assert_int_equal(weft_datagram_peer(a, NULL), 0);
    assert_int_equal(weft_sendto(a, "x", 1, NULL, WEFT_FOREVER), -EDESTADDRREQ);
    weft_close(a);
}

static void test_datagrams_keep_their_bounds(void **state)
{
    (void)state;
    run_in_weft_on(2, speak, (void *)"127.0.0.1:0");
    run_in_weft_on(2, speak, (void *)"[::1]:0");
}

static void speak_by_path(void *arg)
{
    char *dir = arg, one[64], two[64], buf[16], text[WEFT_ADDR_TEXT];
    weft_fd *a, *b;
    weft_addr to, from;
    snprintf(one, sizeof one, "unix:%s/one", dir);
    snprintf(two, sizeof two, "unix:%s/two", dir);
    assert_int_equal(weft_datagram(one, &a), 0);
    assert_int_equal(weft_datagram(two, &b), 0);
    assert_int_equal(weft_addr_parse(two, &to), 0);
    assert_int_equal(weft_sendto(a, "hi", 2, &to, WEFT_FOREVER), 2);
    assert_int_equal(weft_recvfrom(b, buf, sizeof buf, &from, WEFT_FOREVER), 2);
    weft_addr_text(&from, text, sizeof text);
    assert_string_equal(text, one);
    weft_close(a);
    weft_close(b);
}

static void test_unix_datagrams_have_paths_that_go(void **state)
{
    (void)state;
    char dir[] = "/tmp/weft-dgram.XXXXXX";
    assert_non_null(mkdtemp(dir));
    run_in_weft_on(1, speak_by_path, dir);
    assert_int_equal(rmdir(dir), 0);
}

enum { DATAGRAMS = 1000 };

struct flow {
    weft_fd *to;
    weft_addr addr;
    int64_t sum;
    int n;
};

static void receive_all(void *arg)
{
    struct flow *f = arg;
    int64_t number;
    while (f->n < DATAGRAMS && weft_recvfrom(f->to, &number, sizeof number, NULL,
                                             weft_now() + LONG) == sizeof number) {
        f->sum += number;
        f->n++;
    }
}

static void send_many(void *arg)
{
    struct flow *f = arg;
    weft_fd *a;
    weft_coro *co;
    char none;
    assert_int_equal(weft_datagram("127.0.0.1:0", &f->to), 0);
    assert_int_equal(weft_local_addr(f->to, &f->addr), 0);
    assert_int_equal(weft_datagram("127.0.0.1:0", &a), 0);
    assert_int_equal(weft_spawn("receiver", receive_all, f, &co), 0);
    for (int64_t i = 1; i <= DATAGRAMS; i++) {
        assert_int_equal(weft_sendto(a, &i, sizeof i, &f->addr, WEFT_FOREVER),
                         sizeof i);
        while (i - f->n > 50) /* what does not fit is lost */
            weft_yield();
    }
    weft_join(co, WEFT_FOREVER);
    assert_int_equal(weft_recvfrom(f->to, &none, 1, NULL, 0), -EAGAIN);
    weft_close(a);
    weft_close(f->to);
}

static void test_a_thousand_datagrams_arrive(void **state)
{
    (void)state;
    struct flow f = { 0 };
    run_in_weft_on(1, send_many, &f);
    assert_int_equal(f.n, DATAGRAMS);
    assert_int_equal(f.sum, (int64_t)DATAGRAMS * (DATAGRAMS + 1) / 2);
}

/* ---- a graceful end ---- */

static void reads_late(void *arg)
{
    struct pair *p = arg;
    static char buf[1 << 16];
    ssize_t n, sum = 0;
    weft_sleep(5 * WF_NS_PER_MS);
    while ((n = weft_read(p->there, buf, sizeof buf, weft_now() + LONG)) > 0)
        sum += n;
    assert_int_equal(n, 0);
    assert_int_equal(sum, 300000);
    weft_close(p->there);
}

static void end_gracefully(void *arg)
{
    static char data[300000];
    struct pair p;
    weft_coro *co;
    (void)arg;
    open_pair(&p);
    /* Unread: a plain close would reset the connection. */
    assert_int_equal(weft_write(p.there, "unread", 6, WEFT_FOREVER), 6);
    assert_int_equal(weft_spawn("late", reads_late, &p, &co), 0);
    assert_int_equal(weft_write(p.here, data, sizeof data, WEFT_FOREVER), sizeof data);
    assert_int_equal(weft_close_gracefully(p.here, weft_now() + LONG), 0);
    weft_join(co, WEFT_FOREVER);
    open_pair(&p);
    assert_int_equal(weft_close_gracefully(p.here, weft_now() + 1000), -ETIMEDOUT);
    assert_int_equal(weft_close_gracefully(p.there, 0), 0);
}

static void test_a_graceful_end_loses_nothing(void **state)
{
    (void)state;
    run_in_weft_on(2, end_gracefully, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read_and_written),
        cmocka_unit_test(test_both_ends_tell_the_same_addresses),
        cmocka_unit_test(test_options_are_as_they_were_set),
        cmocka_unit_test(test_a_port_is_shared_by_those_who_say_so),
        cmocka_unit_test(test_several_places_keep_their_order),
        cmocka_unit_test(test_a_file_is_sent_from_where_it_was_asked),
        cmocka_unit_test(test_datagrams_keep_their_bounds),
        cmocka_unit_test(test_unix_datagrams_have_paths_that_go),
        cmocka_unit_test(test_a_thousand_datagrams_arrive),
        cmocka_unit_test(test_a_graceful_end_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
