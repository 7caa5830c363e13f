/* SPDX-License-Identifier: MIT */
/*
 * knob_read.h - the readers that knobs.def names.
 */
#ifndef WF_RUNTIME_KNOB_READ_H
#define WF_RUNTIME_KNOB_READ_H
#include <stdbool.h>

bool wf_read_procs(const char *text, void *field);
bool wf_read_threads(const char *text, void *field);
bool wf_read_cache(const char *text, void *field);
bool wf_read_hogs(const char *text, void *field);
bool wf_read_stack_size(const char *text, void *field);
bool wf_read_buffer(const char *text, void *field);
bool wf_read_preempt(const char *text, void *field);
bool wf_read_range(const char *text, void *field);
bool wf_read_onoff(const char *text, void *field);
bool wf_read_guard(const char *text, void *field);
bool wf_read_mode(const char *text, void *field);
bool wf_read_path(const char *text, void *field);
bool wf_read_stacks(const char *text, void *field);
bool wf_read_log(const char *text, void *field);
bool wf_read_debug(const char *text, void *field);

#endif /* WF_RUNTIME_KNOB_READ_H */
