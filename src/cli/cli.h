/* SPDX-License-Identifier: MIT */
/*
 * cli/cli.h - what the subcommands share.
 */
#ifndef WF_CLI_CLI_H
#define WF_CLI_CLI_H
#include <stddef.h>
#include <weft/run.h>

#include "cli/options.h"

/* Exit statuses, the same for every command. */
enum wf_exit {
    WF_EXIT_OK = 0,
    WF_EXIT_FOUND = 1,   /* check, verify or a workload found something */
    WF_EXIT_USAGE = 2,   /* the command line is wrong */
    WF_EXIT_LACKING = 3, /* this machine lacks something */
    WF_EXIT_IO = 4,      /* could not read, write, bind or connect */
    WF_EXIT_PARTIAL = 5, /* --strict, and data is missing */
};

/* A subcommand; argv[0] is its own name. */
struct wf_command {
    const char *name, *arguments, *summary;
    unsigned groups; /* of options.def */
    int (*run)(int argc, char **argv);
};

extern const struct wf_command wf_commands[];
extern const size_t wf_ncommands;

/* Borrowed; NULL if there is no command of this name. */
const struct wf_command *wf_command_find(const char *name);
/* Says so, with the nearest; returns the exit status. */
int wf_command_unknown(const char *name);
/* The options of a command of this name, to be read. */
struct wf_options wf_command_options(const char *name);

/* Print "weft: ...", made visible, as one line on standard error; returns status. */
int wf_complain(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One KNOB=VALUE into config; -1, or exit status 2 after a complaint. */
int wf_cli_set(weft_config *config, const char *command, const char *setting);

#define COMMAND(name, arguments, summary, groups)                                      \
    int wf_cmd_##name(int argc, char **argv);
#include "cli/commands.def"

#endif /* WF_CLI_CLI_H */
