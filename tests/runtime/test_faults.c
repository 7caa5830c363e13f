/* SPDX-License-Identifier: MIT */
/*
 * The world says no to a whole run: of all calls for memory, mappings, threads and epoll
 * that a program makes, on whatever thread, from weft_run's first to its last, the Nth
 * fails, for N = 1, 2, ... until none was left to fail.  The run ends, each call of weft
 * works or says why not, and nothing is left behind; or, where weft has nobody to say it
 * to, the program ends by one message of weft's.
 */
#include "inside.h"

#include <dirent.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum kind { MEMORY, MAPPING, THREAD, EPOLL, WAIT, SOCKET, KINDS };
static const char *const kinds[] = { "allocations", "mappings", "threads",
                                     "epoll calls", "waits",    "sockets" };
static enum kind failing;          /* only calls of this kind fail */
static _Atomic long until_failure; /* 0: never */
static const char *_Atomic failed; /* what did */
static _Atomic long live;          /* allocations and mappings of weft's own */

static bool fails(enum kind kind, const char *what)
{
    if (kind != failing || !atomic_load(&until_failure) ||
        atomic_fetch_sub(&until_failure, 1) != 1)
        return false;
    until_failure = 0;
    failed = what;
    return true;
}

/*
 * What is allocated, by address: the library also frees what the C library allocated, and
 * that does not count.
 */
enum { PLACES = 1 << 18 };
static _Atomic uintptr_t places[PLACES];

static bool replace(uintptr_t from, uintptr_t to, uintptr_t key)
{
    for (uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 46), n = 0; n < PLACES;
         n++, i = (i + 1) % PLACES) {
        uintptr_t is = from;
        if (atomic_compare_exchange_strong(&places[i], &is, to))
            return true;
        if (!is)
            return false;
    }
    return false;
}

/* 1 stands where something was, so that what came after it is still found. */
static void note(const void *at)
{
    uintptr_t key = (uintptr_t)at;
    if (replace(1, key, key) || replace(0, key, key))
        live++;
}
static void forget(const void *at)
{
    if (at && replace((uintptr_t)at, 1, (uintptr_t)at))
        live--;
}

