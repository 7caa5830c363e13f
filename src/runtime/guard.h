/* SPDX-License-Identifier: MIT */
/*
 * guard.h - guard pages below stacks, in the best way that this kernel has.
 */
#ifndef WF_RUNTIME_GUARD_H
#define WF_RUNTIME_GUARD_H
#include <stdbool.h>
#include <stddef.h>

/* wanted is enum weft_guard.  0, -ENOTSUP when the one wanted is not to be had. */
int wf_guard_init(int wanted, size_t stack_size);
/* Guard the low end of each of n stacks; false: none was, they need a canary. */
bool wf_guard_install(char *base, size_t stack_size, int n);
const char *wf_guard_name(void);
size_t wf_guard_size(void); /* bytes that a guard takes from the stack */
size_t wf_guard_page(void);

#endif /* WF_RUNTIME_GUARD_H */
