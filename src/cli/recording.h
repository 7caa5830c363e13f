/* SPDX-License-Identifier: MIT */
/*
 * recording.h - what a command does for a trace that was recorded under it.
 */
#ifndef WF_CLI_RECORDING_H
#define WF_CLI_RECORDING_H
#include <stdbool.h>
#include <sys/stat.h>

struct wf_recording {
    const char *path; /* NULL: nothing is recorded */
    bool there;       /* before it began */
    struct stat was;
};

/* path is borrowed; NULL or "" for none. */
void wf_recording_begin(struct wf_recording *r, const char *path);
/*
 * If a new trace has come to stand there: give it its program's symbols.  What goes wrong
 * is said in one line, and is no failure: the trace is as sound as before.
 */
void wf_recording_end(const struct wf_recording *r);
#endif /* WF_CLI_RECORDING_H */
