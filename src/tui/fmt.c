/* SPDX-License-Identifier: MIT */
/*
 * fmt.c - numbers as the screen shows them.
 */
#include "tui/fmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

const char *wf_fmt_time(char out[WF_FMT_MAX], int64_t ns)
{
    wf_show_time(out, ns);
    char *blank = strchr(out, ' ');
    if (blank)
        memmove(blank, blank + 1, strlen(blank));
    return out;
}

const char *wf_fmt_count(char out[WF_FMT_MAX], uint64_t n)
{
    static const char units[] = "MGTPE";
    double v = (double)n / 1e6;
    size_t i = 0;

    if (n < 1000) {
        snprintf(out, WF_FMT_MAX, "%" PRIu64, n);
    } else if (n < 1000000) {
        snprintf(out, WF_FMT_MAX, "%" PRIu64 ",%03" PRIu64, n / 1000, n % 1000);
    } else {
        for (; v >= 999.5; i++)
            v /= 1e3;
        snprintf(out, WF_FMT_MAX, "%.*f%c",
                 v < 9.995   ? 2
                 : v < 99.95 ? 1
                             : 0,
                 v, units[i]);
    }
    return out;
}

const char *wf_fmt_share(char out[WF_FMT_MAX], double part, double whole)
{
    double percent = whole > 0 ? 100 * part / whole : 0;

    if (!(whole > 0))
        snprintf(out, WF_FMT_MAX, "-");
    else if (percent > 0 && percent < 0.05)
        snprintf(out, WF_FMT_MAX, "<0.1%%");
    else
        snprintf(out, WF_FMT_MAX, percent > 0 && percent < 9.95 ? "%.1f%%" : "%.0f%%",
                 percent);
    return out;
}

const char *wf_fmt_moment(char out[WF_FMT_MAX], int64_t ns, int64_t step)
{
    const char *sign = ns < 0 ? "-" : "";
    uint64_t v = ns < 0 ? -(uint64_t)ns : (uint64_t)ns, unit = 1000000000;
    int digits = 0;

    while (digits < 9 && (uint64_t)(step < 1 ? 1 : step) < unit) {
        unit /= 10;
        digits++;
    }
    if (digits == 0)
        snprintf(out, WF_FMT_MAX, "%s%" PRIu64 "s", sign, v / 1000000000);
    else
        snprintf(out, WF_FMT_MAX, "%s%" PRIu64 ".%0*" PRIu64 "s", sign, v / 1000000000,
                 digits, v % 1000000000 / unit);
    return out;
}
