/* SPDX-License-Identifier: MIT */
/*
 * text.c - text that others wrote, made fit to be shown; and words alike.
 */
#include "base/text.h"

#include <string.h>

enum { ESCAPE_MAX = 16, WORD_MAX = 64 };

size_t wf_utf8_get(const char *s, size_t n, uint32_t *c)
{
    const unsigned char *u = (const unsigned char *)s;
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (n == 0)
        return 0;
    if (u[0] < 0x80) {
        *c = u[0];
        return 1;
    }
    size_t len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
    if (u[0] < 0xc2 || u[0] > 0xf4 || len > n)
        return 0;
    uint32_t v = u[0] & (0x7f >> len);
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (u[i] & 0x3f);
    }
    if (v < smallest[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *c = v;
    return len;
}

bool wf_text_visible(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        { 0, 0x1f },          /* C0 */
        { 0x7f, 0x9f },       /* DEL, C1 */
        { 0xad, 0xad },       /* soft hyphen */
        { 0x34f, 0x34f },     /* grapheme joiner */
        { 0x61c, 0x61c },     /* Arabic letter mark */
        { 0x115f, 0x1160 },   /* Hangul fillers */
        { 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
        { 0x180b, 0x180f },   /* Mongolian selectors */
        { 0x200b, 0x200f },   /* zero width, marks of direction */
        { 0x2028, 0x202e },   /* separators of lines, embeddings, overrides */
        { 0x2060, 0x206f },   /* joiners, isolates */
        { 0x3164, 0x3164 },   /* Hangul filler */
        { 0xfe00, 0xfe0f },   /* variation selectors */
        { 0xfeff, 0xfeff },   /* byte order mark */
        { 0xffa0, 0xffa0 },   /* Hangul filler */
        { 0xfff0, 0xfffb },   /* annotations */
        { 0x1d173, 0x1d17a }, /* musical beams */
        { 0xe0000, 0xe0fff }, /* tags */
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (c >= unseen[i].first && c <= unseen[i].last)
            return false;
    return (c & 0xfffe) != 0xfffe;
}

/* How the first character of s is shown, and how many bytes of s that took. */
static size_t shown(char out[ESCAPE_MAX], const char *s, size_t n)
{
    static const char *const named[32] = {
        ['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r"
    };
    uint32_t c = 0;
    size_t len = wf_utf8_get(s, n, &c);

    if (len == 0) {
        snprintf(out, ESCAPE_MAX, "\\x%02x", (unsigned char)*s);
        return 1;
    }
    if (wf_text_visible(c)) {
        memcpy(out, s, len);
        out[len] = '\0';
    } else if (c < 32 && named[c]) {
        snprintf(out, ESCAPE_MAX, "%s", named[c]);
    } else {
        snprintf(out, ESCAPE_MAX, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    }
    return len;
}

size_t wf_text_clean_n(char *out, size_t size, const char *s, size_t n)
{
    char one[ESCAPE_MAX];
    size_t used = 0;

    for (size_t at = 0; at < n;) {
        at += shown(one, s + at, n - at);
        size_t len = strlen(one);
        if (len >= size - used)
            break;
        memcpy(out + used, one, len);
        used += len;
    }
    out[used] = '\0';
    return used;
}

size_t wf_text_clean(char *out, size_t size, const char *s)
{
    return wf_text_clean_n(out, size, s, strlen(s));
}

void wf_text_print(FILE *f, const char *s)
{
    char one[ESCAPE_MAX];

    for (size_t n = strlen(s), at = 0; at < n;) {
        at += shown(one, s + at, n - at);
        fputs(one, f);
    }
}

size_t wf_text_width(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete, change or swap with their neighbour to make a from b. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[3][WORD_MAX + 1];

    for (size_t j = 0; j <= nb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = row[i % 3];
        const size_t *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1,
                           last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

const char *wf_text_nearest(const char *word,
                            const char *(*next)(const void *arg, size_t i),
                            const void *arg, size_t n)
{
    const char *nearest = NULL;
    size_t len = strlen(word), best = len < 3 ? 2 : len / 3 + 2;

    for (size_t i = 0; i < n && len <= WORD_MAX; i++) {
        const char *other = next(arg, i);
        size_t other_len = other ? strlen(other) : 0;
        if (other_len == 0 || other_len > WORD_MAX)
            continue;
        size_t d = distance(word, len, other, other_len);
        if (len >= 3 && !strncmp(word, other, len))
            d = least(d, 1); /* begun and not ended */
        if (d < best) {
            best = d;
            nearest = other;
        }
    }
    return nearest;
}

const char *wf_text_nth(const void *strings, size_t i)
{
    return ((const char *const *)strings)[i];
}
