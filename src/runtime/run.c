/* SPDX-License-Identifier: MIT */
/*
 * run.c - the runtime's beginning and end.
 * The thread that calls weft_run is no M: it makes the first one and sleeps.  When the
 * main coroutine has returned, the monitor parts with all Ms; then everything is given
 * back, but for what threads still stand on that compute or block in user code.
 */
#include <weft/log.h>
#include <weft/run.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/addr.h"
#include "runtime/ctx.h"
#include "runtime/knobs.h"
#include "runtime/dump.h"
#include "runtime/fiber.h"
#include "runtime/futex.h"
#include "runtime/log.h"
#include "runtime/sched.h"
#include "runtime/stack.h"
#include "runtime/sysmon.h"

struct wf_rt wf_rt = { .lock = WF_LOCK_INIT(SCHED),
                       .ms = WF_LIST_INIT(wf_rt.ms),
                       .ended = WF_LIST_INIT(wf_rt.ended) };

static _Atomic bool in_use;

void weft_foreign_begin(void)
{
    atomic_fetch_add(&wf_rt.foreign, 1);
}

void weft_foreign_end(void)
{
    atomic_fetch_sub(&wf_rt.foreign, 1);
}

/* ---- fork: only to exec ---- */

static void after_fork_in_child(void)
{
    struct wf_m *m = wf_m();
    if (m) /* its next entry dies saying so */
        atomic_store(&m->pst, wf_pst(WF_PST_FORKED));
    atomic_store(&wf_rt.running, false);
    wf_trace_forked();
    wf_netpoll_forked();
    wf_fatal_hook = NULL;
}

static void once(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

/* ---- the beginning ---- */

/* A shadow stack would take our switches for attacks. */
static int check_machine(void)
{
#if defined(__x86_64__)
    enum { SHSTK_STATUS = 0x5005, SHSTK = 1 };
    unsigned long status = 0;
    if (!syscall(SYS_arch_prctl, SHSTK_STATUS, &status) && status & SHSTK) {
        fprintf(stderr, "weft: shadow stacks are on: switching stacks cannot work (run "
                        "with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)\n");
        return -ENOTSUP;
    }
#endif
    return 0;
}

static bool sound(const weft_config *c)
{
    return c->size == sizeof *c && (c->procs == WEFT_AUTO || c->procs >= 1) &&
           c->procs <= WEFT_PROCS_MAX && c->max_threads >= 1 && c->sysmon_min > 0 &&
           c->sysmon_max >= c->sysmon_min && c->thread_cache >= 0 && c->preempt >= 0 &&
           c->log_level >= WEFT_AUTO && c->log_level <= WEFT_LOG_OFF && c->fuzz >= 0 &&
           c->fuzz <= UINT32_MAX && c->stack_size >= 16384 &&
           c->stack_size <= 1 << 20 && !(c->stack_size & (c->stack_size - 1));
}

static int configure(const weft_config *config)
{
    char error[WEFT_ERROR_MAX];
    weft_config c;
    if (config) {
        if (!sound(config))
            return -EINVAL;
        c = *config;
    } else {
        weft_config_init(&c);
        if (weft_config_load(&c, error)) {
            fprintf(stderr, "weft: %s\n", error);
            return -EINVAL;
        }
    }
    wf_rt.config = c;
    wf_rt.steal = c.steal;
    wf_rt.preempt = c.preempt;
    wf_rt.stack_size = c.stack_size;
    wf_rt.fuzz = (uint32_t)c.fuzz;
    wf_log_configure(c.log_level);
    wf_set(&wf_rt.canary, c.fuzz != 0); /* each switch is looked at */
    return 0;
}

/* What a runtime before this one left in wf_rt. */
static void reset(void)
{
    uint32_t foreign = wf_get(&wf_rt.foreign);
    size_t kept = offsetof(struct wf_rt, ps);
    memset((char *)&wf_rt + kept, 0, sizeof wf_rt - kept);
    wf_lock_init(&wf_rt.lock, WF_RANK_SCHED);
    wf_list_init(&wf_rt.ms);
    wf_list_init(&wf_rt.ended);
    wf_set(&wf_rt.foreign, foreign);
    wf_rt.started = wf_clock_now();
    wf_set(&wf_rt.last_poll, wf_rt.started);
    wf_deadlock_reset();
}

static int begin(const weft_config *config)
{
    static pthread_once_t did = PTHREAD_ONCE_INIT;
    int err = check_machine();
    reset();
    if (!err)
        err = configure(config);
    if (err)
        return err;
    pthread_once(&did, once);
    wf_preempt_init();
    wf_resolve_begin();
    err = wf_stacks_init();
    if (!err)
        err = wf_pool_begin();
    if (!err)
        err = wf_g_init();
    if (!err)
        err = wf_p_init(wf_rt.config.procs == WEFT_AUTO ? wf_cpus()
                                                        : wf_rt.config.procs);
    return err;
}

/* ---- the end ---- */

static void end(void)
{
    bool left = wf_rt.ngone > 0; /* threads that are still on a stack of ours */
    wf_netpoll_end();
    wf_procs_end();
    wf_context_end();
    wf_p_fini();
    wf_stacks_fini(left);
    wf_g_fini(left);
}

void wf_run_finish(struct wf_m *m)
{
    atomic_store(&wf_rt.stopping, true);
    atomic_store(&wf_rt.done, 1);
    wf_futex_wake(&wf_rt.done, 1);
    wf_sysmon_wake();
    WF_TRACE(g_end);
    wf_g_become(m->g, WF_G_RUNNING, WF_G_DEAD);
    wf_abandon(m);
}

static void wait_until_done(void)
{
    while (!atomic_load_explicit(&wf_rt.done, memory_order_acquire)) {
#ifdef WF_TSAN
        usleep(1000); /* it runs handlers of signals only in calls that it knows */
#else
        wf_futex_wait(&wf_rt.done, 0, -1);
#endif
    }
}

static void last_words(void)
{
    wf_dump_gs(true);
    wf_trace_crash();
}

static int launch(void (*fn)(void *), void *arg, const void *spawned)
{
    wf_rt.main_spawned = spawned;
    wf_rt.main_fn = fn;
    wf_rt.main_arg = arg;
    int err = wf_trace_init(&wf_rt.config);
    if (err)
        return err;
    wf_stacks_catch();
    wf_sample_init();
    wf_signals_begin();
    wf_fatal_hook = last_words;
    atomic_store_explicit(&wf_rt.running, true, memory_order_release);
    err = wf_sysmon_start();
    if (err)
        return err;
    wf_m_start(NULL, false);
    wait_until_done();
    wf_sysmon_join();
    wf_deadlock_check_left();
    wf_fatal_hook = NULL;
    wf_signals_end();
    wf_sample_fini();
    wf_stacks_release();
    return 0;
}

int weft_run(const weft_config *config, void (*fn)(void *), void *arg)
{
    if (wf_m() || atomic_exchange(&in_use, true))
        return -EBUSY;
    int err = begin(config);
    if (!err)
        err = launch(fn, arg, __builtin_return_address(0));
    wf_trace_stop();
    end();
    atomic_store(&in_use, false);
    return err;
}
