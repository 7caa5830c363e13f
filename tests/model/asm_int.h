/* SPDX-License-Identifier: MIT */
/* asm_int.h - between the files of the assembler. */
#ifndef WEFT_TESTS_MODEL_ASM_INT_H
#define WEFT_TESTS_MODEL_ASM_INT_H
#include <stdbool.h>

#include "base/map.h"
#include "format/block.h"
#include "format/event.h"

enum { BLOCK_FULL = 60000, WORDS_MAX = 32 };

struct asm_bytes {
    uint8_t *at;
    size_t n, size;
};

struct asm_stream {
    uint32_t id, seq, lost, skip;
    struct asm_bytes payload;
    uint32_t nevents;
    uint64_t first, last;
};

struct asm_table { /* of strings or stacks of a generation: text to id */
    char **text;
    size_t n;
};

struct asm_extra { /* an event that only the file knows */
    struct wf_field args[WF_EVENT_ARGS + 1];
    char *name;
};

struct asm_as {
    struct wf_file_header header;
    struct asm_bytes out, meta, stacks, strings, symbols;
    struct asm_stream *streams;
    size_t nstreams;
    struct asm_table string_ids;
    struct { /* "# stack ID": its bytes */
        uint64_t id;
        char *text;
    } * stack_text;
    size_t nstack_text;
    struct wf_map stacks_said; /* in this generation */
    struct wf_map seqs[2];     /* of Gs, of Ps */
    struct asm_extra extra[256];
    size_t *block_at; /* offsets of blocks */
    size_t nblocks;
    uint64_t file_seq, events;
    uint32_t generation;
    uint64_t gen_begin, now;
    bool front, noschema, noclock, kill, pool;
    unsigned line;
    char *error;
};

void *asm_grow(void *row, size_t size);
void asm_put(struct asm_bytes *b, const void *from, size_t n);
void asm_varint(struct asm_bytes *b, uint64_t v);
void asm_text(struct asm_bytes *b, const char *s);
void asm_block(struct asm_as *a, struct wf_block_head head,
               const struct asm_bytes *payload);
void asm_front(struct asm_as *a);
void asm_end_block(struct asm_as *a, struct asm_stream *s);
void asm_forget(struct asm_as *a);
void asm_end_generation(struct asm_as *a);
void asm_pool(struct asm_as *a);
void asm_end(struct asm_as *a);
int asm_fail(struct asm_as *a, const char *format, ...);
int asm_split(char *line, char **word);
int asm_number(struct asm_as *a, const char *s, uint64_t *v);
char *asm_string(char *s, char *to);
int asm_hex(struct asm_as *a, struct asm_bytes *b, const char *hex);
int asm_value(struct asm_as *a, unsigned kind, char *s, uint64_t *v);
int asm_stream(struct asm_as *a, const char *m, struct asm_stream **s);
int asm_fields(struct asm_as *a, struct wf_block_head *h, char **word, int n);
int asm_directive(struct asm_as *a, char **word, int n);
bool asm_is_flaw(const char *word);
int asm_flaw(struct asm_as *a, char **word, int n);
int asm_event_line(struct asm_as *a, char **word, int n);
int asm_stack_line(struct asm_as *a, char **word, int n);
#endif /* WEFT_TESTS_MODEL_ASM_INT_H */
