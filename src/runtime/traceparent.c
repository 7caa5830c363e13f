/* SPDX-License-Identifier: MIT */
/*
 * traceparent.c - which request work belongs to, as other programs know it.
 */
#include <weft/log.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "runtime/ctx.h"

/* "00-" trace "-" span "-" flags */
enum { AT_TRACE = 3, AT_SPAN = 36, AT_FLAGS = 53, LENGTH = 55 };

/* 0 to 15; -1: no digit.  Capitals are none here. */
static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = digit(text[2 * i]), low = high < 0 ? -1 : digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static char *put_hex(char *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = "0123456789abcdef"[bytes[i] >> 4];
        *out++ = "0123456789abcdef"[bytes[i] & 15];
    }
    return out;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= bytes[i];
    return !any;
}

int weft_traceparent_parse(const char *text, weft_traceparent *out)
{
    weft_traceparent tp;
    uint8_t version;
    size_t len = strnlen(text, LENGTH + 1);
    if (len < LENGTH || text[AT_TRACE - 1] != '-' || text[AT_SPAN - 1] != '-' ||
        text[AT_FLAGS - 1] != '-' || !read_hex(text, &version, 1) ||
        !read_hex(text + AT_TRACE, tp.trace, sizeof tp.trace) ||
        !read_hex(text + AT_SPAN, tp.span, sizeof tp.span) ||
        !read_hex(text + AT_FLAGS, &tp.flags, 1))
        return -EINVAL;
    if (version == 0xff || (len > LENGTH && (!version || text[LENGTH] != '-')) ||
        all_zero(tp.trace, sizeof tp.trace) || all_zero(tp.span, sizeof tp.span))
        return -EINVAL;
    *out = tp;
    return 0;
}

char *weft_traceparent_format(const weft_traceparent *tp,
                              char out[WEFT_TRACEPARENT_TEXT])
{
    char *at = out;
    *at++ = '0';
    *at++ = '0';
    *at++ = '-';
    at = put_hex(at, tp->trace, sizeof tp->trace);
    *at++ = '-';
    at = put_hex(at, tp->span, sizeof tp->span);
    *at++ = '-';
    *put_hex(at, &tp->flags, 1) = '\0';
    return out;
}

/* Not all zeros.  Before the kernel has randomness, or where it is denied, ids differ
 * by the clock and a counter: they are names, no secrets. */
static void fill_random(uint8_t *out, size_t n)
{
    static _Atomic uint64_t count;
    int keep = errno;
    bool got = getrandom(out, n, GRND_NONBLOCK) == (ssize_t)n;
    errno = keep;
    if (got && !all_zero(out, n))
        return;
    uint64_t x = (uint64_t)wf_clock_now() ^ atomic_fetch_add(&count, 1) << 48;
    for (size_t i = 0; i < n; i++) {
        x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        out[i] = (uint8_t)(x >> 56);
    }
    out[0] |= 1;
}

void weft_traceparent_child(const weft_traceparent *parent, weft_traceparent *out)
{
    weft_traceparent tp = { .flags = 1 };
    if (parent)
        tp = *parent;
    else
        fill_random(tp.trace, sizeof tp.trace);
    fill_random(tp.span, sizeof tp.span);
    *out = tp;
}

/* ---- in a context ---- */

static const char key;

int weft_ctx_with_traceparent(weft_ctx *parent, const weft_traceparent *tp,
                              weft_ctx **out)
{
    weft_traceparent *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *tp;
    int err = weft_ctx_with_value(parent, &key, copy, out);
    if (err)
        free(copy);
    else
        (*out)->own_value = true;
    return err;
}

const weft_traceparent *weft_ctx_traceparent(const weft_ctx *ctx)
{
    return weft_ctx_value(ctx, &key);
}
