/* SPDX-License-Identifier: MIT */
/*
 * fiber.h - tell the sanitizers that the stack changes, and valgrind where stacks are;
 * nothing in other builds.  What is asked of valgrind is a few instructions that do
 * nothing outside of it, and comes once for each stack, not at a switch.
 */
#ifndef WF_RUNTIME_FIBER_H
#define WF_RUNTIME_FIBER_H
#include <stdbool.h>
#include <stddef.h>

#include "config.h"

#if defined(__SANITIZE_ADDRESS__)
#define WF_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WF_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WF_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WF_TSAN 1
#endif
#endif

#ifdef WF_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WF_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#ifdef WEFT_VALGRIND
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND             0
#define VALGRIND_STACK_REGISTER(lo, hi) 0
#define VALGRIND_STACK_DEREGISTER(id)   (void)(id)
#endif

/* Does valgrind run the program?  It reads memory of the program's itself, so no page may
 * be there that the kernel forbids and valgrind knows nothing of. */
static inline bool wf_fiber_valgrind(void)
{
    return RUNNING_ON_VALGRIND;
}

/* A stack, until it is forgotten by what this returns. */
static inline unsigned wf_fiber_stack(const char *lo, const char *hi)
{
    (void)lo, (void)hi;
    return (unsigned)VALGRIND_STACK_REGISTER(lo, hi);
}

static inline void wf_fiber_forget(unsigned stack)
{
    VALGRIND_STACK_DEREGISTER(stack);
}

/* New stacks here: what stood at these addresses before is forgotten. */
static inline void wf_fiber_map(const char *base, size_t size)
{
    (void)base, (void)size;
#ifdef WF_ASAN
    __asan_unpoison_memory_region(base, size);
#endif
}

/* Nobody may touch it, and somebody may again; NULL is allowed. */
static inline void wf_fiber_poison(const void *at, size_t size)
{
    (void)at, (void)size;
#ifdef WF_ASAN
    __asan_poison_memory_region(at, size);
#endif
}
static inline void wf_fiber_unpoison(const void *at, size_t size)
{
    (void)at, (void)size;
#ifdef WF_ASAN
    __asan_unpoison_memory_region(at, at ? size : 0);
#endif
}

/* About to leave for the stack lo..hi; save NULL: for ever. */
static inline void wf_fiber_leave(void **save, const char *lo, const char *hi,
                                  void *fiber)
{
    (void)save, (void)lo, (void)hi, (void)fiber;
#ifdef WF_ASAN
    __sanitizer_start_switch_fiber(save, lo, (size_t)(hi - lo));
#endif
#ifdef WF_TSAN
    __tsan_switch_to_fiber(fiber, 0);
#endif
}

/* Arrived on a stack that was left with saved, NULL for a new one. */
static inline void wf_fiber_arrive(void *saved)
{
    (void)saved;
#ifdef WF_ASAN
    __sanitizer_finish_switch_fiber(saved, NULL, NULL);
#endif
}

static inline void *wf_fiber_new(void)
{
#ifdef WF_TSAN
    return __tsan_create_fiber(0);
#else
    return NULL;
#endif
}

static inline void *wf_fiber_here(void)
{
#ifdef WF_TSAN
    return __tsan_get_current_fiber();
#else
    return NULL;
#endif
}

static inline void wf_fiber_free(void *fiber)
{
    (void)fiber;
#ifdef WF_TSAN
    if (fiber)
        __tsan_destroy_fiber(fiber);
#endif
}

#endif /* WF_RUNTIME_FIBER_H */
