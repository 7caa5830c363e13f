/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - addresses of a traced program to functions and lines.
 */
#ifndef WF_MODEL_SYMBOLS_H
#define WF_MODEL_SYMBOLS_H
#include "model/reader.h"

struct wf_symbols;

/* The reader's modules are looked at when an address is asked for.  NULL: no memory. */
struct wf_symbols *wf_symbols_new(const struct wf_reader *r);
void wf_symbols_free(struct wf_symbols *s);

/*
 * The frames of one address, inlined ones first, at most max; at least one.  returns:
 * pc follows a call, which is what is looked for.  Strings are the symbols'.
 */
size_t wf_symbols_find(struct wf_symbols *s, uint64_t pc, bool returns,
                       struct wf_frame *frames, size_t max);

/* "file.c:12", else "function+0x1f", else "0x5581..."; returns out. */
const char *wf_frame_where(const struct wf_frame *f, char *out, size_t size);
#endif /* WF_MODEL_SYMBOLS_H */
