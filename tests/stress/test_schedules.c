/* SPDX-License-Identifier: MIT */
/*
 * Many short runs, each on a schedule of its own (WEFT_DEBUG=fuzz): coroutines do at
 * random what coroutines do, and what must hold in any order is checked.  A run that fails
 * or hangs tells its seed; WEFT_SEED=N does that one again, the same as far as the
 * kernel's threads allow, and WEFT_SEED=N-M does those from N to M.
 */
#include "rt_support.h"

enum { WORKERS = 6, STEPS = 12, CHANS = 3, UNITS = 3, CONTEXTS = 12 };

/* What one run works on. */
struct run {
    uint32_t seed;
    weft_chan *ch[CHANS];
    weft_mutex lock;
    weft_rwlock rw;
    weft_cond changed; /* with lock */
    weft_semaphore units;
    weft_ctx *ctx[CONTEXTS]; /* of the workers, cancelled at random */
    weft_wait_group all;
    weft_pool *pool;
    long guarded;                 /* by lock */
    long written, a, b;           /* by rw; a and b are equal whenever nobody writes */
    _Atomic int writers, in_use;  /* who is inside, units that are taken */
    _Atomic long called, to_call; /* functions of contexts that ended */
    _Atomic long sections, writes, sent, received, sum_sent, sum_received;
    _Atomic int wrong; /* a line of this file that found something amiss */
};

struct worker {
    struct run *run;
    uint32_t rand;
};

struct pooled {
    _Atomic int users;
};

#define EXPECT(run, cond)                                                              \
    do {                                                                               \
        if (!(cond))                                                                   \
            (run)->wrong = __LINE__;                                                   \
    } while (0)

static uint32_t below(struct worker *w, uint32_t n)
{
    w->rand = w->rand * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)w->rand * n >> 32);
}

/* None, the past, soon, or after the end of the run. */
static int64_t some_deadline(struct worker *w)
{
    static const int64_t ns[] = { -1, 1, 20000, 200000 };
    uint32_t which = below(w, 5);
    return which == 4 ? 0 : weft_now() + ns[which];
}

static void count_sent(struct run *r, long value)
{
    r->sent++;
    r->sum_sent += value;
}

static void count_received(struct run *r, long value)
{
    r->received++;
    r->sum_received += value;
}

static bool is_refusal(int err)
{
    return err == -EAGAIN || err == -EBUSY || err == -ETIMEDOUT || err == -ECANCELED;
}

static void send_one(struct worker *w)
{
    long value = below(w, 1000);
    int err = weft_chan_send(w->run->ch[below(w, CHANS)], &value, some_deadline(w));
    if (!err)
        count_sent(w->run, value);
    EXPECT(w->run, !err || is_refusal(err));
}

static void receive_one(struct worker *w)
{
    long value = -1;
    int err = weft_chan_recv(w->run->ch[below(w, CHANS)], &value, some_deadline(w));
    if (!err)
        count_received(w->run, value);
    EXPECT(w->run, err ? is_refusal(err) && value == -1 : value >= 0);
}

static void choose_one(struct worker *w)
{
    weft_case cases[4];
    long value[4];
    int n = 1 + (int)below(w, 4);
    for (int i = 0; i < n; i++) {
        bool send = below(w, 2);
        value[i] = send ? (long)below(w, 1000) : -1;
        cases[i] = (weft_case){ w->run->ch[below(w, CHANS)],
                                send ? WEFT_SEND : WEFT_RECV, &value[i], 1 };
    }
    int chosen = weft_select(cases, n, some_deadline(w));
    EXPECT(w->run, chosen < n && (chosen >= 0 || is_refusal(chosen)));
    for (int i = 0; i < n; i++)
        EXPECT(w->run, i == chosen || cases[i].op == WEFT_SEND || value[i] == -1);
    if (chosen < 0)
        return;
    EXPECT(w->run, !cases[chosen].result);
    if (cases[chosen].op == WEFT_SEND)
        count_sent(w->run, value[chosen]);
    else
        count_received(w->run, value[chosen]);
}

static void guard_something(struct worker *w)
{
    struct run *r = w->run;
    if (below(w, 3)) {
        weft_mutex_lock(&r->lock);
    } else {
        int err = weft_mutex_lock_until(&r->lock, some_deadline(w));
        EXPECT(r, !err || is_refusal(err));
        if (err)
            return;
    }
    long before = r->guarded;
    if (below(w, 2))
        weft_yield();
    r->guarded = before + 1;
    weft_mutex_unlock(&r->lock);
    r->sections++;
}

