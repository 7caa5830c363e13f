/* SPDX-License-Identifier: MIT */
/* Screens over a story that is always the same: what they show, and that no key, no size
 * and no name breaks them. */
#include "support.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "story.h"
#include "tui/timeline.h"

struct stage {
    struct wf_source *source;
    struct wf_model *md;
    struct wf_tui_opts opts;
    struct wf_tui t;
};

static void begin(struct stage *s, struct wf_source *source, bool read)
{
    struct wf_model_opts mo = { .lanes = true, .coroutines = true };

    *s = (struct stage){ .source = source, .opts = { .path = "web.weft", .at = -1 } };
    assert_int_equal(wf_model_new(&mo, source, &s->md), 0);
    assert_int_equal(wf_tui_init(&s->t, &s->opts, s->md, 80, 24), 0);
    if (read) {
        assert_int_equal(wf_model_read(s->md, NULL, NULL), 0);
        wf_tui_grown(&s->t, true);
    }
}

static void end(struct stage *s)
{
    wf_tui_fini(&s->t);
    wf_model_free(s->md);
    s->source->close(s->source);
}

static void say(struct stage *s, const char *line)
{
    wf_tui_say_verb(&s->t, line);
    assert_int_equal(s->t.status, 0);
}

/* The screen as text, to be freed. */
static char *screen(struct stage *s)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    wf_tui_frame(&s->t);
    wf_canvas_text(&s->t.canvas, out);
    fclose(out);
    return text;
}

static void assert_shows(struct stage *s, const char *text)
{
    char *shown = screen(s);
    if (!strstr(shown, text))
        fail_msg("no \"%s\" in\n%s", text, shown);
    free(shown);
}

static void test_each_screen_names_what_it_shows(void **state)
{
    static const char *const words[WF_NVIEWS] = {
        [WF_VIEW_overview] = "PROCESSORS",
        [WF_VIEW_timeline] = "/col",
        [WF_VIEW_coroutines] = "COROUTINES",
        [WF_VIEW_sites] = "enc.c:210",
        [WF_VIEW_queues] = "THREADS",
        [WF_VIEW_objects] = "chan:orders.events",
        [WF_VIEW_alerts] = "hog",
        [WF_VIEW_stats] = "DISTRIBUTION",
        [WF_VIEW_info] = "closed properly",
    };
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    for (int v = 0; v < WF_NVIEWS; v++) {
        wf_tui_key(&s.t, (struct wf_key){ .code = (uint32_t)wf_views[v].key });
        assert_int_equal(s.t.view, v);
        if (words[v])
            assert_shows(&s, words[v]);
        assert_shows(&s, "web.weft");
        assert_shows(&s, "! 1 alert");
    }
    end(&s);
}

static void test_enter_on_an_alert_goes_to_its_place(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen alerts");
    say(&s, "key Enter");
    assert_int_equal(s.t.view, WF_VIEW_timeline);
    assert_in_range(s.t.win.cursor, STORY_HOG_FROM, STORY_HOG_FROM + 6000000);
    assert_shows(&s, ">G7");
    assert_shows(&s, "running 130ms encode_fr");
    assert_shows(&s, "! hog G7 encode_frame");
    say(&s, "key Esc");
    assert_int_equal(s.t.view, WF_VIEW_alerts);
    end(&s);
}

static void test_lanes_of_a_jump_go_with_the_next(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "lane g3"); /* asked for: it stays */
    say(&s, "key Enter");
    size_t lanes = wf_timeline(&s.t)->npins;
    assert_true(lanes > 1);
    for (int i = 0; i < 5; i++) {
        say(&s, "key }");
        assert_int_equal(wf_timeline(&s.t)->npins, lanes);
    }
    wf_timeline_show(&s.t, (struct wf_lane){ WF_LANE_P, 1 }, 0, 1000000);
    assert_int_equal(wf_timeline(&s.t)->npins, 1);
    assert_shows(&s, ">P1");
    assert_shows(&s, " G3 ");
    end(&s);
}

static void test_the_overview_leads_to_the_worst_alert(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    assert_shows(&s, "Enter to the worst alert");
    say(&s, "key Enter");
    assert_int_equal(s.t.view, WF_VIEW_timeline);
    assert_shows(&s, ">G7");
    end(&s);
}

static void test_help_is_never_pushed_out_nor_cut(void **state)
{
    enum { WIDE = 48 }; /* what an 80 column screen leaves for it */
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    for (int v = 0; v < WF_NVIEWS; v++) {
        wf_tui_show(&s.t, (enum wf_view_id)v);
        assert_shows(&s, " ? help  q quit");
        const struct wf_table *tb = wf_tui_table(&s.t);
        for (size_t c = 0; tb && c < tb->def->ncolumns; c++)
            if (wf_columns(tb->def->columns[c].doc) > WIDE)
                fail_msg("too long: %s", tb->def->columns[c].doc);
    }
    for (size_t i = 0; i < wf_nbindings; i++)
        if (wf_columns(wf_bindings[i].help) > WIDE)
            fail_msg("too long: %s", wf_bindings[i].help);
    end(&s);
}

