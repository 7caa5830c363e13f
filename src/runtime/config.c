/* SPDX-License-Identifier: MIT */
/*
 * config.c - knobs: from the table, weft.conf and the environment to weft_config.
 */
#include <weft/run.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/knobs.h"

/* ---- readers: true when all of text was understood and is in range ---- */

static bool read_long(const char *text, long least, long most, long *out)
{
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    long n = strtol(text, &end, 10);
    if (errno || *end || n < least || n > most)
        return false;
    *out = n;
    return true;
}

static bool read_int(const char *text, long least, long most, void *field)
{
    long n;
    if (!read_long(text, least, most, &n))
        return false;
    *(int *)field = (int)n;
    return true;
}

static bool read_auto_int(const char *text, long least, long most, void *field)
{
    if (strcmp(text, "auto"))
        return read_int(text, least, most, field);
    *(int *)field = WEFT_AUTO;
    return true;
}

static bool read_procs(const char *text, void *field)
{
    return read_auto_int(text, 1, 1024, field);
}
static bool read_threads(const char *text, void *field)
{
    return read_int(text, 1, 1000000, field);
}
static bool read_cache(const char *text, void *field)
{
    return read_int(text, 0, 1000000, field);
}
static bool read_hogs(const char *text, void *field)
{
    return read_auto_int(text, 0, 1000000, field);
}

/* The number that text begins with, and what follows it: its unit. */
static bool read_number(const char *text, double *n, const char **unit)
{
    char *end;
    if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.")] == 'x')
        return false;
    *n = strtod(text, &end);
    *unit = end;
    return end != text && *n < 1e18;
}

static bool read_size(const char *text, size_t least, size_t most, size_t *out)
{
    static const char units[] = "KMG";
    const char *unit, *u;
    double n;
    if (!read_number(text, &n, &unit) || strchr(text, '.'))
        return false;
    if (*unit && (unit[1] || !(u = strchr(units, *unit))))
        return false;
    for (const char *i = units; *unit && i <= u; i++)
        n *= 1024;
    if (n < (double)least || n > (double)most)
        return false;
    *out = (size_t)n;
    return true;
}

static bool read_stack_size(const char *text, void *field)
{
    static const size_t classes[] = { 16 << 10, 64 << 10, 256 << 10, 1 << 20 };
    size_t size;
    if (!read_size(text, 1, SIZE_MAX, &size))
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (size == classes[i]) {
            *(size_t *)field = size;
            return true;
        }
    return false;
}

static bool read_buffer(const char *text, void *field)
{
    return read_size(text, (size_t)256 << 10, (size_t)4 << 30, field);
}

static bool read_time(const char *text, int64_t least, int64_t most, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        { "ns", 1 },          { "us", WF_NS_PER_US },    { "ms", WF_NS_PER_MS },
        { "s", WF_NS_PER_S }, { "m", 60 * WF_NS_PER_S }, { "h", 3600 * WF_NS_PER_S }
    };
    const char *unit;
    double n;
    if (!read_number(text, &n, &unit))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].name))
            continue;
        n *= (double)units[i].ns;
        if (n < (double)least || n > (double)most)
            return false;
        *out = (int64_t)n;
        return true;
    }
    return false;
}

static bool read_preempt(const char *text, void *field)
{
    if (strcmp(text, "off"))
        return read_time(text, 100 * WF_NS_PER_US, 3600 * WF_NS_PER_S, field);
    *(int64_t *)field = 0;
    return true;
}

static bool read_range(const char *text, void *field)
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

static bool read_onoff(const char *text, void *field)
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

static bool read_guard(const char *text, void *field)
{
    static const char *const words[] = { "auto", "madvise", "mprotect", "none", NULL };
    return read_word(text, words, field);
}

static bool read_mode(const char *text, void *field)
{
    static const char *const words[] = { "file", "off", NULL };
    return read_word(text, words, field);
}

static bool read_path(const char *text, void *field)
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

static bool read_stacks(const char *text, void *field)
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
};

