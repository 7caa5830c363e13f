/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - addresses of a traced program to functions and lines.
 */
#ifndef WF_MODEL_SYMBOLS_H
#define WF_MODEL_SYMBOLS_H
#include "model/reader.h"

struct wf_symbols;

struct wf_carried;

/*
 * carried (NULL: none) is asked first: it is quicker than a file, and it is right for this
 * recording whatever became of the program since.  Else the modules' files, if they still
 * have the build-ids; modules is looked at when an address is asked for.  Both stay the
 * caller's.  NULL: no memory.
 */
struct wf_symbols *wf_symbols_new(const struct wf_modules *modules,
                                  const struct wf_carried *carried);
void wf_symbols_free(struct wf_symbols *s);

/*
 * The frames of one address, inlined ones first, at most max; at least one.  pc follows
 * the call that is looked for.  Strings are the symbols' or carried's.
 */
size_t wf_symbols_find(struct wf_symbols *s, uint64_t pc, struct wf_frame *frames,
                       size_t max);

/* "file.c:12", else "function+0x1f", else "0x5581..."; returns out. */
const char *wf_frame_where(const struct wf_frame *f, char *out, size_t size);
#endif /* WF_MODEL_SYMBOLS_H */
