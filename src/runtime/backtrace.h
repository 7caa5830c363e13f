/* SPDX-License-Identifier: MIT */
/*
 * backtrace.h - the stack of whoever calls, also through functions without a frame
 * pointer, and names for what stands there.
 */
#ifndef WF_RUNTIME_BACKTRACE_H
#define WF_RUNTIME_BACKTRACE_H
#include <stddef.h>

enum { WF_SYMBOL_ROOM = 160 };

struct wf_symbol {
    char at[WF_SYMBOL_ROOM]; /* "function+0x12", "+0x1234" in a file without symbols */
    char in[64];             /* the file, without its folders; "" */
};

/*
 * At most n return addresses, the innermost first: from the frame on that returns to
 * `from`, up to the coroutine's function or the end of the thread's stack.  Returns how
 * many.  Not for hot paths: trace.c walks by unwind.c.
 */
size_t wf_backtrace(const void *from, void **pc, size_t n);

/*
 * The same of a coroutine that does not run, and will not meanwhile: from where it was
 * left at.  The function that it began with is in it.
 */
struct wf_ctx;
size_t wf_backtrace_parked(const struct wf_ctx *at, void **pc, size_t n);

/* The names of a return address: in the call, that is, not behind it. */
void wf_symbolise(const void *pc, struct wf_symbol *out);

#endif /* WF_RUNTIME_BACKTRACE_H */
