/* SPDX-License-Identifier: MIT */
/*
 * cmd_help.c - weft help [COMMAND].
 */
#include <stdio.h>

#include "cli/cli.h"

static void print_all(void)
{
    puts("usage: weft COMMAND [ARGUMENT...]\n"
         "       weft TRACE\n"
         "       weft --version\n");
    for (size_t i = 0; i < wf_ncommands; i++)
        printf("  %-10s %s\n", wf_commands[i].name, wf_commands[i].summary);
}

int wf_cmd_help(int argc, char **argv)
{
    struct wf_options o = wf_command_options("help");
    int status = wf_options_read_n(&o, argc, argv, 0, 1);

    if (status >= 0)
        return status;
    if (o.noperands == 0) {
        print_all();
        return WF_EXIT_OK;
    }
    const struct wf_command *command = wf_command_find(o.operands[0]);
    if (!command)
        return wf_command_unknown(o.operands[0]);
    return command->run(2, (char *[]){ o.operands[0], (char *)"--help", NULL });
}
