/* SPDX-License-Identifier: MIT */
/*
 * symbols_dw.h - what debug information says of an address, through libdw.
 */
#ifndef WF_MODEL_SYMBOLS_DW_H
#define WF_MODEL_SYMBOLS_DW_H
#include "model/step.h"

struct wf_dw;

/* The descriptor stays the caller's.  NULL: no debug information, or no libdw. */
struct wf_dw *wf_dw_open(int fd, const unsigned char *id, size_t id_len);
/*
 * Improve frames[0], which has what the symbol table says, and put behind it what it was
 * inlined into.  How many.
 */
size_t wf_dw_find(struct wf_dw *d, uint64_t at, struct wf_frame *frames, size_t max);
void wf_dw_close(struct wf_dw *d);
#endif /* WF_MODEL_SYMBOLS_DW_H */
