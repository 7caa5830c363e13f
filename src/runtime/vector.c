/* SPDX-License-Identifier: MIT */
/*
 * vector.c - reading into and writing from several places, and from files.
 */
#include <weft/net.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <weft/block.h>

#include "runtime/netpoll.h"

enum {
    MOST = 1024,       /* places: IOV_MAX */
    AT_ONCE = 16,      /* places in one call of the kernel when writing */
    CHUNK = 512 << 10, /* bytes of a file that are sent in one blocking section */
};

struct places {
    const struct iovec *iov;
    int n;
    size_t skip; /* bytes of the first that are done */
};

static ssize_t try_readv(struct weft_fd *f, void *arg)
{
    const struct places *p = arg;
    ssize_t n;
    do
        n = readv(f->fd, p->iov, p->n);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ssize_t weft_readv(weft_fd *f, const struct iovec *iov, int n, int64_t deadline)
{
    struct places p = { iov, n, 0 };
    if (n < 1 || n > MOST)
        return -EINVAL;
    return wf_fd_call(f, WF_FD_READ, try_readv, &p, deadline);
}

static ssize_t try_writev(struct weft_fd *f, void *arg)
{
    const struct places *p = arg;
    struct iovec some[AT_ONCE];
    struct msghdr msg = { .msg_iov = some };
    ssize_t n;
    some[0].iov_base = (char *)p->iov->iov_base + p->skip;
    some[0].iov_len = p->iov->iov_len - p->skip;
    for (msg.msg_iovlen = 1; msg.msg_iovlen < AT_ONCE; msg.msg_iovlen++) {
        if ((int)msg.msg_iovlen >= p->n)
            break;
        some[msg.msg_iovlen] = p->iov[msg.msg_iovlen];
    }
    do
        n = f->is_socket ? sendmsg(f->fd, &msg, MSG_NOSIGNAL)
                         : writev(f->fd, some, (int)msg.msg_iovlen);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Past so many bytes, and past places that are empty. */
static void advance(struct places *p, size_t done)
{
    p->skip += done;
    while (p->n && p->skip >= p->iov->iov_len) {
        p->skip -= p->iov->iov_len;
        p->iov++;
        p->n--;
    }
}

ssize_t weft_writev(weft_fd *f, const struct iovec *iov, int n, int64_t deadline)
{
    struct places p = { iov, n, 0 };
    ssize_t sum = 0;
    if (n < 1 || n > MOST)
        return -EINVAL;
    for (advance(&p, 0); p.n;) {
        ssize_t done = wf_fd_call(f, WF_FD_WRITE, try_writev, &p, deadline);
        if (done < 0)
            return done;
        sum += done;
        advance(&p, (size_t)done);
    }
    return sum;
}

/* ---- files ---- */

struct part {
    int file;
    off_t *offset;
    size_t size;
};

/* It has no flag against SIGPIPE: keep the signal from this thread, and eat it. */
static ssize_t send_quietly(int to, const struct part *p)
{
    sigset_t pipe, old, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    ssize_t n;
    do
        n = sendfile(to, p->file, p->offset, p->size < CHUNK ? p->size : CHUNK);
    while (n < 0 && errno == EINTR);
    n = n < 0 ? -errno : n;
    if (n == -EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){ 0, 0 });
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return n;
}

static ssize_t try_sendfile(struct weft_fd *f, void *arg)
{
    if (!f->pollable)
        return send_quietly(f->fd, arg);
    wf_leave();
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    ssize_t n = send_quietly(f->fd, arg);
    weft_block_end();
    wf_enter();
    return n;
}

ssize_t weft_sendfile(weft_fd *f, int file, int64_t *offset, size_t size,
                      int64_t deadline)
{
    off_t at = offset ? (off_t)*offset : 0;
    struct part p = { file, offset ? &at : NULL, size };
    ssize_t sum = 0, n = 1;
    while (p.size && n > 0) {
        n = wf_fd_call(f, WF_FD_WRITE, try_sendfile, &p, deadline);
        if (n > 0) {
            sum += n;
            p.size -= (size_t)n;
        }
        if (offset)
            *offset = at;
    }
    return n < 0 ? n : sum;
}
