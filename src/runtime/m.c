/* SPDX-License-Identifier: MIT */
/*
 * m.c - threads: made, asleep, woken, ended.
 * A sleeping M is on the idle list; who wants it takes it off under wf_rt.lock, writes
 * what it is woken for and then its futex word.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/fiber.h"
#include "runtime/futex.h"
#include "runtime/sched.h"
#include "runtime/sysmon.h"

enum { OWN_STACK = 256 * 1024, SIGNAL_STACK = 32 * 1024 };

/* ---- a thread's life ---- */

static void own_stack(struct wf_m *m)
{
    pthread_attr_t attr;
    void *lo;
    size_t size;
    if (!pthread_getattr_np(pthread_self(), &attr)) {
        pthread_attr_getstack(&attr, &lo, &size);
        pthread_attr_destroy(&attr);
        m->stack_lo = lo;
        m->stack_hi = m->stack_lo + size;
    }
    m->fiber = wf_fiber_here();
}

static void begin(struct wf_m *m)
{
    stack_t ss = { .ss_sp = m->sigstack, .ss_size = SIGNAL_STACK };
    sigaltstack(&ss, NULL);
    wf_m_set(m);
    m->err = __errno_location();
    own_stack(m);
    wf_set(&m->tid, (int)syscall(SYS_gettid));
    wf_trace_m_start(m);
    WF_TRACE(m_start, .tid = (uint64_t)wf_get(&m->tid));
}

static void free_m(struct wf_m *m)
{
    munmap(m->sigstack, SIGNAL_STACK);
    if (m->schedstat >= 0)
        close(m->schedstat);
    free(m);
}

static void finish(struct wf_m *m)
{
    stack_t ss = { .ss_flags = SS_DISABLE };
    if (!wf_get(&m->gone)) {
        WF_TRACE(m_end);
        wf_trace_m_end(m);
    }
    wf_m_set(NULL);
    sigaltstack(&ss, NULL);
    if (wf_get(&m->gone)) {
        free_m(m); /* nobody else knows of it any more */
        return;
    }
    wf_lock_acquire(&wf_rt.lock);
    wf_list_remove(&m->all);
    wf_list_push_back(&wf_rt.ended, &m->all);
    wf_rt.nm--;
    wf_rt.nm_busy--;
    wf_lock_release(&wf_rt.lock);
    wf_sysmon_wake();
}

/* The first M makes the main coroutine. */
static void spawn_main(void)
{
    void (*fn)(void *) = wf_rt.main_fn;
    wf_rt.main_fn = NULL;
    if (wf_g_spawn("main", fn, wf_rt.main_arg, wf_rt.main_spawned, WF_G_MAIN, NULL))
        wf_fatal("no memory for the main coroutine");
}

static void *thread_main(void *arg)
{
    struct wf_m *m = arg;
    begin(m);
    if (m->next_p) {
        struct wf_p *p = m->next_p;
        m->next_p = NULL;
        wf_p_acquire(m, p);
    }
    if (wf_rt.main_fn)
        spawn_main();
    wf_schedule(m);
    finish(m);
    return NULL;
}

static struct wf_m *m_alloc(void)
{
    struct wf_m *m = aligned_alloc(WF_CACHE_LINE, sizeof *m);
    if (!m)
        return NULL;
    memset(m, 0, sizeof *m);
    m->schedstat = -1;
    m->inrt = 1;
    m->pst = wf_pst(WF_PST_NONE);
    m->sigstack = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m->sigstack == MAP_FAILED) {
        free(m);
        return NULL;
    }
    return m;
}

/* Signals of the program are for its own threads; faults are everybody's. */
static void block_signals(sigset_t *old)
{
    static const int ours[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                SIGTRAP, SIGPROF, SIGURG };
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sigdelset(&set, ours[i]);
    pthread_sigmask(SIG_SETMASK, &set, old);
}

static int create(struct wf_m *m)
{
    pthread_attr_t attr;
    sigset_t old;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, OWN_STACK);
    block_signals(&old);
    int err = pthread_create(&m->thread, &attr, thread_main, m);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return -err;
}

static bool enlist(struct wf_m *m)
{
    wf_lock_acquire(&wf_rt.lock);
    bool room = wf_rt.nm < (uint32_t)wf_rt.config.max_threads;
    if (room) {
        m->id = ++wf_rt.next_m;
        wf_list_push_back(&wf_rt.ms, &m->all);
        wf_rt.nm++;
        wf_rt.nm_busy++;
        wf_rt.nm_created++;
        if (wf_rt.nm > wf_rt.nm_max)
            wf_rt.nm_max = wf_rt.nm;
    }
    wf_lock_release(&wf_rt.lock);
    return room;
}

static int new_m(struct wf_p *p, bool spinning)
{
    struct wf_m *m = m_alloc();
    if (!m)
        return -ENOMEM;
    m->next_p = p;
    m->spinning = spinning;
    if (!enlist(m))
        wf_fatal(
            "all %d threads are in use: coroutines block in more system calls than "
            "WEFT_MAX_THREADS allows",
            wf_rt.config.max_threads);
    int err = create(m);
    if (!err)
        return 0;
    wf_lock_acquire(&wf_rt.lock);
    wf_list_remove(&m->all);
    wf_rt.nm--;
    wf_rt.nm_busy--;
    wf_lock_release(&wf_rt.lock);
    free_m(m);
    return err;
}

