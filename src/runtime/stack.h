/* SPDX-License-Identifier: MIT */
/*
 * stack.h - where coroutines' stacks come from.
 */
#ifndef WF_RUNTIME_STACK_H
#define WF_RUNTIME_STACK_H
#include <stdbool.h>
#include <stdint.h>

struct wf_g;
struct wf_p;

/* Decide on guards as config says; 0 or -errno.  Before any M. */
int wf_stacks_init(void);
/* Give all memory back, or leave it to threads that still run on it. */
void wf_stacks_fini(bool leak);

/* Give g a stack that nothing has run on, from the P's cache: false without memory. */
bool wf_stack_bind(struct wf_p *p, struct wf_g *g);
/* Take it back.  The caller may still be on it until it next binds or frees one. */
void wf_stack_free(struct wf_p *p, struct wf_g *g);
/* All that a P which leaves keeps, to everybody. */
void wf_stack_give(struct wf_p *p);
/* Give the memory of stacks that nobody needed for a while back to the kernel. */
void wf_stacks_trim(void);

/* Did g run over the low end?  At a switch, where stacks without guard exist. */
bool wf_stack_broken(const struct wf_g *g);
_Noreturn void wf_stack_overflow(const struct wf_g *g);

/* Handle SIGSEGV and SIGBUS: report an overflow by name, leave the rest to others. */
void wf_stacks_catch(void);
void wf_stacks_release(void);

/* bigstack.c: the stack that weft_on_big_stack lends, g->big. */
struct wf_big_stack;
/* Above the coroutine's own stack meanwhile. */
char *wf_big_stack_own_hi(const struct wf_big_stack *b);
void wf_big_stacks_trim(void);
void wf_big_stacks_fini(bool leak); /* as wf_stacks_fini */

struct wf_stack_stats {
    uint64_t reserved, guarded;
    const char *guard;
};
void wf_stack_stats(struct wf_stack_stats *out);

#endif /* WF_RUNTIME_STACK_H */
