/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/expr.h"

static const char *field(const void *arg, size_t i)
{
    static const char *const names[] = { "g",           "state", "name",   "dur_ns",
                                         "runnable_ns", "share", "nothing" };
    (void)arg;
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

static const char *word(const void *arg, size_t f, size_t i)
{
    static const char *const states[] = { "running", "runnable", "waiting" };
    (void)arg;
    return f == 1 && i < 3 ? states[i] : NULL;
}

static int call(const void *arg, enum wf_expr_func func, const char *name,
                const struct wf_expr_names **rows, char why[static 160])
{
    if (!strcmp(name, "alerts") && func == WF_FUNC_count) {
        *rows = arg;
        return 0;
    }
    if (!strcmp(name, "runnable"))
        return 0;
    snprintf(why, 160, "no list is called '%s'", name);
    return -1;
}

static struct wf_expr_names names = { .field = field, .word = word, .call = call };

static void get(const void *arg, size_t f, struct wf_value *out)
{
    static const struct wf_value values[] = {
        { .kind = WF_VALUE_NUMBER, .n = 17 },
        { .kind = WF_VALUE_TEXT, .s = "runnable" },
        { .kind = WF_VALUE_TEXT, .s = "conn_read" },
        { .kind = WF_VALUE_NUMBER, .n = 2e6 },
        { .kind = WF_VALUE_NUMBER, .n = 5 },
        { .kind = WF_VALUE_NUMBER, .n = 0.5 },
        { .kind = WF_VALUE_NONE },
    };
    (void)arg;
    *out = values[f];
}

static void sum_up(const void *arg, enum wf_expr_func func, const char *name,
                   const struct wf_expr *where, struct wf_value *out)
{
    struct wf_expr_row row = { .arg = arg, .get = get, .call = sum_up };
    (void)name;
    if (func == WF_FUNC_count)
        *out = (struct wf_value){ .kind = WF_VALUE_NUMBER,
                                  .n = !where || wf_expr_true(where, &row) };
    else
        *out = (struct wf_value){ .kind = WF_VALUE_NUMBER, .n = 1.5e6 };
}

static const struct wf_expr_row row = { .get = get, .call = sum_up };

static bool ask(const char *text)
{
    struct wf_expr *e = NULL;
    struct wf_expr_error error;
    names.arg = &names;
    if (wf_expr_parse(text, &names, &e, &error))
        fail_msg("%s: %zu: %s", text, error.at, error.text);
    bool is = wf_expr_true(e, &row);
    wf_expr_free(e);
    return is;
}

static void test_what_holds_and_what_does_not(void **state)
{
    static const char *const hold[] = {
        "g==17",
        "g!=18",
        "g<18&&g>16",
        "g<=17 && g>=17",
        "17==g",
        "state==runnable",
        "state!=running",
        "state==\"runnable\"",
        "runnable==5ns",
        "name==conn_read",
        "name~\"^conn_\"",
        "name!~\"^x\"",
        "name~conn",
        "g~\"^1\"",
        "dur>1ms",
        "dur==2ms",
        "dur_ns==2000000",
        "dur<0.003s",
        "dur>=2000us",
        "share==50%",
        "share*2==1",
        "g+3*2-1==22",
        "g/2==8.5",
        "g==1.7e1",
        "!(g==1)",
        "!!g==17",
        "(g==1||g==17)&&dur>1ms",
        "g==1&&g==2||g==17",
        "!g==1||g==2",
        "count(alerts)==1",
        "count(alerts,state==runnable)==1",
        "count(alerts,g==1)==0",
        "p99(runnable)<2ms",
        "p99(runnable) > 1.2 * dur/2",
        "nothing!=3",
        "!(nothing<3)",
        "!(g/0==1)",
        "count(alerts,count(alerts,g==17)==1)==1",
    };
    static const char *const not [] = { "g==1",         "dur>2ms",       "name~\"^x\"",
                                        "g!=17",        "nothing==0",    "nothing<1",
                                        "nothing>=0",   "nothing~\"\"",  "g/0==0",
                                        "g==17&&g==18", "!(g==17||g==1)" };
    (void)state;
    for (size_t i = 0; i < sizeof hold / sizeof *hold; i++)
        if (!ask(hold[i]))
            fail_msg("does not hold: %s", hold[i]);
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (ask(not [i]))
            fail_msg("holds: %s", not [i]);
}

static void test_errors_tell_place_and_nearest(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *says;
    } bad[] = {
        { "", 0, "it ends" },
        { "g", 1, "a comparison" },
        { "g==", 3, "it ends" },
        { "stat==runnable", 0, "did you mean state?" },
        { "zzzzzz==1", 0, "nothing is called 'zzzzzz'" },
        { "dur>1ms && dru<2ms", 11, "did you mean dur" },
        { "state==runable", 7, "did you mean runnable?" },
        { "g==1 g==2", 5, "&& or ||" },
        { "(g==1", 5, "')'" },
        { "g==1)", 4, "&& or ||" },
        { "g==12q", 3, "no number" },
        { "g==1.2.3", 3, "no number" },
        { "dur<1msx", 4, "no time" },
        { "name~\"(\"", 5, "regular expression" },
        { "name~\"a\\1\"", 5, "refers back" },
        { "name~\"((a{99}){99}){99}\"", 5, "repeats" },
        { "name~\"x", 5, "not closed" },
        { "name~3", 5, "quotes" },
        { "name<\"a\"", 5, "not text" },
        { "g<foo", 2, "nothing is called 'foo'" },
        { "g+name2==3", 2, "did you mean name?" },
        { "1==1", 0, "names anything" },
        { "cuont(alerts)==1", 0, "did you mean count?" },
        { "count(alrts)==1", 6, "no list" },
        { "p99(runnable,g==1)<2ms", 13, "no condition" },
        { "count(alerts,stat==1)==0", 13, "did you mean state?" },
        { "count(alerts==0", 12, "')'" },
        { "dur<5", 4, "dur is a time: its unit is wanted" },
        { "17<=runnable", 0, "its unit" },
        { "dur<5%", 4, "its unit" },
        { "p99(runnable)<2", 14, "its unit" },
        { "g=17", 1, "a comparison" },
        { "&&", 0, "a name" },
        { "g==1 &&", 7, "it ends" },
    };
    struct wf_expr_error error;
    (void)state;
    names.arg = &names;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wf_expr *e = NULL;
        if (wf_expr_parse(bad[i].text, &names, &e, &error) != -EINVAL || e ||
            error.at != bad[i].at || !strstr(error.text, bad[i].says))
            fail_msg("%s: at %zu: %s", bad[i].text, error.at, error.text);
    }
}

