/* SPDX-License-Identifier: MIT */
/*
 * resolve.c - names to addresses, by the C library, off the scheduler.
 * A lookup is a coroutine of its own in a blocking section and on a big stack: whoever
 * asked may give up, the lookup goes on and lets go of the request last.
 */
#include <weft/addr.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/block.h>
#include <weft/coro.h>
#include <weft/run.h>
#include <weft/sync.h>

#include "runtime/addr.h"
#include "runtime/waitq.h"

enum {
    LOOKUPS = 16, /* in progress */
    ADDRS = 32,   /* kept of one name */
    HOST = 256,   /* NI_MAXHOST is for more than names */
    SERVICE = 32,
    DIAL = 8, /* addresses tried */
};
#define LEAST_NS (2 * WF_NS_PER_S)

struct request {
    char host[HOST], service[SERVICE];
    bool loopback; /* no host */
    int n;         /* of addrs, or -errno: once done */
    weft_addr addrs[ADDRS];

    _Atomic int users;     /* who asked, and the lookup */
    struct weft_waiters q; /* its lock guards done */
    bool done;
};

static weft_semaphore lookups = WEFT_SEMAPHORE_INIT(LOOKUPS);

void wf_resolve_begin(void)
{
    lookups = (weft_semaphore)WEFT_SEMAPHORE_INIT(LOOKUPS);
}

static void release(struct request *r)
{
    if (atomic_fetch_sub(&r->users, 1) == 1)
        free(r);
}

static int error_of(int gai, int saved)
{
    switch (gai) {
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_AGAIN:
    case EAI_FAIL:
        return -EHOSTUNREACH;
    case EAI_SYSTEM:
        return saved ? -saved : -EIO;
    default:
        return -ENOENT;
    }
}

static bool known(const struct request *r, const weft_addr *a)
{
    for (int i = 0; i < r->n; i++)
        if (r->addrs[i].size == a->size && !memcmp(r->addrs[i].room, a->room, a->size))
            return true;
    return false;
}

static void keep(struct request *r, const struct addrinfo *found)
{
    r->n = 0;
    for (; found && r->n < ADDRS; found = found->ai_next) {
        weft_addr *a = &r->addrs[r->n];
        memset(a, 0, sizeof *a);
        if (found->ai_addrlen > sizeof a->room)
            continue;
        a->size = found->ai_addrlen;
        memcpy(a->room, found->ai_addr, a->size);
        r->n += !known(r, a);
    }
    if (!r->n)
        r->n = -ENOENT;
}

/* Blocks, and goes deep. */
static void ask(void *arg)
{
    struct request *r = arg;
    struct addrinfo *found = NULL,
                    hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    weft_block_begin(WEFT_BLOCK_USER);
    int gai = getaddrinfo(r->loopback ? NULL : r->host, r->service, &hints, &found);
    if (gai) {
        r->n = error_of(gai, errno);
    } else {
        keep(r, found);
        freeaddrinfo(found);
    }
    weft_block_end();
}

static void lookup(void *arg)
{
    struct request *r = arg;
    int err = weft_on_big_stack(ask, r);
    if (err)
        r->n = err;
    weft_semaphore_release(&lookups, 1);
    wf_enter();
    wf_lock_acquire(wf_waitq_lock(&r->q));
    struct wf_waiter *w = wf_waitq_claim(&r->q);
    r->done = true;
    wf_lock_release(wf_waitq_lock(&r->q));
    if (w)
        wf_ready(w->g, 0);
    wf_leave();
    release(r);
}

