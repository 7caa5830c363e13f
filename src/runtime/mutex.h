/* SPDX-License-Identifier: MIT */
/*
 * mutex.h - the mutex from inside of the runtime, and breaches of who may unlock.
 */
#ifndef WF_RUNTIME_MUTEX_H
#define WF_RUNTIME_MUTEX_H
#include <weft/sync.h>

#include "runtime/runtime.h"

/* The coroutine that makes this call, by what wf_enter gave. */
static inline struct wf_g *wf_self_or_die(struct wf_m *m, const char *call)
{
    if (wf_unlikely(!m))
        wf_fatal("%s: called by a plain thread", call);
    return m->g;
}

/* On a coroutine, between wf_enter and wf_leave; site is where `call` was called. */
WF_MAY_PARK void wf_mutex_lock(weft_mutex *m, const void *site);
void wf_mutex_unlock(weft_mutex *m, const char *call, const void *site);

/* self called `call` at site without holding the lock: the end. */
_Noreturn void wf_owner_breach(void *owner, struct wf_g *self, const char *call,
                               const void *site);

#endif /* WF_RUNTIME_MUTEX_H */
