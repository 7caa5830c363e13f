/* SPDX-License-Identifier: MIT */
/*
 * cmd_view.c - weft view: the screen.
 */
#include <string.h>
#include <unistd.h>

#include "cli/session.h"
#include "tui/tui.h"

/* With --strict, once the user has looked: is something missing? */
static int judge(struct wf_session *s)
{
    int status = wf_session_load(s);
    return status >= 0 ? status : wf_session_status(s, WF_EXIT_OK);
}

int wf_cmd_view(int argc, char **argv)
{
    struct wf_session s;
    int status = wf_session_options(&s, "view", argc, argv, 1);
    const struct wf_options *o = &s.options;

    if (status < 0 && !wf_opt_given(o, "script") &&
        !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        status = wf_complain(WF_EXIT_USAGE,
                             "view: this is no terminal (weft report prints "
                             "each screen as text)");
    if (status < 0) {
        struct wf_tui_opts opts = {
            .path = s.path,
            .at = wf_opt_given(o, "at") ? wf_opt_int(o, "at") : -1,
            .screen = wf_opt_text(o, "screen"),
            .script = wf_opt_text(o, "script"),
            .size = wf_opt_text(o, "size"),
            .mem = wf_opt_int(o, "mem"),
            .ascii = s.ascii || wf_opt_given(o, "ascii"),
            .no_mouse = s.no_mouse || wf_opt_given(o, "no-mouse"),
            .mute = s.model_opts.mute,
            .threshold = s.model_opts.threshold,
        };
        status = wf_tui_view(&opts);
        if (status == WF_EXIT_OK && wf_opt_given(o, "strict"))
            status = judge(&s);
    }
    wf_session_fini(&s);
    return status;
}
