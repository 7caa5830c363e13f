/* SPDX-License-Identifier: MIT */
/* Contexts: what Go's package context says of them, rule by rule. */
#include "saw.h"

/* ---- the tree ---- */

struct tree {
    weft_ctx *root, *left, *right, *leaf;
};

static struct tree plant(int64_t deadline)
{
    struct tree t = { 0 };
    weft_ctx_new(NULL, deadline, &t.root);
    weft_ctx_new(t.root, WEFT_FOREVER, &t.left);
    weft_ctx_new(t.root, WEFT_FOREVER, &t.right);
    weft_ctx_new(t.left, WEFT_FOREVER, &t.leaf);
    return t;
}

static void fell(struct tree *t)
{
    weft_ctx_release(t->root);
    weft_ctx_release(t->left);
    weft_ctx_release(t->right);
    weft_ctx_release(t->leaf);
}

static const char *saw_text[4];

static void cancel_the_left(void *arg)
{
    struct tree t = plant(WEFT_FOREVER);
    (void)arg;
    saw[0] = weft_ctx_err(t.leaf);
    saw[1] = weft_ctx_cancel(t.left, 0, NULL);
    saw[2] = weft_ctx_err(t.left);
    saw[3] = weft_ctx_err(t.leaf);
    saw[4] = weft_ctx_err(t.right);
    saw[5] = weft_ctx_err(t.root);
    fell(&t);
}

static void test_cancel_reaches_all_below_and_nobody_else(void **state)
{
    (void)state;
    run(cancel_the_left);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], -ECANCELED);
    assert_int_equal(saw[3], -ECANCELED);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], 0);
}

static void be_born_late(void *arg)
{
    weft_ctx *parent, *child, *timed;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &parent);
    weft_ctx_cancel(parent, -EIO, "the disk");
    weft_ctx_new(parent, WEFT_FOREVER, &child);
    weft_ctx_new(parent, weft_now() - 1, &timed);
    saw[0] = weft_ctx_err(child);
    saw[1] = weft_ctx_cause(child, &saw_text[0]);
    saw[2] = saw_text[0] && !strcmp(saw_text[0], "the disk");
    saw[3] = weft_ctx_cause(timed, NULL);
    weft_ctx_release(parent);
    saw[4] = !strcmp(saw_text[0], "the disk"); /* the child keeps it */
    weft_ctx_release(child);
    weft_ctx_release(timed);
}

static void test_child_of_a_cancelled_one_is_cancelled_with_its_cause(void **state)
{
    (void)state;
    run(be_born_late);
    assert_int_equal(saw[0], -ECANCELED);
    assert_int_equal(saw[1], -EIO);
    assert_int_equal(saw[2], 1);
    assert_int_equal(saw[3], -EIO);
    assert_int_equal(saw[4], 1);
}

static void look_at_background(void *arg)
{
    weft_chan *done = (weft_chan *)saw;
    static int key;
    (void)arg;
    saw[0] = weft_ctx_err(NULL);
    saw[1] = weft_ctx_cause(NULL, &saw_text[0]);
    saw[2] = weft_ctx_done(NULL, &done);
    saw[3] = done == NULL;
    saw[4] = weft_ctx_cancel(NULL, 0, NULL);
    saw[5] = weft_ctx_wait(NULL, 0);
    saw[6] = weft_ctx_wait(NULL, in_ns(1000));
    saw_time[0] = weft_ctx_deadline(NULL);
    saw_value[0] = weft_ctx_value(NULL, &key);
    saw[7] = weft_ctx_current() == NULL;
    weft_ctx_release(NULL);
}

static void test_background_has_no_end_no_deadline_and_no_values(void **state)
{
    (void)state;
    run(look_at_background);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_null(saw_text[0]);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[4], -EINVAL);
    assert_int_equal(saw[5], -EAGAIN);
    assert_int_equal(saw[6], -ETIMEDOUT);
    assert_int_equal(saw[7], 1);
    assert_true(saw_time[0] == WEFT_FOREVER);
    assert_null(saw_value[0]);
}

/* ---- causes ---- */

static void cancel_twice(void *arg)
{
    struct tree t = plant(WEFT_FOREVER);
    (void)arg;
    saw[0] = weft_ctx_cause(t.leaf, &saw_text[0]);
    weft_ctx_cancel(t.leaf, 0, NULL);
    weft_ctx_cancel(t.root, -EIO, "first");
    weft_ctx_cancel(t.root, -EBADF, "second");
    saw[1] = weft_ctx_err(t.root);
    saw[2] = weft_ctx_cause(t.root, &saw_text[1]);
    saw[3] = !strcmp(saw_text[1], "first");
    saw[4] = weft_ctx_cause(t.right, &saw_text[1]);
    saw[5] = !strcmp(saw_text[1], "first");
    saw[6] = weft_ctx_cause(t.leaf, &saw_text[2]);
    saw[7] = weft_ctx_cancel(t.leaf, EIO, NULL);
    fell(&t);
}

