/* SPDX-License-Identifier: MIT */
/*
 * chan.h - the inside of a channel, for chan.c and select.c.
 */
#ifndef WF_RUNTIME_CHAN_H
#define WF_RUNTIME_CHAN_H
#include <weft/chan.h>
#include <weft/select.h>

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "runtime/obj.h"
#include "runtime/runtime.h"

/*
 * While ch->lock is free:
 *   1. senders or receivers is empty (one select may wait on both sides);
 *   2. count > 0 means receivers is empty;
 *   3. count < capacity means senders is empty;
 * but for waiters that lost their race against another wake-up and have not yet taken
 * themselves off the list.
 */
struct weft_chan {
    alignas(64) struct wf_lock lock;   /* rank CHAN: guards all below, but for obj */
    uint32_t count, head;              /* elements buffered; index of the oldest */
    uint32_t capacity, elem_size;      /* fixed by weft_chan_new */
    bool closed;                       /* never reopened */
    struct wf_list senders, receivers; /* of struct wf_waiter, oldest first */

    struct wf_obj obj;
    const void *closed_at; /* who closed it returns there */
    unsigned char buf[];   /* capacity * elem_size bytes */
};

/* What to do once the lock is dropped: a peer never wakes to wait for us. */
struct wf_chan_after {
    struct wf_g *ready; /* won: make it ready; NULL for none */
    int64_t len;        /* what is buffered now; -1: as before */
};

static inline void *wf_chan_slot(struct weft_chan *ch, uint32_t i)
{
    return ch->buf + (size_t)i * ch->elem_size;
}

/* from NULL: there is nothing to copy; to NULL: nobody wants it. */
static inline void wf_chan_copy(const struct weft_chan *ch, void *to, const void *from)
{
    if (wf_likely(ch->elem_size == sizeof(uint64_t) && to))
        memcpy(to, from, sizeof(uint64_t));
    else if (ch->elem_size && to)
        memcpy(to, from, ch->elem_size);
}

/* The oldest waiter that nothing else has woken: from now on it is ours to wake. */
static inline struct wf_waiter *wf_chan_claim(struct wf_list *waiters)
{
    struct wf_list *item;
    while ((item = wf_list_pop(waiters))) {
        struct wf_waiter *w = wf_container(item, struct wf_waiter, link);
        if (wf_wake_claim(w))
            return w;
    }
    return NULL;
}

static inline void wf_chan_push(struct weft_chan *ch, const void *elem)
{
    uint32_t tail = ch->head + ch->count;
    if (tail >= ch->capacity)
        tail -= ch->capacity;
    wf_chan_copy(ch, wf_chan_slot(ch, tail), elem);
    ch->count++;
}

static inline void wf_chan_pop(struct weft_chan *ch, void *elem)
{
    wf_chan_copy(ch, elem, wf_chan_slot(ch, ch->head));
    if (++ch->head == ch->capacity)
        ch->head = 0;
    ch->count--;
}

/* With ch->lock held: 0, -EPIPE (closed) or -EAGAIN (neither room nor a receiver). */
static inline int wf_chan_try_send(struct weft_chan *ch, const void *elem,
                                   struct wf_chan_after *after)
{
    struct wf_waiter *w;
    if (wf_unlikely(ch->closed))
        return -EPIPE;
    if (!ch->count && (w = wf_chan_claim(&ch->receivers))) {
        wf_chan_copy(ch, w->elem, elem);
        w->result = 0;
        after->ready = w->g;
        return 0;
    }
    if (ch->count == ch->capacity)
        return -EAGAIN;
    wf_chan_push(ch, elem);
    after->len = ch->count;
    return 0;
}

/* With ch->lock held: 0, -EPIPE (closed and drained) or -EAGAIN (nothing there). */
static inline int wf_chan_try_recv(struct weft_chan *ch, void *elem,
                                   struct wf_chan_after *after)
{
    bool full = ch->count == ch->capacity;
    struct wf_waiter *w = full ? wf_chan_claim(&ch->senders) : NULL;
    if (ch->count) {
        wf_chan_pop(ch, elem);
        if (w)
            wf_chan_push(ch, w->elem);
        else
            after->len = ch->count;
    } else if (w) {
        wf_chan_copy(ch, elem, w->elem);
    } else {
        return ch->closed ? -EPIPE : -EAGAIN;
    }
    if (w) {
        w->result = 0;
        after->ready = w->g;
    }
    return 0;
}

static inline int wf_chan_try(struct weft_chan *ch, int op, void *elem,
                              struct wf_chan_after *after)
{
    return op == WEFT_SEND ? wf_chan_try_send(ch, elem, after)
                           : wf_chan_try_recv(ch, elem, after);
}

/* The lock is dropped: tell the trace, wake the peer.  ch itself may be gone. */
static inline void wf_chan_finish(uint64_t id, const struct wf_chan_after *after)
{
    if (after->ready)
        wf_ready(after->ready, id);
    else if (after->len >= 0)
        WF_TRACE(chan_len, .id = id, .len = (uint64_t)after->len);
}

/* weft_chan_close and weft_chan_free inside the runtime, on any stack. */
void wf_chan_close(struct weft_chan *ch, const void *site);
void wf_chan_free(struct weft_chan *ch);
static inline bool wf_chan_awaited(const struct weft_chan *ch)
{
    return !wf_list_empty(&ch->senders) || !wf_list_empty(&ch->receivers);
}

#endif /* WF_RUNTIME_CHAN_H */
