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
 * choose one.  Names are resolved by weft_dial and weft_resolve (weft/addr.h) alone.
 */
#ifndef WEFT_NET_H
#define WEFT_NET_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iovec;

typedef struct weft_fd weft_fd;

/* An address of a socket; weft/addr.h. */
typedef struct weft_addr {
    uint32_t size; /* of what follows: a struct sockaddr of some kind */
    uint64_t room[16];
} weft_addr;

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
 * weft_listen_shared - weft_listen on a port that others listen on as well.
 * The kernel spreads connections over all of them, for example over several processes;
 * they must be of one user, and each must have been opened by this call.
 *
 * Returns   as weft_listen
 * Context   anywhere but a signal handler
 * Owns      as weft_listen
 * Traces    obj_new
 */
int weft_listen_shared(const char *addr, int backlog, weft_fd **out);

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
 * weft_readv - weft_read into several places, each filled before the next.
 *
 * n         places, 1 to 1024
 *
 * Returns   bytes read in all, else as weft_read
 *           -EINVAL  n is out of range
 * Context   coroutines
 * Traces    as weft_read
 */
ssize_t weft_readv(weft_fd *fd, const struct iovec *iov, int n, int64_t deadline);

/*
 * weft_writev - weft_write from several places: all of them, in order.
 *
 * n         places, 1 to 1024
 *
 * Returns   the sum of their sizes, else as weft_write
 *           -EINVAL  n is out of range
 * Context   coroutines
 * Traces    as weft_write
 */
ssize_t weft_writev(weft_fd *fd, const struct iovec *iov, int n, int64_t deadline);

/*
 * weft_sendfile - write a part of a file, without copying it through the program.
 * It is in a blocking section while the kernel reads the file.
 *
 * file      the kernel's number of a file that can be mapped
 * offset    where to begin, then where it ended; NULL: at the file's own position
 * size      bytes to write at most
 *
 * Returns   bytes written, fewer than size where the file ends
 *           -errno as of weft_write and sendfile(2); offset is where it got to
 * Context   coroutines
 * Traces    block_begin, block_end; g_park or g_switch with reason net_write
 */
ssize_t weft_sendfile(weft_fd *fd, int file, int64_t *offset, size_t size,
                      int64_t deadline);

/*
 * weft_datagram - a socket for datagrams, UDP or unix, that receives at an address.
 *
 * addr      as of weft_listen; "0.0.0.0:0" for who only sends
 *
 * Returns   0        *out is set
 *           -EINVAL  addr is none
 *           -errno   as of socket and bind
 * Context   anywhere but a signal handler
 * Owns      the caller closes *out with weft_close, which removes a unix socket's path
 * Traces    obj_new
 */
int weft_datagram(const char *addr, weft_fd **out);

/*
 * weft_datagram_peer - speak with one address alone from now on: weft_write sends there,
 * and what comes from elsewhere is not received.
 *
 * peer      NULL: with anybody again
 *
 * Returns   0 or -errno as of connect
 * Context   anywhere but a signal handler
 */
int weft_datagram_peer(weft_fd *fd, const weft_addr *peer);

/*
 * weft_recvfrom - receive a datagram, parking until there is one.
 *
 * size      of buf; what is longer is cut, and cannot be had any more
 * from      set to who sent it; NULL: not asked for
 *
 * Returns   the length that the datagram has, over size if it was cut; 0 is an empty one
 *           -ECONNREFUSED  with a peer: it was told that nobody receives there
 *           else as weft_read
 * Context   coroutines
 * Traces    g_park or g_switch with reason net_read when it waits
 */
ssize_t weft_recvfrom(weft_fd *fd, void *buf, size_t size, weft_addr *from,
                      int64_t deadline);

/*
 * weft_sendto - send a datagram, parking while there is no room for it.
 *
 * to        NULL: to the peer
 *
 * Returns   size
 *           -EMSGSIZE       it is longer than a datagram may be
 *           -EDESTADDRREQ   to is NULL, and there is no peer
 *           else as weft_write
 * Context   coroutines
 * Traces    g_park or g_switch with reason net_write when it waits
 */
ssize_t weft_sendto(weft_fd *fd, const void *buf, size_t size, const weft_addr *to,
                    int64_t deadline);

/* What weft_fd_set can change of a socket; socket(7), tcp(7).  Flags are 0 or 1. */
enum weft_fd_option {
    WEFT_NODELAY = 1, /* flag: send at once; set on each TCP socket that weft makes */
    WEFT_KEEPALIVE,   /* flag: ask now and then whether the peer is still there */
    WEFT_KEEPALIVE_IDLE,  /* s of silence before the first question */
    WEFT_KEEPALIVE_EVERY, /* s between questions */
    WEFT_KEEPALIVE_COUNT, /* unanswered questions that end the connection */
    WEFT_USER_TIMEOUT, /* ms that sent data may stay unacknowledged; 0: the system's */
    WEFT_LINGER,       /* s that closing waits for sent data; 0: reset; -1: does not */
    WEFT_SEND_BUFFER,  /* bytes; the kernel doubles what is set */
    WEFT_RECV_BUFFER,  /* likewise */
    WEFT_BROADCAST,    /* flag: datagrams may go to broadcast addresses */
};

/*
 * weft_fd_set - change an option of a socket.
 *
 * Returns   0        done
 *           -EINVAL  option is none of these, or value is not for it
 *           -EBADF   fd is closed
 *           -errno   as of setsockopt: -EOPNOTSUPP or -ENOPROTOOPT, not of this kind
 * Context   anywhere but a signal handler
 */
int weft_fd_set(weft_fd *fd, enum weft_fd_option option, int value);

/*
 * weft_fd_get - an option of a socket, as the kernel has it.
 *
 * Returns   0 and *value, or as weft_fd_set
 * Context   anywhere but a signal handler
 */
int weft_fd_get(weft_fd *fd, enum weft_fd_option option, int *value);

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
 * weft_close_gracefully - end a connection so that the peer gets all that was written:
 * say that no more comes, read and drop what it still sends until it ends too, close.
 * To close at once while unread data is there resets the connection, and may take from
 * the peer what it has not yet read.
 *
 * deadline  the connection is closed by then in any case; 0: as weft_close
 *
 * Returns   0            the peer has ended too
 *           -ETIMEDOUT   the deadline came first
 *           -errno       as of weft_read: closed all the same
 * Context   coroutines
 * Owns      takes fd
 * Traces    as weft_read and weft_close
 */
int weft_close_gracefully(weft_fd *fd, int64_t deadline);

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
