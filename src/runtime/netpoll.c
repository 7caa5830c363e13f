/* SPDX-License-Identifier: MIT */
/*
 * netpoll.c - one epoll descriptor, edge-triggered, each descriptor registered once.
 *
 * An edge comes once, so a call is tried first and waited for only after EAGAIN.  Edges
 * are counted, and who waits says how many there were before it tried: if one came
 * since, it tries again.  The event carries the address of the struct and 16 bits of its
 * seq: one that was under way while the descriptor was closed is recognised and dropped.
 */
#include "runtime/netpoll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

enum { EVENTS = 128 };

/* In users: the handle is closed; its memory may be used again; one call in progress. */
enum { CLOSED = 1, UNUSED = 2, USER = 4 };

static struct {
    struct wf_lock lock; /* rank FD: guards what follows, but for the atomics */
    struct wf_list all, unused;

    _Atomic int epoll, event; /* -1: not yet made */
    _Atomic bool broken;      /* the eventfd was written and not yet read */
    _Atomic bool no_pwait2;   /* this kernel counts timeouts in ms only */
    _Atomic uint32_t made;    /* descriptors registered: orders their making for all */
    _Atomic uint32_t parked;  /* coroutines that wait for a descriptor */
} poll = {
    .lock = WF_LOCK_INIT(FD),
    .all = WF_LIST_INIT(poll.all),
    .unused = WF_LIST_INIT(poll.unused),
    .epoll = -1,
    .event = -1,
};

/* With poll.lock held. */
static int open_poll(void)
{
    struct epoll_event ev = { .events = EPOLLIN };
    if (poll.epoll >= 0)
        return 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return -errno;
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event, &ev) < 0) {
        int err = -errno;
        if (event >= 0)
            close(event);
        close(epoll);
        return err;
    }
    poll.event = event;
    poll.epoll = epoll;
    return 0;
}

/*
 * A struct for a descriptor, used before if there is one.  users goes on as it is: a
 * call on the old handle may just be finding out that it is closed.
 */
static struct weft_fd *take_unused(void)
{
    struct wf_list *item = wf_list_pop(&poll.unused);
    if (item)
        return wf_container(item, struct weft_fd, link);
    struct weft_fd *f = calloc(1, sizeof *f);
    if (f) {
        wf_lock_init(&f->lock, WF_RANK_FD);
        wf_list_init(&f->dir[WF_FD_READ].waiters);
        wf_list_init(&f->dir[WF_FD_WRITE].waiters);
        atomic_init(&f->users, CLOSED | UNUSED);
    }
    return f;
}

/* What a stranger's descriptor is, and make it non-blocking.  Not inlined, as it reads
 * errno: its callers' callers park before and after. */
