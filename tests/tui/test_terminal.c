/* SPDX-License-Identifier: MIT */
/* weft view in a terminal: keys, sizes, signals, and that it leaves what it found. */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "pty.h"

static void open_view(struct pty *p, int w, int h, const char *env)
{
    const char *argv[] = { "view", pty_trace, NULL };
    pty_open(p, w, h, env, argv);
}

static void type(struct pty *p, const char *keys)
{
    pty_type(p, keys, strlen(keys));
}

static void test_keys_change_what_is_seen(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    pty_await(&p, "quit");
    assert_true(p.alternate);
    type(&p, "2");
    pty_await(&p, "/col");
    type(&p, "7");
    pty_await(&p, "critical hog");
    type(&p, "\r"); /* to its place */
    pty_await_gone(&p, "SEVERITY");
    pty_await(&p, "hog: G");
    type(&p, "?");
    pty_await(&p, "Esc closes");
    type(&p, "\033");
    pty_await_gone(&p, "Esc closes");
    pty_await(&p, "/col");
    type(&p, ":screen info\r");
    pty_await(&p, "generations");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    pty_assert_restored(&p);
    pty_close(&p);
}

static void test_another_size_is_another_layout(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    pty_resize(&p, 200, 60);
    pty_await(&p, "is the scheduler saturated, unbalanced or idle?");
    pty_resize(&p, 30, 5);
    pty_await_gone(&p, "PROCESSORS");
    pty_await(&p, "lost 0");
    pty_resize(&p, 1, 1);
    assert_true(pty_more(&p));
    pty_resize(&p, 100, 30);
    pty_await(&p, "PROCESSORS");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    pty_assert_restored(&p);
    pty_close(&p);
}

static void test_suspended_the_terminal_is_given_back(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    for (int i = 0; i < 2; i++) {
        type(&p, "\x1a");
        pty_await_said(&p, "STOPPED");
        pty_assert_restored(&p);
        type(&p, "\n"); /* fg */
        pty_await(&p, "PROCESSORS");
        assert_true(p.alternate);
    }
    type(&p, "3");
    pty_await(&p, "RUNMAX");
    kill(-pty_job(&p), SIGTSTP); /* as from another window */
    pty_await_said(&p, "STOPPED");
    pty_assert_restored(&p);
    type(&p, "\n");
    pty_await(&p, "RUNMAX");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    pty_assert_restored(&p);
    pty_close(&p);
}

static void test_signals_leave_the_terminal_as_it_was(void **state)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT };

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct pty p;
        char want[32];
        open_view(&p, 80, 24, NULL);
        pty_await(&p, "PROCESSORS");
        kill(pty_job(&p), signals[i]);
        snprintf(want, sizeof want, "STATUS %d.", 128 + signals[i]);
        pty_await_said(&p, want);
        pty_assert_restored(&p);
        pty_close(&p);
    }
}

/* Continue, do nothing that counts, suspend: how much was sent for it? */
static size_t sent_meanwhile(struct pty *p, const char *keys, int ms)
{
    size_t before = p->heard;

    type(p, "\n");
    pty_await(p, "PROCESSORS");
    for (; *keys; keys++)
        pty_type(p, keys, 1);
    pty_drain(p, ms); /* enough for a bad one to be seen; a good one needs no time */
    type(p, "\x1a");
    pty_await_said(p, "STOPPED");
    return p->heard - before;
}

static void test_nothing_is_sent_when_nothing_changes(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    pty_await_gone(&p, "reading");
    type(&p, "\x1a");
    pty_await_said(&p, "STOPPED");
    size_t least = sent_meanwhile(&p, "", 0);
    assert_int_equal(sent_meanwhile(&p, "", 300), least);
    assert_int_equal(sent_meanwhile(&p, "\x07\x07\x07@", 300), least);
    type(&p, "\n");
    pty_await(&p, "PROCESSORS");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    pty_close(&p);
}

