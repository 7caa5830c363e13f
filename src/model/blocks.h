/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - a trace as a row of sound blocks: from a file or a pipe, past every damage.
 */
#ifndef WF_MODEL_BLOCKS_H
#define WF_MODEL_BLOCKS_H
#include <stdbool.h>

#include "format/block.h"

struct wf_block {
    struct wf_block *next; /* for whoever holds it */
    struct wf_block_head head;
    bool recovered; /* from the pool of a killed program: no sum vouches for it */
    uint8_t payload[];
};

struct wf_blocks;

/* A hole between blocks: what could not be read. */
struct wf_hole {
    uint64_t bytes;             /* that are no block */
    uint64_t blocks;            /* missing by their number */
    uint32_t stream;            /* whose, when known, else UINT32_MAX */
    uint64_t first_ts, last_ts; /* of it, when known, else 0 */
    uint32_t nevents;           /* in it, when known */
    const char *what;
};

/*
 * Open path, "-" for standard input.  0, or -errno with error filled in: not a trace,
 * another format, nothing there.  header is then the file's.
 */
int wf_blocks_open(const char *path, struct wf_blocks **out, char error[static 256]);
const struct wf_file_header *wf_blocks_header(const struct wf_blocks *b);
/*
 * The next block: 1 (*out is the caller's, to free), 0 at the end, -errno.  Holes passed
 * on the way are told to on_hole first.
 */
int wf_blocks_next(struct wf_blocks *b, struct wf_block **out,
                   void (*on_hole)(void *arg, const struct wf_hole *hole), void *arg,
                   char error[static 256]);
/* The file ends where its END block says. */
bool wf_blocks_complete(const struct wf_blocks *b);
/* Bytes read so far, and the file's size (0 for a pipe). */
uint64_t wf_blocks_read(const struct wf_blocks *b);
uint64_t wf_blocks_size(const struct wf_blocks *b);
/* Go on from this offset, which wf_blocks_at gave.  -ESPIPE for a pipe. */
int wf_blocks_seek(struct wf_blocks *b, uint64_t offset);
/* Where the block given out last began. */
uint64_t wf_blocks_at(const struct wf_blocks *b);
void wf_blocks_close(struct wf_blocks *b);
#endif /* WF_MODEL_BLOCKS_H */
