/* SPDX-License-Identifier: MIT */
/*
 * signal.c - what signals do: go to channels, or print what goes on.
 * The handler notes that a signal came and wakes the monitor, which does the rest.  It
 * runs on threads of the program, for ours have these signals blocked.
 */
#include <weft/signal.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "runtime/chan.h"
#include "runtime/dump.h"
#include "runtime/sched.h"
#include "runtime/sysmon.h"

enum { SIGNALS = 64, CHANNELS = 256 };

typedef uint64_t set; /* bit n - 1 is signal n */

static set bit(int sig)
{
    return (set)1 << (sig - 1);
}

static void print_state(void)
{
    wf_dump_sched(true);
}

static void print_and_end(void)
{
    sigset_t quit;
    wf_dump_say("weft: SIGQUIT: what each coroutine does");
    if (wf_fatal_hook)
        wf_fatal_hook();
    signal(SIGQUIT, SIG_DFL);
    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    pthread_sigmask(SIG_UNBLOCK, &quit, NULL);
    raise(SIGQUIT);
}

/* What weft does itself with signals that the program leaves alone. */
static const struct own {
    int sig;
    void (*act)(void);
} owns[] = {
    { SIGUSR1, print_state },
    { SIGQUIT, print_and_end },
};
enum { OWNS = sizeof owns / sizeof *owns };

static struct {
    _Atomic set came; /* since the monitor looked */

    struct wf_lock lock; /* rank SIGNAL: guards all below */
    int n;
    struct {
        weft_chan *ch;
        set wanted;
    } to[CHANNELS];
    set caught, own; /* our handler is there; and nobody but us wanted it */
    struct sigaction old[SIGNALS];
} signals = { .lock = WF_LOCK_INIT(SIGNAL) };

static void on_signal(int sig)
{
    int saved = errno;
    atomic_fetch_or(&signals.came, bit(sig));
    wf_sysmon_wake();
    errno = saved;
}

/* ---- with the lock held ---- */

static void catch (int sig)
{
    struct sigaction sa = { .sa_handler = on_signal,
                            .sa_flags = SA_RESTART | SA_ONSTACK };
    sigemptyset(&sa.sa_mask);
    if (!(signals.caught & bit(sig)) && !sigaction(sig, &sa, &signals.old[sig - 1]))
        signals.caught |= bit(sig);
}

/* Unless the program took it meanwhile. */
static void release(int sig)
{
    struct sigaction now;
    if (signals.caught & bit(sig) && !sigaction(sig, NULL, &now) &&
        now.sa_handler == on_signal)
        sigaction(sig, &signals.old[sig - 1], NULL);
    signals.caught &= ~bit(sig);
}

static set all_wanted(void)
{
    set all = 0;
    for (int i = 0; i < signals.n; i++)
        all |= signals.to[i].wanted;
    return all;
}

/* Who is caught and neither wanted nor ours goes back to what it was. */
static void settle(void)
{
    set wanted = all_wanted() | signals.own;
    for (int sig = 1; sig <= SIGNALS; sig++) {
        if (wanted & bit(sig))
            catch (sig);
        else
            release(sig);
    }
}

/* ---- the monitor's part ---- */

static void pass_on(set came)
{
    for (int sig = 1; sig <= SIGNALS; sig++)
        for (int i = 0; i < signals.n && came & bit(sig); i++)
            if (signals.to[i].wanted & bit(sig))
                weft_chan_send(signals.to[i].ch, &sig, 0);
}

void wf_signals_serve(void)
{
    if (wf_likely(!atomic_load_explicit(&signals.came, memory_order_relaxed)))
        return;
    set came = atomic_exchange(&signals.came, 0);
    wf_lock_acquire(&signals.lock);
    pass_on(came);
    set ours = came & signals.own & ~all_wanted();
    wf_lock_release(&signals.lock);
    for (int i = 0; i < OWNS; i++)
        if (ours & bit(owns[i].sig))
            owns[i].act();
}

void wf_signals_begin(void)
{
    struct sigaction now;
    wf_lock_acquire(&signals.lock);
    for (int i = 0; i < OWNS; i++)
        if (!sigaction(owns[i].sig, NULL, &now) && !(now.sa_flags & SA_SIGINFO) &&
            now.sa_handler == SIG_DFL)
            signals.own |= bit(owns[i].sig);
    settle();
    wf_lock_release(&signals.lock);
}

void wf_signals_end(void)
{
    wf_lock_acquire(&signals.lock);
    signals.n = 0;
    signals.own = 0;
    settle();
    atomic_store(&signals.came, 0);
    wf_lock_release(&signals.lock);
}

bool wf_signals_came(void)
{
    return atomic_load(&signals.came) != 0;
}

bool wf_signals_wanted(void)
{
    return __atomic_load_n(&signals.n, __ATOMIC_RELAXED) > 0;
}

/* ---- the program's ---- */

static bool can_be_had(int sig)
{
    static const int not [] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,
                                SIGFPE,  SIGILL,  SIGTRAP, SIGURG };
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (sig == not [i])
            return false;
    /* The C library keeps the first real-time ones. */
    return sig >= 1 && sig <= SIGNALS && (sig < 32 || sig >= SIGRTMIN);
}

/* The place of ch, a new one if it has none; -1: there is no room. */
static int place_of(weft_chan *ch)
{
    int i = 0;
    while (i < signals.n && signals.to[i].ch != ch)
        i++;
    if (i == CHANNELS)
        return -1;
    if (i == signals.n) {
        signals.to[i].ch = ch;
        signals.to[i].wanted = 0;
        __atomic_store_n(&signals.n, i + 1, __ATOMIC_RELAXED);
    }
    return i;
}

int weft_signal_notify(weft_chan *ch, const int *sigs, int n)
{
    set wanted = 0;
    if (ch->elem_size != sizeof(int))
        return -EINVAL;
    for (int i = 0; i < n; i++) {
        if (!can_be_had(sigs[i]))
            return -EINVAL;
        wanted |= bit(sigs[i]);
    }
    wf_enter_emit();
    wf_lock_acquire(&signals.lock);
    int i = place_of(ch);
    if (i >= 0) {
        signals.to[i].wanted |= wanted;
        settle();
    }
    wf_lock_release(&signals.lock);
    wf_leave();
    return i < 0 ? -ENOSPC : 0;
}

void weft_signal_stop(weft_chan *ch)
{
    wf_enter_emit();
    wf_lock_acquire(&signals.lock);
    for (int i = 0; i < signals.n; i++)
        if (signals.to[i].ch == ch) {
            signals.to[i] = signals.to[signals.n - 1];
            __atomic_store_n(&signals.n, signals.n - 1, __ATOMIC_RELAXED);
            break;
        }
    settle();
    wf_lock_release(&signals.lock);
    wf_leave();
}
