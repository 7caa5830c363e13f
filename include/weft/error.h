/* SPDX-License-Identifier: MIT */
/*
 * weft/error.h - errors as values: what went wrong, because of what, and where it began.
 * An error has a code (a negative errno, or a number of the program's own), a message,
 * the error that caused it, and the stack on which the first of such a chain was made.
 * It never changes once it is made: any number of coroutines and threads may look at it.
 *
 * An error is counted: who makes one has a reference, weft_error_release takes it.  NULL
 * is no error, as is a code of 0; all that looks at an error takes NULL.  No call here
 * returns NULL for want of memory.
 *
 * To make one costs an allocation and the walk of the stack: 0.6 us with 18
 * frames.  Their names are looked up when it is printed: 100 us for each that was not
 * before.
 */
#ifndef WEFT_ERROR_H
#define WEFT_ERROR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEFT_PRINTF(format, args) __attribute__((__format__(__printf__, format, args)))
#else
#define WEFT_PRINTF(format, args)
#endif

typedef struct weft_error weft_error;

/*
 * What errors of one kind have in common: a variable of the program's that is never
 * freed.  Its address is the kind; two with the same name are two kinds.
 */
typedef struct weft_error_kind {
    const char *name; /* "config" */
    void (*release)(
        void *data); /* with the last reference to an error; NULL: nothing */
} weft_error_kind;

/* Most bytes of one message, and most frames of a stack, that are kept. */
enum { WEFT_ERROR_MESSAGE = 1024, WEFT_ERROR_FRAMES = 32 };

/*
 * weft_error_new - make an error that no other one caused.
 *
 * code      a negative errno, or another number, but 0
 * format    as of printf; what it makes is kept, up to 1023 bytes
 *
 * Returns   the error; without memory a static one, with -ENOMEM and "out of memory"
 * Context   anywhere but a signal handler; stays
 * Owns      the caller has a reference, for weft_error_release
 * Source    Go, errors.New and fmt.Errorf; a stack is not in Go
 */
weft_error *weft_error_new(int code, const char *format, ...) WEFT_PRINTF(2, 3);

/*
 * weft_error_new_kind - make an error of a kind, with something of the program's own.
 *
 * kind      NULL: none
 * data      for weft_error_data; given to kind->release with the last reference, and at
 *           once when there is no memory
 *
 * Returns   as weft_error_new
 * Context   as weft_error_new
 * Owns      as weft_error_new; takes data
 * Source    Go: a type that implements error
 */
weft_error *weft_error_new_kind(const weft_error_kind *kind, void *data, int code,
                                const char *format, ...) WEFT_PRINTF(4, 5);

/*
 * weft_error_wrap - say what failed because of cause.  The code is the cause's, and so is
 * the stack: where it all began.
 *
 * cause     NULL: nothing failed, nothing is made
 *
 * Returns   the error; without memory cause itself; NULL for NULL
 * Context   as weft_error_new
 * Owns      takes the caller's reference to cause, and gives one to what is returned
 * Source    Go, fmt.Errorf with %w
 */
weft_error *weft_error_wrap(weft_error *cause, const char *format, ...)
    WEFT_PRINTF(2, 3);

/*
 * weft_error_retain - one reference more, to be released.
 *
 * Returns   error
 * Context   anywhere; stays
 */
weft_error *weft_error_retain(weft_error *error);

/*
 * weft_error_release - one reference less; with the last one the error is gone, and what
 * it kept of its causes.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler; stays, unless a kind's release does not
 * Owns      takes the reference
 */
void weft_error_release(weft_error *error);

/*
 * weft_error_code - the code, for who returns numbers.
 *
 * Returns   the code; 0 for NULL
 * Context   anywhere; stays
 */
int weft_error_code(const weft_error *error);

/*
 * weft_error_message - what this error says, without its causes.
 *
 * Returns   the message; "" for NULL
 * Context   anywhere; stays
 * Owns      it is borrowed as long as the error is there
 */
const char *weft_error_message(const weft_error *error);

/*
 * weft_error_cause - because of what.
 *
 * Returns   the error that was wrapped; NULL: none
 * Context   anywhere; stays
 * Owns      it is borrowed as long as the error is there
 * Source    Go, errors.Unwrap
 */
const weft_error *weft_error_cause(const weft_error *error);

/*
 * weft_error_is - is this code in the chain?
 *
 * Returns   whether this error or one of its causes has code
 * Context   anywhere; stays
 * Source    Go, errors.Is; there an error is compared, which here is weft_error_as
 */
bool weft_error_is(const weft_error *error, int code);

/*
 * weft_error_as - the first error of a kind in the chain.
 *
 * Returns   this error or the nearest of its causes that has this kind; NULL: none
 * Context   anywhere; stays
 * Owns      it is borrowed as long as error is there
 * Source    Go, errors.As
 */
const weft_error *weft_error_as(const weft_error *error, const weft_error_kind *kind);

/*
 * weft_error_data - what the error was made with.
 *
 * Returns   data as weft_error_new_kind took it; NULL for none
 * Context   anywhere; stays
 * Owns      it is borrowed as long as the error is there
 */
void *weft_error_data(const weft_error *error);

/*
 * weft_error_stack - where it began: the return addresses, the innermost first.
 *
 * pc        set to n addresses
 *
 * Returns   n, at most WEFT_ERROR_FRAMES: those of the coroutine, up to its function,
 *           or of the thread; 0 for NULL and without memory
 * Context   anywhere; stays
 * Owns      *pc is borrowed as long as the error is there
 */
size_t weft_error_stack(const weft_error *error, void *const **pc);

/*
 * weft_error_text - the error as text.  "message: cause: cause (-ENOENT)", then, after a
 * line feed each, the coroutine and the frames of the stack.
 *
 * out       size bytes, the last one written is '\0'; NULL with size 0
 * stack     false: the one line only
 *
 * Returns   the bytes of the whole text without '\0': size or more when it was cut
 * Context   anywhere but a signal handler; reads the program's symbols
 */
size_t weft_error_text(const weft_error *error, bool stack, char *out, size_t size);

/*
 * weft_error_json - the error as an object of JSON, on one line:
 * {"code":-2,"name":"ENOENT","message":"read the settings","causes":[{"message":
 * "open a.conf"}],"coroutine":7,"stack":[{"at":"main+0x12","in":"server"}]}
 * Of causes at most 16 are shown, the rest is counted in "more".
 *
 * Returns   as weft_error_text; NULL is null
 * Context   as weft_error_text
 */
size_t weft_error_json(const weft_error *error, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_ERROR_H */
