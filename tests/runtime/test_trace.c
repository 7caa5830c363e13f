/* SPDX-License-Identifier: MIT */
/*
 * test_trace.c - traces of whole runs, read back and replayed.
 */
#include "rt_support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "trace_replay.h"

#include "runtime/fiber.h"
#include "runtime/trace_int.h"

static char dir[] = "/tmp/weft-test-trace.XXXXXX", path[64];

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir); /* fails if a test or the tracer left something */
}

static int take_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/t.weft", dir);
    return 0;
}

static int drop_path(void **state)
{
    (void)state;
    return unlink(path);
}

static weft_config traced(int procs)
{
    weft_config c = rt_config(procs);
    snprintf(c.trace, sizeof c.trace, "%s", path);
    return c;
}

static void run_traced(int procs, void (*fn)(void *), void *arg)
{
    weft_config c = traced(procs);
    run_in_weft_with(&c, fn, arg);
}

/* ---- a small one ---- */

static void echo(void *arg)
{
    int v;
    weft_chan_recv(arg, &v, WEFT_FOREVER);
}

static void small(void *arg)
{
    (void)arg;
    weft_chan *ch = weft_chan_new(sizeof(int), 0);
    weft_coro *co;
    weft_chan_set_name(ch, "orders");
    weft_spawn("echo", echo, ch, &co);
    await_parked(1);
    weft_chan_send(ch, &(int){ 1 }, WEFT_FOREVER);
    weft_join(co, WEFT_FOREVER);
    weft_chan_free(ch);
}

static void test_a_run_leaves_a_whole_file(void **state)
{
    (void)state;
    struct weft_trace_stats stats;
    struct trace_reading r = { 0 };
    struct stat st;
    run_traced(1, small, NULL);
    weft_trace_stats(&stats);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(r.header.pool_slots, 0);
    assert_int_equal(r.header.body_off, WF_FILE_HEADER);
    assert_int_equal(r.header.nprocs, 1);
    assert_int_equal(r.header.pid, getpid());
    assert_int_equal(r.header.errors, 0);
    assert_int_equal(r.of_event[WF_EV_g_create], 2);
    assert_int_equal(r.of_event[WF_EV_g_end], 2);
    assert_int_equal(r.of_type[WF_BLOCK_CLOCK], 1);
    assert_int_equal(r.of_type[WF_BLOCK_LOSS], 1);
    assert_int_equal(r.of_type[WF_BLOCK_END], 1);
    assert_int_equal(r.end.events, r.events);
    assert_int_equal(r.end.blocks, r.blocks - 1);
    assert_int_equal(r.end.bytes, r.header.index_off - r.header.body_off);
    assert_int_equal(r.end.generations, 1);
    assert_int_equal(r.end.lost_events, 0);
    assert_true(r.end.last_ts > r.header.start.tick);
    assert_string_equal(stats.path, path);
    assert_int_equal(stats.events, r.events);
    assert_int_equal(stats.blocks, r.blocks);
    assert_int_equal(stats.lost_events, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, r.size);
}

/* The words of the events of one coroutine, in order. */
struct story {
    uint64_t g;
    char text[512];
};

static void tell(void *arg, const struct wf_block_head *h, const struct wf_event *ev,
                 uint64_t ts)
{
    struct story *s = arg;
    (void)ts;
    if (h->type != WF_BLOCK_EVENTS || ev->id < WF_EV_g_create ||
        ev->id > WF_EV_g_status)
        return;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s ", wf_event_info[ev->id].name);
}

static void test_the_events_tell_what_happened(void **state)
{
    (void)state;
    struct story s = { 0 };
    struct trace_reading r = { .event = tell, .arg = &s };
    run_traced(1, small, NULL);
    trace_read(&r, path);
    assert_null(r.wrong);
    /* main; it makes echo and yields; echo waits; main sends, joins; echo ends; main. */
    assert_string_equal(s.text, "g_create g_start g_create g_switch g_switch g_ready "
                                "g_switch g_end g_ready g_start g_end ");
}

/* ---- everything at once ---- */

struct load {
    weft_chan *ch, *small;
    weft_mutex mutex;
    _Atomic bool stop;
    long turns;
};

