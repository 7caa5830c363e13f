/* SPDX-License-Identifier: MIT */
/*
 * coro.c - the public side of coroutines.
 */
#include <weft/coro.h>

#include <errno.h>

#include "runtime/sched.h"

/* weft_coro is the coroutine itself, which is not used again until it is joined. */
static struct wf_g *of(weft_coro *co)
{
    return (struct wf_g *)co;
}

static int go(const char *name, void (*fn)(void *), void *arg, const void *spawned,
              unsigned flags, struct wf_g **out)
{
    if (!wf_enter())
        return -EPERM;
    int err = wf_g_spawn(name, fn, arg, spawned, flags, out);
    wf_leave();
    return err;
}

int weft_go(void (*fn)(void *), void *arg)
{
    return go(NULL, fn, arg, __builtin_return_address(0), 0, NULL);
}

int weft_go_named(const char *name, void (*fn)(void *), void *arg)
{
    return go(name, fn, arg, __builtin_return_address(0), 0, NULL);
}

int weft_spawn(const char *name, void (*fn)(void *), void *arg, weft_coro **out)
{
    struct wf_g *g;
    int err = go(name, fn, arg, __builtin_return_address(0), WF_G_JOINABLE, &g);
    if (!err)
        *out = (weft_coro *)g;
    return err;
}

static void unlock_join(void *lock)
{
    wf_lock_release(lock);
}

/* With the lock held, which it drops: wait for the end. */
static int wait_for_end(struct wf_g *g, int64_t deadline)
{
    struct wf_waiter w;
    wf_waiter_init(&w, NULL);
    if (g->joiner)
        wf_fatal("weft_join: coroutine %llu is joined twice",
                 (unsigned long long)g->id);
    g->joiner = &w;
    wf_set(&w.g->owner, &g->self);
    int err = wf_park_until(WF_WHY_join, g->id, deadline, unlock_join, &g->join_lock);
    if (!err)
        return 0;
    wf_lock_acquire(&g->join_lock);
    g->joiner = NULL;
    err = g->ended ? 0 : err;
    wf_lock_release(&g->join_lock);
    return err;
}

static int join(struct wf_g *g, int64_t deadline)
{
    int err = 0;
    if (wf_m()->g == g)
        wf_fatal("weft_join: coroutine %llu joins itself", (unsigned long long)g->id);
    wf_lock_acquire(&g->join_lock);
    if (!g->ended && deadline)
        err = wait_for_end(g, deadline);
    else {
        err = g->ended ? 0 : -EAGAIN;
        wf_lock_release(&g->join_lock);
    }
    if (!err) {
        g->ended = false;
        wf_g_free(g);
    }
    return err;
}

int weft_join(weft_coro *co, int64_t deadline)
{
    if (!wf_enter())
        return -EPERM;
    int err = join(of(co), deadline);
    wf_leave();
    return err;
}

void weft_yield(void)
{
    if (!wf_enter())
        return;
    wf_yield(WF_WHY_yield);
    wf_leave();
}

int weft_sleep_until(int64_t deadline)
{
    struct wf_m *m = wf_enter();
    if (!m)
        return -EPERM;
    int err = 0;
    if (deadline <= wf_clock_now())
        wf_yield(WF_WHY_yield);
    else
        err = wf_park_until(WF_WHY_sleep, m->g->id, deadline, NULL, NULL);
    if (err == -ETIMEDOUT && (!wf_context_err() || wf_clock_now() >= deadline))
        err = 0;
    wf_leave();
    return err;
}

int weft_sleep(int64_t ns)
{
    int64_t deadline;
    if (__builtin_add_overflow(wf_clock_now(), ns, &deadline))
        deadline = ns < 0 ? 0 : WEFT_FOREVER;
    return weft_sleep_until(deadline);
}

int64_t weft_now(void)
{
    return wf_clock_now();
}

uint64_t weft_self(void)
{
    struct wf_g *g = wf_g();
    return g ? g->id : 0;
}

int weft_set_name(const char *name)
{
    struct wf_m *m = wf_enter();
    int err = 0;
    if (!m)
        return -EPERM;
    name = name ? wf_name_intern(name) : NULL;
    if (name) {
        m->g->name = name;
        if (wf_unlikely(wf_trace_on))
            wf_emit_name(m->g);
    } else {
        err = -ENOMEM;
    }
    wf_leave();
    return err;
}

/* Opaque to the optimizer also when all is linked as one unit: each call looks anew. */
__attribute__((noinline)) int *weft_errno_loc(void)
{
    int *loc = __errno_location();
    __asm__ volatile("" : "+r"(loc) : : "memory");
    return loc;
}
