/* SPDX-License-Identifier: MIT */
/*
 * 02-pipeline.c - three stages joined by channels; closing one ends the next.
 */
#include <stdio.h>
#include <weft/weft.h>

enum { NUMBERS = 1000 };

struct pipeline {
    weft_chan *numbers, *squares;
    long sum;
};

static void produce(void *arg)
{
    struct pipeline *p = arg;
    for (long i = 1; i <= NUMBERS; i++)
        weft_chan_send(p->numbers, &i, WEFT_FOREVER);
    weft_chan_close(p->numbers);
}

static void square(void *arg)
{
    struct pipeline *p = arg;
    long n;
    while (weft_chan_recv(p->numbers, &n, WEFT_FOREVER) == 0) {
        n *= n;
        weft_chan_send(p->squares, &n, WEFT_FOREVER);
    }
    weft_chan_close(p->squares);
}

static void first(void *arg)
{
    struct pipeline *p = arg;
    weft_coro *producer, *squarer;
    long n;

    if (weft_spawn("produce", produce, p, &producer) < 0 ||
        weft_spawn("square", square, p, &squarer) < 0)
        return;
    while (weft_chan_recv(p->squares, &n, WEFT_FOREVER) == 0)
        p->sum += n;
    weft_join(producer, WEFT_FOREVER);
    weft_join(squarer, WEFT_FOREVER);
}

int main(void)
{
    struct pipeline p = { weft_chan_new(sizeof(long), 8),
                          weft_chan_new(sizeof(long), 0), 0 };
    if (!p.numbers || !p.squares || weft_run(NULL, first, &p) < 0)
        return 1;
    weft_chan_free(p.numbers);
    weft_chan_free(p.squares);
    printf("the sum of the squares up to %d is %ld\n", NUMBERS, p.sum);
    return p.sum == NUMBERS * (NUMBERS + 1L) * (2L * NUMBERS + 1) / 6 ? 0 : 1;
}
