/* SPDX-License-Identifier: MIT */
/*
 * replay.c - what holds while events are merged: which may come now, what each changes.
 *
 * Events about one coroutine or P carry sequence numbers if writers that are not bound
 * to it write them; what the M that runs it writes (park, yield, end, block) has none
 * and comes in that writer's order.  So an event waits for the number before its own,
 * and, where it wants a state that only another writer's next events can bring about,
 * for those.  What cannot come any more is not waited for: the event is odd.
 */
#include "model/order.h"

static struct wf_key g_key(uint64_t g)
{
    return (struct wf_key){ WF_THING_G, g };
}

static struct wf_key p_key(uint64_t p)
{
    return (struct wf_key){ WF_THING_P, p < UINT64_MAX ? p + 1 : p };
}

bool wf_replay_key(const struct wf_event *ev, unsigned known, struct wf_key *key,
                   uint64_t *seq)
{
    *seq = 0;
    switch (known) {
    case WF_EV_g_create:
        *key = g_key(WF_ARG(ev, g_create, g));
        return true;
    case WF_EV_g_status:
        *key = g_key(WF_ARG(ev, g_status, g));
        *seq = WF_ARG(ev, g_status, gseq);
        return true;
    case WF_EV_g_start:
        *key = g_key(WF_ARG(ev, g_start, g));
        *seq = WF_ARG(ev, g_start, gseq);
        return true;
    case WF_EV_g_ready:
        *key = g_key(WF_ARG(ev, g_ready, g));
        *seq = WF_ARG(ev, g_ready, gseq);
        return true;
    case WF_EV_g_switch:
        *key = g_key(WF_ARG(ev, g_switch, g2));
        *seq = WF_ARG(ev, g_switch, g2seq);
        return true;
    case WF_EV_p_start:
        *key = p_key(WF_ARG(ev, p_start, p));
        *seq = WF_ARG(ev, p_start, pseq);
        return true;
    case WF_EV_p_retake:
        *key = p_key(WF_ARG(ev, p_retake, p));
        *seq = WF_ARG(ev, p_retake, pseq);
        return true;
    case WF_EV_p_status:
        *key = p_key(WF_ARG(ev, p_status, p));
        *seq = WF_ARG(ev, p_status, pseq);
        return true;
    }
    return false;
}

/* --- may it come now? ------------------------------------------------------------- */

static bool seen(const struct wf_order *o, const struct wf_thing *x)
{
    return x && x->gen == o->gen->number;
}

/* Where something is missing, that an event does not follow is no wonder. */
static void say_odd(struct wf_order *o, struct wf_writer *w, const char *why)
{
    if (!o->holes)
        w->rec.odd = why;
}

/* Does the thing's number follow?  A number that was there is odd, but does not wait. */
static enum wf_gate gate_seq(struct wf_order *o, struct wf_writer *w, struct wf_key key,
                             uint64_t seq)
{
    const struct wf_thing *x = wf_order_get(o, key);
    uint64_t next = seen(o, x) ? x->seq + 1 : 0;

    if (seq == next)
        return WF_GATE_PASS;
    if (seq < next) {
        w->rec.odd = "its sequence number was there before";
        return WF_GATE_PASS;
    }
    if (!o->indexed || wf_order_next_seq(o, key, next) < seq)
        return WF_GATE_HOLD;
    say_odd(o, w, "events before it are missing");
    return WF_GATE_PASS;
}

/* May another writer yet bring the thing out of the state that it is in? */
static bool may_change(const struct wf_order *o, const struct wf_writer *w,
                       const struct wf_thing *x)
{
    return x->writer && x->writer != w->index + 1 &&
           wf_order_has_more(o, o->writers[x->writer - 1]);
}

static enum wf_gate gate_g_state(struct wf_order *o, struct wf_writer *w,
                                 struct wf_key key, unsigned want, const char *odd)
{
    const struct wf_thing *x = wf_order_get(o, key);

    if (w->rec.odd || !x || x->state == want || x->state == WF_THING_UNKNOWN)
        return WF_GATE_PASS;
    if ((x->state == WF_G_RUNNING || x->state == WF_G_SYSCALL) && may_change(o, w, x))
        return WF_GATE_HOLD;
    say_odd(o, w, odd);
    return WF_GATE_PASS;
}

