/* SPDX-License-Identifier: MIT */
/*
 * The digest in the head of each batch is what its events say: computed anew here, from
 * the whole trace.
 */
#include "rt_support.h"

#include "runtime/trace.h"
#include "trace_replay.h"

enum { GS = 12, BATCHES = 4096, STATES = 4 };

static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/weft-digest-%d.weft", (int)getpid());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

/* ---- a run that does all that a digest counts ---- */

static void spin(int64_t ns)
{
    for (int64_t until = wf_clock_now() + ns; wf_clock_now() < until;)
        ;
}

static void busy(void *arg)
{
    int64_t end = weft_now() + 120 * WF_NS_PER_MS;
    for (int i = *(int *)arg; weft_now() < end; i++) {
        spin(500);
        if (i % 5)
            weft_yield();
        else
            weft_sleep(100 * WF_NS_PER_US);
        if (i % 64)
            continue;
        weft_block_begin(WEFT_BLOCK_USER);
        usleep(500);
        weft_block_end();
    }
}

static void all_busy(void *arg)
{
    static int index[GS];
    weft_coro *co[GS];
    (void)arg;
    for (int i = 0; i < GS; i++) {
        index[i] = i;
        weft_spawn(NULL, busy, &index[i], &co[i]);
    }
    for (int i = 0; i < GS; i++)
        weft_join(co[i], WEFT_FOREVER);
    weft_sleep(20 * WF_NS_PER_MS);
}

/* ---- the same figures once more ---- */

struct batch {
    uint32_t stream, seq;
    struct wf_digest told;
    uint64_t spent_us[STATES], units, us; /* us: how far they reach */
    uint64_t deepest, waited, waited_g;
};

struct digests {
    struct batch batch[BATCHES];
    size_t n;
    uint64_t runnable[REPLAY_GS]; /* since when */
    unsigned does[REPLAY_STREAMS];
    bool overrun;
};

static struct digests all;

static void take_head(void *arg, const struct wf_block_head *h, const uint8_t *payload,
                      uint32_t size)
{
    struct digests *d = arg;
    (void)payload, (void)size;
    if (h->type != WF_BLOCK_EVENTS)
        return;
    if (d->n == BATCHES || h->digest.wait_g >= REPLAY_GS) {
        d->overrun = true;
        return;
    }
    d->batch[d->n++] = (struct batch){ .stream = h->stream,
                                       .seq = h->stream_seq,
                                       .told = h->digest };
}

static struct batch *batch_of(struct digests *d, const struct replay_event *e)
{
    static struct batch none;
    for (size_t i = 0; i < d->n; i++)
        if (d->batch[i].stream == e->stream && d->batch[i].seq == e->stream_seq)
            return &d->batch[i];
    return &none;
}

static void ready(struct digests *d, uint64_t g, uint64_t ts)
{
    d->runnable[g % REPLAY_GS] = ts;
}

static void start(struct digests *d, uint64_t g, const struct replay_event *e)
{
    struct batch *b = batch_of(d, e);
    uint64_t wait = e->ts - d->runnable[g % REPLAY_GS];
    if (wait <= b->waited)
        return;
    b->waited = wait;
    b->waited_g = g;
}

/* Who runs on the writer, to know who yields. */
static uint64_t runs[REPLAY_STREAMS];

static void count_waits(void *arg, const struct replay_event *e)
{
    struct digests *d = arg;
    const struct wf_event *ev = &e->ev;
    uint64_t *own = &runs[e->stream % REPLAY_STREAMS];
    switch (ev->id) {
    case WF_EV_g_create:
        ready(d, WF_ARG(ev, g_create, g), e->ts);
        break;
    case WF_EV_g_ready:
        ready(d, WF_ARG(ev, g_ready, g), e->ts);
        break;
    case WF_EV_g_yield:
        ready(d, *own, e->ts);
        break;
    case WF_EV_g_start:
        start(d, *own = WF_ARG(ev, g_start, g), e);
        break;
    case WF_EV_g_switch:
        if (WF_ARG(ev, g_switch, reason) >= WF_WHY_yield)
            ready(d, *own, e->ts);
        start(d, *own = WF_ARG(ev, g_switch, g2), e);
        break;
    }
}

