/* SPDX-License-Identifier: MIT */
/*
 * unwind.c - the stack by its frame pointers, and its hash, in one pass.
 * Trusted is only what lies on the stack we were given: a function without a frame
 * pointer ends the walk or is left out of it, no more.
 */
#include "runtime/trace_int.h"

WF_HIDDEN uint64_t wf_unwind_key = 0x9e3779b97f4a7c15;

static inline uint64_t mix(uint64_t hash, uint64_t pc)
{
    hash = (hash ^ pc) * 0xff51afd7ed558ccd;
    return hash ^ hash >> 32;
}

uint64_t wf_unwind_hash(const uint64_t *pc, uint32_t n)
{
    uint64_t hash = wf_unwind_key;
    for (uint32_t i = 0; i < n; i++)
        hash = mix(hash, pc[i]);
    return hash;
}

__attribute__((no_sanitize("address", "thread", "undefined"))) uint32_t wf_unwind(
    const void *frame, const char *lo, const char *hi, const void *from, uint64_t *pc,
    uint32_t max, uint64_t *hash)
{
    uintptr_t at = (uintptr_t)frame;
    uint64_t h = wf_unwind_key;
    uint32_t n = 0;

    /* { frame pointer of the caller, return address } */
    while (at >= (uintptr_t)lo && at < (uintptr_t)hi &&
           (uintptr_t)hi - at >= 2 * sizeof at && !(at % sizeof at)) {
        const uintptr_t *words = (const uintptr_t *)at;
        uintptr_t back = words[1];
        if (!back || n == max)
            break;
        if (from && back == (uintptr_t)from) {
            n = 0;
            h = wf_unwind_key;
            from = NULL;
        }
        pc[n++] = back;
        h = mix(h, back);
        if (words[0] <= at)
            break;
        at = words[0];
    }
    *hash = h;
    return n;
}