/* Some sequence that ends in m sets a colour: 30 to 49 or 90 to 107 among its numbers. */
static bool sends_colour(const struct pty *p)
{
    for (size_t i = 0; i + 2 < p->nraw; i++) {
        if (p->raw[i] != 033 || p->raw[i + 1] != '[')
            continue;
        int n = 0;
        bool colour = false;
        for (i += 2; i < p->nraw && strchr("0123456789;", p->raw[i]); i++) {
            n = p->raw[i] == ';' ? 0 : n * 10 + (p->raw[i] - '0');
            colour |= (n >= 30 && n < 38) || (n >= 40 && n < 48) ||
                      (n >= 90 && n < 108);
        }
        if (colour && i < p->nraw && p->raw[i] == 'm')
            return true;
    }
    return false;
}

static void test_no_color_sends_no_colour(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, "NO_COLOR=1");
    pty_await(&p, "PROCESSORS");
    type(&p, "2");
    pty_await(&p, "/col");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    assert_false(sends_colour(&p));
    pty_close(&p);
}

static void test_colour_is_sent_where_there_is_some(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    assert_true(sends_colour(&p));
    pty_close(&p);
}

static void test_without_utf8_all_is_ascii(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, "LC_ALL=C");
    pty_await(&p, "PROCESSORS");
    type(&p, "2");
    pty_await(&p, "/col");
    type(&p, "q");
    pty_await_said(&p, "STATUS 0.");
    for (size_t i = 0; i < p.nraw; i++)
        assert_true((unsigned char)p.raw[i] < 0x80);
    pty_close(&p);
}

static void test_a_dumb_terminal_gets_lines(void **state)
{
    struct pty p;

    (void)state;
    open_view(&p, 80, 24, "TERM=dumb");
    pty_await(&p, "quit leaves");
    type(&p, "screen alerts\n");
    pty_await(&p, "ALERTS");
    type(&p, "quit\n");
    pty_await_said(&p, "STATUS 0.");
    assert_null(memchr(p.raw, 033, p.nraw));
    pty_assert_restored(&p);
    pty_close(&p);
}

/* Bytes by chance, but none that leaves or stops. */
static void test_keys_by_chance_do_no_harm(void **state)
{
    static const char *const sequences[] = {
        "\033[A",  "\033[B",        "\033[C", "\033[D",         "\t",   "\r",
        "\033[6~", "\033[<0;20;6M", "\033",   "\033[<64;30;9M", "\x7f", "\033[1;2D"
    };
    long n = scale(SCALE_tui_keys);
    struct pty p;

    (void)state;
    srand(5);
    open_view(&p, 80, 24, NULL);
    pty_await(&p, "PROCESSORS");
    for (long i = 0; i < n; i++) {
        char c = (char)(rand() % 127);
        if (rand() % 4 == 0)
            type(&p,
                 sequences[(size_t)rand() % (sizeof sequences / sizeof *sequences)]);
        else if (c != 'q' && c != 3 && c != 0x1a)
            pty_type(&p, &c, 1);
        if (rand() % 500 == 0)
            pty_resize(&p, 1 + rand() % 150, 1 + rand() % 50);
    }
    type(&p, "\003\003\003\003\003\003"); /* from whatever is open, and out */
    pty_await_said(&p, "STATUS 0.");
    pty_assert_restored(&p);
    pty_close(&p);
    scale_done(SCALE_tui_keys, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_change_what_is_seen),
        cmocka_unit_test(test_another_size_is_another_layout),
        cmocka_unit_test(test_suspended_the_terminal_is_given_back),
        cmocka_unit_test(test_signals_leave_the_terminal_as_it_was),
        cmocka_unit_test(test_nothing_is_sent_when_nothing_changes),
        cmocka_unit_test(test_no_color_sends_no_colour),
        cmocka_unit_test(test_colour_is_sent_where_there_is_some),
        cmocka_unit_test(test_without_utf8_all_is_ascii),
        cmocka_unit_test(test_a_dumb_terminal_gets_lines),
        cmocka_unit_test(test_keys_by_chance_do_no_harm),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, pty_begin, pty_end);
}
