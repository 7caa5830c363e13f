/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdbool.h>

#include "format/block.h"

static struct wf_file_header good_header(void)
{
    struct wf_file_header h = { .major = WF_FORMAT_MAJOR,
                                .header_len = WF_FILE_HEADER,
                                .units_per_s = 1000000000,
                                .body_off = WF_FILE_HEADER };
    memcpy(h.magic, WF_FILE_MAGIC, sizeof h.magic);
    h.sum = wf_file_header_sum(&h);
    return h;
}

static struct wf_block_head good_head(const char *payload)
{
    struct wf_block_head h = { .type = WF_BLOCK_EVENTS, .generation = 1, .stream = 3 };
    wf_block_seal(&h, payload, (uint32_t)strlen(payload));
    return h;
}

static void test_a_sound_header_passes(void **state)
{
    (void)state;
    struct wf_file_header h = good_header();
    assert_null(wf_file_header_check(&h, WF_FILE_HEADER));
}

static void test_a_flipped_bit_of_the_header_is_seen(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(struct wf_file_header); bit++) {
        struct wf_file_header h = good_header();
        size_t byte = bit / 8;
        ((uint8_t *)&h)[byte] ^= (uint8_t)(1u << bit % 8);
        bool late = (byte >= offsetof(struct wf_file_header, index_off) &&
                     byte < offsetof(struct wf_file_header, sum)) ||
                    byte >= offsetof(struct wf_file_header, symbols_off);
        /* What is written when the file is closed is not in the sum. */
        assert_int_equal(wf_file_header_check(&h, WF_FILE_HEADER) == NULL, late);
    }
}

static void test_a_header_that_is_none_is_named(void **state)
{
    (void)state;
    struct wf_file_header h = good_header();
    assert_string_equal(wf_file_header_check(&h, 0), "not a weft trace");
    assert_string_equal(wf_file_header_check(&h, 100), "cut off within the header");
    h.magic[1] = 'X';
    assert_string_equal(wf_file_header_check(&h, WF_FILE_HEADER), "not a weft trace");
}

static void test_a_header_of_the_future_is_refused(void **state)
{
    (void)state;
    struct wf_file_header h = good_header();
    h.major++;
    h.sum = wf_file_header_sum(&h);
    assert_non_null(strstr(wf_file_header_check(&h, WF_FILE_HEADER), "another format"));
    h = good_header();
    h.incompat = 4;
    h.sum = wf_file_header_sum(&h);
    assert_non_null(strstr(wf_file_header_check(&h, WF_FILE_HEADER), "a feature"));
    h = good_header();
    h.minor++;
    h.compat = 4;
    h.sum = wf_file_header_sum(&h);
    assert_null(wf_file_header_check(&h, WF_FILE_HEADER));
}

static void test_a_sealed_head_passes(void **state)
{
    (void)state;
    struct wf_block_head h = good_head("some events");
    assert_null(wf_block_head_check(&h));
    assert_int_equal(h.payload_len, 11);
    assert_int_equal(h.payload_sum, wf_sum("some events", 11));
    assert_int_not_equal(h.payload_sum, wf_sum("same events", 11));
}

static void test_a_flipped_bit_of_the_head_is_seen(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(struct wf_block_head); bit++) {
        struct wf_block_head h = good_head("some events");
        ((uint8_t *)&h)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_non_null(wf_block_head_check(&h));
    }
}

static void test_a_head_with_a_sum_but_no_sense_is_refused(void **state)
{
    (void)state;
    static const uint16_t lengths[] = { 0, 8, 88, 97, 100, WF_FILE_HEADER + 8 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct wf_block_head h = good_head("x");
        h.head_len = lengths[i];
        h.head_sum = wf_block_head_sum(&h);
        assert_non_null(wf_block_head_check(&h));
    }
    struct wf_block_head h = good_head("x");
    h.payload_len = WF_PAYLOAD_MAX + 1;
    h.head_sum = wf_block_head_sum(&h);
    assert_string_equal(wf_block_head_check(&h), "block too large");
}

static void test_each_type_has_a_name(void **state)
{
    (void)state;
#define TYPE(n, name, doc) assert_string_equal(wf_block_type_name(n), #name);
    WF_BLOCK_TYPES(TYPE)
#undef TYPE
    assert_null(wf_block_type_name(0));
    assert_null(wf_block_type_name(200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_header_passes),
        cmocka_unit_test(test_a_flipped_bit_of_the_header_is_seen),
        cmocka_unit_test(test_a_header_that_is_none_is_named),
        cmocka_unit_test(test_a_header_of_the_future_is_refused),
        cmocka_unit_test(test_a_sealed_head_passes),
        cmocka_unit_test(test_a_flipped_bit_of_the_head_is_seen),
        cmocka_unit_test(test_a_head_with_a_sum_but_no_sense_is_refused),
        cmocka_unit_test(test_each_type_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
