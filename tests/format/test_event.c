/* SPDX-License-Identifier: MIT */
/*
 * test_event.c - each row of events.def makes a case, each word of reasons.def a check.
 */
#include "support.h"

#include <stdbool.h>

#include "format/event.h"
#include "format/gstate.h"

struct row {
    unsigned id;
    size_t nvalues; /* dt and the fields */
    uint8_t *(*put)(uint8_t *w, const uint64_t *values);
};

#define F(kind, field)
#define EVENT(id_, name, fields, doc)                                                  \
    static uint8_t *put_##name(uint8_t *w, const uint64_t *values)                     \
    {                                                                                  \
        struct wf_ev_##name e;                                                         \
        memcpy(&e, values, sizeof e);                                                  \
        return wf_put_##name(w, e);                                                    \
    }                                                                                  \
    static struct row row_##name = { id_,                                              \
                                     sizeof(struct wf_ev_##name) / sizeof(uint64_t),   \
                                     put_##name };
#include "format/events.def"

static uint64_t random_value(unsigned *seed)
{
    uint64_t v = 0;
    for (int i = 0; i < 5; i++)
        v = v << 15 ^ (uint64_t)rand_r(seed);
    return v >> rand_r(seed) % 64;
}

/* What was put comes back, and no part of it passes for the whole. */
static void assert_round_trip(const struct row *row, const uint64_t *values)
{
    uint8_t bytes[WF_EVENT_MAX_BYTES];
    struct wf_event ev;
    uint8_t *end = row->put(bytes, values);

    assert_true(end - bytes <= WF_EVENT_MAX_BYTES);
    assert_ptr_equal(wf_event_get(wf_event_info, bytes, end, &ev), end);
    assert_int_equal(ev.id, row->id);
    assert_true(ev.dt == values[0]);
    for (size_t i = 1; i < row->nvalues; i++)
        assert_true(ev.arg[i - 1] == values[i]);
    for (const uint8_t *cut = bytes; cut < end; cut++)
        assert_null(wf_event_get(wf_event_info, bytes, cut, &ev));
}

static void test_row_comes_back_whole(void **state)
{
    const struct row *row = *state;
    uint64_t values[1 + WF_EVENT_ARGS];
    unsigned seed = row->id;
    long n = scale(SCALE_event_values);

    memset(values, 0xff, sizeof values);
    assert_round_trip(row, values);
    for (long i = 0; i < n; i++) {
        for (size_t j = 0; j < row->nvalues; j++)
            values[j] = random_value(&seed);
        assert_round_trip(row, values);
    }
    scale_done(SCALE_event_values, n);
}

static void test_row_describes_itself(void **state)
{
    const struct row *row = *state;
    const struct wf_event_info *info = &wf_event_info[row->id];
    size_t n = 0;

    assert_non_null(info->name);
    assert_true(strlen(info->doc) > 0);
    assert_int_equal(info->doc[strlen(info->doc) - 1], '.');
    for (; info->args[n].kind != WF_END; n++) {
        assert_non_null(info->args[n].name);
        assert_non_null(wf_field_kind_name(info->args[n].kind));
    }
    assert_int_equal(n + 1, row->nvalues);
}

static void test_unknown_ids_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[WF_EVENT_MAX_BYTES] = { 0 };
    struct wf_event ev;
    int known = 0;
    for (unsigned id = 0; id < 256; id++) {
        bytes[0] = (uint8_t)id;
        const uint8_t *end = wf_event_get(wf_event_info, bytes, bytes + sizeof bytes,
                                          &ev);
        assert_int_equal(end != NULL, wf_event_info[id].name != NULL);
        known += end != NULL;
    }
    assert_true(known > 40);
}

