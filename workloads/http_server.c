/* SPDX-License-Identifier: MIT */
/*
 * http_server.c - accept, and one coroutine a connection.
 *
 * Answers to pipelined requests gather in one buffer and go out together, when the
 * input runs dry or the buffer is full.  A connection's memory comes from a pool.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"

enum { IN_SIZE = 4096, OUT_SIZE = 4096 };

/* The head of an answer: as good for the next one that is like it, within a second. */
struct head {
    time_t at;
    const char *type, *allow;
    size_t body_len;
    int status;
    bool keep, minor_0;
    size_t len;
    char text[512];
};

struct http_conn {
    struct http_server *server;
    weft_fd *fd;
    struct http_parser *parser;
    struct http_conn *next, **prev; /* in server->open, under its lock */
    atomic_bool idle;               /* between requests */
    uint64_t served;
    size_t in_at, in_len, out_len;
    struct head head;
    char in[IN_SIZE], out[OUT_SIZE];
};

void http_limits_init(struct http_limits *l)
{
    *l = (struct http_limits){
        .max_header = 16 * 1024,
        .max_body = 1024 * 1024,
        .max_conns = 20000,
        .read_timeout = 5 * INT64_C(1000000000),
        .idle_timeout = 60 * INT64_C(1000000000),
    };
}

int http_server_init(struct http_server *s, const char *name)
{
    memset(s, 0, sizeof *s);
    http_limits_init(&s->limits);
    weft_mutex_init(&s->lock, name);
    s->conn_pool = weft_pool_new("http.conn", sizeof(struct http_conn), NULL, 0);
    return s->conn_pool ? 0 : -ENOMEM;
}

void http_server_fini(struct http_server *s)
{
    weft_pool_free(s->conn_pool);
    weft_mutex_fini(&s->lock);
}

static int flush(struct http_conn *c)
{
    size_t n = c->out_len;
    ssize_t done;

    c->out_len = 0;
    if (!n)
        return 0;
    done = weft_write(c->fd, c->out, n, weft_now() + c->server->limits.idle_timeout);
    if (done < 0)
        return (int)done;
    atomic_fetch_add_explicit(&c->server->bytes_out, n, memory_order_relaxed);
    return 0;
}

static int put(struct http_conn *c, const char *data, size_t len)
{
    if (len > OUT_SIZE - c->out_len) {
        int err = flush(c);
        if (err)
            return err;
    }
    if (len > OUT_SIZE) {
        ssize_t done = weft_write(c->fd, data, len,
                                  weft_now() + c->server->limits.idle_timeout);
        if (done < 0)
            return (int)done;
        atomic_fetch_add_explicit(&c->server->bytes_out, len, memory_order_relaxed);
        return 0;
    }
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
    return 0;
}

