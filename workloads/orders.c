/* SPDX-License-Identifier: MIT */
/*
 * orders.c - pollers ask a server for the status of each order and pass it through a
 * bounded channel to workers; the last poller closes the channel, which ends them.
 */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "workload.h"

struct order {
    uint64_t id;
    char status[16];
};

struct orders {
    struct wl *wl;
    uint64_t orders, pollers, workers, queue, retries;
    int64_t timeout, slow_worker;
    double fail, latency_mean; /* share; ns */
    char addr[128];            /* of the status server */

    weft_chan *events;
    weft_wait_group all, serving;
    struct http_server server;
    atomic_uint_fast64_t next;    /* order to poll */
    atomic_uint_fast64_t polling; /* pollers left */
    atomic_uint_fast64_t failed, done, dup, queue_max, send_block, opened, requests;
    _Atomic unsigned char *seen; /* by order */
    struct wl_hist fetch;
};

/* --- the status server that --fetch replaces -------------------------------------- */

static void status_of_order(struct http_server *server, const struct http_request *rq,
                            struct http_response *rs)
{
    static const char *const states[] = { "new", "paid", "packed", "sent" };
    struct orders *o = server->arg;
    uint64_t id;
    char *end;

    if (strncmp(rq->path, "/status/", 8) != 0) {
        rs->status = 404;
        return;
    }
    id = strtoull(rq->path + 8, &end, 10);
    weft_sleep((int64_t)(-log(1.0 - wl_random_share(o->wl)) * o->latency_mean));
    if (wl_random_share(o->wl) < o->fail) {
        rs->status = 500;
        return;
    }
    rs->type = "application/json";
    rs->body = rs->small;
    rs->body_len = (size_t)snprintf(rs->small, sizeof rs->small,
                                    "{\"id\":%llu,\"status\":\"%s\"}",
                                    (unsigned long long)id, states[id % 4]);
}

static void serve_status(void *arg)
{
    struct orders *o = arg;

    http_serve(&o->server, 0);
    weft_wait_group_done(&o->serving);
}

static int start_server(struct orders *o)
{
    int err = http_server_init(&o->server, "orders.server");

    o->server.arg = o;
    o->server.handle = status_of_order;
    if (!err)
        err = weft_listen("127.0.0.1:0", 1024, &o->server.listener);
    if (!err) {
        snprintf(o->addr, sizeof o->addr, "127.0.0.1:%d",
                 weft_fd_port(o->server.listener));
        weft_wait_group_add(&o->serving, 1);
        err = weft_go_named("orders.server", serve_status, o);
    }
    if (err)
        wl_fail(o->wl, err, "cannot serve the status");
    return err;
}

static void stop_server(struct orders *o)
{
    http_server_stop(&o->server);
    weft_wait_group_wait(&o->serving, WEFT_FOREVER);
    http_server_fini(&o->server);
}

/* --- pollers ---------------------------------------------------------------------- */

/* The status in {"id":17,"status":"paid"}; the answer is ours or a stranger's server's. */
static bool read_status(const char *body, char status[16])
{
    const char *s = strstr(body, "\"status\":\"");
    size_t n;

    if (!s)
        return false;
    s += strlen("\"status\":\"");
    n = strcspn(s, "\"");
    if (n == 0 || n >= 16 || s[n] != '"')
        return false;
    memcpy(status, s, n);
    status[n] = '\0';
    return true;
}

static bool fetch(struct orders *o, struct http_client *client, struct order *order)
{
    char path[64], body[512];

    snprintf(path, sizeof path, "/status/%llu", (unsigned long long)order->id);
    for (uint64_t attempt = 0; attempt <= o->retries; attempt++) {
        int64_t begin = weft_now();
        int status = http_client_get(client, path, begin + o->timeout, body,
                                     sizeof body);
        atomic_fetch_add_explicit(&o->requests, 1, memory_order_relaxed);
        wl_hist_add(&o->fetch, weft_now() - begin);
        if (status == 200 && read_status(body, order->status))
            return true;
    }
    return false;
}

