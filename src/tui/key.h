/* SPDX-License-Identifier: MIT */
/*
 * key.h - keys and the mouse, from what a terminal sends and from their names.
 *
 * The bytes are taken apart here, without a table of the terminal's: all that is in use
 * speak the sequences of xterm, the Linux console and rxvt for these few keys.
 */
#ifndef WF_TUI_KEY_H
#define WF_TUI_KEY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys without a character, by name. */
#define WF_KEYS(KEY)                                                                   \
    KEY(UP, "Up")                                                                      \
    KEY(DOWN, "Down")                                                                  \
    KEY(RIGHT, "Right")                                                                \
    KEY(LEFT, "Left")                                                                  \
    KEY(HOME, "Home")                                                                  \
    KEY(END, "End")                                                                    \
    KEY(PGUP, "PgUp")                                                                  \
    KEY(PGDN, "PgDn")                                                                  \
    KEY(INSERT, "Insert")                                                              \
    KEY(DELETE, "Delete")                                                              \
    KEY(ENTER, "Enter")                                                                \
    KEY(TAB, "Tab")                                                                    \
    KEY(BACKSPACE, "Backspace")                                                        \
    KEY(ESC, "Esc")                                                                    \
    KEY(F1, "F1")                                                                      \
    KEY(F2, "F2")                                                                      \
    KEY(F3, "F3")                                                                      \
    KEY(F4, "F4")                                                                      \
    KEY(F5, "F5")                                                                      \
    KEY(F6, "F6")                                                                      \
    KEY(F7, "F7")                                                                      \
    KEY(F8, "F8")                                                                      \
    KEY(F9, "F9")                                                                      \
    KEY(F10, "F10")                                                                    \
    KEY(F11, "F11")                                                                    \
    KEY(F12, "F12")                                                                    \
    KEY(PRESS, "Press")                                                                \
    KEY(DRAG, "Drag")                                                                  \
    KEY(RELEASE, "Release")                                                            \
    KEY(WHEEL_UP, "WheelUp")                                                           \
    KEY(WHEEL_DOWN, "WheelDown")

enum wf_key_code {
    WF_KEY_FIRST = 0x110000, /* past all characters */
#define KEY(ID, name) WF_KEY_##ID,
    WF_KEYS(KEY)
#undef KEY
        WF_KEY_END_OF_KEYS
};

enum { WF_MOD_SHIFT = 1, WF_MOD_ALT = 2, WF_MOD_CTRL = 4 };

struct wf_key {
    uint32_t code; /* a character, or an enum wf_key_code */
    uint8_t mods;  /* of a character: ALT and CTRL only */
    int x, y;      /* of the mouse, from 0 */
};

static inline bool wf_key_same(struct wf_key a, struct wf_key b)
{
    return a.code == b.code && a.mods == b.mods;
}

/* "C-d", "S-Left", "Space", "x": how a key is written.  0 or -EINVAL. */
int wf_key_parse(const char *name, struct wf_key *out);
enum { WF_KEY_NAME_MAX = 32 };
const char *wf_key_name(char out[WF_KEY_NAME_MAX], struct wf_key key);

/* What has come of a sequence so far. */
struct wf_keys {
    unsigned char buf[32];
    size_t n;
    bool skip; /* too long to be a key: what is left of it goes, too */
};

/* One byte more.  True: *out is a key. */
bool wf_keys_feed(struct wf_keys *k, unsigned char byte, struct wf_key *out);
/* Nothing came for a while: was it an Escape?  Also true at most once. */
bool wf_keys_pause(struct wf_keys *k, struct wf_key *out);
static inline bool wf_keys_pending(const struct wf_keys *k)
{
    return k->n > 0;
}
#endif /* WF_TUI_KEY_H */
