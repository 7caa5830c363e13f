/* SPDX-License-Identifier: MIT */
/*
 * gen.h - one generation of a trace: its blocks, strings, stacks and clock.
 */
#ifndef WF_MODEL_GEN_H
#define WF_MODEL_GEN_H
#include "model/blocks.h"

/* Blocks of one writer, in its order. */
struct wf_stream_part {
    uint32_t stream;
    struct wf_block *first;
};

/* Where a string or a stack stands in a payload of the generation. */
struct wf_entry {
    uint32_t id, n; /* id 0: free */
    const uint8_t *at, *end;
};

struct wf_entries {
    struct wf_entry *slot; /* open addressing, a power of two */
    uint32_t n, size;
};

struct wf_gen {
    struct wf_gen *next;
    uint32_t number;
    bool closed;   /* its CLOCK block has come */
    uint64_t from; /* offset of its first block */
    uint64_t bytes;
    struct wf_clock_snap begin, end;
    struct wf_stream_part *parts;
    size_t nparts, parts_size;
    struct wf_block *tables; /* STRINGS and STACKS */
    struct wf_entries strings, stacks;
    char text[WF_STRING_MAX + 1]; /* wf_gen_string's last */
};

struct wf_gen *wf_gen_new(uint32_t number);
/* Takes the block.  0, -ENOMEM, -EBADMSG: part of it is no table (the rest is used). */
int wf_gen_add(struct wf_gen *g, struct wf_block *block);
/* "" when there is none; good until the next call. */
const char *wf_gen_string(struct wf_gen *g, uint64_t id);
/* The stack's addresses, innermost first; how many. */
size_t wf_gen_stack(struct wf_gen *g, uint64_t id, uint64_t *pcs, size_t max);
void wf_gen_free(struct wf_gen *g);
#endif /* WF_MODEL_GEN_H */
