/* SPDX-License-Identifier: MIT */
/*
 * base/conf.h - weft.conf, the user's settings: lines "name = value", # begins a comment.
 */
#ifndef WF_BASE_CONF_H
#define WF_BASE_CONF_H
#include <stdbool.h>

enum { WF_CONF_WHERE_MAX = 88, WF_CONF_ERROR_MAX = 256 };

struct wf_conf_line {
    const char *name, *value;      /* without blanks around; value may be "" */
    char where[WF_CONF_WHERE_MAX]; /* "weft.conf:3: steal", for an error */
};

/* 0: go on; else fills in error and ends the reading. */
typedef int wf_conf_fn(void *arg, const struct wf_conf_line *line,
                       char error[static WF_CONF_ERROR_MAX]);

/*
 * Each line of $XDG_CONFIG_HOME/weft/weft.conf (~/.config without it), if there is one.
 * Returns 0, or -EINVAL for a line that is none, or what fn returned; then error has one
 * line that says where and what.
 */
int wf_conf_read(wf_conf_fn *fn, void *arg, char error[static WF_CONF_ERROR_MAX]);

/* Is this a setting of the commands that read traces, and so no knob of the runtime? */
bool wf_conf_is_reading(const char *name);
#endif /* WF_BASE_CONF_H */
