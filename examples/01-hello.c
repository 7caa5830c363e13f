/* SPDX-License-Identifier: MIT */
/*
 * 01-hello.c - make coroutines and wait for them.
 */
#include <stdio.h>
#include <weft/weft.h>

enum { GREETERS = 3 };

struct greeter {
    int number;
    int greeted;
};

static void greet(void *arg)
{
    struct greeter *g = arg;
    printf("hello from coroutine %d\n", g->number);
    weft_yield();
    g->greeted = 1;
}

static void first(void *arg)
{
    struct greeter *greeters = arg;
    weft_coro *made[GREETERS];

    for (int i = 0; i < GREETERS; i++) {
        greeters[i].number = i;
        if (weft_spawn("greeter", greet, &greeters[i], &made[i]) < 0)
            return;
    }
    for (int i = 0; i < GREETERS; i++)
        weft_join(made[i], WEFT_FOREVER);
}

int main(void)
{
    struct greeter greeters[GREETERS] = { { 0, 0 } };
    int greeted = 0;

    if (weft_run(NULL, first, greeters) < 0)
        return 1;
    for (int i = 0; i < GREETERS; i++)
        greeted += greeters[i].greeted;
    printf("%d of %d have greeted\n", greeted, GREETERS);
    return greeted == GREETERS ? 0 : 1;
}