static void pass_on(struct orders *o, const struct order *order)
{
    int64_t begin = weft_now();
    uint_fast64_t len, max;

    if (weft_chan_send(o->events, order, WEFT_FOREVER)) {
        atomic_fetch_add(&o->failed, 1);
        return;
    }
    atomic_fetch_add_explicit(&o->send_block, (uint64_t)(weft_now() - begin),
                              memory_order_relaxed);
    len = weft_chan_len(o->events);
    max = atomic_load_explicit(&o->queue_max, memory_order_relaxed);
    while (len > max && !atomic_compare_exchange_weak(&o->queue_max, &max, len))
        ;
}

static void poller(void *arg)
{
    struct orders *o = arg;
    struct http_client client;
    struct order order;

    if (!http_client_init(&client, o->addr)) {
        while (!wl_stopping(o->wl) &&
               (order.id = atomic_fetch_add(&o->next, 1)) < o->orders) {
            uint64_t task = weft_task_begin(0, "order");
            weft_region_begin("fetch");
            bool ok = fetch(o, &client, &order);
            weft_region_end("fetch");
            if (ok)
                pass_on(o, &order);
            else
                atomic_fetch_add(&o->failed, 1);
            weft_task_end(task);
        }
        atomic_fetch_add(&o->opened, client.opened);
        http_client_fini(&client);
    }
    if (atomic_fetch_sub(&o->polling, 1) == 1)
        weft_chan_close(o->events);
    weft_wait_group_done(&o->all);
}

/* --- workers ---------------------------------------------------------------------- */

static void worker(void *arg)
{
    struct orders *o = arg;
    struct order order;

    while (!weft_chan_recv(o->events, &order, WEFT_FOREVER)) {
        if (o->slow_worker)
            weft_sleep(o->slow_worker);
        if (atomic_exchange(&o->seen[order.id], 1))
            atomic_fetch_add(&o->dup, 1);
        else
            atomic_fetch_add(&o->done, 1);
    }
    weft_wait_group_done(&o->all);
}

static void started(struct orders *o, const char *name, int err)
{
    if (err) {
        wl_fail(o->wl, err, "cannot spawn %s", name);
        weft_wait_group_done(&o->all);
    }
}

/* --- the workload ----------------------------------------------------------------- */

static void figures(struct orders *o, int64_t took)
{
    struct weft_stats st = { .size = sizeof st };
    double done = (double)atomic_load(&o->done), polled = (double)atomic_load(&o->next);
    double opened = (double)atomic_load(&o->opened);

    if (polled > (double)o->orders)
        polled = (double)o->orders;
    weft_stats(&st);
    wl_figure(o->wl, "orders_done", done, "");
    wl_figure(o->wl, "orders_failed", (double)atomic_load(&o->failed), "");
    wl_figure(o->wl, "orders_lost", polled - done - (double)atomic_load(&o->failed),
              "");
    wl_figure(o->wl, "orders_dup", (double)atomic_load(&o->dup), "");
    wl_figure(o->wl, "orders_per_s", done * 1e9 / (double)took, "1/s");
    wl_figure(o->wl, "queue_max", (double)atomic_load(&o->queue_max), "");
    wl_figure(o->wl, "send_block_ms_total", (double)atomic_load(&o->send_block) / 1e6,
              "ms");
    wl_figure(o->wl, "conns_opened", opened, "");
    wl_figure(o->wl, "requests_per_conn",
              opened > 0 ? (double)atomic_load(&o->requests) / opened : 0, "");
    wl_figure(o->wl, "procs", st.procs, "");
    wl_figure(o->wl, "threads_max", st.threads_max, "");
}

static void main_coroutine(void *arg)
{
    struct orders *o = arg;
    bool own = !strcmp(wl_text(o->wl, "fetch"), "internal");
    int64_t begin;

    weft_wait_group_init(&o->all, "orders.all");
    weft_wait_group_init(&o->serving, "orders.serving");
    o->events = weft_chan_new(sizeof(struct order), o->queue);
    if (!o->events || weft_chan_set_name(o->events, "orders.events")) {
        wl_fail(o->wl, -ENOMEM, "cannot make the channel");
        return;
    }
    if (own && start_server(o))
        return;
    begin = weft_now();
    atomic_store(&o->polling, o->pollers);
    weft_wait_group_add(&o->all, (int64_t)(o->workers + o->pollers));
    for (uint64_t i = 0; i < o->workers; i++)
        started(o, "a worker", weft_go_named("orders.worker", worker, o));
    for (uint64_t i = 0; i < o->pollers; i++)
        started(o, "a poller", weft_go_named("orders.poller", poller, o));
    weft_wait_group_wait(&o->all, WEFT_FOREVER);
    figures(o, weft_now() - begin);
    if (own)
        stop_server(o);
    weft_chan_free(o->events);
    weft_wait_group_fini(&o->all);
    weft_wait_group_fini(&o->serving);
}

