/* SPDX-License-Identifier: MIT */
/*
 * backtrace.c - the stack by libunwind on x86-64, else by frame pointers; and names.
 * What is linked with weft need not have frame pointers.  libunwind keeps what it learned
 * of each function, so a frame costs some tens of ns from the second time on.
 */
#include "runtime/backtrace.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "runtime/fiber.h"
#include "runtime/runtime.h"
#include "runtime/trace_int.h"

#ifdef HAVE_UNWIND
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#endif

/* Own frames above `from`, and those of a coroutine's beginning. */
enum { ABOVE = 6, BELOW = 2, MOST = 64, ENTRY_BYTES = 32 };

#if defined(HAVE_UNWIND) && defined(__x86_64__)
static size_t walk_by_steps(void **pc, size_t n)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t ip;
    size_t got = 0;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    while (got < n && unw_step(&cursor) > 0 && !unw_get_reg(&cursor, UNW_REG_IP, &ip))
        pc[got++] = (void *)(uintptr_t)ip;
    return got;
}

/*
 * unw_backtrace is quicker, but takes the frame between two stacks for a signal's.  And
 * what it keeps for a thread it frees when that ends, with a lock: later than
 * ThreadSanitizer can bear.
 */
static size_t walk(void **pc, size_t n)
{
    const struct wf_g *g = wf_g();
    bool steps = g && g->big;
#ifdef WF_TSAN
    steps = true;
#endif
    int got = steps ? (int)walk_by_steps(pc, n) : unw_backtrace(pc, (int)n);
    return got > 0 ? (size_t)got : 0;
}
#else
/* By frame pointers, which aarch64 has everywhere: there libunwind takes more than a stack
 * of 16 KiB has. */
static size_t walk(void **pc, size_t n)
{
    static __thread char *lo, *hi; /* of this thread, if it is no M's */
    const struct wf_m *m = wf_m();
    const struct wf_g *g = wf_g();
    pthread_attr_t attr;
    uint64_t hash;
    if (!m && !hi && !pthread_getattr_np(pthread_self(), &attr)) {
        void *base = NULL;
        size_t size = 0;
        pthread_attr_getstack(&attr, &base, &size);
        pthread_attr_destroy(&attr);
        lo = base;
        hi = lo + size;
    }
    _Static_assert(sizeof *pc == sizeof(uint64_t), "an address fills a word");
    const char *low = g ? g->stack_lo : m ? m->stack_lo : lo;
    const char *high = g ? g->stack_hi : m ? m->stack_hi : hi;
    return wf_unwind(__builtin_frame_address(0), low, high, NULL, (uint64_t *)pc,
                     (uint32_t)n, &hash);
}
#endif

/* Without wf_g_entry and what it calls, which are nobody's business. */
static size_t cut_entry(void **pc, size_t n)
{
    uintptr_t entry = (uintptr_t)wf_g_entry;
    for (size_t i = n > BELOW ? n - BELOW : 0; i < n; i++)
        if ((uintptr_t)pc[i] >= entry && (uintptr_t)pc[i] < entry + ENTRY_BYTES)
            return i > 1 ? i - 1 : 0;
    return n;
}

__attribute__((noinline)) size_t wf_backtrace(const void *from, void **pc, size_t n)
{
    void *all[MOST];
    size_t want = n + ABOVE + BELOW < MOST ? n + ABOVE + BELOW : MOST;
    size_t got = walk(all, want), first = 0;
    got = cut_entry(all, got);
    for (size_t i = 0; i < got && i < ABOVE && !first; i++)
        if (all[i] == from)
            first = i;
    got = got - first < n ? got - first : n;
    memcpy(pc, all + first, got * sizeof *pc);
    return got;
}

#ifdef HAVE_UNWIND
static void set_context(unw_context_t *c, const struct wf_ctx *at)
{
    memset(c, 0, sizeof *c);
#if defined(__x86_64__)
    c->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)at->pc;
    c->uc_mcontext.gregs[REG_RSP] = (greg_t)(uintptr_t)at->sp;
    c->uc_mcontext.gregs[REG_RBP] = (greg_t)(uintptr_t)at->fp;
#else
    c->uc_mcontext.pc = (uintptr_t)at->pc;
    c->uc_mcontext.sp = (uintptr_t)at->sp;
    c->uc_mcontext.regs[29] = (uintptr_t)at->fp;
