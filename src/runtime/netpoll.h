/* SPDX-License-Identifier: MIT */
/*
 * netpoll.h - descriptors, and waiting until they are ready.  What the scheduler calls
 * is in runtime.h.
 */
#ifndef WF_RUNTIME_NETPOLL_H
#define WF_RUNTIME_NETPOLL_H
#include <weft/net.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "format/event.h"
#include "runtime/obj.h"
#include "runtime/runtime.h"

enum wf_fd_dir { WF_FD_READ, WF_FD_WRITE, WF_FD_DIRS };

/*
 * A descriptor.  Its memory is used again for another but never freed: an event or a
 * call that comes too late finds a struct with another seq, or closed.
 */
struct weft_fd {
    struct wf_obj obj;
    int fd;
    bool pollable;  /* the kernel tells when it is ready; else calls block */
    bool is_socket; /* send() instead of write(): no SIGPIPE */
    bool is_stream; /* a read of less than was asked for has emptied it */
    char *path;     /* of a listening unix socket: removed at the end; else NULL */
    const char *accepted; /* a listener: what its connections are called */

    _Atomic uint32_t users;   /* calls in progress, and whether closed: netpoll.c */
    _Atomic uint32_t emptied; /* by a read that began after so many events, less 1 */
    _Atomic bool ended;       /* the peer hung up: the end comes without an event */

    struct wf_lock lock; /* rank FD: guards all below */
    uint16_t seq;        /* one more with each use of the memory */
    bool closing;        /* nobody may park any more */
    struct wf_fd_wait {
        struct wf_list waiters;  /* of struct wf_waiter, oldest first */
        _Atomic uint32_t events; /* how many came; also read without the lock */
        _Atomic uint32_t seen;   /* of those, by weft_fd_wait; without the lock */
    } dir[WF_FD_DIRS];

    struct wf_list link; /* in the list of all or of the unused: under its lock */
};

/* All of these inside the runtime. */

/* Anything; or a stream socket that does not block. */
enum wf_fd_kind { WF_FD_STRANGER, WF_FD_STREAM };

/* A descriptor around fd, of which it takes ownership; -errno if that cannot be. */
int wf_fd_new(int fd, enum wf_fd_kind kind, const char *name, struct weft_fd **out);

struct wf_addr;
/* The same for one that is bound to addr: a unix socket's path goes with it, now if that
 * cannot be.  On failure fd stays the caller's. */
int wf_fd_bound(int fd, enum wf_fd_kind kind, const char *addr, const struct wf_addr *a,
                weft_fd **out);

/* Once: who is parked on it gets -ECANCELED; -EBADF if it is closed already. */
int wf_fd_close(struct weft_fd *f);

/* Begin a call: false when fd is closed.  Each true needs its wf_fd_release. */
bool wf_fd_acquire(struct weft_fd *fd);
void wf_fd_release(struct weft_fd *fd);

/* How many events came for a direction: to be read before a call is tried. */
static inline uint32_t wf_fd_events(struct weft_fd *fd, enum wf_fd_dir dir)
{
    return atomic_load_explicit(&fd->dir[dir].events, memory_order_acquire);
}

/*
 * Park until the direction may be ready, after a call said EAGAIN; not if there were
 * more than events by now.  Returns 0 (try again), -EAGAIN (deadline 0), -ETIMEDOUT,
 * -ECANCELED (closed), -EPERM (a plain thread).
 */
int wf_fd_wait(struct weft_fd *fd, enum wf_fd_dir dir, uint32_t events, enum wf_why why,
               int64_t deadline);

/*
 * A whole call: begin it, try (arg is its own), wait for dir while that says -EAGAIN, end
 * it.  Where the kernel cannot wait, it is tried in a blocking section.  Returns what try
 * did, -EBADF if fd is closed, or as wf_fd_wait.
 */
typedef ssize_t wf_fd_try(struct weft_fd *fd, void *arg);
ssize_t wf_fd_call(struct weft_fd *fd, enum wf_fd_dir dir, wf_fd_try *try, void *arg,
                   int64_t deadline);

/*
 * A stream that gave less than it was asked for is empty until the next event: to try
 * again before that would only cost a system call.
 */
static inline void wf_fd_emptied(struct weft_fd *fd, uint32_t events)
{
    atomic_store_explicit(&fd->emptied, events + 1, memory_order_relaxed);
}

static inline bool wf_fd_is_empty(struct weft_fd *fd, uint32_t events)
{
    return atomic_load_explicit(&fd->emptied, memory_order_relaxed) == events + 1 &&
           !atomic_load_explicit(&fd->ended, memory_order_relaxed);
}

#endif /* WF_RUNTIME_NETPOLL_H */