static void load_send(void *arg)
{
    struct load *l = arg;
    while (!l->stop)
        weft_chan_send(l->ch, &(long){ 1 }, weft_now() + WF_NS_PER_MS);
}

static void load_recv(void *arg)
{
    struct load *l = arg;
    long v;
    while (!l->stop)
        weft_chan_recv(l->ch, &v, weft_now() + WF_NS_PER_MS);
}

static void load_lock(void *arg)
{
    struct load *l = arg;
    while (!l->stop) {
        weft_mutex_lock(&l->mutex);
        if (++l->turns % 64 == 0)
            weft_sleep(10000);
        weft_mutex_unlock(&l->mutex);
        weft_yield();
    }
}

static void load_child(void *arg)
{
    (void)arg;
    weft_yield();
}

static void load_spawn(void *arg)
{
    struct load *l = arg;
    weft_coro *co;
    while (!l->stop) {
        if (!weft_spawn("child", load_child, NULL, &co))
            weft_join(co, WEFT_FOREVER);
        weft_sleep(20000);
    }
}

static void spin(int64_t ns)
{
    for (int64_t until = wf_clock_now() + ns; wf_clock_now() < until;)
        ;
}

static void load_hog(void *arg)
{
    struct load *l = arg;
    while (!l->stop) {
        spin(3 * WF_NS_PER_MS);
        weft_sleep(WF_NS_PER_MS);
    }
}

static void load_block(void *arg)
{
    struct load *l = arg;
    while (!l->stop) {
        weft_block_begin(WEFT_BLOCK_SYSCALL);
        usleep(300);
        weft_block_end();
        weft_yield();
        usleep(3000);
        weft_yield();
    }
}

static void load_drain(void *arg)
{
    struct load *l = arg;
    long v;
    while (!l->stop)
        weft_chan_recv(l->small, &v, weft_now() + WF_NS_PER_MS);
}

static void *load_plain(void *arg)
{
    struct load *l = arg;
    while (!l->stop) {
        weft_chan_send(l->small, &(long){ 1 }, 0);
        weft_mark("from outside");
        usleep(100);
    }
    return NULL;
}

static void load_main(void *arg)
{
    struct load *l = arg;
    static void (*const parts[])(
        void *) = { load_send, load_recv,  load_lock, load_send,  load_recv, load_lock,
                    load_lock, load_spawn, load_hog,  load_block, load_drain };
    enum { N = sizeof parts / sizeof *parts };
    weft_coro *co[N];
    pthread_t plain;
    for (int i = 0; i < N; i++)
        if (weft_spawn(i % 2 ? "odd" : NULL, parts[i], l, &co[i]))
            abort();
    pthread_create(&plain, NULL, load_plain, l);
    weft_sleep(150 * WF_NS_PER_MS);
    l->stop = true;
    pthread_join(plain, NULL);
    for (int i = 0; i < N; i++)
        weft_join(co[i], WEFT_FOREVER);
}

static void run_load(weft_config *c)
{
    struct load l = { .ch = weft_chan_new(sizeof(long), 2),
                      .small = weft_chan_new(sizeof(long), 4),
                      .mutex = WEFT_MUTEX_INIT };
    c->preempt = WF_NS_PER_MS;
    run_in_weft_with(c, load_main, &l);
    weft_chan_free(l.ch);
    weft_chan_free(l.small);
}

struct totals {
    unsigned long runs, generations, switches, retakes;
};

static void replays(int procs, size_t buffer, struct totals *t)
{
    weft_config c = traced(procs);
    c.trace_buffer = buffer;
    run_load(&c);
    struct replay *r = replay_file(path);
    if (r->wrong[0])
        print_error("%d Ps, %zu bytes: %s\n", procs, buffer, r->wrong);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.of_type[WF_BLOCK_CLOCK], r->reading.end.generations);
    assert_int_equal(r->reading.end.events, r->reading.events);
    t->runs++;
    t->generations += r->generations;
    t->switches += r->reading.of_event[WF_EV_g_switch];
    t->retakes += r->reading.of_event[WF_EV_p_retake];
    replay_free(r);
}

