/* SPDX-License-Identifier: MIT */
/*
 * weft/typed.h - channels that know what they carry, as far as the compiler goes.
 * Each macro is the call of weft/chan.h that its name says, on the channel inside, and
 * nothing else: an element of another size does not compile, one of another type is
 * warned of.  What is not here is called with the channel inside:
 *
 *     typedef WEFT_CHAN(struct order) order_chan;
 *     order_chan orders;
 *     if (!WEFT_CHAN_NEW(orders, 16))
 *         return -ENOMEM;
 *     WEFT_CHAN_SEND(orders, &order, WEFT_FOREVER);
 *     weft_chan_close(orders.chan);
 */
#ifndef WEFT_TYPED_H
#define WEFT_TYPED_H
#include <weft/chan.h>
#include <weft/select.h>

/*
 * WEFT_CHAN - the type of a channel of elements of type T: as large as a pointer, and
 * passed as one.  Each use makes another type, so give it a name by typedef.  chan NULL
 * is the channel on which nothing ever happens.
 */
#define WEFT_CHAN(T)                                                                   \
    union {                                                                            \
        weft_chan *chan;                                                               \
        T *elem; /* never set: these two are the type */                               \
        const T *from;                                                                 \
    }

/* ptr, which must point to so large an element, and to its type as the member has it. */
#define WEFT_CHAN_ELEM_(c, ptr, member)                                                \
    ((void)sizeof(char[sizeof *(ptr) == sizeof *(c).elem ? 1 : -1]),                   \
     1 ? (ptr) : (c).member)

/* WEFT_CHAN_NEW - weft_chan_new of the right size, into c; what that returns. */
#define WEFT_CHAN_NEW(c, capacity)                                                     \
    ((c).chan = weft_chan_new(sizeof *(c).elem, (capacity)))

/* WEFT_CHAN_SEND - weft_chan_send; ptr is not NULL. */
#define WEFT_CHAN_SEND(c, ptr, deadline)                                               \
    weft_chan_send((c).chan, WEFT_CHAN_ELEM_(c, ptr, from), (deadline))

/* WEFT_CHAN_RECV - weft_chan_recv; to drop the element, call that. */
#define WEFT_CHAN_RECV(c, ptr, deadline)                                               \
    weft_chan_recv((c).chan, WEFT_CHAN_ELEM_(c, ptr, elem), (deadline))

/* WEFT_CHAN_EACH - weft_chan_each. */
#define WEFT_CHAN_EACH(c, ptr) weft_chan_each ((c).chan, WEFT_CHAN_ELEM_(c, ptr, elem))

/* WEFT_CASE_SEND, WEFT_CASE_RECV - initialise a weft_case. */
#define WEFT_CASE_SEND(c, ptr)                                                         \
    {                                                                                  \
        (c).chan, WEFT_SEND, (void *)(WEFT_CHAN_ELEM_(c, ptr, from)), 0                \
    }
#define WEFT_CASE_RECV(c, ptr)                                                         \
    {                                                                                  \
        (c).chan, WEFT_RECV, WEFT_CHAN_ELEM_(c, ptr, elem), 0                          \
    }

#endif /* WEFT_TYPED_H */
