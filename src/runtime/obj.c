/* SPDX-License-Identifier: MIT */
/*
 * obj.c - ids and names of objects, and when a trace hears of them.
 * A generation of a trace can be read alone, so each must bring an object's obj_new
 * before the first event that names it.  Whoever claims the generation in tgen writes it.
 */
#include "runtime/obj.h"

#include <errno.h>

static uint64_t new_id(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static void tell_new(unsigned kind, uint64_t id, uint64_t cap, const char *name)
{
    WF_TRACE(obj_new, .kind = kind, .id = id, .cap = cap, .name = wf_trace_str(name),
             .stack = WF_STACK_HERE(WF_STACK_CREATE));
}

void wf_obj_mention_slow(struct wf_obj *o)
{
    uint32_t gen = wf_trace_gen();
    uint32_t seen = atomic_load_explicit(&o->tgen, memory_order_relaxed);
    if (seen != gen && atomic_compare_exchange_strong_explicit(&o->tgen, &seen, gen,
                                                               memory_order_relaxed,
                                                               memory_order_relaxed))
        tell_new(o->kind, o->id, o->cap, o->name);
}

void wf_obj_init(struct wf_obj *o, unsigned kind, uint64_t cap, const char *name)
{
    *o = (struct wf_obj){ .id = new_id(), .cap = cap, .name = name, .kind = kind };
    wf_obj_mention(o);
}

int wf_obj_set_name(struct wf_obj *o, const char *name)
{
    const char *kept = name ? wf_name_intern(name) : NULL;
    if (name && !kept)
        return -ENOMEM;
    o->name = kept;
    atomic_store_explicit(&o->tgen, 0, memory_order_relaxed);
    wf_obj_mention(o);
    return 0;
}

void wf_obj_free(struct wf_obj *o)
{
    wf_obj_mention(o);
    WF_TRACE(obj_free, .id = o->id);
}

static void mention_waitq(struct weft_waiters *q, unsigned kind)
{
    uint64_t gen = wf_trace_gen(), seen = __atomic_load_n(&q->tgen, __ATOMIC_RELAXED);
    if (seen != gen && __atomic_compare_exchange_n(&q->tgen, &seen, gen, false,
                                                   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        tell_new(kind, q->id, 0, q->name);
}

void wf_waitq_mention(struct weft_waiters *q, unsigned kind)
{
    uint64_t none = __atomic_load_n(&q->id, __ATOMIC_RELAXED);
    if (!none)
        __atomic_compare_exchange_n(&q->id, &none, new_id(), false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    if (wf_unlikely(wf_trace_on))
        mention_waitq(q, kind);
}

int wf_waitq_set_name(struct weft_waiters *q, const char *name)
{
    q->name = name ? wf_name_intern(name) : NULL;
    return name && !q->name ? -ENOMEM : 0;
}

void wf_waitq_fini(struct weft_waiters *q, unsigned kind)
{
    if (!wf_trace_on || !q->id)
        return;
    wf_enter_emit();
    mention_waitq(q, kind);
    WF_TRACE(obj_free, .id = q->id);
    wf_leave();
}
