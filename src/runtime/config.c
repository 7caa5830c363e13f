/* SPDX-License-Identifier: MIT */
/*
 * config.c - knobs: from the table, weft.conf and the environment to weft_config.
 */
#include <weft/run.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"
#include "runtime/knob_read.h"
#include "runtime/knobs.h"

enum { SHOWN_MAX = 64 }; /* bytes of what somebody gave, in an error */
_Static_assert((int)WEFT_ERROR_MAX == WF_CONF_ERROR_MAX,
               "errors of weft.conf are ours");

/* ---- the table ---- */

_Static_assert(offsetof(weft_config, sysmon_max) ==
                   offsetof(weft_config, sysmon_min) + sizeof(int64_t),
               "read_range writes both");
_Static_assert(offsetof(weft_config, scheddetail) ==
                   offsetof(weft_config, schedtrace) + sizeof(int64_t),
               "read_debug writes both");
_Static_assert(offsetof(weft_config, fuzz) ==
                   offsetof(weft_config, schedtrace) + 2 * sizeof(int64_t),
               "and the third");

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

/* where: "WEFT_PROCS", "procs", "weft.conf:3: procs". */
static int set(weft_config *config, const struct wf_knob *k, const char *where,
               const char *value, char *error)
{
    char shown[SHOWN_MAX];
    if (k->read(value, (char *)config + k->offset))
        return 0;
    wf_text_clean(shown, sizeof shown, value);
    snprintf(error, WEFT_ERROR_MAX, "%s: \"%s\" cannot be used (accepted: %s)", where,
             shown, k->accepted);
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
    char shown[SHOWN_MAX];
    const struct wf_knob *k = find(knob);
    if (k)
        return set(config, k, knob, value, error);
    wf_text_clean(shown, sizeof shown, knob);
    snprintf(error, WEFT_ERROR_MAX, "%s: no such knob", shown);
    return -ENOENT;
}

/* ---- weft.conf and the environment ---- */

static int set_line(void *config, const struct wf_conf_line *line,
                    char error[static WEFT_ERROR_MAX])
{
    const struct wf_knob *k = find(line->name);

    if (k)
        return set(config, k, line->where, line->value, error);
    if (wf_conf_is_reading(line->name))
        return 0;
    snprintf(error, WEFT_ERROR_MAX, "%s: no such name", line->where);
    return -EINVAL;
}

int weft_config_load(weft_config *config, char error[WEFT_ERROR_MAX])
{
    int err = wf_conf_read(set_line, config, error);
    for (const struct wf_knob *k = wf_knobs; !err && k->name; k++) {
        const char *value = getenv(k->variable);
        if (value)
            err = set(config, k, k->variable, value, error);
    }
    return err;
}
