/* SPDX-License-Identifier: MIT */
/*
 * stack.c - stacks: reserved in slabs, committed by first touch, used again while warm.
 * A slab is one mapping of many stacks, so that a million of them need few mappings.
 * A coroutine gets its stack when it first runs; who ends gives it to its P's cache,
 * last in first out, and what overflows there goes to the global list.
 */
#include "runtime/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/fiber.h"
#include "runtime/guard.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"

enum { SLAB = 256, TRIM_KEEP = 64, CANARY = 256 };

struct slab {
    struct slab *next;
    char *base;
    bool guarded;
    unsigned told[SLAB]; /* under valgrind: what it calls them */
};

/* What a free stack says of itself, in its topmost bytes: the page is warm. */
struct free_stack {
    char *next;
};

static struct {
    struct wf_lock lock;       /* rank STACKS: guards all below */
    struct slab *slabs;        /* the newest first */
    uint32_t unused;           /* stacks of the newest slab that were never used */
    char *free;                /* low ends, the warmest first */
    uint32_t nfree, nfree_min; /* now; the least since the last trim */
    uint32_t ntrimmed;         /* of the free, at the list's far end: given back */
    uint64_t nslabs, nguarded;
} stacks = { .lock = WF_LOCK_INIT(STACKS) };

int wf_stacks_init(void)
{
    stacks.unused = 0;
    return wf_guard_init(wf_rt.config.stack_guard, wf_rt.stack_size);
}

/* To valgrind: these are stacks, or no longer. */
static void announce(struct slab *slab, bool are)
{
    char *lo = slab->base;
    for (int i = 0; wf_fiber_valgrind() && i < SLAB; i++, lo += wf_rt.stack_size)
        if (are)
            slab->told[i] = wf_fiber_stack(lo, lo + wf_rt.stack_size - 1);
        else
            wf_fiber_forget(slab->told[i]);
}

void wf_stacks_fini(bool leak)
{
    while (stacks.slabs) {
        struct slab *slab = stacks.slabs;
        stacks.slabs = slab->next;
        if (!leak) {
            announce(slab, false);
            munmap(slab->base, wf_rt.stack_size * SLAB);
        }
        free(slab);
    }
    wf_big_stacks_fini(leak);
    stacks.free = NULL;
    stacks.nfree = stacks.nfree_min = stacks.ntrimmed = stacks.unused = 0;
    stacks.nslabs = stacks.nguarded = 0;
}

static struct free_stack *top_of(char *lo)
{
    return (struct free_stack *)(lo + wf_rt.stack_size - sizeof(struct free_stack));
}

static bool add_slab(void)
{
    size_t size = wf_rt.stack_size * SLAB;
    struct slab *slab = malloc(sizeof *slab);
    if (!slab)
        return false;
    slab->base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (slab->base == MAP_FAILED) {
        free(slab);
        return false;
    }
    wf_fiber_map(slab->base, size);
    /* With huge pages a first touch could commit 2 MiB. */
    madvise(slab->base, size, MADV_NOHUGEPAGE);
    slab->guarded = wf_guard_install(slab->base, wf_rt.stack_size, SLAB);
    /* To valgrind what lies below a stack pointer is not to be read. */
    if (!slab->guarded && !wf_fiber_valgrind())
        wf_set(&wf_rt.canary, true);
    announce(slab, true);
    slab->next = stacks.slabs;
    stacks.slabs = slab;
    stacks.unused = SLAB;
    stacks.nslabs++;
    stacks.nguarded += slab->guarded ? SLAB : 0;
    return true;
}

/* With the lock held: the low end of one, NULL without memory. */
static char *take_one(void)
{
    char *lo = stacks.free;
    if (lo) {
        stacks.free = top_of(lo)->next;
        if (--stacks.nfree < stacks.nfree_min)
            stacks.nfree_min = stacks.nfree;
        if (stacks.ntrimmed > stacks.nfree)
            stacks.ntrimmed = stacks.nfree;
        return lo;
    }
    if (!stacks.unused && !add_slab())
        return NULL;
    return stacks.slabs->base + (size_t)--stacks.unused * wf_rt.stack_size;
}