/* 0 once it is done. */
static int await(struct request *r, int64_t deadline)
{
    struct wf_waiter w;
    int err = 0;
    wf_enter();
    wf_waiter_init(&w, NULL);
    wf_lock_acquire(wf_waitq_lock(&r->q));
    if (!r->done) {
        wf_waitq_push_back(&r->q, &w);
        err = wf_waitq_park(&r->q, WF_WHY_resolve, &deadline);
        if (err)
            wf_waitq_give_up(&r->q, &w);
        else
            wf_lock_acquire(wf_waitq_lock(&r->q));
    }
    if (r->done)
        err = 0;
    wf_lock_release(wf_waitq_lock(&r->q));
    wf_leave();
    return err;
}

/* As weft_resolve, for a request whose names are set. */
static int run(struct request *r, int64_t deadline)
{
    if (!wf_m()) {
        ask(r);
        return r->n;
    }
    if (!deadline)
        return -EAGAIN;
    int err = weft_semaphore_acquire_until(&lookups, 1, deadline);
    if (err)
        return err;
    atomic_fetch_add(&r->users, 1);
    err = weft_go_named("weft.resolve", lookup, r);
    if (err) {
        atomic_fetch_sub(&r->users, 1);
        weft_semaphore_release(&lookups, 1);
        return err;
    }
    err = await(r, deadline);
    return err ? err : r->n;
}

/* A host and a port in numbers: nobody is asked. */
static bool is_number(const char *host, const char *service, weft_addr *out)
{
    char text[INET6_ADDRSTRLEN + 16];
    const char *form = host && strchr(host, ':') ? "[%s]:%s" : "%s:%s";
    int n = host ? snprintf(text, sizeof text, form, host, service) : -1;
    return n > 0 && n < (int)sizeof text && !weft_addr_parse(text, out);
}

int weft_resolve(const char *host, const char *service, int64_t deadline,
                 weft_addr *out, int max)
{
    if (max < 1 || (host && strlen(host) >= HOST) || strlen(service) >= SERVICE)
        return -EINVAL;
    if (is_number(host, service, out))
        return 1;
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    r->loopback = !host;
    r->users = 1;
    snprintf(r->host, sizeof r->host, "%s", host ? host : "");
    snprintf(r->service, sizeof r->service, "%s", service);
    int n = run(r, deadline);
    if (n > max)
        n = max;
    if (n > 0)
        memcpy(out, r->addrs, (size_t)n * sizeof *out);
    release(r);
    return n;
}

/* ---- dial ---- */

/* "host:service" or "[host]:service". */
static int split(const char *target, char *host, const char **service)
{
    const char *colon = strrchr(target, ':');
    size_t len = colon ? (size_t)(colon - target) : 0;
    if (!len || !colon[1])
        return -EINVAL;
    if (len > 2 && target[0] == '[' && target[len - 1] == ']') {
        target++;
        len -= 2;
    }
    if (len >= HOST)
        return -EINVAL;
    memcpy(host, target, len);
    host[len] = '\0';
    *service = colon + 1;
    return 0;
}

/* When the next of so many must have answered. */
static int64_t share(int64_t deadline, int left)
{
    int64_t now = weft_now();
    if (deadline == WEFT_FOREVER || deadline <= now)
        return deadline;
    int64_t each = (deadline - now) / left;
    if (each < LEAST_NS)
        each = deadline - now < LEAST_NS ? deadline - now : LEAST_NS;
    return now + each;
}

int weft_dial(const char *target, int64_t deadline, weft_fd **out)
{
    char host[HOST], text[WEFT_ADDR_TEXT];
    weft_addr addrs[DIAL];
    const char *service;
    int first = 0;
    if (!strncmp(target, "unix:", 5))
        return weft_connect(target, deadline, out);
    int n = split(target, host, &service);
    if (!n)
        n = weft_resolve(host, service, deadline, addrs, DIAL);
    if (n < 0)
        return n;
    for (int i = 0; i < n; i++) {
        weft_addr_text(&addrs[i], text, sizeof text);
        int err = weft_connect(text, share(deadline, n - i), out);
        if (!err || err == -ECANCELED || err == -EPERM)
            return err;
        first = first ? first : err;
    }
    return first;
}
