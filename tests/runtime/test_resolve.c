/* SPDX-License-Identifier: MIT */
/*
 * Names: the C library's lookup is ours here, so that it can be slow and fail.
 */
#include "inside.h"

#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#include <weft/addr.h>

static struct {
    _Atomic int calls, now, most;
    _Atomic bool held;
} lookups;

static const struct {
    const char *host;
    int gai, err;
} failures[] = {
    { "none.test", EAI_NONAME, -ENOENT },
    { "later.test", EAI_AGAIN, -EHOSTUNREACH },
    { "fail.test", EAI_FAIL, -EHOSTUNREACH },
    { "memory.test", EAI_MEMORY, -ENOMEM },
    { "system.test", EAI_SYSTEM, -ENETDOWN },
    { "service.test", EAI_SERVICE, -ENOENT },
};

int __real_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **out);

/* "slow.test" waits to be let go; "two.test" has a dead address before a live one. */
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **out)
{
    atomic_fetch_add(&lookups.calls, 1);
    int now = atomic_fetch_add(&lookups.now, 1) + 1;
    if (now > lookups.most)
        lookups.most = now;
    bool slow = host && !strcmp(host, "slow.test");
    while (slow && lookups.held)
        usleep(500);
    atomic_fetch_sub(&lookups.now, 1);
    for (size_t i = 0; host && i < sizeof failures / sizeof *failures; i++)
        if (!strcmp(host, failures[i].host)) {
            errno = ENETDOWN;
            return failures[i].gai;
        }
    if (host && !strcmp(host, "two.test")) {
        struct addrinfo *second;
        int err = __real_getaddrinfo("127.0.0.2", service, hints, out);
        err = err ? err : __real_getaddrinfo("127.0.0.1", service, hints, &second);
        if (!err)
            (*out)->ai_next = second;
        return err;
    }
    return __real_getaddrinfo(slow ? "127.0.0.1" : host, service, hints, out);
}

static void numbers_and_names(void *arg)
{
    weft_addr a[8];
    char text[WEFT_ADDR_TEXT];
    (void)arg;
    lookups.calls = 0;
    assert_int_equal(weft_resolve("127.0.0.1", "80", 0, a, 8), 1);
    weft_addr_text(a, text, sizeof text);
    assert_string_equal(text, "127.0.0.1:80");
    assert_int_equal(weft_resolve("::1", "443", 0, a, 8), 1);
    weft_addr_text(a, text, sizeof text);
    assert_string_equal(text, "[::1]:443");
    assert_int_equal(lookups.calls, 0);
    assert_int_equal(weft_resolve("localhost", "80", 0, a, 8), -EAGAIN);
    assert_int_equal(lookups.calls, 0);
    assert_true(weft_resolve("localhost", "80", WEFT_FOREVER, a, 8) >= 1);
    assert_int_equal(weft_addr_port(a), 80);
    assert_true(weft_resolve(NULL, "81", WEFT_FOREVER, a, 8) >= 1);
    assert_int_equal(weft_resolve("two.test", "82", WEFT_FOREVER, a, 8), 2);
    assert_int_equal(weft_resolve("two.test", "82", WEFT_FOREVER, a, 1), 1);
    assert_int_equal(weft_resolve("localhost", "80", WEFT_FOREVER, a, 0), -EINVAL);
}

static void test_numbers_need_no_lookup(void **state)
{
    (void)state;
    run_in_weft_on(1, numbers_and_names, NULL);
}

static void fail_each(void *arg)
{
    weft_addr a;
    char name[300];
    (void)arg;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        assert_int_equal(weft_resolve(failures[i].host, "1", WEFT_FOREVER, &a, 1),
                         failures[i].err);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(weft_resolve(name, "1", WEFT_FOREVER, &a, 1), -EINVAL);
    assert_int_equal(weft_resolve("localhost", name, WEFT_FOREVER, &a, 1), -EINVAL);
}

static void test_failures_have_their_errors(void **state)
{
    (void)state;
    run_in_weft_on(1, fail_each, NULL);
    fail_each(NULL); /* and on a plain thread */
}

