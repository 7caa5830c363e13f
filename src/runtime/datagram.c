/* SPDX-License-Identifier: MIT */
/*
 * datagram.c - sockets that keep the bounds of what is sent.
 */
#include <weft/net.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/addr.h"
#include "runtime/netpoll.h"

int weft_datagram(const char *addr, weft_fd **out)
{
    struct wf_addr a;
    int err = wf_addr_parse(addr, &a);
    if (err)
        return err;
    int fd = wf_addr_socket(&a, SOCK_DGRAM);
    if (fd < 0)
        return fd;
    err = bind(fd, &a.sa.any, a.size) < 0 ? -errno : 0;
    if (!err)
        err = wf_fd_bound(fd, WF_FD_STRANGER, addr, &a, out);
    if (err)
        close(fd);
    return err;
}

static const struct sockaddr *raw(const weft_addr *a)
{
    return (const struct sockaddr *)(const void *)a->room;
}

struct datagram {
    void *buf;
    const void *data;
    size_t size;
    weft_addr *from;
    const weft_addr *to;
};

static ssize_t try_peer(struct weft_fd *f, void *arg)
{
    const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    const struct datagram *d = arg;
    int err = d->to ? connect(f->fd, raw(d->to), d->to->size)
                    : connect(f->fd, &nobody, sizeof nobody);
    return err < 0 ? -errno : 0;
}

int weft_datagram_peer(weft_fd *f, const weft_addr *peer)
{
    struct datagram d = { .to = peer };
    return (int)wf_fd_call(f, WF_FD_WRITE, try_peer, &d, 0);
}

static ssize_t try_recv(struct weft_fd *f, void *arg)
{
    const struct datagram *d = arg;
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    ssize_t n;
    do
        n = recvfrom(f->fd, d->buf, d->size, MSG_TRUNC, (struct sockaddr *)&from,
                     &size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (d->from) {
        d->from->size = size < sizeof from ? size : (socklen_t)sizeof from;
        memcpy(d->from->room, &from, d->from->size);
    }
    return n;
}

ssize_t weft_recvfrom(weft_fd *f, void *buf, size_t size, weft_addr *from,
                      int64_t deadline)
{
    struct datagram d = { .buf = buf, .size = size, .from = from };
    return wf_fd_call(f, WF_FD_READ, try_recv, &d, deadline);
}

static ssize_t try_send(struct weft_fd *f, void *arg)
{
    const struct datagram *d = arg;
    ssize_t n;
    do
        n = sendto(f->fd, d->data, d->size, MSG_NOSIGNAL, d->to ? raw(d->to) : NULL,
                   d->to ? d->to->size : 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ssize_t weft_sendto(weft_fd *f, const void *buf, size_t size, const weft_addr *to,
                    int64_t deadline)
{
    struct datagram d = { .data = buf, .size = size, .to = to };
    return wf_fd_call(f, WF_FD_WRITE, try_send, &d, deadline);
}
