/* SPDX-License-Identifier: MIT */
/*
 * httpd.c - a plain HTTP server to measure, and to stall on purpose.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "workload.h"

struct httpd {
    struct wl *wl;
    const char *body;
    int64_t grace;
    weft_wait_group serving;
    struct http_server server;
    struct wl_hist latency;
};

static void root(struct httpd *h, const struct http_request *rq,
                 struct http_response *rs)
{
    (void)rq;
    rs->body = h->body;
    rs->body_len = strlen(h->body);
}

static void healthz(struct httpd *h, const struct http_request *rq,
                    struct http_response *rs)
{
    (void)h;
    (void)rq;
    rs->body = "ok\n";
    rs->body_len = 3;
}

static void echo(struct httpd *h, const struct http_request *rq,
                 struct http_response *rs)
{
    (void)h;
    rs->type = "application/octet-stream";
    rs->body = rq->body;
    rs->body_len = rq->body_len;
}

/* A number of the query, or the answer 400. */
static bool wanted(const struct http_request *rq, const char *key, uint64_t max,
                   struct http_response *rs, uint64_t *out)
{
    if (http_query_number(rq, key, max, out))
        return true;
    rs->status = 400;
    rs->body_len = (size_t)snprintf(rs->small, sizeof rs->small,
                                    "%s=N is wanted, from 0 to %llu\n", key,
                                    (unsigned long long)max);
    rs->body = rs->small;
    return false;
}

static void done(struct http_response *rs)
{
    rs->body = "done\n";
    rs->body_len = 5;
}

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void spin(struct httpd *h, const struct http_request *rq,
                 struct http_response *rs)
{
    uint64_t us;

    (void)h;
    if (!wanted(rq, "us", 10000000, rs, &us))
        return;
    for (int64_t end = clock_ns() + (int64_t)us * 1000; clock_ns() < end;)
        ;
    done(rs);
}

static void sleep_route(struct httpd *h, const struct http_request *rq,
                        struct http_response *rs)
{
    uint64_t ms;

    (void)h;
    if (!wanted(rq, "ms", 600000, rs, &ms))
        return;
    weft_sleep((int64_t)ms * 1000000);
    done(rs);
}

static void block(struct httpd *h, const struct http_request *rq,
                  struct http_response *rs)
{
    uint64_t ms;

    (void)h;
    if (!wanted(rq, "ms", 60000, rs, &ms))
        return;
    struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
    weft_block_end();
    done(rs);
}

static const struct route {
    const char *path;
    const char *methods; /* as in Allow */
    void (*handle)(struct httpd *h, const struct http_request *rq,
                   struct http_response *rs);
} routes[] = {
    { "/", "GET, HEAD", root },     { "/healthz", "GET, HEAD", healthz },
    { "/echo", "POST, PUT", echo }, { "/sleep", "GET, HEAD", sleep_route },
    { "/spin", "GET, HEAD", spin }, { "/block", "GET, HEAD", block },
};

static bool allowed(const char *methods, const char *method)
{
    size_t n = strlen(method);

    for (const char *s = methods; (s = strstr(s, method)); s += n)
        if ((s == methods || s[-1] == ' ') && (s[n] == ',' || s[n] == '\0'))
            return true;
    return false;
}

static void route(struct http_server *server, const struct http_request *rq,
                  struct http_response *rs)
{
    struct httpd *h = server->arg;

    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].path, rq->path) != 0)
            continue;
        if (allowed(routes[i].methods, rq->method)) {
            routes[i].handle(h, rq, rs);
            return;
        }
        rs->status = 405;
        rs->allow = routes[i].methods;
        rs->body = "method not allowed\n";
        rs->body_len = strlen(rs->body);
        return;
    }
    rs->status = 404;
    rs->body = "not found\n";
    rs->body_len = strlen(rs->body);
}

static void note_latency(struct http_server *server, int64_t took)
{
    struct httpd *h = server->arg;

    wl_hist_add(&h->latency, took);
}

static void serve(void *arg)
{
    struct httpd *h = arg;
    int err = http_serve(&h->server, h->grace);

    if (err)
        wl_fail(h->wl, err, "accepting ended");
    weft_wait_group_done(&h->serving);
}

