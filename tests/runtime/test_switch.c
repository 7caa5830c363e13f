/* SPDX-License-Identifier: MIT */
/*
 * What holds on a coroutine's stack: alignment, values kept across switches, and an end
 * for who walks it.
 */
#include "rt_support.h"

#include "config.h"

#ifdef HAVE_UNWIND
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#endif

enum { KEEPERS = 20, ROUNDS = 2000 };

/* ---- values ---- */

static _Atomic int changed;

/* More values than there are registers, of both kinds, alive over each switch. */
static void keep_values(void *arg)
{
    uint64_t s = *(int *)arg, a = s + 1, b = s + 2, c = s + 3, d = s + 4, e = s + 5,
             f = s + 6, g = s + 7, h = s + 8;
    double x = (double)s + 0.5, y = x * 3, z = y * 5;
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
        weft_yield();
        if (a != s + 1 || b != s + 2 || c != s + 3 || d != s + 4 || e != s + 5 ||
            f != s + 6 || g != s + 7 || h != s + 8 || x != (double)s + 0.5 ||
            y != x * 3 || z != y * 5)
            atomic_fetch_add(&changed, 1);
    }
}

static void many_keepers(void *arg)
{
    static int index[KEEPERS];
    weft_coro *co[KEEPERS];
    (void)arg;
    for (int i = 0; i < KEEPERS; i++) {
        index[i] = i * 1000;
        weft_spawn(NULL, keep_values, &index[i], &co[i]);
    }
    for (int i = 0; i < KEEPERS; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_values_survive_switches(void **state)
{
    (void)state;
    for (int procs = 1; procs <= 3; procs++)
        run_in_weft_on(procs, many_keepers, NULL);
    assert_int_equal(changed, 0);
}

/* ---- alignment ---- */

static void look_at_alignment(void *arg)
{
    _Alignas(16) volatile char here[16];
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    here[0] = 1;
    *(bool *)arg = (uintptr_t)here % 16 == 0 && frame % 16 == 0;
}

static void test_stack_is_aligned_as_the_abi_wants(void **state)
{
    (void)state;
    bool aligned = false;
    run_in_weft(look_at_alignment, &aligned);
    assert_true(aligned);
}

/* ---- walks ---- */

struct walk {
    int frames, end; /* end: 0 ended well */
};

static __attribute__((noinline)) int deeper(struct walk *w, int depth,
                                            void (*walk)(struct walk *))
{
    int n = 1;
    if (depth)
        n += deeper(w, depth - 1, walk);
    else
        walk(w);
    __asm__ volatile("" : "+r"(n));
    return n;
}

static __attribute__((noinline)) void by_frame_pointers(struct walk *w)
{
    const struct wf_g *g = wf_g();
    uintptr_t *at = __builtin_frame_address(0);
    w->end = -1;
    for (w->frames = 0; w->frames < 1000; w->frames++) {
        if (!at) {
            w->end = 0;
            return;
        }
        if ((char *)at < g->stack_lo || (char *)at >= g->stack_hi)
            return;
        at = (uintptr_t *)at[0];
    }
}

static void walk_frame_pointers(void *arg)
{
    deeper(arg, 10, by_frame_pointers);
}

static void test_frame_pointers_end_at_the_entry(void **state)
{
    (void)state;
    struct walk w = { 0, -1 };
    run_in_weft(walk_frame_pointers, &w);
    assert_int_equal(w.end, 0);
    assert_true(w.frames >= 13); /* 11 of deeper, ours, the coroutine's function */
}

#ifdef HAVE_UNWIND
static __attribute__((noinline)) void by_unwinding(struct walk *w)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    while ((w->end = unw_step(&cursor)) > 0 && w->frames < 1000)
        w->frames++;
}

static void walk_by_libunwind(void *arg)
{
    deeper(arg, 10, by_unwinding);
}
#endif

static void test_libunwind_ends_at_the_entry(void **state)
{
    (void)state;
#ifdef HAVE_UNWIND
    struct walk w = { 0, -1 };
    run_in_weft(walk_by_libunwind, &w);
    assert_int_equal(w.end, 0);
    assert_true(w.frames >= 12);
#else
    skip();
#endif
}

/* ---- who shares a thread ---- */

static void note_thread(void *arg)
{
    *(pid_t *)arg = gettid();
}

static void one_p_one_thread(void *arg)
{
    pid_t *tids = arg;
    weft_coro *co;
    tids[0] = gettid();
    weft_spawn(NULL, note_thread, &tids[1], &co);
    weft_join(co, WEFT_FOREVER);
    tids[2] = getpid();
}

static void test_coroutines_run_on_a_thread_of_weft(void **state)
{
    (void)state;
    pid_t tids[3] = { 0 };
    run_in_weft_on(1, one_p_one_thread, tids);
    assert_int_equal(tids[0], tids[1]);
    assert_true(tids[0] != tids[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_survive_switches),
        cmocka_unit_test(test_stack_is_aligned_as_the_abi_wants),
        cmocka_unit_test(test_frame_pointers_end_at_the_entry),
        cmocka_unit_test(test_libunwind_ends_at_the_entry),
        cmocka_unit_test(test_coroutines_run_on_a_thread_of_weft),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
