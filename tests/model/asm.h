/* SPDX-License-Identifier: MIT */
/*
 * asm.h - traces from text, for tests: the lines of weft dump, and flaws on demand.
 *
 * Lines are T M P G EVENT KEY=VALUE..., fields by tabs or spaces; P and G say nothing
 * (the events do).  M is a number, 0 for sysmon, k for the keyframe, - or -N for a plain
 * thread.  Fields left out are 0, but gseq, g2seq and pseq, which are counted.  Strings
 * are JSON strings, stacks ids of "# stack ID [...]" lines.  One clock unit is 1 ns.
 *
 *     !header FIELD=N...      pid ncpu nprocs wall mono tick units_per_s shift minor
 *     !meta KEY "VALUE"
 *     !event ID NAME KIND:FIELD...    one more event for the file's schema
 *     !noschema               leave the SCHEMA block out
 *     !generation             end this generation at the time of its last event (or at
 *     !generation T           T) and begin the next
 *     !noclock                this generation gets no CLOCK block
 *     !block M                end M's block here
 *     !lost M N               M's next block says N events were lost before it
 *     !skip M N               M's next block is N further on: the blocks between are lost
 *     !raw M HEX              bytes into M's block, as an event would be
 *     !type N FLAGS HEX       a block of type N
 *     !symbols HEX            a SYMBOLS block behind END, its place in the header
 *     !kill                   the program dies here: no CLOCK, LOSS, END
 *     !pool                   and what it had not written is in the pool
 *
 * and, done to the bytes at the end in the order given; blocks are numbered as they
 * stand in the file, from 0:
 *
 *     !flip BLOCK BYTE        of its payload; -N counts from the payload's begin (head)
 *     !bad-sum BLOCK          of the payload
 *     !drop BLOCK             take it out
 *     !garbage BLOCK N        N bytes of nothing before it
 *     !set BLOCK FIELD=N...   of its head, with a new sum
 *     !truncate N             to N bytes; -N: take N off
 *     !cut BLOCK N            the file ends N bytes into the block
 *     !poke OFFSET HEX        of the file (head sums are not mended)
 */
#ifndef WEFT_TESTS_MODEL_ASM_H
#define WEFT_TESTS_MODEL_ASM_H
#include <stddef.h>
#include <stdint.h>

/*
 * Assemble text into *bytes (to free), *size.  0, or -1 with "LINE: what is wrong" in
 * error.
 */
int trace_asm(const char *text, uint8_t **bytes, size_t *size, char error[static 256]);

/* The same into a file.  The text may come from a file as well. */
int trace_asm_file(const char *text, const char *path, char error[static 256]);
char *trace_asm_read(const char *path);
#endif /* WEFT_TESTS_MODEL_ASM_H */
