/* SPDX-License-Identifier: MIT */
/*
 * weft/net.h - sockets, pipes and files that park the coroutine, not the thread.
 * A descriptor given to weft is non-blocking from then on and weft's to close.  All
 * deadlines are absolute ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 * without end, 0 tries once and never parks.
 *
 * Every call that takes a weft_fd may be in progress in several coroutines at once,
 * weft_close included.  After weft_close the handle is gone.
 *
 * Addresses are "127.0.0.1:8080", "[::1]:8080" or "unix:/path"; port 0 lets the kernel
 * choose one.  Names are not resolved.
 */
#ifndef WEFT_NET_H
#define WEFT_NET_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_fd weft_fd;

/* Directions, for weft_fd_wait and weft_shutdown. */
enum { WEFT_READ = 1, WEFT_WRITE = 2 };

/*
 * weft_fd_new - let weft serve a descriptor.
 * Where the kernel cannot tell readiness (regular files) the P is handed off during
 * each call instead.
 *
 * fd        open; becomes non-blocking
 * name      what it is called in traces; copied; NULL for none
 *
 * Returns   0        *out is set
 *           -EBADF   fd is not open
 *           -ENOMEM, -ENOSPC, -EMFILE  the kernel or memory has no room for more
 * Context   anywhere but a signal handler
 * Owns      takes fd on success; the caller closes *out with weft_close
 * Traces    obj_new
 */
int weft_fd_new(int fd, const char *name, weft_fd **out);

/*
 * weft_listen - listen on an address.
 *
 * backlog   connections that may wait to be accepted; 0 or less: what the system allows
 *
 * Returns   0        *out is set
 *           -EINVAL  addr is none
 *           -errno   as of socket, bind and listen
 * Context   anywhere but a signal handler
 * Owns      the caller closes *out with weft_close, which removes a unix socket's path
 * Traces    obj_new
 */
int weft_listen(const char *addr, int backlog, weft_fd **out);

/*
 * weft_connect - connect to an address.
 *
 * Returns   0            *out is set
 *           -EINVAL      addr is none
 *           -EAGAIN      deadline 0, and it cannot be done at once
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT   the deadline came first, or the network gave up
 *           -EPERM       it would wait, but the caller is no coroutine
 *           -errno       as of socket and connect
 * Context   coroutines
 * Owns      the caller closes *out with weft_close
 * Traces    obj_new; g_park or g_switch with reason net_connect when it waits
 */
int weft_connect(const char *addr, int64_t deadline, weft_fd **out);

/*
 * weft_accept - take the next connection of a listener.
 *
 * Returns   0            *out is set
 *           -EAGAIN      deadline 0, and there is none
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   the listener was closed meanwhile
 *           -EBADF       the listener was closed before
 *           -EPERM       it would wait, but the caller is no coroutine
 *           -errno       as of accept; after -EMFILE or -ENFILE the connection still waits
 * Context   coroutines
 * Owns      the caller closes *out with weft_close
 * Traces    obj_new; g_park or g_switch with reason net_accept when it waits
 */
int weft_accept(weft_fd *listener, int64_t deadline, weft_fd **out);

/*
 * weft_read - read what is there, parking until there is something.
 *
 * Returns   bytes read, 0 at the end or if size is 0
 *           -EAGAIN      deadline 0, and there is nothing
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   closed meanwhile
 *           -EBADF       closed before
 *           -EPERM       it would wait, but the caller is no coroutine
 *           -errno       as of read
 * Context   coroutines
 * Traces    g_park or g_switch with reason net_read when it waits
 */
ssize_t weft_read(weft_fd *fd, void *buf, size_t size, int64_t deadline);

/*
 * weft_write - write all, parking whenever the descriptor takes no more.
 *
 * Returns   size, all of it
 *           -errno as of weft_read and write(2); -EPIPE comes without a signal.  How
 *           much was written before is not told: the connection is of no more use
 * Context   coroutines
 * Traces    g_park or g_switch with reason net_write when it waits
 */
ssize_t weft_write(weft_fd *fd, const void *buf, size_t size, int64_t deadline);

/*
 * weft_fd_wait - park until a direction may be ready: for calls that weft has not.
 * Call it only after such a call said EAGAIN.
 *
 * events    WEFT_READ or WEFT_WRITE
 *
 * Returns   0            try again
 *           -EAGAIN      deadline 0, and nothing happened since the last wait
 *           -ETIMEDOUT   the deadline came first
 *           -ECANCELED   closed meanwhile
 *           -EBADF       closed before
 *           -EINVAL      events is neither
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines
 * Traces    g_park or g_switch with reason net_read or net_write
 */
int weft_fd_wait(weft_fd *fd, int events, int64_t deadline);

/*
 * weft_shutdown - end one direction of a connection or both.
 *
 * how       WEFT_READ, WEFT_WRITE or both
 *
 * Returns   0 or -errno as of shutdown
 * Context   anywhere but a signal handler
 */
int weft_shutdown(weft_fd *fd, int how);

/*
 * weft_close - the end of a descriptor: who is parked on it gets -ECANCELED.
 * The kernel's descriptor is closed once no call is in progress on it.
 *
 * fd        NULL is allowed
 *
 * Returns   0        done
 *           -EBADF   another call closed it first
 * Context   anywhere but a signal handler
 * Owns      takes fd
 * Traces    obj_free; g_ready for each that was parked
 */
int weft_close(weft_fd *fd);

/*
 * weft_fd_num - the kernel's number of the descriptor, for calls that weft has not.
 *
 * Returns   the number
 * Context   anywhere
 */
int weft_fd_num(const weft_fd *fd);

/*
 * weft_fd_port - the local port of a socket: which one the kernel chose.
 *
 * Returns   1 to 65535
 *           -EINVAL  it has none
 *           -errno   as of getsockname
 * Context   anywhere
 */
int weft_fd_port(const weft_fd *fd);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_NET_H */
