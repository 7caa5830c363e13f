/* SPDX-License-Identifier: MIT */
/* steps_other.c - what events say of Ps, Ms, objects, and what the program says. */
#include "model/steps.h"

/* --- Ps and Ms -------------------------------------------------------------------- */

static void on_p_start(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t p = WF_ARG(ev, p_start, p);

    wf_step_resume(s);
    wf_step_p(s, p < INT32_MAX ? (int64_t)p : WF_NO_P,
              s->rec->who.g ? WF_PSTATE_running : WF_PSTATE_idle, s->rec->who.m,
              s->rec->who.g);
}

static void on_retake(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t m = WF_ARG(ev, p_retake, m), p = WF_ARG(ev, p_retake, p);
    struct wf_who who = wf_reader_who(s->reader, m);
    uint64_t g = who.g;
    const struct wf_step_g *c = wf_map_get(&s->gs, g);
    struct wf_step *step = wf_step_put(s, WF_STEP_P_RETAKE);
    int64_t from = m && m <= INT64_MAX ? (int64_t)m : WF_NO_M;

    step->p = p < INT32_MAX ? (int32_t)p : WF_NO_P;
    step->m = from;
    step->g = g;
    step->n = (int64_t)(WF_ARG(ev, p_retake, why) & 0xff);
    wf_step_p(s, step->p, WF_PSTATE_idle, WF_NO_M, 0);
    /* With another P it was back before this was told. */
    if (!c || c->state != WF_G_RUNNING || who.p != WF_NO_P ||
        WF_ARG(ev, p_retake, why) != WF_RETAKE_block)
        return;
    step = wf_step_state(s, g, WF_G_SYSCALL);
    if (step) {
        step->prov = WF_DERIVED;
        step->m = from;
        step->p = WF_NO_P;
    }
    wf_step_m(s, from, WF_MSTATE_blocked, g);
}

static void on_steal(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t victim = WF_ARG(ev, steal, victim), n = WF_ARG(ev, steal, n);
    struct wf_step *step = wf_step_put(s, WF_STEP_STEAL);

    step->n = (int64_t)(n & INT64_MAX);
    step->n2 = (int64_t)(victim & INT64_MAX);
    if (n && victim < INT32_MAX)
        wf_step_move(s, (int64_t)victim, n, true);
}

static void on_overflow(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t n = WF_ARG(ev, overflow, n);

    if (s->rec->who.p != WF_NO_P)
        wf_step_move(s, s->rec->who.p, n, true);
    wf_step_move(s, WF_GLOBAL_QUEUE, n, false);
}

/* An M that the trace tells of for the first time. */
static void on_m_status(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t m = WF_ARG(ev, m_status, m);
    char *told = m && m <= INT32_MAX ? wf_map_put(&s->ms, m) : NULL;
    struct wf_step *step;

    if (!told || *told)
        return;
    *told = 1;
    step = wf_step_put(s, WF_STEP_M_NEW);
    step->prov = WF_UNKNOWN;
    step->m = (int64_t)m;
    step->n = (int64_t)(WF_ARG(ev, m_status, tid) & INT32_MAX);
    wf_step_m(s, (int64_t)m, (unsigned)(WF_ARG(ev, m_status, state) & 3),
              WF_ARG(ev, m_status, g));
}

static void on_m_start(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_put(s, WF_STEP_M_NEW);
    char *told = s->rec->who.m > 0 ? wf_map_put(&s->ms, (uint64_t)s->rec->who.m) : NULL;

    step->n = (int64_t)(WF_ARG(ev, m_start, tid) & INT32_MAX);
    if (told)
        *told = 1;
}

static void on_m_cpu(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = wf_step_put(s, WF_STEP_M_CPU);

    step->m = (int64_t)(WF_ARG(ev, m_cpu, m) & INT32_MAX);
    step->n = (int64_t)(WF_ARG(ev, m_cpu, run) & INT64_MAX);
    step->n2 = (int64_t)(WF_ARG(ev, m_cpu, wait) & INT64_MAX);
}

static void on_p_status(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t p = WF_ARG(ev, p_status, p);

    if (p < INT32_MAX)
        wf_step_queue(s, (int64_t)p, WF_ARG(ev, p_status, len));
}

/* --- objects and the program's own ------------------------------------------------ */

static struct wf_step *put_object(struct wf_steps *s, enum wf_step_kind kind,
                                  uint64_t obj)
{
    const uint8_t *okind = wf_map_get(&s->okinds, obj);
    struct wf_step *step = wf_step_put(s, kind);

    step->obj = obj;
    step->okind = okind ? *okind : WF_OKIND_none;
    return step;
}

static void on_obj_new(struct wf_steps *s, const struct wf_event *ev)
{
    uint64_t id = WF_ARG(ev, obj_new, id), kind = WF_ARG(ev, obj_new, kind);
    uint8_t *okind = wf_map_put(&s->okinds, id);
    struct wf_step *step;

    if (!okind || kind > UINT8_MAX)
        return;
    *okind = (uint8_t)kind;
    step = put_object(s, WF_STEP_OBJ_NEW, id);
    step->str = WF_ARG(ev, obj_new, name);
    step->stack = WF_ARG(ev, obj_new, stack);
    step->n = (int64_t)(WF_ARG(ev, obj_new, cap) & INT64_MAX);
}

static void on_pool(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step = put_object(s, WF_STEP_POOL, WF_ARG(ev, pool, id));

    step->okind = WF_OKIND_pool;
    for (unsigned i = 0; i < 5; i++)
        step->counts[i] = ev->arg[1 + i];
}

