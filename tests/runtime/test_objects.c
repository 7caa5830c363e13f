/* SPDX-License-Identifier: MIT */
/*
 * What a trace says about objects: who they are, who waits for them and who holds them,
 * what pools did.  A run that does everything once is recorded and its events read.
 */
#include "inside.h"
#include "trace_read.h"

#include <sys/socket.h>

/* ---- the run ---- */

enum { WORKERS = 3, ROUNDS = 50 };

struct run {
    weft_mutex m;
    weft_wait_group wg;
    weft_chan *items, *rare;
    weft_pool *pool;
    weft_fd *a, *b;
    struct weft_pool_stats stats;
    uint64_t mutex, group, items_id;
};

static void work(void *arg)
{
    struct run *r = arg;
    for (int i = 0; i < ROUNDS; i++) {
        weft_mutex_lock(&r->m);
        weft_yield();
        weft_mutex_unlock(&r->m);
        void *obj = weft_pool_get(r->pool);
        weft_chan_send(r->items, &obj, WEFT_FOREVER);
    }
    weft_wait_group_done(&r->wg);
}

static void gather(void *arg)
{
    struct run *r = arg;
    void *obj;
    for (int i = 0; i < WORKERS * ROUNDS / 2; i++)
        if (!weft_chan_recv(r->items, &obj, WEFT_FOREVER))
            weft_pool_put(r->pool, obj);
    weft_case cases[] = { { r->items, WEFT_RECV, &obj, 0 },
                          { r->rare, WEFT_RECV, &obj, 0 } };
    while (weft_select(cases, 2, WEFT_FOREVER) == 0)
        weft_pool_put(r->pool, obj);
    weft_wait_group_done(&r->wg);
}

static void await(void *arg)
{
    struct run *r = arg;
    weft_wait_group_wait(&r->wg, WEFT_FOREVER);
}

static void echo(void *arg)
{
    struct run *r = arg;
    char buf[16];
    ssize_t n;
    while ((n = weft_read(r->b, buf, sizeof buf, WEFT_FOREVER)) > 0)
        weft_write(r->b, buf, (size_t)n, WEFT_FOREVER);
    weft_wait_group_done(&r->wg);
}

static void talk(struct run *r)
{
    char buf[16];
    weft_wait_group_add(&r->wg, 1);
    weft_go(echo, r);
    await_parked(1);
    for (int i = 0; i < ROUNDS; i++) {
        weft_write(r->a, "hello", 5, WEFT_FOREVER);
        weft_read(r->a, buf, sizeof buf, WEFT_FOREVER);
    }
    weft_close(r->a);
    weft_wait_group_wait(&r->wg, WEFT_FOREVER);
    weft_close(r->b);
}

static void do_everything(void *arg)
{
    struct run *r = arg;
    int fd[2];
    uint64_t v = 0;
    weft_mutex_init(&r->m, "big lock");
    weft_wait_group_init(&r->wg, "all of them");
    r->items = weft_chan_new(8, 2);
    r->rare = weft_chan_new(8, 0);
    r->pool = weft_pool_new("parts", 100, NULL, 0);
    weft_chan_set_name(r->items, "items");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) || weft_fd_new(fd[0], "wire", &r->a) ||
        weft_fd_new(fd[1], NULL, &r->b))
        return;
    /* Nobody waits yet: this one lies in the buffer, whatever the others do later. */
    void *obj = weft_pool_get(r->pool);
    weft_chan_send(r->items, &obj, WEFT_FOREVER);
    weft_chan_recv(r->items, &obj, WEFT_FOREVER);
    weft_pool_put(r->pool, obj);
    weft_wait_group_add(&r->wg, WORKERS);
    weft_go(await, r);
    weft_mutex_lock(&r->m);
    for (int i = 0; i < WORKERS; i++)
        weft_go_named("worker", work, r);
    await_parked(1 + WORKERS); /* for the mutex */
    weft_mutex_unlock(&r->m);
    await_parked(1 + WORKERS); /* to send more than the channel holds */
    weft_go_named("gatherer", gather, r);
    weft_wait_group_wait(&r->wg, WEFT_FOREVER);
    weft_wait_group_add(&r->wg, 1);
    await_parked(1); /* in its select */
    weft_chan_send(r->rare, &v, WEFT_FOREVER);
    weft_wait_group_wait(&r->wg, WEFT_FOREVER);
    talk(r);
    weft_pool_stats(r->pool, &r->stats);
    r->mutex = r->m.q.id;
    r->group = r->wg.q.id;
    weft_mutex_fini(&r->m);
    weft_wait_group_fini(&r->wg);
    weft_chan_free(r->items);
    weft_chan_free(r->rare);
}