static void write_or_read(struct worker *w)
{
    struct run *r = w->run;
    bool write = below(w, 2);
    int64_t deadline = some_deadline(w);
    int err = write ? weft_rwlock_wrlock_until(&r->rw, deadline)
                    : weft_rwlock_rdlock_until(&r->rw, deadline);
    EXPECT(r, !err || is_refusal(err));
    if (err)
        return;
    if (!write) {
        EXPECT(r, !r->writers && r->a == r->b);
        if (below(w, 2))
            weft_yield();
        EXPECT(r, !r->writers && r->a == r->b);
        weft_rwlock_rdunlock(&r->rw);
        return;
    }
    EXPECT(r, ++r->writers == 1);
    r->a = ++r->written;
    if (below(w, 2))
        weft_yield();
    r->b = r->written;
    r->writers--;
    r->writes++;
    weft_rwlock_wrunlock(&r->rw);
}

static void take_units(struct worker *w)
{
    struct run *r = w->run;
    uint64_t n = 1 + below(w, UNITS);
    int err = weft_semaphore_acquire_until(&r->units, n, some_deadline(w));
    EXPECT(r, !err || is_refusal(err));
    if (err)
        return;
    EXPECT(r, atomic_fetch_add(&r->in_use, (int)n) + (int)n <= UNITS);
    if (below(w, 2))
        weft_yield();
    r->in_use -= (int)n;
    weft_semaphore_release(&r->units, n);
}

/* Nobody need signal: each wait has an end. */
static void wait_for_change(struct worker *w)
{
    struct run *r = w->run;
    if (below(w, 2)) {
        below(w, 2) ? weft_cond_signal(&r->changed) : weft_cond_broadcast(&r->changed);
        return;
    }
    weft_mutex_lock(&r->lock);
    int err = weft_cond_wait_until(&r->changed, &r->lock, weft_now() + 20000);
    EXPECT(r, !err || is_refusal(err));
    r->guarded++; /* it is ours again, whatever ended the wait */
    r->sections++;
    weft_mutex_unlock(&r->lock);
}

static void count_call(void *arg)
{
    ((struct run *)arg)->called++;
}

/* Within a context of our own, that ends by its deadline, by us, or with the one above. */
static void end_a_context(struct worker *w)
{
    struct run *r = w->run;
    int64_t ends = weft_now() + (int64_t)below(w, 3) * 20000;
    weft_ctx *ctx;
    weft_after *after;
    EXPECT(r, !weft_ctx_new(weft_ctx_current(), ends, &ctx));
    EXPECT(r, !weft_ctx_after(ctx, count_call, r, &after));
    weft_ctx *outer = weft_ctx_use(weft_ctx_retain(ctx));
    if (below(w, 2))
        take_units(w);
    else
        choose_one(w);
    if (below(w, 2))
        EXPECT(r, !weft_ctx_cancel(ctx, 0, NULL) && weft_ctx_err(ctx));
    weft_ctx_release(weft_ctx_use(outer));
    if (!weft_after_stop(after))
        r->to_call++;
    weft_ctx_release(ctx);
}

/* Anybody's; and who finds its own ended goes on in the next. */
static void cancel_somebody(struct worker *w)
{
    struct run *r = w->run;
    if (!below(w, 3))
        EXPECT(r, !weft_ctx_cancel(r->ctx[below(w, CONTEXTS)], 0, NULL));
    if (weft_ctx_err(weft_ctx_current()))
        weft_ctx_release(weft_ctx_use(weft_ctx_retain(r->ctx[below(w, CONTEXTS)])));
}

static void use_pooled(struct worker *w)
{
    struct pooled *obj = weft_pool_get(w->run->pool);
    EXPECT(w->run, obj && ++obj->users == 1);
    weft_yield();
    if (obj) {
        obj->users--;
        weft_pool_put(w->run->pool, obj);
    }
}

static void block_a_while(struct worker *w)
{
    weft_block_begin(below(w, 2) ? WEFT_BLOCK_SYSCALL : WEFT_BLOCK_USER);
    if (below(w, 2))
        sched_yield();
    weft_block_end();
}

static void nothing(void *arg)
{
    ++*(_Atomic int *)arg;
}

static void spawn_and_join(struct worker *w)
{
    _Atomic int ran = 0;
    weft_coro *co;
    EXPECT(w->run, !weft_spawn("child", nothing, (void *)&ran, &co));
    int err = weft_join(co, WEFT_FOREVER);
    if (err) { /* we are cancelled: once more, in the background */
        EXPECT(w->run, is_refusal(err));
        weft_ctx *outer = weft_ctx_use(NULL);
        err = weft_join(co, WEFT_FOREVER);
        weft_ctx_use(outer);
    }
    EXPECT(w->run, !err && ran == 1);
}

static void sleep_a_while(struct worker *w)
{
    weft_sleep(below(w, 3) * 10000);
}

