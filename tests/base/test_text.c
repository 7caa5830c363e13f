/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void assert_clean(const char *in, const char *want)
{
    char out[128];
    assert_int_equal(wf_text_clean(out, sizeof out, in), strlen(want));
    assert_string_equal(out, want);
}

static void test_plain_text_stays(void **state)
{
    (void)state;
    assert_clean("", "");
    assert_clean("conn.c:88 \\d+ 'quoted' \"twice\"",
                 "conn.c:88 \\d+ 'quoted' \"twice\"");
    assert_clean("na\u00efve \u20ac \U0001f9f5 \u05d0\u05d1",
                 "na\u00efve \u20ac \U0001f9f5 \u05d0\u05d1");
}

static void test_what_controls_a_terminal_is_shown(void **state)
{
    (void)state;
    assert_clean("a\x1b[31mred", "a\\x1b[31mred");
    assert_clean("\a\b\t\n\r\x7f", "\\x07\\x08\\t\\n\\r\\x7f");
    assert_clean("\xc2\x9b[31m\xc2\x80\xc2\x9f", "\\u009b[31m\\u0080\\u009f");
    assert_clean("\x9b"
                 "31m",
                 "\\x9b31m");
}

static void test_what_turns_or_hides_text_is_shown(void **state)
{
    (void)state;
    assert_clean("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd");
    assert_clean("a\u200bb\ufeffc\u2060d\u00ade", "a\\u200bb\\ufeffc\\u2060d\\u00ade");
    assert_clean("\u2028\U000e0041", "\\u2028\\ue0041");
}

static void test_bytes_that_are_no_utf8_are_shown_each(void **state)
{
    (void)state;
    assert_clean("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
    assert_clean("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    assert_clean("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past the end */
    assert_clean("\xe2\x82", "\\xe2\\x82");                   /* cut off */
    assert_clean("\xe2\x82z\xff", "\\xe2\\x82z\\xff");
}

/* Whatever the bytes: the outcome is visible, and clean again means the same. */
static void test_any_two_bytes_become_visible(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 65536; pair++) {
        char in[] = { (char)(pair >> 8), (char)pair }, out[32], again[32];
        size_t n = wf_text_clean_n(out, sizeof out, in, sizeof in);
        assert_true(n > 0);
        for (size_t at = 0, len; at < n; at += len) {
            uint32_t c;
            len = wf_utf8_get(out + at, n - at, &c);
            assert_true(len > 0 && wf_text_visible(c));
        }
        wf_text_clean(again, sizeof again, out);
        assert_string_equal(again, out);
    }
}

static void test_cut_falls_between_characters(void **state)
{
    static const char in[] = "x\u20ac\x1by\n\xc2\x9bz";
    char whole[64], out[64];
    (void)state;
    size_t all = wf_text_clean(whole, sizeof whole, in);
    for (size_t size = 1; size <= all + 1; size++) {
        memset(out, '#', sizeof out);
        size_t n = wf_text_clean(out, size, in);
        assert_true(n < size && size - n < 8);
        assert_int_equal(out[n], '\0');
        assert_int_equal(out[size], '#');
        assert_memory_equal(out, whole, n);
        if (n > 1) /* all of the euro or nothing */
            assert_true(n >= 4);
    }
}

static void test_printing_and_cleaning_agree(void **state)
{
    char *printed = NULL, clean[64];
    size_t size;
    static const char in[] = "a\x1b\u202e\n\xff\u20ac";
    (void)state;
    FILE *f = open_memstream(&printed, &size);
    wf_text_print(f, in);
    fclose(f);
    wf_text_clean(clean, sizeof clean, in);
    assert_string_equal(printed, clean);
    free(printed);
    assert_int_equal(wf_text_width("na\u00efve\u20ac"), 6);
}

static void test_nearest_word_is_found_or_none(void **state)
{
    static const char *const words[] = { "summary", "report", "view",
                                         "verify",  NULL,     "run" };
    (void)state;
#define NEAREST(word)                                                                  \
    wf_text_nearest(word, wf_text_nth, words, sizeof words / sizeof *words)
    assert_string_equal(NEAREST("sumary"), "summary");
    assert_string_equal(NEAREST("summray"), "summary");
    assert_string_equal(NEAREST("sum"), "summary");
    assert_string_equal(NEAREST("rnu"), "run");
    assert_string_equal(NEAREST("veiw"), "view");
    assert_null(NEAREST("nonsense"));
    assert_null(NEAREST("zzz"));
    assert_null(NEAREST(""));
    char word[200];
    memset(word, 'r', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(NEAREST(word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_what_controls_a_terminal_is_shown),
        cmocka_unit_test(test_what_turns_or_hides_text_is_shown),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_shown_each),
        cmocka_unit_test(test_any_two_bytes_become_visible),
        cmocka_unit_test(test_cut_falls_between_characters),
        cmocka_unit_test(test_printing_and_cleaning_agree),
        cmocka_unit_test(test_nearest_word_is_found_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