/* Short generations; a small buffer, or a large one that has room for all. */
static void test_states_replay_over_generations(void **state)
{
    (void)state;
    long n = scale(SCALE_trace_rounds);
    struct totals t = { 0 };
    int64_t life = wf_gen_life;
    wf_gen_life = 5 * WF_NS_PER_MS;
    for (long i = 0; i < n; i++)
        for (int procs = 1; procs <= 4; procs *= 2)
            replays(procs, (size_t)(1 << i % 4) << 20, &t);
    wf_gen_life = life;
    assert_true(t.generations > t.runs && t.switches && t.retakes);
    scale_done(SCALE_trace_rounds, n);
}

static void add_lost(void *arg, const struct wf_block_head *h,
                     const struct wf_event *ev, uint64_t ts)
{
    unsigned long *sums = arg;
    (void)ts;
    if (ev->id == WF_EV_lost)
        sums[0] += WF_ARG(ev, lost, n);
    if (ev->id == WF_EV_lost)
        sums[1] += h->lost_before;
}

/* Of one run with hardly any room: what was lost, and what of it is told by `lost`. */
static unsigned long lose_some(unsigned long *lost)
{
    weft_config c = traced(2);
    unsigned long sums[2] = { 0 };
    struct trace_reading counts = { .event = add_lost, .arg = sums };
    struct weft_trace_stats stats;
    c.trace_buffer = 256 << 10;
    run_load(&c);
    weft_trace_stats(&stats);
    struct replay *r = replay_file(path);
    trace_read(&counts, path);
    assert_null(counts.wrong);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.loss.events, stats.lost_events);
    assert_int_equal(r->reading.end.lost_events, stats.lost_events);
    /* Each stream tells of its own; what it lost last nobody can tell but LOSS. */
    assert_true(sums[0] <= stats.lost_events);
    assert_int_equal(sums[0], sums[1]);
    *lost += stats.lost_events;
    replay_free(r);
    return sums[0];
}

static void test_what_finds_no_room_is_counted(void **state)
{
    (void)state;
    unsigned long lost = 0, told = 0;
    for (int i = 0; i < 50 && !told;
         i++) /* a slow run may lose none, or its last only */
        told += lose_some(&lost);
    assert_true(told > 0 && told <= lost);
}

/* ---- a hog ---- */

struct hog {
    volatile bool stop;
    uint64_t id;
    bool named;           /* a sample of it has a frame in hog_spins */
    uint32_t stacks[256]; /* ids of stacks with such a frame, one generation's */
    uint32_t n;
    unsigned long samples;
};

/* Without a sanitizer's calls, which would be where it is found. */
static __attribute__((noinline, no_sanitize("address", "thread", "undefined"))) void
hog_spins(struct hog *h)
{
    while (!h->stop)
        __asm__ volatile("" ::: "memory");
    __asm__ volatile("" ::: "memory");
}

static void hog_body(void *arg)
{
    struct hog *h = arg;
    h->id = weft_self();
    hog_spins(h);
}

static void hog_main(void *arg)
{
    struct hog *h = arg;
    struct weft_stats s = { .size = sizeof s };
    weft_coro *co;
    weft_spawn("hog", hog_body, h, &co);
    for (int i = 0; i < 200; i++) { /* until it was retaken, and a while longer */
        weft_sleep(5 * WF_NS_PER_MS);
        weft_stats(&s);
        i = s.retakes_hog && i < 180 ? 180 : i;
    }
    h->stop = true;
    weft_join(co, WEFT_FOREVER);
}

static void find_hog_stacks(void *arg, const struct wf_block_head *head,
                            const uint8_t *r, uint32_t size)
{
    struct hog *h = arg;
    const uint8_t *end = r + size;
    while (head->type == WF_BLOCK_STACKS && r && r < end) {
        uint64_t id, n, delta = 0, pc = 0;
        bool here = false;
        r = wf_varint_get(r, end, &id);
        r = wf_varint_get(r, end, &n);
        for (uint64_t i = 0; r && i < n; i++) {
            r = wf_varint_get(r, end, &delta);
            pc += (uint64_t)wf_unzigzag(delta);
            here |= pc - 1 - (uintptr_t)hog_spins < 128;
        }
        if (here && h->n < 256)
            h->stacks[h->n++] = (uint32_t)id;
    }
}

