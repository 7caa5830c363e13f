/* SPDX-License-Identifier: MIT */
/*
 * What a trace says of read-write locks, conditions, semaphores, barriers and onces: each
 * is waited for once, by its name and reason, and each wait ends by a wake-up for it.
 */
#include "semantics.h"
#include "trace_read.h"

static struct {
    weft_rwlock rw;
    weft_mutex m;
    weft_cond c;
    weft_semaphore s;
    weft_barrier b;
    weft_once once;
    _Atomic int done;
} t;

static void hold_once(void *arg)
{
    (void)arg;
    await_parked_for(WF_WHY_once, 1);
}

static void read_it(void *arg)
{
    (void)arg;
    weft_rwlock_rdlock(&t.rw);
    weft_rwlock_rdunlock(&t.rw);
    t.done++;
}

static void write_it(void *arg)
{
    (void)arg;
    weft_rwlock_wrlock(&t.rw);
    weft_rwlock_wrunlock(&t.rw);
    t.done++;
}

static void wait_for_rest(void *arg)
{
    (void)arg;
    weft_mutex_lock(&t.m);
    weft_cond_wait(&t.c, &t.m);
    weft_mutex_unlock(&t.m);
    weft_semaphore_acquire(&t.s, 1);
    weft_barrier_wait(&t.b);
    weft_once_do(&t.once, hold_once, NULL);
    t.done++;
}

static void start_rest(void)
{
    weft_go(wait_for_rest, NULL);
    await_parked_for(WF_WHY_cond, 1);
    weft_cond_signal(&t.c);
    await_parked_for(WF_WHY_semaphore, 1);
    weft_semaphore_release(&t.s, 1);
    await_parked_for(WF_WHY_barrier, 1);
    weft_barrier_wait(&t.b);
    weft_once_do(&t.once, hold_once, NULL);
}

static void wait_for_each(void *arg)
{
    (void)arg;
    weft_rwlock_init(&t.rw, "table");
    weft_cond_init(&t.c, "news");
    weft_semaphore_init(&t.s, 1, "slots");
    weft_barrier_init(&t.b, 2, "line");
    weft_once_init(&t.once, "setup");
    weft_rwlock_wrlock(&t.rw);
    weft_go(read_it, NULL);
    weft_go(write_it, NULL);
    await_parked_for(WF_WHY_rwlock_read, 1);
    await_parked_for(WF_WHY_rwlock_write, 1);
    weft_rwlock_wrunlock(&t.rw);
    await_value(&t.done, 2);
    weft_semaphore_acquire(&t.s, 1);
    start_rest();
    await_value(&t.done, 3);
    weft_rwlock_fini(&t.rw);
    weft_cond_fini(&t.c);
    weft_semaphore_fini(&t.s);
    weft_barrier_fini(&t.b);
    weft_once_fini(&t.once);
}

/* ---- what is in the trace ---- */

enum { OBJECTS = 1000, WHYS = 64, STRINGS = 400 };

static struct {
    uint64_t kind[OBJECTS], name[OBJECTS], obj[WHYS];
    long parks[WHYS], readies[OBJECTS], owners[OBJECTS], freed[OBJECTS];
    char names[STRINGS][32];
} seen;

static void see_park(uint64_t why, uint64_t obj)
{
    if (why < WHYS) {
        seen.parks[why]++;
        seen.obj[why] = obj % OBJECTS;
    }
}

static void see_event(void *arg, const struct wf_block_head *h,
                      const struct wf_event *ev, uint64_t ts)
{
    (void)arg, (void)h, (void)ts;
    switch (ev->id) {
    case WF_EV_obj_new:
        seen.kind[WF_ARG(ev, obj_new, id) % OBJECTS] = WF_ARG(ev, obj_new, kind);
        seen.name[WF_ARG(ev, obj_new, id) % OBJECTS] = WF_ARG(ev, obj_new, name);
        break;
    case WF_EV_obj_owner:
        seen.owners[WF_ARG(ev, obj_owner, id) % OBJECTS]++;
        break;
    case WF_EV_obj_free:
        seen.freed[WF_ARG(ev, obj_free, id) % OBJECTS]++;
        break;
    case WF_EV_g_park:
        see_park(WF_ARG(ev, g_park, reason), WF_ARG(ev, g_park, obj));
        break;
    case WF_EV_g_switch:
        see_park(WF_ARG(ev, g_switch, reason), WF_ARG(ev, g_switch, obj));
        break;
    case WF_EV_g_ready:
        seen.readies[WF_ARG(ev, g_ready, obj) % OBJECTS]++;
        break;
    }
}

/* Ids of strings are a generation's own: this short run has one that matters. */
static void see_names(void *arg, const struct wf_block_head *h, const uint8_t *at,
                      uint32_t size)
{
    const uint8_t *end = at + size;
    uint64_t id, len;
    (void)arg;
    if (h->type != WF_BLOCK_STRINGS)
        return;
    while (at && at < end) {
        at = wf_varint_get(at, end, &id);
        at = at ? wf_varint_get(at, end, &len) : NULL;
        if (at && id < STRINGS && len < 32)
            memcpy(seen.names[id], at, len);
        at = at ? at + len : NULL;
    }
}

static void assert_waited(enum wf_why why, unsigned kind, const char *name,
                          long readies)
{
    uint64_t obj = seen.obj[why];
    assert_int_equal(seen.parks[why], 1);
    assert_int_equal(seen.kind[obj], kind);
    assert_string_equal(seen.names[seen.name[obj] % STRINGS], name);
    assert_int_equal(seen.readies[obj], readies);
    assert_int_equal(seen.freed[obj], 1);
}

static void test_trace_tells_of_each_wait_and_its_end(void **state)
{
    (void)state;
    char path[] = "/tmp/weft-test-XXXXXX";
    struct trace_reading reading = { .event = see_event, .block = see_names };
    weft_config config = rt_config(inside_procs);
    memset(&t, 0, sizeof t);
    memset(&seen, 0, sizeof seen);
    close(mkstemp(path));
    snprintf(config.trace, sizeof config.trace, "%s", path);
    run_in_weft_with(&config, wait_for_each, NULL);
    trace_read(&reading, path);
    unlink(path);
    assert_null(reading.wrong);
    assert_waited(WF_WHY_rwlock_read, WF_OKIND_lock, "table", 2);
    assert_waited(WF_WHY_rwlock_write, WF_OKIND_lock, "table", 2);
    assert_int_equal(seen.owners[seen.obj[WF_WHY_rwlock_read]], 2);
    assert_waited(WF_WHY_cond, WF_OKIND_cond, "news", 1);
    assert_waited(WF_WHY_semaphore, WF_OKIND_semaphore, "slots", 1);
    assert_waited(WF_WHY_barrier, WF_OKIND_barrier, "line", 1);
    assert_waited(WF_WHY_once, WF_OKIND_once, "setup", 1);
    assert_int_equal(seen.owners[seen.obj[WF_WHY_once]], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace_tells_of_each_wait_and_its_end),
    };
    return RUN_ON_SOME_PS(tests);
}
