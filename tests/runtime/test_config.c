/* SPDX-License-Identifier: MIT */
#include "rt_support.h"

#include <ctype.h>
#include <sys/stat.h>

#include "runtime/knobs.h"

/* ---- the table ---- */

static void test_each_default_is_accepted_by_its_own_reader(void **state)
{
    (void)state;
    weft_config a, b;
    char error[WEFT_ERROR_MAX];
    weft_config_init(&a);
    weft_config_init(&b);
    for (const struct wf_knob *k = wf_knobs; k->name; k++) {
        assert_int_equal(weft_config_set(&b, k->name, k->standard, error), 0);
        assert_memory_equal(&a, &b, sizeof a);
    }
    assert_int_equal(a.size, sizeof a);
    assert_int_equal(a.procs, WEFT_AUTO);
    assert_int_equal(a.stack_size, 64 * 1024);
    assert_int_equal(a.preempt, 10 * WF_NS_PER_MS);
    assert_int_equal(a.sysmon_min, 20 * WF_NS_PER_US);
    assert_int_equal(a.sysmon_max, 10 * WF_NS_PER_MS);
    assert_int_equal(a.thread_cache, 64);
    assert_int_equal(a.max_threads, 10000);
    assert_true(a.steal);
    assert_int_equal(a.trace_stacks, WEFT_STACKS_BLOCK | WEFT_STACKS_CREATE);
}

static void test_each_variable_is_named_after_its_knob(void **state)
{
    (void)state;
    for (const struct wf_knob *k = wf_knobs; k->name; k++) {
        assert_memory_equal(k->variable, "WEFT_", 5);
        for (size_t i = 0; i <= strlen(k->name); i++)
            assert_int_equal(k->variable[5 + i], toupper(k->name[i]));
    }
}

static void test_each_knob_refuses_nonsense_and_says_what_it_takes(void **state)
{
    static const char *const nonsense[] = {
        "nonsense", "-1", "1e99", "12x", " 1", "0x10", "1 ", "nan", "..", "\033[31m"
    };
    (void)state;
    for (const struct wf_knob *k = wf_knobs; k->name; k++) {
        if (!strcmp(k->name, "trace")) /* any of these may be a file */
            continue;
        for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
            weft_config c, before;
            char error[WEFT_ERROR_MAX] = "";
            weft_config_init(&c);
            before = c;
            assert_int_equal(weft_config_set(&c, k->name, nonsense[i], error), -EINVAL);
            assert_memory_equal(&c, &before, sizeof c);
            assert_non_null(strstr(error, k->name));
            assert_non_null(strstr(error, k->accepted));
            assert_null(strchr(error, '\n'));
            assert_null(strchr(error, '\033'));
        }
    }
}

struct value {
    const char *knob, *text;
    int64_t want; /* -1: refused */
};

static int64_t field_of(const weft_config *c, const char *knob)
{
    if (!strcmp(knob, "procs"))
        return c->procs;
    if (!strcmp(knob, "stack_size"))
        return (int64_t)c->stack_size;
    if (!strcmp(knob, "stack_guard"))
        return c->stack_guard;
    if (!strcmp(knob, "preempt"))
        return c->preempt;
    if (!strcmp(knob, "steal"))
        return c->steal;
    if (!strcmp(knob, "trace_buffer"))
        return (int64_t)c->trace_buffer;
    if (!strcmp(knob, "trace_stacks"))
        return c->trace_stacks;
    if (!strcmp(knob, "sysmon"))
        return c->sysmon_max;
    if (!strcmp(knob, "log"))
        return c->log_level;
    if (!strcmp(knob, "debug"))
        return c->schedtrace + c->scheddetail + 10 * c->fuzz;
    return -2;
}

