/* SPDX-License-Identifier: MIT */
/*
 * Every walk over a coroutine's stack ends at the function that it was made with.
 */
#include "inside.h"

#include <unistd.h>

#include "config.h"
#include "runtime/backtrace.h"
#include "runtime/sched.h"
#include "runtime/trace_int.h"

enum { MOST = 40 };

struct walk {
    void *pc[MOST];
    size_t n;
    weft_chan *gate;
    weft_coro *co;
};

static void assert_ends_in(const struct walk *w, const char *name)
{
    struct wf_symbol s = { 0 };
    assert_in_range(w->n, 1, MOST - 1);
    wf_symbolise(w->pc[w->n - 1], &s);
    if (strncmp(s.at, name, strlen(name)))
        fail_msg("the walk ends in %s, not in %s", s.at, name);
}

static __attribute__((noinline)) void walk_here(void *arg)
{
    struct walk *w = arg;
    w->n = wf_backtrace(NULL, w->pc, MOST);
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

static __attribute__((noinline)) void deeper(struct walk *w, int n)
{
    if (n)
        deeper(w, n - 1);
    else
        walk_here(w);
    __asm__ volatile("" ::: "memory");
}

static void outermost(void *arg)
{
    deeper(arg, 10);
    __asm__ volatile("" ::: "memory");
}

static void test_from_within(void **state)
{
    struct walk w = { .n = 0 };
    (void)state;
    run_in_weft_on(1, outermost, &w);
    assert_true(w.n > 11);
    assert_ends_in(&w, "outermost+");
}

static void on_big_stack(void *arg)
{
    weft_on_big_stack(walk_here, arg);
    __asm__ volatile("" ::: "memory");
}

static void test_through_a_big_stack(void **state)
{
    struct walk w = { .n = 0 };
    (void)state;
#if !defined(HAVE_UNWIND) || !defined(__x86_64__)
    skip(); /* frame pointers are followed on one stack alone */
#endif
    run_in_weft_on(1, on_big_stack, &w);
    assert_ends_in(&w, "on_big_stack+");
}

/* ---- from outside ---- */

static void waits(void *arg)
{
    struct walk *w = arg;
    char c;
    weft_chan_recv(w->gate, &c, WEFT_FOREVER);
    __asm__ volatile("" ::: "memory");
}

static void visit(struct wf_g *g, void *arg)
{
    struct walk *w = arg;
    uint32_t wake;
    if (wf_get(&g->why) != WF_WHY_chan_recv || !wf_wait_hold(g, &wake))
        return;
    w->n = wf_backtrace_parked(&g->ctx, w->pc, MOST);
    wf_wait_let_go(g, wake);
}

static void walk_the_parked(void *arg)
{
    struct walk *w = arg;
    w->gate = weft_chan_new(1, 0);
    assert_int_equal(weft_spawn("waits", waits, w, &w->co), 0);
    weft_sleep(5 * WF_NS_PER_MS);
    wf_g_each(visit, w);
    weft_chan_close(w->gate);
    weft_join(w->co, WEFT_FOREVER);
    weft_chan_free(w->gate);
}

static void test_of_who_is_parked(void **state)
{
    struct walk w = { .n = 0 };
    (void)state;
#ifndef HAVE_UNWIND
    skip();
#endif
    run_in_weft_on(1, walk_the_parked, &w);
    assert_ends_in(&w, "waits+");
}

/* ---- by frame pointers: the beginning has none above it ---- */

static void walk_by_pointers(void *arg)
{
    struct walk *w = arg;
    const struct wf_g *g = wf_m()->g;
    uint64_t pc[MOST], hash;
    uint32_t n = wf_unwind(__builtin_frame_address(0), g->stack_lo, g->stack_hi, NULL,
                           pc, MOST, &hash);
    for (uint32_t i = 0; i < n; i++)
        w->pc[i] = (void *)(uintptr_t)pc[i];
    w->n = n;
}

static void test_by_frame_pointers(void **state)
{
    struct walk w = { .n = 0 };
    (void)state;
    run_in_weft_on(1, walk_by_pointers, &w);
    assert_ends_in(&w, "wf_g_entry+");
    assert_int_equal(w.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_within),
        cmocka_unit_test(test_through_a_big_stack),
        cmocka_unit_test(test_of_who_is_parked),
        cmocka_unit_test(test_by_frame_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
