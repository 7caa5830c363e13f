/* SPDX-License-Identifier: MIT */
/*
 * sample.c - where a hog is: a directed signal, whose handler walks the frame pointers
 * of the coroutine that it interrupts, and leaves them in the M for the monitor.
 * Only who computes is asked: a signal to who sleeps in the kernel would end its call.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "runtime/sched.h"
#include "runtime/sysmon.h"
#include "runtime/trace_int.h"

enum { IDLE, ASKED, ANSWERED };
enum { SIGNAL = SIGURG, MOST_ASKED = 16, ROUNDS = 1000, NOW_TRIES = 200 };

static struct sigaction old;
static struct {
    struct wf_m *m;
    uint32_t rounds; /* that we have waited for its answer */
} asked[MOST_ASKED];

/* ---- on the hog's thread ---- */

static void where(const ucontext_t *uc, uint64_t *pc, const void **frame)
{
#if defined(__x86_64__)
    *pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    *frame = (const void *)uc->uc_mcontext.gregs[REG_RBP];
#else
    *pc = uc->uc_mcontext.pc;
    *frame = (const void *)uc->uc_mcontext.regs[29];
#endif
}

static void answer(struct wf_m *m, const ucontext_t *uc)
{
    struct wf_sample *s = &m->sample;
    const struct wf_g *g = wf_get(&m->g);
    const void *frame;
    uint64_t pc, hash;
    s->n = 0;
    if (g && g->stack_lo) {
        where(uc, &pc, &frame);
        s->g = g->id;
        s->pc[0] = pc + 1; /* as if it were a return address */
        s->n = 1 + wf_unwind(frame, g->stack_lo, g->stack_hi, NULL, s->pc + 1,
                             WF_SAMPLE_PCS - 1, &hash);
    }
    atomic_store_explicit(&s->state, ANSWERED, memory_order_release);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    struct wf_m *m = wf_m();
    if (m && atomic_load_explicit(&m->sample.state, memory_order_acquire) == ASKED)
        answer(m, context);
    else if (old.sa_flags & SA_SIGINFO)
        old.sa_sigaction(sig, info, context);
    else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN)
        old.sa_handler(sig);
}

void wf_sample_init(void)
{
    struct sigaction sa = { .sa_sigaction = on_signal,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGNAL, &sa, &old);
}

/* Unless the program took it meanwhile. */
void wf_sample_fini(void)
{
    struct sigaction now;
    for (int i = 0; i < MOST_ASKED; i++)
        asked[i].m = NULL;
    if (!sigaction(SIGNAL, NULL, &now) && now.sa_sigaction == on_signal)
        sigaction(SIGNAL, &old, NULL);
}

/* ---- on the monitor's ---- */

void wf_sample_ask(struct wf_m *m)
{
    if (wf_likely(!wf_trace_on) || wf_get(&m->sample.state) != IDLE)
        return;
    for (int i = 0; i < MOST_ASKED; i++) {
        if (asked[i].m)
            continue;
        asked[i].m = m;
        asked[i].rounds = 0;
        atomic_store_explicit(&m->sample.state, ASKED, memory_order_release);
        syscall(SYS_tgkill, getpid(), wf_get(&m->tid), SIGNAL);
        return;
    }
}

uint32_t wf_sample_now(struct wf_m *m, uint64_t *pc, uint32_t max)
{
    struct wf_sample *s = &m->sample;
    uint32_t idle = IDLE, n = 0;
    if (!atomic_compare_exchange_strong(&s->state, &idle, ASKED))
        return 0;
    syscall(SYS_tgkill, getpid(), wf_get(&m->tid), SIGNAL);
    for (int i = 0; i < NOW_TRIES && wf_get(&s->state) == ASKED; i++)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ .tv_nsec = 100000 },
                        NULL);
    if (atomic_load_explicit(&s->state, memory_order_acquire) == ANSWERED)
        for (; n < s->n && n < max; n++)
            pc[n] = s->pc[n];
    atomic_store_explicit(&s->state, IDLE, memory_order_release);
    return n;
}

void wf_sample_forget(const struct wf_m *m)
{
    for (int i = 0; i < MOST_ASKED; i++)
        if (asked[i].m == m)
            asked[i].m = NULL;
}

static void tell(const struct wf_sample *s)
{
    if (!s->n || !wf_trace_on)
        return;
    struct wf_tbuf *b = wf_trace_begin_other(WF_STREAM_SYSMON);
    WF_EMIT(b, sample, .g = s->g, .p = 0, .stack = wf_trace_pcs(b, s->pc, s->n));
    wf_trace_end(b);
}

void wf_sample_tell(void)
{
    for (int i = 0; i < MOST_ASKED; i++) {
        struct wf_m *m = asked[i].m;
        if (!m)
            continue;
        if (atomic_load_explicit(&m->sample.state, memory_order_acquire) == ANSWERED)
            tell(&m->sample);
        else if (++asked[i].rounds < ROUNDS)
            continue;
        atomic_store_explicit(&m->sample.state, IDLE, memory_order_release);
        asked[i].m = NULL;
    }
}
