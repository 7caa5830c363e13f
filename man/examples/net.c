/* SPDX-License-Identifier: MIT */
/* Streams, datagrams, a file sent and a descriptor of one's own. */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <weft/weft.h>

static int soon_ms = 2000;

static int64_t soon(void)
{
    return weft_now() + soon_ms * INT64_C(1000000);
}

/* The server's half of a connection: what came goes back, then an end that loses nothing. */
static void echo(void *conn)
{
    char buf[64];
    ssize_t n = weft_read(conn, buf, sizeof buf, soon());
    struct iovec both[2] = { { (void *)"> ", 2 }, { buf, n > 0 ? (size_t)n : 0 } };
    weft_writev(conn, both, 2, soon());
    weft_close_gracefully(conn, soon());
}

static int streams(void)
{
    weft_fd *listener, *beside, *here, *there;
    char addr[64], head[2], rest[64] = "";
    struct iovec parts[2] = { { head, sizeof head }, { rest, sizeof rest - 1 } };
    if (weft_listen("127.0.0.1:0", 0, &listener) ||
        weft_listen_shared("127.0.0.1:0", 0, &beside)) /* others may join this one */
        return 0;
    weft_close(beside);
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(listener));
    if (weft_connect(addr, soon(), &here) || weft_accept(listener, soon(), &there))
        return 0;
    int delay = 1;
    weft_fd_set(here, WEFT_NODELAY, 0);
    weft_fd_get(here, WEFT_NODELAY, &delay);
    weft_go(echo, there);
    weft_write(here, "hello", 5, soon());
    ssize_t n = weft_readv(here, parts, 2, soon());
    weft_shutdown(here, WEFT_WRITE);
    weft_close(here);
    weft_close(listener);
    return n == 7 && !memcmp(head, "> ", 2) && !strcmp(rest, "hello") && !delay;
}

static int datagrams(void)
{
    weft_fd *a, *b;
    weft_addr to, from;
    char buf[16];
    if (weft_datagram("127.0.0.1:0", &a) || weft_datagram("127.0.0.1:0", &b))
        return 0;
    weft_local_addr(b, &to);
    weft_sendto(a, "one", 3, &to, soon());
    ssize_t n = weft_recvfrom(b, buf, sizeof buf, &from, soon());
    weft_datagram_peer(b, &from); /* with that one alone from now on */
    weft_write(b, "two!", 4, soon());
    n += weft_read(a, buf, sizeof buf, soon());
    weft_close(a);
    weft_close(b);
    return n == 7;
}

/* A pipe of the program's own, and a file into it. */
static int files(void)
{
    int ends[2];
    weft_fd *from, *to;
    char buf[8];
    int64_t offset = 1;
    FILE *f = tmpfile();
    if (!f || fputs("abcdef", f) < 0 || fflush(f) || pipe(ends) ||
        weft_fd_new(ends[0], "from", &from) || weft_fd_new(ends[1], "to", &to))
        return 0;
    ssize_t n = weft_sendfile(to, fileno(f), &offset, 100, soon());
    while (read(weft_fd_num(from), buf, sizeof buf) < 0)
        if (weft_fd_wait(from, WEFT_READ, soon()))
            break;
    weft_close(from);
    weft_close(to);
    fclose(f);
    return n == 5 && offset == 6 && !memcmp(buf, "bcdef", 5);
}

static void first(void *right)
{
    *(int *)right = streams() && datagrams() && files();
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
