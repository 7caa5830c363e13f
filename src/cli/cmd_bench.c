/* SPDX-License-Identifier: MIT */
/*
 * cmd_bench.c - weft bench: hand over to weft-bench, which links the shared library.
 * This program has the library within itself: what it would measure is not what users
 * link.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/cli.h"

enum { PROGRAM_MAX = 4096 };

static const struct {
    const char *name;
    long long n;
    const char *doc;
} rows[] = {
#define ROW(name, n, doc) { #name, n, doc },
#include "bench/rows.def"
};
enum { NROWS = sizeof rows / sizeof *rows };

static const char *row_name(const void *arg, size_t i)
{
    (void)arg;
    return rows[i].name;
}

static int list(void)
{
    for (size_t i = 0; i < NROWS; i++)
        printf("%-22s %s; %lld times\n", rows[i].name, rows[i].doc, rows[i].n);
    return WF_EXIT_OK;
}

/* -1, or exit status 2. */
static int check_row(const char *name)
{
    for (size_t i = 0; i < NROWS; i++)
        if (!strcmp(rows[i].name, name))
            return -1;
    const char *near = wf_text_nearest(name, row_name, NULL, NROWS);
    return wf_complain(WF_EXIT_USAGE, "bench: %s: no such row (%s%s%s)", name,
                       near ? "did you mean " : "weft bench --list tells them",
                       near ? near : "", near ? "?" : "");
}

/* weft-bench: beside this program where it was built, else where it was installed. */
static void find_program(char path[static PROGRAM_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PROGRAM_MAX - 32);
    char *slash;

    path[n < 0 ? 0 : n] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        snprintf(slash, 32, "/bench/weft-bench"); /* the room that readlink left */
        if (!access(path, X_OK))
            return;
    }
    snprintf(path, PROGRAM_MAX, "%s/weft-bench", WEFT_LIBEXECDIR);
}

int wf_cmd_bench(int argc, char **argv)
{
    struct wf_options o = wf_command_options("bench");
    char path[PROGRAM_MAX];
    char **copy = calloc((size_t)argc + 1, sizeof *copy); /* reading moves argv about */

    if (!copy)
        wf_fatal("out of memory");
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    int status = wf_options_read_n(&o, argc, argv, 0, 1000);

    for (int i = 0; status < 0 && i < o.noperands; i++)
        status = check_row(o.operands[i]);
    if (status < 0 && wf_opt_given(&o, "json") && wf_opt_given(&o, "tsv"))
        status = wf_complain(WF_EXIT_USAGE,
                             "bench: --json and --tsv exclude each other");
    if (status < 0 && wf_opt_given(&o, "list"))
        status = list();
    if (status < 0) {
        find_program(path);
        execv(path, copy);
        status = wf_complain(WF_EXIT_LACKING, "bench: %s: %s", path, strerror(errno));
    }
    free(copy);
    wf_options_fini(&o);
    return status;
}
