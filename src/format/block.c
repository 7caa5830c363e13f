/* SPDX-License-Identifier: MIT */
/* block.c - sums and checks of headers. */
#include "format/block.h"

#include <string.h>
#include <xxhash.h>

uint32_t wf_sum(const void *bytes, size_t size)
{
    return (uint32_t)XXH3_64bits(bytes, size);
}

uint32_t wf_file_header_sum(const struct wf_file_header *h)
{
    struct wf_file_header copy = *h;

    copy.index_off = 0;
    copy.errors = 0;
    return wf_sum(&copy, offsetof(struct wf_file_header, sum));
}

uint32_t wf_block_head_sum(const struct wf_block_head *h)
{
    struct wf_block_head copy = *h;

    copy.head_sum = 0;
    return wf_sum(&copy, sizeof copy);
}

void wf_block_seal(struct wf_block_head *h, const void *payload, uint32_t payload_len)
{
    h->magic = WF_BLOCK_MAGIC;
    h->head_len = sizeof *h;
    h->payload_len = payload_len;
    h->payload_sum = wf_sum(payload, payload_len);
    h->head_sum = wf_block_head_sum(h);
}

const char *wf_file_header_check(const struct wf_file_header *h, size_t have)
{
    if (have < sizeof h->magic || memcmp(h->magic, WF_FILE_MAGIC, sizeof h->magic) != 0)
        return "not a weft trace";
    if (have < WF_FILE_HEADER)
        return "cut off within the header";
    if (h->major != WF_FORMAT_MAJOR)
        return "written by a version with another format";
    if (h->incompat)
        return "needs a feature that this version lacks";
    if (h->header_len != WF_FILE_HEADER || h->sum != wf_file_header_sum(h))
        return "damaged header";
    return NULL;
}

const char *wf_block_head_check(const struct wf_block_head *h)
{
    if (h->magic != WF_BLOCK_MAGIC)
        return "no block here";
    if (h->head_sum != wf_block_head_sum(h))
        return "damaged block head";
    if (h->head_len < sizeof *h || h->head_len > WF_FILE_HEADER || h->head_len % 8)
        return "block head of a strange length";
    if (h->payload_len > WF_PAYLOAD_MAX)
        return "block too large";
    return NULL;
}

const char *wf_block_type_name(unsigned type)
{
    switch (type) {
#define TYPE(n, name, doc)                                                             \
    case n:                                                                            \
        return #name;
        WF_BLOCK_TYPES(TYPE)
#undef TYPE
    }
    return NULL;
}
