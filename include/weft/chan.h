/* SPDX-License-Identifier: MIT */
/*
 * weft/chan.h - channels: bounded queues of equal-sized elements between coroutines.
 * Sending copies an element in, receiving copies it out; nobody holds a pointer
 * into a channel.  Any number of coroutines may call; weft_chan_free is for the last.
 */
#ifndef WEFT_CHAN_H
#define WEFT_CHAN_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_chan weft_chan;

/*
 * weft_chan_new - make a channel.
 *
 * elem_size  bytes of one element; 0: elements carry nothing, elem may be NULL
 * capacity   elements that wait in the channel for a receiver; 0: each sender meets
 *            its receiver
 *
 * Returns   the channel; NULL without memory for it
 * Context   anywhere but a signal handler
 * Owns      the caller frees it with weft_chan_free
 * Traces    obj_new, with the stack of the call
 */
weft_chan *weft_chan_new(size_t elem_size, size_t capacity);

/*
 * weft_chan_set_name - what the channel is called in traces: "orders" is chan:orders.
 *
 * name      copied; at most 1024 bytes of it count
 *
 * Returns   0        done
 *           -ENOMEM  no memory for a name not seen before; the old one stays
 * Context   anywhere but a signal handler
 * Traces    obj_new, again
 */
int weft_chan_set_name(weft_chan *ch, const char *name);

/*
 * weft_chan_send - pass one element on, parking until there is room or a receiver.
 *
 * ch        NULL: a channel on which nothing can be sent, so that it waits
 * elem      elem_size bytes, as given to weft_chan_new; read before return, not kept
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   0            handed to a receiver or buffered
 *           -EPIPE       the channel is closed; elem was not sent
 *           -EAGAIN      deadline 0, and there is neither room nor a receiver
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT   the deadline came first; elem was not sent
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; plain threads as long as there is room, always with deadline 0
 * Owns      nothing; ch is borrowed for the call
 * Traces    g_park or g_switch with reason chan_send when it waits, g_ready for a
 *           receiver, chan_len when it is buffered; without ch reason never
 * Source    Go, runtime/chan.go, chansend; here a closed channel is an error, no panic
 */
int weft_chan_send(weft_chan *ch, const void *elem, int64_t deadline);

/*
 * weft_chan_recv - take the oldest element, parking until there is one.
 *
 * ch        NULL: a channel on which nothing comes, so that it waits
 * elem      room for elem_size bytes; NULL drops the element.  Written only by success
 * deadline  as of weft_chan_send
 *
 * Returns   0            elem is filled
 *           -EPIPE       the channel is closed and all that was sent has been received
 *           -EAGAIN      deadline 0, and there is nothing to receive
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT   the deadline came first; nothing was received
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; plain threads as long as there is an element, always with
 *           deadline 0
 * Traces    g_park or g_switch with reason chan_recv when it waits, g_ready for a
 *           sender, chan_len when it comes from the buffer; without ch reason never
 * Source    Go, runtime/chan.go, chanrecv
 */
int weft_chan_recv(weft_chan *ch, void *elem, int64_t deadline);

/*
 * weft_chan_each - a loop over what is received, until the channel is closed and all
 * that was sent has been received:
 *
 *     weft_chan_each (ch, &order)
 *         serve(&order);
 *
 * Returns   nothing; it is over when weft_chan_recv returns anything but 0, so also when
 *           the coroutine is cancelled
 * Context   coroutines
 * Traces    as weft_chan_recv
 * Source    Go, the range clause over a channel
 */
#define weft_chan_each(ch, elem) while (!weft_chan_recv((ch), (elem), INT64_MAX))

/*
 * weft_chan_close - say that nothing more will be sent.
 * What is buffered can still be received; everybody parked here gets -EPIPE.  To close
 * twice, or NULL, is a breach of contract and ends the program.  The message names the
 * places of this call and of the first.
 *
 * Returns   0, always
 * Context   anywhere but a signal handler
 * Traces    g_ready for each that was parked
 */
int weft_chan_close(weft_chan *ch);

/*
 * weft_chan_len - how many elements are buffered; true for no longer than the call.
 * Of NULL there are 0.
 *
 * Returns   0 to weft_chan_cap
 * Context   anywhere
 */
size_t weft_chan_len(weft_chan *ch);

/*
 * weft_chan_cap - the capacity given to weft_chan_new; 0 for NULL.
 *
 * Returns   that number
 * Context   anywhere
 */
size_t weft_chan_cap(const weft_chan *ch);

/*
 * weft_chan_free - the channel is no longer used; what is buffered is gone with it.
 * Somebody parked on it is a breach of contract and ends the program.
 *
 * ch        NULL is allowed
 *
 * Returns   nothing
 * Context   anywhere but a signal handler
 * Owns      takes ch
 * Traces    obj_free
 */
void weft_chan_free(weft_chan *ch);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_CHAN_H */