static unsigned state_after(const struct wf_event *ev, unsigned before)
{
    static const char *const names[STATES] = {
        [WF_MSTATE_idle] = "g_park g_end g_yield m_park poll_wake ",
        [WF_MSTATE_running] = "g_start g_switch block_end ",
        [WF_MSTATE_spinning] = "",
        [WF_MSTATE_blocked] = "block_begin poll_wait ",
    };
    char name[32];
    snprintf(name, sizeof name, "%s ", wf_event_info[ev->id].name);
    if (ev->id == WF_EV_m_status)
        return (unsigned)WF_ARG(ev, m_status, state);
    if (ev->id == WF_EV_m_spin)
        return ev->arg[0] ? WF_MSTATE_spinning : WF_MSTATE_idle;
    for (unsigned s = 0; s < STATES; s++)
        if (strstr(names[s], name))
            return s;
    return before;
}

static uint64_t own_queue(const struct wf_event *ev)
{
    switch (ev->id) {
    case WF_EV_g_create:
        return WF_ARG(ev, g_create, to) == WF_FROM_global ? 0
                                                          : WF_ARG(ev, g_create, len);
    case WF_EV_g_ready:
        return WF_ARG(ev, g_ready, to) == WF_FROM_global ? 0 : WF_ARG(ev, g_ready, len);
    case WF_EV_g_yield:
        return WF_ARG(ev, g_yield, to) == WF_FROM_global ? 0 : WF_ARG(ev, g_yield, len);
    case WF_EV_g_start:
        return WF_ARG(ev, g_start, from) == WF_FROM_global ? 0
                                                           : WF_ARG(ev, g_start, len);
    case WF_EV_g_switch:
        return WF_ARG(ev, g_switch, from) == WF_FROM_global ? 0
                                                            : WF_ARG(ev, g_switch, len);
    }
    return 0;
}

static uint32_t to_us(uint64_t units, uint64_t units_per_s)
{
    return (uint32_t)((unsigned __int128)units * 1000000 / units_per_s);
}

/* In the order of each writer's batches. */
static void count_times(struct digests *d, const struct replay *r)
{
    uint64_t rate = r->reading.header.units_per_s;
    for (size_t i = 0; i < r->n; i++) {
        const struct replay_event *e = &r->events[i];
        struct batch *b = batch_of(d, e);
        unsigned *does = &d->does[e->stream % REPLAY_STREAMS];
        if (own_queue(&e->ev) > b->deepest)
            b->deepest = own_queue(&e->ev);
        if (e->stream >= WF_STREAM_OTHER)
            continue;
        b->units += e->ev.dt;
        b->spent_us[*does] += to_us(b->units, rate) - b->us;
        b->us = to_us(b->units, rate);
        *does = state_after(&e->ev, *does);
    }
}

static void test_digests_say_what_the_events_say(void **state)
{
    (void)state;
    struct trace_reading heads = { .block = take_head, .arg = &all };
    weft_config c = rt_config(2);
    snprintf(c.trace, sizeof c.trace, "%s", path);
    run_in_weft_with(&c, all_busy, NULL);
    trace_read(&heads, path);
    assert_null(heads.wrong);
    assert_false(all.overrun);
    struct replay *r = replay_file_with(path, count_waits, &all);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.loss.events, 0);
    count_times(&all, r);
    uint64_t rate = r->reading.header.units_per_s, sum[STATES] = { 0 }, waits = 0;
    for (size_t i = 0; i < all.n; i++) {
        struct batch *b = &all.batch[i];
        assert_int_equal(b->told.running_us, b->spent_us[WF_MSTATE_running]);
        assert_int_equal(b->told.spinning_us, b->spent_us[WF_MSTATE_spinning]);
        assert_int_equal(b->told.idle_us, b->spent_us[WF_MSTATE_idle]);
        assert_int_equal(b->told.blocked_us, b->spent_us[WF_MSTATE_blocked]);
        assert_int_equal(b->told.queue_max, b->deepest);
        assert_int_equal(b->told.wait_max_us, to_us(b->waited, rate));
        assert_int_equal(b->told.wait_g, b->waited_g);
        for (int s = 0; s < STATES; s++)
            sum[s] += b->spent_us[s];
        waits += b->waited_g != 0;
    }
    for (int s = 0; s < STATES; s++)
        assert_true(sum[s] > 0);
    assert_true(waits >= 2);
    replay_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests_say_what_the_events_say),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
