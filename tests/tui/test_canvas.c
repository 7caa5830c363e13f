/* SPDX-License-Identifier: MIT */
/* Cells: clipping, wide characters, what must not reach a terminal. */
#include "support.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "tui/canvas.h"

static struct wf_canvas make(int w, int h)
{
    struct wf_canvas cv = { 0 };
    assert_int_equal(wf_canvas_resize(&cv, w, h), 0);
    return cv;
}

static void assert_text(const struct wf_canvas *cv, const char *want)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    wf_canvas_text(cv, out);
    fclose(out);
    assert_string_equal(text, want);
    free(text);
}

/* Halves of wide characters stand in pairs, nothing else is 0, nothing controls. */
static void assert_sound(const struct wf_canvas *cv)
{
    for (int y = 0; y < cv->h; y++)
        for (int x = 0; x < cv->w; x++) {
            uint32_t c = cv->cells[y * cv->w + x].c;
            if (c == 0) {
                assert_true(x > 0);
                assert_int_equal(wcwidth((wchar_t)cv->cells[y * cv->w + x - 1].c), 2);
                continue;
            }
            assert_true(wf_text_visible(c));
            if (wcwidth((wchar_t)c) == 2) {
                assert_true(x + 1 < cv->w);
                assert_int_equal(cv->cells[y * cv->w + x + 1].c, 0);
            }
            assert_true(!cv->ascii || c < 0x7f);
        }
}

static void test_text_beyond_the_edges_is_cut(void **state)
{
    struct wf_canvas cv = make(4, 2);
    struct wf_area a = wf_area_all(&cv);

    (void)state;
    assert_int_equal(wf_put(a, -2, 0, WF_S_TEXT, "abcdefgh"), 6);
    wf_put(a, 0, 5, WF_S_TEXT, "below");
    wf_put(a, 0, -1, WF_S_TEXT, "above");
    wf_put(wf_area_sub(a, 1, 1, 2, 1), 0, 0, WF_S_TEXT, "xyz");
    assert_text(&cv, "cdef\n xy\n");
    wf_canvas_fini(&cv);
}

static void test_areas_stay_inside_their_parents(void **state)
{
    struct wf_canvas cv = make(10, 10);
    struct wf_area a = wf_area_sub(wf_area_all(&cv), 8, 8, 100, 100);

    (void)state;
    assert_int_equal(a.w, 2);
    assert_int_equal(a.h, 2);
    a = wf_area_sub(wf_area_all(&cv), -5, -5, 7, 7);
    assert_int_equal(a.x, 0);
    assert_int_equal(a.w, 2);
    a = wf_area_sub(wf_area_all(&cv), 20, 20, 5, 5);
    assert_int_equal(a.w * a.h, 0);
    wf_put(a, 0, 0, WF_S_TEXT, "nowhere");
    wf_canvas_fini(&cv);
}

static void test_wide_characters_take_two_cells(void **state)
{
    struct wf_canvas cv = make(5, 1);
    struct wf_area a = wf_area_all(&cv);

    (void)state;
    assert_int_equal(wf_put(a, 0, 0, WF_S_TEXT, "\u4e16\u754c!"), 5);
    assert_text(&cv, "\u4e16\u754c!\n");
    wf_put(a, 1, 0, WF_S_TEXT, "x"); /* over the right half */
    assert_text(&cv, " x\u754c!\n");
    wf_put(a, 4, 0, WF_S_TEXT, "\u4e16"); /* does not fit */
    assert_text(&cv, " x\u754c\n");
    assert_sound(&cv);
    wf_canvas_fini(&cv);
}

static void test_combining_marks_take_no_cell(void **state)
{
    struct wf_canvas cv = make(4, 1);

    (void)state;
    assert_int_equal(wf_put(wf_area_all(&cv), 0, 0, WF_S_TEXT, "e\u0301\u0301x"), 2);
    assert_text(&cv, "ex\n");
    wf_canvas_fini(&cv);
}

static void test_controls_become_visible(void **state)
{
    struct wf_canvas cv = make(40, 1);

    (void)state;
    wf_put(wf_area_all(&cv), 0, 0, WF_S_TEXT, "a\033[2J\xff\n\u202e");
    assert_text(&cv, "a\\x1b[2J\\xff\\n\\u202e\n");
    assert_sound(&cv);
    wf_canvas_fini(&cv);
}

