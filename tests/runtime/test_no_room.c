/* SPDX-License-Identifier: MIT */
/*
 * The world says no: of all calls for memory and descriptors that a scenario makes, the
 * first fails, then the second alone, and so on until none was left to fail.  Each time
 * every call of weft's either works or says why not, and nothing is left open.
 */
#include "inside.h"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

static _Atomic long until_failure; /* 0: never */
static struct wf_g *failing;       /* only this coroutine's calls fail */

static bool fails(void)
{
    return failing && wf_g() == failing && until_failure && !--until_failure;
}

/* The linker sends the library's calls here: -Wl,--wrap. */
#define WRAP(type, name, params, args, failure, error)                                 \
    type __real_##name params;                                                         \
    type __wrap_##name params;                                                         \
    type __wrap_##name params                                                          \
    {                                                                                  \
        if (fails()) {                                                                 \
            (errno) = error;                                                           \
            return failure;                                                            \
        }                                                                              \
        return __real_##name args;                                                     \
    }
WRAP(void *, malloc, (size_t n), (n), NULL, ENOMEM)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
WRAP(void *, realloc, (void *p, size_t n), (p, n), NULL, ENOMEM)
WRAP(void *, aligned_alloc, (size_t a, size_t n), (a, n), NULL, ENOMEM)
WRAP(char *, strdup, (const char *s), (s), NULL, ENOMEM)
WRAP(int, epoll_create1, (int flags), (flags), -1, EMFILE)
WRAP(int, eventfd, (unsigned n, int flags), (n, flags), -1, EMFILE)
WRAP(int, socket, (int d, int t, int p), (d, t, p), -1, EMFILE)
WRAP(int, epoll_ctl, (int e, int op, int fd, struct epoll_event *ev), (e, op, fd, ev),
     -1, ENOSPC)
WRAP(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
     (fd, a, n, flags), -1, EMFILE)

/* A kernel before 5.11 counts timeouts in ms: epoll_wait has to do. */
static _Atomic bool old_kernel;
static _Atomic int refused;
int __real_epoll_pwait2(int e, struct epoll_event *ev, int n, const struct timespec *t,
                        const sigset_t *mask);
int __wrap_epoll_pwait2(int e, struct epoll_event *ev, int n, const struct timespec *t,
                        const sigset_t *mask);
int __wrap_epoll_pwait2(int e, struct epoll_event *ev, int n, const struct timespec *t,
                        const sigset_t *mask)
{
    int got = -1;
    (errno) = ENOSYS;
    if (!old_kernel)
        got = __real_epoll_pwait2(e, ev, n, t, mask);
    refused += got < 0 && (errno) == ENOSYS;
    return got;
}