/* ---- what is in the trace ---- */

enum { OBJECTS = 1000, GENS = 50, STREAMS = 100, WHYS = 64 };

struct seen {
    unsigned char kind[GENS][OBJECTS]; /* of the obj_new of an object in a generation */
    uint64_t name[GENS][OBJECTS], cap[OBJECTS];
    bool freed[OBJECTS], owned[STREAMS];
    uint64_t owned_obj[STREAMS];
    long waits[WHYS], chan_lens, owners, io_ready, bad;
    struct weft_pool_stats pool[OBJECTS];
    const char *why;
    int pass; /* 0: objects and names; 1: what mentions them */
    char names[GENS][200][32];
};

static void wrong(struct seen *s, const char *why)
{
    s->bad++;
    s->why = why;
}

static void mention(struct seen *s, const struct wf_block_head *h, uint64_t obj,
                    unsigned kind)
{
    if (obj >= OBJECTS)
        wrong(s, "an id out of range");
    else if (!s->kind[h->generation][obj])
        wrong(s, "an object not made in this generation");
    else if (kind && s->kind[h->generation][obj] != kind)
        wrong(s, "an object of the wrong kind");
}

static void see_new(struct seen *s, const struct wf_block_head *h,
                    const struct wf_event *ev)
{
    uint64_t id = WF_ARG(ev, obj_new, id);
    if (id >= OBJECTS)
        wrong(s, "an id out of range");
    else {
        s->kind[h->generation][id] = (unsigned char)WF_ARG(ev, obj_new, kind);
        s->name[h->generation][id] = WF_ARG(ev, obj_new, name);
        s->cap[id] = WF_ARG(ev, obj_new, cap);
    }
}

/* A park, whichever event tells it; obj_owner said just before whom a mutex has. */
static void see_wait(struct seen *s, const struct wf_block_head *h, uint64_t why,
                     uint64_t obj)
{
    unsigned kind = wf_why_object(why);
    if (why < WHYS)
        s->waits[why]++;
    if (kind && kind != WF_OKIND_coroutine && kind != WF_OKIND_timer)
        mention(s, h, obj, kind);
    if (why == WF_WHY_mutex && s->owned[h->stream] && s->owned_obj[h->stream] != obj)
        wrong(s, "an owner of something else");
    s->owned[h->stream] = false;
}

static void see_pool(struct seen *s, const struct wf_block_head *h,
                     const struct wf_event *ev)
{
    struct weft_pool_stats *p = &s->pool[WF_ARG(ev, pool, id) % OBJECTS];
    mention(s, h, WF_ARG(ev, pool, id), WF_OKIND_pool);
    p->hits += WF_ARG(ev, pool, hits);
    p->misses += WF_ARG(ev, pool, misses);
    p->puts += WF_ARG(ev, pool, puts);
    p->dropped += WF_ARG(ev, pool, dropped);
    p->moved += WF_ARG(ev, pool, moved);
}

static void see_event(void *arg, const struct wf_block_head *h,
                      const struct wf_event *ev, uint64_t ts)
{
    struct seen *s = arg;
    (void)ts;
    if (h->generation >= GENS || h->stream % WF_STREAM_OTHER >= STREAMS) {
        wrong(s, "a generation or stream out of range");
        return;
    }
    if (s->pass == 0) {
        if (ev->id == WF_EV_obj_new)
            see_new(s, h, ev);
        return;
    }
    switch (ev->id) {
    case WF_EV_g_park:
        see_wait(s, h, WF_ARG(ev, g_park, reason), WF_ARG(ev, g_park, obj));
        break;
    case WF_EV_g_switch:
        see_wait(s, h, WF_ARG(ev, g_switch, reason), WF_ARG(ev, g_switch, obj));
        break;
    case WF_EV_chan_len:
        mention(s, h, WF_ARG(ev, chan_len, id), WF_OKIND_chan);
        if (WF_ARG(ev, chan_len, len) > s->cap[WF_ARG(ev, chan_len, id) % OBJECTS])
            wrong(s, "more in a channel than it holds");
        s->chan_lens++;
        break;
    case WF_EV_obj_owner:
        mention(s, h, WF_ARG(ev, obj_owner, id), WF_OKIND_lock);
        s->owned[h->stream] = true;
        s->owned_obj[h->stream] = WF_ARG(ev, obj_owner, id);
        s->owners++;
        break;
    case WF_EV_obj_free:
        mention(s, h, WF_ARG(ev, obj_free, id), 0);
        s->freed[WF_ARG(ev, obj_free, id) % OBJECTS] = true;
        break;
    case WF_EV_io_ready:
        mention(s, h, WF_ARG(ev, io_ready, fd), WF_OKIND_fd);
        s->io_ready++;
        break;
    case WF_EV_pool:
        see_pool(s, h, ev);
    }
}

