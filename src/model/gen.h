/* SPDX-License-Identifier: MIT */
/*
 * gen.h - one generation of a trace: its blocks, strings, stacks and clock.
 */
#ifndef WF_MODEL_GEN_H
#define WF_MODEL_GEN_H
#include "model/blocks.h"

/* Where a string or a stack stands in a payload of the generation. */
struct wf_entry {
    uint32_t id, n; /* id 0: free */
    const uint8_t *at, *end;
    char *text; /* of a string, once asked for */
};

struct wf_entries {
    struct wf_entry *slot; /* open addressing, a power of two */
    uint32_t n, size;
};

struct wf_gen {
    struct wf_gen *next;
    uint32_t number;
    bool closed;    /* its CLOCK block has come */
    uint64_t bytes; /* that it holds */
    struct wf_clock_snap begin, end;
    struct wf_block **events; /* by stream and stream_seq, once sorted */
    size_t nevents, events_size;
    struct wf_block **tables; /* STRINGS and STACKS */
    size_t ntables, tables_size;
    struct wf_entries strings, stacks;
};

struct wf_gen *wf_gen_new(uint32_t number);
/* Takes the block.  0, -ENOMEM, -EBADMSG: part of it is no table (the rest is used). */
int wf_gen_add(struct wf_gen *g, struct wf_block *block);
/* When all have come: bring the blocks of each writer together, in its order. */
void wf_gen_sort(struct wf_gen *g);
/* "" when there is none; good as long as the generation. */
const char *wf_gen_string(struct wf_gen *g, uint64_t id);
/* The stack's addresses, innermost first; how many. */
size_t wf_gen_stack(const struct wf_gen *g, uint64_t id, uint64_t *pcs, size_t max);
void wf_gen_free(struct wf_gen *g);
#endif /* WF_MODEL_GEN_H */
