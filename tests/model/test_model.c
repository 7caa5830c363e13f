/* SPDX-License-Identifier: MIT */
/* Steps by hand into the model: figures, alerts, lanes. */
#include <string.h>

#include "support.h"

#include "format/event.h"
#include "model/alert.h"
#include "model/model.h"

enum { STEPS_MAX = 20000, GS_MAX = 1024 };
static const int64_t ms = 1000000;

/* A source of steps from an array; all strings are "name". */
static struct script {
    struct wf_source source;
    struct wf_trace_info info;
    struct wf_step step[STEPS_MAX];
    size_t n, at;
    int64_t m_of[GS_MAX];
} script;

static int next(struct wf_source *s, struct wf_step *step)
{
    struct script *sc = (struct script *)s;

    if (sc->at == sc->n)
        return 0;
    *step = sc->step[sc->at++];
    return 1;
}

static int seek(struct wf_source *s, int64_t t)
{
    (void)t;
    ((struct script *)s)->at = 0;
    return 0;
}

static const char *string(struct wf_source *s, uint64_t id)
{
    (void)s;
    return id ? "name" : "";
}

static size_t stack(struct wf_source *s, uint64_t id, struct wf_frame *frames,
                    size_t max)
{
    (void)s, (void)max;
    frames[0] = (struct wf_frame){
        .pc = id, .function = "compute", .file = "", .line = 0
    };
    return 1;
}

static const struct wf_site *site(struct wf_source *s, uint32_t id)
{
    static const struct wf_site sites[] = {
        { "", "" }, { "one", "a.c:1" }, { "two", "b.c:2" }, { "three", "c.c:3" }
    };
    (void)s;
    return &sites[id < 4 ? id : 0];
}

static struct wf_step *add(int64_t t, enum wf_step_kind kind)
{
    struct wf_step *s = &script.step[script.n++];

    assert_true(script.n < STEPS_MAX);
    *s = (struct wf_step){ .t = t, .kind = kind, .p = WF_NO_P, .m = WF_NO_M };
    script.info.duration = t;
    return s;
}

static void g_new(int64_t t, uint64_t g, uint32_t where)
{
    struct wf_step *s = add(t, WF_STEP_G_NEW);

    s->g = g;
    s->site = where;
    s = add(t, WF_STEP_G_STATE);
    s->g = g;
    s->state = WF_G_RUNNABLE;
    s->from = WF_FROM_local;
    s->p = 0;
}

/* The M that runs g, and from now on no more. */
static int64_t off_m(uint64_t g)
{
    int64_t m = script.m_of[g % GS_MAX];

    script.m_of[g % GS_MAX] = 0;
    return m ? m : WF_NO_M;
}

static void g_runnable(int64_t t, uint64_t g)
{
    struct wf_step *s = add(t, WF_STEP_G_STATE);

    s->m = off_m(g);

    s->g = g;
    s->state = WF_G_RUNNABLE;
    s->from = WF_FROM_local;
    s->p = 0;
}

static void p_state(int64_t t, int32_t p, unsigned state)
{
    struct wf_step *s = add(t, WF_STEP_P_STATE);

    s->p = p;
    s->n = state;
}

static void g_run(int64_t t, uint64_t g, int32_t p)
{
    struct wf_step *s = add(t, WF_STEP_G_STATE);

    s->g = g;
    s->state = WF_G_RUNNING;
    s->from = WF_FROM_local;
    s->p = p;
    s->m = script.m_of[g % GS_MAX] = p + 1;
    p_state(t, p, WF_PSTATE_running);
}

static void g_wait(int64_t t, uint64_t g, unsigned reason, uint64_t obj)
{
    struct wf_step *s = add(t, WF_STEP_G_STATE);

    s->m = off_m(g);
    s->g = g;
    s->state = WF_G_WAITING;
    s->reason = (uint8_t)reason;
    s->okind = (uint8_t)wf_why_object(reason);
    s->obj = obj;
}

static void g_end(int64_t t, uint64_t g)
{
    struct wf_step *s = add(t, WF_STEP_G_END);

    s->m = off_m(g);
    s->g = g;
}