static void see_names(void *arg, const struct wf_block_head *h, const uint8_t *at,
                      uint32_t size)
{
    struct seen *s = arg;
    const uint8_t *end = at + size;
    uint64_t id, len;
    if (h->type != WF_BLOCK_STRINGS || h->generation >= GENS)
        return;
    while (at && at < end) {
        at = wf_varint_get(at, end, &id);
        at = at ? wf_varint_get(at, end, &len) : NULL;
        if (at && id < 200 && len < 32)
            memcpy(s->names[h->generation][id], at, len);
        at = at ? at + len : NULL;
    }
}

static bool is_named(struct seen *s, uint64_t id, const char *name)
{
    for (int gen = 0; gen < GENS; gen++)
        if (s->kind[gen][id] && strcmp(s->names[gen][s->name[gen][id] % 200], name))
            return false;
    return true;
}

static uint64_t find_named(struct seen *s, const char *name)
{
    for (int gen = 0; gen < GENS; gen++)
        for (uint64_t id = 0; id < OBJECTS; id++)
            if (s->kind[gen][id] &&
                !strcmp(s->names[gen][s->name[gen][id] % 200], name))
                return id;
    return 0;
}

static void record(struct run *r, const char *path)
{
    weft_config config = rt_config(inside_procs);
    snprintf(config.trace, sizeof config.trace, "%s", path);
    run_in_weft_with(&config, do_everything, r);
}

static void assert_objects(struct run *r, struct seen *s)
{
    assert_true(is_named(s, r->mutex, "big lock"));
    assert_true(is_named(s, r->group, "all of them"));
    uint64_t items = find_named(s, "items");
    assert_true(items && s->freed[items]);
    assert_int_equal(s->cap[items], 2);
    assert_true(s->freed[r->mutex] && s->freed[r->group]);
    uint64_t wire = find_named(s, "wire");
    assert_true(wire && s->freed[wire]);
}

static void assert_pools(struct run *r, struct seen *s)
{
    const struct weft_pool_stats *p = &s->pool[find_named(s, "parts")];
    assert_int_equal(r->stats.gets, WORKERS * ROUNDS + 1);
    assert_int_equal(p->hits, r->stats.hits);
    assert_int_equal(p->misses, r->stats.misses);
    assert_int_equal(p->puts, r->stats.puts);
    assert_int_equal(p->dropped, r->stats.dropped);
    assert_int_equal(p->moved, r->stats.moved);
    p = &s->pool[find_named(s, "runtime.g")];
    assert_true(p->hits + p->misses >= WORKERS + 3);
    assert_true(find_named(s, "runtime.waiter")); /* though nobody used it */
    p = &s->pool[find_named(s, "runtime.stack")];
    assert_true(p->hits + p->misses >= WORKERS + 3);
}

static void test_trace_tells_of_objects_waits_owners_and_pools(void **state)
{
    (void)state;
    char path[] = "/tmp/weft-test-XXXXXX";
    struct run r = { 0 };
    struct seen *s = calloc(1, sizeof *s);
    struct trace_reading reading = { .event = see_event, .block = see_names, .arg = s };
    close(mkstemp(path));
    record(&r, path);
    trace_read(&reading, path);
    if (!reading.wrong) {
        s->pass = 1;
        reading = (struct trace_reading){ .event = see_event, .arg = s };
        trace_read(&reading, path);
    }
    unlink(path);
    assert_null(reading.wrong);
    if (s->bad)
        fail_msg("%ld times: %s", s->bad, s->why);
    static const enum wf_why whys[] = { WF_WHY_chan_send, WF_WHY_select, WF_WHY_mutex,
                                        WF_WHY_wait_group, WF_WHY_net_read };
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++)
        assert_true(s->waits[whys[i]] > 0);
    assert_true(s->owners > 0 && s->owners <= s->waits[WF_WHY_mutex]);
    assert_true(s->chan_lens >= 2);
    assert_true(s->io_ready > 0);
    assert_true(reading.of_event[WF_EV_poll_wake] > 0);
    assert_objects(&r, s);
    assert_pools(&r, s);
    weft_pool_free(r.pool);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace_tells_of_objects_waits_owners_and_pools),
    };
    return RUN_ON_SOME_PS(tests);
}
