/* SPDX-License-Identifier: MIT */
/*
 * cmd_verify.c - weft verify: what is wrong with a trace.
 */
#include <inttypes.h>

#include "base/text.h"
#include "cli/session.h"

static void print_line(void *arg, const char *line)
{
    (void)arg;
    wf_text_print(stdout, line);
    putchar('\n');
}

int wf_cmd_verify(int argc, char **argv)
{
    struct wf_session s;
    char error[256];
    int status = wf_session_options(&s, "verify", argc, argv, 1);

    if (status < 0) {
        int64_t found = wf_verify(s.path, print_line, NULL, error);
        status = found > 0 ? WF_EXIT_FOUND : WF_EXIT_OK;
        if (found < 0)
            status = wf_complain(WF_EXIT_IO, "%s", error);
        else if (found == 0)
            puts("sound");
    }
    wf_session_fini(&s);
    return status;
}
