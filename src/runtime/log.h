/* SPDX-License-Identifier: MIT */
/*
 * log.h - log lines, for who begins a runtime.
 */
#ifndef WF_RUNTIME_LOG_H
#define WF_RUNTIME_LOG_H

/* The knob: enum weft_log_level, or WEFT_AUTO. */
void wf_log_configure(int level);

#endif /* WF_RUNTIME_LOG_H */
