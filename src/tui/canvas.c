/* SPDX-License-Identifier: MIT */
/*
 * canvas.c - cells, areas, and text put into them.
 */
#include "tui/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

enum { TEXT_MAX = 4096 };

const struct wf_style_info wf_style_info[WF_NSTYLES] = {
#define STYLE(name, fg, bg, fg16, bg16, attr, mono)                                    \
    { #name, fg, bg, fg16, bg16, attr, mono },
#include "tui/styles.def"
};

static const struct {
    uint32_t c, ascii;
} glyphs[WF_NGLYPHS] = {
#define GLYPH(name, code, ascii) { code, ascii },
#include "tui/glyphs.def"
};

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

int wf_canvas_resize(struct wf_canvas *cv, int w, int h)
{
    w = clamp(w, 1, WF_CANVAS_MAX);
    h = clamp(h, 1, WF_CANVAS_MAX);
    struct wf_glyph *cells = calloc((size_t)w * (size_t)h, sizeof *cells);
    if (!cells)
        return -ENOMEM;
    free(cv->cells);
    cv->cells = cells;
    cv->w = w;
    cv->h = h;
    wf_canvas_clear(cv);
    return 0;
}

void wf_canvas_clear(struct wf_canvas *cv)
{
    wf_fill(wf_area_all(cv), 0, 0, cv->w, cv->h, WF_S_TEXT, ' ');
}

void wf_canvas_fini(struct wf_canvas *cv)
{
    free(cv->cells);
    cv->cells = NULL;
    cv->w = cv->h = 0;
}

int wf_canvas_copy(struct wf_canvas *to, const struct wf_canvas *from)
{
    if (to->w != from->w || to->h != from->h) {
        int err = wf_canvas_resize(to, from->w, from->h);
        if (err)
            return err;
    }
    memcpy(to->cells, from->cells,
           (size_t)from->w * (size_t)from->h * sizeof *from->cells);
    return 0;
}

bool wf_canvas_same(const struct wf_canvas *a, const struct wf_canvas *b)
{
    return a->w == b->w && a->h == b->h &&
           !memcmp(a->cells, b->cells, (size_t)a->w * (size_t)a->h * sizeof *a->cells);
}

struct wf_area wf_area_all(struct wf_canvas *cv)
{
    return (struct wf_area){ cv, 0, 0, cv->w, cv->h };
}

struct wf_area wf_area_sub(struct wf_area a, int x, int y, int w, int h)
{
    int x0 = clamp(x, 0, a.w), y0 = clamp(y, 0, a.h);
    int x1 = clamp(x + w, x0, a.w), y1 = clamp(y + h, y0, a.h);
    return (struct wf_area){ a.cv, a.x + x0, a.y + y0, x1 - x0, y1 - y0 };
}

static bool inside(struct wf_area a, int x, int y)
{
    return x >= 0 && y >= 0 && x < a.w && y < a.h;
}

static struct wf_glyph *cell(struct wf_area a, int x, int y)
{
    return &a.cv->cells[(size_t)(a.y + y) * (size_t)a.cv->w + (size_t)(a.x + x)];
}

/* No half of a wide character stays when its other half is written over. */
static void unpair(struct wf_area a, int x, int y)
{
    int at = a.x + x;
    struct wf_glyph *g = cell(a, x, y);
    if (g->c == 0 && at > 0)
        g[-1].c = ' ';
    if (at + 1 < a.cv->w && g[1].c == 0)
        g[1].c = ' ';
}

uint32_t wf_glyph(struct wf_area a, enum wf_glyph_name name)
{
    return a.cv->ascii ? glyphs[name].ascii : glyphs[name].c;
}

/* Returns how many columns the character takes. */
static int put_one(struct wf_area a, int x, int y, enum wf_style s, uint32_t c)
{
    if (a.cv->ascii && c > 0x7e)
        c = '?';
    int width = c < 0x7f ? 1 : wcwidth((wchar_t)c);
    if (width == 0)
        return 0; /* a combining mark: its letter stands without it */
    if (width < 0 || (width == 1 && !wf_text_visible(c))) {
        c = '?';
        width = 1;
    }
    if (width == 2 && (!inside(a, x, y) || !inside(a, x + 1, y))) {
        if (inside(a, x, y))
            put_one(a, x, y, s, ' ');
        return 2;
    }
    if (!inside(a, x, y))
        return width;
    for (int i = 0; i < width; i++) {
        unpair(a, x + i, y);
        *cell(a, x + i, y) = (struct wf_glyph){ .c = i ? 0 : c, .style = s };
    }
    return width;
}

static void put_char(struct wf_area a, int x, int y, enum wf_style s, uint32_t c)
{
    put_one(a, x, y, s, c);
}

void wf_put_glyph(struct wf_area a, int x, int y, enum wf_style s,
                  enum wf_glyph_name name)
{
    put_one(a, x, y, s, wf_glyph(a, name));
}

int wf_put(struct wf_area a, int x, int y, enum wf_style s, const char *text)
{
    char clean[TEXT_MAX];
    size_t n = wf_text_clean(clean, sizeof clean, text);
    uint32_t c = 0;

    for (size_t i = 0, len; i < n && (len = wf_utf8_get(clean + i, n - i, &c));
         i += len)
        x += put_one(a, x, y, s, c);
    return x;
}

int wf_putf(struct wf_area a, int x, int y, enum wf_style s, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return wf_put(a, x, y, s, text);
}

int wf_columns(const char *text)
{
    char clean[TEXT_MAX];
    size_t n = wf_text_clean(clean, sizeof clean, text);
    uint32_t c = 0;
    int columns = 0;

    for (size_t i = 0, len; i < n && (len = wf_utf8_get(clean + i, n - i, &c));
         i += len) {
        int width = c < 0x7f ? 1 : wcwidth((wchar_t)c);
        columns += width < 0 ? 1 : width;
    }
    return columns;
}

void wf_put_in(struct wf_area a, int x, int y, int w, bool right, enum wf_style s,
               const char *text)
{
    int columns = wf_columns(text);
    struct wf_area part = wf_area_sub(a, x, y, w, 1);

    if (x < 0 || part.w < w) /* half outside: as far as it is seen */
        w = part.w;
    if (w <= 0 || part.h == 0)
        return;
    wf_put(part, right && columns < w ? w - columns : 0, 0, s, text);
    if (columns > w)
        put_char(part, w - 1, 0, s, '~');
}

int wf_put_wrapped(struct wf_area a, int x, int y, enum wf_style s, const char *text)
{
    int at = x;

    while (*text && y < a.h) {
        char word[256];
        size_t n = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (at > x && at + wf_columns(word) > a.w) {
            at = x;
            if (++y == a.h)
                return y;
        }
        at = wf_put(a, at, y, s, word) + 1;
        text += n;
        text += strspn(text, " ");
    }
    return y + 1;
}

void wf_fill(struct wf_area a, int x, int y, int w, int h, enum wf_style s, uint32_t c)
{
    struct wf_area part = wf_area_sub(a, x, y, w, h);
    for (int j = 0; j < part.h; j++)
        for (int i = 0; i < part.w; i++)
            put_one(part, i, j, s, c);
}

void wf_mark_cursor(struct wf_area a, int x, int y, int w, int h)
{
    struct wf_area part = wf_area_sub(a, x, y, w, h);
    for (int j = 0; j < part.h; j++)
        for (int i = 0; i < part.w; i++)
            cell(part, i, j)->cursor = true;
}

enum wf_glyph_name wf_level(double level)
{
    if (!(level > 0))
        return WF_GL_IDLE;
    int eighths = level >= 1 ? 8 : (int)(level * 8 + 0.5);
    return (enum wf_glyph_name)(WF_GL_V1 + clamp(eighths, 1, 8) - 1);
}

void wf_put_bar(struct wf_area a, int x, int y, int w, enum wf_style s, double level)
{
    int eighths = level >= 1 ? w * 8 : level > 0 ? (int)(level * w * 8 + 0.5) : 0;

    for (int i = 0; i < w; i++) {
        int here = clamp(eighths - i * 8, 0, 8);
        enum wf_glyph_name name = here ? (enum wf_glyph_name)(WF_GL_H1 + here - 1)
                                       : WF_GL_IDLE;
        wf_put_glyph(a, x + i, y, s, name);
    }
}