static bool add_debug(const char *item, void *to)
{
    static const char every[] = "schedtrace=";
    struct debug *d = to;
    long n;
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

static bool read_debug(const char *text, void *field)
{
    int64_t *every = field;
    bool *detail = (bool *)(every + 1); /* as weft_config has them */
    struct debug d = { 0 };
    if (*text && !each_item(text, add_debug, &d))
        return false;
    *every = d.every;
    *detail = d.detail;
    return true;
}

/* ---- the table ---- */

_Static_assert(offsetof(weft_config, sysmon_max) ==
                   offsetof(weft_config, sysmon_min) + sizeof(int64_t),
               "read_range writes both");
_Static_assert(offsetof(weft_config, scheddetail) ==
                   offsetof(weft_config, schedtrace) + sizeof(int64_t),
               "read_debug writes both");

const struct wf_knob wf_knobs[] = {
#define KNOB(name, VARIABLE, type, field, std, accepted, doc)                          \
    { #name, #VARIABLE, std, accepted, doc, read_##type, offsetof(weft_config, field) },
#include "runtime/knobs.def"
    { 0 },
};

static const struct wf_knob *find(const char *name)
{
    for (const struct wf_knob *k = wf_knobs; k->name; k++)
        if (!strcmp(k->name, name))
            return k;
    return NULL;
}

/* At most 60 bytes of a text that somebody gave, without control characters. */
static const char *printable(const char *text, char out[64])
{
    size_t n = 0;
    for (; text[n] && n < 60; n++)
        out[n] = text[n] < ' ' || text[n] == 127 ? '?' : text[n];
    out[n] = 0;
    return out;
}

/* where: "WEFT_PROCS", "procs", "weft.conf:3: procs". */
static int set(weft_config *config, const struct wf_knob *k, const char *where,
               const char *value, char *error)
{
    char shown[64];
    if (k->read(value, (char *)config + k->offset))
        return 0;
    snprintf(error, WEFT_ERROR_MAX, "%s: \"%s\" cannot be used (accepted: %s)", where,
             printable(value, shown), k->accepted);
    return -EINVAL;
}

void weft_config_init(weft_config *config)
{
    char error[WEFT_ERROR_MAX];
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    for (const struct wf_knob *k = wf_knobs; k->name; k++)
        set(config, k, k->name, k->standard, error);
}

int weft_config_set(weft_config *config, const char *knob, const char *value,
                    char error[WEFT_ERROR_MAX])
{
    char shown[64];
    const struct wf_knob *k = find(knob);
    if (k)
        return set(config, k, knob, value, error);
    snprintf(error, WEFT_ERROR_MAX, "%s: no such knob", printable(knob, shown));
    return -ENOENT;
}

/* ---- weft.conf ---- */

/* What other parts of weft read from there. */
static bool others(const char *name)
{
    static const char *const plain[] = { "theme",         "glyphs",   "mouse",
                                         "live",          "live_dir", "trace_rotate",
                                         "trace_trigger", NULL };
    int i;
    return !strncmp(name, "threshold.", 10) || !strncmp(name, "mute.", 5) ||
           !strncmp(name, "key.", 4) || read_word(name, plain, &i);
}

static char *trim(char *text)
{
    size_t len;
    text += strspn(text, " \t");
    len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = 0;
    return text;
}

static int conf_line(weft_config *config, char *line, int number, char *error)
{
    char where[96], shown[64];
    line[strcspn(line, "#")] = 0;
    line = trim(line);
    if (!*line)
        return 0;
    char *value = strchr(line, '=');
    if (!value) {
        snprintf(error, WEFT_ERROR_MAX, "weft.conf:%d: \"%s\" is not name = value",
                 number, printable(line, shown));
        return -EINVAL;
    }
    *value++ = 0;
    char *name = trim(line);
    snprintf(where, sizeof where, "weft.conf:%d: %s", number, printable(name, shown));
    const struct wf_knob *k = find(name);
    if (k)
        return set(config, k, where, trim(value), error);
    if (others(name))
        return 0;
    snprintf(error, WEFT_ERROR_MAX, "%s: no such name", where);
    return -EINVAL;
}

static FILE *open_conf(void)
{
    char path[PATH_MAX];
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n;
    if (xdg && *xdg == '/')
        n = snprintf(path, sizeof path, "%s/weft/weft.conf", xdg);
    else if (home && *home == '/')
        n = snprintf(path, sizeof path, "%s/.config/weft/weft.conf", home);
    else
        return NULL;
    return n < (int)sizeof path ? fopen(path, "re") : NULL;
}

static int load_conf(weft_config *config, char *error)
{
    FILE *file = open_conf();
    char line[2048];
    int err = 0;
    if (!file)
        return 0;
    for (int number = 1; !err && fgets(line, sizeof line, file); number++)
        err = conf_line(config, line, number, error);
    fclose(file);
    return err;
}

int weft_config_load(weft_config *config, char error[WEFT_ERROR_MAX])
{
    int err = load_conf(config, error);
    for (const struct wf_knob *k = wf_knobs; !err && k->name; k++) {
        const char *value = getenv(k->variable);
        if (value)
            err = set(config, k, k->variable, value, error);
    }
    return err;
}
