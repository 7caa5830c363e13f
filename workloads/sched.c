/* SPDX-License-Identifier: MIT */
/*
 * sched.c - the scheduler under a microscope: each scenario makes one condition that the
 * screens and `weft doctor` should name.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "sched.h"

static const int64_t ms = 1000000;

int64_t sched_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Compute without a scheduling point: no weft call in here. */
void sched_spin(struct sched *s, int64_t ns)
{
    int64_t begin = sched_clock(), now;
    volatile uint64_t x = (uint64_t)begin;

    do {
        for (int i = 0; i < 200; i++)
            x = x * 6364136223846793005u + 1442695040888963407u;
        now = sched_clock();
    } while (now - begin < ns);

    int64_t took = now - begin;
    int64_t longest = atomic_load_explicit(&s->longest_run, memory_order_relaxed);
    while (took > longest &&
           !atomic_compare_exchange_weak(&s->longest_run, &longest, took))
        ;
}

bool sched_over(const struct sched *s)
{
    return wl_stopping(s->wl) || (s->slice && sched_clock() >= s->until);
}

static void started(struct sched *s, const char *name, int err)
{
    if (err) {
        weft_wait_group_done(&s->all);
        wl_fail(s->wl, err, "cannot spawn %s", name);
    }
}

/*
 * Run fn as one more coroutine of the scenario, waited for at its end.  A macro, so that
 * each is known by the line that starts it.
 */
#define start(s, name, fn, arg)                                                        \
    (weft_wait_group_add(&(s)->all, 1), started(s, name, weft_go_named(name, fn, arg)))

static void wait_all(struct sched *s)
{
    weft_wait_group_wait(&s->all, WEFT_FOREVER);
}

/* A coroutine that is due every ms and notes how late it came to run. */
static void probe(void *arg)
{
    struct sched *s = arg;

    while (!sched_over(s)) {
        int64_t due = weft_now() + ms;
        weft_sleep_until(due);
        wl_hist_add(&s->waits, weft_now() - due);
    }
    weft_wait_group_done(&s->all);
}

/* --- healthy: pairs that compute and hand over, descriptors, sleepers ------------- */

struct pair {
    struct sched *s;
    weft_chan *there, *back;
    int64_t work;
};

static void pair_left(void *arg)
{
    struct pair *p = arg;
    int item = 0;

    while (!sched_over(p->s)) {
        sched_spin(p->s, p->work);
        if (weft_chan_send(p->there, &item, WEFT_FOREVER) ||
            weft_chan_recv(p->back, &item, WEFT_FOREVER))
            break;
    }
    weft_chan_close(p->there);
    weft_wait_group_done(&p->s->all);
}

static void pair_right(void *arg)
{
    struct pair *p = arg;
    int item;

    while (!weft_chan_recv(p->there, &item, WEFT_FOREVER)) {
        sched_spin(p->s, p->work);
        if (weft_chan_send(p->back, &item, WEFT_FOREVER))
            break;
    }
    weft_wait_group_done(&p->s->all);
}

struct echo {
    struct sched *s;
    weft_fd *fd[2];
};

static void echo_ask(void *arg)
{
    struct echo *e = arg;
    char c = 0;

    while (!sched_over(e->s)) {
        if (weft_write(e->fd[0], &c, 1, WEFT_FOREVER) < 0 ||
            weft_read(e->fd[0], &c, 1, WEFT_FOREVER) <= 0)
            break;
        sched_spin(e->s, 20000);
        weft_sleep(ms / 2);
    }
    weft_shutdown(e->fd[0], WEFT_WRITE);
    weft_wait_group_done(&e->s->all);
}

static void echo_answer(void *arg)
{
    struct echo *e = arg;
    char c;

    while (weft_read(e->fd[1], &c, 1, WEFT_FOREVER) > 0)
        if (weft_write(e->fd[1], &c, 1, WEFT_FOREVER) < 0)
            break;
    weft_wait_group_done(&e->s->all);
}