/* The linker sends the library's calls here: -Wl,--wrap. */
#define WRAP(kind, type, name, params, args, failure, error, done)                     \
    type __real_##name params;                                                         \
    type __wrap_##name params;                                                         \
    type __wrap_##name params                                                          \
    {                                                                                  \
        if (fails(kind, #name)) {                                                      \
            (errno) = error;                                                           \
            return failure;                                                            \
        }                                                                              \
        type got = __real_##name args;                                                 \
        done;                                                                          \
        return got;                                                                    \
    }
WRAP(MEMORY, void *, malloc, (size_t n), (n), NULL, ENOMEM, note(got))
WRAP(MEMORY, void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM,
     note(got))
WRAP(MEMORY, void *, realloc, (void *p, size_t n), (p, n), NULL, ENOMEM,
     (forget(p), note(got)))
WRAP(MEMORY, void *, aligned_alloc, (size_t a, size_t n), (a, n), NULL, ENOMEM,
     note(got))
WRAP(MEMORY, char *, strdup, (const char *s), (s), NULL, ENOMEM, note(got))
WRAP(MAPPING, void *, mmap,
     (void *at, size_t n, int prot, int flags, int fd, off_t off),
     (at, n, prot, flags, fd, off), MAP_FAILED, ENOMEM, note(got))
WRAP(THREAD, int, pthread_create,
     (pthread_t * t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
     (t, a, fn, arg), EAGAIN, EAGAIN, (void)0)
WRAP(EPOLL, int, epoll_create1, (int flags), (flags), -1, EMFILE, (void)0)
WRAP(EPOLL, int, eventfd, (unsigned n, int flags), (n, flags), -1, EMFILE, (void)0)
WRAP(EPOLL, int, epoll_ctl, (int e, int op, int fd, struct epoll_event *ev),
     (e, op, fd, ev), -1, ENOSPC, (void)0)
WRAP(WAIT, int, epoll_pwait2,
     (int e, struct epoll_event *ev, int n, const struct timespec *t,
      const sigset_t *mask),
     (e, ev, n, t, mask), -1, EINTR, (void)0)
WRAP(WAIT, int, epoll_wait, (int e, struct epoll_event *ev, int n, int ms),
     (e, ev, n, ms), -1, EINTR, (void)0)
WRAP(SOCKET, int, socket, (int d, int t, int p), (d, t, p), -1, EMFILE, (void)0)
WRAP(SOCKET, int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
     (fd, a, n, flags), -1, EMFILE, (void)0)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
    forget(p);
    __real_free(p);
}
int __real_munmap(void *at, size_t n);
int __wrap_munmap(void *at, size_t n);
int __wrap_munmap(void *at, size_t n)
{
    forget(at);
    return __real_munmap(at, n);
}

/* ---- a program that uses everything ---- */

enum { CROWD = 300, QUIET = 8 };

#if defined(WF_TSAN) || defined(WF_ASAN)
enum { MOST = 10 }; /* of each kind: a child takes half a second there */
#else
enum { MOST = INT_MAX };
#endif

static int tester; /* process id */

struct all {
    _Atomic int refused,
        wrong; /* calls that said no; the last line that broke its word */
    _Atomic int crowd;
    weft_mutex lock;
    weft_wait_group group;
    weft_chan *ch;
};

#define EXPECT(a, cond)                                                                \
    do {                                                                               \
        if (!(cond))                                                                   \
            (a)->wrong = __LINE__;                                                     \
    } while (0)

/* True when it worked. */
static bool worked(struct all *a, int err)
{
    a->refused += err < 0;
    EXPECT(a, err == 0 || err == -ENOMEM || err == -EMFILE || err == -ENOSPC ||
                  err == -EAGAIN);
    return !err;
}

static void enter(void *arg)
{
    struct all *a = arg;
    weft_mutex_lock(&a->lock);
    weft_sleep(1000);
    weft_mutex_unlock(&a->lock);
    a->crowd--;
    weft_wait_group_done(&a->group);
}

static void use_crowd(struct all *a)
{
    for (int i = 0; i < CROWD; i++) {
        weft_wait_group_add(&a->group, 1);
        a->crowd++;
        if (!worked(a, weft_go_named("one of the crowd", enter, a))) {
            a->crowd--;
            weft_wait_group_done(&a->group);
        }
    }
    EXPECT(a, !weft_wait_group_wait(&a->group, WEFT_FOREVER) && !a->crowd);
}

static void send_some(void *arg)
{
    struct all *a = arg;
    for (uint64_t i = 0; i < 20; i++)
        EXPECT(a, !weft_chan_send(a->ch, &i, WEFT_FOREVER));
    weft_chan_close(a->ch);
}

static void use_channels(struct all *a)
{
    uint64_t v, n = 0;
    weft_case cases[12];
    weft_coro *co;
    a->ch = weft_chan_new(sizeof v, 1);
    a->refused += !a->ch;
    if (!a->ch)
        return;
    worked(a, weft_chan_set_name(a->ch, "a name that is new"));
    if (worked(a, weft_spawn("sender", send_some, a, &co))) {
        while (!weft_chan_recv(a->ch, &v, WEFT_FOREVER))
            EXPECT(a, v == n++);
        EXPECT(a, n == 20 && !weft_join(co, WEFT_FOREVER));
        for (int i = 0; i < 12; i++)
            cases[i] = (weft_case){ a->ch, WEFT_RECV, &v, 0 };
        int chosen = weft_select(cases, 12, WEFT_FOREVER);
        EXPECT(a, chosen == -ENOMEM || (chosen >= 0 && cases[chosen].result == -EPIPE));
        a->refused += chosen < 0;
    }
    weft_chan_free(a->ch);
}

static void use_pool(struct all *a)
{
    void *obj[70];
    weft_pool *pool = weft_pool_new("a pool that is new", 64, NULL, 0);
    a->refused += !pool;
    for (int i = 0; pool && i < 70; i++)
        a->refused += !(obj[i] = weft_pool_get(pool));
    for (int i = 0; pool && i < 70; i++)
        weft_pool_put(pool, obj[i]);
    weft_pool_free(pool);
}

static void use_sockets(struct all *a)
{
    weft_fd *l = NULL, *c = NULL, *s = NULL;
    char addr[64], byte;
    /* A name that is the same in each run: they are kept for ever. */
    snprintf(addr, sizeof addr, "unix:/tmp/weft-faults-%d", tester);
    if (!worked(a, weft_listen(addr, 0, &l)))
        return;
    if (worked(a, weft_connect(addr, in_ns(20 * WF_NS_PER_S), &c)) &&
        worked(a, weft_accept(l, in_ns(20 * WF_NS_PER_S), &s))) {
        ssize_t n = weft_read(s, &byte, 1, in_ns(WF_NS_PER_MS / 2));
        EXPECT(a, n == -ETIMEDOUT || n == -ENOSPC || n == -ENOMEM);
        EXPECT(a, weft_write(c, "x", 1, WEFT_FOREVER) == 1);
        n = weft_read(s, &byte, 1, in_ns(20 * WF_NS_PER_S));
        EXPECT(a, n == 1 || n == -ENOSPC || n == -ENOMEM);
    }
    weft_close(s);
    weft_close(c);
    weft_close(l);
}

static void use_threads(struct all *a)
{
    (void)a;
    for (int i = 0; i < 3; i++) {
        weft_block_begin(WEFT_BLOCK_USER);
        sched_yield();
        weft_block_end();
        weft_thread_pin();
        weft_yield();
        weft_thread_unpin();
    }
}

static void program(void *arg)
{
    struct all *a = arg;
    weft_mutex_init(&a->lock, NULL);
    weft_wait_group_init(&a->group, NULL);
    use_crowd(a);
    use_channels(a);
    use_pool(a);
    use_sockets(a);
    use_threads(a);
    weft_wait_group_fini(&a->group);
    weft_mutex_fini(&a->lock);
}

/* ---- with the Nth call failing, in a child ---- */

static int open_files(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

struct outcome {
    enum kind kind;
    long n;
    bool traced;
    int err, refused, wrong, files;
    long left;
};

static void run_once(struct outcome *o)
{
    struct all a = { .refused = 0 };
    weft_config c = rt_config(2);
    if (o->traced)
        strcpy(c.trace, "/dev/null");
    long before = live;
    int files = open_files();
    failing = o->kind;
    until_failure = o->n;
    o->err = weft_run(&c, program, &a);
    until_failure = 0;
    o->left = live - before;
    o->files = open_files() - files;
    o->refused = a.refused;
    o->wrong = a.wrong;
}

static void in_the_child(void *arg)
{
    struct outcome *o = arg;
    wf_netpoll_break(); /* the process's own epoll, which stays, is there */
    run_once(o);
    fprintf(stderr, "\nerr %d refused %d wrong %d left %ld files %d failed %s\n",
            o->err, o->refused, o->wrong, o->left, o->files, failed ? failed : "-");
}

/* It had nobody to tell. */
static bool said_why(const char *said)
{
    static const char *const messages[] = {
        "no memory for the stack of coroutine",
        "no memory for the main coroutine",
        "cannot make a thread: ",
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strstr(said, messages[i]))
            return true;
    return false;
}

/* False when nothing was left to fail. */
static bool try_failing(struct outcome *o, int *ends)
{
    static char said[1 << 16];
    char what[64];
    int status = in_child(in_the_child, o, said, sizeof said);
    const char *line = strstr(said, "\nerr ");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && said_why(said)) {
        ++*ends;
        return true;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) || !line ||
        sscanf(line, " err %d refused %d wrong %d left %ld files %d failed %63s",
               &o->err, &o->refused, &o->wrong, &o->left, &o->files, what) != 6)
        fail_msg("fault %ld of %s: status %x, said: %s", o->n, kinds[o->kind], status,
                 said);
    if (o->wrong || o->files > 0 || o->left > 0 || o->err > 0)
        fail_msg(
            "fault %ld of %s (%s): weft_run %d, line %d, %ld not given back, %d files "
            "left open",
            o->n, kinds[o->kind], what, o->err, o->wrong, o->left, o->files);
    return strcmp(what, "-") != 0;
}