/* "http://127.0.0.1:8080" of --fetch, "exp:20ms" of --fetch-latency. */
static bool read_forms(struct wl *w, struct orders *o)
{
    const char *fetch = wl_text(w, "fetch"), *latency = wl_text(w, "fetch-latency");
    char *unit;

    if (strcmp(fetch, "internal") != 0) {
        if (strncmp(fetch, "http://", 7) != 0 || strlen(fetch + 7) >= sizeof o->addr) {
            wl_usage(w, "--fetch %s: http://ADDR:PORT is wanted", fetch);
            return false;
        }
        snprintf(o->addr, sizeof o->addr, "%.*s", (int)strcspn(fetch + 7, "/"),
                 fetch + 7);
    }
    o->latency_mean = strncmp(latency, "exp:", 4) ? -1
                                                  : strtod(latency + 4, &unit) * 1e6;
    if (!(o->latency_mean >= 0 && o->latency_mean <= 60e9) || strcmp(unit, "ms") != 0) {
        wl_usage(w, "--fetch-latency %s: exp:20ms is wanted, to a minute", latency);
        return false;
    }
    return true;
}

static void setup(struct wl *w)
{
    wl_require(w, "orders_lost==0");
    wl_require(w, "orders_dup==0");
    wl_require(w, "orders_done>0||orders_failed==0");
    wl_require(w, "queue_max<=queue");
    wl_require(w, "threads_max<=procs+4");
}

static void run(struct wl *w)
{
    struct orders o = {
        .wl = w,
        .orders = (uint64_t)wl_int(w, "orders"),
        .pollers = (uint64_t)wl_int(w, "pollers"),
        .workers = (uint64_t)wl_int(w, "workers"),
        .queue = (uint64_t)wl_int(w, "queue"),
        .retries = (uint64_t)wl_int(w, "retries"),
        .timeout = wl_int(w, "timeout"),
        .slow_worker = wl_int(w, "slow-worker"),
        .fail = wl_number(w, "fetch-fail"),
    };

    if (!read_forms(w, &o))
        return;
    o.seen = calloc(o.orders, 1);
    if (!o.seen)
        wl_fail(w, -ENOMEM, "no memory for %llu orders", (unsigned long long)o.orders);
    else if (wl_weft(w, main_coroutine, &o))
        wl_latency(w, "fetch_", &o.fetch, "ms");
    wl_hist_fini(&o.fetch);
    free((void *)o.seen);
}

static const struct wf_option options[] = {
    { "orders", WF_OPT_INT, "N", "10000", 1, 1e9, "how many there are", 0, 0 },
    { "workers", WF_OPT_INT, "N", "64", 1, 1e6, "coroutines that take from the channel",
      0, 0 },
    { "pollers", WF_OPT_INT, "N", "64", 1, 1e6, "coroutines that ask for the status", 0,
      0 },
    { "queue", WF_OPT_INT, "N", "100", 0, 1e6, "the channel's capacity; 0: unbuffered",
      0, 0 },
    { "fetch", WF_OPT_TEXT, "URL", "internal", 0, 0,
      "who knows the status: http://ADDR:PORT", 0, 0 },
    { "fetch-latency", WF_OPT_TEXT, "DIST", "exp:20ms", 0, 0, "of the internal server",
      0, 0 },
    { "fetch-fail", WF_OPT_NUMBER, "SHARE", "0.01", 0, 1,
      "of its answers that are errors", 0, 0 },
    { "timeout", WF_OPT_TIME, "T", "500ms", 1e6, 600e9, "for an answer", 0, 0 },
    { "retries", WF_OPT_INT, "N", "2", 0, 1000, "after a failed one", 0, 0 },
    { "slow-worker", WF_OPT_TIME, "T", "0ms", 0, 600e9,
      "what a worker waits for each order", 0, 0 },
    { 0 },
};

const struct weft_workload wl_orders = {
    .name = "orders",
    .summary = "poll the status of orders, pass it on through a bounded channel",
    .options = options,
    .setup = setup,
    .run = run,
};
