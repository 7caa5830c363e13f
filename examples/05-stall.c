/* SPDX-License-Identifier: MIT */
/*
 * 05-stall.c - one coroutine computes and never yields, the others come late.
 * See who keeps them waiting:
 *     weft exec --trace stall.weft -- ./05-stall
 *     weft doctor stall.weft
 */
#include <stdio.h>
#include <weft/weft.h>

#define MS INT64_C(1000000)
enum { TICKS = 20 };

static weft_wait_group busy = WEFT_WAIT_GROUP_INIT;

static void compute(void *arg)
{
    volatile unsigned long *sum = arg;
    int64_t end = weft_now() + 60 * MS;
    while (weft_now() < end)
        for (int i = 0; i < 100000; i++)
            *sum += (unsigned)i;
    weft_wait_group_done(&busy);
}

static void tick(void *arg)
{
    int64_t *latest = arg;
    for (int i = 0; i < TICKS; i++) {
        int64_t due = weft_now() + MS;
        weft_sleep_until(due);
        if (weft_now() - due > *latest)
            *latest = weft_now() - due;
    }
    weft_wait_group_done(&busy);
}

static void first(void *arg)
{
    static unsigned long sums[64];
    weft_wait_group_add(&busy, 1 + weft_procs());
    weft_go_named("ticker", tick, arg);
    for (int i = 0; i < weft_procs(); i++)
        weft_go_named("computer", compute, &sums[i % 64]);
    weft_wait_group_wait(&busy, WEFT_FOREVER);
}

int main(void)
{
    int64_t latest = -1;
    if (weft_run(NULL, first, &latest) < 0)
        return 1;
    printf("the latest of %d ticks came %.1f ms late\n", TICKS, (double)latest / 1e6);
    return latest >= 0 ? 0 : 1;
}