static void m_cpu(int64_t t, int64_t m, int64_t run, int64_t wait)
{
    struct wf_step *s = add(t, WF_STEP_M_CPU);

    s->m = m;
    s->n = run;
    s->n2 = wait;
}

static struct wf_model *model_of(const struct wf_model_opts *opts)
{
    struct wf_model *md;

    assert_int_equal(wf_model_new(opts, &script.source, &md), 0);
    assert_int_equal(wf_model_read(md, NULL, NULL), 0);
    return md;
}

static int begin(void **state)
{
    (void)state;
    memset(&script, 0, sizeof script);
    script.source = (struct wf_source){ .info = &script.info,
                                        .next = next,
                                        .seek = seek,
                                        .string = string,
                                        .stack = stack,
                                        .site = site };
    return 0;
}

/* The kinds of the alerts, separated by spaces. */
static const char *kinds(struct wf_model *md)
{
    static char out[256];
    size_t n;
    const struct wf_alert *const *alerts = wf_model_alerts(md, &n);

    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        strcat(out, *out ? " " : "");
        strcat(out, wf_alert_info[alerts[i]->kind].name);
    }
    return out;
}

static void test_states_add_up_to_the_life(void **state)
{
    size_t n;
    (void)state;

    g_new(10, 1, 1);
    g_run(30, 1, 0);
    g_wait(70, 1, WF_WHY_chan_recv, 5);
    p_state(70, 0, WF_PSTATE_idle);
    g_runnable(170, 1);
    g_run(180, 1, 0);
    g_end(200, 1);
    p_state(200, 0, WF_PSTATE_idle);
    add(300, WF_STEP_MARK)->str = 1;

    struct wf_model *md = model_of(&(struct wf_model_opts){ .coroutines = true });
    const struct wf_g_row *g = wf_model_coroutines(md, &n)[0];
    assert_int_equal(n, 1);
    assert_int_equal(g->time.runnable, 20 + 10);
    assert_int_equal(g->time.running, 40 + 20);
    assert_int_equal(g->time.waiting, 100);
    assert_int_equal(g->time.unknown + g->time.syscall, 0);
    assert_int_equal(g->end - g->begin, 190);
    assert_int_equal(wf_hist_quantile(&g->runnable, 1), 20);

    const struct wf_p_row *p = wf_model_procs(md, &n)[0];
    assert_int_equal(p->running, 40 + 20);
    assert_int_equal(p->running + p->idle + p->syscall, 300);
    assert_int_equal(p->dispatches, 2);

    const struct wf_obj_row *o = wf_model_objects(md, &n)[0];
    assert_int_equal(n, 1);
    assert_int_equal(o->waits, 1);
    assert_int_equal(o->total, 100);
    assert_string_equal(wf_model_marks(md, &n)[0].text, "name");
    assert_string_equal(kinds(md), "");
    wf_model_free(md);
}

static void test_gap_makes_time_unknown(void **state)
{
    struct wf_step *s;
    size_t n;
    (void)state;

    g_new(0, 1, 1);
    g_run(10, 1, 0);
    s = add(500, WF_STEP_G_STATE);
    s->g = 1;
    s->state = WF_G_RUNNABLE;
    s->prov = WF_UNKNOWN;
    s->n = 100; /* lost from there */
    s = add(500, WF_STEP_GAP);
    s->m = 1;
    s->n = 100;
    s->n2 = 7;
    add(600, WF_STEP_MARK);

    struct wf_model *md = model_of(&(struct wf_model_opts){ .coroutines = true });
    const struct wf_g_row *g = wf_model_coroutines(md, &n)[0];
    assert_int_equal(g->time.running, 90);
    assert_int_equal(g->time.unknown, 400);
    assert_int_equal(g->time.runnable, 10 + 100);
    assert_false(g->complete);
    assert_string_equal(kinds(md), "data_lost");
    wf_model_free(md);
}