static int open_pair(weft_fd *fd[2], const char *name)
{
    int raw[2], err;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw))
        return -errno;
    err = weft_fd_new(raw[0], name, &fd[0]);
    if (!err)
        err = weft_fd_new(raw[1], name, &fd[1]);
    return err;
}

/* How many can compute at a time: Ps beyond the CPUs have nothing to do it on. */
static int at_a_time(const struct sched *s)
{
    cpu_set_t set;
    int cpus = sched_getaffinity(0, sizeof set, &set) ? s->procs : CPU_COUNT(&set);

    return cpus < s->procs ? cpus : s->procs;
}

void sched_healthy(struct sched *s)
{
    int used = at_a_time(s);
    size_t npairs = s->coroutines ? (s->coroutines + 1) / 2 : (size_t)used * 2;
    size_t nechos = (size_t)used;
    struct pair *pairs = calloc(npairs, sizeof *pairs);
    struct echo *echos = calloc(nechos, sizeof *echos);

    for (size_t i = 0; pairs && i < npairs; i++) {
        struct pair *p = &pairs[i];
        *p = (struct pair){ .s = s,
                            .work = 10000 + (int64_t)(wl_random(s->wl) % 10000) };
        p->there = weft_chan_new(sizeof(int), 0);
        p->back = weft_chan_new(sizeof(int), 1);
        start(s, "healthy.left", pair_left, p);
        start(s, "healthy.right", pair_right, p);
    }
    for (size_t i = 0; echos && i < nechos; i++) {
        echos[i].s = s;
        if (open_pair(echos[i].fd, "healthy.echo"))
            break;
        start(s, "healthy.ask", echo_ask, &echos[i]);
        start(s, "healthy.answer", echo_answer, &echos[i]);
    }
    start(s, "healthy.probe", probe, s);
    wait_all(s);
    for (size_t i = 0; pairs && i < npairs; i++) {
        weft_chan_free(pairs[i].there);
        weft_chan_free(pairs[i].back);
    }
    for (size_t i = 0; echos && i < nechos; i++)
        for (int end = 0; end < 2; end++)
            if (echos[i].fd[end])
                weft_close(echos[i].fd[end]);
    free(pairs);
    free(echos);
}

/* --- hog: a coroutine a P computes on while others are due ------------------------ */

static void hog(void *arg)
{
    struct sched *s = arg;

    while (!sched_over(s)) {
        sched_spin(s, s->hog);
        weft_sleep(20 * ms);
    }
    weft_wait_group_done(&s->all);
}

void sched_hog(struct sched *s)
{
    size_t others = s->coroutines ? s->coroutines : (size_t)s->procs * 8;

    for (size_t i = 0; i < others; i++)
        start(s, "hog.victim", probe, s);
    for (int i = 0; i < s->procs; i++)
        start(s, "hog.compute", hog, s);
    wait_all(s);
}

/* --- pinned: bound to a thread, spinning, with its own children behind it --------- */

static void pinned_child(void *arg)
{
    struct sched *s = arg;
    int64_t made = atomic_load(&s->made);

    wl_hist_add(&s->waits, sched_clock() - made);
    sched_spin(s, ms / 100);
    weft_wait_group_done(&s->all);
}

static void pinned(void *arg)
{
    struct sched *s = arg;
    size_t children = s->coroutines ? s->coroutines : 8;

    weft_thread_pin();
    while (!sched_over(s)) {
        atomic_store(&s->made, sched_clock());
        for (size_t i = 0; i < children; i++)
            start(s, "pinned.child", pinned_child, s);
        sched_spin(s, 50 * ms);
        weft_sleep(5 * ms);
    }
    weft_thread_unpin();
    weft_wait_group_done(&s->all);
}

void sched_pinned(struct sched *s)
{
    for (size_t i = 0; i < s->pin; i++)
        start(s, "pinned.spin", pinned, s);
    wait_all(s);
}

