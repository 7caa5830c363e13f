/* SPDX-License-Identifier: MIT */
/*
 * park.c - how a coroutine starts, stops, waits and is woken.
 * Who stops looks for the next one itself and switches to it directly; the M's own
 * stack is visited only when there is none at hand.  What is left to do about who
 * stopped (the lock to drop, the queue to join) is done on the next stack, when its
 * registers are saved and another M may run it.
 */
#include <errno.h>

#include "runtime/ctx.h"
#include "runtime/fiber.h"
#include "runtime/futex.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

/* ---- the next one ---- */

/*
 * What this P has at hand; NULL: look again from the M's own stack, where timers,
 * descriptors and the global queue are seen to.  Every 61st time that is done anyway,
 * and every 16th time the ring goes before runnext, so that two coroutines that wake each
 * other do not shut out the rest.
 */
static inline __attribute__((always_inline)) struct wf_g *pick(struct wf_m *m,
                                                               enum wf_word *from)
{
    struct wf_p *p = m->p;
    if (wf_unlikely(wf_timers_first(p) != WF_FOREVER) && wf_timers_due(p))
        p->switches = WF_GLOBAL_EVERY;
    if (wf_unlikely(++p->switches >= WF_GLOBAL_EVERY) || wf_unlikely(m->pin_g != NULL))
        return NULL;
    struct wf_g *g = NULL;
    *from = WF_FROM_local;
    if (wf_unlikely(p->switches % WF_RING_EVERY == 0))
        g = wf_runq_get(p);
    if (!g && (g = wf_runq_get_next(p)))
        *from = WF_FROM_runnext;
    else if (g || (g = wf_runq_get(p)))
        wf_add(&p->tick, 1);
    else
        return NULL;
    if (wf_unlikely(g->flags & WF_G_PINNED)) {
        m->picked = g;
        m->picked_from = *from;
        return NULL;
    }
    return g;
}

static _Noreturn __attribute__((noinline)) void no_stack(const struct wf_g *g)
{
    wf_fatal("no memory for the stack of coroutine %llu (%zu bytes each: lower "
             "WEFT_STACK_SIZE, or make fewer coroutines at a time)",
             (unsigned long long)g->id, wf_rt.stack_size);
}

/* g is about to run on this M. */
static inline void prepare(struct wf_m *m, struct wf_g *g)
{
    if (wf_unlikely(!g->stack_hi)) {
        if (wf_unlikely(!wf_stack_bind(m->p, g)))
            no_stack(g);
        g->fiber = wf_fiber_new();
        g->fake_stack = NULL;
        wf_ctx_init(&g->ctx, g->stack_hi - sizeof(struct wf_member));
    }
    wf_g_become(g, WF_G_RUNNABLE, WF_G_RUNNING);
    wf_set(&m->g, g);
    wf_set(&g->m, m);
    wf_add(&m->p->stats.dispatches, 1);
}

/* ---- after a switch ---- */

/* Do what is left to do about the G that this M came from. */
static inline __attribute__((always_inline)) void after_switch(struct wf_m *m)
{
    struct wf_g *g = m->prev;
    switch ((enum wf_after)m->after) {
    case WF_AFTER_NONE:
        return;
    case WF_AFTER_PARK:
        wf_g_become(g, WF_G_RUNNING, WF_G_WAITING);
        if (m->after_fn)
            m->after_fn(m->after_arg);
        break;
    case WF_AFTER_YIELD:
        wf_g_become(g, WF_G_RUNNING, WF_G_RUNNABLE);
        wf_runq_put(m->p, g);
        wf_wake_p();
        break;
    case WF_AFTER_GLOBAL:
        wf_g_become(g, atomic_load(&g->state), WF_G_RUNNABLE);
        wf_global_add(g);
        break;
    case WF_AFTER_END:
        wf_fiber_free(m->dead_fiber);
        break;
    }
    m->after = WF_AFTER_NONE;
}

/* ---- switches ---- */

static __attribute__((noinline)) void look_at(const struct wf_g *g)
{
    wf_fuzz();
    if (wf_stack_broken(g))
        wf_stack_overflow(g);
}

static inline void check_canary(const struct wf_g *g)
{
    if (wf_unlikely(wf_get(&wf_rt.canary)))
        look_at(g);
}

/* g leaves for next, NULL for the M's own stack; returns when it runs again. */
static inline __attribute__((always_inline)) void leave_for(struct wf_m *m,
                                                            struct wf_g *g,
                                                            struct wf_g *next)
{
    check_canary(g);
    g->err = *m->err;
    m->prev = g;
    if (wf_likely(next != NULL)) {
        prepare(m, next);
        wf_fiber_leave(&g->fake_stack, next->stack_lo, next->stack_hi, next->fiber);
        wf_ctx_switch(&g->ctx, &next->ctx);
    } else {
        wf_set(&m->g, NULL);
        wf_fiber_leave(&g->fake_stack, m->stack_lo, m->stack_hi, m->fiber);
        wf_ctx_switch(&g->ctx, &m->ctx);
    }
    m = wf_m();
    g = m->g;
    wf_fiber_arrive(g->fake_stack);
    after_switch(m);
    *m->err = g->err;
}

