/* SPDX-License-Identifier: MIT */
/*
 * sched_states.c - one coroutine walks through every state, 25 ms in each.
 *
 * A helper on its own coroutine ends each wait: step n of the walker is met by step n of
 * the helper, one hold later.
 */
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sched.h"

enum { HOLD_MS = 25, TURN_MS = 8 };
static const int64_t hold = HOLD_MS * INT64_C(1000000);

struct walk {
    struct sched *s;
    weft_chan *send, *recv, *select, *step; /* step tells the helper what is next */
    weft_mutex lock;
    weft_wait_group group;
    weft_fd *near, *far;
    int64_t queued;
};

enum step { SEND, RECV, SELECT, LOCK, GROUP, NET, NSTEPS };
static const char *const figures[NSTEPS] = { "chan_send_ms",  "chan_recv_ms",
                                             "select_ms",     "mutex_ms",
                                             "wait_group_ms", "net_read_ms" };

/* What the helper does, one hold after the walker began to wait for it. */
static void help(struct walk *w, enum step step)
{
    int item = 1;

    switch (step) {
    case SEND:
        weft_chan_recv(w->send, &item, WEFT_FOREVER);
        break;
    case RECV:
        weft_chan_send(w->recv, &item, WEFT_FOREVER);
        break;
    case SELECT:
        weft_chan_send(w->select, &item, WEFT_FOREVER);
        break;
    case LOCK:
        weft_mutex_unlock(&w->lock);
        break;
    case GROUP:
        weft_wait_group_done(&w->group);
        break;
    case NET:
        weft_write(w->far, "x", 1, WEFT_FOREVER);
        break;
    case NSTEPS:
        break;
    }
}

static void helper(void *arg)
{
    struct walk *w = arg;
    int step;

    weft_mutex_lock(&w->lock); /* until the walker has waited for it */
    while (!weft_chan_recv(w->step, &step, WEFT_FOREVER)) {
        weft_sleep(hold);
        help(w, (enum step)step);
    }
    weft_wait_group_done(&w->s->all);
}

static void wait_for(struct walk *w, enum step step)
{
    struct weft_case either[] = {
        { .ch = w->select, .op = WEFT_RECV, .elem = &(int){ 0 } },
        { .ch = w->recv, .op = WEFT_RECV, .elem = &(int){ 0 } },
    };
    int item = step;
    char c;

    weft_chan_send(w->step, &item, WEFT_FOREVER);
    switch (step) {
    case SEND:
        weft_chan_send(w->send, &item, WEFT_FOREVER);
        break;
    case RECV:
        weft_chan_recv(w->recv, &item, WEFT_FOREVER);
        break;
    case SELECT:
        weft_select(either, 2, WEFT_FOREVER);
        break;
    case LOCK:
        weft_mutex_lock(&w->lock);
        weft_mutex_unlock(&w->lock);
        break;
    case GROUP:
        weft_wait_group_wait(&w->group, WEFT_FOREVER);
        break;
    case NET:
        weft_read(w->near, &c, 1, WEFT_FOREVER);
        break;
    case NSTEPS:
        break;
    }
}

static double ms_since(int64_t begin)
{
    return (double)(sched_clock() - begin) / 1e6;
}

static void note(struct walk *w, const char *figure, int64_t since)
{
    wl_figure(w->s->wl, figure, ms_since(since), "ms");
}

static void note_wait(struct walk *w, const char *key, int64_t since)
{
    wl_figure_key(w->s->wl, "waiting", key, ms_since(since), "ms");
}

/* Once for each reason. */
static void wait_for_all(struct walk *w)
{
    for (enum step step = SEND; step < NSTEPS; step++) {
        int64_t begin = sched_clock();
        wait_for(w, step);
        note_wait(w, figures[step], begin);
    }
    int64_t begin = sched_clock();
    weft_sleep(hold);
    note_wait(w, "sleep_ms", begin);
}

static void walker(void *arg)
{
    struct walk *w = arg;
    struct timespec t = { 0, (long)hold };
    int64_t begin;

    note(w, "runnable_ms", w->queued);
    begin = sched_clock();
    sched_spin(w->s, hold);
    note(w, "running_ms", begin);

    begin = sched_clock();
    wait_for_all(w);
    note(w, "waiting_ms", begin);
    weft_chan_close(w->step);

    begin = sched_clock();
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    nanosleep(&t, NULL);
    weft_block_end();
    note(w, "syscall_ms", begin);
    weft_wait_group_done(&w->s->all);
}

/* Turns of others, short enough each, so that the walker waits in the queue behind them. */
static void crowd(void *arg)
{
    struct walk *w = arg;

    sched_spin(w->s, TURN_MS * INT64_C(1000000));
    weft_wait_group_done(&w->s->all);
}

static int open_net(struct walk *w)
{
    int raw[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw))
        return -1;
    return weft_fd_new(raw[0], "states.near", &w->near) ||
           weft_fd_new(raw[1], "states.far", &w->far);
}

void sched_states(struct sched *s)
{
    struct walk w = { .s = s };
    int ahead = s->procs * (1 + HOLD_MS / TURN_MS + 1);

    w.send = weft_chan_new(sizeof(int), 0);
    w.recv = weft_chan_new(sizeof(int), 0);
    w.select = weft_chan_new(sizeof(int), 0);
    w.step = weft_chan_new(sizeof(int), 1);
    weft_mutex_init(&w.lock, "states.lock");
    weft_wait_group_init(&w.group, "states.group");
    weft_wait_group_add(&w.group, 1);
    if (open_net(&w)) {
        wl_fail(s->wl, -5, "cannot make a socket pair");
        return;
    }
    weft_wait_group_add(&s->all, ahead + 2);
    weft_go_named("states.helper", helper, &w);
    weft_yield(); /* the helper holds the lock now */
    for (int i = 0; i < ahead; i++)
        weft_go_named("states.crowd", crowd, &w);
    w.queued = sched_clock();
    weft_go_named("states.walker", walker, &w);
    weft_yield(); /* runnext is ours to give up: the walker queues like the others */
    weft_wait_group_wait(&s->all, WEFT_FOREVER);
    weft_close(w.near);
    weft_close(w.far);
    weft_chan_free(w.send);
    weft_chan_free(w.recv);
    weft_chan_free(w.select);
    weft_chan_free(w.step);
    weft_wait_group_fini(&w.group);
    weft_mutex_fini(&w.lock);
}
