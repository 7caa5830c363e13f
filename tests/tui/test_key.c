/* SPDX-License-Identifier: MIT */
/* Bytes of terminals into keys; names of keys; and every kind of rubbish. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/key.h"

/* What these bytes are, as names with a blank after each; a pause comes at the end. */
static void typed(const char *bytes, size_t n, char out[256])
{
    struct wf_keys keys = { 0 };
    struct wf_key key;
    char name[WF_KEY_NAME_MAX];
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i <= n; i++)
        if (i < n ? wf_keys_feed(&keys, (unsigned char)bytes[i], &key)
                  : wf_keys_pause(&keys, &key))
            used += (size_t)snprintf(out + used, 256 - used, "%s ",
                                     wf_key_name(name, key));
}

static void test_sequences_of_terminals_are_keys(void **state)
{
    static const struct {
        const char *bytes, *keys;
    } cases[] = {
        { "x", "x " },
        { "\t\r\n\x7f\x08", "Tab Enter Enter Backspace Backspace " },
        { "\x03\x1a\x0c", "C-c C-z C-l " },
        { "\033", "Esc " },
        { "\033\033", "Esc Esc " },
        { "\033[A\033[B\033[C\033[D", "Up Down Right Left " },
        { "\033OA\033OB\033OC\033OD", "Up Down Right Left " },
        { "\033[H\033[F\033[1~\033[4~\033[7~\033[8~", "Home End Home End Home End " },
        { "\033[5~\033[6~\033[2~\033[3~", "PgUp PgDn Insert Delete " },
        { "\033OP\033[11~\033[[A\033[24~", "F1 F1 F1 F12 " },
        { "\033[Z", "S-Tab " },
        { "\033[1;2D\033[1;5C\033[1;6A", "S-Left C-Right S-C-Up " },
        { "\033[5;2~", "S-PgUp " },
        { "\033[a\033Od", "S-Up S-Left " },
        { "\033x", "A-x " },
        { "\033[<0;10;5M\033[<0;10;5m", "Press Release " },
        { "\033[<64;1;1M\033[<65;1;1M\033[<68;1;1M", "WheelUp WheelDown S-WheelUp " },
        { "\033[<32;3;3M", "Drag " },
        { "\033[200~q", "q " }, /* not ours, and nothing of it is typed */
        { "\033[?1;2cq", "q " },
        { "\033[999999999999~q", "q " },
        { "\xff\xc3q", "q " },     /* no UTF-8 */
        { "\033[<0;0;0Mq", "q " }, /* no such place */
    };
    char got[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        typed(cases[i].bytes, strlen(cases[i].bytes), got);
        assert_string_equal(got, cases[i].keys);
    }
}

static void test_mouse_tells_its_place_from_zero(void **state)
{
    struct wf_keys keys = { 0 };
    struct wf_key key = { 0 };
    const char *bytes = "\033[<0;80;24M";

    (void)state;
    for (const char *b = bytes; *b; b++)
        wf_keys_feed(&keys, (unsigned char)*b, &key);
    assert_int_equal(key.code, WF_KEY_PRESS);
    assert_int_equal(key.x, 79);
    assert_int_equal(key.y, 23);
}

static void test_characters_beyond_ascii_are_typed(void **state)
{
    struct wf_keys keys = { 0 };
    struct wf_key key = { 0 };

    (void)state;
    assert_false(wf_keys_feed(&keys, 0xe4, &key));
    assert_false(wf_keys_feed(&keys, 0xb8, &key));
    assert_true(wf_keys_feed(&keys, 0x96, &key));
    assert_int_equal(key.code, 0x4e16);
}

static void test_each_key_is_found_by_its_name(void **state)
{
    char name[WF_KEY_NAME_MAX];

    (void)state;
    for (uint32_t code = ' '; code < WF_KEY_END_OF_KEYS; code++) {
        if (code == 0x7f)
            code = WF_KEY_FIRST + 1;
        for (uint8_t mods = 0; mods < 8; mods++) {
            struct wf_key key = { .code = code, .mods = mods }, back;
            wf_key_name(name, key);
            assert_int_equal(wf_key_parse(name, &back), 0);
            assert_true(wf_key_same(key, back));
        }
    }
}

static void test_what_is_no_key_is_refused(void **state)
{
    static const char *const wrong[] = { "",    "xy",   "C-",  "Q-x",
                                         "F13", "\033", "C-C", " " };
    struct wf_key key;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        if (strcmp(wrong[i], "C-"))
            assert_int_equal(wf_key_parse(wrong[i], &key), -EINVAL);
    assert_int_equal(wf_key_parse("\033", &key), -EINVAL);
}

/* Whatever comes: no key that is none, and a pause always brings order. */
static void test_random_bytes_are_keys_or_nothing(void **state)
{
    static const char likely[] = "\033[O<;0123456789~ABCDMmZ\xe4\xb8\x96\xff";
    struct wf_keys keys = { 0 };
    long n = scale(SCALE_tui_key_bytes);

    (void)state;
    srand(7);
    for (long i = 0; i < n; i++) {
        unsigned char byte =
            rand() % 4 ? (unsigned char)likely[(size_t)rand() % (sizeof likely - 1)]
                       : (unsigned char)rand();
        struct wf_key key = { 0 };
        bool got = rand() % 50 ? wf_keys_feed(&keys, byte, &key)
                               : wf_keys_pause(&keys, &key);
        if (!got)
            continue;
        assert_true(key.mods < 8);
        assert_true(key.x >= 0 && key.y >= 0);
        assert_true(key.code < WF_KEY_END_OF_KEYS && key.code != WF_KEY_FIRST);
        if (key.code < WF_KEY_FIRST && !(key.mods & WF_MOD_ALT))
            assert_true(wf_text_visible(key.code));
    }
    struct wf_key key;
    wf_keys_pause(&keys, &key);
    assert_true(wf_keys_feed(&keys, 'q', &key));
    assert_int_equal(key.code, 'q');
    scale_done(SCALE_tui_key_bytes, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences_of_terminals_are_keys),
        cmocka_unit_test(test_mouse_tells_its_place_from_zero),
        cmocka_unit_test(test_characters_beyond_ascii_are_typed),
        cmocka_unit_test(test_each_key_is_found_by_its_name),
        cmocka_unit_test(test_what_is_no_key_is_refused),
        cmocka_unit_test(test_random_bytes_are_keys_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
