/* SPDX-License-Identifier: MIT */
/*
 * Where a seccomp filter denies a system call, with the error of a filter or of an old
 * kernel, everything works in the mode that weft_stats names.
 */
#include "rt_support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { CROWD = 600 };

struct denied {
    const char *name;
    int call;
    int arg2;                          /* only with this third argument; -1: always */
    const char *guard, *retake, *poll; /* what weft_stats is to say; NULL: as without */
};

static const struct denied table[] = {
    { "nothing", -1, -1, NULL, NULL, NULL },
    { "membarrier", SYS_membarrier, -1, NULL, "fence", NULL },
    { "process_madvise", SYS_process_madvise, -1, NULL, NULL, NULL },
    { "MADV_GUARD_INSTALL", SYS_madvise, MADV_GUARD_INSTALL, "mprotect", NULL, NULL },
    { "epoll_pwait2", SYS_epoll_pwait2, -1, NULL, NULL, "epoll_wait" },
    { "pidfd_open", SYS_pidfd_open, -1, NULL, NULL, NULL },
    { "clone3", SYS_clone3, -1, NULL, NULL, NULL },
};

static bool deny(const struct denied *d, int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)d->call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)d->arg2, 0,
                 d->arg2 == -1 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                    &program);
}

/* ---- a program that needs all of these ---- */

struct all {
    weft_fd *a, *b;
    weft_wait_group crowd;
    weft_mutex lock;
    int entered;
    _Atomic bool relieved;
    _Atomic int hogs;
    char got[8];
    const char *failed;
    struct weft_stats stats;
};

#define NEED(all, cond)                                                                \
    do {                                                                               \
        if (!(cond))                                                                   \
            (all)->failed = #cond;                                                     \
    } while (0)

static void enter(void *arg)
{
    struct all *t = arg;
    weft_mutex_lock(&t->lock);
    t->entered++;
    weft_sleep(1000);
    weft_mutex_unlock(&t->lock);
    weft_wait_group_done(&t->crowd);
}

static void compute(void *arg)
{
    struct all *t = arg;
    t->hogs++;
    while (!atomic_load_explicit(&t->relieved, memory_order_relaxed))
        ;
    weft_yield();
    t->hogs--;
}

static void relieve(void *arg)
{
    ((struct all *)arg)->relieved = true;
}

static void answer(void *arg)
{
    struct all *t = arg;
    char c;
    NEED(t, weft_read(t->b, &c, 1, WEFT_FOREVER) == 1);
    weft_sleep(WF_NS_PER_MS);
    NEED(t, weft_write(t->b, "answer", 6, WEFT_FOREVER) == 6);
}

static void use_all(void *arg)
{
    struct all *t = arg;
    int fd[2], raw[2];
    NEED(t, !socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
    NEED(t, !weft_fd_new(fd[0], NULL, &t->a) && !weft_fd_new(fd[1], NULL, &t->b));
    NEED(t, weft_read(t->a, t->got, 1, weft_now() + WF_NS_PER_MS / 2) == -ETIMEDOUT);
    NEED(t, !weft_go(answer, t) && weft_write(t->a, "?", 1, WEFT_FOREVER) == 1);
    NEED(t, weft_read(t->a, t->got, 7, WEFT_FOREVER) == 6 && !strcmp(t->got, "answer"));

    weft_wait_group_add(&t->crowd, CROWD);
    for (int i = 0; i < CROWD; i++)
        NEED(t, !weft_go(enter, t));
    NEED(t, !weft_wait_group_wait(&t->crowd, WEFT_FOREVER) && t->entered == CROWD);

    int procs = weft_procs();
    for (int i = 0; i < procs; i++)
        NEED(t, !weft_go(compute, t));
    while (t->hogs < procs)
        weft_sleep(WF_NS_PER_MS);
    NEED(t, !weft_go(relieve, t));
    while (t->hogs)
        weft_sleep(WF_NS_PER_MS);

    NEED(t, !pipe(raw) && write(raw[1], "x", 1) == 1);
    weft_block_begin(WEFT_BLOCK_USER);
    NEED(t, read(raw[0], t->got, 1) == 1);
    weft_block_end();
    close(raw[0]);
    close(raw[1]);
    weft_close(t->a);
    weft_close(t->b);
    t->stats.size = sizeof t->stats;
    weft_stats(&t->stats);
}

/* ---- in a child: a filter is for ever ---- */

struct
try {
    const struct denied *denied;
    int error;
};

static void run_denied(void *arg)
{
    struct try *try = arg;
    struct all t = { .relieved = false };
    weft_config c = rt_config(2);
    if (try->denied->call >= 0 && !deny(try->denied, try->error)) {
        fprintf(stderr, "no filters here");
        _exit(77);
    }
    weft_mutex_init(&t.lock, NULL);
    weft_wait_group_init(&t.crowd, NULL);
    int err = weft_run(&c, use_all, &t);
    fprintf(stderr, "%d %s %s %s %s", err, t.failed ? t.failed : "-",
            t.stats.guard ? t.stats.guard : "-", t.stats.retake ? t.stats.retake : "-",
            t.stats.poll ? t.stats.poll : "-");
    _exit(0);
}

static void said_by(struct try *try, char *said, size_t size)
{
    int status = in_child(run_denied, try, said, size);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) && WEXITSTATUS(status) != 77))
        fail_msg("%s (%s): status %x, said: %s", try->denied->name,
                 strerror(try->error), status, said);
    if (WEXITSTATUS(status))
        skip();
}

