/* SPDX-License-Identifier: MIT */
/*
 * weft/signal.h - signals of the process as elements of a channel.
 * The channel is of int, and gets the number of each signal that comes.  Nobody waits for
 * room: what does not fit is dropped, so make it as long as what may come at once, at
 * least 1.  One kind that comes again before it was passed on comes once, as ever with
 * signals.
 *
 * The threads of weft have all of these signals blocked: the kernel gives them to the
 * program's own threads, for example to the one that called weft_run, and the handler
 * that runs there does no more than note them.
 *
 * SIGUSR1 prints the scheduler's state on standard error and SIGQUIT all coroutines with
 * their stacks, before it ends the program, unless the program handles or ignores them
 * when weft_run begins, or takes them here.
 */
#ifndef WEFT_SIGNAL_H
#define WEFT_SIGNAL_H

#include <weft/chan.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * weft_signal_notify - have signals sent to a channel; more calls add signals to it.
 * As long as one channel has a signal, what it did before (end the program, or a handler)
 * does not happen.  While a channel is to be notified no deadlock is reported.
 *
 * ch        of elements of the size of an int
 * signals   n numbers, as of <signal.h>
 *
 * Returns   0        done
 *           -EINVAL  one of them cannot be had (SIGKILL, SIGSTOP, those of faults, SIGURG,
 *                    which is weft's own, numbers over 64), or ch is of another size
 *           -ENOSPC  256 channels are notified already
 * Context   coroutines
 * Owns      ch is borrowed until weft_signal_stop or the end of weft_run
 * Source    Go, os/signal: Notify
 */
int weft_signal_notify(weft_chan *ch, const int *signals, int n);

/*
 * weft_signal_stop - no more signals to a channel.  When it returns, none comes any more;
 * a signal that no channel wants does again what it did before.
 *
 * Returns   nothing
 * Context   coroutines
 * Source    Go, os/signal: Stop
 */
void weft_signal_stop(weft_chan *ch);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_SIGNAL_H */
