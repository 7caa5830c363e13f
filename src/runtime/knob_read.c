/* SPDX-License-Identifier: MIT */
/*
 * knob_read.c - the readers of knobs: from text to a field of weft_config.
 * Each is true when all of text was understood and is in range, and writes only then.
 */
#include "runtime/knob_read.h"

#include <stdint.h>
#include <string.h>

#include <weft/run.h>

#include "base/clock.h"
#include "base/units.h"

static bool read_long(const char *text, int64_t least, int64_t most, int64_t *out)
{
    int64_t n;
    if (wf_parse_int(text, &n) || n < least || n > most)
        return false;
    *out = n;
    return true;
}

static bool read_int(const char *text, int64_t least, int64_t most, void *field)
{
    int64_t n;
    if (!read_long(text, least, most, &n))
        return false;
    *(int *)field = (int)n;
    return true;
}

static bool read_auto_int(const char *text, int64_t least, int64_t most, void *field)
{
    if (strcmp(text, "auto"))
        return read_int(text, least, most, field);
    *(int *)field = WEFT_AUTO;
    return true;
}

_Static_assert(WEFT_PROCS_MAX == 1024, "knobs.def says what is accepted");
bool wf_read_procs(const char *text, void *field)
{
    return read_auto_int(text, 1, WEFT_PROCS_MAX, field);
}
bool wf_read_threads(const char *text, void *field)
{
    return read_int(text, 1, 1000000, field);
}
bool wf_read_cache(const char *text, void *field)
{
    return read_int(text, 0, 1000000, field);
}
bool wf_read_hogs(const char *text, void *field)
{
    return read_auto_int(text, 0, 1000000, field);
}

static bool read_size(const char *text, int64_t least, int64_t most, size_t *out)
{
    int64_t n;
    if (wf_parse_size(text, &n) || n < least || n > most)
        return false;
    *out = (size_t)n;
    return true;
}

bool wf_read_stack_size(const char *text, void *field)
{
    static const size_t classes[] = { 16 << 10, 64 << 10, 256 << 10, 1 << 20 };
    size_t size;
    if (!read_size(text, 1, INT64_MAX, &size))
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (size == classes[i]) {
            *(size_t *)field = size;
            return true;
        }
    return false;
}

bool wf_read_buffer(const char *text, void *field)
{
    return read_size(text, INT64_C(256) << 10, INT64_C(4) << 30, field);
}

static bool read_time(const char *text, int64_t least, int64_t most, int64_t *out)
{
    int64_t ns;
    if (wf_parse_time(text, &ns) || ns < least || ns > most)
        return false;
    *out = ns;
    return true;
}

bool wf_read_preempt(const char *text, void *field)
{
    if (strcmp(text, "off"))
        return read_time(text, 100 * WF_NS_PER_US, 3600 * WF_NS_PER_S, field);
    *(int64_t *)field = 0;
    return true;
}

bool wf_read_range(const char *text, void *field)
{
    int64_t *min = field, *max = min + 1, least, most; /* as weft_config has them */
    char copy[64];
    size_t len = strlen(text);
    char *dots = len < sizeof copy ? strstr(memcpy(copy, text, len + 1), "..") : NULL;
    if (!dots)
        return false;
    *dots = 0;
    if (!read_time(copy, 10 * WF_NS_PER_US, WF_NS_PER_S, &least) ||
        !read_time(dots + 2, 10 * WF_NS_PER_US, WF_NS_PER_S, &most) || least > most)
        return false;
    *min = least;
    *max = most;
    return true;
}

bool wf_read_onoff(const char *text, void *field)
{
    bool on = !strcmp(text, "on");
    if (!on && strcmp(text, "off"))
        return false;
    *(bool *)field = on;
    return true;
}

static bool read_word(const char *text, const char *const *words, int *out)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(text, words[i])) {
            *out = i;
            return true;
        }
    return false;
}

bool wf_read_guard(const char *text, void *field)
{
    static const char *const words[] = { "auto", "madvise", "mprotect", "none", NULL };
    return read_word(text, words, field);
}

bool wf_read_mode(const char *text, void *field)
{
    static const char *const words[] = { "file", "off", NULL };
    return read_word(text, words, field);
}

/* WEFT_AUTO or enum weft_log_level. */
bool wf_read_log(const char *text, void *field)
{
    static const char *const words[] = { "auto",  "debug", "info", "warn",
                                         "error", "off",   NULL };
    int n;
    if (!read_word(text, words, &n))
        return false;
    *(int *)field = n - 1;
    return true;
}

bool wf_read_path(const char *text, void *field)
{
    size_t len = strlen(text);
    if (len >= WEFT_PATH_MAX)
        return false;
    memcpy(field, text, len + 1);
    return true;
}

/* Call each(item, context) for what commas separate; false as soon as it says so. */
static bool each_item(const char *text, bool (*each)(const char *item, void *to),
                      void *to)
{
    char copy[128], *rest = copy, *item;
    size_t len = strlen(text);
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len + 1);
    while ((item = strsep(&rest, ",")))
        if (!each(item, to))
            return false;
    return true;
}

static bool add_stacks(const char *item, void *to)
{
    unsigned *flags = to;
    if (!strcmp(item, "block"))
        *flags |= WEFT_STACKS_BLOCK;
    else if (!strcmp(item, "create"))
        *flags |= WEFT_STACKS_CREATE;
    else
        return false;
    return true;
}

bool wf_read_stacks(const char *text, void *field)
{
    unsigned flags = 0;
    if (strcmp(text, "none") && !each_item(text, add_stacks, &flags))
        return false;
    *(unsigned *)field = flags;
    return true;
}

struct debug {
    int64_t every;
    bool detail;
    int64_t fuzz;
};

static bool add_debug(const char *item, void *to)
{
    static const char every[] = "schedtrace=", fuzz[] = "fuzz=";
    struct debug *d = to;
    int64_t n;
    if (!strncmp(item, fuzz, sizeof fuzz - 1))
        return read_long(item + sizeof fuzz - 1, 1, UINT32_MAX, &d->fuzz);
    if (!strncmp(item, every, sizeof every - 1)) {
        if (!read_long(item + sizeof every - 1, 1, 1000000, &n))
            return false;
        d->every = n * WF_NS_PER_MS;
        return true;
    }
    if (strcmp(item, "scheddetail=1") && strcmp(item, "scheddump=1"))
        return false;
    d->detail = true;
    return true;
}

bool wf_read_debug(const char *text, void *field)
{
    int64_t *every = field, *fuzz = every + 2; /* as weft_config has them */
    bool *detail = (bool *)(every + 1);
    struct debug d = { 0 };
    if (*text && !each_item(text, add_debug, &d))
        return false;
    *every = d.every;
    *detail = d.detail;
    *fuzz = d.fuzz;
    return true;
}