static void test_denied_call_is_done_without(void **state)
{
    char wanted[256], said[4096], guard[32], retake[32], poll[32];
    static const int errors[] = { EPERM, ENOSYS };
    struct try plain = { table, 0 };
    (void)state;
    said_by(&plain, said, sizeof said);
    assert_int_equal(sscanf(said, "0 - %31s %31s %31s", guard, retake, poll), 3);
    for (size_t i = 1; i < sizeof table / sizeof *table; i++)
        for (int e = 0; e < 2; e++) {
            const struct denied *d = &table[i];
            struct try try = { d, errors[e] };
            said_by(&try, said, sizeof said);
            /* The C library makes threads by clone only where clone3 is unknown. */
            if (d->call == SYS_clone3 && errors[e] == EPERM)
                snprintf(wanted, sizeof wanted, "%d - - - -", -EPERM);
            else
                snprintf(wanted, sizeof wanted, "0 - %s %s %s",
                         d->guard ? d->guard : guard, d->retake ? d->retake : retake,
                         d->poll ? d->poll : poll);
            printf("%s, %s: %s\n", d->name, strerror(errors[e]), said);
            assert_string_equal(said, wanted);
        }
}

/* ---- no more threads, in the middle of a run ---- */

static const struct denied more_threads = { "clone3", SYS_clone3, -1, 0, 0, 0 };

/* Each section would have its P handed to a thread of its own. */
static void block_some(void *arg)
{
    struct all *t = arg;
    for (int i = 0; i < 5; i++) {
        weft_block_begin(WEFT_BLOCK_SYSCALL);
        usleep(2000);
        weft_block_end();
    }
    weft_wait_group_done(&t->crowd);
}

static void lose_threads(void *arg)
{
    struct all *t = arg;
    if (!deny(&more_threads, EPERM)) {
        fprintf(stderr, "no filters here");
        _exit(77);
    }
    weft_wait_group_add(&t->crowd, CROWD + 20);
    for (int i = 0; i < 20; i++)
        NEED(t, !weft_go(block_some, t));
    for (int i = 0; i < CROWD; i++)
        NEED(t, !weft_go(enter, t));
    NEED(t, !weft_wait_group_wait(&t->crowd, WEFT_FOREVER) && t->entered == CROWD);
    t->stats.size = sizeof t->stats;
    weft_stats(&t->stats);
}

static void run_with_few_threads(void *arg)
{
    struct all t = { .relieved = false };
    weft_config c = rt_config(8);
    (void)arg;
    weft_mutex_init(&t.lock, NULL);
    weft_wait_group_init(&t.crowd, NULL);
    int err = weft_run(&c, lose_threads, &t);
    fprintf(stderr, "%d %s", err, t.failed ? t.failed : "-");
    _exit(0);
}

static void test_refused_threads_leave_the_run_to_those_there_are(void **state)
{
    char said[4096];
    struct try unused = { &more_threads, EPERM };
    (void)state;
    int status = in_child(run_with_few_threads, &unused, said, sizeof said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    printf("no more threads: %s\n", said);
    assert_int_equal(status, 0);
    assert_string_equal(said, "0 -");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_denied_call_is_done_without),
        cmocka_unit_test(test_refused_threads_leave_the_run_to_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
