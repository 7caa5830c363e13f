/* SPDX-License-Identifier: MIT */
/*
 * What a terminal shows is what was drawn: each cell of a screen, glyph and looks, is
 * compared with the canvas that the same keys make here, without a terminal.
 */
#include "support.h"

#include <locale.h>
#include <signal.h>

#include "model/reader.h"
#include "pty.h"
#include "tui/app.h"

/* The same trace twice: in a terminal, and here. */
struct twin {
    struct pty p;
    struct wf_source *source;
    struct wf_model *md;
    struct wf_tui_opts opts;
    struct wf_tui t;
    bool colour;
};

static void begin(struct twin *w, int cols, int rows, const char *env)
{
    const char *argv[] = { "view", pty_trace, NULL };
    struct wf_model_opts mo = { .lanes = true, .coroutines = true };
    char error[256];

    *w = (struct twin){ .opts = { .path = pty_trace, .at = -1 } };
    w->opts.ascii = env && !strncmp(env, "LC_ALL=C", 8);
    w->colour = !env || strncmp(env, "NO_COLOR", 8);
    assert_int_equal(wf_source_open(pty_trace, &w->source, error), 0);
    assert_int_equal(wf_model_new(&mo, w->source, &w->md), 0);
    assert_int_equal(wf_tui_init(&w->t, &w->opts, w->md, cols, rows), 0);
    assert_int_equal(wf_model_read(w->md, NULL, NULL), 0);
    wf_tui_grown(&w->t, true);
    pty_open(&w->p, cols, rows, env, argv);
    pty_await(&w->p, "PROC");
    pty_await_gone(&w->p, "reading");
}

static void end(struct twin *w)
{
    pty_type(&w->p, "q", 1);
    pty_await_said(&w->p, "STATUS 0.");
    pty_close(&w->p);
    wf_tui_fini(&w->t);
    wf_model_free(w->md);
    w->source->close(w->source);
}

static int index_of(const VTermColor *c)
{
    return VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c) ? -1
           : VTERM_COLOR_IS_INDEXED(c)                                  ? c->indexed.idx
                                                                        : -2;
}

/* NULL, or what is not as it was drawn.  A blank has no ink to compare. */
static const char *differs(const struct twin *w, const struct wf_glyph *g,
                           const VTermScreenCell *cell)
{
    const struct wf_style_info *s = &wf_style_info[g->style];
    unsigned attr = w->colour ? s->attr : s->mono;
    uint32_t shown = cell->chars[0] ? cell->chars[0] : ' ';

    if (shown != g->c)
        return "the glyph";
    if (index_of(&cell->bg) != (w->colour ? s->bg : -1))
        return "the background";
    if (cell->attrs.reverse != (!!(attr & WF_ATTR_REVERSE) != g->cursor))
        return "reverse";
    if (g->c == ' ')
        return NULL;
    if (index_of(&cell->fg) != (w->colour ? s->fg : -1))
        return "the colour";
    return cell->attrs.bold != !!(attr & WF_ATTR_BOLD) ? "bold" : NULL;
}

static const char *first_difference(struct twin *w, int *x, int *y)
{
    for (*y = 0; *y < w->t.canvas.h; ++*y)
        for (*x = 0; *x < w->t.canvas.w; ++*x) {
            VTermScreenCell cell;
            const char *what;
            vterm_screen_get_cell(w->p.screen, (VTermPos){ .row = *y, .col = *x },
                                  &cell);
            what = differs(w, &w->t.canvas.cells[*y * w->t.canvas.w + *x], &cell);
            if (what)
                return what;
        }
    return NULL;
}

/* The terminal comes to show what is drawn here. */
static void assert_twins(struct twin *w, const char *after)
{
    const char *what;
    int x, y;

    wf_tui_frame(&w->t);
    while ((what = first_difference(w, &x, &y)))
        if (!pty_more(&w->p))
            fail_msg("after %s: %s at column %d of row %d; the screen:\n%s", after,
                     what, x, y, pty_text(&w->p));
}

static const struct {
    const char *bytes, *key;
} keys[] = {
    { "2", "2" },          { "w", "w" },   { "l", "l" },      { "\r", "Enter" },
    { "3", "3" },          { ">", ">" },   { "\033[B", "j" }, { "\r", "Enter" },
    { " ", "Space" },      { "z", "z" },   { "4", "4" },      { "5", "5" },
    { "6", "6" },          { "7", "7" },   { "\r", "Enter" }, { "s", "s" },
    { "?", "?" },          { "?", "Esc" }, { "}", "}" },      { "8", "8" },
    { "\033[C", "l" },     { "0", "0" },   { "\t", "Tab" },   { "\r", "Enter" },
    { "\033[Z", "S-Tab" },
};

static void compare_all(int cols, int rows, const char *env)
{
    struct twin w;

    begin(&w, cols, rows, env);
    assert_twins(&w, "the start");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct wf_key key;
        assert_int_equal(wf_key_parse(keys[i].key, &key), 0);
        wf_tui_key(&w.t, key);
        pty_type(&w.p, keys[i].bytes, strlen(keys[i].bytes));
        assert_twins(&w, keys[i].key);
    }
    end(&w);
}

static void test_at_80x24_each_cell_is_as_drawn(void **state)
{
    (void)state;
    compare_all(80, 24, NULL);
}

static void test_at_200x60_each_cell_is_as_drawn(void **state)
{
    (void)state;
    compare_all(200, 60, NULL);
}

static void test_at_40x10_each_cell_is_as_drawn(void **state)
{
    (void)state;
    compare_all(40, 10, NULL);
}

static void test_without_colour_each_cell_is_as_drawn(void **state)
{
    (void)state;
    compare_all(80, 24, "NO_COLOR=1");
}

static void test_in_ascii_each_cell_is_as_drawn(void **state)
{
    (void)state;
    /* This terminal has no sequence to repeat a glyph, which vterm takes wrongly in the
     * last column of a row. */
    compare_all(80, 24, "LC_ALL=C TERM=screen-256color");
}

static void test_after_another_size_each_cell_is_as_drawn(void **state)
{
    static const int sizes[][2] = { { 200, 60 }, { 40, 10 }, { 80, 24 } };
    struct wf_key two = { .code = '2' };
    struct twin w;

    (void)state;
    begin(&w, 80, 24, NULL);
    wf_tui_key(&w.t, two);
    pty_type(&w.p, "2", 1);
    assert_twins(&w, "2");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(wf_tui_resize(&w.t, sizes[i][0], sizes[i][1]), 0);
        pty_resize(&w.p, sizes[i][0], sizes[i][1]);
        assert_twins(&w, "another size");
    }
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_80x24_each_cell_is_as_drawn),
        cmocka_unit_test(test_at_200x60_each_cell_is_as_drawn),
        cmocka_unit_test(test_at_40x10_each_cell_is_as_drawn),
        cmocka_unit_test(test_without_colour_each_cell_is_as_drawn),
        cmocka_unit_test(test_in_ascii_each_cell_is_as_drawn),
        cmocka_unit_test(test_after_another_size_each_cell_is_as_drawn),
    };
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, pty_begin, pty_end);
}
