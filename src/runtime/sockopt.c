/* SPDX-License-Identifier: MIT */
/*
 * sockopt.c - options and addresses of sockets.
 */
#include <weft/addr.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "runtime/addr.h"
#include "runtime/netpoll.h"

/* How the kernel takes a value. */
enum kind { FLAG, NUMBER, LINGER };

static const struct option {
    int level, name;
    enum kind kind;
} options[] = {
#define OPTION(option, level, name, kind) [WEFT_##option] = { level, name, kind }
    OPTION(NODELAY, IPPROTO_TCP, TCP_NODELAY, FLAG),
    OPTION(KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, FLAG),
    OPTION(KEEPALIVE_IDLE, IPPROTO_TCP, TCP_KEEPIDLE, NUMBER),
    OPTION(KEEPALIVE_EVERY, IPPROTO_TCP, TCP_KEEPINTVL, NUMBER),
    OPTION(KEEPALIVE_COUNT, IPPROTO_TCP, TCP_KEEPCNT, NUMBER),
    OPTION(USER_TIMEOUT, IPPROTO_TCP, TCP_USER_TIMEOUT, NUMBER),
    OPTION(LINGER, SOL_SOCKET, SO_LINGER, LINGER),
    OPTION(SEND_BUFFER, SOL_SOCKET, SO_SNDBUF, NUMBER),
    OPTION(RECV_BUFFER, SOL_SOCKET, SO_RCVBUF, NUMBER),
    OPTION(BROADCAST, SOL_SOCKET, SO_BROADCAST, FLAG),
#undef OPTION
};

static const struct option *find(enum weft_fd_option option)
{
    size_t at = (size_t)option;
    return at && at < sizeof options / sizeof *options ? &options[at] : NULL;
}

struct ask {
    const struct option *o;
    int value;
};

static ssize_t try_set(struct weft_fd *f, void *arg)
{
    const struct ask *a = arg;
    struct linger l = { .l_onoff = a->value >= 0, .l_linger = a->value };
    int err = a->o->kind == LINGER
                  ? setsockopt(f->fd, a->o->level, a->o->name, &l, sizeof l)
                  : setsockopt(f->fd, a->o->level, a->o->name, &a->value,
                               sizeof a->value);
    return err < 0 ? -errno : 0;
}

int weft_fd_set(weft_fd *f, enum weft_fd_option option, int value)
{
    struct ask a = { find(option), value };
    if (!a.o || value < (a.o->kind == LINGER ? -1 : 0) ||
        (a.o->kind == FLAG && value > 1))
        return -EINVAL;
    return (int)wf_fd_call(f, WF_FD_WRITE, try_set, &a, 0);
}

static ssize_t try_get(struct weft_fd *f, void *arg)
{
    struct ask *a = arg;
    struct linger l = { 0, 0 };
    socklen_t size = a->o->kind == LINGER ? sizeof l : sizeof a->value;
    void *to = a->o->kind == LINGER ? (void *)&l : (void *)&a->value;
    if (getsockopt(f->fd, a->o->level, a->o->name, to, &size) < 0)
        return -errno;
    if (a->o->kind == LINGER)
        a->value = l.l_onoff ? l.l_linger : -1;
    else if (a->o->kind == FLAG)
        a->value = a->value != 0;
    return 0;
}

int weft_fd_get(weft_fd *f, enum weft_fd_option option, int *value)
{
    struct ask a = { find(option), 0 };
    if (!a.o)
        return -EINVAL;
    int err = (int)wf_fd_call(f, WF_FD_WRITE, try_get, &a, 0);
    if (!err)
        *value = a.value;
    return err;
}

/* ---- addresses ---- */

static void put_addr(weft_addr *out, const struct wf_addr *a)
{
    memset(out, 0, sizeof *out);
    out->size = a->size < sizeof a->sa ? a->size : (socklen_t)sizeof a->sa;
    memcpy(out->room, &a->sa, out->size);
}

static void get_addr(struct wf_addr *a, const weft_addr *from)
{
    memset(a, 0, sizeof *a);
    a->size = from->size < sizeof a->sa ? from->size : (socklen_t)sizeof a->sa;
    memcpy(&a->sa, from->room, a->size);
}

int weft_addr_parse(const char *text, weft_addr *out)
{
    struct wf_addr a;
    int err = wf_addr_parse(text, &a);
    if (!err)
        put_addr(out, &a);
    return err;
}

int weft_addr_text(const weft_addr *addr, char *buf, size_t size)
{
    struct wf_addr a;
    get_addr(&a, addr);
    return wf_addr_print(&a, buf, size);
}

int weft_addr_port(const weft_addr *addr)
{
    struct wf_addr a;
    get_addr(&a, addr);
    int family = a.sa.any.sa_family;
    return family == AF_INET || family == AF_INET6 ? ntohs(a.sa.in.sin_port) : -EINVAL;
}

struct side {
    int (*get)(int, struct sockaddr *, socklen_t *);
    weft_addr *out;
};

static ssize_t try_side(struct weft_fd *f, void *arg)
{
    const struct side *s = arg;
    struct wf_addr a = { .size = sizeof a.sa };
    if (s->get(f->fd, &a.sa.any, &a.size) < 0)
        return -errno;
    put_addr(s->out, &a);
    return 0;
}

int weft_local_addr(weft_fd *f, weft_addr *out)
{
    struct side s = { getsockname, out };
    return (int)wf_fd_call(f, WF_FD_READ, try_side, &s, 0);
}

int weft_peer_addr(weft_fd *f, weft_addr *out)
{
    struct side s = { getpeername, out };
    return (int)wf_fd_call(f, WF_FD_READ, try_side, &s, 0);
}
