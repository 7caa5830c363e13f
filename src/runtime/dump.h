/* SPDX-License-Identifier: MIT */
/*
 * dump.h - the scheduler in lines of text, on standard error.
 */
#ifndef WF_RUNTIME_DUMP_H
#define WF_RUNTIME_DUMP_H
#include <stdbool.h>

struct wf_g;

/* Every coroutine: what it does and where it was made.  What wf_fatal does last. */
void wf_dump_gs(void);
/* One coroutine of a deadlock, and who holds what it waits for. */
void wf_dump_wait(struct wf_g *g, struct wf_g *owner);
/* The line of schedtrace; with detail one for each P, M and G. */
void wf_dump_sched(bool detail);

#endif /* WF_RUNTIME_DUMP_H */
