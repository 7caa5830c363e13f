/* SPDX-License-Identifier: MIT */
/*
 * Child processes: spoken with, awaited, ended; with the kernel's descriptors and without.
 */
#include "inside.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/proc.h>

static const int64_t LONG = 60 * WF_NS_PER_S;

/* The kernel's call, unless a test says that it is not there. */
static bool no_pidfd;
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_pidfd_open && no_pidfd) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a, b, c, d, e, f);
}

static weft_proc_options piped(void)
{
    return (
        weft_proc_options){ .size = sizeof(weft_proc_options),
                            .io = { WEFT_PROC_PIPE, WEFT_PROC_PIPE, WEFT_PROC_NULL } };
}

static weft_proc *start(const char *const argv[], const weft_proc_options *o)
{
    weft_proc *p = NULL;
    assert_int_equal(weft_proc_start(argv, o, &p), 0);
    assert_true(weft_proc_pid(p) > 0);
    return p;
}

static int exit_of(weft_proc *p)
{
    int status = -1;
    assert_int_equal(weft_proc_wait(p, weft_now() + LONG, &status), 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- speaking ---- */

enum { MEGA = 1 << 20 };

struct feed {
    weft_fd *to;
    unsigned char *data;
};

static void feed(void *arg)
{
    struct feed *f = arg;
    assert_int_equal(weft_write(f->to, f->data, MEGA, WEFT_FOREVER), MEGA);
    weft_close(f->to);
}

static void through_cat(void *arg)
{
    static const char *const cat[] = { "cat", NULL };
    static unsigned char data[MEGA], back[MEGA + 1];
    weft_proc_options o = piped();
    size_t n = 0;
    (void)arg;
    for (size_t i = 0; i < MEGA; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    weft_proc *p = start(cat, &o);
    struct feed f = { weft_proc_take(p, 0), data };
    weft_fd *from = weft_proc_take(p, 1);
    assert_null(weft_proc_take(p, 1));
    assert_null(weft_proc_take(p, 2));
    assert_null(weft_proc_take(p, 3));
    weft_coro *co;
    assert_int_equal(weft_spawn("feed", feed, &f, &co), 0);
    for (ssize_t got;
         (got = weft_read(from, back + n, sizeof back - n, WEFT_FOREVER)) > 0;)
        n += (size_t)got;
    assert_int_equal(n, MEGA);
    assert_memory_equal(data, back, MEGA);
    weft_join(co, WEFT_FOREVER);
    assert_int_equal(exit_of(p), 0);
    assert_int_equal(exit_of(p), 0);
    assert_int_equal(weft_proc_signal(p, SIGTERM), -ESRCH);
    weft_close(from);
    weft_proc_free(p);
}

static void test_a_megabyte_goes_through_cat(void **state)
{
    (void)state;
    run_in_weft_on(2, through_cat, NULL);
}

/* What sh prints, all of it. */
static void ask_sh(const char *script, weft_proc_options *o, char *out, size_t size)
{
    const char *const sh[] = { "/bin/sh", "-c", script, NULL };
    weft_proc *p = start(sh, o);
    weft_fd *from = weft_proc_take(p, 1);
    size_t n = 0;
    for (ssize_t got; (got = weft_read(from, out + n, size - 1 - n, WEFT_FOREVER)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    weft_close(from);
    assert_int_equal(exit_of(p), 0);
    weft_proc_free(p);
}

static void surroundings(void *arg)
{
    static const char *const env[] = { "FRUIT=plum", NULL };
    weft_proc_options o = piped();
    char out[256];
    (void)arg;
    o.io[0] = WEFT_PROC_NULL;
    o.io[2] = WEFT_PROC_STDOUT;
    o.env = env;
    o.dir = "/";
    ask_sh("echo $FRUIT; pwd; cat; echo oops >&2", &o, out, sizeof out);
    assert_string_equal(out, "plum\n/\noops\n");
    /* Nothing blocked or ignored but what the C library keeps (32, 33); no descriptor but
     * three, and ls's own. */
    ask_sh("grep -E 'Sig(Blk|Ign)' /proc/self/status | sed 's/.*\\(.......\\)$/\\1/' | "
           "tr -d '0\\n'",
           &o, out, sizeof out);
    assert_string_equal(out, "");
    ask_sh("ls /proc/self/fd | wc -l", &o, out, sizeof out);
    assert_int_equal(atoi(out), 4);
}

static void test_a_child_gets_what_it_should(void **state)
{
    (void)state;
    run_in_weft_on(1, surroundings, NULL);
}

static void refuse(void *arg)
{
    static const char *const none[] = { NULL },
                             *const no[] = { "/no/such/program", NULL },
                             *const plain[] = { "/etc/passwd", NULL },
                             *const ok[] = { "true", NULL };
    weft_proc_options o = piped();
    weft_proc *p = NULL;
    (void)arg;
    assert_int_equal(weft_proc_start(NULL, NULL, &p), -EINVAL);
    assert_int_equal(weft_proc_start(none, NULL, &p), -EINVAL);
    assert_int_equal(weft_proc_start(no, &o, &p), -ENOENT);
    assert_int_equal(weft_proc_start(plain, &o, &p), -EACCES);
    o.io[0] = WEFT_PROC_STDOUT;
    assert_int_equal(weft_proc_start(ok, &o, &p), -EINVAL);
    o = (weft_proc_options){ 0 };
    assert_int_equal(weft_proc_start(ok, &o, &p), -EINVAL);
    o = (weft_proc_options){ .size = sizeof o, .dir = "/no/such/place" };
    assert_int_equal(weft_proc_start(ok, &o, &p), -ENOENT);
    assert_null(p);
}

/* An emulator of system calls forks where the kernel would share the memory in which the
 * child leaves its error. */
static bool spawn_tells(void)
{
    char *const argv[] = { (char *)(uintptr_t) "x", NULL };
    pid_t pid;
    int err = posix_spawn(&pid, "/no/such/program", NULL, NULL, argv, environ);
    if (!err)
        waitpid(pid, NULL, 0);
    return err == ENOENT;
}

static void test_what_cannot_be_started_is_said_at_once(void **state)
{
    (void)state;
    if (!spawn_tells())
        skip();
    run_in_weft_on(1, refuse, NULL);
}

/* ---- the end ---- */

static void ends(void *arg)
{
    static const char *const sleeper[] = { "sleep", "1000", NULL }, *const seven[] = {
        "sh", "-c", "exit 7", NULL
    };
    weft_proc_options o = { .size = sizeof o, .kill_on_cancel = 1 };
    int status = 0;
    (void)arg;
    weft_proc *p = start(seven, NULL);
    assert_int_equal(exit_of(p), 7);
    weft_proc_free(p);

    p = start(sleeper, NULL);
    assert_int_equal(weft_proc_wait(p, 0, &status), -EAGAIN);
    assert_int_equal(weft_proc_wait(p, weft_now() + 3 * WF_NS_PER_MS, NULL),
                     -ETIMEDOUT);
    assert_int_equal(weft_proc_signal(p, 1000), -EINVAL);
    assert_int_equal(weft_proc_signal(p, SIGTERM), 0);
    assert_int_equal(exit_of(p), 1000 + SIGTERM);
    weft_proc_free(p);

    p = start(sleeper, NULL);
    pid_t pid = weft_proc_pid(p);
    weft_proc_free(p);
    assert_int_equal(kill(pid, 0), -1); /* neither it nor a zombie */

    p = start(sleeper, &o);
    weft_ctx *ctx;
    assert_int_equal(weft_ctx_new(NULL, weft_now() + 3 * WF_NS_PER_MS, &ctx), 0);
    weft_ctx *before = weft_ctx_use(weft_ctx_retain(ctx));
    int err = weft_proc_wait(p, WEFT_FOREVER, &status);
    weft_ctx_release(weft_ctx_use(before));
    weft_ctx_release(ctx);
    assert_int_equal(err, -ECANCELED);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(weft_proc_wait(p, 0, &status), 0);
    weft_proc_free(p);
    weft_proc_free(NULL);
}

static void test_ends_are_told(void **state)
{
    (void)state;
    run_in_weft_on(1, ends, NULL);
}

static void test_ends_are_told_without_the_kernels_descriptors(void **state)
{
    (void)state;
    no_pidfd = true;
    run_in_weft_on(1, ends, NULL);
    no_pidfd = false;
}

enum { CROWD = 200 };

struct crowd {
    _Atomic int right;
    weft_wait_group all;
};

static void one_child(void *arg)
{
    static const char *const three[] = { "sh", "-c", "exit 3", NULL };
    struct crowd *c = arg;
    weft_proc *p = NULL;
    if (!weft_proc_start(three, NULL, &p) && exit_of(p) == 3)
        c->right++;
    weft_proc_free(p);
    weft_wait_group_done(&c->all);
}

static void many_children(void *arg)
{
    struct crowd *c = arg;
    weft_wait_group_add(&c->all, CROWD);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(weft_go(one_child, c), 0);
    weft_wait_group_wait(&c->all, WEFT_FOREVER);
}

static void test_two_hundred_at_once(void **state)
{
    (void)state;
    struct crowd c = { .all = WEFT_WAIT_GROUP_INIT };
    run_in_weft_on(2, many_children, &c);
    assert_int_equal(c.right, CROWD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_megabyte_goes_through_cat),
        cmocka_unit_test(test_a_child_gets_what_it_should),
        cmocka_unit_test(test_what_cannot_be_started_is_said_at_once),
        cmocka_unit_test(test_ends_are_told),
        cmocka_unit_test(test_ends_are_told_without_the_kernels_descriptors),
        cmocka_unit_test(test_two_hundred_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
