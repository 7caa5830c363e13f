/* SPDX-License-Identifier: MIT */
/*
 * block.h - the outside of a trace: file header, pool slots, block headers, sums.
 *
 *     file   = header (4096 bytes), pool (slots, may be absent), blocks; the last is END,
 *              behind it may stand SYMBOLS
 *     block  = struct wf_block_head, payload, zero bytes up to a multiple of 8
 *     slot   = struct wf_slot_head, then a block in the making
 *
 * Everything is little-endian, as are the machines that weft runs on; the structs below
 * are the bytes.  Ids of strings, stacks and the sequence numbers of events hold for
 * one generation.  A generation ends with its CLOCK block; a reader may begin at any.
 *
 * The pool is a shared mapping of the file: what was committed there outlives the
 * process.  A clean close takes the pool out of the file; a reader of a killed
 * program's trace takes the slots for blocks that were not yet appended.
 */
#ifndef WF_FORMAT_BLOCK_H
#define WF_FORMAT_BLOCK_H
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define WF_FILE_MAGIC "\x89WEFT\r\n\x1a"
enum {
    WF_FORMAT_MAJOR = 1,
    WF_FORMAT_MINOR = 0,
    WF_FILE_HEADER = 4096,
    WF_BLOCK_MAGIC = 0x4b4c4257,       /* "WBLK" */
    WF_SLOT_MAGIC = 0x544c5357,        /* "WSLT" */
    WF_EVENTS_PAYLOAD_MAX = 64 * 1024, /* of EVENTS and KEYFRAME */
    WF_PAYLOAD_MAX = 1024 * 1024,      /* of all others */
    WF_STRING_MAX = 1024,
    WF_STACK_MAX = 128,
    WF_SYMBOL_FRAMES_MAX = 32, /* that one address stands for */
};

/* A moment on three clocks. */
struct wf_clock_snap {
    uint64_t tick; /* clock units: ticks >> shift */
    int64_t mono;  /* ns of CLOCK_MONOTONIC */
    int64_t wall;  /* ns since 1970 */
};

enum wf_clock_kind { WF_CLOCK_MONO = 0, WF_CLOCK_TSC = 1, WF_CLOCK_CNTVCT = 2 };

/* Why the file is not whole, in wf_file_header.errors. */
enum {
    WF_FILE_ENOSPC = 1, /* the disk was full */
    WF_FILE_EIO = 2,    /* writing failed otherwise */
};

struct wf_file_header {
    char magic[8];
    uint16_t major, minor;
    uint32_t header_len;
    uint64_t incompat; /* a reader refuses bits it does not know */
    uint64_t compat;   /* and ignores these */
    uint8_t clock;     /* enum wf_clock_kind */
    uint8_t shift;     /* one unit is 1 << shift ticks */
    uint8_t pad[6];
    uint64_t units_per_s; /* estimate at the start */
    struct wf_clock_snap start;
    uint8_t uuid[16];
    uint32_t pid, ncpu, nprocs, page_size;
    uint64_t pool_off; /* 0 without a pool */
    uint32_t pool_slots, slot_size;
    uint64_t body_off;  /* where blocks begin */
    uint64_t index_off; /* 0 until clean close: where END begins */
    uint32_t errors;    /* WF_FILE_ENOSPC... */
    uint32_t sum;       /* of all bytes before; index_off and errors counted as 0 */
    /* Where SYMBOLS begins, 0 for none.  Put there when the trace is closed, by one write
     * of these 8 bytes: what is torn then is not the header's sum. */
    uint64_t symbols_off;
};
static_assert(sizeof(struct wf_file_header) == 152, "as documented");

/* TYPE(number, name, doc) */
#define WF_BLOCK_TYPES(TYPE)                                                           \
    TYPE(1, EVENTS, "events of one writer, one after another")                         \
    TYPE(2, STRINGS, "{varint id, varint length, bytes}...")                           \
    TYPE(3, STACKS,                                                                    \
         "{varint id, varint n, n zigzag varints: pc less the one before}...")         \
    TYPE(4, MODULES,                                                                   \
         "{varint base, size, file offset, id length, id, path length, path}...")      \
    TYPE(5, SCHEMA,                                                                    \
         "{byte id, varint length, name, varint n, n * {byte kind, varint "            \
         "length, name}}...")                                                          \
    TYPE(6, CLOCK, "struct wf_clock_snap...: the last ends the block's generation")    \
    TYPE(7, KEYFRAME,                                                                  \
         "as EVENTS: the status of everything alive as the generation began")          \
    TYPE(8, SUMMARY, "reserved")                                                       \
    TYPE(9, INDEX, "reserved")                                                         \
    TYPE(10, META, "{varint length, key, varint length, value}...")                    \
    TYPE(11, LOSS, "struct wf_loss_total")                                             \
    TYPE(12, END, "struct wf_end: the trace ends here")                                \
    TYPE(13, SYMBOLS,                                                                  \
         "{varint address less the one before, varint n, n * {string function, "       \
         "varint address less its begin, string file, varint line}}...: return "       \
         "addresses, each with what was inlined there first; a string is a varint, "   \
         "its number: 0 is the empty one, and the first number not yet used is "       \
         "followed by varint length, bytes")

