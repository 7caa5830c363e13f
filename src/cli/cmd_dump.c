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
        status = WF_EXIT_OK;
        if (err && !ferror(stdout)) /* main tells of that */
            status = wf_complain(WF_EXIT_IO, "%s", error);
        else if (missing && wf_opt_given(&s.options, "strict"))
            status = wf_complain(WF_EXIT_PARTIAL,
                                 "%s: part of the trace is missing (--strict)", s.path);
    }
    wf_session_fini(&s);
    return status;
}
