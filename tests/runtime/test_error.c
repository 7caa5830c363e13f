/* SPDX-License-Identifier: MIT */
/*
 * Errors: chains, kinds, who frees them, where they began, and how they are printed.
 */
#include "rt_support.h"

#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int refused; /* how many calls for memory from now on fail */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (refused > 0 && refused--)
        return NULL;
    return __real_malloc(size);
}

static char *text_of(const weft_error *e, bool stack)
{
    static char text[32768];
    size_t n = weft_error_text(e, stack, text, sizeof text);
    assert_true(n < sizeof text);
    assert_int_equal(n, strlen(text));
    return text;
}

static json_t *json_of(const weft_error *e)
{
    static char text[32768];
    json_error_t why;
    size_t n = weft_error_json(e, text, sizeof text);
    assert_int_equal(n, strlen(text));
    assert_null(strchr(text, '\n'));
    json_t *json = json_loadb(text, n, JSON_DECODE_ANY, &why);
    if (!json)
        fail_msg("%s in %s", why.text, text);
    return json;
}

static const char *string_in(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- the chain ---- */

static void test_chain_reads_from_outside_to_the_cause(void **state)
{
    (void)state;
    weft_error *e = weft_error_new(-ENOENT, "open %s", "a.conf");
    e = weft_error_wrap(e, "read the settings");
    e = weft_error_wrap(e, "start");
    assert_string_equal(text_of(e, false),
                        "start: read the settings: open a.conf (-ENOENT)");
    assert_int_equal(weft_error_code(e), -ENOENT);
    assert_string_equal(weft_error_message(e), "start");
    assert_string_equal(weft_error_message(weft_error_cause(e)), "read the settings");
    assert_null(weft_error_cause(weft_error_cause(weft_error_cause(e))));
    weft_error_release(e);
}

static void test_no_error_is_null_everywhere(void **state)
{
    void *const *pc;
    (void)state;
    assert_null(weft_error_wrap(NULL, "nothing happened"));
    assert_int_equal(weft_error_code(NULL), 0);
    assert_string_equal(weft_error_message(NULL), "");
    assert_null(weft_error_cause(NULL));
    assert_null(weft_error_retain(NULL));
    assert_null(weft_error_as(NULL, NULL));
    assert_null(weft_error_data(NULL));
    assert_false(weft_error_is(NULL, -ENOENT));
    assert_int_equal(weft_error_stack(NULL, &pc), 0);
    assert_string_equal(text_of(NULL, true), "no error");
    json_t *json = json_of(NULL);
    assert_true(json_is_null(json));
    json_decref(json);
    weft_error_release(NULL);
}

static int released;

static void release_data(void *data)
{
    released++;
    free(data);
}

static const weft_error_kind syntax = { "syntax", release_data },
                             other = { "syntax", NULL };

static void test_kind_and_code_are_found_through_wrapping(void **state)
{
    (void)state;
    released = 0;
    int *line = malloc(sizeof *line);
    *line = 42;
    weft_error *e = weft_error_new_kind(&syntax, line, 7, "a brace too many");
    e = weft_error_wrap(weft_error_wrap(e, "parse"), "load");
    assert_true(weft_error_is(e, 7));
    assert_false(weft_error_is(e, -7));
    assert_null(weft_error_as(e, &other));
    assert_null(weft_error_as(e, NULL));
    assert_null(weft_error_data(e));
    const weft_error *at = weft_error_as(e, &syntax);
    assert_non_null(at);
    assert_int_equal(*(int *)weft_error_data(at), 42);
    assert_string_equal(text_of(e, false), "load: parse: a brace too many (7)");
    assert_int_equal(released, 0);
    weft_error_release(e);
    assert_int_equal(released, 1);
}

static void test_reference_keeps_the_cause_of_a_released_chain(void **state)
{
    (void)state;
    released = 0;
    weft_error *cause = weft_error_new_kind(&syntax, NULL, 1, "cause");
    weft_error *a = weft_error_wrap(weft_error_retain(cause), "a");
    weft_error *b = weft_error_wrap(weft_error_retain(cause), "b");
    weft_error_release(cause);
    weft_error_release(a);
    assert_int_equal(released, 0);
    assert_string_equal(text_of(b, false), "b: cause (1)");
    weft_error_release(b);
    assert_int_equal(released, 1);
}

/* Freed and printed without recursion: a recursive one would leave any stack. */
static void test_chain_of_a_million_is_released_and_printed_in_part(void **state)
{
    (void)state;
    weft_error *e = weft_error_new(-EIO, "first");
    for (int i = 0; i < 1000000; i++)
        e = weft_error_wrap(e, "w");
    assert_true(weft_error_is(e, -EIO));
    json_t *json = json_of(e);
    assert_int_equal(json_array_size(json_object_get(json, "causes")), 16);
    assert_int_equal(json_integer_value(json_object_get(json, "more")), 1000000 - 16);
    json_decref(json);
    weft_error_release(e);
}

static void test_errno_is_kept(void **state)
{
    (void)state;
    errno = EXDEV;
    weft_error *e = weft_error_wrap(weft_error_new(-EXDEV, "%m"), "%m");
    assert_int_equal(errno, EXDEV);
    assert_string_equal(
        text_of(e, false),
        "Invalid cross-device link: Invalid cross-device link (-EXDEV)");
    weft_error_release(e);
}

static void make_of_nothing(void *arg)
{
    (void)arg;
    weft_error_release(weft_error_new(0, "nothing"));
}

static void test_code_0_ends_the_program(void **state)
{
    char said[4096];
    (void)state;
    int status = in_child(make_of_nothing, NULL, said, sizeof said);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(said, "0 is no error"));
}

