/* SPDX-License-Identifier: MIT */
/*
 * weft/log.h - log lines: one object of JSON each, with who says it and in which trace.
 *
 *   WEFT_LOG(WEFT_LOG_INFO, "listening", weft_log_str("on", addr), weft_log_int("n", n));
 *
 * makes {"time":"2026-11-23T18:04:05.123456789Z","level":"info","msg":"listening",
 * "coroutine":7,"name":"server","trace":"4bf9…","span":"00f0…","fields":{"on":"[::1]:80",
 * "n":3}}, on one line.  What has nothing to say is left out.  Texts are UTF-8: in what
 * is none, and of characters that a terminal obeys or nobody can see, each byte becomes
 * \x9b; those below 32 are escaped as JSON does it.
 *
 * A line has at most 4096 bytes with its line feed and goes out in one write(2), so that
 * lines of several threads, and of several processes into one pipe, never mix.  What does
 * not fit is shortened or left out, and "cut" tells how many times.  A line that could
 * not be written is dropped and counted: the next one that can be has "dropped".
 *
 * No call of this header parks: no other coroutine runs on this P because of it.  The
 * sink is a descriptor, not a weft_fd: a pipe, terminal or socket that takes nothing more
 * costs the line.  A file that the kernel is slow to write to keeps the thread, and after
 * WEFT_PREEMPT the P goes to others, as in any system call.
 *
 * While a trace is recorded each line is in it, too, as weft_log (weft/trace.h) would
 * put it there.
 */
#ifndef WEFT_LOG_H
#define WEFT_LOG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <weft/ctx.h>
#include <weft/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weft_log_level {
    WEFT_LOG_DEBUG,
    WEFT_LOG_INFO,
    WEFT_LOG_WARN,
    WEFT_LOG_ERROR,
    WEFT_LOG_OFF, /* of a threshold: nothing is written */
};

/* Most bytes of one line, with its line feed: what a pipe takes as one. */
enum { WEFT_LOG_LINE = 4096 };

enum weft_log_type {
    WEFT_LOG_INT,
    WEFT_LOG_UINT,
    WEFT_LOG_FLOAT,
    WEFT_LOG_BOOL,
    WEFT_LOG_TEXT,
    WEFT_LOG_CAUSE
};

/* A key with its value; made by the functions below. */
typedef struct weft_log_field {
    const char *key;
    int type;    /* enum weft_log_type */
    size_t size; /* of text */
    union {
        int64_t i;
        uint64_t u;
        double f;
        bool b;
        const char *text;
        const weft_error *error;
    } value;
} weft_log_field;

static inline weft_log_field weft_log_int(const char *key, int64_t value)
{
    weft_log_field f = { key, WEFT_LOG_INT, 0, { 0 } };
    f.value.i = value;
    return f;
}
static inline weft_log_field weft_log_uint(const char *key, uint64_t value)
{
    weft_log_field f = { key, WEFT_LOG_UINT, 0, { 0 } };
    f.value.u = value;
    return f;
}
/* What is no number is a string: "NaN", "Infinity", "-Infinity". */
static inline weft_log_field weft_log_float(const char *key, double value)
{
    weft_log_field f = { key, WEFT_LOG_FLOAT, 0, { 0 } };
    f.value.f = value;
    return f;
}
static inline weft_log_field weft_log_bool(const char *key, bool value)
{
    weft_log_field f = { key, WEFT_LOG_BOOL, 0, { 0 } };
    f.value.b = value;
    return f;
}
/* So many bytes, zeros among them; of at most 1024 something is shown. */
static inline weft_log_field weft_log_bytes(const char *key, const char *text,
                                            size_t size)
{
    weft_log_field f = { key, WEFT_LOG_TEXT, size, { 0 } };
    f.value.text = text;
    return f;
}
/* NULL is null. */
static inline weft_log_field weft_log_str(const char *key, const char *text)
{
    return weft_log_bytes(key, text, text ? strlen(text) : 0);
}
/* The object that weft_error_json makes, with as much of the stack as fits. */
static inline weft_log_field weft_log_error(const char *key, const weft_error *error)
{
    weft_log_field f = { key, WEFT_LOG_CAUSE, 0, { 0 } };
    f.value.error = error;
    return f;
}

/* weft_log_emit with the fields that follow the message; they are not computed when the
 * level is not written.  C only: C++ makes the array itself. */
#define WEFT_LOG(level, ...)                                                           \
    (weft_log_enabled(level) ? WEFT_LOG_EMIT_(level, __VA_ARGS__, { 0 }) : 0)