static int open_files(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* What a scenario came to: how many calls said no, and how many broke their word. */
struct outcome {
    int refused, wrong;
};

static void expect(struct outcome *o, int err)
{
    o->refused += err < 0;
    o->wrong += err > 0 ||
                (err < 0 && err != -ENOMEM && err != -EMFILE && err != -ENOSPC);
}

static void use_channels(struct outcome *o)
{
    weft_chan *ch[12] = { NULL };
    weft_case cases[12];
    uint64_t v = 1;
    for (int i = 0; i < 12; i++) {
        ch[i] = weft_chan_new(8, 1);
        o->refused += !ch[i];
        cases[i] = (weft_case){ ch[i], WEFT_SEND, &v, 0 };
    }
    if (ch[0])
        expect(o, weft_chan_set_name(ch[0], "named"));
    int chosen = weft_select(cases, 12, 0);
    expect(o, chosen < 0 ? chosen : 0);
    for (int i = 0; i < 12; i++) {
        o->wrong += ch[i] && weft_chan_len(ch[i]) != (i == chosen);
        weft_chan_free(ch[i]);
    }
}

static void use_pool(struct outcome *o)
{
    void *obj[70];
    weft_pool *pool = weft_pool_new("named too", 64, NULL, 0);
    o->refused += !pool;
    for (int i = 0; pool && i < 70; i++)
        o->refused += !(obj[i] = weft_pool_get(pool));
    for (int i = 0; pool && i < 70; i++)
        weft_pool_put(pool, obj[i]);
    struct weft_pool_stats s = { 0 };
    if (pool)
        weft_pool_stats(pool, &s);
    o->wrong += pool && s.gets != 70;
    weft_pool_free(pool);
}

static void use_sockets(struct outcome *o)
{
    weft_fd *l = NULL, *a = NULL, *b = NULL;
    char addr[64];
    int err = weft_listen("127.0.0.1:0", 0, &l);
    expect(o, err);
    if (err)
        return;
    snprintf(addr, sizeof addr, "127.0.0.1:%d", weft_fd_port(l));
    err = weft_connect(addr, in_ns(WF_NS_PER_S), &a);
    expect(o, err);
    if (!err) {
        err = weft_accept(l, in_ns(WF_NS_PER_S), &b);
        expect(o, err);
    }
    weft_close(a);
    weft_close(b);
    weft_close(l);
}

static void use_unix_socket(struct outcome *o)
{
    weft_fd *l = NULL;
    char addr[64];
    snprintf(addr, sizeof addr, "unix:/tmp/weft-no-room-%d", (int)getpid());
    int err = weft_listen(addr, 0, &l);
    expect(o, err);
    weft_close(l);
    o->wrong += access(addr + 5, F_OK) == 0;
}

static void count_run(void *ran)
{
    atomic_fetch_add((_Atomic int *)ran, 1);
}

static int run_task(void *ran)
{
    count_run(ran);
    return 0;
}

static void use_contexts(struct outcome *o)
{
    weft_ctx *ctx = NULL, *child = NULL;
    weft_chan *done = NULL;
    static _Atomic int ran;
    int want = 0;
    atomic_store(&ran, 0);
    expect(o, weft_ctx_new(NULL, in_ns(60 * WF_NS_PER_S), &ctx));
    if (!ctx)
        return;
    expect(o, weft_ctx_with_value(ctx, o, o, &child));
    expect(o, weft_ctx_done(ctx, &done));
    int err = weft_ctx_after(ctx, count_run, &ran, NULL);
    expect(o, err);
    want += !err;
    weft_ctx_cancel(ctx, -EIO, "no room for this: it is cancelled without");
    o->wrong += weft_ctx_cause(ctx, NULL) != -EIO;
    o->wrong += child && weft_ctx_err(child) != -ECANCELED;
    o->wrong += done && weft_chan_recv(done, NULL, 0) != -EPIPE;
    weft_ctx_release(ctx);
    weft_ctx_release(child);
    await_value(&ran, want); /* tried again until there is room */
}

static void use_timers(struct outcome *o)
{
    weft_timer *sends = NULL, *calls = NULL;
    weft_ticker *ticks = NULL;
    static _Atomic int ran;
    atomic_store(&ran, 0);
    expect(o, weft_timer_new(weft_now(), &sends));
    expect(o, weft_ticker_new(WF_NS_PER_MS, &ticks));
    expect(o, weft_timer_func(weft_now(), count_run, &ran, &calls));
    if (sends)
        expect(o, weft_chan_recv(weft_timer_chan(sends), NULL, WEFT_FOREVER));
    if (calls)
        await_value(&ran, 1);
    weft_timer_free(sends);
    weft_timer_free(calls);
    weft_ticker_free(ticks);
}

static int fetch(void *arg, void **value)
{
    *value = arg;
    return 0;
}

static void use_groups(struct outcome *o)
{
    weft_group *g = NULL;
    weft_flight *f = NULL;
    static _Atomic int ran;
    int started = 0, error = 0;
    void *got = NULL;
    atomic_store(&ran, 0);
    expect(o, weft_group_new(NULL, 2, &g));
    for (int i = 0; g && i < 3; i++) {
        int err = weft_group_go(g, run_task, &ran, WEFT_FOREVER);
        expect(o, err);
        started += !err;
    }
    if (g)
        expect(o, weft_group_wait(g, WEFT_FOREVER, &error));
    o->wrong += error != 0 || ran != started;
    weft_group_free(g);
    expect(o, weft_flight_new(&f));
    for (int i = 0; f && i < 2; i++) {
        int err = weft_flight_do(f, "key", fetch, o, 0, &got, NULL);
        expect(o, err);
        o->wrong += !err && got != o;
    }
    weft_flight_free(f);
}

static void scenario(void *arg)
{
    struct outcome *o = arg;
    failing = wf_g();
    use_channels(o);
    use_pool(o);
    use_sockets(o);
    use_unix_socket(o);
    use_contexts(o);
    use_timers(o);
    use_groups(o);
    failing = NULL;
    o->refused = until_failure ? -1 : o->refused; /* nothing failed: we are through */
}

static void test_each_call_that_finds_no_room_says_so(void **state)
{
    (void)state;
    int fds = 0, failed = 0, silent = 0;
    for (long n = 1;; n++) {
        struct outcome o = { 0 };
        until_failure = n;
        run_inside(scenario, &o);
        assert_int_equal(o.wrong, 0);
        if (o.refused < 0)
            break;
        failed++;
        silent += !o.refused; /* a cache that could not be made only costs time */
        if (n > 1 && !fds)
            fds = open_files();
        if (n > 4)
            assert_in_range(open_files(), 1, fds + 2);
    }
    assert_true(failed > 20);
    assert_true(silent <= failed / 4);
}

struct wire {
    weft_fd *a, *b;
    char got[8];
    ssize_t n, late;
    _Atomic int done;
};

static void read_wire(void *arg)
{
    struct wire *w = arg;
    w->n = weft_read(w->b, w->got, sizeof w->got, in_ns(60 * WF_NS_PER_S));
    w->late = weft_read(w->b, w->got + 4, 1, in_ns(WF_NS_PER_MS / 2));
    w->done = 1;
}

static void wait_on_old_kernel(void *arg)
{
    struct wire *w = arg;
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) || weft_fd_new(fd[0], NULL, &w->a) ||
        weft_fd_new(fd[1], NULL, &w->b))
        return;
    weft_go(read_wire, w);
    await_parked(1);
    weft_sleep(WF_NS_PER_MS);
    weft_write(w->a, "four", 4, WEFT_FOREVER);
    while (!w->done)
        weft_sleep(WF_NS_PER_MS / 10);
    for (int i = 0; i < 20; i++) /* each a wait in the kernel */
        weft_sleep(WF_NS_PER_MS / 10);
    weft_close(w->a);
    weft_close(w->b);
}

static void test_old_kernel_waits_in_milliseconds(void **state)
{
    struct wire w = { 0 };
    (void)state;
    old_kernel = true;
    run_inside(wait_on_old_kernel, &w);
    old_kernel = false;
    assert_in_range(refused, 1, 2); /* remembered; two threads may ask at a time */
    assert_int_equal(w.n, 4);
    assert_memory_equal(w.got, "four", 4);
    assert_int_equal(w.late, -ETIMEDOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_that_finds_no_room_says_so),
        cmocka_unit_test(test_old_kernel_waits_in_milliseconds),
    };
    inside_procs = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