/* --- chan-pileup: many producers, one slow consumer ------------------------------- */

static void producer(void *arg)
{
    struct sched *s = arg;
    int item = 0;

    while (!sched_over(s) && !weft_chan_send(s->chan, &item, weft_now() + 500 * ms))
        ;
    weft_wait_group_done(&s->all);
}

static void slow_consumer(void *arg)
{
    struct sched *s = arg;
    int item;

    while (!weft_chan_recv(s->chan, &item, WEFT_FOREVER))
        sched_spin(s, ms);
    weft_wait_group_done(&s->all);
}

void sched_chan_pileup(struct sched *s)
{
    int64_t begin = weft_now();

    s->chan = weft_chan_new(sizeof(int), s->queue);
    if (!s->chan) {
        wl_fail(s->wl, -ENOMEM, "cannot make a channel");
        return;
    }
    weft_chan_set_name(s->chan, "pileup");
    start(s, "pileup.consumer", slow_consumer, s);
    for (size_t i = 0; i < s->producers; i++) {
        start(s, "pileup.producer", producer, s);
        weft_sleep_until(begin + 200 * ms * (int64_t)(i + 1) / (int64_t)s->producers);
    }
    while (!sched_over(s))
        weft_sleep(10 * ms);
    weft_chan_close(s->chan);
    wait_all(s);
    weft_chan_free(s->chan);
}

/* --- syscall-churn: blocking calls with no thread kept for the next one ----------- */

static void blocker(void *arg)
{
    struct sched *s = arg;

    while (!sched_over(s)) {
        struct timespec t = { 0, (long)(ms + (int64_t)(wl_random(s->wl) %
                                                       (4 * (uint64_t)ms))) };
        weft_block_begin(WEFT_BLOCK_SYSCALL);
        nanosleep(&t, NULL);
        weft_block_end();
    }
    weft_wait_group_done(&s->all);
}

void sched_syscall_churn(struct sched *s)
{
    size_t n = s->coroutines ? s->coroutines : 200;

    for (size_t i = 0; i < n; i++)
        start(s, "churn.blocker", blocker, s);
    wait_all(s);
}

/* --- empty-queues: everything spawned on one P, nobody steals --------------------- */

static void short_task(void *arg)
{
    struct sched *s = arg;

    sched_spin(s, ms / 4);
    weft_wait_group_done(&s->all);
}

void sched_empty_queues(struct sched *s)
{
    size_t n = s->coroutines ? s->coroutines : 64;

    while (!sched_over(s)) {
        for (size_t i = 0; i < n; i++)
            start(s, "queues.task", short_task, s);
        wait_all(s);
    }
}

/* --- spawn-storm: each burst three times the one before, so that no cache helps --- */

struct drop {
    struct sched *s;
    char carried[240];
};

static void storm_drop(void *arg)
{
    struct drop *d = arg;
    struct sched *s = d->s;

    weft_chan_recv(s->chan, &(char){ 0 },
                   WEFT_FOREVER); /* until all of the burst live */
    weft_pool_put(s->drops, d);
    weft_wait_group_done(&s->all);
}

static bool storm_burst(struct sched *s, size_t n)
{
    size_t i;

    s->chan = weft_chan_new(1, 0);
    if (!s->chan)
        return false;
    for (i = 0; i < n; i++) {
        struct drop *d = weft_pool_get(s->drops);
        if (!d)
            break;
        d->s = s;
        start(s, "storm.drop", storm_drop, d);
        s->spawned++;
        if (s->rate > 0 && i % 64 == 0)
            weft_sleep_until(s->begin + (int64_t)((double)s->spawned / s->rate * 1e9));
    }
    while (i--) { /* in turns, so that nobody waits for long */
        weft_chan_send(s->chan, &(char){ 0 }, WEFT_FOREVER);
        if (i % 64 == 0)
            weft_yield();
    }
    wait_all(s);
    weft_chan_free(s->chan);
    return true;
}

