/* SPDX-License-Identifier: MIT */
/*
 * shot.c - a canvas as a file: plain text, or a picture.
 */
#include <stdlib.h>
#include <wchar.h>

#include "tui/canvas.h"

/* UTF-8 of a code point that a canvas holds. */
static size_t utf8(char out[5], uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(n == 1 ? c : lead[n] | c);
    out[n] = '\0';
    return n;
}

void wf_canvas_text(const struct wf_canvas *cv, FILE *out)
{
    for (int y = 0; y < cv->h; y++) {
        const struct wf_glyph *row = cv->cells + (size_t)y * (size_t)cv->w;
        int end = cv->w;
        while (end > 0 && row[end - 1].c == ' ')
            end--;
        for (int x = 0; x < end; x++) {
            char one[5];
            if (row[x].c && utf8(one, row[x].c))
                fputs(one, out);
        }
        putc('\n', out);
    }
}

enum { CELL_W = 8, CELL_H = 16, PAPER = 0x1c1c1c, INK = 0xd0d0d0 };

/* The usual colours of the 256: 16 of the terminal, a cube of six, and greys. */
static unsigned rgb(int colour)
{
    static const unsigned first[16] = { 0x000000, 0x800000, 0x008000, 0x808000,
                                        0x000080, 0x800080, 0x008080, 0xc0c0c0,
                                        0x808080, 0xff0000, 0x00ff00, 0xffff00,
                                        0x0000ff, 0xff00ff, 0x00ffff, 0xffffff };
    static const unsigned step[6] = { 0, 95, 135, 175, 215, 255 };

    if (colour < 16)
        return first[colour];
    if (colour >= 232)
        return (unsigned)(8 + (colour - 232) * 10) * 0x010101;
    colour -= 16;
    return step[colour / 36] << 16 | step[colour / 6 % 6] << 8 | step[colour % 6];
}

/* Cells that look alike, from x on. */
static int run_of(const struct wf_glyph *row, int x, int w)
{
    int end = x + 1;
    while (end < w && row[end].style == row[x].style &&
           row[end].cursor == row[x].cursor)
        end++;
    return end;
}

static void svg_text(FILE *out, const struct wf_glyph *row, int from, int to)
{
    for (int x = from; x < to; x++) {
        char one[5];
        if (row[x].c == '<' || row[x].c == '>' || row[x].c == '&')
            fprintf(out, "&#%u;", (unsigned)row[x].c);
        else if (row[x].c && utf8(one, row[x].c))
            fputs(one, out);
    }
}

static void svg_run(FILE *out, const struct wf_glyph *row, int y, int from, int to)
{
    const struct wf_style_info *s = &wf_style_info[row[from].style];
    unsigned fg = s->fg < 0 ? INK : rgb(s->fg), bg = s->bg < 0 ? PAPER : rgb(s->bg);
    bool blank = true;

    if (row[from].cursor) {
        unsigned swap = fg;
        fg = bg;
        bg = swap;
    }
    if (bg != PAPER)
        fprintf(out,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
                from * CELL_W, y * CELL_H, (to - from) * CELL_W, CELL_H, bg);
    for (int x = from; x < to; x++)
        blank &= row[x].c == ' ';
    if (blank)
        return;
    fprintf(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s>",
            from * CELL_W, y * CELL_H + 12, (to - from) * CELL_W, fg,
            s->attr & WF_ATTR_BOLD ? " font-weight=\"bold\"" : "");
    svg_text(out, row, from, to);
    fputs("</text>\n", out);
}

void wf_canvas_svg(const struct wf_canvas *cv, FILE *out)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
            cv->w * CELL_W, cv->h * CELL_H, (unsigned)PAPER);
    for (int y = 0; y < cv->h; y++) {
        const struct wf_glyph *row = cv->cells + (size_t)y * (size_t)cv->w;
        for (int x = 0, to; x < cv->w; x = to) {
            to = run_of(row, x, cv->w);
            svg_run(out, row, y, x, to);
        }
    }
    fputs("</svg>\n", out);
}