static void test_window_counts_only_what_lies_in_it(void **state)
{
    size_t n;
    (void)state;

    g_new(0, 1, 1);
    g_run(100, 1, 0);
    g_wait(200, 1, WF_WHY_sleep, 1);
    add(1000, WF_STEP_MARK);

    struct wf_model *md = model_of(
        &(struct wf_model_opts){ .coroutines = true, .from = 150, .to = 400 });
    const struct wf_g_row *g = wf_model_coroutines(md, &n)[0];
    assert_int_equal(g->time.running, 50);
    assert_int_equal(g->time.waiting, 200);
    assert_int_equal(g->time.runnable, 0);
    wf_model_free(md);
}

static void test_objects_that_are_gone_fold(void **state)
{
    size_t n;
    (void)state;

    for (uint64_t g = 1; g <= 50; g++) {
        int64_t t = (int64_t)g * 100;
        g_new(t, g, 1);
        g_run(t + 1, g, 0);
        g_wait(t + 2, g, WF_WHY_net_read, 1000 + g);
        g_runnable(t + 12, g);
        g_run(t + 13, g, 0);
        g_end(t + 14, g);
        struct wf_step *s = add(t + 15, WF_STEP_OBJ_FREE);
        s->okind = WF_OKIND_fd;
        s->obj = 1000 + g;
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    const struct wf_obj_row *o = wf_model_objects(md, &n)[0];
    assert_int_equal(n, 1);
    assert_int_equal(o->id, 0);
    assert_int_equal(o->gone, 50);
    assert_int_equal(o->waits, 50);
    assert_int_equal(o->total, 500);
    wf_model_free(md);
}

static void hog_run(int64_t kernel_wait)
{
    g_new(0, 1, 2);
    g_run(0, 1, 0);
    for (int64_t t = 10 * ms; t <= 50 * ms; t += 10 * ms)
        m_cpu(t, 1, 10 * ms - kernel_wait, kernel_wait);
    g_wait(50 * ms, 1, WF_WHY_sleep, 1);
    p_state(50 * ms, 0, WF_PSTATE_idle);
    m_cpu(60 * ms, 1, 0, 0);
}

static void test_long_run_on_the_cpu_is_a_hog(void **state)
{
    size_t n;
    (void)state;

    hog_run(0);
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    const struct wf_alert *a = wf_model_alerts(md, &n)[0];
    assert_string_equal(kinds(md), "hog");
    assert_int_equal(a->g, 1);
    assert_int_equal(a->from, 0);
    assert_int_equal(a->to, 50 * ms);
    assert_string_equal(a->site, "two (b.c:2)");
    assert_int_equal(a->severity, WF_WARNING);
    wf_model_free(md);
}

static void test_time_that_the_kernel_kept_is_no_hog(void **state)
{
    (void)state;

    hog_run(9 * ms); /* it ran 1 ms of every 10 */
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "kernel_starved");
    wf_model_free(md);
}

static void test_threshold_and_mute_are_heeded(void **state)
{
    static const char *const mute[] = { "hog@b.c", NULL };
    struct wf_model_opts opts = { .threshold[WF_ALERT_hog] = 60e6 };
    (void)state;

    hog_run(0);
    struct wf_model *md = model_of(&opts);
    assert_string_equal(kinds(md), "");
    wf_model_free(md);

    script.at = 0;
    md = model_of(&(struct wf_model_opts){ .mute = mute });
    assert_string_equal(kinds(md), "");
    wf_model_free(md);
}

static void pinned_run(bool pinned)
{
    p_state(0, 1, WF_PSTATE_idle);
    g_new(0, 1, 1);
    struct wf_step *s = add(0, WF_STEP_G_PIN);
    s->g = 1;
    s->n = pinned;
    g_run(0, 1, 0);
    for (uint64_t g = 2; g < 8; g++)
        g_new(ms, g, 2);
    g_wait(21 * ms, 1, WF_WHY_sleep, 1);
    for (uint64_t g = 2; g < 8; g++) {
        g_run(21 * ms + (int64_t)g * 1000, g, 0);
        g_end(21 * ms + (int64_t)g * 1000 + 10, g);
    }
    p_state(22 * ms, 0, WF_PSTATE_idle);
    m_cpu(30 * ms, 1, 21 * ms, 0);
}

