/* SPDX-License-Identifier: MIT */
/*
 * trace_int.h - what the tracer's files share among themselves.
 *
 *     trace.c         the writing side: room for events, what a generation must know
 *     trace_slot.c    the pool of slots in the file, free and full ones
 *     trace_tables.c  strings and stacks of a generation
 *     trace_gen.c     from one generation to the next; keyframes
 *     trace_writer.c  the thread that appends full slots to the file
 *     trace_file.c    the file itself: how it begins and how it ends
 *     trace_digest.c  what a batch held, for its head
 *     trace_meta.c    blocks that describe the program: schema, meta, modules
 *     trace_user.c    weft/trace.h
 */
#ifndef WF_RUNTIME_TRACE_INT_H
#define WF_RUNTIME_TRACE_INT_H
#include "runtime/runtime.h"

enum {
    WF_SLOT_SIZE = 64 * 1024,
    WF_SLOT_SPARE = 1024, /* bytes for what one begin ... end may write */
    WF_SLOTS_MIN = 4,
    WF_SLOTS_MAX = 65536,
};

/* ---- trace_slot.c ---- */

/* Lay n slots over the file from offset on, or with fd -1 over plain memory. */
int wf_slots_map(int fd, int64_t offset, uint32_t n);
void wf_slots_unmap(void);
/* One to write to, state WRITING, block as given; NULL when there is none.  For events
 * the last ones are not given: strings and stacks need them. */
struct wf_slot_head *wf_slot_get(const struct wf_block_head *block);
void wf_slot_free(struct wf_slot_head *h);
/* To the writer; wakes it. */
void wf_slot_full(struct wf_slot_head *h);
/* All full ones, oldest first, each with the next by wf_slot_next. */
struct wf_slot_head *wf_slots_take(void);
struct wf_slot_head *wf_slot_next(const struct wf_slot_head *h);
/* A writer could not get one since the last call. */
bool wf_slots_starved(void);
/* The writer sleeps until a slot is full, it is poked, or ns have passed. */
void wf_slots_wait(int64_t ns);
void wf_slots_poke(void);

/* ---- trace.c ---- */

/* Streams of writers that are no M and the list of Ms. */
extern WF_HIDDEN struct wf_list wf_trace_ms;   /* guarded by wf_trace_lock */
extern WF_HIDDEN struct wf_lock wf_trace_lock; /* rank TRACE */
/* No room any more for anybody: the trace ends. */
extern WF_HIDDEN _Atomic bool wf_trace_closing;
/* Generations count on from one trace to the next; this is the first one's, less 1. */
extern WF_HIDDEN uint32_t wf_trace_base;
extern WF_HIDDEN uint64_t wf_trace_since;        /* its first moment, in units */
extern WF_HIDDEN _Atomic uint64_t wf_trace_lost; /* events that found no room */

/* With wf_trace_lock held: the others' slots of generations before gen. */
void wf_trace_others_flip(uint32_t gen);
/* State them, unless the generation knows them.  m runs g, or holds p; NULL: nobody. */
void wf_trace_g_state(struct wf_tbuf *b, struct wf_g *g, unsigned state,
                      const struct wf_m *m);
void wf_trace_p_state(struct wf_tbuf *b, struct wf_p *p, unsigned state,
                      const struct wf_m *m);
/* With wf_trace_lock held: an M that is outside of the runtime, and the G it runs. */
void wf_trace_m_state(struct wf_tbuf *b, const struct wf_m *m);

/* ---- trace_tables.c ---- */

/* A generation begins: its tables are empty. */
void wf_tables_begin(uint32_t gen);
/* It ended, nobody writes in it: its last slots go to the writer. */
void wf_tables_end(uint32_t gen);
void wf_tables_fini(void);
uint32_t wf_tables_str(uint32_t gen, const char *text, size_t len);
uint32_t wf_tables_stack(uint32_t gen, uint64_t hash, const uint64_t *pc, uint32_t n);

/* ---- unwind.c ---- */

/*
 * Walk frame pointers from frame on, within [lo, hi): return addresses, innermost first,
 * at most max; their hash.  With from, those before it are left out, unless it is not
 * found.
 */
uint32_t wf_unwind(const void *frame, const char *lo, const char *hi, const void *from,
                   uint64_t *pc, uint32_t max, uint64_t *hash);
uint64_t wf_unwind_hash(const uint64_t *pc, uint32_t n);
extern WF_HIDDEN uint64_t wf_unwind_key; /* random: nobody can make hashes meet */

/* ---- clock.c ---- */

void wf_tclock_init(void);
/* For tests and machines without a good counter. */
void wf_tclock_use(enum wf_clock_kind kind);
struct wf_clock_snap wf_tclock_snap(void);

/* ---- trace_gen.c: all on the writer thread ---- */

/* ns that a generation lasts at most; tests take less. */
extern WF_HIDDEN int64_t wf_gen_life;
/* Begin to record; buffer is what slots may hold in all. */
void wf_gen_first(struct wf_clock_snap begin, size_t buffer);
/* Begin a new generation when due, or go on with it. */
void wf_gen_turn(void);
int64_t wf_gen_wait(void); /* ns until the next turn */
/* The last one ends: true when all have left it, false after wait_ms (-1: wait on). */
bool wf_gen_close(int64_t wait_ms);
uint32_t wf_gen_number(void);          /* of the last one begun, as in the file */
struct wf_clock_snap wf_gen_end(void); /* of the last one ended */
void wf_gen_put_clocks(
    void); /* of the last one, and of one that could not be written */

/* ---- trace_file.c: on the writer thread ---- */

/* Where blocks go.  write returns 0 or -errno and leaves nothing of what failed. */
struct wf_sink {
    int (*write)(struct wf_sink *sink, const void *bytes, size_t size);
    int fd;
    int64_t off; /* where the next block goes */
    bool stream; /* a pipe or a terminal: no pool, no second thoughts */
};

struct wf_tfile {
    char path[WEFT_PATH_MAX];
    struct wf_sink sink;
    struct wf_file_header header;
    int failed;        /* -errno: nothing more is written */
    _Atomic int error; /* the first such, 0 for none */
};

/* 0, or -errno after one line on stderr.  Maps the slots. */
int wf_tfile_open(struct wf_tfile *f, const struct wf_clock_snap *start,
                  const char *path, size_t buffer);
/* It could not even begin: no file. */
void wf_tfile_abandon(struct wf_tfile *f);
/* Writing failed: say so, in the file too. */
void wf_tfile_error(struct wf_tfile *f, int err);
/* The slots are unmapped: the blocks move down to where they were.  After an error
 * there is room again for what is left to write. */
void wf_tfile_free_pool(struct wf_tfile *f);
void wf_tfile_close(struct wf_tfile *f);

/* ---- trace_writer.c: on the writer thread ---- */

/* Seal and write a block; behind the payload is room for 7 bytes. */
void wf_writer_block(struct wf_block_head *head, uint32_t payload_len);
/* ... a whole one; false when it could not. */
bool wf_writer_put(unsigned type, uint32_t gen, const void *payload, size_t size);
void wf_writer_drain(void); /* all full slots */
uint64_t wf_writer_bytes(void);

/* ---- trace_digest.c ---- */

/* What the slot's M does, it did until then. */
void wf_digest_until(struct wf_slot_head *h, uint64_t ts);

/* ---- trace_meta.c: on the writer thread ---- */

void wf_meta_write(const struct weft_config *config);
/* Once more if libraries came or went. */
void wf_modules_write(void);

#endif /* WF_RUNTIME_TRACE_INT_H */
