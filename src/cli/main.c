/* SPDX-License-Identifier: MIT */
/*
 * main.c - find the subcommand and run it.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <weft/version.h>

#include "base/text.h"
#include "cli/cli.h"

const struct wf_command wf_commands[] = {
#define G(name) WF_IN_##name
#define COMMAND(name_, arguments_, summary_, groups_)                                  \
    { #name_, arguments_, summary_, groups_, wf_cmd_##name_ },
#include "cli/commands.def"
#undef G
};
const size_t wf_ncommands = sizeof wf_commands / sizeof *wf_commands;

const struct wf_command *wf_command_find(const char *name)
{
    for (size_t i = 0; i < wf_ncommands; i++)
        if (!strcmp(wf_commands[i].name, name))
            return &wf_commands[i];
    return NULL;
}

static const char *command_name(const void *arg, size_t i)
{
    (void)arg;
    return wf_commands[i].name;
}

int wf_command_unknown(const char *name)
{
    const char *near = wf_text_nearest(name, command_name, NULL, wf_ncommands);

    if (near)
        return wf_complain(WF_EXIT_USAGE, "%s: no such command (did you mean %s?)",
                           name, near);
    return wf_complain(WF_EXIT_USAGE, "%s: no such command (weft help lists them)",
                       name);
}

struct wf_options wf_command_options(const char *name)
{
    const struct wf_command *command = wf_command_find(name);
    return (struct wf_options){ .command = command->name,
                                .usage = command->arguments,
                                .summary = command->summary,
                                .groups = command->groups };
}

int wf_complain(int status, const char *format, ...)
{
    char text[1024], clean[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wf_text_clean(clean, sizeof clean, text);
    fflush(stdout);
    fprintf(stderr, "weft: %s\n", clean);
    return status;
}

/* A word that is no command may be a trace to view. */
static int view_or_unknown(int argc, char **argv)
{
    const struct wf_command *view = wf_command_find("view");

    if (!view ||
        (strcmp(argv[1], "-") != 0 && !strpbrk(argv[1], "./") && access(argv[1], F_OK)))
        return wf_command_unknown(argv[1]);
    argv[0] = (char *)"view";
    return view->run(argc, argv);
}

static int option_unknown(const char *arg)
{
    static const char *const names[] = { "--help", "--version" };
    const char *near = wf_text_nearest(arg, wf_text_nth, names, 2);

    return wf_complain(WF_EXIT_USAGE, "%s: no such option (%s%s%s)", arg,
                       near ? "did you mean " : "weft help lists commands",
                       near ? near : "", near ? "?" : "");
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return wf_complain(WF_EXIT_USAGE, "no command given (weft help lists them)");
    if (!strcmp(argv[1], "--version")) {
        if (argc > 2)
            return wf_complain(WF_EXIT_USAGE, "--version takes nothing more");
        printf("weft %s\n", weft_version());
        return WF_EXIT_OK;
    }
    if (!strcmp(argv[1], "--help"))
        argv[1] += 2;
    if (argv[1][0] == '-' && argv[1][1])
        return option_unknown(argv[1]);
    const struct wf_command *command = wf_command_find(argv[1]);
    return command ? command->run(argc - 1, argv + 1) : view_or_unknown(argc, argv);
}

/* Or the next file that is opened would take the place of a closed standard stream:
 * these can be neither read (0) nor written (1, 2), as if they were closed. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
}

int main(int argc, char **argv)
{
    open_standard_streams();
    setlocale(LC_CTYPE, "");
    int status = dispatch(argc, argv);
    int bad = ferror(stdout);
    errno = 0;
    if (fflush(stdout) || bad || fclose(stdout))
        return wf_complain(WF_EXIT_IO, "standard output: %s",
                           errno ? strerror(errno) : "could not be written");
    return status;
}
