/* SPDX-License-Identifier: MIT */
/*
 * sysmon.h - what the monitor does, beside taking Ps.
 */
#ifndef WF_RUNTIME_SYSMON_H
#define WF_RUNTIME_SYSMON_H
#include <stdbool.h>
#include <stdint.h>

struct wf_m;

/* threads.c: what the kernel says of a thread. */
bool wf_thread_sleeps(int tid);
/* Every 10 ms while traced: an event m_cpu for each M that has a P. */
void wf_threads_account(int64_t now);

/* sample.c: where a hog is.  Asked for by a signal, told when it has answered. */
void wf_sample_ask(struct wf_m *m);
void wf_sample_tell(void);
/* m is about to be freed. */
void wf_sample_forget(const struct wf_m *m);
void wf_sample_init(void);
void wf_sample_fini(void);

/* schedtrace.c: the lines of WEFT_DEBUG, on standard error. */
void wf_schedtrace(int64_t now);

#endif /* WF_RUNTIME_SYSMON_H */
