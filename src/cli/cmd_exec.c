/* SPDX-License-Identifier: MIT */
/*
 * cmd_exec.c - weft exec: another program, with the environment that traces it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weft/run.h>

#include "cli/cli.h"

/* --set steal=off is WEFT_STEAL=off for the program: -1, or exit status 2. */
static int export_setting(const char *setting)
{
    char name[80] = "WEFT_";
    size_t n = strcspn(setting, "=");
    weft_config config;

    weft_config_init(&config);
    int status = wf_cli_set(&config, "exec", setting);
    if (status >= 0)
        return status;
    for (size_t i = 0; i < n; i++)
        name[5 + i] = (char)toupper((unsigned char)setting[i]);
    name[5 + n] = '\0';
    setenv(name, setting + n + 1, 1);
    return -1;
}

static int export_all(const struct wf_options *o)
{
    const char *setting, *trace = wf_opt_text(o, "trace");

    for (size_t i = 0; (setting = wf_opt_nth(o, "set", i)); i++) {
        int status = export_setting(setting);
        if (status >= 0)
            return status;
    }
    if (trace && !strcmp(trace, "-"))
        return wf_complain(WF_EXIT_USAGE,
                           "exec: --trace -: a trace is not text (name a file)");
    if (trace && setenv("WEFT_TRACE", trace, 1))
        return wf_complain(WF_EXIT_IO, "exec: %s", strerror(errno));
    return -1;
}

int wf_cmd_exec(int argc, char **argv)
{
    struct wf_options o = wf_command_options("exec");
    int status;

    o.stop = true;
    status = wf_options_read_n(&o, argc, argv, 1, argc);
    if (status < 0)
        status = export_all(&o);
    if (status < 0) {
        execvp(o.operands[0], o.operands);
        bool lacking = errno == ENOENT || errno == EACCES || errno == ENOEXEC;
        status = wf_complain(lacking ? WF_EXIT_LACKING : WF_EXIT_IO, "exec: %s: %s",
                             o.operands[0], strerror(errno));
    }
    wf_options_fini(&o);
    return status;
}
