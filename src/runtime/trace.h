/* SPDX-License-Identifier: MIT */
/*
 * trace.h - how the runtime tells the trace what happens.
 */
#ifndef WF_RUNTIME_TRACE_H
#define WF_RUNTIME_TRACE_H
#include <stdint.h>

#include "format/event.h"

static const uint8_t wf_trace_on = 0;

/* WF_TRACE(g_park, .reason = WF_WHY_sleep): on the current M, inside the runtime. */
#define WF_TRACE(event, ...)                                                           \
    do {                                                                               \
        if (wf_unlikely(wf_trace_on))                                                  \
            (void)(struct wf_ev_##event){ __VA_ARGS__ };                               \
    } while (0)
/* The same from a writer that is no M. */
#define WF_TRACE_OTHER(stream, event, ...) WF_TRACE(event, __VA_ARGS__)

enum { WF_STACK_BLOCK = 1, WF_STACK_CREATE = 2 };
/* The id of the stack that we are on; 0 when nobody asked for such. */
#define WF_STACK_HERE(kind) ((uint64_t)0)

/* Before an event that mentions g: state it, once in a generation. */
#define wf_trace_g(g) ((void)(g))

/* The number of the running generation, from 1. */
#define wf_trace_gen() ((uint32_t)0)
/* The id of an interned string, 0 for NULL. */
#define wf_trace_str(text) ((uint64_t)((text) != (text)))

#endif /* WF_RUNTIME_TRACE_H */
