/* SPDX-License-Identifier: MIT */
/*
 * knobs.h - the table of knobs, for who prints it.
 */
#ifndef WF_RUNTIME_KNOBS_H
#define WF_RUNTIME_KNOBS_H
#include <stdbool.h>
#include <stddef.h>

struct wf_knob {
    const char *name, *variable, *standard, *accepted, *doc;
    bool (*read)(const char *text, void *field);
    size_t offset; /* in weft_config */
};

/* As knobs.def has them; the last one has no name. */
extern const struct wf_knob wf_knobs[];

/* The CPUs that this process may use, at least 1. */
int wf_cpus(void);
/* For tests: the files that tell of cgroups stand below dir, "" for the system's own. */
void wf_cpus_below(const char *dir);

#endif /* WF_RUNTIME_KNOBS_H */
