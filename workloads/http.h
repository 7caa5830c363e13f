/* SPDX-License-Identifier: MIT */
/*
 * http.h - HTTP/1.0 and 1.1 for the workloads: a server with one coroutine a connection,
 * and a small client that keeps its connection.  llhttp parses; what it lets pass and we
 * do not is refused in http_parse.c.
 */
#ifndef WL_HTTP_H
#define WL_HTTP_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weft/weft.h>

struct http_request {
    const char *method; /* "GET" */
    char path[512];     /* without the query */
    char query[512];    /* after '?', "" without one */
    bool head, keep_alive;
    int minor; /* HTTP/1.minor */
    const char *body;
    size_t body_len;
};

struct http_response {
    int status;
    const char *type;  /* Content-Type; this and allow are literals */
    const char *allow; /* of a 405 */
    const char *body;
    size_t body_len;
    char small[192]; /* room for a body made by the handler */
};

/* A number of a request's query: false when the key is missing or no number to max. */
bool http_query_number(const struct http_request *rq, const char *key, uint64_t max,
                       uint64_t *out);

struct http_server;
typedef void http_handler(struct http_server *s, const struct http_request *rq,
                          struct http_response *rs);

struct http_limits {
    size_t max_header, max_body, max_conns;
    uint64_t keepalive_max; /* requests a connection, 0: no limit */
    int64_t read_timeout,
        idle_timeout; /* ns: whole header and body; between requests */
};

enum { HTTP_STATUS_MAX = 600 };

struct http_server {
    weft_fd *listener;    /* opened before http_serve, closed by http_server_stop */
    http_handler *handle; /* runs on the connection's coroutine */
    void *arg;
    struct http_limits limits;
    void (*served)(struct http_server *s,
                   int64_t took_ns); /* after each answer; may be NULL */

    atomic_bool stopping;
    atomic_size_t conns, conns_max;
    atomic_uint_fast64_t requests, bad_requests,
        failed; /* failed: cut off in an answer */
    atomic_uint_fast64_t accepted, accept_throttled;
    atomic_uint_fast64_t bytes_in, bytes_out;
    atomic_uint_fast64_t status[HTTP_STATUS_MAX];
    weft_pool *conn_pool;
    weft_mutex lock;        /* guards open */
    struct http_conn *open; /* every connection, so that stopping can wake idle ones */
};

void http_limits_init(struct http_limits *l);
/* Prepare counters and the pool of connections; listener, handle and arg are set after. */
int http_server_init(struct http_server *s, const char *name);
/* Accept until http_server_stop, then wait for requests in flight at most grace ns. */
int http_serve(struct http_server *s, int64_t grace);
/* From any coroutine, once: no new connections; idle ones are closed. */
void http_server_stop(struct http_server *s);
void http_server_fini(struct http_server *s);

/* Parsing, shared by server and client: one message at a time from a growing buffer. */
enum http_parsed {
    HTTP_MORE,   /* feed more bytes */
    HTTP_DONE,   /* a whole message; used tells how many bytes it took */
    HTTP_EXPECT, /* header read, the peer waits for 100 Continue */
    HTTP_ERROR,  /* status tells the refusal */
};
struct http_parser;
struct http_parser *http_parser_new(bool server, const struct http_limits *l);
void http_parser_free(struct http_parser *p);
void http_parser_reset(struct http_parser *p);
/*
 * Look at bytes [data, data + len) that were not looked at before.  *used is how many of
 * them belong to this message.
 */
enum http_parsed http_parser_feed(struct http_parser *p, const char *data, size_t len,
                                  size_t *used);
/* The message, after HTTP_DONE; after HTTP_ERROR its status is the answer to give. */
const struct http_request *http_parser_request(const struct http_parser *p);
int http_parser_status(const struct http_parser *p);

/* A client's connection, kept between requests, reopened when the server closed it. */
struct http_client {
    const char *addr; /* "127.0.0.1:8080" */
    weft_fd *fd;
    struct http_parser *parser;
    uint64_t opened; /* connections made */
};
int http_client_init(struct http_client *c, const char *addr);
/*
 * GET path.  Returns the status (200...) or -errno; the body is cut to size - 1 and ended
 * with NUL.  After an error the connection is closed and the next call opens another.
 */
int http_client_get(struct http_client *c, const char *path, int64_t deadline,
                    char *body, size_t size);
void http_client_fini(struct http_client *c);

const char *http_status_text(int status);
#endif /* WL_HTTP_H */
