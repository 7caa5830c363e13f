/* SPDX-License-Identifier: MIT */
/*
 * base/units.h - numbers, times and sizes as people write and read them.
 * The readers take the whole text or nothing: 0, -EINVAL for what is no such thing,
 * -ERANGE for what does not fit; *out is untouched on failure.
 */
#ifndef WF_BASE_UNITS_H
#define WF_BASE_UNITS_H
#include <stddef.h>
#include <stdint.h>

/* A decimal number, no sign but '-'. */
int wf_parse_int(const char *s, int64_t *out);
/* "1.5", "1e6"; never infinite, never no number. */
int wf_parse_number(const char *s, double *out);
/* "250ms" in ns: ns us ms s m h, the unit is wanted but for 0. */
int wf_parse_time(const char *s, int64_t *ns);
/* "64K" in bytes: K M G T are powers of 1024. */
int wf_parse_size(const char *s, int64_t *bytes);

/* The unit that n bytes at s spell, in ns; 0 when they spell none. */
double wf_time_unit(const char *s, size_t n);

enum { WF_UNIT_MAX = 32 };
/* "12.3 ms": three digits, or more where they are exact. */
const char *wf_show_time(char out[WF_UNIT_MAX], int64_t ns);
/* "16.2 MiB" */
const char *wf_show_size(char out[WF_UNIT_MAX], uint64_t bytes);
#endif /* WF_BASE_UNITS_H */