static enum wf_gate gate_p_idle(struct wf_order *o, struct wf_writer *w,
                                struct wf_key key)
{
    const struct wf_thing *x = wf_order_get(o, key);

    if (w->rec.odd || !x || x->state == WF_PSTATE_idle || x->state == WF_THING_UNKNOWN)
        return WF_GATE_PASS;
    if (may_change(o, w, x))
        return WF_GATE_HOLD;
    say_odd(o, w, "the P is held by another M");
    return WF_GATE_PASS;
}

/* The writer's own coroutine: it must have been mentioned, and the state may follow. */
static enum wf_gate gate_own(struct wf_order *o, struct wf_writer *w, unsigned to,
                             struct wf_key *wait)
{
    const struct wf_writer *flipper;
    const struct wf_thing *x;

    if (!w->who.g) {
        flipper = wf_order_writer(o, WF_STREAM_OTHER + 1);
        *wait = (struct wf_key){ WF_THING_KEYFRAME, 0 };
        if (!w->gappy && flipper && flipper != w && wf_order_has_more(o, flipper))
            return WF_GATE_HOLD;
        say_odd(o, w, "no coroutine runs here");
        return WF_GATE_PASS;
    }
    *wait = g_key(w->who.g);
    x = wf_order_get(o, *wait);
    if (!seen(o, x) && (!o->indexed || wf_order_next_seq(o, *wait, 0) != UINT64_MAX))
        return WF_GATE_HOLD;
    if (x && x->state != WF_THING_UNKNOWN && !wf_g_may_follow(x->state, to))
        say_odd(o, w, "it does not follow from the coroutine's state");
    return WF_GATE_PASS;
}

/* A reason of g_switch or g_yield: what the coroutine becomes. */
static unsigned after_switch(uint64_t reason)
{
    return reason >= WF_WHY_yield ? WF_G_RUNNABLE : WF_G_WAITING;
}

static enum wf_gate gate_status(struct wf_order *o, struct wf_writer *w,
                                struct wf_key key, uint64_t seq, uint64_t state)
{
    const struct wf_thing *x = wf_order_get(o, key);
    enum wf_gate gate = gate_seq(o, w, key, seq);

    if (gate == WF_GATE_PASS && !w->rec.odd && x && x->state != WF_THING_UNKNOWN &&
        x->state != state)
        say_odd(o, w, "the status is not what the events before it say");
    return gate;
}

static enum wf_gate gate_start(struct wf_order *o, struct wf_writer *w,
                               struct wf_key key, uint64_t seq)
{
    enum wf_gate gate = gate_seq(o, w, key, seq);

    return gate == WF_GATE_HOLD ? gate
                                : gate_g_state(o, w, key, WF_G_RUNNABLE,
                                               "the coroutine was not runnable");
}

enum wf_gate wf_replay_gate(struct wf_order *o, struct wf_writer *w,
                            struct wf_key *wait)
{
    const struct wf_event *ev = &w->rec.ev;
    unsigned known = o->schema->known[ev->id];
    enum wf_gate gate;
    uint64_t seq;

    w->rec.odd = NULL;
    switch (known) {
    case WF_EV_g_park:
        return gate_own(o, w, WF_G_WAITING, wait);
    case WF_EV_g_yield:
        return gate_own(o, w, WF_G_RUNNABLE, wait);
    case WF_EV_g_end:
        return gate_own(o, w, WF_G_DEAD, wait);
    case WF_EV_block_begin:
        return gate_own(o, w, WF_G_SYSCALL, wait);
    case WF_EV_g_switch:
        gate = gate_own(o, w, after_switch(WF_ARG(ev, g_switch, reason)), wait);
        if (gate == WF_GATE_HOLD)
            return gate;
        break;
    }
    if (!wf_replay_key(ev, known, wait, &seq))
        return WF_GATE_PASS;
    switch (known) {
    case WF_EV_g_create:
        return gate_seq(o, w, *wait, seq);
    case WF_EV_g_status:
        return gate_status(o, w, *wait, seq, WF_ARG(ev, g_status, state));
    case WF_EV_p_status:
        return gate_status(o, w, *wait, seq, WF_ARG(ev, p_status, state));
    case WF_EV_g_start:
    case WF_EV_g_switch:
        return gate_start(o, w, *wait, seq);
    case WF_EV_p_retake:
        return gate_seq(o, w, *wait, seq);
    }
    gate = gate_seq(o, w, *wait, seq);
    if (gate == WF_GATE_HOLD)
        return gate;
    return known == WF_EV_g_ready
               ? gate_g_state(o, w, *wait, WF_G_WAITING, "the coroutine did not wait")
               : gate_p_idle(o, w, *wait);
}

