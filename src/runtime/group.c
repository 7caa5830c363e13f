/* SPDX-License-Identifier: MIT */
/*
 * group.c - error groups: a context, a wait group, and a channel with room for as many
 * as may run at a time.
 */
#include <weft/group.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <weft/sync.h>

#include "runtime/ctx.h"
#include "runtime/dump.h"

struct weft_group {
    weft_ctx *ctx;
    weft_chan *running; /* an element for each; NULL: no limit */
    weft_wait_group wg;
    _Atomic int error; /* the first */
};

struct task {
    weft_group *g;
    int (*fn)(void *);
    void *arg;
};

int weft_group_new(weft_ctx *parent, uint32_t limit, weft_group **out)
{
    weft_group *g = calloc(1, sizeof *g);
    if (!g)
        return -ENOMEM;
    if (limit && !(g->running = weft_chan_new(0, limit)))
        goto free_group;
    if (weft_ctx_new(parent, WEFT_FOREVER, &g->ctx))
        goto free_chan;
    *out = g;
    return 0;

free_chan:
    weft_chan_free(g->running);
free_group:
    free(g);
    return -ENOMEM;
}

weft_ctx *weft_group_ctx(const weft_group *g)
{
    return g->ctx;
}

/* Once the wait group knows, g may be gone. */
static void run_task(void *arg)
{
    struct task task = *(struct task *)arg;
    weft_group *g = task.g;
    int none = 0;
    free(arg);
    int err = task.fn(task.arg);
    if (err && atomic_compare_exchange_strong(&g->error, &none, err))
        weft_ctx_cancel(g->ctx, err < 0 ? err : 0, NULL);
    if (g->running)
        weft_chan_recv(g->running, NULL, 0);
    weft_wait_group_done(&g->wg);
}

static int start(weft_group *g, struct task *task, const void *site)
{
    weft_wait_group_add(&g->wg, 1);
    wf_enter();
    int err = wf_g_spawn_in(g->ctx, NULL, run_task, task, site, 0, NULL);
    wf_leave();
    if (err)
        weft_wait_group_done(&g->wg);
    return err;
}

int weft_group_go(weft_group *g, int (*fn)(void *), void *arg, int64_t deadline)
{
    if (!wf_m())
        return -EPERM;
    struct task *task = malloc(sizeof *task);
    if (!task)
        return -ENOMEM;
    *task = (struct task){ g, fn, arg };
    int err = g->running ? weft_chan_send(g->running, NULL, deadline) : 0;
    if (err)
        goto free_task;
    err = start(g, task, __builtin_return_address(0));
    if (err)
        goto give_back;
    return 0;

give_back:
    if (g->running)
        weft_chan_recv(g->running, NULL, 0);
free_task:
    free(task);
    return err;
}

int weft_group_wait(weft_group *g, int64_t deadline, int *error)
{
    int err = weft_wait_group_wait(&g->wg, deadline);
    if (err)
        return err;
    weft_ctx_cancel(g->ctx, 0, NULL);
    if (error)
        *error = atomic_load(&g->error);
    return 0;
}

void weft_group_free(weft_group *g)
{
    if (!g)
        return;
    if (weft_wait_group_wait(&g->wg, 0))
        WF_BREACH("coroutines of the group run");
    weft_wait_group_fini(&g->wg);
    weft_chan_free(g->running);
    weft_ctx_release(g->ctx);
    free(g);
}
