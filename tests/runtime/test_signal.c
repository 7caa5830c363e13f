/* SPDX-License-Identifier: MIT */
/*
 * Signals to channels, and those that print what goes on.
 */
#include "inside.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <weft/signal.h>

static const int64_t LONG = 60 * WF_NS_PER_S;

static int take(weft_chan *ch)
{
    int sig = 0, err = weft_chan_recv(ch, &sig, weft_now() + LONG);
    return err ? err : sig;
}

static void two_channels(void *arg)
{
    static const int one[] = { SIGUSR2 }, both[] = { SIGUSR2, SIGHUP };
    weft_chan *a = weft_chan_new(sizeof(int), 4), *b = weft_chan_new(sizeof(int), 4);
    (void)arg;
    assert_int_equal(weft_signal_notify(a, one, 1), 0);
    assert_int_equal(weft_signal_notify(b, both, 2), 0);
    kill(getpid(), SIGUSR2);
    assert_int_equal(take(a), SIGUSR2);
    assert_int_equal(take(b), SIGUSR2);
    kill(getpid(), SIGHUP);
    assert_int_equal(take(b), SIGHUP);
    weft_signal_stop(b);
    kill(getpid(), SIGUSR2);
    assert_int_equal(take(a), SIGUSR2);
    assert_int_equal(weft_chan_len(a), 0);
    assert_int_equal(weft_chan_len(b), 0);
    weft_signal_stop(a);
    weft_signal_stop(a);
    weft_chan_free(a);
    weft_chan_free(b);
}

static void test_each_channel_gets_what_it_wants(void **state)
{
    (void)state;
    run_in_weft_on(2, two_channels, NULL);
}

/* ---- what was before ---- */

static atomic_int handled;

static void handler(int sig)
{
    handled += sig;
}

static void take_over(void *arg)
{
    static const int usr2[] = { SIGUSR2 };
    weft_chan *ch = weft_chan_new(sizeof(int), 1);
    (void)arg;
    assert_int_equal(weft_signal_notify(ch, usr2, 1), 0);
    kill(getpid(), SIGUSR2);
    assert_int_equal(take(ch), SIGUSR2);
    assert_int_equal(handled, 0);
    weft_signal_stop(ch);
    kill(getpid(), SIGUSR2);
    while (!handled)
        weft_yield();
    assert_int_equal(weft_signal_notify(ch, usr2, 1), 0);
    weft_signal_stop(ch);
    weft_chan_free(ch);
}

static void test_a_handler_is_back_after_stop(void **state)
{
    struct sigaction sa = { .sa_handler = handler }, now;
    (void)state;
    handled = 0;
    sigaction(SIGUSR2, &sa, NULL);
    run_in_weft_on(1, take_over, NULL);
    assert_int_equal(handled, SIGUSR2);
    sigaction(SIGUSR2, NULL, &now);
    assert_ptr_equal(now.sa_handler, handler);
    signal(SIGUSR2, SIG_DFL);
    sigaction(SIGQUIT, NULL, &now);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
}

static void leave_it(void *arg)
{
    static const int hup[] = { SIGHUP };
    *(weft_chan **)arg = weft_chan_new(sizeof(int), 1);
    assert_int_equal(weft_signal_notify(*(weft_chan **)arg, hup, 1), 0);
}

static void test_the_end_of_the_run_lets_go(void **state)
{
    struct sigaction now;
    weft_chan *ch;
    (void)state;
    run_in_weft_on(1, leave_it, &ch);
    sigaction(SIGHUP, NULL, &now);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
    weft_chan_free(ch);
}

/* ---- bounds ---- */

static void refuse(void *arg)
{
    static const int bad[] = { 0, -1, 65, 1000, SIGKILL, SIGSTOP, SIGSEGV, SIGURG };
    weft_chan *ch = weft_chan_new(sizeof(int), 1), *wide = weft_chan_new(8, 1);
    static weft_chan *many[300];
    static const int usr2[] = { SIGUSR2 };
    int n = 0, err = 0;
    (void)arg;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(weft_signal_notify(ch, &bad[i], 1), -EINVAL);
    assert_int_equal(weft_signal_notify(wide, usr2, 1), -EINVAL);
    for (; n < 300 && !err; n++) {
        many[n] = weft_chan_new(sizeof(int), 1);
        err = weft_signal_notify(many[n], usr2, 1);
    }
    assert_int_equal(err, -ENOSPC);
    assert_int_equal(n, 257);
    while (n-- > 0) {
        weft_signal_stop(many[n]);
        weft_chan_free(many[n]);
    }
    weft_chan_free(ch);
    weft_chan_free(wide);
}

static void test_what_cannot_be_had_is_refused(void **state)
{
    (void)state;
    run_in_weft_on(1, refuse, NULL);
}

enum { STORM = 10000 };

static void storm(void *arg)
{
    static const int sigs[] = { SIGUSR2, SIGHUP, SIGWINCH };
    weft_chan *ch = weft_chan_new(sizeof(int), 2);
    int seen[65] = { 0 }, sig;
    (void)arg;
    assert_int_equal(weft_signal_notify(ch, sigs, 3), 0);
    for (int i = 0; i < STORM; i++) {
        kill(getpid(), sigs[i % 3]);
        while (!weft_chan_recv(ch, &sig, 0))
            seen[sig]++;
    }
    for (int i = 0; i < 3; i++) { /* the last of each comes, whatever was dropped */
        seen[sigs[i]] = 0;
        while (!seen[sigs[i]]) {
            kill(getpid(), sigs[i]);
            sig = take(ch);
            assert_true(sig > 0);
            seen[sig]++;
        }
    }
    weft_signal_stop(ch);
    weft_chan_free(ch);
}

