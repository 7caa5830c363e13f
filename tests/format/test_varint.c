/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "format/varint.h"

/* A value of a random length: small ones are as likely as large ones. */
static uint64_t random_value(unsigned *seed)
{
    uint64_t v = 0;
    for (int i = 0; i < 5; i++)
        v = v << 15 ^ (uint64_t)rand_r(seed);
    return v >> rand_r(seed) % 64;
}

/* It comes back, takes as many bytes as it must, and is refused when cut off. */
static void assert_round_trip(uint64_t v)
{
    uint8_t bytes[WF_VARINT_MAX];
    uint64_t back = ~v;
    uint8_t *end = wf_varint_put(bytes, v);
    int want = 1;
    for (uint64_t rest = v >> 7; rest; rest >>= 7)
        want++;
    assert_int_equal(end - bytes, want);
    assert_ptr_equal(wf_varint_get(bytes, end, &back), end);
    assert_true(back == v);
    for (const uint8_t *cut = bytes; cut < end; cut++)
        assert_null(wf_varint_get(bytes, cut, &back));
}

static void test_values_at_each_boundary_come_back(void **state)
{
    (void)state;
    assert_round_trip(0);
    for (int bit = 0; bit < 64; bit++) {
        assert_round_trip((UINT64_C(1) << bit) - 1);
        assert_round_trip(UINT64_C(1) << bit);
    }
    assert_round_trip(UINT64_MAX);
}

static void test_random_values_come_back(void **state)
{
    (void)state;
    unsigned seed = 7;
    long n = scale(SCALE_varint_values);
    for (long i = 0; i < n; i++)
        assert_round_trip(random_value(&seed));
    scale_done(SCALE_varint_values, n);
}

static void test_more_than_64_bits_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[11];
    uint64_t v;
    memset(bytes, 0xff, sizeof bytes);
    bytes[9] = 0x01;
    assert_ptr_equal(wf_varint_get(bytes, bytes + 10, &v), bytes + 10);
    assert_true(v == UINT64_MAX);
    bytes[9] = 0x02; /* bit 64 */
    assert_null(wf_varint_get(bytes, bytes + 10, &v));
    bytes[9] = 0x80; /* an eleventh byte */
    bytes[10] = 0x00;
    assert_null(wf_varint_get(bytes, bytes + 11, &v));
}

static void test_a_failed_read_fails_the_next(void **state)
{
    (void)state;
    uint64_t v = 5;
    const uint8_t byte = 1;
    assert_null(wf_varint_get(NULL, &byte + 1, &v));
    assert_int_equal(v, 5);
}

static void test_signed_values_fold_small(void **state)
{
    (void)state;
    static const int64_t values[] = { 0, -1, 1, -2, 2, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(wf_unzigzag(wf_zigzag(values[i])) == values[i]);
    for (uint64_t i = 0; i < 5; i++)
        assert_true(wf_zigzag(values[i]) == i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_at_each_boundary_come_back),
        cmocka_unit_test(test_random_values_come_back),
        cmocka_unit_test(test_more_than_64_bits_are_refused),
        cmocka_unit_test(test_a_failed_read_fails_the_next),
        cmocka_unit_test(test_signed_values_fold_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