void sched_spawn_storm(struct sched *s)
{
    char *ballast = s->ballast ? malloc(s->ballast) : NULL;

    if (ballast)
        memset(ballast, 1, s->ballast);
    s->begin = weft_now();
    s->drops = weft_pool_new("storm.drop", sizeof(struct drop), NULL, 0);
    if (!s->drops)
        wl_fail(s->wl, -ENOMEM, "cannot make a pool");
    for (size_t burst = 64; s->drops && !sched_over(s) && storm_burst(s, burst);)
        burst *= burst < 100000 ? 3 : 1;
    wl_figure(s->wl, "spawn_per_s",
              (double)s->spawned * 1e9 / (double)(weft_now() - s->begin), "1/s");
    if (s->drops)
        weft_pool_free(s->drops);
    free(ballast);
}

/* --- crowd: more work than Ps, in turns that are short enough each ---------------- */

static void crowd_member(void *arg)
{
    struct sched *s = arg;

    while (!sched_over(s)) {
        int64_t left = sched_clock();
        weft_yield();
        wl_hist_add(&s->waits, sched_clock() - left);
        sched_spin(s, 4 * ms);
    }
    weft_wait_group_done(&s->all);
}

void sched_crowd(struct sched *s)
{
    size_t n = s->coroutines ? s->coroutines : (size_t)s->procs * 12;

    for (size_t i = 0; i < n; i++)
        start(s, "crowd.member", crowd_member, s);
    wait_all(s);
}

/* --- deadlock: a cycle of three, while the rest runs on --------------------------- */

struct locker {
    struct sched *s;
    weft_mutex *mine, *next;
};

static void lock_both(void *arg)
{
    struct locker *l = arg;

    weft_mutex_lock(l->mine);
    weft_sleep(50 * ms); /* the others take theirs */
    weft_mutex_lock(l->next);
    weft_mutex_unlock(l->next);
    weft_mutex_unlock(l->mine);
}

void sched_deadlock(struct sched *s)
{
    /* They outlive this call: their coroutines never end. */
    static const char *const names[] = { "red", "green", "blue" };
    static weft_mutex locks[3];
    static struct locker lockers[3];

    for (int i = 0; i < 3; i++)
        weft_mutex_init(&locks[i], names[i]);
    for (int i = 0; i < 3; i++) {
        lockers[i] = (struct locker){ s, &locks[i], &locks[(i + 1) % 3] };
        weft_go_named("deadlock.locker", lock_both, &lockers[i]);
    }
    for (int i = 0; i < s->procs; i++)
        start(s, "deadlock.bystander", probe, s);
    wait_all(s);
}

/* --- the workload ----------------------------------------------------------------- */

/* SCENARIO(name, function, summary, knobs of its own, what is required of it) */
#define ITEMS(...) __VA_ARGS__
#define SCENARIOS(SCENARIO)                                                            \
    SCENARIO("healthy", sched_healthy,                                                 \
             "balanced computing and short waits: nothing to complain of",             \
             ITEMS(NULL), ITEMS(NULL))                                                 \
    SCENARIO("states", sched_states, "one coroutine walks through every state",        \
             ITEMS("preempt", "off", "procs", "2"),                                    \
             ITEMS("runnable_ms>=20", "running_ms>=20", "syscall_ms>=20",              \
                   "waiting_chan_send_ms>=20", "waiting_chan_recv_ms>=20",             \
                   "waiting_select_ms>=20", "waiting_mutex_ms>=20",                    \
                   "waiting_wait_group_ms>=20", "waiting_net_read_ms>=20",             \
                   "waiting_sleep_ms>=20"))                                            \
    SCENARIO("hog", sched_hog, "a coroutine a P computes on while others are due",     \
             ITEMS("preempt", "off"), ITEMS(NULL))                                     \
    SCENARIO("pinned", sched_pinned,                                                   \
             "coroutines bound to their threads spin before their children",           \
             ITEMS("preempt", "off", "steal", "off"), ITEMS(NULL))                     \
    SCENARIO("chan-pileup", sched_chan_pileup,                                         \
             "many producers on a small channel, one slow consumer", ITEMS(NULL),      \
             ITEMS(NULL))                                                              \
    SCENARIO("syscall-churn", sched_syscall_churn,                                     \
             "blocking calls, with no thread kept for the next",                       \
             ITEMS("thread_cache", "0"), ITEMS(NULL))                                  \
    SCENARIO("empty-queues", sched_empty_queues,                                       \
             "all work on one P, and nobody steals", ITEMS("steal", "off"),            \
             ITEMS(NULL))                                                              \
    SCENARIO("spawn-storm", sched_spawn_storm,                                         \
             "bursts of coroutines that outgrow every free list", ITEMS(NULL),         \
             ITEMS(NULL))                                                              \
    SCENARIO("crowd", sched_crowd, "more to compute than Ps, in turns of 4 ms",        \
             ITEMS(NULL), ITEMS(NULL))                                                 \
    SCENARIO("deadlock", sched_deadlock,                                               \
             "three coroutines wait for each other's locks", ITEMS(NULL), ITEMS(NULL))

