/* SPDX-License-Identifier: MIT */
/*
 * overflow.c - a fault in a guard page is a stack overflow: say whose.
 * The handler runs on the M's signal stack.  A fault elsewhere goes to whoever handled
 * it before, or kills as it would have.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/guard.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

static struct sigaction old_segv, old_bus;

/* No stdio here: a fault may be anywhere. */
static size_t put_text(char *line, size_t at, size_t size, const char *text)
{
    while (*text && at + 1 < size)
        line[at++] = *text++;
    return at;
}

static size_t put_number(char *line, size_t at, size_t size, uint64_t n)
{
    char digits[24];
    int i = sizeof digits - 1;
    digits[i] = 0;
    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    return put_text(line, at, size, digits + i);
}

static void report(const struct wf_g *g)
{
    char line[256];
    size_t at = put_text(line, 0, sizeof line, "weft: stack overflow in coroutine ");
    at = put_number(line, at, sizeof line, g->id);
    if (g->name) {
        at = put_text(line, at, sizeof line, " (");
        at = put_text(line, at, sizeof line, g->name);
        at = put_text(line, at, sizeof line, ")");
    }
    at = put_text(line, at, sizeof line, ": its ");
    at = put_number(line, at, sizeof line, (uint64_t)(g->stack_hi - g->stack_lo));
    at = put_text(line, at, sizeof line, " bytes are used up (see WEFT_STACK_SIZE)\n");
    ssize_t n = write(STDERR_FILENO, line, at);
    (void)n;
}

void wf_stack_overflow(const struct wf_g *g)
{
    wf_fatal("stack overflow in coroutine %llu%s%s%s: its %zu bytes are used up (see "
             "WEFT_STACK_SIZE)",
             (unsigned long long)g->id, g->name ? " (" : "", g->name ? g->name : "",
             g->name ? ")" : "", (size_t)(g->stack_hi - g->stack_lo));
}

/* In the guard below the stack of the coroutine that runs here? */
static const struct wf_g *overflown(const char *at)
{
    struct wf_m *m = wf_m();
    const struct wf_g *g = m ? m->g : NULL;
    if (g && g->stack_lo && at < g->stack_lo && at >= g->stack_lo - wf_guard_size())
        return g;
    return NULL;
}

static void pass_on(int sig, siginfo_t *info, void *context)
{
    struct sigaction *old = sig == SIGSEGV ? &old_segv : &old_bus;
    if (old->sa_flags & SA_SIGINFO)
        old->sa_sigaction(sig, info, context);
    else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN)
        old->sa_handler(sig);
    else
        sigaction(sig, old, NULL); /* it faults again, and dies */
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const struct wf_g *g = overflown(info->si_addr);
    if (!g) {
        pass_on(sig, info, context);
        return;
    }
    report(g);
    signal(sig, SIG_DFL);
    raise(sig);
}

void wf_stacks_catch(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGSEGV, &sa, &old_segv);
    sigaction(SIGBUS, &sa, &old_bus);
}

/* Unless the program took them meanwhile. */
void wf_stacks_release(void)
{
    struct sigaction now;
    if (!sigaction(SIGSEGV, NULL, &now) && now.sa_sigaction == on_fault)
        sigaction(SIGSEGV, &old_segv, NULL);
    if (!sigaction(SIGBUS, NULL, &now) && now.sa_sigaction == on_fault)
        sigaction(SIGBUS, &old_bus, NULL);
}
