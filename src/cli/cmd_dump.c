/* SPDX-License-Identifier: MIT */
/*
 * cmd_dump.c - weft dump: every event as one line of text.
 */
#include <errno.h>

#include "cli/session.h"

int wf_cmd_dump(int argc, char **argv)
{
    struct wf_session s;
    char error[256];
    bool missing = false;
    int status = wf_session_options(&s, "dump", argc, argv, 1);

    if (status < 0) {
        struct wf_dump_opts opts = { .from = s.model_opts.from, .to = s.model_opts.to };
        int err = wf_dump(s.path, &opts, stdout, &missing, error);
        if (err && !ferror(stdout)) /* main tells of that */
            status = wf_complain(WF_EXIT_IO, "%s", error);
        else
            status = wf_session_strict(&s, missing);
    }
    wf_session_fini(&s);
    return status;
}