enum wf_block_type {
#define TYPE(n, name, doc) WF_BLOCK_##name = n,
    WF_BLOCK_TYPES(TYPE)
#undef TYPE
};
/* "EVENTS"; NULL when there is no such type. */
const char *wf_block_type_name(unsigned type);

enum {
    WF_BLOCK_MUST = 1
}; /* wf_block_head.flags: a reader that knows not the type stops */

/* Streams of writers that are no M have this bit; SYSMON is the first of them. */
enum { WF_STREAM_OTHER = 1u << 30, WF_STREAM_SYSMON = WF_STREAM_OTHER };

/*
 * What a batch held, so that a first overview needs no event decoded.  The times are of
 * an M, as its own events tell (all 0 for other writers), and add up to the batch's.
 */
struct wf_digest {
    uint32_t running_us, spinning_us, idle_us, blocked_us;
    uint32_t queue_max;   /* deepest queue of the writer's P */
    uint32_t wait_max_us; /* longest runnable wait that */
    uint64_t wait_g;      /* ended here, and whose */
};

struct wf_block_head {
    uint32_t magic;
    uint8_t type; /* enum wf_block_type */
    uint8_t flags;
    uint16_t head_len; /* of this struct; a later version may append to it */
    uint32_t payload_len;
    uint32_t nevents;
    uint64_t file_seq; /* 0, 1, 2...: a hole shows a lost block */
    uint32_t stream;   /* M, or WF_STREAM_OTHER + n */
    uint32_t stream_seq;
    uint64_t first_ts, last_ts; /* clock units */
    uint32_t lost_before;       /* events of this stream dropped just before */
    uint32_t generation;        /* from 1; 0 holds for the whole file */
    uint32_t payload_sum;       /* low half of XXH3-64 */
    uint32_t head_sum;          /* of these 96 bytes with this field 0 */
    struct wf_digest digest;
};
static_assert(sizeof(struct wf_block_head) == 96, "as documented");
static_assert(offsetof(struct wf_block_head, digest) == 64, "as documented");

/*
 * A slot of the pool.  committed grows as events are added; state tells whose it is.
 * After a kill, slots in WRITING or FULL hold what the file's body lacks, unless a
 * block of the same stream and stream_seq stands there.
 */
enum wf_slot_state { WF_SLOT_FREE = 0, WF_SLOT_WRITING = 1, WF_SLOT_FULL = 2 };

struct wf_slot_head {
    uint32_t magic;
    _Atomic uint32_t state;     /* enum wf_slot_state */
    _Atomic uint32_t committed; /* payload bytes that are whole */
    _Atomic uint32_t nevents;   /* estimate: may lag committed */
    _Atomic uint64_t last_ts;   /* likewise */
    uint32_t does; /* the M, after what is committed: enum wf_word MSTATE */
    uint32_t pad;
    /* type, stream, stream_seq, generation, first_ts, lost_before hold from the start;
     * the rest when FULL */
    struct wf_block_head block;
};
static_assert(sizeof(struct wf_slot_head) == 128, "two cache lines");

struct wf_loss_total {
    uint64_t events, batches;
};
struct wf_end {
    uint64_t events, blocks, bytes; /* before this block */
    uint64_t lost_events, lost_batches;
    uint64_t last_ts; /* the trace ends here */
    uint32_t generations, pad;
};

uint32_t wf_sum(const void *bytes, size_t size);
uint32_t wf_file_header_sum(const struct wf_file_header *h);
uint32_t wf_block_head_sum(const struct wf_block_head *h);

/* Fill in magic, head_len, payload_len and the sums of a block that is otherwise set.
 */
void wf_block_seal(struct wf_block_head *h, const void *payload, uint32_t payload_len);

/* NULL when the header can be read, else what is wrong with it, in a few words. */
const char *wf_file_header_check(const struct wf_file_header *h, size_t have);
/* NULL when the head is one and its sum and limits hold, else what is wrong. */
const char *wf_block_head_check(const struct wf_block_head *h);
#endif /* WF_FORMAT_BLOCK_H */
