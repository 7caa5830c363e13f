/* SPDX-License-Identifier: MIT */
/*
 * cmd_summary.c - weft summary: the whole trace on one page, or as JSON.
 */
#include "cli/session.h"
#include "export/json.h"
#include "export/text.h"

int wf_cmd_summary(int argc, char **argv)
{
    struct wf_session s;
    int status = wf_session_options(&s, "summary", argc, argv, 1);

    if (status < 0)
        status = wf_session_load(&s);
    if (status < 0) {
        json_t *summary = wf_json_summary(s.model);
        if (wf_opt_given(&s.options, "json"))
            wf_json_write(stdout, summary);
        else
            wf_text_summary(stdout, summary);
        json_decref(summary);
        status = wf_session_status(&s, WF_EXIT_OK);
    }
    wf_session_fini(&s);
    return status;
}