static void work(void *arg)
{
    static void (*const does[])(struct worker *) = {
        send_one,        receive_one,   choose_one,    choose_one,      guard_something,
        write_or_read,   write_or_read, take_units,    wait_for_change, end_a_context,
        cancel_somebody, use_pooled,    block_a_while, spawn_and_join,  sleep_a_while,
    };
    struct worker *w = arg;
    if (below(w, 2))
        weft_ctx_use(weft_ctx_retain(w->run->ctx[below(w, CONTEXTS)]));
    for (int i = 0; i < STEPS; i++)
        does[below(w, sizeof does / sizeof *does)](w);
    weft_wait_group_done(&w->run->all);
}

static void reset_pooled(void *obj)
{
    (void)obj;
}

/* What lies in the channels at the end was sent and not received. */
static void drain(struct run *r)
{
    long value;
    for (int i = 0; i < CHANS; i++) {
        weft_chan_close(r->ch[i]);
        while (!weft_chan_recv(r->ch[i], &value, WEFT_FOREVER))
            count_received(r, value);
        weft_chan_free(r->ch[i]);
    }
}

static void one_run(void *arg)
{
    struct run *r = arg;
    struct worker w[WORKERS];
    for (int i = 0; i < CHANS; i++)
        r->ch[i] = weft_chan_new(sizeof(long), (r->seed >> i) % 3);
    for (int i = 0; i < CONTEXTS; i++) /* each other one below the one before */
        EXPECT(r,
               !weft_ctx_new(i % 2 ? r->ctx[i - 1] : NULL, WEFT_FOREVER, &r->ctx[i]));
    weft_mutex_init(&r->lock, NULL);
    weft_rwlock_init(&r->rw, NULL);
    weft_cond_init(&r->changed, NULL);
    weft_semaphore_init(&r->units, UNITS, NULL);
    weft_wait_group_init(&r->all, NULL);
    r->pool = weft_pool_new("pooled", sizeof(struct pooled), reset_pooled, 0);
    weft_wait_group_add(&r->all, WORKERS);
    for (int i = 0; i < WORKERS; i++) {
        w[i] = (struct worker){ r, (r->seed * WORKERS + (uint32_t)i) * 2654435761u };
        EXPECT(r, !weft_go(work, &w[i]));
    }
    EXPECT(r, !weft_wait_group_wait(&r->all, WEFT_FOREVER));
    drain(r);
    while (r->called < r->to_call)
        weft_yield();
    EXPECT(r, r->guarded == r->sections && r->written == r->writes && !r->in_use);
    EXPECT(r, r->sent == r->received && r->sum_sent == r->sum_received);
    weft_pool_free(r->pool);
    weft_wait_group_fini(&r->all);
    weft_semaphore_fini(&r->units);
    weft_cond_fini(&r->changed);
    weft_rwlock_fini(&r->rw);
    weft_mutex_fini(&r->lock);
    for (int i = 0; i < CONTEXTS; i++)
        weft_ctx_release(r->ctx[i]);
}

/* ---- one after the other, watched ---- */

static _Atomic uint32_t at; /* the seed that runs */
static _Atomic bool through;

static void *watch(void *arg)
{
    uint32_t seen = 0;
    (void)arg;
    for (int s = 0; !through; s++) {
        struct timespec tenth = { .tv_nsec = 100000000 };
        nanosleep(&tenth, NULL);
        if (at != seen)
            s = 0;
        seen = at;
        if (s < 10 * RT_TIMEOUT_S)
            continue;
        fprintf(stderr, "the schedule of WEFT_SEED=%u hangs\n", seen);
        wf_dump_sched(true);
        abort();
    }
    return NULL;
}

static void run_seed(uint32_t seed)
{
    struct run r = { .seed = seed };
    weft_config c = rt_config(1 << seed % 3);
    c.fuzz = seed;
    c.preempt = seed % 5 ? WF_NS_PER_MS : 100 * WF_NS_PER_US;
    c.steal = seed % 16 != 0;
    c.sysmon_min = c.sysmon_max = 20 * WF_NS_PER_US;
    at = seed;
    int err = weft_run(&c, one_run, &r);
    if (err || r.wrong)
        fail_msg("WEFT_SEED=%u: weft_run %d, line %d", seed, err, r.wrong);
}

static void test_any_schedule_keeps_what_must_hold(void **state)
{
    const char *fixed = getenv("WEFT_SEED");
    char *to = NULL;
    uint32_t first = fixed ? (uint32_t)strtoul(fixed, &to, 10) : 1;
    long n = scale(SCALE_schedules);
    if (fixed)
        n = 1 + (*to == '-' ? strtol(to + 1, NULL, 10) - (long)first : 0);
    pthread_t watcher;
    (void)state;
    assert_int_equal(pthread_create(&watcher, NULL, watch, NULL), 0);
    for (long i = 0; i < n; i++)
        run_seed(first + (uint32_t)i);
    through = true;
    pthread_join(watcher, NULL);
    scale_done(SCALE_schedules, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_schedule_keeps_what_must_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
