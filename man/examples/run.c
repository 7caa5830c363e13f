/* SPDX-License-Identifier: MIT */
/* How many Ps there are, another number of them, and a thread beside. */
#include <pthread.h>
#include <sched.h>
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

/* A thread of the program's own that will send: until then nothing is a deadlock. */
static void *send_later(void *ch)
{
    char byte = 1;
    while (weft_chan_send(ch, &byte, 0) == -EAGAIN)
        sched_yield();
    weft_foreign_end();
    return NULL;
}

static void receive(void *got)
{
    pthread_t thread;
    weft_chan *ch = weft_chan_new(1, 0);
    weft_foreign_begin();
    if (ch && !pthread_create(&thread, NULL, send_later, ch)) {
        weft_chan_recv(ch, got, WEFT_FOREVER);
        pthread_join(thread, NULL);
    }
    weft_chan_free(ch);
}

int main(void)
{
    int three = 3;
    char error[WEFT_ERROR_MAX], got = 0;
    weft_config config;
    weft_config_init(&config);
    if (weft_config_load(&config, error) || /* weft.conf, then the environment */
        weft_config_set(&config, "procs", "2", error)) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    return weft_run(&config, first, &three) || sum != 30 ||
           weft_run(&config, receive, &got) || !got;
}