static void give_up(void *arg)
{
    weft_addr a;
    (void)arg;
    lookups.held = true;
    assert_int_equal(weft_resolve("slow.test", "1", weft_now() + WF_NS_PER_MS, &a, 1),
                     -ETIMEDOUT);
    weft_ctx *ctx;
    assert_int_equal(weft_ctx_new(NULL, weft_now() + WF_NS_PER_MS, &ctx), 0);
    weft_ctx *before = weft_ctx_use(weft_ctx_retain(ctx));
    int err = weft_resolve("slow.test", "1", WEFT_FOREVER, &a, 1);
    weft_ctx_release(weft_ctx_use(before));
    assert_true(err == -ETIMEDOUT || err == -ECANCELED);
    weft_ctx_release(ctx);
    lookups.held = false;
    while (lookups.now) /* they let go of what nobody waits for */
        weft_sleep(WF_NS_PER_MS);
    weft_sleep(5 * WF_NS_PER_MS);
}

static void test_who_asked_may_give_up(void **state)
{
    (void)state;
    run_in_weft_on(1, give_up, NULL);
}

/* ---- many ---- */

enum { MANY = 60 };

struct many {
    _Atomic int right, beside;
    weft_wait_group all;
};

static void ask_slowly(void *arg)
{
    struct many *m = arg;
    weft_addr a;
    if (weft_resolve("slow.test", "7", WEFT_FOREVER, &a, 1) == 1)
        m->right++;
    weft_wait_group_done(&m->all);
}

static void ask_by_many(void *arg)
{
    struct many *m = arg;
    lookups.held = true;
    lookups.most = 0;
    weft_wait_group_add(&m->all, MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(weft_go(ask_slowly, m), 0);
    while (lookups.now < 16)
        weft_sleep(WF_NS_PER_MS);
    for (int i = 0; i < 100; i++) { /* the P is free meanwhile */
        weft_yield();
        m->beside++;
    }
    lookups.held = false;
    weft_wait_group_wait(&m->all, WEFT_FOREVER);
}

static void test_lookups_are_few_and_nobody_is_lost(void **state)
{
    (void)state;
    struct many m = { .all = WEFT_WAIT_GROUP_INIT };
    run_in_weft_on(1, ask_by_many, &m);
    assert_int_equal(m.right, MANY);
    assert_int_equal(m.beside, 100);
    assert_int_equal(lookups.most, 16);
}

/* ---- dial ---- */

static void dial(void *arg)
{
    weft_fd *listener, *here = NULL, *there;
    char target[64], addr[64];
    (void)arg;
    assert_int_equal(weft_listen("127.0.0.1:0", 0, &listener), 0);
    int port = weft_fd_port(listener);
    static const char *const forms[] = { "127.0.0.1:%d", "localhost:%d",
                                         "two.test:%d" };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(target, sizeof target, forms[i], port);
#pragma GCC diagnostic pop
        assert_int_equal(weft_dial(target, WEFT_FOREVER, &here), 0);
        assert_int_equal(weft_accept(listener, WEFT_FOREVER, &there), 0);
        weft_close(here);
        weft_close(there);
    }
    snprintf(addr, sizeof addr, "two.test:%d", port);
    weft_close(listener);
    here = NULL;
    assert_int_equal(weft_dial(addr, WEFT_FOREVER, &here), -ECONNREFUSED);
    assert_int_equal(weft_dial("none.test:1", WEFT_FOREVER, &here), -ENOENT);
    assert_int_equal(weft_dial("nothing", WEFT_FOREVER, &here), -EINVAL);
    assert_int_equal(weft_dial("host:", WEFT_FOREVER, &here), -EINVAL);
    assert_int_equal(weft_dial(":80", WEFT_FOREVER, &here), -EINVAL);
    assert_int_equal(weft_dial("unix:/nowhere/at/all", WEFT_FOREVER, &here), -ENOENT);
    assert_null(here);
}

static void test_dial_tries_each_address(void **state)
{
    (void)state;
    run_in_weft_on(2, dial, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_need_no_lookup),
        cmocka_unit_test(test_failures_have_their_errors),
        cmocka_unit_test(test_who_asked_may_give_up),
        cmocka_unit_test(test_lookups_are_few_and_nobody_is_lost),
        cmocka_unit_test(test_dial_tries_each_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
