/* SPDX-License-Identifier: MIT */
/*
 * weft/select.h - wait for the first of several channels.
 */
#ifndef WEFT_SELECT_H
#define WEFT_SELECT_H
#include <stdint.h>

#include <weft/chan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a case wants of its channel. */
enum weft_op { WEFT_SEND, WEFT_RECV };

typedef struct weft_case {
    weft_chan *ch; /* NULL: a case that is never ready */
    int op;        /* enum weft_op */
    void *elem;    /* WEFT_SEND: read from; WEFT_RECV: written to, may be NULL */
    int result;    /* set in the chosen case: 0, or -EPIPE if its channel is closed */
} weft_case;

/*
 * weft_select - do exactly one of several sends and receives, parking until one can be.
 * Of cases that could be done at once each is chosen equally often.  A closed channel
 * can be: the case is chosen and its result says -EPIPE.
 *
 * cases     n of them; a channel may stand in several
 * n         0 to 65535; without any case it waits for the deadline
 * deadline  absolute, ns of CLOCK_MONOTONIC as from weft_now(); WEFT_FOREVER waits
 *           without end, 0 tries once and never parks
 *
 * Returns   the index of the chosen case
 *           -EAGAIN      deadline 0, and no case can be done now
 *           -ECANCELED   the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT   the deadline came first; no case was done
 *           -EINVAL      n or an op is out of range
 *           -ENOMEM      no memory to wait on so many cases; no case was done
 *           -EPERM       it would wait, but the caller is no coroutine
 * Context   coroutines; plain threads with deadline 0
 * Owns      nothing; cases and their channels are borrowed for the call
 * Traces    g_park or g_switch with reason select and the first case's channel (never,
 *           if there is none) when it waits; otherwise as the chosen case
 * Source    Go, runtime/select.go, selectgo
 */
int weft_select(weft_case *cases, int n, int64_t deadline);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_SELECT_H */