void wf_run_g(struct wf_m *m, struct wf_g *g, enum wf_word from)
{
    if (wf_unlikely(wf_trace_on))
        wf_emit_start(g, from);
    prepare(m, g);
    wf_fiber_leave(&m->fake_stack, g->stack_lo, g->stack_hi, g->fiber);
    wf_ctx_switch(&m->ctx, &g->ctx);
    m = wf_m();
    wf_fiber_arrive(m->fake_stack);
    after_switch(m);
}

/* Whatever woke g, or if nothing did: the next wait is another one. */
static inline void next_wait(struct wf_g *g)
{
    uint32_t wake = wf_get(&g->wake);
    wf_set(&g->wake, ((wake >> WF_WAKE_BITS) + 1) << WF_WAKE_BITS | WF_WAKE_WAITING);
    wf_set(&g->owner, NULL);
}

void wf_park(enum wf_why why, uint64_t obj, void (*unlock)(void *), void *lock)
{
    struct wf_m *m = wf_m();
    struct wf_g *g = m->g;
    enum wf_word from = WF_FROM_unknown;
    wf_set(&g->why, (uint8_t)why);
    wf_set(&g->obj, obj);
    wf_set(&g->since, 0);
    m->after = WF_AFTER_PARK;
    m->after_fn = unlock;
    m->after_arg = lock;
    struct wf_g *next = pick(m, &from);
    if (wf_unlikely(wf_trace_on))
        wf_emit_park(why, obj, next, from);
    leave_for(m, g, next);
    next_wait(g);
}

static void time_out(struct wf_timer *t, uint32_t seq)
{
    struct wf_g *g = wf_container(t, struct wf_g, timer);
    if (!wf_wake_claim_g(g, seq))
        return;
    g->wake_result = -ETIMEDOUT;
    wf_ready(g, wf_get(&g->obj));
}

struct timed {
    struct wf_g *g;
    int64_t deadline;
    void (*unlock)(void *);
    void *lock;
};

/* On the next stack: only now may the timer fire. */
static void start_then_unlock(void *arg)
{
    struct timed *t = arg;
    struct timed copy = *t; /* on the stack of g, which may go on once it is woken */
    wf_timer_start(&copy.g->timer, copy.deadline);
    if (copy.unlock)
        copy.unlock(copy.lock);
}

static void set_timer(struct wf_g *g)
{
    g->timer.fn = time_out;
    g->timer.seq = wf_get(&g->wake) >> WF_WAKE_BITS;
}

/*
 * The same for who has a context, which may cancel the wait from wf_context_wait on, and
 * the timer may fire from its start on: before g is off its stack.  wf_ready waits for
 * that.
 */
static __attribute__((noinline)) int park_in_context(enum wf_why why, uint64_t obj,
                                                     int64_t deadline,
                                                     void (*unlock)(void *), void *lock)
{
    struct wf_g *g = wf_m()->g;
    int err = wf_context_wait(g);
    if (err) {
        next_wait(g);
        if (unlock)
            unlock(lock);
        return err;
    }
    if (deadline != WF_FOREVER) {
        set_timer(g);
        wf_timer_start(&g->timer, deadline);
    }
    wf_park(why, obj, unlock, lock);
    wf_timer_stop(&g->timer);
    wf_set(&g->cancel, 0);
    return g->wake_result;
}

int wf_park_until(enum wf_why why, uint64_t obj, int64_t deadline,
                  void (*unlock)(void *), void *lock)
{
    struct wf_g *g = wf_m()->g;
    g->wake_result = 0;
    if (wf_unlikely(g->flags & WF_G_CONTEXT))
        return park_in_context(why, obj, deadline, unlock, lock);
    if (deadline == WF_FOREVER) {
        wf_park(why, obj, unlock, lock);
        return 0;
    }
    set_timer(g);
    struct timed t = { g, deadline, unlock, lock };
    wf_park(why, obj, start_then_unlock, &t);
    if (!g->wake_result)
        wf_timer_stop(&g->timer);
    return g->wake_result;
}

/* A monitor looks at what g waits for: wait until it has looked. */
bool wf_wake_claim_slow(struct wf_g *g, uint32_t seq)
{
    for (;;) {
        uint32_t want = seq << WF_WAKE_BITS | WF_WAKE_WAITING;
        uint32_t won = seq << WF_WAKE_BITS | WF_WAKE_FIRED;
        if (atomic_compare_exchange_strong(&g->wake, &want, won))
            return true;
        if (want != (seq << WF_WAKE_BITS | WF_WAKE_HELD))
            return false;
        wf_pause();
    }
}