static void write_head(struct head *h)
{
    char date[40];
    struct tm tm;

    gmtime_r(&h->at, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    h->len = (size_t)snprintf(
        h->text, sizeof h->text,
        "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "%s%s%s%s\r\n",
        h->status, http_status_text(h->status), date, h->type, h->body_len,
        h->allow ? "Allow: " : "", h->allow ? h->allow : "", h->allow ? "\r\n" : "",
        !h->keep     ? "Connection: close\r\n"
        : h->minor_0 ? "Connection: keep-alive\r\n"
                     : "");
}

/* What it says is compared, not how long ago it was written: most answers are alike. */
static int put_head(struct http_conn *c, const struct http_request *rq,
                    const struct http_response *rs, bool keep)
{
    struct head *h = &c->head;
    const char *type = rs->type ? rs->type : "text/plain";
    bool minor_0 = rq && rq->minor == 0;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (h->at != now.tv_sec || h->status != rs->status || h->type != type ||
        h->allow != rs->allow || h->body_len != rs->body_len || h->keep != keep ||
        h->minor_0 != minor_0) {
        h->at = now.tv_sec;
        h->status = rs->status;
        h->type = type;
        h->allow = rs->allow;
        h->body_len = rs->body_len;
        h->keep = keep;
        h->minor_0 = minor_0;
        write_head(h);
    }
    return put(c, h->text, h->len);
}

static int answer(struct http_conn *c, const struct http_request *rq,
                  const struct http_response *rs, bool keep)
{
    int err = put_head(c, rq, rs, keep);
    if (!err && !(rq && rq->head))
        err = put(c, rs->body, rs->body_len);
    atomic_fetch_add_explicit(&c->server->status[rs->status], 1, memory_order_relaxed);
    return err;
}

static void refuse(struct http_conn *c, int status)
{
    struct http_response rs = { .status = status };

    rs.body = http_status_text(status);
    rs.body_len = strlen(rs.body);
    atomic_fetch_add_explicit(&c->server->bad_requests, 1, memory_order_relaxed);
    if (!answer(c, NULL, &rs, false))
        flush(c);
}

/*
 * Idle connections are the ones that stopping may cut off.  We raise idle, then look at
 * stopping; http_server_stop raises stopping, then looks at idle: one sees the other.
 * Cut off too late, in the middle of a request, only the reading ends.
 */
static bool may_idle(struct http_conn *c)
{
    atomic_store(&c->idle, true);
    return !atomic_load(&c->server->stopping);
}

/* More input, at most until deadline.  0, -EPIPE at the peer's end, or -errno. */
static int fill(struct http_conn *c, int64_t deadline)
{
    int err = flush(c);
    ssize_t n;

    if (err)
        return err;
    n = weft_read(c->fd, c->in, IN_SIZE, deadline);
    if (n <= 0)
        return n ? (int)n : -EPIPE;
    c->in_at = 0;
    c->in_len = (size_t)n;
    atomic_fetch_add_explicit(&c->server->bytes_in, (size_t)n, memory_order_relaxed);
    return 0;
}

/* One request.  True when it is whole; otherwise what had to be said has been said. */
static bool read_request(struct http_conn *c)
{
    const struct http_limits *l = &c->server->limits;
    int64_t deadline = 0;
    size_t used;

    http_parser_reset(c->parser);
    if (c->in_at == c->in_len) {
        if (!may_idle(c) || fill(c, weft_now() + l->idle_timeout))
            return false;
        atomic_store_explicit(&c->idle, false, memory_order_relaxed);
    }
    for (;;) {
        switch (http_parser_feed(c->parser, c->in + c->in_at, c->in_len - c->in_at,
                                 &used)) {
        case HTTP_DONE:
            c->in_at += used;
            return true;
        case HTTP_ERROR:
            refuse(c, http_parser_status(c->parser));
            return false;
        case HTTP_EXPECT:
            if (put(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
                return false;
            break;
        case HTTP_MORE:
            break;
        }
        if (!deadline)
            deadline = weft_now() + l->read_timeout;
        int err = fill(c, deadline);
        if (err == -ETIMEDOUT)
            refuse(c, 408);
        if (err)
            return false;
    }
}

static bool serve_one(struct http_conn *c)
{
    struct http_server *s = c->server;
    const struct http_request *rq = http_parser_request(c->parser);
    struct http_response rs = { .status = 200 };
    int64_t begin = weft_now();
    uint64_t task = weft_task_begin(0, "request");
    bool keep, failed;

    c->served++;
    keep = rq->keep_alive &&
           !atomic_load_explicit(&s->stopping, memory_order_relaxed) &&
           (!s->limits.keepalive_max || c->served < s->limits.keepalive_max);
    s->handle(s, rq, &rs);
    failed = answer(c, rq, &rs, keep) || ((!keep || c->in_at == c->in_len) && flush(c));
    atomic_fetch_add_explicit(failed ? &s->failed : &s->requests, 1,
                              memory_order_relaxed);
    weft_task_end(task);
    if (s->served)
        s->served(s, weft_now() - begin);
    return keep && !failed;
}

static void add_conn(struct http_conn *c)
{
    struct http_server *s = c->server;

    weft_mutex_lock(&s->lock);
    c->next = s->open;
    c->prev = &s->open;
    if (c->next)
        c->next->prev = &c->next;
    s->open = c;
    weft_mutex_unlock(&s->lock);
}

static void remove_conn(struct http_conn *c)
{
    struct http_server *s = c->server;

    weft_mutex_lock(&s->lock);
    *c->prev = c->next;
    if (c->next)
        c->next->prev = c->prev;
    weft_mutex_unlock(&s->lock);
}

static void serve_conn(void *arg)
{
    struct http_conn *c = arg;
    struct http_server *s = c->server;

    add_conn(c);
    while (read_request(c) && serve_one(c))
        ;
    flush(c);
    remove_conn(c);
    /* A client may still be sending what was refused: let it read the answer first. */
    weft_shutdown(c->fd, WEFT_WRITE);
    while (c->served == 0 &&
           weft_read(c->fd, c->in, IN_SIZE, weft_now() + 100000000) > 0)
        ;
    weft_close(c->fd);
    http_parser_free(c->parser);
    weft_pool_put(s->conn_pool, c);
    atomic_fetch_sub(&s->conns, 1);
}

static int start_conn(struct http_server *s, weft_fd *fd)
{
    struct http_conn *c = weft_pool_get(s->conn_pool);
    size_t now, max;
    int err = -ENOMEM;

    if (!c)
        return err;
    /* The buffers need no zeros. */
    memset(c, 0, offsetof(struct http_conn, in));
    c->server = s;
    c->fd = fd;
    c->parser = http_parser_new(true, &s->limits);
    if (!c->parser)
        goto put_conn;
    now = atomic_fetch_add(&s->conns, 1) + 1;
    max = atomic_load(&s->conns_max);
    while (now > max && !atomic_compare_exchange_weak(&s->conns_max, &max, now))
        ;
    err = weft_go_named("http.conn", serve_conn, c);
    if (!err)
        return 0;
    atomic_fetch_sub(&s->conns, 1);
    http_parser_free(c->parser);
put_conn:
    weft_pool_put(s->conn_pool, c);
    return err;
}

static bool out_of_room(int err)
{
    return err == -EMFILE || err == -ENFILE || err == -ENOBUFS || err == -ENOMEM;
}

int http_serve(struct http_server *s, int64_t grace)
{
    const int64_t pause = 10000000;
    int64_t end;
    int err = 0;

    while (!atomic_load(&s->stopping)) {
        weft_fd *fd;
        if (atomic_load(&s->conns) >= s->limits.max_conns)
            err = -EMFILE;
        else
            err = weft_accept(s->listener, WEFT_FOREVER, &fd);
        if (!err) {
            atomic_fetch_add_explicit(&s->accepted, 1, memory_order_relaxed);
            err = start_conn(s, fd);
            if (err)
                weft_close(fd);
        }
        if (out_of_room(err)) {
            atomic_fetch_add(&s->accept_throttled, 1);
            weft_sleep(pause);
        } else if (err && err != -ECONNABORTED && err != -EPROTO && err != -EINTR) {
            break;
        }
    }
    end = weft_now() + grace;
    while (atomic_load(&s->conns) && weft_now() < end)
        weft_sleep(1000000);
    return atomic_load(&s->stopping) ? 0 : err;
}

void http_server_stop(struct http_server *s)
{
    weft_mutex_lock(&s->lock);
    atomic_store(&s->stopping, true);
    weft_close(s->listener);
    for (struct http_conn *c = s->open; c; c = c->next)
        if (atomic_load(&c->idle))
            weft_shutdown(c->fd,
                          WEFT_READ); /* its coroutine reads the end and closes */
    weft_mutex_unlock(&s->lock);
}