static void fail_each_in_turn(enum kind kind, bool traced)
{
    struct outcome o = { .kind = kind, .n = 1, .traced = traced };
    long most = scale(SCALE_faults);
    int refused = 0, ends = 0;
    for (; o.n <= most && o.n <= MOST && try_failing(&o, &ends); o.n++)
        refused += o.err || o.refused;
    printf("%ld %s failed: %d refused, %d ended the program\n", o.n - 1, kinds[kind],
           refused, ends);
    scale_done(SCALE_faults, o.n - 1);
    assert_in_range(o.n, 3, LONG_MAX);
    assert_true(kind == WAIT || refused + ends > 0); /* a wait is begun again */
}

static void fail_all_kinds(bool traced)
{
    struct outcome warm = { .traced = traced };
    /* Names and caches of the process are kept for ever: until nothing more comes. */
    for (int quiet = 0; quiet < QUIET; quiet = warm.left ? 0 : quiet + 1) {
        run_once(&warm);
        assert_int_equal(warm.err, 0);
        assert_int_equal(warm.wrong, 0);
    }
    for (enum kind k = 0; k < KINDS; k++)
        fail_each_in_turn(k, traced);
}

static void test_each_fault_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    fail_all_kinds(false);
}
static void test_each_fault_of_a_traced_run_likewise(void **state)
{
    (void)state;
    fail_all_kinds(true);
}

int main(void)
{
    tester = (int)getpid();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fault_is_told_and_leaves_nothing),
        cmocka_unit_test(test_each_fault_of_a_traced_run_likewise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
