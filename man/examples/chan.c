/* SPDX-License-Identifier: MIT */
/* Orders go over a channel with a name, until it is closed. */
#include <errno.h>
#include <stdio.h>

#include <weft/weft.h>

static void produce(void *orders)
{
    for (int i = 1; i <= 10; i++)
        if (weft_chan_send(orders, &i, WEFT_FOREVER))
            return;
    weft_chan_close(orders);
}

static void first(void *arg)
{
    int order, sum = 0, *right = arg;
    weft_chan *orders = weft_chan_new(sizeof order, 4);
    if (!orders || weft_chan_set_name(orders, "orders"))
        return;
    *right = weft_chan_cap(orders) == 4 && weft_chan_len(orders) == 0 &&
             weft_chan_recv(orders, &order, 0) == -EAGAIN &&
             weft_go(produce, orders) == 0;
    weft_chan_each (orders, &order)
        sum += order;
    printf("sum %d\n", sum);
    *right = *right && sum == 55 &&
             weft_chan_recv(orders, &order, WEFT_FOREVER) == -EPIPE;
    weft_chan_free(orders);
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