static void test_first_cause_is_kept_and_handed_down(void **state)
{
    (void)state;
    run(cancel_twice);
    assert_int_equal(saw[0], 0);
    assert_null(saw_text[0]);
    assert_int_equal(saw[1], -ECANCELED);
    assert_int_equal(saw[2], -EIO);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[4], -EIO);
    assert_int_equal(saw[5], 1);
    assert_int_equal(saw[6], -ECANCELED); /* cancelled before its parent was */
    assert_null(saw_text[2]);
    assert_int_equal(saw[7], -EINVAL);
}

static void cancel_with_a_long_message(void *arg)
{
    weft_ctx *ctx;
    char text[1000];
    (void)arg;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_cancel(ctx, -EIO, text);
    weft_ctx_cause(ctx, &saw_text[0]);
    saw[0] = (int)strlen(saw_text[0]);
    weft_ctx_release(ctx);
}

static void test_message_is_copied_and_cut(void **state)
{
    (void)state;
    run(cancel_with_a_long_message);
    assert_int_equal(saw[0], 255);
}

/* ---- deadlines ---- */

static void compare_deadlines(void *arg)
{
    weft_ctx *parent, *later, *earlier, *none;
    int64_t d = never_soon();
    (void)arg;
    weft_ctx_new(NULL, d, &parent);
    weft_ctx_new(parent, d + 1000, &later);
    weft_ctx_new(parent, d - 1000, &earlier);
    weft_ctx_new(parent, WEFT_FOREVER, &none);
    saw_time[0] = weft_ctx_deadline(parent) - d;
    saw_time[1] = weft_ctx_deadline(later) - d;
    saw_time[2] = weft_ctx_deadline(earlier) - d;
    saw_time[3] = weft_ctx_deadline(none) - d;
    weft_ctx_release(parent);
    weft_ctx_release(later);
    weft_ctx_release(earlier);
    weft_ctx_release(none);
}

static void test_deadline_is_never_later_than_the_parents(void **state)
{
    (void)state;
    run(compare_deadlines);
    assert_int_equal(saw_time[0], 0);
    assert_int_equal(saw_time[1], 0);
    assert_int_equal(saw_time[2], -1000);
    assert_int_equal(saw_time[3], 0);
}

static void let_the_deadline_come(void *arg)
{
    int64_t d = in_ns(WF_NS_PER_MS);
    struct tree t = plant(d);
    (void)arg;
    saw[0] = weft_ctx_wait(t.leaf, WEFT_FOREVER);
    saw[1] = weft_now() >= d;
    saw[2] = weft_ctx_err(t.leaf);
    saw[3] = weft_ctx_cause(t.leaf, NULL);
    saw[4] = weft_ctx_cancel(t.root, -EIO, NULL);
    saw[5] = weft_ctx_err(t.root); /* the same for ever */
    saw[6] = weft_ctx_cause(t.root, NULL);
    fell(&t);
}

static void test_deadline_cancels_all_below_as_timed_out(void **state)
{
    (void)state;
    run(let_the_deadline_come);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 1);
    assert_int_equal(saw[2], -ETIMEDOUT);
    assert_int_equal(saw[3], -ETIMEDOUT);
    assert_int_equal(saw[4], 0);
    assert_int_equal(saw[5], -ETIMEDOUT);
    assert_int_equal(saw[6], -ETIMEDOUT);
}

static void begin_after_the_deadline(void *arg)
{
    weft_ctx *ctx;
    (void)arg;
    saw[0] = weft_ctx_new(NULL, weft_now(), &ctx);
    saw[1] = weft_ctx_err(ctx);
    weft_ctx_release(ctx);
}

static void test_deadline_in_the_past_cancels_at_once(void **state)
{
    (void)state;
    run(begin_after_the_deadline);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], -ETIMEDOUT);
}

/* ---- values ---- */

static int color, size, absent;