static void test_the_hog_is_seen_at_every_zoom(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen timeline");
    say(&s, "goto 100ms");
    for (int i = 0; i < 12; i++) {
        assert_shows(&s, "! hog");
        say(&s, "key w");
    }
    end(&s);
}

static void test_a_lane_of_a_coroutine_shows_its_states(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen timeline");
    say(&s, "lane g7");
    say(&s, "zoom 100ms..110ms");
    assert_shows(&s, "G7");
    assert_shows(&s, "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588");
    end(&s);
}

static void test_panning_moves_cells_unchanged(void **state)
{
    struct stage s;
    struct wf_cell a[20], b[20];

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen timeline");
    say(&s, "zoom 20ms..40ms");
    struct wf_window w = s.t.win;
    wf_model_lane(s.md, WF_LANE_P, 0, w.from, w.from + 20 * w.col, a, 20);
    say(&s, "key d");
    assert_int_equal((s.t.win.from - w.from) % w.col, 0);
    int64_t moved = (s.t.win.from - w.from) / w.col;
    assert_true(moved > 0);
    if (moved < 20) {
        wf_model_lane(s.md, WF_LANE_P, 0, s.t.win.from, s.t.win.from + 20 * w.col, b,
                      20);
        for (int64_t i = moved; i < 20; i++)
            assert_int_equal(a[i].state_ns[WF_G_RUNNING],
                             b[i - moved].state_ns[WF_G_RUNNING]);
    }
    end(&s);
}

static void test_rows_are_sorted_filtered_and_found(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen coroutines");
    say(&s, "sort run_max");
    const struct wf_g_row *first = wf_table_selected(wf_tui_table(&s.t));
    assert_int_equal(first->g, STORY_HOG);
    say(&s, "sort -g");
    first = wf_table_selected(wf_tui_table(&s.t));
    assert_int_equal(first->g, 1);
    say(&s, "filter ENCODE");
    assert_int_equal(wf_tui_table(&s.t)->nshown, 1);
    say(&s, "filter !encode");
    assert_int_equal(wf_tui_table(&s.t)->nshown, STORY_WORKERS - 1);
    say(&s, "key Esc");
    assert_int_equal(wf_tui_table(&s.t)->nshown, STORY_WORKERS);
    say(&s, "search encode");
    first = wf_table_selected(wf_tui_table(&s.t));
    assert_int_equal(first->g, STORY_HOG);
    end(&s);
}

static void test_each_column_can_be_sorted_by(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    for (int v = 0; v < WF_NVIEWS; v++) {
        char line[WF_LINE_MAX];
        wf_tui_show(&s.t, (enum wf_view_id)v);
        const struct wf_table *tb = wf_tui_table(&s.t);
        for (size_t c = 0; tb && c < tb->def->ncolumns; c++) {
            assert_true(tb->def->columns[c].doc[0]);
            snprintf(line, sizeof line, "sort %s", tb->def->columns[c].key);
            say(&s, line);
            assert_int_equal(tb->sort, c);
            free(screen(&s));
        }
    }
    end(&s);
}

static void test_pools_show_their_hit_rate(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "screen objects");
    assert_shows(&s, "conn                         90%");
    say(&s, "key Down");
    assert_int_equal(((struct wf_pair *)s.t.self[WF_VIEW_objects])->focus, 1);
    end(&s);
}

static void test_commands_that_are_wrong_say_so(void **state)
{
    static const char *const wrong[] = { "nonsense",
                                         "goto never",
                                         "zoom 2s..1s",
                                         "screen moon",
                                         "key NoSuch",
                                         "resize 0x0",
                                         "lane z9",
                                         "sort nothing",
                                         "alert 99",
                                         "screen",
                                         "shot /nonexistent/dir/x.txt" };
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    wf_tui_show(&s.t, WF_VIEW_coroutines);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s.t.status = 0;
        wf_tui_say_verb(&s.t, wrong[i]);
        assert_true(s.t.status == 2 || s.t.status == 4);
        assert_true(s.t.bad && s.t.message[0]);
    }
    end(&s);
}

static void assert_clean(const struct wf_canvas *cv)
{
    for (int i = 0; i < cv->w * cv->h; i++)
        assert_true(cv->cells[i].c == 0 || wf_text_visible(cv->cells[i].c));
}

static void test_hostile_names_reach_no_cell(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open_hostile(), true);
    assert_int_equal(wf_tui_resize(&s.t, 200, 60), 0);
    for (int v = 0; v < WF_NVIEWS; v++) {
        wf_tui_show(&s.t, (enum wf_view_id)v);
        wf_tui_frame(&s.t);
        assert_clean(&s.t.canvas);
    }
    say(&s, "screen sites");
    assert_shows(&s, "\\x1b[31m");
    end(&s);
}