static void figures(struct httpd *h, int64_t took)
{
    struct http_server *s = &h->server;
    struct weft_stats st = { .size = sizeof st };
    char key[8];

    weft_stats(&st);
    wl_figure(h->wl, "requests", (double)atomic_load(&s->requests), "");
    wl_figure(h->wl, "rps", (double)atomic_load(&s->requests) * 1e9 / (double)took,
              "1/s");
    wl_figure(h->wl, "conns", (double)atomic_load(&s->accepted), "");
    wl_figure(h->wl, "conns_max", (double)atomic_load(&s->conns_max), "");
    wl_figure(h->wl, "procs", st.procs, "");
    wl_figure(h->wl, "threads_max", st.threads_max, "");
    wl_figure(h->wl, "coroutines_max", (double)st.coroutines_max, "");
    wl_figure(h->wl, "failed", (double)atomic_load(&s->failed), "");
    wl_figure(h->wl, "bad_requests", (double)atomic_load(&s->bad_requests), "");
    wl_figure(h->wl, "accept_throttled", (double)atomic_load(&s->accept_throttled), "");
    wl_figure(h->wl, "bytes_in", (double)atomic_load(&s->bytes_in), "B");
    wl_figure(h->wl, "bytes_out", (double)atomic_load(&s->bytes_out), "B");
    for (int i = 0; i < HTTP_STATUS_MAX; i++) {
        if (!atomic_load(&s->status[i]))
            continue;
        snprintf(key, sizeof key, "%d", i);
        wl_figure_key(h->wl, "status", key, (double)atomic_load(&s->status[i]), "");
    }
}

/* Listen, say so, serve until it is over. */
static void main_coroutine(void *arg)
{
    struct httpd *h = arg;
    const char *addr = wl_text(h->wl, "listen");
    char url[160];
    int64_t begin;
    int err = weft_listen(addr, (int)wl_int(h->wl, "backlog"), &h->server.listener);

    if (err == -EINVAL)
        wl_usage(h->wl, "--listen: ADDR:PORT or unix:PATH is wanted, not '%s'", addr);
    else if (err)
        wl_fail(h->wl, err, "cannot listen on %s", addr);
    if (err)
        return;
    int port = weft_fd_port(h->server.listener);
    if (port > 0)
        snprintf(url, sizeof url, "http://%.*s:%d", (int)(strrchr(addr, ':') - addr),
                 addr, port);
    else
        snprintf(url, sizeof url, "%s", addr);
    begin = weft_now();
    weft_wait_group_add(&h->serving, 1);
    err = weft_go_named("httpd.accept", serve, h);
    if (err) {
        wl_fail(h->wl, err, "cannot spawn");
        return;
    }
    wl_ready(h->wl, url, port);
    wl_wait(h->wl);
    http_server_stop(&h->server);
    weft_wait_group_wait(&h->serving, WEFT_FOREVER);
    figures(h, weft_now() - begin);
}

static void with_server(void *arg)
{
    struct httpd *h = arg;
    struct http_limits *l = &h->server.limits;
    int err = http_server_init(&h->server, "httpd.open");

    if (err) {
        wl_fail(h->wl, err, "cannot make the server");
        return;
    }
    h->server.arg = h;
    h->server.handle = route;
    h->server.served = note_latency;
    l->max_header = (size_t)wl_int(h->wl, "max-header");
    l->max_body = (size_t)wl_int(h->wl, "max-body");
    l->max_conns = (size_t)wl_int(h->wl, "max-conns");
    l->keepalive_max = (uint64_t)wl_int(h->wl, "keepalive-max");
    l->read_timeout = wl_int(h->wl, "read-timeout");
    l->idle_timeout = wl_int(h->wl, "idle-timeout");
    weft_wait_group_init(&h->serving, "httpd.serving");
    main_coroutine(h);
    weft_wait_group_fini(&h->serving);
    http_server_fini(&h->server);
}

static void setup(struct wl *w)
{
    wl_require(w, "failed==0");
    wl_require(w, "threads_max<=procs+4");
    wl_require_abs(w, "rps>=8000");
}

static void run(struct wl *w)
{
    static struct httpd h; /* its coroutines may outlive a hurried end */

    h.wl = w;
    h.body = wl_text(w, "body");
    h.grace = wl_int(w, "grace");
    if (wl_weft(w, with_server, &h))
        wl_latency(w, "", &h.latency, "ms");
}

static const struct wf_option options[] = {
    { "body", WF_OPT_TEXT, "TEXT", "OK", 0, 0, "what / answers", 0, 0 },
    { "max-conns", WF_OPT_INT, "N", "20000", 1, 1e7, "connections at a time", 0, 0 },
    { "read-timeout", WF_OPT_TIME, "T", "5s", 1e6, 3600e9, "for the whole of a request",
      0, 0 },
    { "idle-timeout", WF_OPT_TIME, "T", "60s", 1e6, 86400e9, "between requests", 0, 0 },
    { "max-header", WF_OPT_SIZE, "SIZE", "16K", 64, 1e9, "of a request's header", 0,
      0 },
    { "max-body", WF_OPT_SIZE, "SIZE", "1M", 0, 1e10, "of a request's body", 0, 0 },
    { "keepalive-max", WF_OPT_INT, "N", "0", 0, 1e12,
      "requests a connection; 0: no limit", 0, 0 },
    { "backlog", WF_OPT_INT, "N", "4096", 1, 65535, "connections not yet accepted", 0,
      0 },
    { 0 },
};

const struct weft_workload wl_httpd = {
    .name = "httpd",
    .summary = "a plain HTTP server",
    .options = options,
    .server = true,
    .setup = setup,
    .run = run,
};
