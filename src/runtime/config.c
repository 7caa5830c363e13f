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
#include "runtime/knob_read.h"
#include "runtime/knobs.h"

/* ---- the table ---- */

_Static_assert(offsetof(weft_config, sysmon_max) ==
                   offsetof(weft_config, sysmon_min) + sizeof(int64_t),
               "read_range writes both");
_Static_assert(offsetof(weft_config, scheddetail) ==
                   offsetof(weft_config, schedtrace) + sizeof(int64_t),
               "read_debug writes both");

const struct wf_knob wf_knobs[] = {
#define KNOB(name, VARIABLE, type, field, std, accepted, doc)                          \
    {                                                                                  \
        #name,                                                                         \
        #VARIABLE,                                                                     \
        std,                                                                           \
        accepted,                                                                      \
        doc,                                                                           \
        wf_read_##type,                                                                \
        offsetof(weft_config, field)                                                   \
    },
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
    for (int i = 0; plain[i]; i++)
        if (!strcmp(name, plain[i]))
            return true;
    return !strncmp(name, "threshold.", 10) || !strncmp(name, "mute.", 5) ||
           !strncmp(name, "key.", 4);
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
