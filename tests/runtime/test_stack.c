/* SPDX-License-Identifier: MIT */
/*
 * Stacks in each guard mode: many parked at once, and overflows reported by name.
 */
#include "rt_support.h"

#include <sys/mman.h>

struct many {
    int n;
    _Atomic int awake;
    _Atomic bool go_on;
    int spawned, parked;
    weft_chan *gate;
    struct weft_stats stats;
};

static void wait_at_gate(void *arg)
{
    struct many *m = arg;
    char c;
    weft_chan_recv(m->gate, &c, WEFT_FOREVER);
    atomic_fetch_add(&m->awake, 1);
}

static void park_many(void *arg)
{
    struct many *m = arg;
    m->gate = weft_chan_new(1, 0);
    for (int i = 0; i < m->n; i++)
        m->spawned += weft_go(wait_at_gate, m) == 0;
    while (parked() < m->n)
        weft_sleep(WF_NS_PER_MS);
    m->parked = parked();
    m->stats.size = sizeof m->stats;
    weft_stats(&m->stats);
    weft_chan_close(m->gate);
    while (atomic_load(&m->awake) < m->n)
        weft_yield();
    weft_chan_free(m->gate);
}

/* guarded: 1 all, 0 none, -1 some. */
static void assert_many_park(int guard, const char *name, int guarded)
{
    long want = scale(SCALE_parked_coroutines);
    struct many m = { .n = (int)(want < RT_MOST_COROUTINES ? want
                                                           : RT_MOST_COROUTINES) };
    weft_config c = rt_config(2);
    c.stack_guard = guard;
    c.stack_size = 16 * 1024;
    run_in_weft_with(&c, park_many, &m);
    assert_int_equal(m.spawned, m.n);
    assert_true(m.parked >= m.n);
    assert_int_equal(m.awake, m.n);
    assert_string_equal(m.stats.guard, name);
    assert_true(m.stats.stacks >= (uint64_t)m.n);
    if (guarded >= 0)
        assert_int_equal(m.stats.stacks_guarded, guarded ? m.stats.stacks : 0);
    else
        assert_true(m.stats.stacks_guarded > 0);
    scale_done(SCALE_parked_coroutines, m.n);
}

static bool kernel_has_guards(void)
{
    char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
    bool has = !madvise(at, 4096, 102 /* MADV_GUARD_INSTALL */) && access(at, F_OK) &&
               errno == EFAULT; /* an emulator may say yes and do nothing */
    munmap(at, 4096);
    return has;
}

static void test_many_park_guarded_by_madvise(void **state)
{
    (void)state;
    if (!kernel_has_guards())
        skip();
    assert_many_park(WEFT_GUARD_MADVISE, "madvise", 1);
}

static void test_many_park_guarded_by_mprotect(void **state)
{
    (void)state;
    assert_many_park(WEFT_GUARD_MPROTECT, "mprotect", -1);
}

static void test_many_park_without_guard(void **state)
{
    (void)state;
    assert_many_park(WEFT_GUARD_NONE, "none", 0);
}

/* ---- overflow ---- */

static volatile int sink;

/* Until a frame is below end, whatever size the compiler gives them. */
static __attribute__((noinline)) int recurse(const char *end)
{
    volatile char frame[40];
    __asm__ volatile("" : : "r"(frame) : "memory"); /* keeps the whole of it */
    frame[0] = 1;
    int below = (uintptr_t)frame >= (uintptr_t)end ? recurse(end) : 0;
    return below + frame[0];
}

/* Frames larger than a guard page: the compiler's probes touch each page of them. */
static __attribute__((noinline)) int recurse_wide(const char *end)
{
    volatile char frame[3 * 4096];
    __asm__ volatile("" : : "r"(frame) : "memory");
    frame[0] = 1;
    int below = (uintptr_t)frame >= (uintptr_t)end ? recurse_wide(end) : 0;
    return below + frame[0];
}

/* Over the low end, to be noticed when it yields; the page guards stop it before. */
static void overflow(void *arg)
{
    (void)arg;
    sink = recurse((const char *)wf_g()->stack_lo);
    weft_yield();
}

static void overflow_wide(void *arg)
{
    (void)arg;
    sink = recurse_wide((const char *)wf_g()->stack_lo);
}

static void stay(void *arg)
{
    (void)arg;
    for (;;)
        weft_yield();
}

struct overflows {
    weft_config config;
    void (*fn)(void *);
    const char *name;
};

static void overflow_among_others(void *arg)
{
    const struct overflows *o = arg;
    for (int i = 0; i < 10; i++)
        weft_go(stay, NULL);
    weft_go_named(o->name, o->fn, NULL);
    weft_sleep(10 * WF_NS_PER_S);
}

static void run_overflow(void *arg)
{
    const struct overflows *o = arg;
    weft_run(&o->config, overflow_among_others, arg);
}

static void assert_named(const struct overflows *o, int sig)
{
    char out[4096];
    int status = in_child(run_overflow, (void *)o, out, sizeof out);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), sig);
    assert_non_null(strstr(out, "weft: stack overflow in coroutine "));
    assert_non_null(strstr(out, o->name ? " (too deep): its " : ": its "));
}

