/* SPDX-License-Identifier: MIT */
/*
 * error.h - errors, for who writes them into a line of his own.
 */
#ifndef WF_RUNTIME_ERROR_H
#define WF_RUNTIME_ERROR_H
#include <weft/error.h>

#include "runtime/json.h"

/* The value: an object, or null.  As much of it as may take at most `most` bytes more:
 * the stack goes first, frame by frame. */
void wf_error_put(struct wf_json *j, const weft_error *error, size_t most);

#endif /* WF_RUNTIME_ERROR_H */
