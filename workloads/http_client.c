/* SPDX-License-Identifier: MIT */
/* http_client.c - one connection to one address, kept and reopened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http.h"

static const struct http_limits client_limits = {
    .max_header = 16 * 1024,
    .max_body = 1024 * 1024,
};

int http_client_init(struct http_client *c, const char *addr)
{
    memset(c, 0, sizeof *c);
    c->addr = addr;
    c->parser = http_parser_new(false, &client_limits);
    return c->parser ? 0 : -ENOMEM;
}

static void drop(struct http_client *c)
{
    if (c->fd)
        weft_close(c->fd);
    c->fd = NULL;
}

void http_client_fini(struct http_client *c)
{
    drop(c);
    http_parser_free(c->parser);
}

/* The answer to what was sent.  The status, or -errno; -EPIPE when the peer was gone. */
static int receive(struct http_client *c, int64_t deadline)
{
    char in[4096];
    size_t used;

    http_parser_reset(c->parser);
    for (;;) {
        ssize_t n = weft_read(c->fd, in, sizeof in, deadline);
        if (n <= 0)
            return n ? (int)n : -EPIPE;
        switch (http_parser_feed(c->parser, in, (size_t)n, &used)) {
        case HTTP_DONE:
            return http_parser_status(c->parser);
        case HTTP_ERROR:
            return -EBADMSG;
        default:
            break;
        }
    }
}

static int exchange(struct http_client *c, const char *request, size_t len,
                    int64_t deadline)
{
    ssize_t n;

    if (!c->fd) {
        int err = weft_connect(c->addr, deadline, &c->fd);
        if (err) {
            c->fd = NULL;
            return err;
        }
        c->opened++;
    }
    n = weft_write(c->fd, request, len, deadline);
    return n < 0 ? (int)n : receive(c, deadline);
}

int http_client_get(struct http_client *c, const char *path, int64_t deadline,
                    char *body, size_t size)
{
    char request[1024];
    const struct http_request *rs;
    bool kept = c->fd != NULL;
    int n, status;

    n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path,
                 c->addr);
    if (n < 0 || (size_t)n >= sizeof request)
        return -EINVAL;
    status = exchange(c, request, (size_t)n, deadline);
    if (kept && (status == -EPIPE || status == -ECONNRESET)) {
        /* The server closed the idle connection as we wrote: once more on a new one. */
        drop(c);
        status = exchange(c, request, (size_t)n, deadline);
    }
    if (status < 0) {
        drop(c);
        return status;
    }
    rs = http_parser_request(c->parser);
    if (size) {
        size_t len = rs->body_len < size - 1 ? rs->body_len : size - 1;
        memcpy(body, rs->body, len);
        body[len] = '\0';
    }
    if (!rs->keep_alive)
        drop(c);
    return status;
}