void wf_m_reap(void)
{
    wf_lock_acquire(&wf_rt.lock);
    struct wf_list *item;
    while ((item = wf_list_pop(&wf_rt.ended))) {
        struct wf_m *m = wf_container(item, struct wf_m, all);
        wf_lock_release(&wf_rt.lock);
        pthread_join(m->thread, NULL);
        wf_sample_forget(m);
        free_m(m);
        wf_lock_acquire(&wf_rt.lock);
    }
    wf_lock_release(&wf_rt.lock);
}

int64_t wf_m_cpu(const struct wf_m *m)
{
    int tid = wf_get(&m->tid);
    /* The clock of one thread's CPU time, as the kernel numbers them. */
    return wf_clock_read((clockid_t)((~(unsigned)tid << 3) | 6));
}

/* ---- sleep and wake ---- */

static void wake(struct wf_m *m)
{
    if (wf_unlikely(wf_trace_on))
        wf_emit_wake(m);
    atomic_store_explicit(&m->park, 1, memory_order_release);
    wf_futex_wake(&m->park, 1);
}

static void sleep_until_woken(struct wf_m *m)
{
    while (!atomic_load_explicit(&m->park, memory_order_acquire))
        wf_futex_wait(&m->park, 0, -1);
    wf_set(&m->park, 0);
}

/* Sleeping threads are kept up to WEFT_THREAD_CACHE; the rest end. */
bool wf_m_stop(struct wf_m *m)
{
    wf_lock_acquire(&wf_rt.lock);
    bool keep = wf_get(&wf_rt.nidle_m) < (uint32_t)wf_rt.config.thread_cache;
    if (wf_get(&wf_rt.stopping) || !keep) {
        if (!wf_get(&wf_rt.stopping) && wf_rt.nm_busy == 1)
            wf_deadlock_check_all();
        wf_lock_release(&wf_rt.lock);
        return false;
    }
    WF_TRACE(m_park);
    m->idle_next = wf_rt.idle_m;
    wf_rt.idle_m = m;
    wf_set(&wf_rt.nidle_m, wf_get(&wf_rt.nidle_m) + 1);
    if (!--wf_rt.nm_busy)
        wf_deadlock_check_all();
    wf_set(&m->doing, WF_MSTATE_idle);
    wf_lock_release(&wf_rt.lock);
    wf_trace_quiet(m);
    sleep_until_woken(m);
    wf_trace_awake(m);
    if (!m->next_p)
        return false;
    struct wf_p *p = m->next_p;
    m->next_p = NULL;
    m->spinning = m->wake_spinning;
    wf_p_acquire(m, p);
    return true;
}

void wf_m_give(struct wf_m *m, struct wf_p *p)
{
    m->next_p = p;
    m->wake_spinning = false;
    wake(m);
}

/* With the lock held. */
static struct wf_m *idle_get(void)
{
    struct wf_m *m = wf_rt.idle_m;
    if (!m)
        return NULL;
    wf_rt.idle_m = m->idle_next;
    wf_set(&wf_rt.nidle_m, wf_get(&wf_rt.nidle_m) - 1);
    wf_rt.nm_busy++;
    return m;
}

/* No thread to be had: the P waits for one of those there are. */
static void give_up(struct wf_p *p, bool spinning, int err)
{
    wf_lock_acquire(&wf_rt.lock);
    bool alone = !wf_rt.nm_busy;
    wf_p_idle_put(p);
    if (spinning)
        atomic_fetch_sub(&wf_rt.nspinning, 1);
    wf_lock_release(&wf_rt.lock);
    wf_p_let_leave();
    if (alone)
        wf_fatal("cannot make a thread: %s (see ulimit -u and the cgroup's pids.max)",
                 strerror(-err));
}

/* No P is idle for who counted itself as spinning.  Others relied on that count: it goes
 * down before the next P can be put to the idle ones, and who does that looks again. */
static void cannot_spin(void)
{
    wf_set(&wf_rt.need_spinning, true);
    atomic_fetch_sub(&wf_rt.nspinning, 1);
}

void wf_m_start(struct wf_p *p, bool spinning)
{
    bool given = p != NULL;
    wf_lock_acquire(&wf_rt.lock);
    if (wf_get(&wf_rt.stopping) || (!p && !(p = wf_p_idle_get()))) {
        if (p)
            wf_p_idle_put(p);
        if (spinning)
            cannot_spin();
        wf_lock_release(&wf_rt.lock);
        return;
    }
    struct wf_m *m = idle_get();
    wf_lock_release(&wf_rt.lock);
    if (m) {
        if (given && wf_m())
            WF_TRACE(handoff, .p = p->id, .m = m->id);
        m->next_p = p;
        m->wake_spinning = spinning;
        wake(m);
        return;
    }
    int err = new_m(p, spinning);
    if (err)
        give_up(p, spinning, err);
}

void wf_m_wake_all(void)
{
    wf_lock_acquire(&wf_rt.lock);
    struct wf_m *m;
    while ((m = idle_get())) {
        m->next_p = NULL;
        atomic_store_explicit(&m->park, 1, memory_order_release);
        wf_futex_wake(&m->park, 1);
    }
    wf_list_each (it, &wf_rt.ms) {
        m = wf_container(it, struct wf_m, all);
        if (m->pin_g) {
            atomic_store_explicit(&m->park, 1, memory_order_release);
            wf_futex_wake(&m->park, 1);
        }
    }
    wf_lock_release(&wf_rt.lock);
}
