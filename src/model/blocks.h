/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - a trace as a row of sound blocks: from a file or a pipe, past every damage.
 */
#ifndef WF_MODEL_BLOCKS_H
#define WF_MODEL_BLOCKS_H
#include <stdbool.h>
#include <sys/types.h>

#include "format/block.h"

struct wf_block {
    struct wf_block_head head;
    uint64_t order; /* when it came */
    bool recovered; /* from the pool of a killed program: no sum vouches for it */
    bool damaged;   /* its head is sound, its payload is not and was left out */
    bool taken;     /* of a slot: given out, or found in the body */
    uint8_t payload[];
};

struct wf_blocks;

/* A hole between blocks: what could not be read. */
struct wf_hole {
    uint64_t at, bytes; /* that are no block */
    uint64_t blocks;    /* missing by their number */
};

/*
 * Open path, "-" for standard input.  0, or -errno with error filled in: not a trace,
 * another format, nothing there.  header is then the file's.
 */
int wf_blocks_open(const char *path, struct wf_blocks **out, char error[static 256]);
const struct wf_file_header *wf_blocks_header(const struct wf_blocks *b);
/*
 * The next block: 1 (*out is the caller's, to free), 0 at the end, -errno.  A hole
 * passed on the way is told to on_hole first.  What only the pool has comes last.  After
 * END nothing is looked at.
 */
int wf_blocks_next(struct wf_blocks *b, struct wf_block **out,
                   void (*on_hole)(void *arg, const struct wf_hole *hole), void *arg,
                   char error[static 256]);
/* A block of the pool that has not come, of this generation or before; NULL: none. */
struct wf_block *wf_blocks_slot(struct wf_blocks *b, uint32_t generation);
/* The last block was the file's END. */
bool wf_blocks_complete(const struct wf_blocks *b);
/* Bytes read so far, and the trace's size (0 for a pipe). */
uint64_t wf_blocks_read(const struct wf_blocks *b);
uint64_t wf_blocks_size(const struct wf_blocks *b);
bool wf_blocks_seekable(const struct wf_blocks *b);
/* Go on from this offset.  -ESPIPE for a pipe. */
int wf_blocks_seek(struct wf_blocks *b, uint64_t offset);
/* Only the head at or after *at, which becomes where it is: 1, 0 at the end, -errno. */
int wf_blocks_hop(struct wf_blocks *b, uint64_t *at, struct wf_block_head *head);
/* The block at an offset of a file, sound, to free; NULL: none there, or no memory. */
struct wf_block *wf_blocks_get(const struct wf_blocks *b, uint64_t at);
/* Bytes of a file, as they stand; how many, -1 when none can be had. */
ssize_t wf_blocks_peek(const struct wf_blocks *b, uint64_t at, void *to, size_t n);
/* Where the block given out last began. */
uint64_t wf_blocks_at(const struct wf_blocks *b);
void wf_blocks_close(struct wf_blocks *b);
#endif /* WF_MODEL_BLOCKS_H */