/* --- it is true now --------------------------------------------------------------- */

static void let_go(struct wf_who *who, struct wf_key key)
{
    if (key.kind == WF_THING_G && who->g == key.id)
        who->g = 0;
    if (key.kind == WF_THING_P && who->p != WF_NO_P && (uint64_t)who->p + 1 == key.id)
        who->p = WF_NO_P;
}

/* The thing is in this state, run (held) by w and nobody else, NULL: by nobody. */
static struct wf_thing *become(struct wf_order *o, struct wf_key key, unsigned state,
                               const struct wf_writer *w)
{
    struct wf_thing *x = wf_order_put(o, key);
    uint32_t writer = w ? w->index + 1 : 0;

    if (!x)
        return NULL;
    if (x->writer && x->writer != writer)
        let_go(&o->writers[x->writer - 1]->who, key);
    x->state = (uint8_t)(state < WF_THING_UNKNOWN ? state : WF_THING_UNKNOWN);
    x->writer = writer;
    if (x->held)
        wf_order_touch(o, x);
    return x;
}

/* The same by an event that carries a number. */
static void become_at(struct wf_order *o, struct wf_key key, uint64_t seq,
                      unsigned state, const struct wf_writer *w)
{
    struct wf_thing *x = become(o, key, state, w);

    if (!x)
        return;
    x->seq = seq;
    x->gen = o->gen->number;
}

static struct wf_writer *writer_of(struct wf_order *o, uint64_t m)
{
    return m && m < WF_STREAM_OTHER ? wf_order_writer(o, (uint32_t)m) : NULL;
}

static void own_becomes(struct wf_order *o, struct wf_writer *w, unsigned state)
{
    if (w->who.g)
        become(o, g_key(w->who.g), state, state == WF_G_SYSCALL ? w : NULL);
    if (state != WF_G_SYSCALL)
        w->who.g = 0;
}

static void own_resumes(struct wf_order *o, struct wf_writer *w)
{
    const struct wf_thing *x = w->who.g ? wf_order_get(o, g_key(w->who.g)) : NULL;

    if (x && x->state == WF_G_SYSCALL)
        become(o, g_key(w->who.g), WF_G_RUNNING, w);
}

static void own_ends(struct wf_order *o, struct wf_writer *w)
{
    if (w->who.g) {
        become(o, g_key(w->who.g), WF_G_DEAD, NULL);
        wf_map_remove(&o->gs, w->who.g);
    }
    w->who.g = 0;
}

static void start(struct wf_order *o, struct wf_writer *w, uint64_t g, uint64_t seq)
{
    become_at(o, g_key(g), seq, WF_G_RUNNING, w);
    w->who.g = g;
}

static void release_p(struct wf_order *o, struct wf_writer *w)
{
    if (w->who.p != WF_NO_P)
        become(o, p_key((uint64_t)w->who.p), WF_PSTATE_idle, NULL);
    w->who.p = WF_NO_P;
}

static void g_status(struct wf_order *o, const struct wf_event *ev)
{
    uint64_t g = WF_ARG(ev, g_status, g), state = WF_ARG(ev, g_status, state);
    bool runs = state == WF_G_RUNNING || state == WF_G_SYSCALL;
    struct wf_writer *w = runs ? writer_of(o, WF_ARG(ev, g_status, m)) : NULL;

    become_at(o, g_key(g), WF_ARG(ev, g_status, gseq),
              state < WF_G_NSTATES ? (unsigned)state : WF_THING_UNKNOWN, w);
    if (!w)
        return;
    w->who.g = g;
    if (o->keyframe.held)
        wf_order_touch(o, &o->keyframe);
}

