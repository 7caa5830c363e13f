/* SPDX-License-Identifier: MIT */
/*
 * fmt.h - numbers as the screen shows them: short, with a unit, easy to compare.
 */
#ifndef WF_TUI_FMT_H
#define WF_TUI_FMT_H
#include <stddef.h>
#include <stdint.h>

enum { WF_FMT_MAX = 40 };

/* "6.71ms": no blank before the unit. */
const char *wf_fmt_time(char out[WF_FMT_MAX], int64_t ns);
/* "10,231", from a million on "1.23M". */
const char *wf_fmt_count(char out[WF_FMT_MAX], uint64_t n);
/* "31%", "0.4%", "<0.1%"; "-" of nothing. */
const char *wf_fmt_share(char out[WF_FMT_MAX], double part, double whole);
/* A moment in seconds, with as many digits as a step of so many ns needs. */
const char *wf_fmt_moment(char out[WF_FMT_MAX], int64_t ns, int64_t step);
#endif /* WF_TUI_FMT_H */
