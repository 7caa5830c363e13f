/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/list.h"

enum { ITEMS = 64 };

struct item {
    int value;
    struct wf_list node;
};

/* The list under test beside a plain array that must always hold the same. */
struct pair {
    struct wf_list list;
    struct item items[ITEMS];
    int plain[ITEMS], n;
};

static void setup(struct pair *p)
{
    wf_list_init(&p->list);
    p->n = 0;
    for (int i = 0; i < ITEMS; i++) {
        p->items[i].value = i;
        wf_list_init(&p->items[i].node);
    }
}

static void assert_same(struct pair *p)
{
    int i = 0;
    wf_list_each (it, &p->list) {
        assert_true(i < p->n);
        assert_int_equal(wf_container(it, struct item, node)->value, p->plain[i++]);
        assert_ptr_equal(it->next->prev, it);
    }
    assert_int_equal(i, p->n);
    assert_int_equal(wf_list_empty(&p->list), p->n == 0);
}

static void plain_remove(struct pair *p, int at)
{
    p->n--;
    memmove(p->plain + at, p->plain + at + 1, (size_t)(p->n - at) * sizeof *p->plain);
}

static int plain_find(const struct pair *p, int value)
{
    for (int i = 0; i < p->n; i++)
        if (p->plain[i] == value)
            return i;
    return -1;
}

static void step(struct pair *p, int value, bool front)
{
    int at = plain_find(p, value);
    if (at >= 0) {
        wf_list_remove(&p->items[value].node);
        plain_remove(p, at);
    } else if (front) {
        wf_list_push_front(&p->list, &p->items[value].node);
        memmove(p->plain + 1, p->plain, (size_t)p->n++ * sizeof *p->plain);
        p->plain[0] = value;
    } else {
        wf_list_push_back(&p->list, &p->items[value].node);
        p->plain[p->n++] = value;
    }
}

static void test_random_operations_match_an_array(void **state)
{
    (void)state;
    struct pair p;
    unsigned seed = 1;
    long n = scale(SCALE_list_ops);
    setup(&p);
    for (long i = 0; i < n; i++) {
        int r = rand_r(&seed);
        step(&p, r % ITEMS, r & 0x1000);
        assert_same(&p);
    }
    scale_done(SCALE_list_ops, n);
}

static void test_pop_takes_the_oldest_until_none_is_left(void **state)
{
    (void)state;
    struct pair p;
    setup(&p);
    assert_null(wf_list_pop(&p.list));
    for (int i = 0; i < 3; i++)
        wf_list_push_back(&p.list, &p.items[i].node);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(wf_list_pop(&p.list), &p.items[i].node);
    assert_null(wf_list_peek(&p.list));
}

static void test_removal_while_walking_visits_each_once(void **state)
{
    (void)state;
    struct pair p;
    int sum = 0;
    setup(&p);
    for (int i = 0; i < ITEMS; i++)
        wf_list_push_back(&p.list, &p.items[i].node);
    wf_list_each_safe (it, &p.list) {
        sum += wf_container(it, struct item, node)->value;
        wf_list_remove(it);
    }
    assert_int_equal(sum, ITEMS * (ITEMS - 1) / 2);
    assert_true(wf_list_empty(&p.list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_match_an_array),
        cmocka_unit_test(test_pop_takes_the_oldest_until_none_is_left),
        cmocka_unit_test(test_removal_while_walking_visits_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