/* ---- without memory ---- */

static void test_without_memory_there_is_an_error_that_says_so(void **state)
{
    (void)state;
    released = 0;
    refused = 1;
    weft_error *e = weft_error_new(-ENOENT, "not kept");
    assert_int_equal(refused, 0);
    assert_string_equal(text_of(e, true), "out of memory (-ENOMEM)");
    weft_error *again = weft_error_retain(e);
    for (int i = 0; i < 10; i++)
        weft_error_release(again);
    refused = 1;
    assert_ptr_equal(weft_error_new_kind(&syntax, NULL, 1, "x"), e);
    assert_int_equal(released, 1);
    weft_error *w = weft_error_wrap(e, "load");
    assert_string_equal(text_of(w, false), "load: out of memory (-ENOMEM)");
    weft_error_release(w);
}

static void test_without_memory_to_wrap_the_cause_remains(void **state)
{
    (void)state;
    weft_error *e = weft_error_new(-ENOENT, "open");
    refused = 1;
    assert_ptr_equal(weft_error_wrap(e, "load"), e);
    assert_string_equal(text_of(e, false), "open (-ENOENT)");
    weft_error_release(e);
}

/* ---- where it began ---- */

static weft_error *fails(int depth);
static weft_error *(*volatile fails_again)(int depth) = fails; /* not to be unrolled */

static __attribute__((noinline)) weft_error *fails(int depth)
{
    if (depth) {
        weft_error *e = weft_error_wrap(fails_again(depth - 1), "at %d", depth);
        __asm__ volatile("" : "+r"(e));
        return e;
    }
    weft_error *e = weft_error_new(-EIO, "deep down");
    __asm__ volatile("" : "+r"(e));
    return e;
}

struct made {
    weft_error *error;
    uint64_t coroutine;
    int depth;
};

static void make_deep(void *arg)
{
    struct made *m = arg;
    m->coroutine = weft_self();
    m->error = fails(m->depth);
    __asm__ volatile("" : : "r"(m) : "memory"); /* no tail call */
}

static bool has_symbols(void)
{
#ifdef HAVE_UNWIND
    return true;
#else
    return false;
#endif
}

static void test_stack_is_the_innermost_and_ends_at_the_coroutine(void **state)
{
    void *const *pc;
    (void)state;
    struct made m = { .depth = 5 };
    run_in_weft(make_deep, &m);
    assert_int_equal(weft_error_stack(m.error, &pc), 7);
    for (int i = 1; i <= 4; i++)
        assert_ptr_equal(pc[i], pc[1]);
    json_t *json = json_of(m.error);
    assert_int_equal(json_integer_value(json_object_get(json, "coroutine")),
                     m.coroutine);
    json_t *stack = json_object_get(json, "stack");
    assert_int_equal(json_array_size(stack), 7);
    if (has_symbols()) {
        assert_memory_equal(string_in(json_array_get(stack, 0), "at"), "fails+0x", 8);
        assert_memory_equal(string_in(json_array_get(stack, 6), "at"), "make_deep+0x",
                            12);
    }
    assert_non_null(strstr(string_in(json_array_get(stack, 6), "in"), "test_error"));
    json_decref(json);
    weft_error_release(m.error);
}

static void test_deep_stack_is_cut_at_its_outer_end(void **state)
{
    void *const *pc;
    (void)state;
    struct made m = { .depth = 100 };
    run_in_weft(make_deep, &m);
    assert_int_equal(weft_error_stack(m.error, &pc), WEFT_ERROR_FRAMES);
    assert_ptr_equal(pc[WEFT_ERROR_FRAMES - 1], pc[1]);
    weft_error_release(m.error);
}

