/* SPDX-License-Identifier: MIT */
/*
 * recording.c - after a recording, in the command, never in the traced program's way:
 * look up the addresses of the trace while the program's files are those that ran.
 */
#include "cli/recording.h"

#include <signal.h>
#include <stddef.h>

#include "cli/cli.h"
#include "model/reader.h"

void wf_recording_begin(struct wf_recording *r, const char *path)
{
    *r = (struct wf_recording){ .path = path && *path ? path : NULL };
    r->there = r->path && !stat(r->path, &r->was);
}

/* A new trace is a new file, which takes the name. */
static bool has_come(const struct wf_recording *r)
{
    struct stat is;

    if (!r->path || stat(r->path, &is) || !S_ISREG(is.st_mode))
        return false;
    return !r->there || is.st_ino != r->was.st_ino || is.st_dev != r->was.st_dev ||
           is.st_mtim.tv_sec != r->was.st_mtim.tv_sec ||
           is.st_mtim.tv_nsec != r->was.st_mtim.tv_nsec;
}

void wf_recording_end(const struct wf_recording *r)
{
    char error[256];

    if (!has_come(r))
        return;
    void (*was)(int) = signal(SIGXFSZ, SIG_IGN); /* too large is an error, no death */
    if (wf_carry(r->path, error))
        wf_complain(0,
                    "%s (the trace is sound but carries no symbols: only with the "
                    "same program files at hand can its code be named)",
                    error);
    signal(SIGXFSZ, was);
}
