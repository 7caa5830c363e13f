/* SPDX-License-Identifier: MIT */
/*
 * key.c - bytes of a terminal into keys, and keys by name.
 */
#include "tui/key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { ESC = 0x1b, PARAMS = 4, PARAM_MAX = 9999 };

static const char *const names[] = {
#define KEY(ID, name) name,
    WF_KEYS(KEY)
#undef KEY
};
enum { NNAMES = sizeof names / sizeof *names };

/* Characters that are hard to write. */
static const struct {
    const char *name;
    uint32_t code;
} words[] = { { "Space", ' ' }, { "Return", WF_KEY_ENTER } };

static int code_of(const char *name, uint32_t *code)
{
    uint32_t c = 0;

    for (size_t i = 0; i < NNAMES; i++)
        if (!strcasecmp(names[i], name)) {
            *code = WF_KEY_FIRST + 1 + (uint32_t)i;
            return 0;
        }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(words[i].name, name)) {
            *code = words[i].code;
            return 0;
        }
    size_t n = strlen(name);
    if (n == 0 || wf_utf8_get(name, n, &c) != n || !wf_text_visible(c))
        return -EINVAL;
    *code = c;
    return 0;
}

int wf_key_parse(const char *name, struct wf_key *out)
{
    static const char letters[] = "SAC"; /* in the order of the bits */
    struct wf_key key = { 0 };

    while (name[0] && name[1] == '-' && name[2]) {
        const char *at = strchr(letters, name[0]);
        if (!at)
            return -EINVAL;
        key.mods |= (uint8_t)(1 << (at - letters));
        name += 2;
    }
    if (code_of(name, &key.code))
        return -EINVAL;
    *out = key;
    return 0;
}

const char *wf_key_name(char out[WF_KEY_NAME_MAX], struct wf_key key)
{
    char text[8] = "";
    const char *name = text;

    if (key.code > WF_KEY_FIRST && key.code < WF_KEY_END_OF_KEYS) {
        name = names[key.code - WF_KEY_FIRST - 1];
    } else if (key.code == ' ') {
        name = "Space";
    } else if (key.code < 0x80) {
        text[0] = (char)key.code;
    } else {
        text[0] = '?';
    }
    snprintf(out, WF_KEY_NAME_MAX, "%s%s%s%s", key.mods & WF_MOD_SHIFT ? "S-" : "",
             key.mods & WF_MOD_ALT ? "A-" : "", key.mods & WF_MOD_CTRL ? "C-" : "",
             name);
    return out;
}

/* A single byte below 0x80. */
static bool from_ascii(unsigned char b, struct wf_key *out)
{
    *out = (struct wf_key){ .code = b };
    if (b == '\t')
        out->code = WF_KEY_TAB;
    else if (b == '\r' || b == '\n')
        out->code = WF_KEY_ENTER;
    else if (b == 0x7f || b == 0x08)
        out->code = WF_KEY_BACKSPACE;
    else if (b < 0x20)
        *out = (struct wf_key){ .code = b ? (uint32_t)(b < 27 ? b | 0x60 : b | 0x40)
                                          : ' ',
                                .mods = WF_MOD_CTRL };
    return true;
}

/* Numbers of a CSI sequence; returns how many. */
static size_t params(const unsigned char *s, size_t n, int out[PARAMS])
{
    size_t count = 0;

    memset(out, 0, PARAMS * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ';')
            count++;
        else if (s[i] >= '0' && s[i] <= '9' && count < PARAMS && out[count] < PARAM_MAX)
            out[count] = out[count] * 10 + (s[i] - '0');
    }
    return count + 1;
}

static uint32_t by_letter(unsigned char final)
{
    static const struct {
        unsigned char final;
        uint32_t code;
    } letters[] = {
        { 'A', WF_KEY_UP },   { 'B', WF_KEY_DOWN },  { 'C', WF_KEY_RIGHT },
        { 'D', WF_KEY_LEFT }, { 'H', WF_KEY_HOME },  { 'F', WF_KEY_END },
        { 'P', WF_KEY_F1 },   { 'Q', WF_KEY_F2 },    { 'R', WF_KEY_F3 },
        { 'S', WF_KEY_F4 },   { 'M', WF_KEY_ENTER }, { 'Z', WF_KEY_TAB },
        { 'a', WF_KEY_UP },   { 'b', WF_KEY_DOWN },  { 'c', WF_KEY_RIGHT },
        { 'd', WF_KEY_LEFT },
    };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].final == final)
            return letters[i].code;
    return 0;
}

static uint32_t by_number(int n)
{
    static const uint32_t codes[] = {
        [1] = WF_KEY_HOME, [2] = WF_KEY_INSERT, [3] = WF_KEY_DELETE, [4] = WF_KEY_END,
        [5] = WF_KEY_PGUP, [6] = WF_KEY_PGDN,   [7] = WF_KEY_HOME,   [8] = WF_KEY_END,
        [11] = WF_KEY_F1,  [12] = WF_KEY_F2,    [13] = WF_KEY_F3,    [14] = WF_KEY_F4,
        [15] = WF_KEY_F5,  [17] = WF_KEY_F6,    [18] = WF_KEY_F7,    [19] = WF_KEY_F8,
        [20] = WF_KEY_F9,  [21] = WF_KEY_F10,   [23] = WF_KEY_F11,   [24] = WF_KEY_F12,
    };
    return n >= 0 && (size_t)n < sizeof codes / sizeof *codes ? codes[n] : 0;
}

