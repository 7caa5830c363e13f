/* SPDX-License-Identifier: MIT */
/*
 * guard.c - three ways to notice a stack overflow, tried in this order:
 *   1. MADV_GUARD_INSTALL (Linux 6.13): costs no mapping, one call for a whole slab;
 *   2. mprotect: two mappings for each stack, so at most as many as leave the program
 *      a quarter of vm.max_map_count;
 *   3. none: the low end is looked at when the coroutine switches (stack.c).
 */
#include "runtime/guard.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <weft/run.h>

#include "runtime/fiber.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#define PIDFD_OF_SELF (-10000) /* Linux 6.14; before, the call fails */

enum { BATCH = 256 };

static struct {
    int mode; /* enum weft_guard, not AUTO */
    size_t page, size;
    long budget; /* guards that mprotect may still make */
} guard;

static long map_limit(void)
{
    long limit = 65530;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    if (f) {
        if (fscanf(f, "%ld", &limit) != 1)
            limit = 65530;
        fclose(f);
    }
    return limit;
}

/* The kernel must agree that the page cannot be read: an emulator may say yes to any
 * advice and do nothing. */
static bool madvise_works(size_t page)
{
    if (wf_fiber_valgrind())
        return false;
    char *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
    if (at == MAP_FAILED)
        return false;
    bool works = !madvise(at, page, MADV_GUARD_INSTALL) && access(at, F_OK) &&
                 errno == EFAULT;
    munmap(at, page);
    return works;
}

int wf_guard_init(int wanted, size_t stack_size)
{
    guard.page = (size_t)sysconf(_SC_PAGESIZE);
    /* gcc probes a large frame in steps: of a page here, of 64 KiB on aarch64, where a
     * guard of that size is only affordable below larger stacks. */
    guard.size = guard.page;
#ifdef __aarch64__
    if (stack_size >= 256 * 1024)
        guard.size = 64 * 1024;
#endif
    (void)stack_size;
    guard.budget = map_limit() / 8 * 3;
    guard.mode = wanted;
    if (wanted == WEFT_GUARD_AUTO || wanted == WEFT_GUARD_MADVISE)
        guard.mode = madvise_works(guard.page) ? WEFT_GUARD_MADVISE
                                               : WEFT_GUARD_MPROTECT;
    return wanted == WEFT_GUARD_MADVISE && guard.mode != wanted ? -ENOTSUP : 0;
}

static bool by_vector(char *base, size_t stack_size, int n)
{
    struct iovec iov[BATCH];
    if (n > BATCH)
        return false;
    for (int i = 0; i < n; i++)
        iov[i] = (struct iovec){ base + (size_t)i * stack_size, guard.size };
    return syscall(SYS_process_madvise, PIDFD_OF_SELF, iov, n, MADV_GUARD_INSTALL, 0) ==
           (long)((size_t)n * guard.size);
}

static bool one_by_one(char *base, size_t stack_size, int n)
{
    for (int i = 0; i < n; i++)
        if (madvise(base + (size_t)i * stack_size, guard.size, MADV_GUARD_INSTALL))
            return false;
    return true;
}

/* A slab is guarded as a whole or not at all: take back what was made before a failure. */
static bool by_mprotect(char *base, size_t stack_size, int n)
{
    if (guard.budget < n)
        return false;
    for (int i = 0; i < n; i++) {
        if (!mprotect(base + (size_t)i * stack_size, guard.size, PROT_NONE))
            continue;
        while (i-- > 0)
            mprotect(base + (size_t)i * stack_size, guard.size, PROT_READ | PROT_WRITE);
        guard.budget = 0;
        return false;
    }
    guard.budget -= n;
    return true;
}

bool wf_guard_install(char *base, size_t stack_size, int n)
{
    if (guard.mode == WEFT_GUARD_NONE)
        return false;
    if (guard.mode == WEFT_GUARD_MADVISE &&
        (by_vector(base, stack_size, n) || one_by_one(base, stack_size, n)))
        return true;
    /* Locked memory takes no such guard. */
    return by_mprotect(base, stack_size, n);
}

const char *wf_guard_name(void)
{
    static const char *const names[] = {
        [WEFT_GUARD_AUTO] = "none",
        [WEFT_GUARD_MADVISE] = "madvise",
        [WEFT_GUARD_MPROTECT] = "mprotect",
        [WEFT_GUARD_NONE] = "none",
    };
    return names[guard.mode];
}

size_t wf_guard_size(void)
{
    return guard.mode == WEFT_GUARD_NONE ? 0 : guard.size;
}

size_t wf_guard_page(void)
{
    return guard.page;
}