static void find_samples(void *arg, const struct wf_block_head *head,
                         const struct wf_event *ev, uint64_t ts)
{
    struct hog *h = arg;
    (void)head, (void)ts;
    if (ev->id != WF_EV_sample || WF_ARG(ev, sample, g) != h->id)
        return;
    h->samples++;
    for (uint32_t i = 0; i < h->n; i++)
        h->named |= WF_ARG(ev, sample, stack) == h->stacks[i];
}

static void test_a_hog_is_sampled_where_it_spins(void **state)
{
    (void)state;
    struct hog h = { 0 };
    struct trace_reading stacks = { .block = find_hog_stacks, .arg = &h };
    struct trace_reading samples = { .event = find_samples, .arg = &h };
    run_traced(1, hog_main, &h);
    trace_read(&stacks, path);
    trace_read(&samples, path);
    assert_null(samples.wrong);
    assert_true(samples.of_event[WF_EV_p_retake] > 0);
    assert_int_equal(h.samples, samples.of_event[WF_EV_sample]);
#ifndef WF_TSAN /* which keeps signals back until the next system call */
    assert_true(h.samples > 0);
    assert_true(h.named);
#endif
}

/* ---- what a program says ---- */

enum { CALLS = 8 };

struct said {
    unsigned long seen[256];
    struct wf_event last[256];
    size_t strings;
    char text[64][WF_STRING_MAX + 1];
    uint64_t len[64];
};

static void hear(void *arg, const struct wf_block_head *h, const struct wf_event *ev,
                 uint64_t ts)
{
    struct said *s = arg;
    (void)h, (void)ts;
    s->seen[ev->id]++;
    s->last[ev->id] = *ev;
}

static void read_strings(void *arg, const struct wf_block_head *h, const uint8_t *r,
                         uint32_t size)
{
    struct said *s = arg;
    const uint8_t *end = r + size;
    while (h->type == WF_BLOCK_STRINGS && r && r < end) {
        uint64_t id, len;
        r = wf_varint_get(r, end, &id);
        r = wf_varint_get(r, end, &len);
        if (!r || id >= 64 || len > WF_STRING_MAX)
            return;
        memcpy(s->text[id], r, len);
        s->len[id] = len;
        r += len;
        s->strings++;
    }
}

static char hostile[5000];

static void say(void *arg)
{
    (void)arg;
    weft_mark("a moment");
    weft_mark(NULL);
    weft_log("net", hostile);
    weft_region_begin("parse");
    weft_region_end("parse");
    uint64_t task = weft_task_begin(0, "request");
    task = weft_task_begin(task, "query");
    weft_task_end(task);
    static weft_counter *c;
    if (!c)
        c = weft_counter_new("depth");
    weft_counter_set(c, -5);
    weft_counter_set(NULL, 1);
}

static void test_texts_and_values_come_back(void **state)
{
    (void)state;
    static struct said s;
    struct trace_reading r = { .event = hear, .block = read_strings, .arg = &s };
    memset(hostile, 'A', sizeof hostile - 1);
    memcpy(hostile, "\033]0;\xff\xfe\r\n", 8);
    run_traced(1, say, NULL);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_int_equal(s.seen[WF_EV_mark], 2);
    assert_int_equal(WF_ARG(&s.last[WF_EV_mark], mark, str), 0);
    uint64_t id = WF_ARG(&s.last[WF_EV_log], log, str);
    assert_int_equal(s.len[id], WF_STRING_MAX);
    assert_memory_equal(s.text[id], hostile, WF_STRING_MAX);
    assert_string_equal(s.text[WF_ARG(&s.last[WF_EV_log], log, cat)], "net");
    assert_string_equal(s.text[WF_ARG(&s.last[WF_EV_region_end], region_end, name)],
                        "parse");
    assert_int_not_equal(WF_ARG(&s.last[WF_EV_region_begin], region_begin, stack), 0);
    assert_true(WF_ARG(&s.last[WF_EV_task_begin], task_begin, parent) > 0);
    assert_int_equal(WF_ARG(&s.last[WF_EV_task_begin], task_begin, id),
                     WF_ARG(&s.last[WF_EV_task_end], task_end, id));
    assert_int_equal(wf_unzigzag(WF_ARG(&s.last[WF_EV_counter], counter, value)), -5);
    assert_int_equal(s.seen[WF_EV_counter], 1);
}