static void test_values_mean_what_they_say(void **state)
{
    static const struct value values[] = {
        { "procs", "1", 1 },
        { "procs", "1024", 1024 },
        { "procs", "1025", -1 },
        { "procs", "0", -1 },
        { "stack_size", "16K", 16384 },
        { "stack_size", "1M", 1048576 },
        { "stack_size", "65536", 65536 },
        { "stack_size", "32K", -1 },
        { "stack_size", "64KB", -1 },
        { "stack_guard", "none", WEFT_GUARD_NONE },
        { "preempt", "off", 0 },
        { "preempt", "2.5ms", 2500000 },
        { "preempt", "1us", -1 },
        { "preempt", "10", -1 },
        { "steal", "off", 0 },
        { "steal", "no", -1 },
        { "trace_buffer", "64M", 64 << 20 },
        { "trace_buffer", "1K", -1 },
        { "trace_stacks", "none", 0 },
        { "trace_stacks", "create", WEFT_STACKS_CREATE },
        { "trace_stacks", "create,", -1 },
        { "sysmon", "50us..2ms", 2000000 },
        { "sysmon", "2ms..50us", -1 },
        { "sysmon", "1ms", -1 },
        { "debug", "schedtrace=1000", 1000000000 },
        { "debug", "schedtrace=1,scheddetail=1", 1000001 },
        { "debug", "schedtrace", -1 },
        { "debug", "fuzz=7,schedtrace=1", 1000070 },
        { "debug", "fuzz=0", -1 },
        { "log", "debug", WEFT_LOG_DEBUG },
        { "log", "off", WEFT_LOG_OFF },
        { "log", "loud", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        weft_config c;
        char error[WEFT_ERROR_MAX];
        weft_config_init(&c);
        int err = weft_config_set(&c, values[i].knob, values[i].text, error);
        assert_int_equal(err, values[i].want < 0 ? -EINVAL : 0);
        if (!err)
            assert_int_equal(field_of(&c, values[i].knob), values[i].want);
    }
}

static void test_unknown_knob_is_said(void **state)
{
    weft_config c;
    char error[WEFT_ERROR_MAX];
    (void)state;
    weft_config_init(&c);
    assert_int_equal(weft_config_set(&c, "stael", "on", error), -ENOENT);
    assert_string_equal(error, "stael: no such knob");
}

/* ---- weft.conf and the environment ---- */

static char dir[] = "/tmp/weft-config-XXXXXX";

static int make_home(void **state)
{
    (void)state;
    char path[64];
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/weft", dir);
    return mkdir(path, 0700) || setenv("XDG_CONFIG_HOME", dir, 1);
}

static int remove_home(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/weft/weft.conf", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/weft", dir);
    rmdir(path);
    return rmdir(dir);
}

