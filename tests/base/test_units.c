/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/units.h"

static void test_times_need_their_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        { "0", 0 },
        { "12us", 12000 },
        { "250ms", 250000000 },
        { "1.5s", 1500000000 },
        { "2m", INT64_C(120000000000) },
        { "1h", INT64_C(3600000000000) },
        { "7ns", 7 },
        { "0.5us", 500 },
        { "1e3ns", 1000 },
        { "4611686018427387905ns", INT64_C(4611686018427387905) },
    };
    static const char *const bad[] = { "",     "12",     "12x", "-1s",        "1.2.3s",
                                       "nans", "infs",   "s",   "1 s",        "0x1s",
                                       "1s ",  "1e999s", ".5s", "9223372037s" };
    int64_t ns = -7;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(wf_parse_time(good[i].text, &ns), 0);
        assert_int_equal(ns, good[i].ns);
    }
    ns = -7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(wf_parse_time(bad[i], &ns) < 0);
    assert_int_equal(ns, -7);
    assert_int_equal(wf_parse_time("9223372037s", &ns), -ERANGE);
}

static void test_numbers_are_taken_whole(void **state)
{
    static const char *const bad[] = { "",   "x",   "12x",  " 12", "12 ",
                                       "+1", "--1", "0x10", "nan" };
    int64_t n = 5;
    double x = 5;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(wf_parse_int(bad[i], &n), -EINVAL);
        assert_int_equal(wf_parse_number(bad[i], &x), -EINVAL);
    }
    assert_int_equal(wf_parse_int("9223372036854775808", &n), -ERANGE);
    assert_int_equal(wf_parse_number("1e999", &x), -ERANGE);
    assert_int_equal(wf_parse_int("1.5", &n), -EINVAL);
    assert_int_equal(n, 5);
    assert_int_equal(wf_parse_int("-9223372036854775808", &n), 0);
    assert_true(n == INT64_MIN);
    assert_int_equal(wf_parse_number("-2.5e3", &x), 0);
    assert_true(x == -2500);
}

static void test_sizes_are_powers_of_1024(void **state)
{
    static const char *const bad[] = {
        "", "K", "1KB", "-1", "1X", "1e3x", "99999999T"
    };
    int64_t n = 5;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(wf_parse_size(bad[i], &n) < 0);
    assert_int_equal(n, 5);
    assert_int_equal(wf_parse_size("64K", &n), 0);
    assert_int_equal(n, 65536);
    assert_int_equal(wf_parse_size("1.5m", &n), 0);
    assert_int_equal(n, 1572864);
    assert_int_equal(wf_parse_size("12", &n), 0);
    assert_int_equal(n, 12);
}

static void test_three_digits_are_shown(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } times[] = {
        { 0, "0 ns" },
        { 999, "999 ns" },
        { 1000, "1.00 us" },
        { 12345, "12.3 us" },
        { 999499, "999 us" },
        { 999500, "1.00 ms" },
        { 41000000, "41.0 ms" },
        { 123456789012, "123 s" },
        { INT64_C(4000000000000), "4000 s" },
        { -1500000, "-1.50 ms" },
    };
    char out[WF_UNIT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_string_equal(wf_show_time(out, times[i].ns), times[i].text);
    assert_string_equal(wf_show_time(out, INT64_MIN), "-9223372037 s");
    assert_string_equal(wf_show_size(out, 1023), "1023 B");
    assert_string_equal(wf_show_size(out, 1536), "1.50 KiB");
    assert_string_equal(wf_show_size(out, UINT64_MAX), "16777216 TiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_need_their_unit),
        cmocka_unit_test(test_numbers_are_taken_whole),
        cmocka_unit_test(test_sizes_are_powers_of_1024),
        cmocka_unit_test(test_three_digits_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
