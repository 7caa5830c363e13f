/* SPDX-License-Identifier: MIT */
/*
 * error.c - error values.
 * An error is one piece of memory: itself, its message, and the stack if it is the first
 * of its chain.  Nothing in it changes but the count, so readers need no lock.
 */
#include "runtime/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/backtrace.h"
#include "runtime/dump.h"
#include "runtime/runtime.h"

enum { CAUSES_SHOWN = 16, TAIL_ROOM = 48 };

struct weft_error {
    _Atomic uint64_t refs; /* of the static one: not counted */
    int code;
    uint32_t npcs;
    weft_error *cause; /* counted */
    const weft_error_kind *kind;
    void *data;
    uint64_t coroutine; /* where it began; 0: on a thread */
    const char *message;
    void *pc[]; /* npcs, then the message */
};

/* What there is when there is no memory. */
static weft_error out_of_memory = {
    .refs = 1,
    .code = -ENOMEM,
    .message = "out of memory",
};

/* ---- made and released ---- */

static size_t format_message(char out[WEFT_ERROR_MESSAGE], const char *format,
                             va_list args)
{
    int n = vsnprintf(out, WEFT_ERROR_MESSAGE, format, args);
    if (n < 0)
        n = snprintf(out, WEFT_ERROR_MESSAGE, "%s", format);
    return n < WEFT_ERROR_MESSAGE ? (size_t)n : WEFT_ERROR_MESSAGE - 1;
}

static weft_error *alloc(const char *message, size_t len, void *const *pc, size_t npcs)
{
    weft_error *e = malloc(sizeof *e + npcs * sizeof *pc + len + 1);
    if (!e)
        return NULL;
    memset(e, 0, sizeof *e);
    atomic_init(&e->refs, 1);
    e->npcs = (uint32_t)npcs;
    if (npcs)
        memcpy(e->pc, pc, npcs * sizeof *pc);
    char *text = (char *)(e->pc + npcs);
    memcpy(text, message, len);
    text[len] = '\0';
    e->message = text;
    return e;
}

/* site: where the public call returns to, the first frame that counts. */
static __attribute__((noinline)) weft_error *make(const weft_error_kind *kind,
                                                  void *data, int code,
                                                  const void *site, const char *format,
                                                  va_list args)
{
    char message[WEFT_ERROR_MESSAGE];
    void *pc[WEFT_ERROR_FRAMES];
    int keep = errno;
    size_t len = format_message(message, format, args);
    weft_error *e = alloc(message, len, pc, wf_backtrace(site, pc, WEFT_ERROR_FRAMES));
    errno = keep;
    if (!e) {
        if (kind && kind->release)
            kind->release(data);
        return &out_of_memory;
    }
    e->code = code;
    e->kind = kind;
    e->data = data;
    e->coroutine = wf_g() ? wf_g()->id : 0;
    return e;
}

weft_error *weft_error_new(int code, const char *format, ...)
{
    va_list args;
    if (!code)
        WF_BREACH("0 is no error");
    va_start(args, format);
    weft_error *e = make(NULL, NULL, code, __builtin_return_address(0), format, args);
    va_end(args);
    return e;
}

weft_error *weft_error_new_kind(const weft_error_kind *kind, void *data, int code,
                                const char *format, ...)
{
    va_list args;
    if (!code)
        WF_BREACH("0 is no error");
    va_start(args, format);
    weft_error *e = make(kind, data, code, __builtin_return_address(0), format, args);
    va_end(args);
    return e;
}

weft_error *weft_error_wrap(weft_error *cause, const char *format, ...)
{
    char message[WEFT_ERROR_MESSAGE];
    va_list args;
    if (!cause)
        return NULL;
    int keep = errno;
    va_start(args, format);
    size_t len = format_message(message, format, args);
    va_end(args);
    weft_error *e = alloc(message, len, NULL, 0);
    errno = keep;
    if (!e)
        return cause;
    e->code = cause->code;
    e->cause = cause;
    return e;
}

weft_error *weft_error_retain(weft_error *error)
{
    if (error && error != &out_of_memory)
        atomic_fetch_add_explicit(&error->refs, 1, memory_order_relaxed);
    return error;
}

static bool drop(weft_error *e)
{
    return e != &out_of_memory &&
           atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1;
}

void weft_error_release(weft_error *error)
{
    while (error && drop(error)) {
        weft_error *cause = error->cause;
        if (error->kind && error->kind->release)
            error->kind->release(error->data);
        free(error);
        error = cause;
    }
}

/* ---- looked at ---- */

int weft_error_code(const weft_error *error)
{
    return error ? error->code : 0;
}

const char *weft_error_message(const weft_error *error)
{
    return error ? error->message : "";
}

const weft_error *weft_error_cause(const weft_error *error)
{
    return error ? error->cause : NULL;
}

bool weft_error_is(const weft_error *error, int code)
{
    while (error && error->code != code)
        error = error->cause;
    return error != NULL;
}

const weft_error *weft_error_as(const weft_error *error, const weft_error_kind *kind)
{
    while (error && (error->kind != kind || !kind))
        error = error->cause;
    return error;
}

