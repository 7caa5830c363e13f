/* SPDX-License-Identifier: MIT */
/*
 * test_trace_parts.c - the tracer's parts alone: slots, tables, stacks, the clock.
 */
#include "rt_support.h"

#include "runtime/trace_int.h"

/* ---- slots ---- */

enum { SLOTS = 40 };

static int map_slots(void **state)
{
    (void)state;
    return wf_slots_map(-1, 0, SLOTS);
}

static int unmap_slots(void **state)
{
    (void)state;
    wf_slots_unmap();
    return 0;
}

static struct wf_slot_head *get(unsigned type, uint32_t seq)
{
    struct wf_block_head block = { .type = (uint8_t)type, .stream_seq = seq };
    return wf_slot_get(&block);
}

static void test_events_leave_slots_for_tables(void **state)
{
    (void)state;
    int events = 0, tables = 0;
    while (get(WF_BLOCK_EVENTS, 0))
        events++;
    assert_true(wf_slots_starved());
    assert_false(wf_slots_starved());
    while (get(WF_BLOCK_STRINGS, 0))
        tables++;
    assert_int_equal(events + tables, SLOTS);
    assert_int_equal(tables, 4);
}

static void test_full_slots_come_in_the_order_given(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (uint32_t i = 0; i < 30; i++)
        wf_slot_full(get(WF_BLOCK_EVENTS, i));
    struct wf_slot_head *next;
    for (struct wf_slot_head *h = wf_slots_take(); h; h = next) {
        next = wf_slot_next(h);
        assert_int_equal(h->block.stream_seq, n++);
        assert_int_equal(atomic_load(&h->state), WF_SLOT_FULL);
        wf_slot_free(h);
    }
    assert_int_equal(n, 30);
    assert_null(wf_slots_take());
}

struct giver {
    pthread_t thread;
    uint32_t id;
    long n, given;
};

static void *give(void *arg)
{
    struct giver *g = arg;
    while (g->given < g->n) {
        struct wf_block_head block = { .type = WF_BLOCK_EVENTS,
                                       .stream = g->id,
                                       .stream_seq = (uint32_t)g->given };
        struct wf_slot_head *h = wf_slot_get(&block);
        if (!h) {
            sched_yield();
            continue;
        }
        memset(h + 1, (int)g->id, 64);
        wf_slot_full(h);
        g->given++;
    }
    return NULL;
}

static void test_slots_go_round_among_threads(void **state)
{
    (void)state;
    enum { GIVERS = 4 };
    struct giver givers[GIVERS];
    long n = scale(SCALE_slot_rounds), taken = 0, next_seq[GIVERS] = { 0 };
    bool sound = true;
    for (uint32_t i = 0; i < GIVERS; i++) {
        givers[i] = (struct giver){ .id = i, .n = n };
        pthread_create(&givers[i].thread, NULL, give, &givers[i]);
    }
    while (taken < n * GIVERS) {
        struct wf_slot_head *next;
        for (struct wf_slot_head *h = wf_slots_take(); h; h = next) {
            uint32_t id = h->block.stream;
            next = wf_slot_next(h);
            sound &= h->block.stream_seq == next_seq[id]++;
            sound &= ((unsigned char *)(h + 1))[63] == id;
            wf_slot_free(h);
            taken++;
        }
        wf_slots_wait(WF_NS_PER_MS);
    }
    for (int i = 0; i < GIVERS; i++)
        pthread_join(givers[i].thread, NULL);
    assert_true(sound);
    scale_done(SCALE_slot_rounds, n);
}

/* ---- tables ---- */

static int begin_tables(void **state)
{
    wf_tables_begin(1);
    wf_tables_begin(2);
    return map_slots(state);
}

static int end_tables(void **state)
{
    wf_tables_end(1);
    wf_tables_end(2);
    wf_tables_fini();
    return unmap_slots(state);
}

static void test_a_text_has_one_number_in_a_generation(void **state)
{
    (void)state;
    assert_int_equal(wf_tables_str(1, "orders", 6), 1);
    assert_int_equal(wf_tables_str(1, "order", 5), 2);
    assert_int_equal(wf_tables_str(1, "orders", 6), 1);
    assert_int_equal(wf_tables_str(2, "order", 5), 1);
    assert_int_equal(wf_tables_str(1, "", 0), 3);
}

static void test_strings_and_stacks_count_apart(void **state)
{
    (void)state;
    uint64_t pc[] = { 0x1000, 0xfff, UINT64_MAX };
    assert_int_equal(wf_tables_stack(1, wf_unwind_hash(pc, 3), pc, 3), 1);
    assert_int_equal(wf_tables_stack(1, wf_unwind_hash(pc, 2), pc, 2), 2);
    assert_int_equal(wf_tables_str(1, "x", 1), 1);
    assert_int_equal(wf_tables_stack(1, wf_unwind_hash(pc, 3), pc, 3), 1);
}

/* What is in full slots of this type, read back as {id, length, bytes}. */
static long count_strings(long *bytes)
{
    long n = 0;
    struct wf_slot_head *next;
    for (struct wf_slot_head *h = wf_slots_take(); h; h = next) {
        const uint8_t *r = (const uint8_t *)(h + 1),
                      *end = r + atomic_load(&h->committed);
        next = wf_slot_next(h);
        while (r < end) {
            uint64_t id, len;
            r = wf_varint_get(r, end, &id);
            r = wf_varint_get(r, end, &len);
            if (!r || id != (uint64_t)++n || len > (uint64_t)(end - r))
                return -1;
            *bytes += (long)len;
            r += len;
        }
        wf_slot_free(h);
    }
    return n;
}