/* Half a cache, so that starting and ending in turn seldom gets here. */
static void refill(struct wf_p *p)
{
    wf_lock_acquire(&stacks.lock);
    while (p->nstacks < WF_STACK_CACHE / 2) {
        char *lo = take_one();
        if (!lo)
            break;
        p->stacks[p->nstacks++] = lo;
    }
    wf_lock_release(&stacks.lock);
    /* The warmest came first: it is to be used first. */
    for (uint32_t i = 0, j = p->nstacks; i + 1 < j; i++) {
        char *lo = p->stacks[i];
        p->stacks[i] = p->stacks[--j];
        p->stacks[j] = lo;
    }
}

/* The n coldest go; the caller may stand on the warmest. */
static void spill(struct wf_p *p, uint32_t n)
{
    wf_lock_acquire(&stacks.lock);
    for (uint32_t i = 0; i < n; i++) {
        top_of(p->stacks[i])->next = stacks.free;
        stacks.free = p->stacks[i];
    }
    stacks.nfree += n;
    wf_lock_release(&stacks.lock);
    wf_pool_count(&p->own[WF_OWN_stack].moved, n);
    p->nstacks -= n;
    memmove(p->stacks, p->stacks + n, p->nstacks * sizeof *p->stacks);
}

void wf_stack_give(struct wf_p *p)
{
    spill(p, p->nstacks);
}

bool wf_stack_bind(struct wf_p *p, struct wf_g *g)
{
    if (wf_unlikely(!p->nstacks)) {
        wf_pool_count(&p->own[WF_OWN_stack].misses, 1);
        refill(p);
    } else {
        wf_pool_count(&p->own[WF_OWN_stack].hits, 1);
    }
    if (wf_unlikely(!p->nstacks))
        return false;
    char *lo = p->stacks[--p->nstacks];
    g->stack_lo = lo + wf_guard_size();
    g->stack_hi = lo + wf_rt.stack_size;
    return true;
}

void wf_stack_free(struct wf_p *p, struct wf_g *g)
{
    if (wf_unlikely(p->nstacks == WF_STACK_CACHE))
        spill(p, WF_STACK_CACHE / 2);
    wf_pool_count(&p->own[WF_OWN_stack].puts, 1);
    p->stacks[p->nstacks++] = g->stack_hi - wf_rt.stack_size;
    g->stack_lo = g->stack_hi = NULL;
}

/*
 * What was free all the time since the last look is not needed: half of that goes,
 * from the cold end, unless it went before.  The topmost page stays, for it links the
 * list and is warm anyway.
 */
void wf_stacks_trim(void)
{
    wf_lock_acquire(&stacks.lock);
    uint32_t spare = stacks.nfree_min;
    uint32_t want = spare > TRIM_KEEP ? stacks.ntrimmed + (spare - stacks.ntrimmed) / 2
                                      : 0;
    size_t page = wf_guard_page();
    char *lo = stacks.free;
    for (uint32_t i = 0; want && lo && i < stacks.nfree; i++, lo = top_of(lo)->next)
        if (i >= stacks.nfree - want && i < stacks.nfree - stacks.ntrimmed)
            madvise(lo + wf_guard_size(), wf_rt.stack_size - wf_guard_size() - page,
                    MADV_DONTNEED);
    if (want > stacks.ntrimmed)
        stacks.ntrimmed = want;
    stacks.nfree_min = stacks.nfree;
    wf_lock_release(&stacks.lock);
}

/*
 * The canary are zeros that nobody wrote: reading what was never touched commits no
 * memory, so a guard by canary costs none.  Frames hold return addresses, so an
 * overflow by calls leaves something else there, unless one frame leaps over all of
 * these bytes without writing to them.
 */
bool wf_stack_broken(const struct wf_g *g)
{
    const uint64_t *low = (const uint64_t *)g->stack_lo;
    uint64_t any = 0;
    for (size_t i = 0; i < CANARY / sizeof *low; i++)
        any |= low[i];
    return any != 0;
}

void wf_stack_stats(struct wf_stack_stats *out)
{
    wf_lock_acquire(&stacks.lock);
    out->reserved = stacks.nslabs * SLAB;
    out->guarded = stacks.nguarded;
    out->guard = wf_guard_name();
    wf_lock_release(&stacks.lock);
}
