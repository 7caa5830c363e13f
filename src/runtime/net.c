/* SPDX-License-Identifier: MIT */
/*
 * net.c - calls on descriptors: each is tried, waits after EAGAIN, is tried again.
 * errno is read in the small functions that make the call: they do not park, so that it
 * is the same thread's.
 */
#include <weft/net.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/block.h>

#include "runtime/addr.h"
#include "runtime/netpoll.h"

#define NOINLINE __attribute__((noinline))

NOINLINE int wf_addr_socket(const struct wf_addr *a, int type)
{
    int on = 1;
    int fd = socket(a->sa.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* Answers are small and written at once; connections inherit it. */
    if (a->sa.any.sa_family != AF_UNIX && type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static int bind_and_listen(int fd, const struct wf_addr *a, int reuse, int backlog)
{
    int on = 1;
    if (a->sa.any.sa_family != AF_UNIX &&
        setsockopt(fd, SOL_SOCKET, reuse, &on, sizeof on) < 0)
        return -errno;
    if (bind(fd, &a->sa.any, a->size) < 0 ||
        listen(fd, backlog > 0 ? backlog : SOMAXCONN) < 0)
        return -errno;
    return 0;
}

int weft_fd_new(int fd, const char *name, weft_fd **out)
{
    const char *kept = name ? wf_name_intern(name) : NULL;
    if (name && !kept)
        return -ENOMEM;
    wf_enter_emit();
    int err = wf_fd_new(fd, WF_FD_STRANGER, kept, out);
    wf_leave();
    return err;
}

int wf_fd_bound(int fd, enum wf_fd_kind kind, const char *addr, const struct wf_addr *a,
                weft_fd **out)
{
    char *path = NULL;
    bool unix_path = a->sa.any.sa_family == AF_UNIX;
    int err = 0;
    if (unix_path && !(path = strdup(a->sa.un.sun_path)))
        err = -ENOMEM;
    if (!err) {
        wf_enter_emit();
        err = wf_fd_new(fd, kind, wf_addr_name("", addr, fd), out);
        wf_leave();
    }
    if (!err) {
        (*out)->path = path;
        return 0;
    }
    free(path);
    if (unix_path)
        unlink(a->sa.un.sun_path);
    return err;
}

static int listen_at(const char *addr, int reuse, int backlog, weft_fd **out)
{
    struct wf_addr a;
    int err = wf_addr_parse(addr, &a);
    if (err)
        return err;
    int fd = wf_addr_socket(&a, SOCK_STREAM);
    if (fd < 0)
        return fd;
    struct weft_fd *f = NULL;
    err = bind_and_listen(fd, &a, reuse, backlog);
    if (!err)
        err = wf_fd_bound(fd, WF_FD_STREAM, addr, &a, &f);
    if (err) {
        close(fd);
        return err;
    }
    f->accepted = wf_addr_name("from ", addr, fd);
    *out = f;
    return 0;
}

int weft_listen(const char *addr, int backlog, weft_fd **out)
{
    return listen_at(addr, SO_REUSEADDR, backlog, out);
}

int weft_listen_shared(const char *addr, int backlog, weft_fd **out)
{
    return listen_at(addr, SO_REUSEPORT, backlog, out);
}

static NOINLINE int sys_connect(int fd, const struct wf_addr *a)
{
    return connect(fd, &a->sa.any, a->size) < 0 ? -errno : 0;
}

/* How a connection attempt that was under way has ended. */
static NOINLINE int sys_connected(int fd)
{
    int err = 0;
    socklen_t size = sizeof err;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0 ? -errno : -err;
}

/* A unix listener whose backlog is full tells nobody when that ends: ask each ms. */
static int connect_again(int fd, const struct wf_addr *a, int64_t deadline)
{
    int err = -EAGAIN;
    while (err == -EAGAIN && deadline) {
        int64_t now = wf_clock_now(), next = now + WF_NS_PER_MS;
        if (!wf_m())
            return -EPERM;
        if (deadline <= now)
            return -ETIMEDOUT;
        wf_park_until(WF_WHY_net_connect, 0, next < deadline ? next : deadline, NULL,
                      NULL);
        err = wf_context_err();
        if (!err)
            err = sys_connect(fd, a);
    }
    return err;
}

/*
 * Takes fd.  It is registered only now: before, the kernel would have reported a socket
 * that is not connected; from here on it reports the end of the attempt.
 */
static int finish_connect(int fd, const char *addr, int64_t deadline, int err,
                          weft_fd **out)
{
    struct weft_fd *f;
    char name[WF_ADDR_NAME];
    bool in_progress = err == -EINPROGRESS;
    snprintf(name, sizeof name, "to %s", addr);
    if (!err || in_progress)
        err = wf_fd_new(fd, WF_FD_STREAM, wf_name_intern(name), &f);
    if (err) {
        close(fd);
        return err;
    }
    if (in_progress) {
        err = wf_fd_wait(f, WF_FD_WRITE, 0, WF_WHY_net_connect, deadline);
        if (!err)
            err = sys_connected(fd);
    }
    if (err)
        wf_fd_close(f);
    else
        *out = f;
    return err;
}

int weft_connect(const char *addr, int64_t deadline, weft_fd **out)
{
    struct wf_addr a;
    int err = wf_addr_parse(addr, &a);
    if (err)
        return err;
    wf_enter();
    int fd = wf_addr_socket(&a, SOCK_STREAM);
    if (fd >= 0) {
        err = sys_connect(fd, &a);
        if (err == -EAGAIN)
            err = connect_again(fd, &a, deadline);
        err = finish_connect(fd, addr, deadline, err, out);
    }
    wf_leave();
    return fd < 0 ? fd : err;
}

static NOINLINE int sys_accept(int fd)
{
    int peer;
    do
        peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (peer < 0 && (errno == EINTR || errno == ECONNABORTED));
    return peer < 0 ? -errno : peer;
}

static int accept_one(struct weft_fd *l, int64_t deadline)
{
    for (;;) {
        uint32_t events = wf_fd_events(l, WF_FD_READ);
        int fd = sys_accept(l->fd);
        if (fd != -EAGAIN)
            return fd;
        int err = wf_fd_wait(l, WF_FD_READ, events, WF_WHY_net_accept, deadline);
        if (err)
            return err;
    }
}

int weft_accept(weft_fd *l, int64_t deadline, weft_fd **out)
{
    int fd = -EBADF, err = 0;
    const char *name = NULL;
    wf_enter();
    if (wf_fd_acquire(l)) {
        fd = accept_one(l, deadline);
        name = l->accepted;
        wf_fd_release(l);
    }
    if (fd >= 0) {
        err = wf_fd_new(fd, WF_FD_STREAM, name, out);
        if (err)
            close(fd);
    }
    wf_leave();
    return fd < 0 ? fd : err;
}

static NOINLINE ssize_t sys_read(const struct weft_fd *f, void *buf, size_t size)
{
    ssize_t n;
    do
        n = read(f->fd, buf, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static NOINLINE ssize_t sys_write(const struct weft_fd *f, const void *buf, size_t size)
{
    ssize_t n;
    do
        n = f->is_socket ? send(f->fd, buf, size, MSG_NOSIGNAL)
                         : write(f->fd, buf, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* In a blocking section, for what the kernel cannot wait for. */
static ssize_t blocking(struct weft_fd *f, void *to, const void *from, size_t size)
{
    wf_leave();
    weft_block_begin(WEFT_BLOCK_FILE);
    ssize_t n = to ? sys_read(f, to, size) : sys_write(f, from, size);
    weft_block_end();
    wf_enter();
    return n;
}

static ssize_t read_some(struct weft_fd *f, void *buf, size_t size, int64_t deadline)
{
    if (!f->pollable)
        return blocking(f, buf, NULL, size);
    uint32_t events = wf_fd_events(f, WF_FD_READ);
    bool empty = deadline && wf_fd_is_empty(f, events);
    ssize_t n = 0;
    while (empty || (n = sys_read(f, buf, size)) == -EAGAIN) {
        int err = wf_fd_wait(f, WF_FD_READ, events, WF_WHY_net_read, deadline);
        if (err)
            return err;
        events = wf_fd_events(f, WF_FD_READ);
        empty = false;
    }
    if (f->is_stream && n > 0 && (size_t)n < size)
        wf_fd_emptied(f, events);
    return n;
}

static ssize_t write_some(struct weft_fd *f, const void *buf, size_t size,
                          int64_t deadline)
{
    if (!f->pollable)
        return blocking(f, NULL, buf, size);
    for (;;) {
        uint32_t events = wf_fd_events(f, WF_FD_WRITE);
        ssize_t n = sys_write(f, buf, size);
        if (n != -EAGAIN)
            return n;
        int err = wf_fd_wait(f, WF_FD_WRITE, events, WF_WHY_net_write, deadline);
        if (err)
            return err;
    }
}

static ssize_t write_all(struct weft_fd *f, const char *buf, size_t size,
                         int64_t deadline)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write_some(f, buf + done, size - done, deadline);
        if (n < 0)
            return n;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

ssize_t weft_read(weft_fd *f, void *buf, size_t size, int64_t deadline)
{
    ssize_t n = -EBADF;
    wf_enter();
    if (wf_fd_acquire(f)) {
        n = size ? read_some(f, buf, size, deadline) : 0;
        wf_fd_release(f);
    }
    wf_leave();
    return n;
}

ssize_t weft_write(weft_fd *f, const void *buf, size_t size, int64_t deadline)
{
    ssize_t n = -EBADF;
    wf_enter();
    if (wf_fd_acquire(f)) {
        n = write_all(f, buf, size, deadline);
        wf_fd_release(f);
    }
    wf_leave();
    return n;
}

ssize_t wf_fd_call(struct weft_fd *f, enum wf_fd_dir dir, wf_fd_try *try, void *arg,
                   int64_t deadline)
{
    enum wf_why why = dir == WF_FD_READ ? WF_WHY_net_read : WF_WHY_net_write;
    int err = 0;
    ssize_t n = -EBADF;
    wf_enter();
    if (!wf_fd_acquire(f)) {
        wf_leave();
        return n;
    }
    do {
        uint32_t events = wf_fd_events(f, dir);
        if (!f->pollable) {
            wf_leave();
            weft_block_begin(WEFT_BLOCK_FILE);
        }
        n = try(f, arg);
        if (!f->pollable) {
            weft_block_end();
            wf_enter();
        }
        err = n == -EAGAIN ? wf_fd_wait(f, dir, events, why, deadline) : 0;
    } while (n == -EAGAIN && !err);
    wf_fd_release(f);
    wf_leave();
    return err ? err : n;
}

static int wait_either(struct weft_fd *f, enum wf_fd_dir dir, int64_t deadline)
{
    enum wf_why why = dir == WF_FD_READ ? WF_WHY_net_read : WF_WHY_net_write;
    _Atomic uint32_t *seen = &f->dir[dir].seen;
    uint32_t events = atomic_load_explicit(seen, memory_order_relaxed);
    int err = f->pollable ? wf_fd_wait(f, dir, events, why, deadline) : 0;
    if (!err)
        atomic_store_explicit(seen, wf_fd_events(f, dir), memory_order_relaxed);
    return err;
}

int weft_fd_wait(weft_fd *f, int events, int64_t deadline)
{
    int err = -EBADF;
    if (events != WEFT_READ && events != WEFT_WRITE)
        return -EINVAL;
    wf_enter();
    if (wf_fd_acquire(f)) {
        err = wait_either(f, events == WEFT_READ ? WF_FD_READ : WF_FD_WRITE, deadline);
        wf_fd_release(f);
    }
    wf_leave();
    return err;
}

int weft_shutdown(weft_fd *f, int how)
{
    int err = -EBADF;
    if (how < WEFT_READ || how > (WEFT_READ | WEFT_WRITE))
        return -EINVAL;
    wf_enter();
    if (wf_fd_acquire(f)) {
        err = shutdown(f->fd, how - 1) < 0 ? -errno : 0;
        wf_fd_release(f);
    }
    wf_leave();
    return err;
}

int weft_close(weft_fd *f)
{
    if (!f)
        return 0;
    wf_enter();
    int err = wf_fd_close(f);
    wf_leave();
    return err;
}

int weft_close_gracefully(weft_fd *f, int64_t deadline)
{
    char drop[4096];
    ssize_t n = deadline ? weft_shutdown(f, WEFT_WRITE) : 0;
    while (!n && deadline && (n = weft_read(f, drop, sizeof drop, deadline)) > 0)
        n = 0;
    int err = weft_close(f);
    return n < 0 ? (int)n : err;
}

int weft_fd_num(const weft_fd *f)
{
    return f->fd;
}

int weft_fd_port(const weft_fd *f)
{
    struct wf_addr a = { .size = sizeof a.sa };
    if (getsockname(f->fd, &a.sa.any, &a.size) < 0)
        return errno == ENOTSOCK ? -EINVAL : -errno;
    int family = a.sa.any.sa_family;
    if (family != AF_INET && family != AF_INET6)
        return -EINVAL;
    return ntohs(a.sa.in.sin_port);
}
