/* SPDX-License-Identifier: MIT */
/*
 * errno right after a coroutine came to another thread.  Compilers keep the address of
 * errno, as nothing tells them that the thread may change: so this is linked with the
 * library, with its parts, and once with a part of it compiled into this program.
 */
#include "support.h"

#include <stdatomic.h>
#include <unistd.h>

#include <weft/weft.h>

enum { GS = 50, ROUNDS = 200 };
static _Atomic int wrong, moved;

static void keep_errno(void *arg)
{
    int mine = *(int *)arg;
    errno = mine;
    for (int i = 0; i < ROUNDS; i++) {
        pid_t before = gettid(); /* pthread_self() is taken for a constant */
        if (i % 10)
            weft_yield();
        else
            weft_sleep(50000);
        if (errno != mine) /* what it was before */
            atomic_fetch_add(&wrong, 1);
        close(-1);
        if (errno != EBADF) /* what this thread says */
            atomic_fetch_add(&wrong, 1);
        if (before != gettid())
            atomic_fetch_add(&moved, 1);
        errno = mine;
    }
}

static void many(void *arg)
{
    static int index[GS];
    weft_coro *co[GS];
    (void)arg;
    for (int i = 0; i < GS; i++) {
        index[i] = 1000 + i;
        weft_spawn(NULL, keep_errno, &index[i], &co[i]);
    }
    for (int i = 0; i < GS; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_errno_stays_with_the_coroutine(void **state)
{
    (void)state;
    weft_config c;
    weft_config_init(&c);
    c.procs = 4;
    while (!moved && !wrong) /* a loaded machine may keep all on one thread */
        assert_int_equal(weft_run(&c, many, NULL), 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errno_stays_with_the_coroutine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