#define WEFT_LOG_EMIT_(level, message, ...)                                            \
    weft_log_emit(                                                                     \
        (level), (message), (const weft_log_field[]){ __VA_ARGS__ },                   \
        sizeof((const weft_log_field[]){ __VA_ARGS__ }) / sizeof(weft_log_field) - 1)

/*
 * weft_log_emit - write one line, if its level is written.
 *
 * message   what happened; details that differ from time to time are fields
 * fields    n of them; read before return, not kept
 *
 * Returns   0        written, or of no interest
 *           -EAGAIN  the sink takes nothing more now; counted as dropped, like
 *           -ENOMEM  no memory for the line
 *           -errno   what write(2) said
 * Context   anywhere but a signal handler; stays, and never parks
 * Traces    log
 * Source    Go, log/slog; there the handler may block
 */
int weft_log_emit(enum weft_log_level level, const char *message,
                  const weft_log_field *fields, size_t n);

/*
 * weft_log_enabled - would a line of this level be written, or be in a trace?
 *
 * Returns   whether it would
 * Context   anywhere; stays
 */
bool weft_log_enabled(enum weft_log_level level);

/*
 * weft_log_set_level - write lines of this level and above; WEFT_LOG_INFO at first.
 * The knob log (WEFT_LOG) sets it when weft_run begins, unless it is "auto".
 *
 * Returns   nothing
 * Context   anywhere; stays; from then on, for all threads
 */
void weft_log_set_level(enum weft_log_level level);

/*
 * weft_log_get_level - the lowest level that is written.
 *
 * Returns   the level
 * Context   anywhere; stays
 */
enum weft_log_level weft_log_get_level(void);

/*
 * weft_log_to - write to this descriptor from now on; standard error at first.
 *
 * fd        as open(2) gives it, for a file with O_APPEND; -1: lines are only traced
 *
 * Returns   0       done
 *           -EBADF  no such descriptor, or not for writing
 * Context   anywhere; stays
 * Owns      fd is the caller's, who closes it only when others have long been told
 */
int weft_log_to(int fd);

struct weft_log_stats {
    uint64_t lines;   /* written */
    uint64_t dropped; /* not written: no room, no memory, an error */
    uint64_t cut;     /* texts shortened and fields left out */
};

/*
 * weft_log_stats - what became of all lines so far.
 *
 * Returns   nothing; *out is filled
 * Context   anywhere; stays
 */
void weft_log_stats(struct weft_log_stats *out);

/* ---- whose work it is: the traceparent of W3C Trace Context ---- */

typedef struct weft_traceparent {
    uint8_t trace[16], span[8];
    uint8_t flags; /* 1: sampled */
} weft_traceparent;

/* Bytes of its text, with '\0'. */
enum { WEFT_TRACEPARENT_TEXT = 56 };

/*
 * weft_traceparent_parse - read the header "00-TRACE-SPAN-FLAGS", in lower-case hex.  Of
 * a later version what follows these four is passed over.
 *
 * Returns   0        *out is set
 *           -EINVAL  it is none: version ff, an id of zeros, or not of this form
 * Context   anywhere; stays
 * Source    W3C Trace Context, 3.2 traceparent header
 */
int weft_traceparent_parse(const char *text, weft_traceparent *out);

/*
 * weft_traceparent_format - the header as text, in version 00.
 *
 * Returns   out
 * Context   anywhere; stays
 */
char *weft_traceparent_format(const weft_traceparent *tp,
                              char out[WEFT_TRACEPARENT_TEXT]);

/*
 * weft_traceparent_child - a new span, at random, in the trace of parent.
 *
 * parent    NULL: in a new trace, which is sampled
 *
 * Returns   nothing; *out is set, and may be *parent
 * Context   anywhere; stays
 */
void weft_traceparent_child(const weft_traceparent *parent, weft_traceparent *out);

/*
 * weft_ctx_with_traceparent - make a context below parent in which lines tell of tp.
 *
 * tp        copied
 *
 * Returns   as weft_ctx_with_value
 * Context   as weft_ctx_with_value
 * Owns      as weft_ctx_with_value
 * Traces    as weft_ctx_with_value
 */
int weft_ctx_with_traceparent(weft_ctx *parent, const weft_traceparent *tp,
                              weft_ctx **out);

/*
 * weft_ctx_traceparent - the nearest traceparent of this context or above.
 *
 * Returns   it; NULL if there is none
 * Context   anywhere; stays
 * Owns      it is borrowed as long as the context is there
 */
const weft_traceparent *weft_ctx_traceparent(const weft_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_LOG_H */
