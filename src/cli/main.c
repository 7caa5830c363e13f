/* SPDX-License-Identifier: MIT */
/*
 * main.c - find the subcommand and run it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

#include "cli/cli.h"

const struct wf_command wf_commands[] = {
#define COMMAND(name_, arguments_, summary_)                                           \
    { #name_, arguments_, summary_, wf_cmd_##name_ },
#include "cli/commands.def"
};
const size_t wf_ncommands = sizeof wf_commands / sizeof *wf_commands;

const struct wf_command *wf_command_find(const char *name)
{
    for (size_t i = 0; i < wf_ncommands; i++)
        if (!strcmp(wf_commands[i].name, name))
            return &wf_commands[i];
    return NULL;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "weft: no command given (weft help lists them)\n");
        return WF_EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("weft %s\n", weft_version());
        return WF_EXIT_OK;
    }
    if (!strcmp(argv[1], "--help"))
        argv[1] += 2;
    const struct wf_command *command = wf_command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "weft: %s: no such command (weft help lists them)\n", argv[1]);
        return WF_EXIT_USAGE;
    }
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        perror("weft: standard output");
        return WF_EXIT_IO;
    }
    return status;
}