static void test_many_texts_fill_slot_after_slot(void **state)
{
    (void)state;
    long bytes = 0;
    char text[600];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 1000; i++) {
        int len = snprintf(text, sizeof text, "%d", i);
        text[len] = 'x';
        assert_int_equal(wf_tables_str(1, text, sizeof text), i + 1);
    }
    wf_tables_end(1);
    assert_int_equal(count_strings(&bytes), 1000);
    assert_int_equal(bytes, 1000 * sizeof text);
}

static void test_without_slots_a_text_has_no_number(void **state)
{
    (void)state;
    while (get(WF_BLOCK_STRINGS, 0))
        ;
    assert_int_equal(wf_tables_str(1, "late", 4), 0);
    assert_int_equal(wf_tables_str(1, "late", 4), 0);
}

/* ---- stacks ---- */

struct walk {
    uint64_t pc[64], hash;
    uint32_t n;
    const void *from, *site;
};

static __attribute__((noinline)) void walk_here(struct walk *w)
{
    char *frame = __builtin_frame_address(0);
    w->n = wf_unwind(frame, frame, frame + 65536, w->from, w->pc, 32, &w->hash);
    __asm__ volatile("" ::: "memory");
}

/* The compiler must not know how deep: it would make a copy of each level. */
static volatile int depth;

static __attribute__((noinline)) void down(struct walk *w)
{
    if (depth == 2)
        w->site = __builtin_return_address(0);
    if (depth--)
        down(w);
    else
        walk_here(w);
    __asm__ volatile("" ::: "memory");
}

static void go_down(struct walk *w, int n)
{
    depth = n;
    down(w);
}

static void test_a_walk_finds_each_frame(void **state)
{
    (void)state;
    struct walk w = { 0 };
    go_down(&w, 10);
    assert_true(w.n >= 12);
    for (int i = 2; i < 10; i++)
        assert_true(w.pc[i] == w.pc[1]);
    assert_true(w.pc[11] != w.pc[10]);
    assert_true(w.hash == wf_unwind_hash(w.pc, w.n));
    go_down(&w, 50);
    assert_int_equal(w.n, 32);
}

static void test_a_walk_begins_where_it_should(void **state)
{
    (void)state;
    struct walk w = { 0 }, whole = { 0 };
    go_down(&whole, 3);
    w.from = whole.site;
    go_down(&w, 3);
    /* All returns of go_down to itself look alike: the innermost of them counts. */
    assert_int_equal(w.n, whole.n - 1);
    assert_true(w.pc[0] == (uintptr_t)whole.site);
    assert_true(w.hash == wf_unwind_hash(w.pc, w.n));
    w.from = "nowhere";
    go_down(&w, 3);
    assert_int_equal(w.n, whole.n);
}

static uint32_t walk_words(const uintptr_t *words, size_t n, const uintptr_t *frame)
{
    uint64_t pc[32], hash;
    return wf_unwind(frame, (const char *)words, (const char *)(words + n), NULL, pc,
                     32, &hash);
}

static void test_a_walk_over_garbage_ends(void **state)
{
    (void)state;
    uintptr_t w[16] = { 0 };
    assert_int_equal(walk_words(w, 16, w), 0); /* no return address */
    w[1] = 0x1234;
    w[0] = (uintptr_t)w; /* to itself */
    assert_int_equal(walk_words(w, 16, w), 1);
    w[0] = (uintptr_t)&w[3] + 1; /* not aligned */
    assert_int_equal(walk_words(w, 16, w), 1);
    w[0] = (uintptr_t)&w[15]; /* half of it beyond the end */
    w[15] = w[14] = 1;
    assert_int_equal(walk_words(w, 16, w), 1);
    w[0] = UINTPTR_MAX - 7;
    assert_int_equal(walk_words(w, 16, w), 1);
    w[0] = (uintptr_t)&w[14];
    assert_int_equal(walk_words(w, 16, w), 2);
    assert_int_equal(walk_words(w, 16, NULL), 0);
}

/* ---- the clock ---- */

static void clock_counts_on(void)
{
    struct wf_clock_snap a = wf_tclock_snap();
    uint64_t between = wf_now_units();
    struct wf_clock_snap b = wf_tclock_snap();
    assert_true(a.tick <= between && between <= b.tick);
    assert_true(a.mono <= b.mono);
    assert_true(wf_tclock.units_per_s > 50000000 &&
                wf_tclock.units_per_s <= 250000000); /* one is 4 to 20 ns */
}

static void test_each_clock_counts_on(void **state)
{
    (void)state;
    wf_tclock_use(WF_CLOCK_MONO);
    clock_counts_on();
    assert_int_equal(wf_tclock.units_per_s, WF_NS_PER_S >> wf_tclock.shift);
    wf_tclock.units_per_s = 0;
    wf_tclock_init();
    clock_counts_on();
}

int main(void)
{
#define WITH(test, setup, teardown)                                                    \
    cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH(test_events_leave_slots_for_tables, map_slots, unmap_slots),
        WITH(test_full_slots_come_in_the_order_given, map_slots, unmap_slots),
        WITH(test_slots_go_round_among_threads, map_slots, unmap_slots),
        WITH(test_a_text_has_one_number_in_a_generation, begin_tables, end_tables),
        WITH(test_strings_and_stacks_count_apart, begin_tables, end_tables),
        WITH(test_many_texts_fill_slot_after_slot, begin_tables, end_tables),
        WITH(test_without_slots_a_text_has_no_number, begin_tables, end_tables),
        cmocka_unit_test(test_a_walk_finds_each_frame),
        cmocka_unit_test(test_a_walk_begins_where_it_should),
        cmocka_unit_test(test_a_walk_over_garbage_ends),
        cmocka_unit_test(test_each_clock_counts_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