/* Each size of stack, alone on a P and beside another. */
static void assert_overflow_reported(int guard, int sig, int procs)
{
    for (size_t size = 16 << 10; size <= 1 << 20; size *= 4) {
        struct overflows o = { rt_config(procs), overflow, "too deep" };
        o.config.stack_guard = guard;
        o.config.stack_size = size;
        assert_named(&o, sig);
        o.name = NULL;
        assert_named(&o, sig);
    }
}

#if defined(__x86_64__) && !defined(WF_ASAN)
static void assert_wide_overflow_reported(int guard)
{
    struct overflows o = { rt_config(2), overflow_wide, "too deep" };
    o.config.stack_guard = guard;
    assert_named(&o, SIGSEGV);
}
#else /* it probes less often than weft has guard pages */
static void assert_wide_overflow_reported(int guard)
{
    (void)guard;
    (void)overflow_wide;
}
#endif

static void test_overflow_into_madvise_guard_names_it(void **state)
{
    (void)state;
    if (!kernel_has_guards())
        skip();
    assert_overflow_reported(WEFT_GUARD_MADVISE, SIGSEGV, 1);
    assert_overflow_reported(WEFT_GUARD_MADVISE, SIGSEGV, 2);
    assert_wide_overflow_reported(WEFT_GUARD_MADVISE);
}

static void test_overflow_into_mprotect_guard_names_it(void **state)
{
    (void)state;
    assert_overflow_reported(WEFT_GUARD_MPROTECT, SIGSEGV, 1);
    assert_overflow_reported(WEFT_GUARD_MPROTECT, SIGSEGV, 2);
    assert_wide_overflow_reported(WEFT_GUARD_MPROTECT);
}

/* On one P: until it switches, others might run on what it wrote over. */
static void test_overflow_without_guard_is_named_at_the_switch(void **state)
{
    (void)state;
    assert_overflow_reported(WEFT_GUARD_NONE, SIGABRT, 1);
}

/* mprotect takes two mappings for each guard, of which there are only so many. */
static void overflow_when_guards_ran_out(void *arg)
{
    struct many *m = arg;
    struct weft_stats s = { .size = sizeof s };
    m->gate = weft_chan_new(1, 0);
    do {
        for (int i = 0; i < 256; i++, m->n++)
            weft_go(wait_at_gate, m);
        while (parked() < m->n)
            weft_yield();
        weft_stats(&s);
    } while (s.stacks == s.stacks_guarded && m->n < RT_MOST_COROUTINES / 2);
    weft_go_named("too deep", overflow, NULL);
    weft_sleep(10 * WF_NS_PER_S);
}

static void run_out_of_guards(void *arg)
{
    struct many m = { 0 };
    weft_config c = rt_config(1);
    (void)arg;
    c.stack_guard = WEFT_GUARD_MPROTECT;
    c.stack_size = 16 * 1024;
    weft_run(&c, overflow_when_guards_ran_out, &m);
}

static void test_overflow_beyond_the_last_guard_is_named_at_the_switch(void **state)
{
    char out[4096];
    (void)state;
    if (RT_MOST_COROUTINES < 100000)
        skip();
    int status = in_child(run_out_of_guards, NULL, out, sizeof out);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(out, "weft: stack overflow in coroutine "));
    assert_non_null(strstr(out, " (too deep): its "));
}

static void fault_elsewhere(void *arg)
{
    (void)arg;
    volatile uintptr_t nowhere = 16;
    *(volatile int *)nowhere = 1;
}

static void run_fault(void *arg)
{
    weft_config c = rt_config(1);
    (void)arg;
    weft_run(&c, fault_elsewhere, NULL);
}

static void test_fault_elsewhere_kills_as_ever(void **state)
{
    char out[4096];
    (void)state;
    int status = in_child(run_fault, NULL, out, sizeof out);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    assert_null(strstr(out, "overflow"));
}

/* ---- memory ---- */

static void use_stack(void *arg)
{
    (void)arg;
    sink = recurse((const char *)__builtin_frame_address(0) - 3200);
}

static void spawn_in_turn(void *arg)
{
    struct weft_stats *s = arg;
    for (int i = 0; i < 10000; i++)
        weft_go(use_stack, NULL);
    weft_sleep(WF_NS_PER_MS);
    s->size = sizeof *s;
    weft_stats(s);
}

static void test_short_lives_share_few_stacks(void **state)
{
    (void)state;
    struct weft_stats s;
    run_in_weft_on(1, spawn_in_turn, &s);
    assert_int_equal(s.created, 10001);
    assert_int_equal(s.stacks, 256); /* one slab */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_park_guarded_by_madvise),
        cmocka_unit_test(test_many_park_guarded_by_mprotect),
        cmocka_unit_test(test_many_park_without_guard),
        cmocka_unit_test(test_overflow_into_madvise_guard_names_it),
        cmocka_unit_test(test_overflow_into_mprotect_guard_names_it),
        cmocka_unit_test(test_overflow_without_guard_is_named_at_the_switch),
        cmocka_unit_test(test_overflow_beyond_the_last_guard_is_named_at_the_switch),
        cmocka_unit_test(test_fault_elsewhere_kills_as_ever),
        cmocka_unit_test(test_short_lives_share_few_stacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
