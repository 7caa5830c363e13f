/* SPDX-License-Identifier: MIT */
/*
 * units.c - numbers, times and sizes as people write and read them.
 */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double ns;
} time_units[] = { { "ns", 1 },  { "us", 1e3 }, { "\u00b5s", 1e3 }, { "ms", 1e6 },
                   { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 } };

double wf_time_unit(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++)
        if (strlen(time_units[i].name) == n && !memcmp(time_units[i].name, s, n))
            return time_units[i].ns;
    return 0;
}

int wf_parse_int(const char *s, int64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)s[*s == '-']))
        return -EINVAL;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (*end)
        return -EINVAL;
    if (errno)
        return -ERANGE;
    *out = v;
    return 0;
}

/* A decimal fraction; what follows it is in *end. */
static int decimal(const char *s, double *out, const char **end)
{
    size_t n = strspn(s + (*s == '-'), "0123456789.") + (*s == '-');
    char *stop;

    if (!isdigit((unsigned char)s[*s == '-']))
        return -EINVAL;
    if ((s[n] == 'e' || s[n] == 'E') &&
        isdigit((unsigned char)s[n + 1 + (s[n + 1] == '-' || s[n + 1] == '+')]))
        n = 0; /* strtod finds the exponent's end */
    double v = strtod(s, &stop);
    if (n && stop != s + n)
        return -EINVAL;
    if (!isfinite(v))
        return -ERANGE;
    *out = v;
    *end = stop;
    return 0;
}

int wf_parse_number(const char *s, double *out)
{
    const char *end;
    double v;
    int err = decimal(s, &v, &end);

    if (err || *end)
        return err ? err : -EINVAL;
    *out = v;
    return 0;
}

/* s in a unit of so many, exactly where it is a whole number. */
static int scaled(const char *s, double v, double unit, int64_t *out)
{
    if (v < 0)
        return -EINVAL;
    if (v * unit >= 9.2e18)
        return -ERANGE;
    if (s[strspn(s, "0123456789")] == '.' || strpbrk(s, "eE"))
        *out = (int64_t)(v * unit + 0.5);
    else
        *out = (int64_t)strtoll(s, NULL, 10) * (int64_t)unit;
    return 0;
}

int wf_parse_time(const char *s, int64_t *ns)
{
    const char *end;
    double v;
    int err = decimal(s, &v, &end);

    if (err)
        return err;
    double unit = wf_time_unit(end, strlen(end));
    if (unit == 0 && !(v == 0 && !*end))
        return -EINVAL;
    return scaled(s, v, unit, ns);
}

int wf_parse_size(const char *s, int64_t *bytes)
{
    static const char letters[] = "KMGT";
    const char *end;
    double v, unit = 1;
    int err = decimal(s, &v, &end);

    if (err)
        return err;
    if (*end) {
        const char *at = strchr(letters, toupper((unsigned char)*end));
        if (!at || end[1])
            return -EINVAL;
        unit = (double)(INT64_C(1) << (10 * (at - letters + 1)));
    }
    return scaled(s, v, unit, bytes);
}

/* Three digits that count, as many as there are before the point. */
static void three(char out[WF_UNIT_MAX], bool negative, double v, const char *unit)
{
    int digits = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
    snprintf(out, WF_UNIT_MAX, "%s%.*f %s", negative ? "-" : "", digits, v, unit);
}

const char *wf_show_time(char out[WF_UNIT_MAX], int64_t ns)
{
    static const char *const units[] = { "us", "ms", "s" };
    double v = ns < 0 ? -(double)ns : (double)ns;
    size_t i = 0;

    if (ns > -1000 && ns < 1000) {
        snprintf(out, WF_UNIT_MAX, "%" PRId64 " ns", ns);
        return out;
    }
    for (v /= 1e3; v >= 999.5 && i < 2; i++)
        v /= 1e3;
    three(out, ns < 0, v, units[i]);
    return out;
}

const char *wf_show_size(char out[WF_UNIT_MAX], uint64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    double v = (double)bytes / 1024;
    size_t i = 0;

    if (bytes < 1024) {
        snprintf(out, WF_UNIT_MAX, "%" PRIu64 " B", bytes);
        return out;
    }
    for (; v >= 999.5 && i < 3; i++)
        v /= 1024;
    three(out, false, v, units[i]);
    return out;
}
