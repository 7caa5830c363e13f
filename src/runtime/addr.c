/* SPDX-License-Identifier: MIT */
/*
 * addr.c - text to addresses and back.
 */
#include "runtime/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/runtime.h"

/* "8080": 0 to 65535; -1 if it is none. */
static int parse_port(const char *text)
{
    int port = 0, digits = 0;
    for (; *text >= '0' && *text <= '9' && port <= UINT16_MAX; text++, digits++)
        port = port * 10 + (*text - '0');
    return *text || !digits || port > UINT16_MAX ? -1 : port;
}

static int parse_unix(const char *path, struct wf_addr *a)
{
    size_t len = strlen(path);
    if (!len || len >= sizeof a->sa.un.sun_path)
        return -EINVAL;
    a->sa.un.sun_family = AF_UNIX;
    memcpy(a->sa.un.sun_path, path, len + 1);
    a->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return 0;
}

static int parse_inet(const char *text, struct wf_addr *a)
{
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    if (!colon)
        return -EINVAL;
    int port = parse_port(colon + 1);
    size_t len = (size_t)(colon - text);
    bool six = len > 2 && text[0] == '[' && colon[-1] == ']';
    if (six) {
        text++;
        len -= 2;
    }
    if (port < 0 || len >= sizeof host)
        return -EINVAL;
    memcpy(host, text, len);
    host[len] = '\0';
    if (six) {
        a->sa.in6.sin6_family = AF_INET6;
        a->sa.in6.sin6_port = htons((uint16_t)port);
        a->size = sizeof a->sa.in6;
        return inet_pton(AF_INET6, host, &a->sa.in6.sin6_addr) == 1 ? 0 : -EINVAL;
    }
    a->sa.in.sin_family = AF_INET;
    a->sa.in.sin_port = htons((uint16_t)port);
    a->size = sizeof a->sa.in;
    return inet_pton(AF_INET, host, &a->sa.in.sin_addr) == 1 ? 0 : -EINVAL;
}

int wf_addr_parse(const char *text, struct wf_addr *a)
{
    memset(a, 0, sizeof *a);
    return strncmp(text, "unix:", 5) ? parse_inet(text, a) : parse_unix(text + 5, a);
}

static int print_unix(const struct wf_addr *a, char *buf, size_t size)
{
    const char *path = a->sa.un.sun_path;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    int room = a->size > head ? (int)(a->size - head) : 0;
    if (room && !*path)
        return snprintf(buf, size, "unix:@%.*s", room - 1, path + 1);
    return snprintf(buf, size, "unix:%.*s", room, path);
}

int wf_addr_print(const struct wf_addr *a, char *buf, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    if (a->sa.any.sa_family == AF_UNIX)
        return print_unix(a, buf, size);
    if (a->sa.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &a->sa.in.sin_addr, host, sizeof host);
        return snprintf(buf, size, "%s:%u", host, ntohs(a->sa.in.sin_port));
    }
    if (a->sa.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->sa.in6.sin6_addr, host, sizeof host);
        return snprintf(buf, size, "[%s]:%u", host, ntohs(a->sa.in6.sin6_port));
    }
    snprintf(buf, size, "?");
    return -EINVAL;
}

const char *wf_addr_name(const char *prefix, const char *text, int fd)
{
    char name[WF_ADDR_NAME];
    struct wf_addr a = { .size = sizeof a.sa };
    const char *colon = strrchr(text, ':');
    if (getsockname(fd, &a.sa.any, &a.size) < 0 || a.sa.any.sa_family == AF_UNIX ||
        !colon)
        snprintf(name, sizeof name, "%s%s", prefix, text);
    else
        snprintf(name, sizeof name, "%s%.*s:%u", prefix, (int)(colon - text), text,
                 ntohs(a.sa.in.sin_port));
    return wf_name_intern(name);
}
