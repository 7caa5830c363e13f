/* SPDX-License-Identifier: MIT */
/*
 * addr.h - addresses as text: "127.0.0.1:8080", "[::1]:8080", "unix:/path".
 */
#ifndef WF_RUNTIME_ADDR_H
#define WF_RUNTIME_ADDR_H
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { WF_ADDR_NAME = sizeof(struct sockaddr_un) + 64 }; /* room for any as text */

struct wf_addr {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } sa;
    socklen_t size;
};

/* 0, or -EINVAL: text is no address. */
int wf_addr_parse(const char *text, struct wf_addr *a);
/* As snprintf; -EINVAL, and "?", where it is of an unknown kind. */
int wf_addr_print(const struct wf_addr *a, char *buf, size_t size);
/* A socket of a type for the address, that does not block; or -errno. */
int wf_addr_socket(const struct wf_addr *a, int type);
/* Before the first M: lookups that the runtime before has left behind do not count. */
void wf_resolve_begin(void);
/* prefix and text, with the port that the socket has; interned, NULL without memory. */
const char *wf_addr_name(const char *prefix, const char *text, int fd);

#endif /* WF_RUNTIME_ADDR_H */