static void test_pinned_coroutine_before_a_queue_is_a_stall_only(void **state)
{
    size_t n;
    (void)state;

    pinned_run(true);
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "pinned_stall");
    assert_int_equal(wf_model_alerts(md, &n)[0]->g, 1);
    wf_model_free(md);

    begin(NULL);
    pinned_run(false);
    md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "hog");
    wf_model_free(md);
}

static void test_idle_p_beside_a_queue_is_told(void **state)
{
    (void)state;

    p_state(0, 0, WF_PSTATE_running);
    p_state(0, 1, WF_PSTATE_idle);
    for (uint64_t g = 1; g <= 20; g++)
        g_new(0, g, 1);
    for (uint64_t g = 1; g <= 20; g++) {
        g_run((int64_t)g * ms, g, 0);
        g_end((int64_t)g * ms + ms / 2, g);
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "idle_while_queued");
    wf_model_free(md);
}

static void p_count(int64_t t, int64_t n)
{
    struct wf_step *s = add(t, WF_STEP_P_COUNT);

    s->n = n;
}

/* Work for 16 ms on the first P, and the number of Ps changes half way: the second is idle,
 * and is one too many before (or after). */
static void resized(int64_t from, int64_t to)
{
    p_count(0, from);
    p_state(0, 0, WF_PSTATE_running);
    p_state(0, 1, WF_PSTATE_idle);
    for (uint64_t g = 1; g <= 16; g++)
        g_new(0, g, 1);
    for (uint64_t g = 1; g <= 16; g++) {
        if (g == 8)
            p_count((int64_t)g * ms, to);
        g_run((int64_t)g * ms, g, 0);
        g_end((int64_t)g * ms + ms / 2, g);
    }
}

static void test_a_p_too_many_may_be_idle(void **state)
{
    static const struct {
        int64_t from, to;
        const char *kinds;
    } cases[] = { { 1, 1, "starved" },
                  { 2, 1, "idle_while_queued" },
                  { 1, 2, "idle_while_queued" },
                  { 2, 2, "idle_while_queued" } };
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        begin(NULL);
        resized(cases[i].from, cases[i].to);
        struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
        assert_string_equal(kinds(md), cases[i].kinds);
        wf_model_free(md);
    }
    begin(NULL);
}

/* Four Ps for two CPUs: the second keeps one busy, so that no CPU is free for the rest. */
static void test_ps_beyond_the_cpus_may_be_idle(void **state)
{
    (void)state;

    for (unsigned cpus = 2; cpus <= 3; cpus++) {
        begin(NULL);
        script.info.cpus = cpus;
        p_count(0, 4);
        for (int32_t p = 0; p < 4; p++)
            p_state(0, p, p < 2 ? WF_PSTATE_running : WF_PSTATE_idle);
        for (uint64_t g = 1; g <= 9; g++)
            g_new(0, g, 1);
        for (uint64_t g = 1; g <= 9; g++) {
            g_run((int64_t)g * ms, g, 0);
            g_end((int64_t)g * ms + ms / 2, g);
        }
        struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
        assert_string_equal(kinds(md), cpus == 2 ? "" : "idle_while_queued");
        wf_model_free(md);
    }
    script.info.cpus = 0;
}

static void test_turns_of_many_starve(void **state)
{
    (void)state;

    for (uint64_t g = 1; g <= 20; g++)
        g_new(0, g, 3);
    for (uint64_t g = 1; g <= 20; g++) {
        g_run((int64_t)g * 2 * ms, g, 0);
        g_end((int64_t)g * 2 * ms + 2 * ms - 1, g);
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "starved");
    wf_model_free(md);
}

static void test_growing_queue_of_senders_is_a_pileup(void **state)
{
    size_t n;
    (void)state;

    struct wf_step *s = add(0, WF_STEP_OBJ_NEW);
    s->okind = WF_OKIND_chan;
    s->obj = 9;
    s->str = 1;
    for (uint64_t g = 1; g <= 100; g++) {
        g_new((int64_t)g * 2 * ms, g, 2);
        g_run((int64_t)g * 2 * ms + 1, g, 0);
        g_wait((int64_t)g * 2 * ms + 2, g, WF_WHY_chan_send, 9);
        p_state((int64_t)g * 2 * ms + 2, 0, WF_PSTATE_idle);
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "wait_pileup");
    assert_string_equal(wf_model_alerts(md, &n)[0]->object, "chan:name");
    wf_model_free(md);
}

