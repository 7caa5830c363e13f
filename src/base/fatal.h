/* SPDX-License-Identifier: MIT */
/*
 * base/fatal.h - the end: for a caller that broke the contract, or weft its own.
 */
#ifndef WF_BASE_FATAL_H
#define WF_BASE_FATAL_H

#define wf_likely(cond)   __builtin_expect(!!(cond), 1)
#define wf_unlikely(cond) __builtin_expect(!!(cond), 0)

/* Called once, after the message and before the abort: what else helps to understand.
 */
extern void (*wf_fatal_hook)(void);

/* Print "weft: MESSAGE" in one write, call the hook, abort.  Any thread, any stack. */
_Noreturn void wf_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An invariant of weft's own, checked in every build: off the hot path. */
#define WF_CHECK(cond)                                                                 \
    (wf_likely(cond) ? (void)0                                                         \
                     : wf_fatal("%s:%d: %s: broken invariant: %s", __FILE__, __LINE__, \
                                __func__, #cond))

/* The same on the hot path: only with --enable-debug. */
#ifdef WF_DEBUG
#define WF_DCHECK(cond) WF_CHECK(cond)
#else
#define WF_DCHECK(cond) ((void)sizeof(!(cond)))
#endif

#endif /* WF_BASE_FATAL_H */