static void test_nothing_is_said_when_nobody_records(void **state)
{
    (void)state;
    say(NULL); /* no runtime at all */
    run_in_weft(say, NULL);
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- what describes the program ---- */

struct described {
    bool meta, module;
    char guard[16];
    char command[4096];
};

static bool text_is(const uint8_t **r, const uint8_t *end, char *out, size_t size)
{
    uint64_t len;
    *r = wf_varint_get(*r, end, &len);
    if (!*r || len >= size || len > (uint64_t)(end - *r))
        return false;
    memcpy(out, *r, len);
    out[len] = 0;
    *r += len;
    return true;
}

static void read_meta(struct described *d, const uint8_t *r, const uint8_t *end)
{
    char key[64], value[4096];
    int found = 0;
    while (r < end) {
        if (!text_is(&r, end, key, sizeof key) ||
            !text_is(&r, end, value, sizeof value))
            return;
        found += !strcmp(key, "knob.procs") && !strcmp(value, "2");
        found += !strcmp(key, "knob.steal") && !strcmp(value, "on");
        found += !strcmp(key, "knob.preempt") && !strcmp(value, "10000000ns");
        found += !strcmp(key, "stack_size") && !strcmp(value, "65536");
        found += !strcmp(key, "trace_stacks") && !strcmp(value, "block,create");
        found += !strcmp(key, "version") && !strcmp(value, weft_version());
        found += !strcmp(key, "host") || !strcmp(key, "kernel");
        if (!strcmp(key, "stack_guard"))
            snprintf(d->guard, sizeof d->guard, "%.15s", value);
        if (!strcmp(key, "command"))
            snprintf(d->command, sizeof d->command, "%s", value);
    }
    d->meta = found == 8;
}

/* Is this function in a module with a build-id and a path? */
static void read_modules(struct described *d, const uint8_t *r, const uint8_t *end)
{
    while (r && r < end) {
        uint64_t base, size, off, id;
        char file[4096];
        r = wf_varint_get(r, end, &base);
        r = wf_varint_get(r, end, &size);
        r = wf_varint_get(r, end, &off);
        r = wf_varint_get(r, end, &id);
        if (!r || id > (uint64_t)(end - r))
            return;
        r += id;
        if (!text_is(&r, end, file, sizeof file))
            return;
        if ((uintptr_t)read_modules - base < size)
            d->module = id >= 8 && access(file, R_OK) == 0;
    }
}

static void describe(void *arg, const struct wf_block_head *h, const uint8_t *r,
                     uint32_t size)
{
    if (h->type == WF_BLOCK_META)
        read_meta(arg, r, r + size);
    if (h->type == WF_BLOCK_MODULES)
        read_modules(arg, r, r + size);
}

static void test_a_trace_describes_its_program(void **state)
{
    (void)state;
    struct described d = { 0 };
    struct trace_reading r = { .block = describe, .arg = &d };
    run_traced(2, small, NULL);
    trace_read(&r, path);
    assert_null(r.wrong);
    assert_true(d.meta);
    assert_true(d.module);
    assert_non_null(strstr(d.command, "test_trace"));
    assert_int_equal(d.command[0], '[');
    assert_int_equal(r.of_type[WF_BLOCK_SCHEMA], 1);
}

static void look_at_stats(void *arg)
{
    struct weft_stats *s = arg;
    s->size = sizeof *s;
    weft_stats(s);
}

static void test_guard_in_force_is_in_the_trace_and_the_figures(void **state)
{
    (void)state;
    static const char *const names[] = { [WEFT_GUARD_MADVISE] = "madvise",
                                         [WEFT_GUARD_MPROTECT] = "mprotect",
                                         [WEFT_GUARD_NONE] = "none" };
    for (int mode = WEFT_GUARD_AUTO; mode <= WEFT_GUARD_NONE; mode++) {
        struct weft_stats stats = { 0 };
        struct described d = { 0 };
        struct trace_reading r = { .block = describe, .arg = &d };
        weft_config c = traced(1);
        c.stack_guard = mode;
        if (mode == WEFT_GUARD_MADVISE && weft_run(&c, look_at_stats, &stats))
            continue; /* the kernel has none, and says so */
        run_in_weft_with(&c, look_at_stats, &stats);
        trace_read(&r, path);
        assert_null(r.wrong);
        assert_string_equal(d.guard, stats.guard);
        if (mode != WEFT_GUARD_AUTO)
            assert_string_equal(d.guard, names[mode]);
        assert_int_equal(stats.stacks_guarded > 0, mode != WEFT_GUARD_NONE);
    }
}

/* ---- from when to when ---- */

struct span {
    int before, twice, stop, again, stop_again, nobody;
};

static void record_twice(void *arg)
{
    struct span *s = arg;
    weft_mark("not yet");
    s->before = weft_trace_start(path);
    s->twice = weft_trace_start(path);
    weft_mark("recorded");
    s->stop = weft_trace_stop();
    s->nobody = weft_trace_stop();
    weft_mark("no more");
    s->again = weft_trace_start(path);
    small(NULL);
    s->stop_again = weft_trace_stop();
}

static void test_recording_starts_and_stops_within_a_run(void **state)
{
    (void)state;
    struct span s = { 0 };
    assert_int_equal(weft_trace_start(path), -EPERM);
    run_in_weft(record_twice, &s);
    assert_int_equal(s.before, 0);
    assert_int_equal(s.twice, -EBUSY);
    assert_int_equal(s.stop, 0);
    assert_int_equal(s.nobody, -ENOENT);
    assert_int_equal(s.again, 0);
    assert_int_equal(s.stop_again, 0);
    struct replay *r = replay_file(path);
    assert_string_equal(r->wrong, "");
    assert_int_equal(r->reading.of_event[WF_EV_mark], 0);
    assert_int_equal(r->reading.of_event[WF_EV_g_create], 1);
    assert_true(r->reading.of_event[WF_EV_g_status] >= 1); /* main */
    assert_int_equal(r->reading.end.generations, 1);
    replay_free(r);
}

/* ---- not a file ---- */

static void *copy_pipe(void *arg)
{
    char bytes[4096];
    ssize_t n;
    int from = open(path, O_RDONLY), to = *(int *)arg;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)n) != n)
            break;
    close(from);
    return NULL;
}