static const struct scenario {
    void (*run)(struct sched *s);
    const char *knobs[5];     /* name, value...; ends with NULL */
    const char *required[11]; /* ends with NULL */
} scenarios[] = {
#define SCENARIO(name, run, summary, knobs, required) { run, { knobs }, { required } },
    SCENARIOS(SCENARIO)
#undef SCENARIO
};

static const struct wl_scenario rows[] = {
#define SCENARIO(name, run, summary, knobs, required) { name, summary },
    SCENARIOS(SCENARIO)
#undef SCENARIO
        { NULL, NULL },
};

static void setup(struct wl *w)
{
    const struct scenario *scenario = &scenarios[wl_scenario(w)];

    for (const char *const *knob = scenario->knobs; *knob; knob += 2)
        wl_knob(w, knob[0], knob[1]);
    if (wl_given(w, "ab")) {
        sched_ab_setup(w, scenario->run);
        return;
    }
    for (const char *const *expr = scenario->required; *expr; expr++)
        wl_require(w, *expr);
    if (wl_given(w, "steal"))
        wl_knob(w, "steal", wl_text(w, "steal"));
    if (wl_given(w, "preempt"))
        wl_knob(w, "preempt", wl_on(w, "preempt") ? "10ms" : "off");
}

/* Pinned coroutines on every P, and nobody may take what waits behind them. */
static bool starves_all(const struct sched *s)
{
    return s->run == sched_pinned && !wl_config(s->wl)->steal &&
           s->pin >= (size_t)s->procs && !wl_on(s->wl, "force");
}

static void figures(struct sched *s)
{
    struct weft_stats st = { .size = sizeof st };
    struct weft_stats_proc p = { .size = sizeof p };
    struct wl *w = s->wl;

    weft_stats(&st);
    wl_figure(w, "switches", (double)st.switches, "");
    wl_figure(w, "steals", (double)st.steals, "");
    wl_figure(w, "steal_fail", (double)st.steal_fail, "");
    wl_figure(w, "handoffs", (double)st.handoffs, "");
    wl_figure(w, "retakes", (double)st.retakes, "");
    wl_figure(w, "threads_created", (double)st.threads_created, "");
    wl_figure(w, "threads_max", st.threads_max, "");
    wl_figure(w, "global_runq_max", st.global_runq_max, "");
    wl_figure(w, "longest_p_hold_ms", s->hold_ms, "ms");
    for (int i = 0; i < s->procs && !weft_stats_proc(i, &p); i++) {
        wl_figure_item(w, "runq_max", p.runq_max, "");
        wl_figure_item(w, "free_gs", p.free_g, "");
        wl_figure_item(w, "p_busy_share",
                       (double)p.busy_ns / (double)(p.busy_ns + p.idle_ns + 1), "");
    }
}

