/* SPDX-License-Identifier: MIT */
/*
 * cmd_help.c - weft help [COMMAND].
 */
#include <stdio.h>

#include "cli/cli.h"

static void print_all(void)
{
    puts("usage: weft COMMAND [ARGUMENT...]\n       weft --version\n");
    for (size_t i = 0; i < wf_ncommands; i++)
        printf("  %-10s %s\n", wf_commands[i].name, wf_commands[i].summary);
}

int wf_cmd_help(int argc, char **argv)
{
    if (argc < 2) {
        print_all();
        return WF_EXIT_OK;
    }
    const struct wf_command *command = wf_command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "weft: %s: no such command (weft help lists them)\n", argv[1]);
        return WF_EXIT_USAGE;
    }
    printf("usage: weft %s %s\n\n%s\n", command->name, command->arguments,
           command->summary);
    return WF_EXIT_OK;
}
