/* SPDX-License-Identifier: MIT */
/*
 * 03-first-answer.c - ask two, take what comes first, and do not wait for ever.
 */
#include <stdio.h>
#include <weft/weft.h>

#define MS INT64_C(1000000)

struct asked {
    weft_chan *quick, *silent;
    int chosen, answer, then;
};

static void serve(void *arg)
{
    struct asked *a = arg;
    int answer = 42;
    weft_sleep(1 * MS);
    weft_chan_send(a->quick, &answer, WEFT_FOREVER);
}

static void first(void *arg)
{
    struct asked *a = arg;
    weft_coro *server;
    weft_case cases[] = {
        { .ch = a->quick, .op = WEFT_RECV, .elem = &a->answer },
        { .ch = a->silent, .op = WEFT_RECV, .elem = &a->answer },
    };

    if (weft_spawn("server", serve, a, &server) < 0)
        return;
    a->chosen = weft_select(cases, 2, WEFT_FOREVER);
    /* Nobody answers any more: select says so, and has done nothing. */
    a->then = weft_select(cases, 2, weft_now() + 5 * MS);
    weft_join(server, WEFT_FOREVER);
}

int main(void)
{
    struct asked a = { weft_chan_new(sizeof(int), 0), weft_chan_new(sizeof(int), 0), -1,
                       0, 0 };
    if (!a.quick || !a.silent || weft_run(NULL, first, &a) < 0)
        return 1;
    weft_chan_free(a.quick);
    weft_chan_free(a.silent);
    printf("case %d answered %d, then %s\n", a.chosen, a.answer,
           a.then == -ETIMEDOUT ? "nobody in time" : "somebody");
    return a.chosen == 0 && a.answer == 42 && a.then == -ETIMEDOUT ? 0 : 1;
}
