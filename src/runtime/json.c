/* SPDX-License-Identifier: MIT */
/*
 * json.c - one line of JSON.
 * jansson quotes texts and prints reals; objects and integers are written as they come:
 * a log line needs no tree, and an unsigned number of 64 bits no sign.
 */
#include "runtime/json.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static size_t room(const struct wf_json *j)
{
    return j->at < j->size ? j->size - j->at : 0;
}

static char *end(const struct wf_json *j)
{
    return j->out + (j->at < j->size ? j->at : j->size);
}

static void put(struct wf_json *j, const char *text, size_t n)
{
    if (room(j))
        memcpy(end(j), text, n < room(j) ? n : room(j));
    j->at += n;
}

void wf_json_raw(struct wf_json *j, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(end(j), room(j), format, args);
    va_end(args);
    j->at += n > 0 ? (size_t)n : 0;
}

void wf_json_open(struct wf_json *j, const char *brace)
{
    put(j, brace, 1);
    j->first = true;
}

void wf_json_close(struct wf_json *j, const char *brace)
{
    put(j, brace, 1);
    j->first = false;
}

void wf_json_next(struct wf_json *j)
{
    if (!j->first)
        put(j, ",", 1);
    j->first = false;
}

void wf_json_key(struct wf_json *j, const char *key)
{
    wf_json_next(j);
    wf_json_string(j, key, strlen(key), SIZE_MAX);
    put(j, ":", 1);
}

/*
 * Characters stay, with those that JSON itself escapes; what a terminal would obey or
 * nobody can see, and bytes that are no UTF-8, become text: \x9b.  Returns how many
 * bytes of text were taken.
 */
static size_t clean(const char *text, size_t n, char *out, size_t *len)
{
    size_t from = 0, to = 0;
    while (from < n) {
        uint32_t c;
        size_t took = wf_utf8_get(text + from, n - from, &c);
        bool as_it_is = took && (c < 0x20 || wf_text_visible(c));
        size_t put = as_it_is ? took : 4 * (took ? took : 1);
        took = took ? took : 1;
        if (to + put > WF_JSON_TEXT)
            break;
        for (size_t i = 0; i < took; i++)
            if (as_it_is)
                out[to++] = text[from + i];
            else
                to += (size_t)snprintf(out + to, 5, "\\x%02x",
                                       (unsigned char)text[from + i]);
        from += took;
    }
    *len = to;
    return from;
}

/* At most len bytes of text, without half a character in the end. */
static size_t whole(const char *text, size_t len)
{
    while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

/* How many bytes it takes; written as far as they fit.  0: no memory. */
static size_t dump(struct wf_json *j, json_t *value)
{
    size_t n = value ? json_dumpb(value, end(j), room(j), JSON_ENCODE_ANY) : 0;
    json_decref(value);
    return n;
}

/* Nothing in it is to be quoted, as in most keys and texts: not worth a value. */
static bool plain(const char *text, size_t n)
{
    unsigned char odd = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        odd |= c < 0x20 || c > 0x7e || c == '"' || c == '\\';
    }
    return !odd;
}

bool wf_json_string(struct wf_json *j, const char *text, size_t n, size_t most)
{
    size_t len, want;
    if (n + 2 <= most && n <= WF_JSON_TEXT && plain(text, n)) {
        put(j, "\"", 1);
        put(j, text, n);
        put(j, "\"", 1);
        return true;
    }
    bool all = clean(text, n, j->clean, &len) == n;
    while ((want = dump(j, json_stringn_nocheck(j->clean, len))) > most && len) {
        size_t fit = len * most / want; /* if all characters were alike */
        len = whole(j->clean, fit < len ? fit : len - 1);
        all = false;
    }
    if (!want)
        put(j, "null", 4);
    j->at += want;
    return all && want;
}

void wf_json_real(struct wf_json *j, double v)
{
    size_t n = isfinite(v) ? dump(j, json_real(v)) : 0;
    j->at += n;
    if (!n)
        wf_json_raw(j, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}
