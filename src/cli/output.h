/* SPDX-License-Identifier: MIT */
/*
 * cli/output.h - files that are whole or not there: written beside, then renamed.
 */
#ifndef WF_CLI_OUTPUT_H
#define WF_CLI_OUTPUT_H
#include <stdio.h>

struct wf_output {
    FILE *file;
    const char *path; /* borrowed */
    char *beside;     /* NULL: written as it is (a device, a pipe) */
};

/* 0 or -errno. */
int wf_output_open(struct wf_output *out, const char *path);
/* The file is whole: 0, or -errno and it is as it was before. */
int wf_output_commit(struct wf_output *out);
#endif /* WF_CLI_OUTPUT_H */
