/* SPDX-License-Identifier: MIT */
/*
 * trace_user.c - what programs say in their own trace.
 * These calls need the M they are on, for its buffer, and no P.
 */
#include <weft/trace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/obj.h"
#include "runtime/trace_int.h"

/* Inside the runtime, or on a plain thread; false: there is nobody to tell. */
static inline bool enter(void)
{
    return wf_trace_on && (wf_enter_emit() || !wf_m());
}

void weft_mark(const char *text)
{
    if (!enter())
        return;
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, mark, .str = wf_trace_str(b, text));
    wf_trace_end(b);
    wf_leave();
}

void weft_log(const char *category, const char *text)
{
    if (!enter())
        return;
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, log, .cat = wf_trace_str(b, category), .str = wf_trace_str(b, text));
    wf_trace_end(b);
    wf_leave();
}

void weft_region_begin(const char *name)
{
    if (!enter())
        return;
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, region_begin, .name = wf_trace_str(b, name),
            .stack = WF_STACK_FROM(b, WF_STACK_BLOCK, __builtin_return_address(0)));
    wf_trace_end(b);
    wf_leave();
}

void weft_region_end(const char *name)
{
    if (!enter())
        return;
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, region_end, .name = wf_trace_str(b, name));
    wf_trace_end(b);
    wf_leave();
}

uint64_t weft_task_begin(uint64_t parent, const char *name)
{
    static _Atomic uint64_t last;
    uint64_t id = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    if (!enter())
        return id;
    struct wf_tbuf *b = wf_trace_begin();
    WF_EMIT(b, task_begin, .id = id, .parent = parent, .name = wf_trace_str(b, name),
            .stack = WF_STACK_FROM(b, WF_STACK_CREATE, __builtin_return_address(0)));
    wf_trace_end(b);
    wf_leave();
    return id;
}

void weft_task_end(uint64_t task)
{
    if (!enter())
        return;
    WF_TRACE(task_end, .id = task);
    wf_leave();
}

struct weft_counter {
    struct wf_obj obj;
};

weft_counter *weft_counter_new(const char *name)
{
    weft_counter *c = calloc(1, sizeof *c);
    const char *kept = c && name ? wf_name_intern(name) : NULL;
    if (!c || (name && !kept) || (!wf_enter_emit() && wf_m())) {
        free(c);
        return NULL;
    }
    wf_obj_init(&c->obj, WF_OKIND_counter, 0, kept);
    wf_leave();
    return c;
}

void weft_counter_set(weft_counter *counter, int64_t value)
{
    if (!counter || !enter())
        return;
    wf_obj_mention(&counter->obj);
    WF_TRACE(counter, .id = counter->obj.id, .value = wf_zigzag(value));
    wf_leave();
}

/* ---- recording ---- */

int weft_trace_start(const char *path)
{
    if (!weft_procs())
        return -EPERM;
    weft_config config = wf_rt.config;
    if ((size_t)snprintf(config.trace, sizeof config.trace, "%s", path) >=
        sizeof config.trace)
        return -ENAMETOOLONG;
    config.trace_mode = WEFT_TRACE_FILE;
    return path[0] ? wf_trace_init(&config) : -ENOENT;
}

int weft_trace_stop(void)
{
    return wf_trace_stop();
}
