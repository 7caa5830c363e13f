/* SPDX-License-Identifier: MIT */
/*
 * prompt.c - a line that is typed at the bottom of the screen, with history.
 */
#include <string.h>

#include "base/text.h"
#include "tui/app.h"

static const char kinds[] = ":/f";

static char (*history(struct wf_prompt *p))[WF_LINE_MAX]
{
    return p->history[strchr(kinds, p->kind) - kinds];
}

void wf_prompt_open(struct wf_tui *t, char kind, const char *text)
{
    struct wf_prompt *p = &t->prompt;

    p->kind = kind;
    p->recall = 0;
    snprintf(p->text, sizeof p->text, "%s", text);
    p->at = strlen(p->text);
}

static void remember(struct wf_prompt *p)
{
    char(*h)[WF_LINE_MAX] = history(p);

    if (!p->text[0] || !strcmp(h[0], p->text))
        return;
    memmove(h[1], h[0], (WF_HISTORY - 1) * sizeof h[0]);
    memcpy(h[0], p->text, sizeof h[0]);
}

/* Where the character before (or at) a place begins (or ends). */
static size_t left_of(const struct wf_prompt *p, size_t at)
{
    while (at > 0 && ((unsigned char)p->text[--at] & 0xc0) == 0x80)
        ;
    return at;
}

static size_t right_of(const struct wf_prompt *p, size_t at)
{
    do
        at += p->text[at] != '\0';
    while (((unsigned char)p->text[at] & 0xc0) == 0x80);
    return at;
}

static void erase(struct wf_prompt *p, size_t from, size_t to)
{
    memmove(p->text + from, p->text + to, strlen(p->text + to) + 1);
    p->at = from;
}

static void insert(struct wf_prompt *p, const char *s, size_t n)
{
    size_t len = strlen(p->text);

    if (len + n >= sizeof p->text)
        return;
    memmove(p->text + p->at + n, p->text + p->at, len - p->at + 1);
    memcpy(p->text + p->at, s, n);
    p->at += n;
}

static void type(struct wf_prompt *p, uint32_t c)
{
    char s[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (!wf_text_visible(c))
        return;
    for (size_t i = n; i-- > 1; c >>= 6)
        s[i] = (char)(0x80 | (c & 0x3f));
    s[0] = (char)(n == 1 ? c : (0xf00 >> n & 0xff) | c);
    insert(p, s, n);
}

static void recall(struct wf_prompt *p, int step)
{
    char(*h)[WF_LINE_MAX] = history(p);

    if (step > 0 && p->recall < WF_HISTORY && h[p->recall][0])
        p->recall++;
    else if (step < 0 && p->recall > 0)
        p->recall--;
    snprintf(p->text, sizeof p->text, "%s", p->recall ? h[p->recall - 1] : "");
    p->at = strlen(p->text);
}

/* As far as all that could follow agree. */
static void complete(struct wf_tui *t)
{
    struct wf_prompt *p = &t->prompt;
    const char *word = strrchr(p->text, ' ');
    size_t typed = strlen(word ? word + 1 : p->text);
    const char *first = wf_verb_complete(t, p->text, 0), *next = first;

    if (!first)
        return;
    size_t n = strlen(first), count = 0;
    for (; next; next = wf_verb_complete(t, p->text, ++count))
        while (strncmp(first, next, n) != 0)
            n--;
    p->at = strlen(p->text);
    if (n > typed)
        insert(p, first + typed, n - typed);
    if (count == 1)
        insert(p, " ", 1);
}

static void enter(struct wf_tui *t)
{
    struct wf_prompt *p = &t->prompt;
    char kind = p->kind, line[WF_LINE_MAX];

    remember(p);
    memcpy(line, p->text, sizeof line);
    p->kind = 0;
    if (kind == ':') {
        if (line[0])
            wf_tui_say_verb(t, line);
    } else {
        char verb[WF_LINE_MAX + 16];
        snprintf(verb, sizeof verb, "%s %s", kind == '/' ? "search" : "filter", line);
        wf_tui_say_verb(t, verb);
    }
}

static bool control(struct wf_tui *t, struct wf_key key)
{
    struct wf_prompt *p = &t->prompt;

    switch (key.code) {
    case 'a':
        p->at = 0;
        break;
    case 'e':
        p->at = strlen(p->text);
        break;
    case 'u':
        erase(p, 0, p->at);
        break;
    case 'k':
        p->text[p->at] = '\0';
        break;
    case 'c':
        p->kind = 0;
        break;
    default:
        return false;
    }
    (void)t;
    return true;
}

void wf_prompt_key(struct wf_tui *t, struct wf_key key)
{
    struct wf_prompt *p = &t->prompt;

    if (key.mods & WF_MOD_CTRL) {
        control(t, key);
        return;
    }
    switch (key.code) {
    case WF_KEY_ENTER:
        enter(t);
        break;
    case WF_KEY_ESC:
        p->kind = 0;
        break;
    case WF_KEY_BACKSPACE:
        if (!p->text[0])
            p->kind = 0;
        else
            erase(p, left_of(p, p->at), p->at);
        break;
    case WF_KEY_DELETE:
        erase(p, p->at, right_of(p, p->at));
        break;
    case WF_KEY_LEFT:
        p->at = left_of(p, p->at);
        break;
    case WF_KEY_RIGHT:
        p->at = right_of(p, p->at);
        break;
    case WF_KEY_HOME:
        p->at = 0;
        break;
    case WF_KEY_END:
        p->at = strlen(p->text);
        break;
    case WF_KEY_UP:
        recall(p, 1);
        break;
    case WF_KEY_DOWN:
        recall(p, -1);
        break;
    case WF_KEY_TAB:
        if (p->kind == ':')
            complete(t);
        break;
    default:
        if (key.code < WF_KEY_FIRST && !key.mods)
            type(p, key.code);
    }
}

void wf_prompt_draw(const struct wf_tui *t, struct wf_area a)
{
    const struct wf_prompt *p = &t->prompt;
    const char *label = p->kind == ':' ? ":" : p->kind == '/' ? "/" : "filter: ";
    char before[WF_LINE_MAX];

    wf_fill(a, 0, 0, a.w, 1, WF_S_TEXT, ' ');
    int x = wf_put(a, 0, 0, WF_S_BOLD, label);
    snprintf(before, sizeof before, "%.*s", (int)p->at, p->text);
    int cursor = x + wf_columns(before), shift = cursor < a.w ? 0 : cursor - a.w + 1;
    wf_put(wf_area_sub(a, x, 0, a.w, 1), -shift, 0, WF_S_TEXT, p->text);
    wf_mark_cursor(a, cursor - shift, 0, 1, 1);
    if (p->kind != ':')
        return;
    x = x + wf_columns(p->text) + 3;
    const char *next;
    for (size_t i = 0; x < a.w && i < 12 && (next = wf_verb_complete(t, p->text, i));
         i++)
        x = wf_put(a, x, 0, WF_S_DIM, next) + 1;
}