static int load(const char *conf, weft_config *c, char *error)
{
    char path[64];
    snprintf(path, sizeof path, "%s/weft/weft.conf", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(conf, file);
    fclose(file);
    weft_config_init(c);
    return weft_config_load(c, error);
}

static void test_environment_wins_over_the_file(void **state)
{
    weft_config c;
    char error[WEFT_ERROR_MAX] = "";
    (void)state;
    assert_int_equal(setenv("WEFT_PREEMPT", "5ms", 1), 0);
    assert_int_equal(load("# a comment\n\nprocs = 3\npreempt=20ms # here too\n"
                          "theme = dark\nkey.timeline.x = explain\n"
                          "threshold.starved = 5ms\n",
                          &c, error),
                     0);
    unsetenv("WEFT_PREEMPT");
    assert_int_equal(c.procs, 3);
    assert_int_equal(c.preempt, 5 * WF_NS_PER_MS);
}

static void test_bad_line_is_named(void **state)
{
    weft_config c;
    char error[WEFT_ERROR_MAX];
    (void)state;
    assert_int_equal(load("steal = on\nprocs = many\n", &c, error), -EINVAL);
    assert_string_equal(error, "weft.conf:2: procs: \"many\" cannot be used (accepted: "
                               "1 to 1024, or auto)");
    assert_int_equal(load("prcos = 2\n", &c, error), -EINVAL);
    assert_string_equal(error, "weft.conf:1: prcos: no such name");
    assert_int_equal(load("what\n", &c, error), -EINVAL);
    assert_string_equal(error, "weft.conf:1: \"what\" is not name = value");
}

static void test_bad_variable_is_named(void **state)
{
    weft_config c;
    char error[WEFT_ERROR_MAX];
    (void)state;
    assert_int_equal(setenv("WEFT_STEAL", "perhaps", 1), 0);
    assert_int_equal(load("", &c, error), -EINVAL);
    unsetenv("WEFT_STEAL");
    assert_string_equal(error,
                        "WEFT_STEAL: \"perhaps\" cannot be used (accepted: on or off)");
}

static void nothing(void *arg)
{
    (void)arg;
}

static void run_with_bad_variable(void *arg)
{
    (void)arg;
    setenv("WEFT_PROCS", "0", 1);
    _exit(weft_run(NULL, nothing, NULL) == -EINVAL ? 3 : 4);
}

static void test_run_says_what_is_wrong_with_a_variable(void **state)
{
    char out[1024];
    (void)state;
    int status = in_child(run_with_bad_variable, NULL, out, sizeof out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_string_equal(out, "weft: WEFT_PROCS: \"0\" cannot be used (accepted: 1 to "
                             "1024, or auto)\n");
}

static void test_unsound_config_is_refused(void **state)
{
    weft_config c = rt_config(2);
    (void)state;
    c.stack_size = 12345;
    assert_int_equal(weft_run(&c, nothing, NULL), -EINVAL);
    c = rt_config(0);
    assert_int_equal(weft_run(&c, nothing, NULL), -EINVAL);
    c = rt_config(1);
    c.size--;
    assert_int_equal(weft_run(&c, nothing, NULL), -EINVAL);
}

/* ---- figures and schedtrace ---- */

static void sleep_50_ms(void *arg)
{
    (void)arg;
    weft_sleep(50 * WF_NS_PER_MS);
}

static void run_schedtrace(void *arg)
{
    weft_config c = rt_config(2);
    char error[WEFT_ERROR_MAX];
    (void)arg;
    weft_config_set(&c, "debug", "schedtrace=5,scheddetail=1", error);
    weft_run(&c, sleep_50_ms, NULL);
}

static void test_schedtrace_prints_lines_that_scripts_know(void **state)
{
    static char out[65536];
    unsigned ms, procs, idle, threads, spinning, needs, idle_threads, queue;
    (void)state;
    int status = in_child(run_schedtrace, NULL, out, sizeof out);
    assert_true(WIFEXITED(status));
    assert_int_equal(sscanf(out,
                            "SCHED %ums: gomaxprocs=%u idleprocs=%u threads=%u "
                            "spinningthreads=%u needspinning=%u idlethreads=%u "
                            "runqueue=%u gcwaiting=false",
                            &ms, &procs, &idle, &threads, &spinning, &needs,
                            &idle_threads, &queue),
                     8);
    assert_int_equal(procs, 2);
    assert_non_null(strstr(out, "\n  P1: status="));
    assert_non_null(strstr(out, "\n  M1: p="));
    assert_non_null(strstr(out, "\n  G1: status=4(sleep) m=nil lockedm=nil (main) "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_default_is_accepted_by_its_own_reader),
        cmocka_unit_test(test_each_variable_is_named_after_its_knob),
        cmocka_unit_test(test_each_knob_refuses_nonsense_and_says_what_it_takes),
        cmocka_unit_test(test_values_mean_what_they_say),
        cmocka_unit_test(test_unknown_knob_is_said),
        cmocka_unit_test(test_environment_wins_over_the_file),
        cmocka_unit_test(test_bad_line_is_named),
        cmocka_unit_test(test_bad_variable_is_named),
        cmocka_unit_test(test_run_says_what_is_wrong_with_a_variable),
        cmocka_unit_test(test_unsound_config_is_refused),
        cmocka_unit_test(test_schedtrace_prints_lines_that_scripts_know),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