static void test_ascii_has_only_ascii(void **state)
{
    struct wf_canvas cv = make(20, 2);
    struct wf_area a = wf_area_all(&cv);

    (void)state;
    cv.ascii = true;
    wf_put(a, 0, 0, WF_S_TEXT, "\u00fcber \u4e16");
    for (int g = 0; g < WF_NGLYPHS && g < 20; g++)
        wf_put_glyph(a, g, 1, WF_S_TEXT, (enum wf_glyph_name)g);
    assert_sound(&cv);
    wf_canvas_fini(&cv);
}

static void test_fields_are_aligned_and_cut_with_a_sign(void **state)
{
    struct wf_canvas cv = make(12, 3);
    struct wf_area a = wf_area_all(&cv);

    (void)state;
    wf_put_in(a, 2, 0, 6, true, WF_S_TEXT, "17");
    wf_put_in(a, 2, 1, 6, false, WF_S_TEXT, "abcdefgh");
    wf_put_in(a, 10, 2, 6, true, WF_S_TEXT, "17");
    assert_text(&cv, "      17\n  abcde~\n          17\n");
    wf_canvas_fini(&cv);
}

static void test_levels_rise_in_eighths(void **state)
{
    (void)state;
    assert_int_equal(wf_level(0), WF_GL_IDLE);
    assert_int_equal(wf_level(1e-9), WF_GL_V1);
    assert_int_equal(wf_level(0.5), WF_GL_V4);
    assert_int_equal(wf_level(1), WF_GL_V8);
    assert_int_equal(wf_level(99), WF_GL_V8);
    assert_int_equal(wf_level(0.0 / 1e300 - 1), WF_GL_IDLE);
}

static void test_a_picture_escapes_what_markup_means(void **state)
{
    struct wf_canvas cv = make(8, 1);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    wf_put(wf_area_all(&cv), 0, 0, WF_S_BAD, "<a&b>");
    wf_canvas_svg(&cv, out);
    fclose(out);
    assert_non_null(strstr(text, "&#60;a&#38;b&#62;"));
    assert_non_null(strstr(text, "</svg>"));
    free(text);
    wf_canvas_fini(&cv);
}

static void test_random_puts_leave_sound_cells(void **state)
{
    static const char *const pieces[] = { "a",          "\u4e16", "e\u0301",
                                          "\xc3",       "\033",   "\u200b",
                                          "\U0001f600", "\u2588", "\t" };
    long n = scale(SCALE_canvas_puts);

    (void)state;
    srand(1);
    struct wf_canvas cv = make(13, 5);
    for (long i = 0; i < n; i++) {
        struct wf_area a = wf_area_sub(wf_area_all(&cv), rand() % 20 - 4,
                                       rand() % 8 - 2, rand() % 20, rand() % 8);
        char text[64] = "";
        for (int k = rand() % 5; k >= 0; k--)
            strcat(text, pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
        cv.ascii = rand() % 64 == 0;
        if (cv.ascii)
            wf_canvas_clear(&cv);
        if (rand() % 2)
            wf_put(a, rand() % 20 - 5, rand() % 6 - 1, WF_S_TEXT, text);
        else
            wf_put_in(a, rand() % 20 - 5, rand() % 6 - 1, rand() % 9 - 1, rand() % 2,
                      WF_S_BAD, text);
        assert_sound(&cv);
    }
    wf_canvas_fini(&cv);
    scale_done(SCALE_canvas_puts, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_beyond_the_edges_is_cut),
        cmocka_unit_test(test_areas_stay_inside_their_parents),
        cmocka_unit_test(test_wide_characters_take_two_cells),
        cmocka_unit_test(test_combining_marks_take_no_cell),
        cmocka_unit_test(test_controls_become_visible),
        cmocka_unit_test(test_ascii_has_only_ascii),
        cmocka_unit_test(test_fields_are_aligned_and_cut_with_a_sign),
        cmocka_unit_test(test_levels_rise_in_eighths),
        cmocka_unit_test(test_a_picture_escapes_what_markup_means),
        cmocka_unit_test(test_random_puts_leave_sound_cells),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