static void test_threads_made_again_are_churn(void **state)
{
    (void)state;

    for (int64_t i = 1; i <= 40; i++) {
        add(i * 5 * ms, WF_STEP_M_NEW)->m = i;
        add(i * 5 * ms + ms, WF_STEP_M_END)->m = i;
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ 0 });
    assert_string_equal(kinds(md), "thread_churn");
    wf_model_free(md);
}

/* Bins double as the trace grows; a closer look decodes again and is exact. */
static void test_lanes_hold_all_time_at_any_zoom(void **state)
{
    struct wf_cell cells[64];
    int64_t running = 0;
    (void)state;

    p_state(0, 0, WF_PSTATE_idle);
    g_new(0, 1, 1);
    for (int64_t i = 0; i < 1000; i++) {
        g_run(i * ms, 1, 0);
        g_runnable(i * ms + ms / 4, 1);
        p_state(i * ms + ms / 4, 0, WF_PSTATE_idle);
    }
    struct wf_model *md = model_of(&(struct wf_model_opts){ .lanes = true });
    assert_int_equal(wf_model_lane(md, WF_LANE_P, 0, 0, 1024 * ms, cells, 64), 0);
    for (int c = 0; c < 64; c++)
        running += cells[c].state_ns[WF_G_RUNNING];
    assert_true(running > 249 * ms && running < 251 * ms);

    assert_int_equal(wf_model_lane(md, WF_LANE_P, 0, 500 * ms, 502 * ms, cells, 64), 0);
    running = 0;
    for (int c = 0; c < 64; c++)
        running += cells[c].state_ns[WF_G_RUNNING];
    assert_true(running > 490000 && running < 510000);
    assert_true(cells[4].state_ns[WF_G_RUNNING] > 0);
    assert_true(cells[20].state_ns[WF_G_RUNNING] == 0);
    assert_int_equal(cells[4].g, 1);
    wf_model_free(md);
}

static void test_moment_says_what_was(void **state)
{
    struct wf_moment m;
    (void)state;

    g_new(0, 7, 1);
    g_run(100, 7, 0);
    g_wait(200, 7, WF_WHY_mutex, 3);
    p_state(200, 0, WF_PSTATE_idle);
    add(300, WF_STEP_MARK);
    struct wf_model *md = model_of(&(struct wf_model_opts){ .lanes = true });
    assert_int_equal(wf_model_moment(md, WF_LANE_P, 0, 150, &m), 0);
    assert_int_equal(m.g, 7);
    assert_int_equal(m.state, WF_G_RUNNING);
    assert_int_equal(m.since, 100);
    assert_int_equal(m.until, 200);
    assert_int_equal(wf_model_moment(md, WF_LANE_G, 7, 250, &m), 0);
    assert_int_equal(m.state, WF_G_WAITING);
    assert_int_equal(m.obj, 3);
    wf_model_free(md);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_states_add_up_to_the_life),
        TEST(test_gap_makes_time_unknown),
        TEST(test_window_counts_only_what_lies_in_it),
        TEST(test_objects_that_are_gone_fold),
        TEST(test_long_run_on_the_cpu_is_a_hog),
        TEST(test_time_that_the_kernel_kept_is_no_hog),
        TEST(test_threshold_and_mute_are_heeded),
        TEST(test_pinned_coroutine_before_a_queue_is_a_stall_only),
        TEST(test_idle_p_beside_a_queue_is_told),
        TEST(test_a_p_too_many_may_be_idle),
        TEST(test_ps_beyond_the_cpus_may_be_idle),
        TEST(test_turns_of_many_starve),
        TEST(test_growing_queue_of_senders_is_a_pileup),
        TEST(test_threads_made_again_are_churn),
        TEST(test_lanes_hold_all_time_at_any_zoom),
        TEST(test_moment_says_what_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