static void test_a_storm_drops_and_goes_on(void **state)
{
    (void)state;
    run_in_weft_on(2, storm, NULL);
}

/* All wait, but a signal may come: no deadlock. */
static void wait_only(void *arg)
{
    static const int term[] = { SIGTERM };
    weft_chan *ch = weft_chan_new(sizeof(int), 1);
    int sig;
    (void)arg;
    assert_int_equal(weft_signal_notify(ch, term, 1), 0);
    assert_int_equal(weft_chan_recv(ch, &sig, WEFT_FOREVER), 0);
    assert_int_equal(sig, SIGTERM);
    weft_signal_stop(ch);
    weft_chan_free(ch);
}

static void run_wait_only(void *arg)
{
    weft_config c = rt_config(1);
    (void)arg;
    write(STDERR_FILENO, "up\n", 3);
    weft_run(&c, wait_only, NULL);
    write(STDERR_FILENO, "down\n", 5);
}

/* Runs fn in a child and sends it sig once it said so. */
static int signalled(void (*fn)(void *), int sig, char *out, size_t size)
{
    int ends[2], status;
    size_t at = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (!pid) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        fn(NULL);
        _exit(0);
    }
    close(ends[1]);
    out[0] = '\0';
    bool sent = false;
    for (ssize_t n;
         at + 1 < size && (n = read(ends[0], out + at, size - 1 - at)) > 0;) {
        at += (size_t)n;
        out[at] = '\0';
        if (!sent && strstr(out, "up\n")) {
            usleep(50000);
            kill(pid, sig);
            sent = true;
        }
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_waiting_for_a_signal_is_no_deadlock(void **state)
{
    (void)state;
    static char out[4096];
    int status = signalled(run_wait_only, SIGTERM, out, sizeof out);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    assert_string_equal(out, "up\ndown\n");
}

/* ---- what goes on ---- */

static weft_mutex held = WEFT_MUTEX_INIT;

static __attribute__((noinline)) void waits_for_the_mutex(void *arg)
{
    (void)arg;
    weft_mutex_lock(&held);
    weft_mutex_unlock(&held);
}

static volatile bool go_on = true;
static int64_t stay = 300 * WF_NS_PER_MS;

static __attribute__((noinline)) void computes_for_ever(void *arg)
{
    (void)arg;
    while (go_on)
        continue;
}

static void three(void *arg)
{
    (void)arg;
    weft_mutex_lock(&held);
    weft_go_named("waiter", waits_for_the_mutex, NULL);
    weft_go_named("hog", computes_for_ever, NULL);
    weft_sleep(20 * WF_NS_PER_MS);
    write(STDERR_FILENO, "up\n", 3);
    weft_sleep(stay);
    go_on = false;
    weft_mutex_unlock(&held);
    write(STDERR_FILENO, "down\n", 5);
}

static void run_three(void *arg)
{
    weft_config c = rt_config(1);
    (void)arg;
    weft_run(&c, three, NULL);
}

static void test_sigquit_prints_every_stack_and_ends(void **state)
{
    (void)state;
    static char out[65536];
    stay = LONG; /* what ends it is the signal */
    int status = signalled(run_three, SIGQUIT, out, sizeof out);
    stay = 300 * WF_NS_PER_MS;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGQUIT);
    char *waiter = strstr(out, "(waiter) waits: mutex"), *hog = strstr(out, "(hog) ");
    assert_non_null(waiter);
    assert_non_null(hog);
    assert_non_null(strstr(waiter, "wf_park"));
    assert_non_null(strstr(waiter, "waits_for_the_mutex"));
#ifndef __SANITIZE_THREAD__ /* which keeps signals from who computes */
    assert_non_null(strstr(hog, "computes_for_ever"));
#endif
}

static void test_sigusr1_prints_and_goes_on(void **state)
{
    (void)state;
    static char out[65536];
    int status = signalled(run_three, SIGUSR1, out, sizeof out);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    assert_non_null(strstr(out, "SCHED "));
    assert_non_null(strstr(out, "  P0: status="));
    assert_non_null(strstr(out, "down\n"));
}

static void ignoring(void *arg)
{
    signal(SIGQUIT, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    run_three(arg);
}

static void test_what_the_program_ignores_stays_ignored(void **state)
{
    (void)state;
    static char out[65536];
    int status = signalled(ignoring, SIGQUIT, out, sizeof out);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    assert_string_equal(out, "up\ndown\n");
    status = signalled(ignoring, SIGUSR1, out, sizeof out);
    assert_string_equal(out, "up\ndown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_channel_gets_what_it_wants),
        cmocka_unit_test(test_a_handler_is_back_after_stop),
        cmocka_unit_test(test_the_end_of_the_run_lets_go),
        cmocka_unit_test(test_what_cannot_be_had_is_refused),
        cmocka_unit_test(test_a_storm_drops_and_goes_on),
        cmocka_unit_test(test_waiting_for_a_signal_is_no_deadlock),
        cmocka_unit_test(test_sigquit_prints_every_stack_and_ends),
        cmocka_unit_test(test_sigusr1_prints_and_goes_on),
        cmocka_unit_test(test_what_the_program_ignores_stays_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
