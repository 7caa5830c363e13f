/* SPDX-License-Identifier: MIT */
/*
 * obj.c - ids and names of objects, and when a trace hears of them.
 * A generation of a trace can be read alone, so each must bring an object's obj_new
 * before the first event that names it.  Whoever claims the generation in tgen writes it.
 */
#include "runtime/obj.h"

#include <errno.h>

#include "runtime/dump.h"

static uint64_t new_id(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

/*
 * Names by id, for messages: g->obj is no more than a number.  The last of those that share
 * a place is the one that is known.
 */
enum { NAMED = 4096 };

static struct {
    _Atomic uint64_t id;
    const char *_Atomic name;
} named[NAMED];

static void remember(uint64_t id, const char *name)
{
    if (!name)
        return;
    atomic_store_explicit(&named[id % NAMED].name, name, memory_order_relaxed);
    atomic_store_explicit(&named[id % NAMED].id, id, memory_order_release);
}

const char *wf_obj_name(uint64_t id)
{
    if (atomic_load_explicit(&named[id % NAMED].id, memory_order_acquire) != id)
        return NULL;
    return atomic_load_explicit(&named[id % NAMED].name, memory_order_relaxed);
}

static void tell_new(struct wf_tbuf *b, unsigned kind, uint64_t id, uint64_t cap,
                     const char *name)
{
    WF_EMIT(b, obj_new, .kind = kind, .id = id, .cap = cap,
            .name = wf_trace_str(b, name), .stack = WF_STACK_HERE(b, WF_STACK_CREATE));
}

void wf_obj_mention_slow(struct wf_obj *o)
{
    struct wf_tbuf *b = wf_trace_begin();
    if (wf_trace_obj(b, &o->tgen))
        tell_new(b, o->kind, o->id, o->cap, o->name);
    wf_trace_end(b);
}

void wf_obj_init(struct wf_obj *o, unsigned kind, uint64_t cap, const char *name)
{
    *o = (struct wf_obj){ .id = new_id(), .cap = cap, .name = name, .kind = kind };
    remember(o->id, name);
    wf_obj_mention(o);
}

int wf_obj_set_name(struct wf_obj *o, const char *name)
{
    const char *kept = name ? wf_name_intern(name) : NULL;
    if (name && !kept)
        return -ENOMEM;
    o->name = kept;
    remember(o->id, kept);
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
    struct wf_tbuf *b = wf_trace_begin();
    uint64_t seen = __atomic_load_n(&q->tgen, __ATOMIC_RELAXED);
    uint64_t gen = b ? atomic_load_explicit(&b->gen, memory_order_relaxed) : seen;
    if (seen != gen && __atomic_compare_exchange_n(&q->tgen, &seen, gen, false,
                                                   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        tell_new(b, kind, __atomic_load_n(&q->id, __ATOMIC_RELAXED), 0, q->name);
    wf_trace_end(b);
}

void wf_waitq_mention(struct weft_waiters *q, unsigned kind)
{
    uint64_t none = __atomic_load_n(&q->id, __ATOMIC_RELAXED);
    if (!none) {
        __atomic_compare_exchange_n(&q->id, &none, new_id(), false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        remember(__atomic_load_n(&q->id, __ATOMIC_RELAXED), q->name);
    }
    if (wf_trace_on &&
        __atomic_load_n(&q->tgen, __ATOMIC_RELAXED) !=
            atomic_load_explicit(&wf_trace_generation, memory_order_relaxed))
        mention_waitq(q, kind);
}

int wf_waitq_set_name(struct weft_waiters *q, const char *name)
{
    q->name = name ? wf_name_intern(name) : NULL;
    return name && !q->name ? -ENOMEM : 0;
}

void wf_waitq_fini(struct weft_waiters *q, unsigned kind, const char *call,
                   const void *site)
{
    /* Who let go last may be about to drop the lock: the memory is its until then. */
    struct wf_lock *lock = (struct wf_lock *)&q->lock;
    wf_lock_acquire(lock);
    bool waited = q->first;
    wf_lock_release(lock);
    if (waited)
        wf_breach(call, site, "somebody waits for it");
    if (!wf_trace_on || !q->id)
        return;
    wf_enter_emit();
    mention_waitq(q, kind);
    WF_TRACE(obj_free, .id = q->id);
    wf_leave();
}
