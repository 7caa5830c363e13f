/* SPDX-License-Identifier: MIT */
/* steps_g.c - what events say of coroutines. */
#include "model/steps.h"

/* --- coroutines ------------------------------------------------------------------- */

static void on_create(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t g = WF_ARG(ev, g_create, g);
    struct wf_step_g *c = wf_step_coroutine(s, g);
    struct wf_step *step = wf_step_put(s, WF_STEP_G_NEW);

    if (!c)
        return;
    step->by = step->g;
    step->g = g;
    step->stack = WF_ARG(ev, g_create, stack);
    step->str = WF_ARG(ev, g_create, name);
    step->system = WF_ARG(ev, g_create, flags) & 1;
    step->site = wf_step_site(s, WF_ARG(ev, g_create, entry), step->stack, step->str);
    c->state = WF_G_NSTATES;
    step = wf_step_state(s, g, WF_G_RUNNABLE);
    step->by = s->rec->who.g;
    step->from = wf_step_from(WF_ARG(ev, g_create, to));
    wf_step_length(s, WF_ARG(ev, g_create, to), WF_ARG(ev, g_create, len));
}

/* A coroutine begins to run on the writer's M and P. */
static void run(struct wf_steps *s, uint64_t g, uint64_t from, uint64_t len)
{
    struct wf_step *step = wf_step_state(s, g, WF_G_RUNNING);

    if (step) {
        step->from = wf_step_from(from);
        step->n2 = 1;
    }
    wf_step_p(s, s->rec->who.p, WF_PSTATE_running, s->rec->who.m, g);
    wf_step_m(s, s->rec->who.m, WF_MSTATE_running, g);
    wf_step_length(s, from, len);
}

static void on_switch(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t reason = WF_ARG(ev, g_switch, reason);
    bool yields = reason >= WF_WHY_yield;
    struct wf_step *step = wf_step_state(s, s->rec->who.g,
                                         yields ? WF_G_RUNNABLE : WF_G_WAITING);

    if (step)
        step->stack = WF_ARG(ev, g_switch, stack);
    if (!yields)
        wf_step_wait(s, step, reason, WF_ARG(ev, g_switch, obj));
    else if (step)
        step->reason = (uint8_t)(reason < 256 ? reason : 0);
    run(s, WF_ARG(ev, g_switch, g2), WF_ARG(ev, g_switch, from),
        WF_ARG(ev, g_switch, len));
}

/* The M has no coroutine any more and looks for one. */
static void off_p(struct wf_steps *s)
{
    wf_step_p(s, s->rec->who.p, WF_PSTATE_idle, s->rec->who.m, 0);
    wf_step_m(s, s->rec->who.m, WF_MSTATE_spinning, 0);
}

static void on_park(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_state(s, s->rec->who.g, WF_G_WAITING);

    wf_step_wait(s, step, WF_ARG(ev, g_park, reason), WF_ARG(ev, g_park, obj));
    if (step)
        step->stack = WF_ARG(ev, g_park, stack);
    off_p(s);
}

static void on_yield(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_state(s, s->rec->who.g, WF_G_RUNNABLE);
    uint64_t reason = WF_ARG(ev, g_yield, reason);

    if (step) {
        step->reason = (uint8_t)(reason < 256 ? reason : 0);
        step->stack = WF_ARG(ev, g_yield, stack);
        step->from = wf_step_from(WF_ARG(ev, g_yield, to));
        step->by = s->rec->who.g;
    }
    off_p(s);
    wf_step_length(s, WF_ARG(ev, g_yield, to), WF_ARG(ev, g_yield, len));
}

static void on_end(struct wf_steps *s)
{
    if (s->rec->who.g) {
        wf_step_put(s, WF_STEP_G_END);
        wf_map_remove(&s->gs, s->rec->who.g);
    }
    off_p(s);
}

static void on_ready(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_state(s, WF_ARG(ev, g_ready, g), WF_G_RUNNABLE);

    if (step) {
        step->by = s->rec->who.g;
        step->from = wf_step_from(WF_ARG(ev, g_ready, to));
    }
    wf_step_length(s, WF_ARG(ev, g_ready, to), WF_ARG(ev, g_ready, len));
}

/* Where m's P is, when the event is not m's own. */
static int32_t p_of(const struct wf_steps *s, uint64_t m)
{
    return wf_reader_who(s->reader, m).p;
}

static void on_status(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t g = WF_ARG(ev, g_status, g), m = WF_ARG(ev, g_status, m);
    uint64_t state = WF_ARG(ev, g_status, state);
    const struct wf_step_g *c = wf_map_get(&s->gs, g);
    bool known = c != NULL;
    struct wf_step *step;

    if (!g)
        return;
    if (state >= WF_G_NSTATES || state == WF_G_IDLE || state == WF_G_DEAD)
        state = WF_G_NSTATES;
    if (!known) {
        step = wf_step_put(s, WF_STEP_G_NEW);
        step->g = g;
        step->prov = WF_UNKNOWN;
        step->str = WF_ARG(ev, g_status, name);
        step->system = WF_ARG(ev, g_status, flags) & 1;
        step->stack = WF_ARG(ev, g_status, stack);
        step->site = wf_step_site(s, WF_ARG(ev, g_status, entry), step->stack,
                                  step->str);
        if (!wf_step_coroutine(s, g))
            return;
        if (WF_ARG(ev, g_status, flags) & 2) {
            step = wf_step_put(s, WF_STEP_G_PIN);
            step->g = g;
            step->n = 1;
        }
    } else if (c->state == state) {
        return;
    }
    step = wf_step_state(s, g, (unsigned)state);
    if (!step)
        return;
    wf_step_wait(s, step, WF_ARG(ev, g_status, reason), WF_ARG(ev, g_status, obj));
    if (state != WF_G_RUNNING && state != WF_G_SYSCALL)
        return;
    step->m = m && m <= INT64_MAX ? (int64_t)m : WF_NO_M;
    step->p = p_of(s, m);
    wf_step_p(s, step->p, state == WF_G_RUNNING ? WF_PSTATE_running : WF_PSTATE_syscall,
              step->m, g);
    wf_step_m(s, step->m, state == WF_G_RUNNING ? WF_MSTATE_running : WF_MSTATE_blocked,
              g);
}

