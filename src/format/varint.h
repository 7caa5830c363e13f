/* SPDX-License-Identifier: MIT */
/*
 * varint.h - unsigned LEB128: seven bits a byte, least significant first.
 * A value takes at most 10 bytes; the writer makes room beforehand, the reader trusts
 * nothing.  Signed values are folded (zigzag) so that small ones stay short.
 */
#ifndef WF_FORMAT_VARINT_H
#define WF_FORMAT_VARINT_H
#include <stddef.h>
#include <stdint.h>

enum { WF_VARINT_MAX = 10 };

static inline uint8_t *wf_varint_put(uint8_t *w, uint64_t v)
{
    while (v >= 0x80) {
        *w++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *w++ = (uint8_t)v;
    return w;
}

/* The byte after the varint, or NULL: cut off, over 10 bytes, over 64 bits, or r NULL.
 */
static inline const uint8_t *wf_varint_get(const uint8_t *r, const uint8_t *end,
                                           uint64_t *v)
{
    uint64_t x = 0;

    if (!r)
        return NULL;
    for (unsigned shift = 0; r < end && shift < 70; shift += 7) {
        uint64_t byte = *r++;
        if (shift == 63 && byte > 1)
            return NULL;
        x |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *v = x;
            return r;
        }
    }
    return NULL;
}

static inline uint64_t wf_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t wf_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
#endif /* WF_FORMAT_VARINT_H */
