/* SPDX-License-Identifier: MIT */
/*
 * emit.c - events of the scheduler that take more than a line.  Called only while
 * traced.
 */
#include "runtime/sched.h"

static uint64_t len_of(enum wf_word queue, struct wf_p *p)
{
    if (queue == WF_FROM_global)
        return wf_get(&wf_rt.nglobal);
    return p ? wf_runq_len(p) : 0;
}

void wf_emit_create(struct wf_g *g)
{
    struct wf_p *p = wf_m()->p;
    struct wf_tbuf *b = wf_trace_begin();
    wf_trace_created(b, g);
    WF_EMIT(b, g_create, .g = g->id, .entry = wf_trace_pc(b, (const char *)g->fn + 1),
            .stack = g->flags & WF_G_MAIN
                         ? wf_trace_pc(b, g->spawned)
                         : WF_STACK_FROM(b, WF_STACK_CREATE, g->spawned),
            .name = wf_trace_str(b, g->name), .flags = g->flags & WF_G_SYSTEM,
            .to = WF_FROM_local, .len = wf_runq_len(p) + 1);
    wf_trace_end(b);
}

void wf_emit_start(struct wf_g *g, enum wf_word from)
{
    struct wf_tbuf *b = wf_trace_begin();
    uint64_t seq = wf_trace_g(b, g, WF_G_RUNNABLE);
    WF_EMIT(b, g_start, .g = g->id, .gseq = seq, .from = from,
            .len = len_of(from, wf_m()->p));
    wf_trace_waited(b, g);
    wf_trace_end(b);
}

void wf_emit_ready(struct wf_g *g, uint64_t obj, enum wf_word to, uint32_t len)
{
    struct wf_tbuf *b = wf_trace_begin();
    uint64_t seq = wf_trace_g(b, g, WF_G_WAITING);
    WF_EMIT(b, g_ready, .g = g->id, .gseq = seq, .obj = obj, .to = to, .len = len);
    wf_trace_waits(b, g);
    wf_g_become(g, WF_G_WAITING, WF_G_RUNNABLE);
    wf_trace_end(b);
}

static void emit_switch(enum wf_why why, uint64_t obj, struct wf_g *next,
                        enum wf_word from)
{
    struct wf_tbuf *b = wf_trace_begin();
    uint64_t seq = wf_trace_g(b, next, WF_G_RUNNABLE);
    WF_EMIT(b, g_switch, .reason = why, .obj = obj,
            .stack = WF_STACK_HERE(b, WF_STACK_BLOCK), .g2 = next->id, .g2seq = seq,
            .from = from, .len = len_of(from, wf_m()->p));
    wf_trace_waited(b, next);
    if (why >= WF_WHY_yield)
        wf_trace_waits(b, wf_m()->g);
    wf_trace_end(b);
}

void wf_emit_park(enum wf_why why, uint64_t obj, struct wf_g *next, enum wf_word from)
{
    if (next) {
        emit_switch(why, obj, next, from);
        return;
    }
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, g_park, .reason = why, .obj = obj,
            .stack = WF_STACK_HERE(b, WF_STACK_BLOCK));
    wf_trace_end(b);
}

void wf_emit_yield(enum wf_why why, struct wf_g *next, enum wf_word from,
                   enum wf_word to)
{
    if (next) {
        emit_switch(why, 0, next, from);
        return;
    }
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, g_yield, .reason = why, .stack = WF_STACK_HERE(b, WF_STACK_BLOCK),
            .to = to, .len = len_of(to, wf_m()->p) + 1);
    wf_trace_waits(b, wf_m()->g);
    wf_trace_end(b);
}

void wf_emit_retaken(void)
{
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, g_yield, .reason = WF_WHY_retaken, .to = WF_FROM_global,
            .len = wf_get(&wf_rt.nglobal) + 1);
    wf_trace_waits(b, wf_m()->g);
    wf_trace_end(b);
}

void wf_emit_block(unsigned kind)
{
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, block_begin, .kind = kind, .stack = WF_STACK_HERE(b, WF_STACK_BLOCK));
    wf_trace_end(b);
}

void wf_emit_p_start(struct wf_p *p)
{
    struct wf_tbuf *b = wf_trace_begin();
    uint64_t seq = wf_trace_p(b, p, WF_PSTATE_idle, NULL);
    WF_EMIT(b, p_start, .p = p->id, .pseq = seq);
    wf_trace_end(b);
}

void wf_emit_retake(struct wf_p *p, struct wf_m *m, enum wf_word why)
{
    struct wf_tbuf *b = wf_m() ? wf_trace_begin()
                               : wf_trace_begin_other(WF_STREAM_SYSMON);
    uint64_t seq = wf_trace_p(b, p, WF_PSTATE_running, m);
    WF_EMIT(b, p_retake, .p = p->id, .pseq = seq, .m = m->id, .why = why);
    wf_p_drop(p);
    wf_trace_end(b);
}

void wf_emit_wake(struct wf_m *m)
{
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, m_wake, .m = m->id);
    wf_trace_end(b);
}

void wf_emit_name(struct wf_g *g)
{
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, g_name, .g = g->id, .str = wf_trace_str(b, g->name));
    wf_trace_end(b);
}

void wf_emit_deadlock(struct wf_g *g, struct wf_g *owner, uint32_t n)
{
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, deadlock, .g = g->id, .reason = wf_get(&g->why), .obj = wf_get(&g->obj),
            .owner = owner ? owner->id : 0, .n = n);
    wf_trace_end(b);
}