static void store_values(void *arg)
{
    weft_ctx *a, *b, *c, *d;
    (void)arg;
    weft_ctx_with_value(NULL, &color, "red", &a);
    weft_ctx_with_value(a, &size, "big", &b);
    weft_ctx_with_value(b, &color, "blue", &c);
    weft_ctx_new(c, WEFT_FOREVER, &d);
    saw_value[0] = weft_ctx_value(d, &color);
    saw_value[1] = weft_ctx_value(d, &size);
    saw_value[2] = weft_ctx_value(b, &color);
    saw_value[3] = weft_ctx_value(d, &absent);
    weft_ctx_cancel(a, 0, NULL);
    saw[0] = weft_ctx_err(d);
    weft_ctx_release(d);
    weft_ctx_with_value(c, NULL, "under no key", &d);
    saw[1] = weft_ctx_value(d, NULL) == NULL;
    weft_ctx_release(a);
    weft_ctx_release(b);
    weft_ctx_release(c);
    weft_ctx_release(d);
}

static void test_value_is_the_nearest_and_null_without(void **state)
{
    (void)state;
    run(store_values);
    assert_string_equal(saw_value[0], "blue");
    assert_string_equal(saw_value[1], "big");
    assert_string_equal(saw_value[2], "red");
    assert_null(saw_value[3]);
    assert_int_equal(saw[0], -ECANCELED); /* a value does not end the chain */
    assert_int_equal(saw[1], 1);
}

static void go_on_without(void *arg)
{
    weft_ctx *parent, *free, *below;
    weft_chan *done;
    (void)arg;
    weft_ctx_with_value(NULL, &color, "red", &parent);
    weft_ctx_without_cancel(parent, &free);
    weft_ctx_new(free, WEFT_FOREVER, &below);
    weft_ctx_cancel(parent, -EIO, NULL);
    saw[0] = weft_ctx_err(free);
    saw[1] = weft_ctx_cause(free, NULL);
    weft_ctx_done(free, &done);
    saw[2] = weft_chan_recv(done, NULL, 0);
    saw[3] = weft_ctx_err(below);
    saw_value[0] = weft_ctx_value(below, &color);
    saw_time[0] = weft_ctx_deadline(free);
    weft_ctx_release(parent);
    weft_ctx_release(free);
    weft_ctx_release(below);
}

static void test_without_cancel_keeps_values_only(void **state)
{
    (void)state;
    run(go_on_without);
    assert_int_equal(saw[0], 0);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], -EAGAIN);
    assert_int_equal(saw[3], 0);
    assert_string_equal(saw_value[0], "red");
    assert_true(saw_time[0] == WEFT_FOREVER);
}

/* ---- done ---- */

static void ask_for_done(void *arg)
{
    weft_ctx *ctx, *late;
    weft_chan *a, *b, *c;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_new(NULL, WEFT_FOREVER, &late);
    weft_ctx_done(ctx, &a);
    weft_ctx_done(ctx, &b);
    saw[0] = a == b;
    saw[1] = weft_chan_recv(a, NULL, 0);
    weft_ctx_cancel(ctx, 0, NULL);
    saw[2] = weft_chan_recv(a, NULL, 0);
    weft_ctx_cancel(late, 0, NULL);
    weft_ctx_done(late, &c);
    saw[3] = weft_chan_recv(c, NULL, 0);
    weft_ctx_release(ctx);
    weft_ctx_release(late);
}

static void test_done_is_one_channel_closed_by_the_cancel(void **state)
{
    (void)state;
    run(ask_for_done);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], -EAGAIN);
    assert_int_equal(saw[2], -EPIPE);
    assert_int_equal(saw[3], -EPIPE);
}

static void cancel_soon(void *ctx)
{
    await_parked(1);
    weft_ctx_cancel(ctx, 0, NULL);
}

static void select_done(void *arg)
{
    weft_ctx *ctx;
    weft_chan *done, *work = weft_chan_new(4, 0);
    int v;
    (void)arg;
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_done(ctx, &done);
    weft_case cases[] = { { work, WEFT_RECV, &v, 0 }, { done, WEFT_RECV, NULL, 0 } };
    weft_go(cancel_soon, ctx);
    saw[0] = weft_select(cases, 2, WEFT_FOREVER);
    saw[1] = cases[1].result;
    weft_ctx_release(ctx);
    weft_chan_free(work);
}

static void test_done_wakes_a_select(void **state)
{
    (void)state;
    run(select_done);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], -EPIPE);
}

/* ---- functions to run ---- */

static _Atomic int ran;
static weft_ctx *_Atomic ran_in;

static void note_run(void *n)
{
    ran_in = weft_ctx_current();
    atomic_fetch_add(&ran, *(int *)n);
}