static void compute_once(void *arg)
{
    struct sched *s = arg;

    sched_spin(s, 2 * ms);
    weft_wait_group_done(&s->all);
}

/* A slice of --ab begins when the threads are there, which takes the kernel its time. */
static void begin_slice(struct sched *s)
{
    for (int i = 0; i < 2 * s->procs; i++)
        start(s, "sched.warm", compute_once, s);
    wait_all(s);
    s->until = sched_clock() + s->slice;
}

void sched_main(void *arg)
{
    struct sched *s = arg;
    struct weft_stats st = { .size = sizeof st };

    s->procs = weft_procs();
    if (starves_all(s)) {
        wl_usage(s->wl,
                 "--pin %zu with stealing off and %d Ps starves everything (--force)",
                 s->pin, s->procs);
        return;
    }
    weft_wait_group_init(&s->all, "sched.all");
    if (s->slice)
        begin_slice(s);
    s->run(s);
    weft_stats(&st);
    s->hold_ms = (double)st.longest_hold_ns / 1e6;
    weft_wait_group_fini(&s->all);
    if (!s->slice)
        figures(s);
}

static void run(struct wl *w)
{
    struct sched s = {
        .wl = w,
        .run = scenarios[wl_scenario(w)].run,
        .coroutines = (size_t)wl_int(w, "coroutines"),
        .pin = (size_t)wl_int(w, "pin"),
        .producers = (size_t)wl_int(w, "producers"),
        .queue = (size_t)wl_int(w, "queue"),
        .hog = wl_int(w, "hog"),
        .rate = wl_number(w, "rate"),
        .ballast = (size_t)wl_int(w, "ballast"),
    };

    if (wl_given(w, "ab")) {
        sched_ab_run(&s, s.run);
    } else if (wl_weft(w, sched_main, &s)) {
        if (wl_hist_count(&s.waits))
            wl_latency(w, "runnable_wait_", &s.waits, "us");
        wl_figure(w, "longest_run_ms", (double)atomic_load(&s.longest_run) / 1e6, "ms");
    }
    wl_hist_fini(&s.waits);
}

static const struct wf_option options[] = {
    { "coroutines", WF_OPT_INT, "N", "0", 0, 1e7,
      "how many; 0: the scenario's own number", 0, 0 },
    { "pin", WF_OPT_INT, "N", "1", 1, WEFT_PROCS_MAX,
      "of pinned: coroutines bound to threads", 0, 0 },
    { "steal", WF_OPT_CHOICE, "on|off", NULL, 0, 0, "may Ps steal", 0, 0 },
    { "preempt", WF_OPT_CHOICE, "on|off", NULL, 0, 0, "are Ps taken from hogs", 0, 0 },
    { "ab", WF_OPT_FLAG, NULL, NULL, 0, 0,
      "of hog and pinned: with and without what helps, in turns", 0, 0 },
    { "force", WF_OPT_FLAG, NULL, NULL, 0, 0, "run what starves everything", 0, 0 },
    { "hog", WF_OPT_TIME, "T", "200ms", 1e3, 60e9,
      "of hog: how long without a scheduling point", 0, 0 },
    { "producers", WF_OPT_INT, "N", "256", 1, 1e6, "of chan-pileup", 0, 0 },
    { "queue", WF_OPT_INT, "N", "4", 0, 1e6, "of chan-pileup: the channel's capacity",
      0, 0 },
    { "rate", WF_OPT_NUMBER, "N", "200000", 0, 1e9,
      "of spawn-storm: spawns a second, 0: all it can", 0, 0 },
    { "ballast", WF_OPT_SIZE, "SIZE", "0", 0, 1e12, "of spawn-storm: memory to hold", 0,
      0 },
    { 0 },
};

const struct weft_workload wl_sched = {
    .name = "sched",
    .summary = "the scheduler under a microscope",
    .options = options,
    .scenarios = rows,
    .duration = "3s",
    .setup = setup,
    .run = run,
};