/* Not on an M that holds a P. */
static __attribute__((noinline)) void ready_global(struct wf_g *g, uint64_t obj)
{
    if (wf_unlikely(wf_trace_on))
        wf_emit_ready(g, obj, WF_FROM_global, wf_get(&wf_rt.nglobal) + 1);
    else
        wf_g_become(g, WF_G_WAITING, WF_G_RUNNABLE);
    wf_global_add(g);
}

void wf_ready(struct wf_g *g, uint64_t obj)
{
    struct wf_m *m = wf_m();
    /* It was won before it was off its stack: it will be in a moment. */
    while (wf_unlikely(atomic_load_explicit(&g->state, memory_order_acquire) ==
                       WF_G_RUNNING))
        wf_pause();
    struct wf_p *p = m ? wf_get(&m->p) : NULL;
    if (wf_unlikely(!p)) {
        ready_global(g, obj);
        return;
    }
    if (wf_unlikely(wf_trace_on))
        wf_emit_ready(g, obj, WF_FROM_runnext, wf_runq_len(p) + 1);
    else
        wf_g_become(g, WF_G_WAITING, WF_G_RUNNABLE);
    /* In an empty runnext it is ours to run soon; the monitor sees if we do not. */
    if (!wf_runq_put_next(p, g))
        wf_wake_p();
}

/* Who used up its time goes behind all others; who yields, behind those of its P. */
static enum wf_after where_to(struct wf_p *p, enum wf_why why, const struct wf_g *next)
{
    bool others = next || wf_get(&p->head) != wf_get(&p->tail);
    return why == WF_WHY_yield && others ? WF_AFTER_YIELD : WF_AFTER_GLOBAL;
}

void wf_yield(enum wf_why why)
{
    struct wf_m *m = wf_m();
    struct wf_g *g = m->g;
    enum wf_word from = WF_FROM_unknown;
    struct wf_g *next = pick(m, &from);
    if (!next && !m->picked && !m->pin_g && m->p->switches < WF_GLOBAL_EVERY &&
        !wf_get(&wf_rt.nglobal) && !wf_get(&wf_rt.stopping))
        return; /* nobody else */
    m->after = where_to(m->p, why, next);
    if (wf_unlikely(wf_trace_on))
        wf_emit_yield(why, next, from,
                      m->after == WF_AFTER_YIELD ? WF_FROM_local : WF_FROM_global);
    leave_for(m, g, next);
}

void wf_abandon(struct wf_m *m)
{
    m->after = WF_AFTER_NONE;
    wf_set(&m->g, NULL);
    wf_fiber_leave(NULL, m->stack_lo, m->stack_hi, m->fiber);
    wf_ctx_jump(&m->ctx);
}

void wf_lose_p(struct wf_m *m)
{
    m->after = WF_AFTER_GLOBAL;
    leave_for(m, m->g, NULL);
}

/* ---- the beginning and the end ---- */

static void tell_joiner(struct wf_g *g)
{
    wf_lock_acquire(&g->join_lock);
    struct wf_waiter *w = g->joiner;
    uint64_t id = g->id;
    g->joiner = NULL;
    g->ended = true;
    struct wf_g *joiner = w && wf_wake_claim(w) ? w->g : NULL;
    wf_lock_release(&g->join_lock);
    /* From here on g is the joiner's. */
    if (joiner)
        wf_ready(joiner, id);
}

/*
 * The stack goes to the P's cache while we are still on it: only this M takes from
 * there, and what it takes it will use from the top, after we are gone.
 */
static _Noreturn void end(struct wf_m *m)
{
    struct wf_g *g = m->g;
    enum wf_word from = WF_FROM_unknown;
    check_canary(g);
    WF_TRACE(g_end);
    wf_add(&m->p->stats.ended, 1);
    m->dead_fiber = g->fiber;
    m->after = WF_AFTER_END;
    wf_set(&m->g, NULL);
    wf_stack_free(m->p, g);
    wf_g_become(g, WF_G_RUNNING, WF_G_DEAD);
    if (g->flags & WF_G_JOINABLE)
        tell_joiner(g);
    else
        wf_g_free(g);
    struct wf_g *next = pick(m, &from);
    if (!next) {
        wf_fiber_leave(NULL, m->stack_lo, m->stack_hi, m->fiber);
        wf_ctx_jump(&m->ctx);
    }
    if (wf_unlikely(wf_trace_on))
        wf_emit_start(next, from);
    prepare(m, next);
    wf_fiber_leave(NULL, next->stack_lo, next->stack_hi, next->fiber);
    wf_ctx_jump(&next->ctx);
}

void wf_g_main(void)
{
    struct wf_m *m = wf_m();
    struct wf_g *g = m->g;
    wf_fiber_arrive(NULL);
    after_switch(m);
    *m->err = 0;
    wf_leave();
    g->fn(g->arg);
    m = wf_enter();
    if (m->g->flags & WF_G_MAIN)
        wf_run_finish(m);
    if (m->pin_g)
        wf_unpin(m);
    if (wf_unlikely(m->g->flags & WF_G_CONTEXT))
        wf_context_leave(m->g);
    end(m);
}