static void run_after_cancel(void *arg)
{
    weft_ctx *ctx;
    weft_after *stopped, *late;
    static int one = 1, ten = 10, hundred = 100, thousand = 1000;
    (void)arg;
    atomic_store(&ran, 0);
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_after(ctx, note_run, &one, NULL);
    weft_ctx_after(ctx, note_run, &ten, &late);
    weft_ctx_after(ctx, note_run, &hundred, &stopped);
    saw[0] = weft_after_stop(stopped);
    weft_sleep(1000);
    saw[1] = atomic_load(&ran);
    weft_ctx_release(weft_ctx_use(weft_ctx_retain(ctx)));
    weft_ctx_cancel(ctx, 0, NULL);
    await_value(&ran, 11);
    saw[2] = weft_after_stop(late);
    saw[3] = ran_in == NULL;
    weft_ctx_after(ctx, note_run, &thousand, NULL); /* cancelled already: now */
    await_value(&ran, 1011);
    weft_ctx_after(NULL, note_run, &one, &late); /* never */
    saw[4] = weft_after_stop(late);
    saw[5] = atomic_load(&ran);
    weft_ctx_release(ctx);
}

static void test_after_runs_once_on_cancel_unless_stopped(void **state)
{
    (void)state;
    run(run_after_cancel);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 0);
    assert_int_equal(saw[2], 0);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[4], 1);
    assert_int_equal(saw[5], 1011);
}

static void forget_afters(void *arg)
{
    weft_ctx *ctx;
    weft_after *kept;
    static int one = 1;
    (void)arg;
    atomic_store(&ran, 0);
    weft_ctx_new(NULL, WEFT_FOREVER, &ctx);
    weft_ctx_after(ctx, note_run, &one, NULL);
    weft_ctx_after(ctx, note_run, &one, &kept);
    weft_ctx_release(ctx);
    saw[0] = weft_after_stop(kept); /* with that ctx is gone, and the other with it */
    weft_sleep(1000);
    saw[1] = atomic_load(&ran);
}

static void test_after_of_a_context_that_nobody_has_never_runs(void **state)
{
    (void)state;
    run(forget_afters);
    assert_int_equal(saw[0], 1);
    assert_int_equal(saw[1], 0);
}

/* ---- outside of coroutines ---- */

static void test_plain_threads_may_make_ask_and_release(void **state)
{
    weft_ctx *ctx, *child, *timed;
    weft_chan *done;
    (void)state;
    assert_int_equal(weft_ctx_new(NULL, WEFT_FOREVER, &ctx), 0);
    assert_int_equal(weft_ctx_with_value(ctx, &color, "red", &child), 0);
    assert_int_equal(weft_ctx_new(ctx, never_soon(), &timed), -EPERM);
    assert_int_equal(weft_ctx_cancel(ctx, 0, NULL), -EPERM);
    assert_int_equal(weft_ctx_wait(ctx, WEFT_FOREVER), -EPERM);
    assert_int_equal(weft_ctx_wait(ctx, 0), -EAGAIN);
    assert_int_equal(weft_ctx_after(ctx, note_run, NULL, NULL), -EPERM);
    assert_int_equal(weft_ctx_done(ctx, &done), 0);
    assert_int_equal(weft_chan_recv(done, NULL, 0), -EAGAIN);
    assert_null(weft_ctx_use(NULL));
    assert_null(weft_ctx_current());
    weft_ctx_release(ctx);
    assert_string_equal(weft_ctx_value(child, &color), "red");
    weft_ctx_release(child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel_reaches_all_below_and_nobody_else),
        cmocka_unit_test(test_child_of_a_cancelled_one_is_cancelled_with_its_cause),
        cmocka_unit_test(test_background_has_no_end_no_deadline_and_no_values),
        cmocka_unit_test(test_first_cause_is_kept_and_handed_down),
        cmocka_unit_test(test_message_is_copied_and_cut),
        cmocka_unit_test(test_deadline_is_never_later_than_the_parents),
        cmocka_unit_test(test_deadline_cancels_all_below_as_timed_out),
        cmocka_unit_test(test_deadline_in_the_past_cancels_at_once),
        cmocka_unit_test(test_value_is_the_nearest_and_null_without),
        cmocka_unit_test(test_without_cancel_keeps_values_only),
        cmocka_unit_test(test_done_is_one_channel_closed_by_the_cancel),
        cmocka_unit_test(test_done_wakes_a_select),
        cmocka_unit_test(test_after_runs_once_on_cancel_unless_stopped),
        cmocka_unit_test(test_after_of_a_context_that_nobody_has_never_runs),
        cmocka_unit_test(test_plain_threads_may_make_ask_and_release),
    };
    return RUN_ON_SOME_PS(tests);
}
