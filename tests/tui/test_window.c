/* SPDX-License-Identifier: MIT */
/* Zoom and pan: columns stay columns, the cursor stays in sight. */
#include "support.h"

#include <stdbool.h>
#include <stdlib.h>

#include "tui/window.h"

static void assert_sound(const struct wf_window *w)
{
    int64_t m = w->col;

    while (m > 7) {
        assert_int_equal(m % 2, 0);
        m /= 2;
    }
    assert_true(m >= 4);
    assert_int_equal(w->from % w->col, 0);
    assert_true(w->from >= 0);
    assert_true(w->cursor >= 0 && (w->cursor < w->end || w->end == 0));
}

static bool sees_cursor(const struct wf_window *w)
{
    int64_t at = wf_window_column(w, w->cursor);
    return at >= 0 && at < w->cols;
}

static void test_fit_shows_all_and_wastes_little(void **state)
{
    (void)state;
    for (int64_t end = 1; end < INT64_C(1) << 45; end = end * 3 + 1)
        for (int cols = 1; cols < 300; cols += 37) {
            struct wf_window w = { .cols = cols, .end = end };
            wf_window_fit(&w, 0, end);
            assert_sound(&w);
            assert_true(w.from == 0 && w.col * cols >= end);
            if (end > 8 * cols) /* a column is at most a quarter too wide */
                assert_true(w.col <= end / cols + end / cols / 4 + 4);
        }
}

static void test_zoom_keeps_the_cursor_in_its_column(void **state)
{
    struct wf_window w = { .cols = 50, .end = INT64_C(10000000000) };

    (void)state;
    wf_window_fit(&w, 0, w.end);
    wf_window_goto(&w, INT64_C(4321000000));
    int64_t at = wf_window_column(&w, w.cursor);
    for (int i = 0; i < 20; i++) {
        wf_window_zoom_in(&w);
        assert_sound(&w);
        assert_int_equal(wf_window_column(&w, w.cursor), at);
    }
    for (int i = 0; i < 40; i++)
        wf_window_zoom_out(&w);
    assert_true(w.from == 0 && w.col * w.cols >= w.end);
}

static void test_resize_keeps_width_and_cursor(void **state)
{
    struct wf_window w = { .cols = 50, .end = 1000000 };

    (void)state;
    wf_window_fit(&w, 400000, 410000);
    wf_window_goto(&w, 405000);
    int64_t col = w.col;
    wf_window_resize(&w, 150);
    assert_int_equal(w.col, col);
    assert_int_equal(w.cursor, 405000);
    assert_true(sees_cursor(&w));
    wf_window_fit(&w, 0, w.end);
    wf_window_resize(&w, 33); /* who sees all goes on seeing all */
    assert_true(w.from == 0 && w.col * 33 >= w.end);
}

static void test_random_moves_keep_columns_aligned(void **state)
{
    struct wf_window w = { .cols = 50, .end = INT64_C(123456789012) };
    long n = scale(SCALE_window_moves);

    (void)state;
    srand(3);
    wf_window_fit(&w, 0, w.end);
    for (long i = 0; i < n; i++) {
        int64_t t = (int64_t)rand() * rand() % (2 * w.end) - w.end / 2;
        switch (rand() % 7) {
        case 0:
            wf_window_zoom_in(&w);
            break;
        case 1:
            wf_window_zoom_out(&w);
            break;
        case 2:
            wf_window_pan(&w, rand() % 400 - 200);
            break;
        case 3:
            wf_window_step(&w, rand() % 400 - 200);
            assert_true(sees_cursor(&w));
            break;
        case 4:
            wf_window_goto(&w, t);
            assert_true(sees_cursor(&w));
            break;
        case 5:
            wf_window_fit(&w, t, t + rand());
            break;
        default:
            wf_window_resize(&w, rand() % 300);
        }
        assert_sound(&w);
    }
    scale_done(SCALE_window_moves, n);
}

static void test_an_empty_trace_is_no_special_case(void **state)
{
    struct wf_window w = { .cols = 10, .end = 0 };

    (void)state;
    wf_window_fit(&w, 0, 0);
    wf_window_zoom_in(&w);
    wf_window_zoom_out(&w);
    wf_window_pan(&w, 5);
    wf_window_step(&w, -5);
    wf_window_goto(&w, 99);
    wf_window_resize(&w, 0);
    assert_sound(&w);
    assert_int_equal(w.cursor, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit_shows_all_and_wastes_little),
        cmocka_unit_test(test_zoom_keeps_the_cursor_in_its_column),
        cmocka_unit_test(test_resize_keeps_width_and_cursor),
        cmocka_unit_test(test_random_moves_keep_columns_aligned),
        cmocka_unit_test(test_an_empty_trace_is_no_special_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