/* CSI < button ; x ; y M or m */
static bool from_mouse(const int p[PARAMS], size_t n, bool press, struct wf_key *out)
{
    if (n != 3 || p[1] < 1 || p[2] < 1)
        return false;
    *out = (struct wf_key){ .x = p[1] - 1, .y = p[2] - 1 };
    if (p[0] & 4)
        out->mods |= WF_MOD_SHIFT;
    if (p[0] & 8)
        out->mods |= WF_MOD_ALT;
    if (p[0] & 16)
        out->mods |= WF_MOD_CTRL;
    int button = p[0] & ~28;
    if (button == 64 || button == 65)
        out->code = button == 64 ? WF_KEY_WHEEL_UP : WF_KEY_WHEEL_DOWN;
    else if (button == 0)
        out->code = press ? WF_KEY_PRESS : WF_KEY_RELEASE;
    else if (button == 32)
        out->code = WF_KEY_DRAG;
    else
        return false;
    return true;
}

/* What stands between "ESC [" and final. */
static bool from_csi(const unsigned char *s, size_t n, unsigned char final,
                     struct wf_key *out)
{
    int p[PARAMS];
    size_t count = params(s, n, p);

    if (n && s[0] == '<')
        return (final == 'M' || final == 'm') &&
               from_mouse(p, count, final == 'M', out);
    if (n && s[0] >= '<' && s[0] <= '?') /* an answer of the terminal's */
        return false;
    if (n && s[0] == '[') /* the Linux console's F1 to F5 */
        return final >= 'A' && final <= 'E' &&
               (*out = (struct wf_key){ .code = WF_KEY_F1 + (final - 'A') }, true);
    uint32_t code = final == '~' || final == '^' || final == '$' ? by_number(p[0])
                                                                 : by_letter(final);
    if (!code)
        return false;
    *out = (struct wf_key){ .code = code };
    if (count >= 2 && p[1] >= 2 && p[1] <= 8)
        out->mods = (uint8_t)(p[1] - 1);
    if (final == 'Z' || final == '$' || (final >= 'a' && final <= 'd'))
        out->mods |= WF_MOD_SHIFT;
    if (final == '^')
        out->mods |= WF_MOD_CTRL;
    return true;
}

/* An escape sequence: whole, with *out its key if it is one we know? */
static bool sequence_ends(struct wf_keys *k, bool *known, struct wf_key *out)
{
    unsigned char last = k->buf[k->n - 1];

    if (k->n == 2 && (last == '[' || last == 'O'))
        return false;
    if (k->n == 2) { /* Alt and a key */
        *known = last < 0x80 && last != ESC && from_ascii(last, out);
        out->mods |= WF_MOD_ALT;
        return true;
    }
    if (k->buf[1] == 'O') { /* SS3, perhaps with a modifier */
        if (last >= '0' && last <= '9' && k->n < 5)
            return false;
        *known = from_csi(NULL, 0, last, out);
        return true;
    }
    if (k->n == 3 && last == '[')
        return false;
    if (last < 0x40 && last != '$')
        return false;
    *known = from_csi(k->buf + 2, k->n - 3, last, out);
    return true;
}

static bool utf8_ends(struct wf_keys *k, bool *known, struct wf_key *out)
{
    size_t want = k->buf[0] >= 0xf0 ? 4 : k->buf[0] >= 0xe0 ? 3 : 2;
    uint32_t c = 0;

    if (k->buf[0] < 0xc2 || k->buf[0] > 0xf4) {
        *known = false;
        return true;
    }
    if (k->n < want)
        return false;
    *known = wf_utf8_get((char *)k->buf, k->n, &c) == k->n && wf_text_visible(c);
    *out = (struct wf_key){ .code = c };
    return true;
}

bool wf_keys_feed(struct wf_keys *k, unsigned char byte, struct wf_key *out)
{
    bool known = false;

    if (k->skip) {
        k->skip = byte < 0x40 || byte == '[';
        return false;
    }
    if (k->n == 0 && byte < 0x80 && byte != ESC)
        return from_ascii(byte, out);
    if (byte == ESC && k->n > 0) { /* a new sequence; a lone Escape was before it */
        known = k->n == 1;
        k->buf[0] = ESC;
        k->n = 1;
        *out = (struct wf_key){ .code = WF_KEY_ESC };
        return known;
    }
    if (k->n > 0 && k->buf[0] != ESC && (byte & 0xc0) != 0x80) { /* cut short */
        k->n = 0;
        return wf_keys_feed(k, byte, out);
    }
    k->buf[k->n++] = byte;
    if (k->n == 1 && byte == ESC)
        return false;
    bool end = k->buf[0] == ESC ? sequence_ends(k, &known, out)
                                : utf8_ends(k, &known, out);
    if (!end && k->n == sizeof k->buf)
        end = k->skip = true;
    if (end)
        k->n = 0;
    return end && known;
}

bool wf_keys_pause(struct wf_keys *k, struct wf_key *out)
{
    bool escape = k->n == 1 && k->buf[0] == ESC;
    bool alt = k->n == 2 && k->buf[0] == ESC;

    *out = (struct wf_key){ .code = WF_KEY_ESC };
    if (alt)
        *out = (struct wf_key){ .code = k->buf[1], .mods = WF_MOD_ALT };
    k->n = 0;
    k->skip = false;
    return escape || alt;
}
