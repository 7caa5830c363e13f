/* SPDX-License-Identifier: MIT */
/*
 * bigstack.c - a function called on a large stack, by a coroutine that goes on with it.
 * The coroutine stays the same one: while the call lasts the large stack is its stack for
 * all who ask (overflow, tracer, sanitizers), and what lies at the top of its own stays
 * there.  Large stacks are kept for the next call; each second the depths of those that
 * nobody uses go back to the kernel.
 */
#include <weft/coro.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "runtime/fiber.h"
#include "runtime/guard.h"
#include "runtime/sched.h"
#include "runtime/stack.h"

enum {
    SIZE = 8 << 20, /* of address space, as the first thread of a process has it */
    KEEP = 16,      /* at most, while nobody uses them */
    WARM = 64 << 10 /* bytes of each that stay with it */
};

struct wf_big_stack {
    struct wf_list link; /* in bigs.free or bigs.used */
    char *base;
    char *lo, *hi; /* of the coroutine's own stack meanwhile */
    bool trimmed;
    unsigned told; /* under valgrind: what it calls it */
};

static struct {
    struct wf_lock lock;       /* rank STACKS: guards all below */
    struct wf_list free, used; /* the warmest first */
    uint32_t nfree;
} bigs = { .lock = WF_LOCK_INIT(STACKS),
           .free = WF_LIST_INIT(bigs.free),
           .used = WF_LIST_INIT(bigs.used) };

static struct wf_big_stack *of(struct wf_list *link)
{
    return wf_container(link, struct wf_big_stack, link);
}

static struct wf_big_stack *map_new(void)
{
    struct wf_big_stack *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->base = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (b->base == MAP_FAILED) {
        free(b);
        return NULL;
    }
    wf_fiber_map(b->base, SIZE);
    madvise(b->base, SIZE, MADV_NOHUGEPAGE);
    b->told = wf_fiber_stack(b->base, b->base + SIZE - 1);
    if (!wf_guard_size() || mprotect(b->base, wf_guard_size(), PROT_NONE))
        wf_set(&wf_rt.canary, true);
    return b;
}

static void unmap(struct wf_big_stack *b)
{
    wf_fiber_forget(b->told);
    munmap(b->base, SIZE);
    free(b);
}

static struct wf_big_stack *take(void)
{
    wf_lock_acquire(&bigs.lock);
    struct wf_big_stack *b = NULL;
    if (bigs.nfree) {
        b = of(wf_list_pop(&bigs.free));
        bigs.nfree--;
    }
    wf_lock_release(&bigs.lock);
    if (!b && !(b = map_new()))
        return NULL;
    b->trimmed = false;
    wf_lock_acquire(&bigs.lock);
    wf_list_push_back(&bigs.used, &b->link);
    wf_lock_release(&bigs.lock);
    return b;
}

static void give(struct wf_big_stack *b)
{
    wf_lock_acquire(&bigs.lock);
    bool enough = bigs.nfree == KEEP;
    wf_list_remove(&b->link);
    if (!enough) {
        wf_list_push_front(&bigs.free, &b->link);
        bigs.nfree++;
    }
    wf_lock_release(&bigs.lock);
    if (enough)
        unmap(b);
}

void wf_big_stacks_trim(void)
{
    wf_lock_acquire(&bigs.lock);
    wf_list_each (link, &bigs.free) {
        struct wf_big_stack *b = of(link);
        if (b->trimmed)
            break; /* and all behind it */
        b->trimmed = true;
        madvise(b->base + wf_guard_size(), SIZE - wf_guard_size() - WARM,
                MADV_DONTNEED);
    }
    wf_lock_release(&bigs.lock);
}

void wf_big_stacks_fini(bool leak)
{
    wf_list_each_safe (link, &bigs.free)
        unmap(of(link));
    wf_list_each_safe (link, &bigs.used) {
        if (!leak)
            munmap(of(link)->base, SIZE);
        free(of(link));
    }
    wf_list_init(&bigs.free);
    wf_list_init(&bigs.used);
    bigs.nfree = 0;
}

char *wf_big_stack_own_hi(const struct wf_big_stack *b)
{
    return b->hi;
}

struct call {
    void (*fn)(void *);
    void *arg;
    void *fake; /* the sanitizer's, of the stack that was left */
};

/* On the large stack.  The coroutine may be on another thread when fn returns. */
static void run(void *arg)
{
    struct call *c = arg;
    wf_fiber_arrive(NULL);
    wf_leave();
    c->fn(c->arg);
    struct wf_g *g = wf_enter()->g;
    struct wf_big_stack *b = g->big;
    wf_fiber_leave(NULL, b->lo, b->hi, g->fiber);
}

int weft_on_big_stack(void (*fn)(void *), void *arg)
{
    struct wf_m *m = wf_enter();
    struct call call = { .fn = fn, .arg = arg };
    if (!m || m->g->big) {
        wf_leave();
        fn(arg);
        return 0;
    }
    struct wf_g *g = m->g;
    struct wf_big_stack *b = take();
    if (!b) {
        wf_leave();
        return -ENOMEM;
    }
    b->lo = g->stack_lo;
    b->hi = g->stack_hi;
    g->big = b;
    g->stack_lo = b->base + wf_guard_size();
    g->stack_hi = b->base + SIZE;
    wf_fiber_leave(&call.fake, g->stack_lo, g->stack_hi, g->fiber);
    wf_call_on(g->stack_hi, run, &call);
    wf_fiber_arrive(call.fake);
    g->stack_lo = b->lo;
    g->stack_hi = b->hi;
    g->big = NULL;
    give(b);
    wf_leave();
    return 0;
}
