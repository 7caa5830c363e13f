/* SPDX-License-Identifier: MIT */
/*
 * mutate.h - change a trace at random, and mend its sums so that the parsers behind them
 * see the change.
 */
#ifndef WEFT_TESTS_MODEL_MUTATE_H
#define WEFT_TESTS_MODEL_MUTATE_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/block.h"

static inline uint64_t mutate_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Make every block's sums, and the header's, those of what is there now. */
static inline void mutate_mend(uint8_t *bytes, size_t size)
{
    struct wf_file_header h;
    struct wf_block_head b;

    if (size < WF_FILE_HEADER)
        return;
    memcpy(&h, bytes, sizeof h);
    h.sum = wf_file_header_sum(&h);
    memcpy(bytes, &h, sizeof h);
    for (size_t at = WF_FILE_HEADER; at + sizeof b <= size; at += 8) {
        memcpy(&b, bytes + at, sizeof b);
        if (b.magic != WF_BLOCK_MAGIC || b.head_len < sizeof b)
            continue;
        size_t payload = at + b.head_len;
        if (payload <= size && b.payload_len <= size - payload)
            b.payload_sum = wf_sum(bytes + payload, b.payload_len);
        b.head_sum = wf_block_head_sum(&b);
        memcpy(bytes + at, &b, sizeof b);
    }
}

/* A number that breaks things. */
static inline uint64_t mutate_number(uint64_t *seed)
{
    static const uint64_t numbers[] = { 0,
                                        1,
                                        2,
                                        7,
                                        8,
                                        0x7f,
                                        0x80,
                                        0xff,
                                        0x7fff,
                                        0xffff,
                                        0x10000,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        UINT64_C(0x100000000),
                                        UINT64_C(0x7fffffffffffffff),
                                        UINT64_C(0x8000000000000000),
                                        UINT64_MAX };
    return numbers[mutate_random(seed) % (sizeof numbers / sizeof *numbers)];
}

/* Some changes; the new size. */
static inline size_t mutate(uint8_t *bytes, size_t size, uint64_t *seed)
{
    unsigned n = 1 + (unsigned)(mutate_random(seed) % 8);

    while (n-- && size > 16) {
        uint64_t what = mutate_random(seed) % 10, number = mutate_number(seed);
        /* The header's page is mostly empty: half of all changes lie behind it. */
        size_t from = mutate_random(seed) % 2 && size > WF_FILE_HEADER + 16
                          ? WF_FILE_HEADER
                          : 0;
        size_t room = from ? size - from : size < 160 ? size : 160;
        size_t at = from + mutate_random(seed) % room,
               width = 1u << mutate_random(seed) % 4;
        if (width > size - at)
            width = size - at;
        if (what < 4) {
            bytes[at] ^= (uint8_t)(1u << mutate_random(seed) % 8);
        } else if (what < 7) {
            memcpy(bytes + at, &number, width);
        } else if (what < 8) {
            size_t other = from + mutate_random(seed) % room;
            size_t length = mutate_random(seed) % 300;
            size_t most = size - (other > at ? other : at);
            memmove(bytes + at, bytes + other, length < most ? length : most);
        } else if (what < 9) {
            for (size_t i = 0; i < width * 4 && at + i < size; i++)
                bytes[at + i] = (uint8_t)mutate_random(seed);
        } else if (mutate_random(seed) % 4 == 0) {
            size = at > 16 ? at : size;
        }
    }
    if (mutate_random(seed) % 8)
        mutate_mend(bytes, size);
    return size;
}
#endif /* WEFT_TESTS_MODEL_MUTATE_H */
