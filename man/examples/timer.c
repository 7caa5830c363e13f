/* SPDX-License-Identifier: MIT */
/* Timers that send and that call, and a ticker. */
#include <weft/weft.h>

enum { MS = 1000000 };

static void ring(void *bell)
{
    int one = 1;
    weft_chan_send(bell, &one, WEFT_FOREVER);
}

static void first(void *arg)
{
    int64_t moment;
    int one = 0;
    weft_timer *t, *call;
    weft_ticker *ticker;
    weft_chan *bell = weft_chan_new(sizeof one, 1);
    if (!bell || weft_timer_new(WEFT_FOREVER, &t) || weft_ticker_new(MS, &ticker) ||
        weft_timer_func(weft_now() + MS, ring, bell, &call))
        return;
    int right = weft_timer_stop(t) == 1;
    weft_timer_reset(t, weft_now() + MS);
    weft_chan_recv(weft_timer_chan(t), &moment, WEFT_FOREVER);
    weft_chan_recv(bell, &one, WEFT_FOREVER);
    weft_ticker_reset(ticker, 2 * (int64_t)MS);
    for (int i = 0; i < 3; i++)
        weft_chan_recv(weft_ticker_chan(ticker), &moment, WEFT_FOREVER);
    weft_ticker_stop(ticker);
    weft_ticker_free(ticker);
    weft_timer_free(call);
    weft_timer_free(t);
    weft_chan_free(bell);
    *(int *)arg = right && one == 1;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
