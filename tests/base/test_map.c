/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "support.h"

#include "base/map.h"

enum { KEYS = 300 };

/* Random puts and removes, the same in the map and in a plain array. */
static void test_random_operations_match_an_array(void **state)
{
    struct wf_map map;
    int plain[KEYS] = { 0 };
    size_t n = 0;
    (void)state;

    wf_map_init(&map, sizeof(int));
    srand(1);
    for (int i = 0; i < scale(SCALE_map_ops); i++) {
        int k = rand() % KEYS;
        uint64_t key = (uint64_t)k * 65536 + 1; /* collide in the low bits */
        if (rand() % 3) {
            int *value = wf_map_put(&map, key);
            assert_non_null(value);
            assert_int_equal(*value, plain[k]);
            n += plain[k] == 0;
            *value = plain[k] = i + 1;
        } else {
            wf_map_remove(&map, key);
            n -= plain[k] != 0;
            plain[k] = 0;
        }
        assert_int_equal(map.n, n);
    }
    for (int k = 0; k < KEYS; k++) {
        int *value = wf_map_get(&map, (uint64_t)k * 65536 + 1);
        assert_int_equal(value ? *value : 0, plain[k]);
    }
    wf_map_fini(&map);
    scale_done(SCALE_map_ops, scale(SCALE_map_ops));
}

static void test_next_visits_each_key_once(void **state)
{
    struct wf_map map;
    unsigned seen[100] = { 0 };
    uint64_t key;
    size_t at = 0;
    (void)state;

    wf_map_init(&map, sizeof(char));
    for (uint64_t k = 1; k < 100; k++)
        assert_non_null(wf_map_put(&map, k));
    while (wf_map_next(&map, &at, &key))
        seen[key]++;
    for (int k = 1; k < 100; k++)
        assert_int_equal(seen[k], 1);
    wf_map_fini(&map);
}

static void test_key_zero_is_no_key(void **state)
{
    struct wf_map map;
    (void)state;

    wf_map_init(&map, sizeof(int));
    assert_null(wf_map_put(&map, 0));
    assert_null(wf_map_get(&map, 0));
    wf_map_remove(&map, 7); /* of an empty map: nothing */
    assert_int_equal(map.n, 0);
    wf_map_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_match_an_array),
        cmocka_unit_test(test_next_visits_each_key_once),
        cmocka_unit_test(test_key_zero_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