static void test_any_size_is_drawn(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    for (int v = 0; v < WF_NVIEWS; v++) {
        wf_tui_show(&s.t, (enum wf_view_id)v);
        for (int w = 1; w < 220; w += w < 45 ? 1 : 19)
            for (int h = 1; h < 70; h += h < 27 ? 1 : 14) {
                assert_int_equal(wf_tui_resize(&s.t, w, h), 0);
                s.t.help = (w + h) % 5 == 0;
                wf_tui_frame(&s.t);
                assert_int_equal(s.t.canvas.w, w);
                assert_clean(&s.t.canvas);
            }
    }
    end(&s);
}

/* Every key of the table, and keys by chance, while the trace is still being read. */
static void press_by_chance(struct stage *s, long n)
{
    for (long i = 0; i < n; i++) {
        struct wf_key key = { .mods = (uint8_t)(rand() % 16 ? 0 : rand() % 8),
                              .x = rand() % 100,
                              .y = rand() % 40 };
        key.code = rand() % 3
                       ? ' ' + (uint32_t)rand() % 95
                       : WF_KEY_FIRST + 1 +
                             (uint32_t)rand() % (WF_KEY_END_OF_KEYS - WF_KEY_FIRST - 1);
        if (key.code == 'P') /* writes files */
            continue;
        if (s->t.prompt.kind && key.code == WF_KEY_ENTER &&
            strstr(s->t.prompt.text, "shot"))
            key.code = WF_KEY_ESC;
        wf_tui_key(&s->t, key);
        if (s->t.loading && i % 8 == 0) {
            int got = wf_model_feed(s->md);
            assert_true(got >= 0);
            if (got == 0)
                wf_model_finish(s->md);
            wf_tui_grown(&s->t, got == 0);
        }
        if (rand() % 100 == 0)
            assert_int_equal(wf_tui_resize(&s->t, 1 + rand() % 200, 1 + rand() % 60),
                             0);
        if (rand() % 4 == 0)
            wf_tui_frame(&s->t);
    }
    wf_tui_frame(&s->t);
    assert_clean(&s->t.canvas);
}

static void test_no_keys_break_it(void **state)
{
    long n = scale(SCALE_screen_keys);
    struct stage s;

    (void)state;
    srand(11);
    begin(&s, story_open(), false);
    wf_tui_frame(&s.t); /* before anything is read */
    press_by_chance(&s, n / 2);
    end(&s);
    begin(&s, story_open_hostile(), true);
    press_by_chance(&s, n - n / 2);
    end(&s);
    scale_done(SCALE_screen_keys, n);
}

static void test_each_key_of_the_table_is_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < wf_nbindings; i++) {
        char keys[128];
        snprintf(keys, sizeof keys, "%s", wf_bindings[i].keys);
        for (char *save, *k = strtok_r(keys, " ", &save); k;
             k = strtok_r(NULL, " ", &save)) {
            struct wf_key key;
            assert_int_equal(wf_key_parse(k, &key), 0);
            const struct wf_binding *b = wf_binding_find(wf_bindings[i].scope, key);
            assert_ptr_equal(b, &wf_bindings[i]); /* no other row hides it */
        }
    }
}

static void test_what_is_typed_is_edited_and_completed(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, story_open(), true);
    say(&s, "key : s c r Tab c o Tab Enter");
    assert_int_equal(s.t.view, WF_VIEW_coroutines);
    say(&s, "key f e n c x Backspace Enter");
    assert_int_equal(wf_tui_table(&s.t)->nshown, 1);
    say(&s, "key : Up Enter");
    assert_int_equal(s.t.view, WF_VIEW_coroutines);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_screen_names_what_it_shows),
        cmocka_unit_test(test_enter_on_an_alert_goes_to_its_place),
        cmocka_unit_test(test_lanes_of_a_jump_go_with_the_next),
        cmocka_unit_test(test_the_overview_leads_to_the_worst_alert),
        cmocka_unit_test(test_help_is_never_pushed_out_nor_cut),
        cmocka_unit_test(test_the_hog_is_seen_at_every_zoom),
        cmocka_unit_test(test_a_lane_of_a_coroutine_shows_its_states),
        cmocka_unit_test(test_panning_moves_cells_unchanged),
        cmocka_unit_test(test_rows_are_sorted_filtered_and_found),
        cmocka_unit_test(test_each_column_can_be_sorted_by),
        cmocka_unit_test(test_pools_show_their_hit_rate),
        cmocka_unit_test(test_commands_that_are_wrong_say_so),
        cmocka_unit_test(test_hostile_names_reach_no_cell),
        cmocka_unit_test(test_any_size_is_drawn),
        cmocka_unit_test(test_no_keys_break_it),
        cmocka_unit_test(test_each_key_of_the_table_is_a_key),
        cmocka_unit_test(test_what_is_typed_is_edited_and_completed),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
