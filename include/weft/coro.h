/* SPDX-License-Identifier: MIT */
/*
 * weft/coro.h - coroutines: make, join, yield, sleep, name, bind to a thread.
 * Any call may change the thread that a coroutine runs on, but for those that say
 * "stays": take no pthread mutex, thread-local pointer or stdio lock across one.
 */
#ifndef WEFT_CORO_H
#define WEFT_CORO_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A deadline that never comes. */
#define WEFT_FOREVER INT64_MAX

typedef struct weft_coro weft_coro;

/*
 * weft_go - start a coroutine that nobody joins.  Its stack comes when it first runs:
 * without memory for that the program ends, and says so.
 *
 * Returns   0        it is runnable
 *           -ENOMEM  no memory to keep it in
 *           -EPERM   called outside of a coroutine
 * Context   coroutines
 * Traces    g_create
 */
int weft_go(void (*fn)(void *), void *arg);

/*
 * weft_go_named - the same, with a name.
 *
 * name      copied; at most 63 bytes are kept
 *
 * Returns   as weft_go
 * Context   coroutines
 * Traces    g_create
 */
int weft_go_named(const char *name, void (*fn)(void *), void *arg);

/*
 * weft_spawn - start a coroutine that must be joined once.
 *
 * name      NULL: none
 * out       for weft_join
 *
 * Returns   as weft_go
 * Context   coroutines
 * Owns      *out is the caller's until weft_join returned 0
 * Traces    g_create
 */
int weft_spawn(const char *name, void (*fn)(void *), void *arg, weft_coro **out);

/*
 * weft_join - wait for a coroutine's end.
 *
 * deadline  absolute, ns of CLOCK_MONOTONIC; WEFT_FOREVER waits without end, 0 tries
 *
 * Returns   0           it ended; co is gone
 *           -ECANCELED  the caller's context was cancelled (weft/ctx.h)
 *           -ETIMEDOUT  the deadline came first; co is as before
 *           -EAGAIN     deadline 0 and it has not ended
 *           -EPERM      called outside of a coroutine
 * Context   coroutines
 * Owns      takes co when it returns 0
 * Traces    g_park or g_switch with reason join
 */
int weft_join(weft_coro *co, int64_t deadline);

/*
 * weft_yield - let others run.
 *
 * Returns   nothing
 * Context   coroutines; nothing elsewhere
 * Traces    g_yield or g_switch with reason yield, if there is another to run
 */
void weft_yield(void);

/*
 * weft_sleep - wait for ns nanoseconds.
 *
 * Returns   0       they have passed
 *           -EPERM  called outside of a coroutine
 *           -ECANCELED, -ETIMEDOUT  the caller's context ended first (weft/ctx.h)
 * Context   coroutines
 * Traces    g_park or g_switch with reason sleep
 */
int weft_sleep(int64_t ns);

/*
 * weft_sleep_until - wait for a moment, in ns of CLOCK_MONOTONIC.
 *
 * Returns   0       it has come
 *           -EPERM  called outside of a coroutine
 *           -ECANCELED, -ETIMEDOUT  the caller's context ended first (weft/ctx.h)
 * Context   coroutines
 * Traces    g_park or g_switch with reason sleep
 */
int weft_sleep_until(int64_t deadline);

/*
 * weft_now - the clock that deadlines are in.
 *
 * Returns   ns of CLOCK_MONOTONIC
 * Context   anywhere; stays
 */
int64_t weft_now(void);

/*
 * weft_self - the running coroutine's id.
 *
 * Returns   its id, 0 outside of a coroutine
 * Context   anywhere; stays
 */
uint64_t weft_self(void);

/*
 * weft_set_name - name the running coroutine.
 *
 * name      copied; at most 63 bytes are kept
 *
 * Returns   0        done
 *           -EPERM   called outside of a coroutine
 *           -ENOMEM  too many different names
 * Context   coroutines
 * Traces    g_name
 */
int weft_set_name(const char *name);

/*
 * weft_thread_pin - bind the running coroutine to the thread that it runs on.
 * Calls nest; the thread then serves nobody else.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_pin
 */
void weft_thread_pin(void);

/*
 * weft_thread_unpin - take one weft_thread_pin back.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    g_pin
 */
void weft_thread_unpin(void);

/*
 * weft_on_big_stack - call a function on a stack of 8 MiB.
 * For libraries that go deep (parsers of nested input, name resolution, databases): a
 * coroutine's own stack has WEFT_STACK_SIZE, 64 KiB if not said otherwise.  The coroutine
 * stays the same and may call all of weft meanwhile; within such a call, and on a plain
 * thread, fn is just called.  A few of these stacks are kept for the next call; one that
 * coroutines park on costs as much memory as its frames touch, in whole pages.
 *
 * fn        called with arg, in user state: it may be slow
 *
 * Returns   0        fn has returned
 *           -ENOMEM  no memory for the stack; fn was not called
 * Context   anywhere but a signal handler
 */
int weft_on_big_stack(void (*fn)(void *), void *arg);

/*
 * weft_errno_loc - where errno is, for the thread we are on now.
 * weft.h makes errno use it: compilers take the C library's own function for one whose
 * result never changes, and would keep a pointer to another thread's errno.
 *
 * Returns   errno's address, good until the next call that may change the thread
 * Context   anywhere; stays
 */
int *weft_errno_loc(void);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_CORO_H */
