/* SPDX-License-Identifier: MIT */
/*
 * mutex.h - the mutex from inside of the runtime, and breaches of who may unlock.
 */
#ifndef WF_RUNTIME_MUTEX_H
#define WF_RUNTIME_MUTEX_H
#include <weft/sync.h>

#include "runtime/runtime.h"

/* On a coroutine, between wf_enter and wf_leave; site is where `call` was called. */
WF_MAY_PARK void wf_mutex_lock(weft_mutex *m, const void *site);
void wf_mutex_unlock(weft_mutex *m, const char *call, const void *site);

/* self called `call` at site without holding the lock: the end. */
_Noreturn void wf_owner_breach(void *owner, struct wf_g *self, const char *call,
                               const void *site);

#endif /* WF_RUNTIME_MUTEX_H */
