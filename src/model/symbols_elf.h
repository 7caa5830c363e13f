/* SPDX-License-Identifier: MIT */
/*
 * symbols_elf.h - one ELF file: functions, and with libdw files, lines, inlined calls.
 */
#ifndef WF_MODEL_SYMBOLS_ELF_H
#define WF_MODEL_SYMBOLS_ELF_H
#include "model/step.h"

struct wf_elf;

/* Takes the descriptor (-1: none).  NULL: no ELF file, or not with this build-id. */
struct wf_elf *wf_elf_open(int fd, const unsigned char *id, size_t id_len);
/* The call that returns to an offset of the file; strings are good until the next call.
 * At least one frame. */
size_t wf_elf_find(struct wf_elf *e, uint64_t offset, struct wf_frame *frames,
                   size_t max);
void wf_elf_close(struct wf_elf *e);
#endif /* WF_MODEL_SYMBOLS_ELF_H */
