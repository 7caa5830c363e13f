/* SPDX-License-Identifier: MIT */
/*
 * chan.c - make, send, receive, close and free.
 * A peer is made ready after the lock is dropped, so it never wakes to wait for us.
 * By then the peer may have freed the channel: what is needed of it is read before.
 */
#include <weft/chan.h>

#include <stdlib.h>

#include "runtime/chan.h"
#include "runtime/dump.h"

weft_chan *weft_chan_new(size_t elem_size, size_t capacity)
{
    size_t bytes;
    if (elem_size > UINT32_MAX || capacity > UINT32_MAX ||
        __builtin_mul_overflow(elem_size, capacity, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct weft_chan) + 63, &bytes))
        return NULL;
    struct weft_chan *ch = aligned_alloc(64, bytes / 64 * 64);
    if (!ch)
        return NULL;
    memset(ch, 0, sizeof *ch);
    ch->elem_size = (uint32_t)elem_size;
    ch->capacity = (uint32_t)capacity;
    wf_list_init(&ch->senders);
    wf_list_init(&ch->receivers);
    wf_enter_emit();
    wf_obj_init(&ch->obj, WF_OKIND_chan, capacity, NULL);
    wf_leave();
    return ch;
}

int weft_chan_set_name(weft_chan *ch, const char *name)
{
    wf_enter_emit();
    int err = wf_obj_set_name(&ch->obj, name);
    wf_leave();
    return err;
}

static void unlock_chan(void *lock)
{
    wf_lock_release(lock);
}

/* With ch->lock held, which it drops: wait for a peer. */
static int wait_for_peer(struct weft_chan *ch, struct wf_list *side, void *elem,
                         enum wf_why why, int64_t deadline)
{
    struct wf_waiter w;
    wf_waiter_init(&w, elem);
    wf_list_push_back(side, &w.link);
    int err = wf_park_until(why, ch->obj.id, deadline, unlock_chan, &ch->lock);
    if (!err)
        return w.result;
    wf_lock_acquire(&ch->lock);
    wf_list_remove(&w.link);
    wf_lock_release(&ch->lock);
    return err;
}

/* With ch->lock held, which it drops: there is nothing to do but to wait. */
static __attribute__((noinline)) int wait_or_give_up(struct weft_chan *ch, int op,
                                                     void *elem, int64_t deadline)
{
    if (deadline && wf_m()) {
        bool send = op == WEFT_SEND;
        return wait_for_peer(ch, send ? &ch->senders : &ch->receivers, elem,
                             send ? WF_WHY_chan_send : WF_WHY_chan_recv, deadline);
    }
    wf_lock_release(&ch->lock);
    return deadline ? -EPERM : -EAGAIN;
}

int weft_chan_send(weft_chan *ch, const void *elem, int64_t deadline)
{
    struct wf_chan_after after = { .len = -1 };
    if (wf_unlikely(!ch))
        return weft_select(NULL, 0, deadline);
    wf_enter();
    wf_obj_mention(&ch->obj);
    uint64_t id = ch->obj.id;

    wf_lock_acquire(&ch->lock);
    int err = wf_chan_try_send(ch, elem, &after);
    if (wf_likely(err != -EAGAIN)) {
        wf_lock_release(&ch->lock);
        wf_chan_finish(id, &after);
    } else {
        err = wait_or_give_up(ch, WEFT_SEND, (void *)elem, deadline);
    }
    wf_leave();
    return err;
}

int weft_chan_recv(weft_chan *ch, void *elem, int64_t deadline)
{
    struct wf_chan_after after = { .len = -1 };
    if (wf_unlikely(!ch))
        return weft_select(NULL, 0, deadline);
    wf_enter();
    wf_obj_mention(&ch->obj);
    uint64_t id = ch->obj.id;

    wf_lock_acquire(&ch->lock);
    int err = wf_chan_try_recv(ch, elem, &after);
    if (wf_likely(err != -EAGAIN)) {
        wf_lock_release(&ch->lock);
        wf_chan_finish(id, &after);
    } else {
        err = wait_or_give_up(ch, WEFT_RECV, elem, deadline);
    }
    wf_leave();
    return err;
}

/* Move those that are ours to wake from a list of the channel to one of our own. */
static void claim_all(struct wf_list *waiters, struct wf_list *won)
{
    struct wf_waiter *w;
    while ((w = wf_chan_claim(waiters))) {
        w->result = -EPIPE;
        wf_list_push_back(won, &w->link);
    }
}

static _Noreturn __attribute__((noinline)) void closed_twice(weft_chan *ch,
                                                             const void *site)
{
    char at[WF_PLACE_ROOM];
    wf_breach("weft_chan_close", site, "channel %llu is closed already, since %s",
              (unsigned long long)ch->obj.id, wf_place(ch->closed_at, at));
}

void wf_chan_close(struct weft_chan *ch, const void *site)
{
    struct wf_list won, *item;
    wf_list_init(&won);
    wf_obj_mention(&ch->obj);
    uint64_t id = ch->obj.id;

    wf_lock_acquire(&ch->lock);
    if (ch->closed)
        closed_twice(ch, site);
    ch->closed = true;
    ch->closed_at = site;
    claim_all(&ch->receivers, &won);
    claim_all(&ch->senders, &won);
    wf_lock_release(&ch->lock);

    while ((item = wf_list_pop(&won)))
        wf_ready(wf_container(item, struct wf_waiter, link)->g, id);
}

int weft_chan_close(weft_chan *ch)
{
    if (!ch)
        WF_BREACH("there is no channel (NULL)");
    wf_enter();
    wf_chan_close(ch, __builtin_return_address(0));
    wf_leave();
    return 0;
}

size_t weft_chan_len(weft_chan *ch)
{
    if (!ch)
        return 0;
    wf_enter();
    wf_lock_acquire(&ch->lock);
    size_t len = ch->count;
    wf_lock_release(&ch->lock);
    wf_leave();
    return len;
}

size_t weft_chan_cap(const weft_chan *ch)
{
    return ch ? ch->capacity : 0;
}

void wf_chan_free(struct weft_chan *ch)
{
    wf_obj_free(&ch->obj);
    free(ch);
}

void weft_chan_free(weft_chan *ch)
{
    if (!ch)
        return;
    if (wf_chan_awaited(ch))
        WF_BREACH("somebody is parked on channel %llu", (unsigned long long)ch->obj.id);
    wf_enter_emit();
    wf_chan_free(ch);
    wf_leave();
}