static void test_stack_of_a_thread_reaches_main(void **state)
{
    (void)state;
    weft_error *e = fails(2);
    if (has_symbols()) {
        assert_non_null(strstr(text_of(e, true), "\n    fails+0x"));
        assert_non_null(strstr(text_of(e, true), "\n    main+0x"));
    }
    assert_null(strstr(text_of(e, true), "coroutine"));
    weft_error_release(e);
}

/* ---- as text and JSON ---- */

static void test_any_bytes_become_valid_json(void **state)
{
    (void)state;
    weft_error *e = weft_error_new(-EINVAL, "%s",
                                   "a\"b\\c\n\x01 \x9b \xc3\xa4 \xff\x7f");
    json_t *json = json_of(e);
    assert_string_equal(string_in(json, "message"),
                        "a\"b\\c\n\x01 \\x9b \xc3\xa4 \\xff\\x7f");
    assert_string_equal(string_in(json, "name"), "EINVAL");
    assert_int_equal(json_integer_value(json_object_get(json, "code")), -EINVAL);
    json_decref(json);
    weft_error_release(e);
}

static void test_message_is_kept_up_to_its_most_bytes(void **state)
{
    char *longer = malloc(5000);
    (void)state;
    memset(longer, 'm', 4999);
    longer[4999] = 0;
    weft_error *e = weft_error_new(-EIO, "%s", longer);
    assert_int_equal(strlen(weft_error_message(e)), WEFT_ERROR_MESSAGE - 1);
    weft_error_release(e);
    free(longer);
}

static void test_printing_into_any_room_stays_in_it_and_tells_the_whole(void **state)
{
    (void)state;
    char whole[4096], part[4096];
    weft_error *e = weft_error_wrap(weft_error_new(-EIO, "read \x01"), "load");
    for (int json = 0; json < 2; json++) {
        size_t n = json ? weft_error_json(e, whole, sizeof whole)
                        : weft_error_text(e, true, whole, sizeof whole);
        assert_true(n < sizeof whole);
        for (size_t size = 0; size <= n + 1; size++) {
            memset(part, '#', sizeof part);
            char *out = size ? part : NULL;
            assert_int_equal(json ? weft_error_json(e, out, size)
                                  : weft_error_text(e, true, out, size),
                             n);
            assert_int_equal(part[size], '#');
            if (size)
                assert_int_equal(part[size - 1], 0);
            if (size > n)
                assert_string_equal(part, whole);
        }
    }
    weft_error_release(e);
}

/* ---- passed between coroutines ---- */

enum { SHARERS = 8, TURNS = 2000 };

static void share(void *arg)
{
    weft_error *e = arg;
    for (int i = 0; i < TURNS; i++) {
        weft_error *mine = weft_error_wrap(weft_error_retain(e), "turn %d", i);
        if (i % 16 == 0)
            weft_yield();
        weft_error_release(mine);
    }
    weft_error_release(e);
}

static void share_all(void *arg)
{
    weft_coro *co[SHARERS];
    for (int i = 0; i < SHARERS; i++)
        weft_spawn(NULL, share, weft_error_retain(arg), &co[i]);
    for (int i = 0; i < SHARERS; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void test_many_coroutines_hold_one_error(void **state)
{
    (void)state;
    released = 0;
    weft_error *e = weft_error_new_kind(&syntax, NULL, 1, "shared");
    run_in_weft_on(4, share_all, e);
    assert_int_equal(released, 0);
    weft_error_release(e);
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_reads_from_outside_to_the_cause),
        cmocka_unit_test(test_no_error_is_null_everywhere),
        cmocka_unit_test(test_kind_and_code_are_found_through_wrapping),
        cmocka_unit_test(test_reference_keeps_the_cause_of_a_released_chain),
        cmocka_unit_test(test_chain_of_a_million_is_released_and_printed_in_part),
        cmocka_unit_test(test_errno_is_kept),
        cmocka_unit_test(test_code_0_ends_the_program),
        cmocka_unit_test(test_without_memory_there_is_an_error_that_says_so),
        cmocka_unit_test(test_without_memory_to_wrap_the_cause_remains),
        cmocka_unit_test(test_stack_is_the_innermost_and_ends_at_the_coroutine),
        cmocka_unit_test(test_deep_stack_is_cut_at_its_outer_end),
        cmocka_unit_test(test_stack_of_a_thread_reaches_main),
        cmocka_unit_test(test_any_bytes_become_valid_json),
        cmocka_unit_test(test_message_is_kept_up_to_its_most_bytes),
        cmocka_unit_test(test_printing_into_any_room_stays_in_it_and_tells_the_whole),
        cmocka_unit_test(test_many_coroutines_hold_one_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