void *weft_error_data(const weft_error *error)
{
    return error ? error->data : NULL;
}

static const weft_error *origin(const weft_error *e)
{
    while (e && e->cause)
        e = e->cause;
    return e;
}

size_t weft_error_stack(const weft_error *error, void *const **pc)
{
    const weft_error *first = origin(error);
    *pc = first ? first->pc : NULL;
    return first ? first->npcs : 0;
}

/* ---- printed ---- */

/* "ENOENT", or NULL. */
static const char *code_name(int code)
{
    return code < 0 && code >= -4095 ? strerrorname_np(-code) : NULL;
}

/* As snprintf, again and again: at goes on when out is full. */
struct text {
    char *out;
    size_t size, at;
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *format, ...)
{
    va_list args;
    size_t room = t->at < t->size ? t->size - t->at : 0;
    va_start(args, format);
    int n = vsnprintf(room ? t->out + t->at : NULL, room, format, args);
    va_end(args);
    t->at += n > 0 ? (size_t)n : 0;
}

static void put_stack(struct text *t, const weft_error *e)
{
    const weft_error *first = origin(e);
    if (first->coroutine)
        put(t, "\n  in coroutine %llu", (unsigned long long)first->coroutine);
    for (uint32_t i = 0; i < first->npcs; i++) {
        struct wf_symbol s = { .at = "" };
        wf_symbolise(first->pc[i], &s);
        put(t, "\n    %s (%s)", s.at, s.in);
    }
}

size_t weft_error_text(const weft_error *error, bool stack, char *out, size_t size)
{
    struct text t = { out, size, 0 };
    if (!error) {
        put(&t, "no error");
        return t.at;
    }
    const char *name = code_name(error->code);
    for (const weft_error *e = error; e; e = e->cause)
        put(&t, "%s%s", e->message, e->cause ? ": " : "");
    if (name)
        put(&t, " (-%s)", name);
    else
        put(&t, " (%d)", error->code);
    if (stack)
        put_stack(&t, error);
    return t.at;
}

static void put_message(struct wf_json *j, const char *message)
{
    wf_json_key(j, "message");
    wf_json_string(j, message, strlen(message), SIZE_MAX);
}

/* With limit: where the value must have ended. */
static void put_causes(struct wf_json *j, const weft_error *e, size_t limit)
{
    unsigned n = 0, more = 0;
    wf_json_key(j, "causes");
    wf_json_open(j, "[");
    for (e = e->cause; e; e = e->cause) {
        size_t before = j->at;
        bool first = j->first;
        if (!more && n++ < CAUSES_SHOWN) {
            wf_json_next(j);
            wf_json_open(j, "{");
            put_message(j, e->message);
            wf_json_close(j, "}");
            if (j->at <= limit)
                continue;
            j->at = before;
            j->first = first;
        }
        more++;
    }
    wf_json_close(j, "]");
    if (more) {
        wf_json_key(j, "more");
        wf_json_raw(j, "%u", more);
    }
}

static void put_frames(struct wf_json *j, const weft_error *first, size_t limit)
{
    wf_json_key(j, "stack");
    wf_json_open(j, "[");
    for (uint32_t i = 0; i < first->npcs; i++) {
        struct wf_symbol s = { .at = "" };
        size_t before = j->at;
        bool was_first = j->first;
        wf_symbolise(first->pc[i], &s);
        wf_json_next(j);
        wf_json_open(j, "{");
        wf_json_key(j, "at");
        wf_json_string(j, s.at, strlen(s.at), SIZE_MAX);
        wf_json_key(j, "in");
        wf_json_string(j, s.in, strlen(s.in), SIZE_MAX);
        wf_json_close(j, "}");
        if (j->at > limit) {
            j->at = before;
            j->first = was_first;
            break;
        }
    }
    wf_json_close(j, "]");
}

void wf_error_put(struct wf_json *j, const weft_error *error, size_t most)
{
    size_t limit = most < SIZE_MAX - j->at ? j->at + most : SIZE_MAX;
    limit = limit > TAIL_ROOM ? limit - TAIL_ROOM : 0;
    if (!error) {
        wf_json_raw(j, "null");
        return;
    }
    const weft_error *first = origin(error);
    const char *name = code_name(error->code);
    wf_json_open(j, "{");
    wf_json_key(j, "code");
    wf_json_raw(j, "%d", error->code);
    if (name) {
        wf_json_key(j, "name");
        wf_json_raw(j, "\"%s\"", name);
    }
    put_message(j, error->message);
    if (error->cause)
        put_causes(j, error, limit);
    if (first->coroutine) {
        wf_json_key(j, "coroutine");
        wf_json_raw(j, "%llu", (unsigned long long)first->coroutine);
    }
    put_frames(j, first, limit);
    wf_json_close(j, "}");
}

size_t weft_error_json(const weft_error *error, char *out, size_t size)
{
    struct wf_json j = { .out = out, .size = size };
    wf_error_put(&j, error, SIZE_MAX);
    if (size)
        out[j.at < size ? j.at : size - 1] = '\0';
    return j.at;
}