#endif
}

size_t wf_backtrace_parked(const struct wf_ctx *at, void **pc, size_t n)
{
    unw_context_t context;
    unw_cursor_t cursor;
    unw_word_t ip;
    size_t got = 0;
    set_context(&context, at);
    if (unw_init_local(&cursor, &context))
        return 0;
    do {
        if (unw_get_reg(&cursor, UNW_REG_IP, &ip))
            break;
        pc[got++] = (void *)(uintptr_t)ip;
    } while (got < n && unw_step(&cursor) > 0);
    return cut_entry(pc, got);
}
#else
size_t wf_backtrace_parked(const struct wf_ctx *at, void **pc, size_t n)
{
    (void)at, (void)pc, (void)n;
    return 0;
}
#endif

/* ---- names ---- */

/*
 * libunwind maps the file and reads its whole table for each name: 100 us.  So what was
 * found is kept for ever, as far as the places of this table go; a place is filled once.
 */
enum { KEPT = 4096, NAME_ROOM = WF_SYMBOL_ROOM - 24 };

struct kept {
    const void *pc, *base; /* of the file: where it lies now */
    size_t offset;
    char name[];
};

static _Atomic(struct kept *) kept[KEPT];

#ifdef HAVE_UNWIND
/* Also what is not exported, from the file's own table. */
static bool look_up(const void *pc, char name[NAME_ROOM], size_t *offset)
{
    unw_word_t off = 0;
    unw_accessors_t *a = unw_get_accessors(unw_local_addr_space);
    if (!a || !a->get_proc_name)
        return false;
    int err = a->get_proc_name(unw_local_addr_space, (unw_word_t)(uintptr_t)pc - 1,
                               name, NAME_ROOM, &off, NULL);
    *offset = (size_t)off + 1;
    return !err || err == -UNW_ENOMEM; /* the beginning of a long name will do */
}
#else
static bool look_up(const void *pc, char name[NAME_ROOM], size_t *offset)
{
    (void)pc, (void)name, (void)offset;
    return false;
}
#endif

static void keep(_Atomic(struct kept *) *place, const void *pc, const void *base,
                 const char *name, size_t offset)
{
    size_t size = strlen(name) + 1;
    struct kept *none = NULL, *k = malloc(sizeof *k + size);
    if (!k)
        return;
    *k = (struct kept){ .pc = pc, .base = base, .offset = offset };
    memcpy(k->name, name, size);
    if (!atomic_compare_exchange_strong(place, &none, k))
        free(k);
}

static bool name_of(const void *pc, const void *base, char name[NAME_ROOM],
                    size_t *offset)
{
    uint64_t hash = (uintptr_t)pc * UINT64_C(0x9e3779b97f4a7c15);
    _Atomic(struct kept *) *place = &kept[hash >> 32 & (KEPT - 1)];
    const struct kept *k = atomic_load_explicit(place, memory_order_acquire);
    if (k && k->pc == pc && k->base == base) {
        snprintf(name, NAME_ROOM, "%s", k->name);
        *offset = k->offset;
        return *name;
    }
    *name = '\0';
    bool known = look_up(pc, name, offset);
    if (!k)
        keep(place, pc, base, known ? name : "", known ? *offset : 0);
    return known && *name;
}

void wf_symbolise(const void *pc, struct wf_symbol *out)
{
    Dl_info info = { 0 };
    char name[NAME_ROOM];
    size_t offset;
    bool known = dladdr((const char *)pc - 1, &info) && info.dli_fname;
    const char *base = known ? info.dli_fbase : NULL;
    const char *file = known ? strrchr(info.dli_fname, '/') : NULL;
    file = file ? file + 1 : known ? info.dli_fname : "";
    snprintf(out->in, sizeof out->in, "%s", file);
    if (known && info.dli_sname)
        snprintf(out->at, sizeof out->at, "%.*s+%#zx", (int)sizeof name, info.dli_sname,
                 (size_t)((const char *)pc - (const char *)info.dli_saddr));
    else if (known && name_of(pc, base, name, &offset))
        snprintf(out->at, sizeof out->at, "%s+%#zx", name, offset);
    else
        snprintf(out->at, sizeof out->at, "+%#zx", (size_t)((const char *)pc - base));
}