/* The own coroutine, if it is in a system call, runs again. */
bool wf_step_resume(struct wf_steps *s)
{
    const struct wf_step_g *c = wf_map_get(&s->gs, s->rec->who.g);
    struct wf_step *step;

    if (!c || c->state != WF_G_SYSCALL)
        return false;
    step = wf_step_state(s, s->rec->who.g, WF_G_RUNNING);
    if (step)
        step->prov = WF_DERIVED;
    wf_step_m(s, s->rec->who.m, WF_MSTATE_running, s->rec->who.g);
    return true;
}

static void on_block_begin(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_state(s, s->rec->who.g, WF_G_SYSCALL);

    if (step)
        step->stack = WF_ARG(ev, block_begin, stack);
    wf_step_p(s, s->rec->who.p, WF_PSTATE_syscall, s->rec->who.m, s->rec->who.g);
    wf_step_m(s, s->rec->who.m, WF_MSTATE_blocked, s->rec->who.g);
}

static void on_block_end(struct wf_steps *s, const struct wf_event *ev)
{
    if (!WF_ARG(ev, block_end, lost_p) && wf_step_resume(s))
        wf_step_p(s, s->rec->who.p, WF_PSTATE_running, s->rec->who.m, s->rec->who.g);
}

/* What m did from gap.from on is not in the trace: nor what the coroutine there did. */
void wf_step_gap(struct wf_steps *s, const struct wf_gap *gap)
{
    struct wf_step_g *c = wf_map_get(&s->gs, s->rec->who.g);
    struct wf_step *step = wf_step_put(s, WF_STEP_GAP);

    step->m = gap->m;
    step->n = gap->from;
    step->n2 = gap->events > INT64_MAX ? INT64_MAX : (int64_t)gap->events;
    step->cause = (uint8_t)gap->cause;
    wf_step_missing(s, gap->from, s->rec->t);
    if (!c || c->state >= WF_G_NSTATES)
        return;
    step = wf_step_put(s, WF_STEP_G_STATE);
    step->g = s->rec->who.g;
    step->prov = WF_UNKNOWN;
    step->n = gap->from > c->since ? gap->from : c->since;
    c->state = WF_G_NSTATES;
    c->since = step->t;
}

static void on_deadlock(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_put(s, WF_STEP_DEADLOCK);

    step->g = WF_ARG(ev, deadlock, g);
    wf_step_wait(s, step, WF_ARG(ev, deadlock, reason), WF_ARG(ev, deadlock, obj));
    step->n2 = (int64_t)WF_ARG(ev, deadlock, owner);
    step->n = (int64_t)(WF_ARG(ev, deadlock, n) & INT32_MAX);
}

static void on_sample(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_put(s, WF_STEP_SAMPLE);
    uint64_t p = WF_ARG(ev, sample, p);

    step->g = WF_ARG(ev, sample, g);
    step->p = p && p <= INT32_MAX ? (int32_t)(p - 1) : WF_NO_P;
    step->stack = WF_ARG(ev, sample, stack);
}

void wf_step_event(struct wf_steps *s, const struct wf_event *ev)
{
    switch (ev->id) {
    case WF_EV_lost:
        wf_step_gap(s, &s->rec->gap);
        break;
    case WF_EV_g_create:
        on_create(s, ev);
        break;
    case WF_EV_g_start:
        run(s, WF_ARG(ev, g_start, g), WF_ARG(ev, g_start, from),
            WF_ARG(ev, g_start, len));
        break;
    case WF_EV_g_end:
        on_end(s);
        break;
    case WF_EV_g_park:
        on_park(s, ev);
        break;
    case WF_EV_g_ready:
        on_ready(s, ev);
        break;
    case WF_EV_g_yield:
        on_yield(s, ev);
        break;
    case WF_EV_g_switch:
        on_switch(s, ev);
        break;
    case WF_EV_g_status:
        on_status(s, ev);
        break;
    case WF_EV_g_pin:
        wf_step_numbers(s, WF_STEP_G_PIN, WF_ARG(ev, g_pin, on), 0);
        break;
    case WF_EV_deadlock:
        on_deadlock(s, ev);
        break;
    case WF_EV_block_begin:
        on_block_begin(s, ev);
        break;
    case WF_EV_block_end:
        on_block_end(s, ev);
        break;
    case WF_EV_sample:
        on_sample(s, ev);
        break;
    case WF_EV_timer_fire:
        wf_step_numbers(s, WF_STEP_TIMERS, WF_ARG(ev, timer_fire, n),
                        WF_ARG(ev, timer_fire, late));
        break;
    default:
        wf_step_other(s, ev);
    }
}
