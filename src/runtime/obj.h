/* SPDX-License-Identifier: MIT */
/*
 * obj.h - what coroutines wait for and what pools are, as a trace knows them.
 */
#ifndef WF_RUNTIME_OBJ_H
#define WF_RUNTIME_OBJ_H
#include <stdatomic.h>
#include <stdint.h>

#include <weft/sync.h>

#include "runtime/runtime.h"

/* All of these inside the runtime (wf_enter or wf_enter_emit), without a lock. */
struct wf_obj {
    uint64_t id;      /* unique over all kinds, never used again */
    uint64_t cap;     /* a channel's capacity */
    const char *name; /* interned; NULL for none */
    uint32_t kind;    /* WF_OKIND_* */
    _Atomic uint32_t
        tgen; /* generation of the trace that has its obj_new, 0 for none */
};

/* A new object, told to the trace; name interned or NULL. */
void wf_obj_init(struct wf_obj *o, unsigned kind, uint64_t cap, const char *name);
/* Copies name; -ENOMEM leaves the old one.  NULL: no name. */
int wf_obj_set_name(struct wf_obj *o, const char *name);
/* What an object is called, as far as that is still known; NULL. */
const char *wf_obj_name(uint64_t id);
/* Tell the trace that it is gone. */
void wf_obj_free(struct wf_obj *o);

void wf_obj_mention_slow(struct wf_obj *o);

/* Before events that name the object: a generation's first mention follows obj_new. */
static inline void wf_obj_mention(struct wf_obj *o)
{
    if (wf_trace_on &&
        atomic_load_explicit(&o->tgen, memory_order_relaxed) !=
            atomic_load_explicit(&wf_trace_generation, memory_order_relaxed))
        wf_obj_mention_slow(o);
}

/* The same for an object in the user's storage, which gets its id by that. */
void wf_waitq_mention(struct weft_waiters *q, unsigned kind);
/* These two outside of the runtime, anywhere. */
int wf_waitq_set_name(struct weft_waiters *q, const char *name);
void wf_waitq_fini(struct weft_waiters *q, unsigned kind, const char *call,
                   const void *site);

#endif /* WF_RUNTIME_OBJ_H */