static void p_status(struct wf_order *o, const struct wf_event *ev)
{
    uint64_t p = WF_ARG(ev, p_status, p), state = WF_ARG(ev, p_status, state);
    struct wf_writer *w = state ? writer_of(o, WF_ARG(ev, p_status, m)) : NULL;

    become_at(o, p_key(p), WF_ARG(ev, p_status, pseq),
              state <= WF_PSTATE_syscall ? (unsigned)state : WF_THING_UNKNOWN, w);
    if (w && p < INT32_MAX)
        w->who.p = (int32_t)p;
}

static void p_retake(struct wf_order *o, const struct wf_event *ev)
{
    struct wf_writer *w = writer_of(o, WF_ARG(ev, p_retake, m));
    uint64_t p = WF_ARG(ev, p_retake, p);
    struct wf_thing *x;

    become_at(o, p_key(p), WF_ARG(ev, p_retake, pseq), WF_PSTATE_idle, NULL);
    if (!w)
        return;
    if (w->who.p != WF_NO_P && (uint64_t)w->who.p == p)
        w->who.p = WF_NO_P;
    if (w->who.p != WF_NO_P)
        return; /* it was back, with another P, before this was told */
    x = w->who.g ? wf_order_get(o, g_key(w->who.g)) : NULL;
    if (x && x->state == WF_G_RUNNING && WF_ARG(ev, p_retake, why) == WF_RETAKE_block)
        become(o, g_key(w->who.g), WF_G_SYSCALL, w);
}

static void p_start(struct wf_order *o, struct wf_writer *w, const struct wf_event *ev)
{
    uint64_t p = WF_ARG(ev, p_start, p);

    become_at(o, p_key(p), WF_ARG(ev, p_start, pseq), WF_PSTATE_running, w);
    if (p < INT32_MAX)
        w->who.p = (int32_t)p;
    own_resumes(o, w);
}

void wf_replay_lost(struct wf_order *o, struct wf_writer *w)
{
    if (w->who.g)
        become(o, g_key(w->who.g), WF_THING_UNKNOWN, NULL);
    if (w->who.p != WF_NO_P)
        become(o, p_key((uint64_t)w->who.p), WF_THING_UNKNOWN, NULL);
    w->who.g = 0;
    w->who.p = WF_NO_P;
    w->gappy = o->holes = true;
}

void wf_replay_event(struct wf_order *o, struct wf_writer *w)
{
    const struct wf_event *ev = &w->rec.ev;

    switch (o->schema->known[ev->id]) {
    case WF_EV_lost:
        wf_replay_lost(o, w);
        break;
    case WF_EV_g_create:
        become_at(o, g_key(WF_ARG(ev, g_create, g)), 0, WF_G_RUNNABLE, NULL);
        break;
    case WF_EV_g_status:
        g_status(o, ev);
        break;
    case WF_EV_g_start:
        start(o, w, WF_ARG(ev, g_start, g), WF_ARG(ev, g_start, gseq));
        break;
    case WF_EV_g_switch:
        own_becomes(o, w, after_switch(WF_ARG(ev, g_switch, reason)));
        start(o, w, WF_ARG(ev, g_switch, g2), WF_ARG(ev, g_switch, g2seq));
        break;
    case WF_EV_g_park:
        own_becomes(o, w, WF_G_WAITING);
        break;
    case WF_EV_g_yield:
        own_becomes(o, w, WF_G_RUNNABLE);
        break;
    case WF_EV_g_end:
        own_ends(o, w);
        break;
    case WF_EV_g_ready:
        become_at(o, g_key(WF_ARG(ev, g_ready, g)), WF_ARG(ev, g_ready, gseq),
                  WF_G_RUNNABLE, NULL);
        break;
    case WF_EV_block_begin:
        own_becomes(o, w, WF_G_SYSCALL);
        break;
    case WF_EV_block_end:
        if (!WF_ARG(ev, block_end, lost_p))
            own_resumes(o, w);
        break;
    case WF_EV_p_start:
        p_start(o, w, ev);
        break;
    case WF_EV_p_stop:
        release_p(o, w);
        break;
    case WF_EV_handoff:
        if (w->who.p != WF_NO_P && (uint64_t)w->who.p == WF_ARG(ev, handoff, p))
            release_p(o, w);
        break;
    case WF_EV_p_retake:
        p_retake(o, ev);
        break;
    case WF_EV_p_status:
        p_status(o, ev);
        break;
    case WF_EV_m_end:
        release_p(o, w);
        w->who.g = 0;
        break;
    }
}
