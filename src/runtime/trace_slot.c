/* SPDX-License-Identifier: MIT */
/*
 * trace_slot.c - the pool of slots: free ones are bits, full ones a list.
 * Writers take a free slot by clearing its bit and give a full one by pushing it; the
 * writer thread takes all full ones at once and turns them round, so what one writer
 * gave comes in that order.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/trace_int.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static struct {
    unsigned char *base;
    uint32_t n;
    _Atomic uint32_t nfree;
    _Atomic uint32_t starved;
    _Atomic uint32_t full;   /* index + 1 of the newest full slot, 0 for none */
    _Atomic uint32_t asleep; /* futex: 1 while the writer thread waits */
    uint32_t *next;          /* index + 1 of the one given before */
    _Atomic uint64_t bits[WF_SLOTS_MAX / 64];
} pool;

static struct wf_slot_head *slot_at(uint32_t i)
{
    return (struct wf_slot_head *)(pool.base + (size_t)i * WF_SLOT_SIZE);
}

static uint32_t index_of(const struct wf_slot_head *h)
{
    return (uint32_t)(((const unsigned char *)h - pool.base) / WF_SLOT_SIZE);
}

int wf_slots_map(int fd, int64_t offset, uint32_t n)
{
    size_t size = (size_t)n * WF_SLOT_SIZE;
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

    WF_CHECK(n && n <= WF_SLOTS_MAX);
    pool.next = calloc(n, sizeof *pool.next);
    if (!pool.next)
        return -ENOMEM;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, offset);
    if (base == MAP_FAILED) {
        int err = -errno;
        free(pool.next);
        return err;
    }
    /* Neither is vital: the first touch is slower, a child has the pages too. */
    madvise(base, size, MADV_POPULATE_WRITE);
    madvise(base, size, MADV_DONTFORK);
    pool.base = base;
    pool.n = n;
    memset(pool.bits, 0, sizeof pool.bits);
    for (uint32_t i = 0; i < n; i++)
        pool.bits[i / 64] |= UINT64_C(1) << i % 64;
    atomic_store(&pool.full, 0);
    atomic_store(&pool.starved, 0);
    atomic_store(&pool.nfree, n);
    return 0;
}

void wf_slots_unmap(void)
{
    munmap(pool.base, (size_t)pool.n * WF_SLOT_SIZE);
    free(pool.next);
    pool.base = NULL;
    pool.next = NULL;
    pool.n = 0;
    atomic_store(&pool.nfree, 0);
}

/* One is there for us: find it. */
static struct wf_slot_head *take_bit(void)
{
    static _Atomic uint32_t hint;
    uint32_t words = (pool.n + 63) / 64;
    for (uint32_t i = atomic_load_explicit(&hint, memory_order_relaxed) % words;;
         i = (i + 1) % words) {
        uint64_t bits = atomic_load_explicit(&pool.bits[i], memory_order_relaxed);
        while (bits) {
            uint64_t bit = bits & -bits;
            if (atomic_fetch_and_explicit(&pool.bits[i], ~bit, memory_order_acquire) &
                bit) {
                atomic_store_explicit(&hint, i, memory_order_relaxed);
                return slot_at(i * 64 + (uint32_t)__builtin_ctzll(bit));
            }
            bits &= ~bit;
        }
    }
}

struct wf_slot_head *wf_slot_get(const struct wf_block_head *block)
{
    uint32_t kept = pool.n < 16 ? 1 : 4;
    uint32_t spare = block->type == WF_BLOCK_EVENTS ? kept : 0;
    uint32_t nfree = atomic_load_explicit(&pool.nfree, memory_order_relaxed);
    do {
        if (nfree <= spare) {
            atomic_store_explicit(&pool.starved, 1, memory_order_relaxed);
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        &pool.nfree, &nfree, nfree - 1, memory_order_acquire, memory_order_relaxed));
    struct wf_slot_head *h = take_bit();
    h->magic = WF_SLOT_MAGIC;
    h->does = h->pad = 0;
    h->block = *block;
    atomic_store_explicit(&h->committed, 0, memory_order_relaxed);
    atomic_store_explicit(&h->nevents, 0, memory_order_relaxed);
    atomic_store_explicit(&h->last_ts, block->first_ts, memory_order_relaxed);
    atomic_store_explicit(&h->state, WF_SLOT_WRITING, memory_order_release);
    return h;
}

void wf_slot_free(struct wf_slot_head *h)
{
    uint32_t i = index_of(h);
    atomic_store_explicit(&h->state, WF_SLOT_FREE, memory_order_relaxed);
    atomic_fetch_or_explicit(&pool.bits[i / 64], UINT64_C(1) << i % 64,
                             memory_order_release);
    atomic_fetch_add_explicit(&pool.nfree, 1, memory_order_release);
}

/* The writer thread sets asleep, then looks for full slots; we push, then look whether
 * it sleeps. */
void wf_slots_poke(void)
{
    if (atomic_load(&pool.asleep) && atomic_exchange(&pool.asleep, 0))
        syscall(SYS_futex, &pool.asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void wf_slot_full(struct wf_slot_head *h)
{
    uint32_t i = index_of(h),
             was = atomic_load_explicit(&pool.full, memory_order_relaxed);
    atomic_store_explicit(&h->state, WF_SLOT_FULL, memory_order_relaxed);
    do {
        pool.next[i] = was;
    } while (!atomic_compare_exchange_weak(&pool.full, &was, i + 1));
    wf_slots_poke();
}

struct wf_slot_head *wf_slots_take(void)
{
    uint32_t at = atomic_exchange(&pool.full, 0), oldest = 0;
    while (at) {
        uint32_t before = pool.next[at - 1];
        pool.next[at - 1] = oldest;
        oldest = at;
        at = before;
    }
    return oldest ? slot_at(oldest - 1) : NULL;
}

struct wf_slot_head *wf_slot_next(const struct wf_slot_head *h)
{
    uint32_t next = pool.next[index_of(h)];
    return next ? slot_at(next - 1) : NULL;
}

bool wf_slots_starved(void)
{
    return atomic_load_explicit(&pool.starved, memory_order_relaxed) &&
           atomic_exchange_explicit(&pool.starved, 0, memory_order_relaxed);
}

void wf_slots_wait(int64_t ns)
{
    struct timespec ts = wf_ns_timespec(ns > 0 ? ns : 0);
    atomic_store(&pool.asleep, 1);
    if (!atomic_load(&pool.full) && ns > 0)
        syscall(SYS_futex, &pool.asleep, FUTEX_WAIT_PRIVATE, 1, &ts, NULL, 0);
    atomic_store(&pool.asleep, 0);
}
