/* SPDX-License-Identifier: MIT */
/*
 * weft/block.h - sections that block the thread.
 * Between begin and end the coroutine may call what blocks in the kernel: its P goes
 * to others.  Without them weft notices too, but only after WEFT_PREEMPT.
 */
#ifndef WEFT_BLOCK_H
#define WEFT_BLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

enum weft_block_kind {
    WEFT_BLOCK_FILE = 1,    /* file input or output: the P is handed off at once */
    WEFT_BLOCK_SYSCALL = 2, /* a call that may block: the P is taken if it does */
    WEFT_BLOCK_USER = 3,    /* anything else that blocks: handed off at once */
};

/*
 * weft_block_begin - the coroutine is about to block.  Keeps errno.
 *
 * Returns   nothing
 * Context   coroutines; no other call of weft before weft_block_end
 * Traces    block_begin; p_stop and handoff when the P goes at once
 */
void weft_block_begin(enum weft_block_kind kind);

/*
 * weft_block_end - it is back: waits for a P if its own is gone.  Keeps errno.
 *
 * Returns   nothing
 * Context   coroutines
 * Traces    block_end
 */
void weft_block_end(void);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_BLOCK_H */
