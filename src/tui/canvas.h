/* SPDX-License-Identifier: MIT */
/*
 * canvas.h - cells of text with a style each, and areas of them to draw in.
 *
 * Views draw here and nowhere else, so that a screen can be compared as text.  Whatever
 * is put passes wf_text_clean: no cell ever holds what controls a terminal.
 */
#ifndef WF_TUI_CANVAS_H
#define WF_TUI_CANVAS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum wf_style {
#define STYLE(name, fg, bg, fg16, bg16, attr, mono) WF_S_##name,
#include "tui/styles.def"
    WF_NSTYLES
};

enum wf_glyph_name {
#define GLYPH(name, code, ascii) WF_GL_##name,
#include "tui/glyphs.def"
    WF_NGLYPHS
};

enum {
    WF_ATTR_BOLD = 1,
    WF_ATTR_DIM = 2,
    WF_ATTR_UNDERLINE = 4,
    WF_ATTR_REVERSE = 8,
};

struct wf_style_info {
    const char *name;
    int16_t fg, bg, fg16, bg16;
    uint8_t attr, mono;
};
extern const struct wf_style_info wf_style_info[WF_NSTYLES];

struct wf_glyph {
    uint32_t c; /* 0: the right half of a wide character */
    uint8_t style;
    bool cursor;   /* shown reversed */
    uint16_t zero; /* no padding: cells are compared as bytes */
};

struct wf_canvas {
    int w, h;
    bool ascii;
    struct wf_glyph *cells; /* w * h, row by row */
};

enum { WF_CANVAS_MAX = 2000 }; /* columns, and rows */

/* All blank.  0, or -ENOMEM with the canvas as it was; sizes are clamped. */
int wf_canvas_resize(struct wf_canvas *cv, int w, int h);
void wf_canvas_clear(struct wf_canvas *cv);
void wf_canvas_fini(struct wf_canvas *cv);
/* Copies sizes, too.  0 or -ENOMEM. */
int wf_canvas_copy(struct wf_canvas *to, const struct wf_canvas *from);
bool wf_canvas_same(const struct wf_canvas *a, const struct wf_canvas *b);
/* Rows as lines of UTF-8 without blanks at their ends. */
void wf_canvas_text(const struct wf_canvas *cv, FILE *out);
void wf_canvas_svg(const struct wf_canvas *cv, FILE *out);

/* A rectangle of a canvas: what is outside of it is not drawn. */
struct wf_area {
    struct wf_canvas *cv;
    int x, y, w, h;
};

struct wf_area wf_area_all(struct wf_canvas *cv);
/* A part of an area, cut to what is in it. */
struct wf_area wf_area_sub(struct wf_area a, int x, int y, int w, int h);

uint32_t wf_glyph(struct wf_area a, enum wf_glyph_name name);
void wf_put_glyph(struct wf_area a, int x, int y, enum wf_style s,
                  enum wf_glyph_name name);
/* Put text in one row; returns the column after it (as if there were no edge). */
int wf_put(struct wf_area a, int x, int y, enum wf_style s, const char *text);
int wf_putf(struct wf_area a, int x, int y, enum wf_style s, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Put text into w columns, to the left or the right; what does not fit ends in "~". */
void wf_put_in(struct wf_area a, int x, int y, int w, bool right, enum wf_style s,
               const char *text);
/* The same over several rows, broken at blanks; returns the row after it. */
int wf_put_wrapped(struct wf_area a, int x, int y, enum wf_style s, const char *text);
void wf_fill(struct wf_area a, int x, int y, int w, int h, enum wf_style s, uint32_t c);
/* Show a column of cells as the cursor's. */
void wf_mark_cursor(struct wf_area a, int x, int y, int w, int h);
/* A level 0..1 as an eighth block; 0 is blank, and whatever is above it is seen. */
enum wf_glyph_name wf_level(double level);
/* A bar of w columns to the right, filled so far, in eighths. */
void wf_put_bar(struct wf_area a, int x, int y, int w, enum wf_style s, double level);
/* Columns that clean text takes. */
int wf_columns(const char *text);
#endif /* WF_TUI_CANVAS_H */
