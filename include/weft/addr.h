/* SPDX-License-Identifier: MIT */
/*
 * weft/addr.h - addresses of sockets, and names resolved to them.
 * As text they are "127.0.0.1:8080", "[::1]:8080" or "unix:/path".  The text of a unix
 * socket without a path is "unix:"; that of one in the abstract namespace "unix:@name".
 */
#ifndef WEFT_ADDR_H
#define WEFT_ADDR_H
#include <stddef.h>
#include <stdint.h>

#include <weft/net.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * weft_addr_parse - an address from its text.  Names are not resolved.
 *
 * Returns   0        *out is set
 *           -EINVAL  text is none
 * Context   anywhere; stays
 */
int weft_addr_parse(const char *text, weft_addr *out);

/*
 * weft_addr_text - an address as text, ended by a zero and cut to size bytes with it.
 *
 * buf       size bytes; WEFT_ADDR_TEXT are enough for any
 *
 * Returns   the length of the whole text, size or more if it was cut
 *           -EINVAL  a kind of address that weft does not know; buf holds "?"
 * Context   anywhere; stays
 */
enum { WEFT_ADDR_TEXT = 128 };
int weft_addr_text(const weft_addr *addr, char *buf, size_t size);

/*
 * weft_addr_port - the port of an address.
 *
 * Returns   0 to 65535
 *           -EINVAL  it has none
 * Context   anywhere; stays
 */
int weft_addr_port(const weft_addr *addr);

/*
 * weft_local_addr - the address that a socket has itself.
 *
 * Returns   0        *out is set
 *           -EBADF   fd is closed
 *           -errno   as of getsockname
 * Context   anywhere but a signal handler
 */
int weft_local_addr(weft_fd *fd, weft_addr *out);

/*
 * weft_peer_addr - the address of the other end of a connection.
 *
 * Returns   0          *out is set
 *           -ENOTCONN  it has none
 *           -EBADF     fd is closed
 *           -errno     as of getpeername
 * Context   anywhere but a signal handler
 */
int weft_peer_addr(weft_fd *fd, weft_addr *out);

/*
 * weft_resolve - the addresses of a name.
 * Numbers are answered at once.  Else the C library looks the name up (hosts file, name
 * servers) in a coroutine of its own that blocks its thread, not a P: the caller can be
 * cancelled and its deadline kept, though the lookup goes on.  At most 16 lookups are in
 * progress, more wait for one of those to end.  A plain thread looks up itself, and has
 * no deadline.
 *
 * host      a name, an IPv4 or IPv6 address; NULL for the loopback addresses
 * service   a port's number or name, for example "https"
 * out       max addresses, each once, the preferred first
 *
 * Returns   how many addresses there are in out, 1 to max
 *           -ENOENT        the name or service is not known, or has no address
 *           -EHOSTUNREACH  no name server has answered
 *           -EINVAL        host is longer than a name may be, or max is less than 1
 *           -EAGAIN        deadline 0, and it takes a lookup
 *           -ETIMEDOUT     the deadline came first
 *           -ECANCELED     the caller's context was cancelled (weft/ctx.h)
 *           -ENOMEM        no memory
 * Context   anywhere but a signal handler; a plain thread blocks
 * Traces    g_create; g_park or g_switch with reason resolve while it waits
 * Source    getaddrinfo(3)
 */
int weft_resolve(const char *host, const char *service, int64_t deadline,
                 weft_addr *out, int max);

/*
 * weft_dial - connect to the first address of a name that answers.
 * The time that is left is shared among the addresses not yet tried, at least 2 s to
 * each as long as there is so much.
 *
 * target    "host:service", "[host]:service" or "unix:/path"
 *
 * Returns   0 or -errno as of weft_resolve and weft_connect; where several addresses
 *           failed, the error of the first
 * Context   coroutines
 * Owns      the caller closes *out with weft_close
 * Traces    as weft_resolve and weft_connect
 * Source    Go, net.Dialer, without its second attempt beside the first
 */
int weft_dial(const char *target, int64_t deadline, weft_fd **out);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_ADDR_H */
