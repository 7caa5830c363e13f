/* SPDX-License-Identifier: MIT */
/*
 * cli/session.h - a command that reads a trace: its options, the trace, the model.
 */
#ifndef WF_CLI_SESSION_H
#define WF_CLI_SESSION_H
#include "cli/cli.h"
#include "model/alert.h"
#include "model/reader.h"

struct wf_session {
    struct wf_options options;
    const char *path; /* of the trace; "-" is standard input */
    struct wf_model_opts model_opts;
    char **mute; /* of weft.conf and --mute, ends with NULL; NULL: none */
    size_t nmute;
    bool ascii, no_mouse; /* of weft.conf */
    struct wf_source *source;
    struct wf_model *model;
};

/*
 * Each returns -1 to go on, or the exit status after one line of complaint.
 * operands: how many, the trace being the last.
 */
int wf_session_options(struct wf_session *s, const char *command, int argc, char **argv,
                       int operands);
/* Open the trace and read it to its end into a model. */
int wf_session_load(struct wf_session *s);
/* The exit status of a command that came to its end: 5 with --strict when data is missing. */
int wf_session_status(const struct wf_session *s, int status);
/* The same for one that came to its end without a model. */
int wf_session_strict(const struct wf_session *s, bool missing);
void wf_session_fini(struct wf_session *s);
#endif /* WF_CLI_SESSION_H */