static void test_a_pipe_gets_the_same_blocks(void **state)
{
    (void)state;
    char copy[80];
    pthread_t reader;
    struct trace_reading r = { 0 };
    snprintf(copy, sizeof copy, "%s.copy", path);
    int to = open(copy, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(to >= 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_create(&reader, NULL, copy_pipe, &to);
    run_traced(2, small, NULL);
    pthread_join(reader, NULL);
    close(to);
    trace_read(&r, copy);
    assert_null(r.wrong);
    assert_int_equal(r.header.pool_slots, 0);
    assert_int_equal(r.of_event[WF_EV_g_create], 2);
    assert_int_equal(r.end.events, r.events);
    unlink(copy);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, take_path, drop_path)
    const struct CMUnitTest tests[] = {
        TEST(test_a_run_leaves_a_whole_file),
        TEST(test_the_events_tell_what_happened),
        TEST(test_states_replay_over_generations),
        TEST(test_what_finds_no_room_is_counted),
        TEST(test_a_hog_is_sampled_where_it_spins),
        TEST(test_texts_and_values_come_back),
        cmocka_unit_test_setup(test_nothing_is_said_when_nobody_records, take_path),
        TEST(test_a_trace_describes_its_program),
        TEST(test_guard_in_force_is_in_the_trace_and_the_figures),
        TEST(test_recording_starts_and_stops_within_a_run),
        TEST(test_a_pipe_gets_the_same_blocks),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
