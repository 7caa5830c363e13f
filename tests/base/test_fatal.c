/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"

struct ending {
    int status;
    char text[2048];
};

/* Run end in a child; its standard error and wait status come back. */
static struct ending ending_of(void (*end)(void))
{
    struct ending e = { 0 };
    int fds[2];
    size_t size = 0;
    ssize_t n;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        signal(SIGABRT, SIG_DFL); /* cmocka's handler is not for the child */
        dup2(fds[1], STDERR_FILENO);
        end();
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], e.text + size, sizeof e.text - 1 - size)) > 0)
        size += (size_t)n;
    close(fds[0]);
    assert_int_equal(waitpid(pid, &e.status, 0), pid);

    /* qemu-user has a last word when the program in it dies. */
    char *emulator = strstr(e.text, "qemu: uncaught target signal");
    if (emulator)
        *emulator = '\0';
    return e;
}

static void say_more(void)
{
    if (write(STDERR_FILENO, "hook\n", 5) < 0)
        _exit(1);
}

static void fail_in_hook(void)
{
    wf_fatal("again");
}

static void plain(void)
{
    wf_fatal("chan %d is closed", 7);
}

static void hooked(void)
{
    wf_fatal_hook = say_more;
    wf_fatal("first");
}

static void failing_hook(void)
{
    wf_fatal_hook = fail_in_hook;
    wf_fatal("first");
}

static void endless(void)
{
    wf_fatal("%4000d", 1);
}

static void broken_check(void)
{
    WF_CHECK(1 + 1 == 3);
}

static void holding_check(void)
{
    WF_CHECK(1 + 1 == 2);
    WF_DCHECK(1 + 1 == 2);
}

static void assert_aborted(struct ending e)
{
    assert_true(WIFSIGNALED(e.status));
    assert_int_equal(WTERMSIG(e.status), SIGABRT);
}

static void test_fatal_prints_one_line_and_aborts(void **state)
{
    (void)state;
    struct ending e = ending_of(plain);
    assert_aborted(e);
    assert_string_equal(e.text, "weft: chan 7 is closed\n");
}

static void test_fatal_calls_the_hook_after_the_message(void **state)
{
    (void)state;
    struct ending e = ending_of(hooked);
    assert_aborted(e);
    assert_string_equal(e.text, "weft: first\nhook\n");
}

static void test_fatal_in_the_hook_ends_too(void **state)
{
    (void)state;
    struct ending e = ending_of(failing_hook);
    assert_aborted(e);
    assert_string_equal(e.text, "weft: first\nweft: again\n");
}

static void test_fatal_cuts_a_long_message(void **state)
{
    (void)state;
    struct ending e = ending_of(endless);
    assert_aborted(e);
    assert_int_equal(strlen(e.text), 1023);
    assert_int_equal(e.text[1022], '\n');
}

static void test_check_that_fails_names_place_and_condition(void **state)
{
    (void)state;
    struct ending e = ending_of(broken_check);
    assert_aborted(e);
    assert_non_null(strstr(e.text, "test_fatal.c:"));
    assert_non_null(strstr(e.text, "broken_check: broken invariant: 1 + 1 == 3"));
}

static void test_check_that_holds_is_silent(void **state)
{
    (void)state;
    struct ending e = ending_of(holding_check);
    assert_int_equal(e.status, 0);
    assert_string_equal(e.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fatal_prints_one_line_and_aborts),
        cmocka_unit_test(test_fatal_calls_the_hook_after_the_message),
        cmocka_unit_test(test_fatal_in_the_hook_ends_too),
        cmocka_unit_test(test_fatal_cuts_a_long_message),
        cmocka_unit_test(test_check_that_fails_names_place_and_condition),
        cmocka_unit_test(test_check_that_holds_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
