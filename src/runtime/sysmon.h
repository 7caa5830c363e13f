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
/* Where m's coroutine is now, if it answers within some ms: at most max return addresses
 * into pc; 0 if not.  On any thread but m's. */
uint32_t wf_sample_now(struct wf_m *m, uint64_t *pc, uint32_t max);
/* m is about to be freed. */
void wf_sample_forget(const struct wf_m *m);
void wf_sample_init(void);
void wf_sample_fini(void);

/* signal.c: take SIGUSR1 and SIGQUIT, and let go of all.  Before and after any M. */
void wf_signals_begin(void);
void wf_signals_end(void);
/* Each round: do what signals ask for that came since the last one. */
void wf_signals_serve(void);
bool wf_signals_came(void);
/* A channel waits for some. */
bool wf_signals_wanted(void);

/* dump.c: the lines of WEFT_DEBUG, on standard error. */
void wf_schedtrace(int64_t now);

#endif /* WF_RUNTIME_SYSMON_H */
