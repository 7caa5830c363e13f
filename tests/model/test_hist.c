/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "support.h"

#include "model/hist.h"

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void test_small_values_are_exact(void **state)
{
    struct wf_hist h = { 0 };
    (void)state;

    for (int64_t v = 0; v < 256; v++)
        assert_int_equal(wf_hist_add(&h, v), 0);
    assert_int_equal(wf_hist_quantile(&h, 0.5), 127);
    assert_int_equal(wf_hist_quantile(&h, 0.99), 253);
    assert_int_equal(wf_hist_quantile(&h, 1), 255);
    assert_int_equal(h.max, 255);
    wf_hist_fini(&h);
}

static void test_empty_has_no_quantile(void **state)
{
    struct wf_hist h = { 0 };
    (void)state;

    assert_int_equal(wf_hist_quantile(&h, 0.5), -1);
    assert_int_equal(wf_hist_mean(&h), -1);
}

static void test_quantile_is_at_most_the_maximum(void **state)
{
    struct wf_hist h = { 0 };
    (void)state;

    assert_int_equal(wf_hist_add(&h, 1000001), 0);
    assert_int_equal(wf_hist_quantile(&h, 0.5), 1000001);
    assert_int_equal(wf_hist_add(&h, -5), 0); /* a clock that fell back: counts as 0 */
    assert_int_equal(wf_hist_quantile(&h, 0.5), 0);
    wf_hist_fini(&h);
}

/* Nearest rank in the sorted values, rounded up by at most one part in 128. */
static void assert_near(const struct wf_hist *h, const int64_t *sorted, size_t n,
                        int per_mille)
{
    size_t rank = (n * (size_t)per_mille + 999) / 1000;
    int64_t exact = sorted[rank ? rank - 1 : 0];
    int64_t got = wf_hist_quantile(h, per_mille / 1000.0);

    assert_true(got >= exact);
    assert_true(got <= exact + exact / 128);
}

static void test_quantiles_match_the_sorted_values(void **state)
{
    enum { N = 5000 };
    static int64_t values[N];
    struct wf_hist h = { 0 }, half[2] = { { 0 }, { 0 } };
    (void)state;

    srand(2);
    for (int i = 0; i < N; i++) {
        values[i] = (int64_t)((uint64_t)rand() << 20 | (unsigned)rand()) >>
                    (rand() % 50);
        assert_int_equal(wf_hist_add(&h, values[i]), 0);
        assert_int_equal(wf_hist_add(&half[i % 2], values[i]), 0);
    }
    qsort(values, N, sizeof *values, ascending);
    assert_int_equal(wf_hist_merge(&half[0], &half[1]), 0);
    for (int q = 0; q <= 1000; q += 10) {
        assert_near(&h, values, N, q);
        assert_int_equal(wf_hist_quantile(&half[0], q / 1000.0),
                         wf_hist_quantile(&h, q / 1000.0));
    }
    assert_int_equal(half[0].sum, h.sum);
    wf_hist_fini(&h);
    wf_hist_fini(&half[0]);
    wf_hist_fini(&half[1]);
}

static void test_series_is_weighted_by_time(void **state)
{
    struct wf_series s = { 0 };
    (void)state;

    assert_int_equal(wf_series_set(&s, 1000, 4), 0); /* not known before */
    assert_int_equal(wf_series_set(&s, 2000, 0), 0);
    assert_int_equal(wf_series_set(&s, 5000, 9), 0);
    assert_int_equal(wf_series_set(&s, 5000, 2), 0); /* 9 for no time at all */
    assert_int_equal(wf_series_set(&s, 6000, 0), 0);
    assert_true(wf_series_mean(&s) > 1.19 &&
                wf_series_mean(&s) < 1.21); /* 6000 / 5000 */
    assert_int_equal(wf_series_quantile(&s, 0.5), 0);
    assert_int_equal(wf_series_quantile(&s, 0.99), 4);
    assert_int_equal(s.max, 9);
    wf_hist_fini(&s.by_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_empty_has_no_quantile),
        cmocka_unit_test(test_quantile_is_at_most_the_maximum),
        cmocka_unit_test(test_quantiles_match_the_sorted_values),
        cmocka_unit_test(test_series_is_weighted_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
