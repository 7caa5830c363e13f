/* SPDX-License-Identifier: MIT */
/*
 * conf.c - weft.conf, line by line.
 */
#include "base/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { LINE_MAX_BYTES = 2048, SHOWN_MAX = 64 };

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

static char *trim(char *text)
{
    static const char blank[] = " \t\r\n";
    size_t n;

    text += strspn(text, blank);
    for (n = strlen(text); n && strchr(blank, text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

static int take(char *text, int number, wf_conf_fn *fn, void *arg,
                char error[static WF_CONF_ERROR_MAX])
{
    struct wf_conf_line line;
    char shown[SHOWN_MAX];

    text[strcspn(text, "#")] = '\0';
    text = trim(text);
    if (!*text)
        return 0;
    char *value = strchr(text, '=');
    if (value)
        *value++ = '\0';
    line.name = trim(text);
    wf_text_clean(shown, sizeof shown, line.name);
    if (!value) {
        snprintf(error, WF_CONF_ERROR_MAX, "weft.conf:%d: \"%s\" is not name = value",
                 number, shown);
        return -EINVAL;
    }
    line.value = trim(value);
    snprintf(line.where, sizeof line.where, "weft.conf:%d: %s", number, shown);
    return fn(arg, &line, error);
}

int wf_conf_read(wf_conf_fn *fn, void *arg, char error[static WF_CONF_ERROR_MAX])
{
    FILE *file = open_conf();
    char text[LINE_MAX_BYTES];
    int err = 0;

    if (!file)
        return 0;
    for (int number = 1; !err && fgets(text, sizeof text, file); number++)
        err = take(text, number, fn, arg, error);
    fclose(file);
    return err;
}

bool wf_conf_is_reading(const char *name)
{
    static const char *const names[] = { "threshold.", "mute.", "theme",
                                         "glyphs",     "mouse", "key." };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (!strncmp(name, names[i], n) && (names[i][n - 1] == '.' || !name[n]))
            return true;
    }
    return false;
}