static void test_hostile_depth_and_length_are_refused(void **state)
{
    static const char *const units[] = {
        "(", "!", "count(alerts,", "g==1&&", "g+", "\""
    };
    struct wf_expr_error error;
    (void)state;
    names.arg = &names;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        for (size_t times = 1; times <= 100000; times *= 10) {
            size_t n = strlen(units[u]);
            char *text = malloc(n * times + 1);
            for (size_t i = 0; i < times; i++)
                memcpy(text + i * n, units[u], n + 1);
            struct wf_expr *e = NULL;
            assert_int_equal(wf_expr_parse(text, &names, &e, &error), -EINVAL);
            free(text);
        }
    char text[4096] = "g==17";
    while (strlen(text) + 8 < sizeof text)
        strcat(text, "&&g==17");
    assert_true(ask(text));
}

/* Whatever is cut off or changed, an answer or an error comes back. */
static void test_mangled_text_never_harms(void **state)
{
    static const char whole[] = "(name~\"^c{2}[a-z]+$\" || dur>1.5ms) && !(share<=50%) "
                                "&& count(alerts,g==1)+2*3>=p99(runnable)";
    struct wf_expr_error error;
    unsigned long seed = 1;
    (void)state;
    names.arg = &names;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (int k = 0; k < 3; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[(seed >> 33) % (sizeof whole - 1)] = (char)(seed >> 24);
        }
        struct wf_expr *e = NULL;
        if (!wf_expr_parse(text, &names, &e, &error)) {
            wf_expr_true(e, &row);
            wf_expr_free(e);
        } else {
            assert_true(error.at <= strlen(text) && error.text[0]);
        }
    }
}

static void test_a_lone_comparison_has_sides(void **state)
{
    struct wf_expr *e = NULL;
    struct wf_expr_error error;
    struct wf_value left, right;
    const char *op;
    (void)state;
    assert_int_equal(wf_expr_parse("dur <= 1ms", &names, &e, &error), 0);
    assert_true(wf_expr_sides(e, &row, &left, &right, &op));
    assert_true(left.n == 2e6 && right.n == 1e6);
    assert_string_equal(op, ">");
    assert_int_equal(wf_expr_left(e), 4);
    wf_expr_free(e);
    assert_int_equal(wf_expr_parse("dur<1ms&&g==1", &names, &e, &error), 0);
    assert_false(wf_expr_sides(e, &row, &left, &right, &op));
    assert_int_equal(wf_expr_left(e), 0);
    wf_expr_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_holds_and_what_does_not),
        cmocka_unit_test(test_errors_tell_place_and_nearest),
        cmocka_unit_test(test_hostile_depth_and_length_are_refused),
        cmocka_unit_test(test_mangled_text_never_harms),
        cmocka_unit_test(test_a_lone_comparison_has_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