static void put_text(struct wf_steps *s, enum wf_step_kind kind, uint64_t n,
                     uint64_t n2, uint64_t str)
{
    wf_step_numbers(s, kind, n, n2);
    s->queued[s->nqueued - 1].str = str;
}

static void on_program(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step;

    switch (ev->id) {
    case WF_EV_g_name:
        put_text(s, WF_STEP_G_NAME, 0, 0, WF_ARG(ev, g_name, str));
        s->queued[s->nqueued - 1].g = WF_ARG(ev, g_name, g);
        break;
    case WF_EV_task_begin:
        put_text(s, WF_STEP_TASK, 1, WF_ARG(ev, task_begin, id),
                 WF_ARG(ev, task_begin, name));
        break;
    case WF_EV_task_end:
        wf_step_numbers(s, WF_STEP_TASK, 0, WF_ARG(ev, task_end, id));
        break;
    case WF_EV_region_begin:
        put_text(s, WF_STEP_REGION, 1, 0, WF_ARG(ev, region_begin, name));
        break;
    case WF_EV_region_end:
        put_text(s, WF_STEP_REGION, 0, 0, WF_ARG(ev, region_end, name));
        break;
    case WF_EV_log:
        put_text(s, WF_STEP_LOG, 0, 0, WF_ARG(ev, log, str));
        break;
    case WF_EV_mark:
        put_text(s, WF_STEP_MARK, 0, 0, WF_ARG(ev, mark, str));
        break;
    case WF_EV_counter:
        step = put_object(s, WF_STEP_COUNTER, WF_ARG(ev, counter, id));
        step->n = wf_unzigzag(WF_ARG(ev, counter, value));
        break;
    }
}

static void on_object(struct wf_steps *s, const struct wf_event *ev)
{
    struct wf_step *step;

    switch (ev->id) {
    case WF_EV_obj_new:
        on_obj_new(s, ev);
        break;
    case WF_EV_obj_free:
        put_object(s, WF_STEP_OBJ_FREE, WF_ARG(ev, obj_free, id));
        wf_map_remove(&s->okinds, WF_ARG(ev, obj_free, id));
        break;
    case WF_EV_chan_len:
        step = put_object(s, WF_STEP_OBJ_LEN, WF_ARG(ev, chan_len, id));
        step->n = (int64_t)(WF_ARG(ev, chan_len, len) & INT64_MAX);
        break;
    case WF_EV_obj_owner:
        step = put_object(s, WF_STEP_OBJ_OWNER, WF_ARG(ev, obj_owner, id));
        step->n = (int64_t)WF_ARG(ev, obj_owner, g);
        break;
    case WF_EV_pool:
        on_pool(s, ev);
        break;
    default:
        on_program(s, ev);
    }
}

static void on_m(struct wf_steps *s, const struct wf_event *ev)
{
    int64_t m = s->rec->who.m;

    switch (ev->id) {
    case WF_EV_m_start:
        on_m_start(s, ev);
        break;
    case WF_EV_m_end:
        wf_step_put(s, WF_STEP_M_END);
        break;
    case WF_EV_m_status:
        on_m_status(s, ev);
        break;
    case WF_EV_m_park:
        wf_step_m(s, m, WF_MSTATE_idle, 0);
        break;
    case WF_EV_m_spin:
        if (WF_ARG(ev, m_spin, on))
            wf_step_m(s, m, WF_MSTATE_spinning, 0);
        break;
    case WF_EV_poll_wait:
        if (WF_ARG(ev, poll_wait, timeout) != 1)
            wf_step_m(s, m, WF_MSTATE_blocked, 0);
        break;
    case WF_EV_poll_wake:
        if (!s->rec->who.g)
            wf_step_m(s, m, WF_MSTATE_spinning, 0);
        break;
    case WF_EV_m_cpu:
        on_m_cpu(s, ev);
        break;
    case WF_EV_handoff: {
        struct wf_step *step = wf_step_put(s, WF_STEP_HANDOFF);
        step->p = (int32_t)(WF_ARG(ev, handoff, p) & INT32_MAX);
        step->n = (int64_t)(WF_ARG(ev, handoff, m) & INT32_MAX);
        break;
    }
    default:
        on_object(s, ev);
    }
}

void wf_step_other(struct wf_steps *s, const struct wf_event *ev)
{
    switch (ev->id) {
    case WF_EV_p_start:
        on_p_start(s, ev);
        break;
    case WF_EV_p_stop:
        wf_step_p(s, s->rec->who.p, WF_PSTATE_idle, WF_NO_M, 0);
        break;
    case WF_EV_p_retake:
        on_retake(s, ev);
        break;
    case WF_EV_p_status:
        on_p_status(s, ev);
        break;
    case WF_EV_p_count:
        wf_step_numbers(s, WF_STEP_P_COUNT, WF_ARG(ev, p_count, n), 0);
        break;
    case WF_EV_runq:
        if (WF_ARG(ev, runq, p) < INT32_MAX)
            wf_step_queue(s, (int64_t)WF_ARG(ev, runq, p), WF_ARG(ev, runq, len));
        wf_step_queue(s, WF_GLOBAL_QUEUE, WF_ARG(ev, runq, global));
        break;
    case WF_EV_steal:
        on_steal(s, ev);
        break;
    case WF_EV_overflow:
        on_overflow(s, ev);
        break;
    default:
        on_m(s, ev);
    }
}
