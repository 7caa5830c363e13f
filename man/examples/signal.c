/* SPDX-License-Identifier: MIT */
/* SIGTERM as an element of a channel: the end of a program that asks for it. */
#include <signal.h>
#include <unistd.h>

#include <weft/weft.h>

static void first(void *arg)
{
    int number = 0, wanted = SIGTERM;
    weft_chan *signals = weft_chan_new(sizeof number, 1);
    if (!signals || weft_signal_notify(signals, &wanted, 1))
        return;
    kill(getpid(), SIGTERM);
    weft_chan_recv(signals, &number, WEFT_FOREVER);
    weft_signal_stop(signals);
    weft_chan_free(signals);
    *(int *)arg = number == SIGTERM;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
