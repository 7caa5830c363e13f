/* SPDX-License-Identifier: MIT */
/* How many Ps there are, and another number of them. */
#include <stdio.h>

#include <weft/weft.h>

static _Atomic int sum;

static void add(void *arg)
{
    sum += *(int *)arg;
}

static void first(void *arg)
{
    int before = weft_set_procs(4);
    weft_coro *co[10];
    for (int i = 0; i < 10; i++)
        if (weft_spawn("add", add, arg, &co[i]))
            return;
    weft_set_procs(1); /* they go on, one at a time */
    for (int i = 0; i < 10; i++)
        weft_join(co[i], WEFT_FOREVER);
    printf("%d Ps, then 4, now %d; sum %d\n", before, weft_procs(), sum);
}

int main(void)
{
    int three = 3;
    return weft_run(NULL, first, &three) || sum != 30;
}