static __attribute__((noinline)) int look_at(struct weft_fd *f, int fd)
{
    int type = 0, flags = fcntl(fd, F_GETFL);
    socklen_t size = sizeof type;
    if (flags < 0 ||
        (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return -errno;
    f->is_socket = !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    f->is_stream = f->is_socket && type == SOCK_STREAM;
    return 0;
}

static __attribute__((noinline)) int setup(struct weft_fd *f, int fd)
{
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.u64 = (uint64_t)(uintptr_t)f << 16 | f->seq };
    f->fd = fd;
    f->path = NULL;
    f->accepted = NULL;
    atomic_store_explicit(&f->emptied, 0, memory_order_relaxed);
    atomic_store_explicit(&f->ended, false, memory_order_relaxed);
    f->closing = false;
    for (int dir = 0; dir < WF_FD_DIRS; dir++) {
        atomic_store_explicit(&f->dir[dir].seen, 0, memory_order_relaxed);
        atomic_store_explicit(&f->dir[dir].events, 0, memory_order_relaxed);
    }
    /* The kernel passes the address on, which no compiler and no sanitizer knows. */
    atomic_fetch_add_explicit(&poll.made, 1, memory_order_release);
    f->pollable = !epoll_ctl(poll.epoll, EPOLL_CTL_ADD, fd, &ev);
    return f->pollable || errno == EPERM ? 0 : -errno;
}

int wf_fd_new(int fd, enum wf_fd_kind kind, const char *name, struct weft_fd **out)
{
    wf_lock_acquire(&poll.lock);
    int err = open_poll();
    struct weft_fd *f = err ? NULL : take_unused();
    wf_lock_release(&poll.lock);
    if (!f)
        return err ? err : -ENOMEM;
    f->is_socket = f->is_stream = kind == WF_FD_STREAM;
    err = kind == WF_FD_STRANGER ? look_at(f, fd) : 0;
    if (!err)
        err = setup(f, fd);
    wf_lock_acquire(&poll.lock);
    wf_list_push_back(err ? &poll.unused : &poll.all, &f->link);
    wf_lock_release(&poll.lock);
    if (err)
        return err;
    wf_obj_init(&f->obj, WF_OKIND_fd, 0, name);
    atomic_fetch_and_explicit(&f->users, ~(uint32_t)(CLOSED | UNUSED),
                              memory_order_release);
    *out = f;
    return 0;
}

/* Nobody uses it any more, and we were the one to find out. */
static void reclaim(struct weft_fd *f)
{
    if (f->path)
        unlink(f->path);
    free(f->path);
    wf_obj_free(&f->obj);
    wf_lock_acquire(&f->lock);
    f->seq++;
    wf_lock_release(&f->lock);
    close(f->fd);
    wf_lock_acquire(&poll.lock);
    wf_list_remove(&f->link);
    wf_list_push_front(&poll.unused, &f->link);
    wf_lock_release(&poll.lock);
}

bool wf_fd_acquire(struct weft_fd *f)
{
    uint32_t users = atomic_fetch_add_explicit(&f->users, USER, memory_order_acquire);
    if (wf_likely(!(users & CLOSED)))
        return true;
    wf_fd_release(f);
    return false;
}

void wf_fd_release(struct weft_fd *f)
{
    uint32_t last = CLOSED;
    uint32_t users = atomic_fetch_sub_explicit(&f->users, USER, memory_order_acq_rel);
    if (wf_unlikely(users == (USER | CLOSED)) &&
        atomic_compare_exchange_strong_explicit(&f->users, &last, CLOSED | UNUSED,
                                                memory_order_acq_rel,
                                                memory_order_relaxed))
        reclaim(f);
}

static void unlock_fd(void *lock)
{
    wf_lock_release(lock);
}

/* With f->lock held, which it drops. */
static int park(struct weft_fd *f, struct wf_fd_wait *d, enum wf_why why,
                int64_t deadline)
{
    struct wf_waiter w;
    wf_waiter_init(&w, NULL);
    wf_list_push_back(&d->waiters, &w.link);
    atomic_fetch_add_explicit(&poll.parked, 1, memory_order_relaxed);
    int err = wf_park_until(why, f->obj.id, deadline, unlock_fd, &f->lock);
    atomic_fetch_sub_explicit(&poll.parked, 1, memory_order_relaxed);
    if (!err)
        return w.result;
    wf_lock_acquire(&f->lock);
    wf_list_remove(&w.link);
    wf_lock_release(&f->lock);
    return err;
}

int wf_fd_wait(struct weft_fd *f, enum wf_fd_dir dir, uint32_t events, enum wf_why why,
               int64_t deadline)
{
    struct wf_fd_wait *d = &f->dir[dir];
    int err = 0;
    wf_obj_mention(&f->obj);
    wf_lock_acquire(&f->lock);
    if (f->closing)
        err = -ECANCELED;
    else if (d->events == events)
        err = !deadline ? -EAGAIN : wf_m() ? 1 : -EPERM;
    if (err > 0)
        return park(f, d, why, deadline);
    wf_lock_release(&f->lock);
    return err;
}

/* With f->lock held: win all that wait, in front of *ready; how many. */
static int claim_all(struct wf_fd_wait *d, int result, struct wf_g **ready)
{
    struct wf_list *item;
    int n = 0;
    while ((item = wf_list_pop(&d->waiters))) {
        struct wf_waiter *w = wf_container(item, struct wf_waiter, link);
        if (!wf_wake_claim(w))
            continue;
        w->result = result;
        w->g->next = *ready;
        *ready = w->g;
        n++;
    }
    return n;
}

/* Nobody parks on it any more; who does goes on with -ECANCELED. */
static void cancel_all(struct weft_fd *f)
{
    struct wf_g *ready = NULL, *g;
    wf_obj_mention(&f->obj);
    wf_lock_acquire(&f->lock);
    f->closing = true;
    claim_all(&f->dir[WF_FD_READ], -ECANCELED, &ready);
    claim_all(&f->dir[WF_FD_WRITE], -ECANCELED, &ready);
    wf_lock_release(&f->lock);
    while ((g = ready)) {
        ready = g->next;
        wf_ready(g, f->obj.id);
    }
}

int wf_fd_close(struct weft_fd *f)
{
    if (!wf_fd_acquire(f))
        return -EBADF;
    uint32_t users = atomic_fetch_or_explicit(&f->users, CLOSED, memory_order_acq_rel);
    if (!(users & CLOSED))
        cancel_all(f);
    wf_fd_release(f);
    return users & CLOSED ? -EBADF : 0;
}

/* One direction may be ready: wake all who wait, so that none has to wake the next. */
static int announce(struct weft_fd *f, enum wf_fd_dir dir, struct wf_g **ready)
{
    struct wf_fd_wait *d = &f->dir[dir];
    atomic_store_explicit(&d->events, d->events + 1, memory_order_release);
    return claim_all(d, 0, ready);
}

/* The trace: f is ready and those from ready up to end, the ones before, wait for it. */
static void tell_ready(struct weft_fd *f, struct wf_g *ready, const struct wf_g *end)
{
    for (struct wf_g *g = ready; g != end; g = g->next) {
        wf_obj_mention(&f->obj);
        WF_TRACE(io_ready, .fd = f->obj.id, .g = g->id);
    }
}

static int serve(const struct epoll_event *ev, struct wf_g **ready)
{
    struct wf_g *before = *ready;
    struct weft_fd *f = (struct weft_fd *)(uintptr_t)(ev->data.u64 >> 16);
    uint32_t in = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    uint32_t out = EPOLLOUT | EPOLLHUP | EPOLLERR;
    int n = 0;
    wf_lock_acquire(&f->lock);
    if (f->seq == (uint16_t)ev->data.u64) {
        if (ev->events & (EPOLLRDHUP | EPOLLHUP))
            atomic_store_explicit(&f->ended, true, memory_order_relaxed);
        if (ev->events & in)
            n += announce(f, WF_FD_READ, ready);
        if (ev->events & out)
            n += announce(f, WF_FD_WRITE, ready);
    }
    wf_lock_release(&f->lock);
    if (wf_unlikely(wf_trace_on))
        tell_ready(f, *ready, before);
    return n;
}

/* epoll_wait in ns where the kernel can, else in ms, rounded up. */
static int wait_ns(struct epoll_event *ev, int64_t timeout)
{
    bool forever = timeout == WF_FOREVER;
    if (!poll.no_pwait2) {
        struct timespec ts = wf_ns_timespec(forever ? 0 : timeout);
        int n = epoll_pwait2(poll.epoll, ev, EVENTS, forever ? NULL : &ts, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        poll.no_pwait2 = true;
    }
    int64_t ms = timeout / WF_NS_PER_MS + (timeout % WF_NS_PER_MS != 0);
    return epoll_wait(poll.epoll, ev, EVENTS,
                      forever          ? -1
                      : ms > INT32_MAX ? INT32_MAX
                                       : (int)ms);
}

/* The same, told to the trace, which does not wait for an M that sleeps in here. */
static int wait_events(struct epoll_event *ev, int64_t timeout)
{
    struct wf_m *m = timeout ? wf_m() : NULL;
    if (m) {
        WF_TRACE(poll_wait,
                 .timeout = timeout == WF_FOREVER ? 0 : (uint64_t)timeout + 1);
        wf_trace_quiet(m);
    }
    int n = wait_ns(ev, timeout);
    if (m)
        wf_trace_awake(m);
    if (m || n > 0)
        WF_TRACE(poll_wake, .n = n > 0 ? (uint64_t)n : 0);
    return n;
}

/* The break stays pending while nobody waits: it is for one who does. */
static void read_break(void)
{
    uint64_t count;
    ssize_t n = read(poll.event, &count, sizeof count);
    (void)n;
    atomic_store_explicit(&poll.broken, false, memory_order_seq_cst);
}

static bool poll_is_open(void)
{
    if (wf_likely(atomic_load_explicit(&poll.epoll, memory_order_acquire) >= 0))
        return true;
    wf_lock_acquire(&poll.lock);
    int err = open_poll();
    wf_lock_release(&poll.lock);
    return !err;
}

int wf_netpoll(int64_t timeout, struct wf_g **ready)
{
    struct epoll_event ev[EVENTS];
    int woken = 0;
    *ready = NULL;
    if (!timeout && atomic_load_explicit(&poll.epoll, memory_order_relaxed) < 0)
        return 0;
    if (!poll_is_open()) { /* no descriptors left: the caller looks again soon */
        usleep(1000);
        return 0;
    }
    int n = wait_events(ev, timeout);
    atomic_load_explicit(&poll.made, memory_order_acquire);
    for (int i = 0; i < n; i++) {
        if (ev[i].data.u64)
            woken += serve(&ev[i], ready);
        else if (timeout)
            read_break();
    }
    return woken;
}

void wf_netpoll_break(void)
{
    uint64_t one = 1;
    if (!poll_is_open() ||
        atomic_exchange_explicit(&poll.broken, true, memory_order_seq_cst))
        return;
    ssize_t n = write(poll.event, &one, sizeof one);
    (void)n;
}

void wf_netpoll_forked(void)
{
    int epoll = atomic_exchange(&poll.epoll, -1),
        event = atomic_exchange(&poll.event, -1);
    if (epoll >= 0)
        close(epoll);
    if (event >= 0)
        close(event);
    atomic_store(&poll.broken, false);
}

bool wf_netpoll_armed(void)
{
    return atomic_load_explicit(&poll.parked, memory_order_relaxed) > 0;
}

/* Waiters that will never run again let go of their descriptor. */
static void abandon(struct weft_fd *f)
{
    int n = 0;
    for (int dir = 0; dir < WF_FD_DIRS; dir++)
        while (wf_list_pop(&f->dir[dir].waiters))
            n++;
    while (n-- > 0)
        atomic_fetch_sub_explicit(&f->users, USER, memory_order_relaxed);
}

void wf_netpoll_end(void)
{
    wf_lock_acquire(&poll.lock);
    wf_list_each (item, &poll.all)
        abandon(wf_container(item, struct weft_fd, link));
    atomic_store_explicit(&poll.parked, 0, memory_order_relaxed);
    wf_lock_release(&poll.lock);
}