static void test_an_argument_is_found_by_its_name(void **state)
{
    (void)state;
    uint8_t bytes[WF_EVENT_MAX_BYTES] = { 0 };
    struct wf_event ev;
    uint8_t *end = wf_put_g_switch(
        bytes, (struct wf_ev_g_switch){ .dt = 1, .reason = 2, .g2 = 30, .len = 4 });
    assert_ptr_equal(wf_event_get(wf_event_info, bytes, end, &ev), end);
    assert_int_equal(WF_ARG(&ev, g_switch, reason), 2);
    assert_int_equal(WF_ARG(&ev, g_switch, g2), 30);
    assert_int_equal(WF_ARG(&ev, g_switch, len), 4);
    assert_int_equal(WF_ARG(&ev, g_switch, obj), 0);
}

static void test_each_word_has_one_value_and_one_name(void **state)
{
    (void)state;
    int words = 0;
    for (unsigned kind = WF_END; kind < WF_NFIELDKINDS; kind++)
        for (uint64_t value = 0; value < 300; value++) {
            const char *name = wf_word_name(kind, value);
            if (!name)
                continue;
            assert_int_equal(wf_word_value(kind, name), value);
            words++;
        }
    assert_true(words > 60);
    assert_int_equal(wf_word_value(WF_WHY, "no such word"), -1);
    assert_int_equal(wf_word_value(WF_GSTATE, "no such state"), -1);
    assert_null(wf_word_name(WF_WHY, 255));
    assert_null(wf_word_name(WF_NUM, 0));
}

static void test_a_reason_names_the_kind_of_object(void **state)
{
    (void)state;
    assert_int_equal(wf_why_object(WF_WHY_chan_send), WF_OKIND_chan);
    assert_int_equal(wf_why_object(WF_WHY_rwlock_read), WF_OKIND_lock);
    assert_int_equal(wf_why_object(WF_WHY_net_read), WF_OKIND_fd);
    assert_int_equal(wf_why_object(WF_WHY_yield), WF_OKIND_none);
    assert_int_equal(wf_why_object(1000), WF_OKIND_none);
}

static void test_states_lead_from_idle_to_dead_and_back(void **state)
{
    (void)state;
    assert_true(wf_g_may_follow(WF_G_IDLE, WF_G_RUNNABLE));
    assert_true(wf_g_may_follow(WF_G_RUNNING, WF_G_DEAD));
    assert_true(wf_g_may_follow(WF_G_DEAD, WF_G_IDLE));
    assert_false(wf_g_may_follow(WF_G_WAITING, WF_G_RUNNING));
    assert_false(wf_g_may_follow(WF_G_IDLE, WF_G_RUNNING));
    assert_false(wf_g_may_follow(WF_G_NSTATES, WF_G_IDLE));
    assert_false(wf_g_may_follow(WF_G_IDLE, WF_G_NSTATES));
    for (unsigned s = 0; s < WF_G_NSTATES; s++) {
        bool reached = false, left = false;
        for (unsigned other = 0; other < WF_G_NSTATES; other++) {
            reached |= wf_g_may_follow(other, s);
            left |= wf_g_may_follow(s, other);
        }
        assert_true(reached && left && !wf_g_may_follow(s, s));
        assert_int_equal(wf_word_value(WF_GSTATE, wf_g_state_name(s)), s);
        assert_int_not_equal(wf_g_state_letter(s), '?');
    }
    assert_null(wf_g_state_name(WF_G_NSTATES));
    assert_int_equal(wf_g_state_letter(WF_G_NSTATES), '?');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define EVENT(id_, name, fields, doc)                                                  \
    { "test_" #name "_comes_back_whole", test_row_comes_back_whole, NULL, NULL,        \
      &row_##name },                                                                   \
        { "test_" #name "_describes_itself", test_row_describes_itself, NULL, NULL,    \
          &row_##name },
#define F(kind, field)
#include "format/events.def"
        cmocka_unit_test(test_unknown_ids_are_refused),
        cmocka_unit_test(test_an_argument_is_found_by_its_name),
        cmocka_unit_test(test_each_word_has_one_value_and_one_name),
        cmocka_unit_test(test_a_reason_names_the_kind_of_object),
        cmocka_unit_test(test_states_lead_from_idle_to_dead_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
