/* SPDX-License-Identifier: MIT */
/*
 * reader.c - blocks sorted into generations, and generations given to the merger.
 *
 * A writer flips to the next generation at its own pace, so blocks of two may stand
 * mixed in the file.  A generation is merged when its CLOCK block has come, or a later
 * one's, or when more is held than a hostile file deserves, or at the input's end.
 */
#include "model/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/carried.h"
#include "model/reader_int.h"

#define HELD_MAX (UINT64_C(64) << 20)
enum { GENS_MAX = 256 }; /* that wait */

/* Where a generation stands in the file, for seeking. */
struct mark {
    uint32_t number;
    uint64_t offset;
    int64_t begin;                  /* ns */
    struct wf_clock_snap prev, end; /* the snapshots before it, and its last */
    uint64_t rate;
};

struct wf_reader {
    struct wf_blocks *blocks;
    struct wf_trace_info info;
    struct wf_schema schema;
    struct wf_modules modules;
    struct wf_carried *carried;
    struct wf_order *order;
    struct wf_gen *gens; /* that wait, by number */
    uint64_t held;       /* bytes in them */
    unsigned ngens;
    struct wf_gen *gen; /* that is merged now */
    struct wf_clockmap clock;
    struct wf_clock_snap last; /* the end of the generation before */
    uint32_t delivered;        /* the number of the last one begun */
    uint32_t closed;           /* the highest number of a CLOCK block */
    uint32_t counted;          /* up to here events are in info */
    uint64_t missing;          /* blocks, by their numbers in the file */
    int64_t gen_begin;
    uint64_t dropped, placed; /* events: as the LOSS block says; those of the gaps */
    bool ended, truncation_told, unplaced_told, has_end;
    struct wf_end end;
    struct wf_record rec; /* of the reader's own */
    struct mark *marks;
    size_t nmarks;
    char *file;
    void (*odd)(void *arg, const char *what, uint64_t at);
    void *odd_arg;
};

/* --- blocks ----------------------------------------------------------------------- */

static void odd(struct wf_reader *r, const char *what, uint64_t at)
{
    r->info.anomalies++;
    if (r->odd)
        r->odd(r->odd_arg, what, at);
}

static void on_hole(void *arg, const struct wf_hole *hole)
{
    struct wf_reader *r = arg;

    r->missing += hole->blocks;
    if (hole->bytes)
        odd(r, "bytes that are no block", hole->at);
    if (hole->blocks)
        odd(r, "blocks are missing before it", hole->at + hole->bytes);
}

static struct wf_gen *gen_of(struct wf_reader *r, uint32_t number)
{
    struct wf_gen **at = &r->gens, *g;

    while ((g = *at) && g->number < number)
        at = &g->next;
    if (g && g->number == number)
        return g;
    g = wf_gen_new(number);
    if (!g)
        return NULL;
    g->next = *at;
    *at = g;
    r->held += sizeof *g;
    r->ngens++;
    return g;
}

/* A block of a generation. */
static int take_part(struct wf_reader *r, struct wf_block *block)
{
    uint32_t number = block->head.generation;
    bool clock = block->head.type == WF_BLOCK_CLOCK && !block->damaged;
    struct wf_gen *g;
    int err;

    if (number <= r->delivered) {
        if (number == 0 || r->nmarks == 0)
            odd(r, "a block of a generation that is over", wf_blocks_at(r->blocks));
        free(block);
        return 0;
    }
    g = gen_of(r, number);
    if (!g) {
        free(block);
        return -ENOMEM;
    }
    r->held -= g->bytes;
    err = wf_gen_add(g, block);
    r->held += g->bytes;
    if (clock && !err && number > r->closed)
        r->closed = number;
    if (err == -EBADMSG) {
        odd(r, "a table that is cut off or damaged", wf_blocks_at(r->blocks));
        err = 0;
    }
    return err;
}

static int take_whole(struct wf_reader *r, const struct wf_block *block)
{
    const uint8_t *p = block->payload, *end = p + block->head.payload_len;

    switch (block->head.type) {
    case WF_BLOCK_SCHEMA:
        return r->schema.given ? 0 : wf_schema_parse(&r->schema, p, end);
    case WF_BLOCK_META:
        return wf_about_meta(&r->info, p, end);
    case WF_BLOCK_MODULES:
        return wf_about_modules(&r->modules, p, end);
    case WF_BLOCK_LOSS: {
        struct wf_loss_total loss;
        if (block->head.payload_len < sizeof loss)
            return -EBADMSG;
        memcpy(&loss, p, sizeof loss);
        r->dropped = loss.events;
        r->info.lost_batches = loss.batches;
        return 0;
    }
    case WF_BLOCK_END:
        if (block->head.payload_len < sizeof r->end)
            return -EBADMSG;
        memcpy(&r->end, p, sizeof r->end);
        r->has_end = true;
        return 0;
    }
    return 0;
}

static int take_block(struct wf_reader *r, struct wf_block *block,
                      char error[static 256])
{
    int err;

    r->info.blocks++;
    if (block->damaged)
        odd(r, "a damaged block", wf_blocks_at(r->blocks));
    switch (block->head.type) {
    case WF_BLOCK_EVENTS:
    case WF_BLOCK_KEYFRAME:
    case WF_BLOCK_STRINGS:
    case WF_BLOCK_STACKS:
    case WF_BLOCK_CLOCK:
        err = take_part(r, block);
        break;
    default:
        if (!wf_block_type_name(block->head.type) &&
            block->head.flags & WF_BLOCK_MUST) {
            snprintf(error, 256,
                     "%s: holds a block of type %u that this version does not know and "
                     "must (a newer weft reads it)",
                     r->info.file, block->head.type);
            free(block);
            return -ENOTSUP;
        }
        err = block->damaged ? 0 : take_whole(r, block);
        if (err == -EBADMSG) {
            odd(r, "a table that is cut off or damaged", wf_blocks_at(r->blocks));
            err = 0;
        }
        free(block);
    }
    if (err)
        snprintf(error, 256, "%s: %s", r->info.file, strerror(-err));
    return err;
}

/* --- generations ------------------------------------------------------------------ */

static bool ready(const struct wf_reader *r)
{
    return r->gens &&
           (r->gens->number <= r->closed || r->held > HELD_MAX || r->ngens > GENS_MAX);
}

/* One more block, or the input has ended.  0 or -errno. */
static int read_block(struct wf_reader *r, char error[static 256])
{
    struct wf_block *block;
    int n = wf_blocks_next(r->blocks, &block, on_hole, r, error);

    if (n < 0)
        return n;
    r->ended = n == 0;
    return n ? take_block(r, block, error) : 0;
}

/* Read until a generation can be merged, or the input ends.  0 or -errno. */
static int fill(struct wf_reader *r, char error[static 256])
{
    while (!ready(r) && !r->ended) {
        int err = read_block(r, error);
        if (err)
            return err;
    }
    /* What the pool has of it and the body has not. */
    while (r->gens) {
        struct wf_block *block = wf_blocks_slot(r->blocks, r->gens->number);
        int err;
        if (!block)
            break;
        err = take_block(r, block, error);
        if (err)
            return err;
    }
    return 0;
}

static void set_clock(struct wf_reader *r, const struct wf_gen *g)
{
    const struct wf_file_header *h = wf_blocks_header(r->blocks);

    if (!g->closed) {
        wf_clockmap_point(&r->clock, &r->last, 0, h->start.mono);
        return;
    }
    if (!wf_clockmap_line(&r->clock, &g->begin, &g->end, h->start.mono))
        wf_clockmap_point(&r->clock, &g->end, 0, h->start.mono);
    r->last = g->end;
}

/* Begin the first generation that waits. */
static int begin_gen(struct wf_reader *r)
{
    struct wf_gen *g = r->gens;

    r->gens = g->next;
    r->held -= g->bytes + sizeof *g;
    r->ngens--;
    r->gen = g;
    r->delivered = g->number;
    if (!g->closed && (!r->ended || r->has_end))
        odd(r, "a generation without its clock", wf_blocks_at(r->blocks));
    set_clock(r, g);
    wf_gen_sort(g);
    if (g->number > r->counted)
        r->info.generations++;
    r->gen_begin = wf_order_now(r->order);
    return wf_order_begin(r->order, g, &r->schema, &r->clock);
}

static bool counts(const struct wf_reader *r)
{
    return r->gen && r->gen->number > r->counted;
}

/* The trace's loss is the sum of its gaps'. */
static void count_gap(struct wf_reader *r, const struct wf_gap *gap)
{
    wf_about_gap(&r->info, gap);
    r->info.lost_events += gap->events;
    if (gap->cause != WF_GAP_DAMAGED)
        r->placed += gap->events;
}

static void count(struct wf_reader *r, const struct wf_record *rec)
{
    if (!counts(r))
        return;
    if (rec->kind == WF_RECORD_EVENT)
        r->info.events++;
    if (rec->kind == WF_RECORD_EVENT && rec->odd)
        r->info.anomalies++;
    if (rec->kind == WF_RECORD_GAP ||
        (rec->known && rec->ev.id == WF_EV_lost && rec->kind == WF_RECORD_EVENT))
        count_gap(r, &rec->gap);
}

/* A gap that no writer's row of blocks shows. */
static const struct wf_record *own_gap(struct wf_reader *r, int64_t from,
                                       enum wf_gap_cause cause)
{
    int64_t now;

    if (r->gen && r->gen->closed)
        wf_order_until(r->order, wf_clockmap_ns(&r->clock, r->gen->end.tick));
    now = wf_order_now(r->order);

    r->rec = (struct wf_record){
        .kind = WF_RECORD_GAP,
        .t = now,
        .who = { .m = WF_NO_M, .p = WF_NO_P },
        .gap = { .from = from, .to = now, .m = WF_NO_M, .cause = cause },
    };
    return &r->rec;
}

static void end_gen(struct wf_reader *r)
{
    if (r->gen && r->gen->number > r->counted)
        r->counted = r->gen->number;
    wf_gen_free(r->gen);
    r->gen = NULL;
}

static void finish(struct wf_reader *r)
{
    struct wf_trace_info *info = &r->info;
    int64_t end = r->has_end ? wf_clockmap_ns(&r->clock, r->end.last_ts) : 0;

    if (end < wf_order_now(r->order))
        end = wf_order_now(r->order);
    info->duration = end;
    info->bytes = wf_blocks_size(r->blocks) ? wf_blocks_size(r->blocks)
                                            : wf_blocks_read(r->blocks);
    if (r->has_end)
        info->lost_batches = r->end.lost_batches;
    info->complete = wf_blocks_complete(r->blocks) && !info->ngaps &&
                     !info->lost_events && !info->lost_batches;
}

/* At the end of what can be merged: a last gap, or nothing more. */
static int last_record(struct wf_reader *r, const struct wf_record **rec,
                       char error[static 256])
{
    if (!r->info.blocks && !wf_blocks_complete(r->blocks)) {
        snprintf(error, 256, "%s: nothing in it can be read", r->info.file);
        return -EBADMSG;
    }
    if (!r->truncation_told && !wf_blocks_complete(r->blocks)) {
        r->truncation_told = true;
        *rec = own_gap(r, wf_order_now(r->order), WF_GAP_TRUNCATED);
        count_gap(r, &(*rec)->gap);
        return 1;
    }
    /* A writer that found no room any more could not say where. */
    if (!r->unplaced_told && r->dropped > r->placed) {
        r->unplaced_told = true;
        *rec = own_gap(r, 0, WF_GAP_UNPLACED);
        r->rec.gap.events = r->dropped - r->placed;
        count_gap(r, &(*rec)->gap);
        return 1;
    }
    finish(r);
    return 0;
}

int wf_reader_next(struct wf_reader *r, const struct wf_record **rec,
                   char error[static 256])
{
    int n = 0;

    if (r->gen) {
        n = wf_order_next(r->order, rec);
        if (n > 0) {
            count(r, *rec);
            return n;
        }
        if (n == 0 && r->missing > wf_order_missing(r->order) && counts(r)) {
            *rec = own_gap(r, r->gen_begin, WF_GAP_MISSING);
            r->missing = wf_order_missing(r->order);
            count(r, *rec);
            return 1;
        }
        end_gen(r);
    }
    if (n == 0)
        n = fill(r, error);
    else
        snprintf(error, 256, "%s: %s", r->info.file, strerror(-n));
    if (n < 0)
        return n;
    if (!r->gens)
        return last_record(r, rec, error);
    n = begin_gen(r);
    if (n) {
        snprintf(error, 256, "%s: %s", r->info.file, strerror(-n));
        return n;
    }
    r->rec = (struct wf_record){ .kind = WF_RECORD_GENERATION,
                                 .t = wf_order_now(r->order),
                                 .who = { .m = WF_NO_M, .p = WF_NO_P } };
    *rec = &r->rec;
    return 1;
}

/* --- open, look up, close --------------------------------------------------------- */

/* What a cleanly closed file says of its end, before it is read. */
static void peek_end(struct wf_reader *r)
{
    const struct wf_file_header *h = wf_blocks_header(r->blocks);
    struct wf_block_head head;
    struct wf_end end;

    if (!h->index_off ||
        wf_blocks_peek(r->blocks, h->index_off, &head, sizeof head) != sizeof head ||
        wf_block_head_check(&head) || head.type != WF_BLOCK_END ||
        head.payload_len < sizeof end ||
        wf_blocks_peek(r->blocks, h->index_off + head.head_len, &end, sizeof end) !=
            sizeof end)
        return;
    wf_clockmap_point(&r->clock, &h->start, h->units_per_s, h->start.mono);
    r->info.duration = wf_clockmap_ns(&r->clock, end.last_ts);
}

static void set_info(struct wf_reader *r)
{
    const struct wf_file_header *h = wf_blocks_header(r->blocks);
    static const char *const clocks[] = { [WF_CLOCK_MONO] = "monotonic",
                                          [WF_CLOCK_TSC] = "tsc",
                                          [WF_CLOCK_CNTVCT] = "cntvct" };
    struct wf_trace_info *info = &r->info;

    info->file = r->file;
    info->source = "weft";
    info->major = h->major;
    info->minor = h->minor;
    info->start_unix_ns = h->start.wall;
    info->pid = h->pid;
    info->cpus = h->ncpu;
    info->maxprocs = h->nprocs;
    info->clock = h->clock < sizeof clocks / sizeof *clocks ? clocks[h->clock]
                                                            : "unknown";
    info->bytes = wf_blocks_size(r->blocks);
    peek_end(r);
}

/* What the trace carries of its program's symbols; without them it is read as well. */
static int read_carried(struct wf_reader *r)
{
    uint64_t at = wf_blocks_header(r->blocks)->symbols_off;
    struct wf_block *block;
    int err = -EBADMSG;

    if (!at || !wf_blocks_seekable(r->blocks))
        return 0;
    block = wf_blocks_get(r->blocks, at);
    if (block && block->head.type == WF_BLOCK_SYMBOLS)
        err = wf_carried_parse(&r->carried, block->payload,
                               block->payload + block->head.payload_len);
    free(block);
    if (err != -EBADMSG)
        return err;
    odd(r, "the symbols that it carries are damaged", at);
    return 0;
}

static void begin_at_start(struct wf_reader *r)
{
    const struct wf_file_header *h = wf_blocks_header(r->blocks);

    r->last = h->start;
    wf_clockmap_point(&r->clock, &h->start, h->units_per_s, h->start.mono);
}

/* Read what holds for the whole file, up to the first block of a generation. */
static int read_front(struct wf_reader *r, char error[static 256])
{
    int err = 0;

    while (!err && !r->gens && !r->ended)
        err = read_block(r, error);
    return err;
}

int wf_reader_open_odd(const char *path, struct wf_reader **out,
                       void (*told)(void *arg, const char *what, uint64_t at),
                       void *arg, char error[static 256])
{
    struct wf_reader *r = calloc(1, sizeof *r);
    int err = -ENOMEM;

    if (!r) {
        snprintf(error, 256, "%s: %s", path, strerror(ENOMEM));
        return err;
    }
    r->odd = told;
    r->odd_arg = arg;
    wf_schema_init(&r->schema);
    r->file = strdup(path);
    if (!r->file || wf_order_new(&r->order)) {
        snprintf(error, 256, "%s: %s", path, strerror(ENOMEM));
        goto close;
    }
    err = wf_blocks_open(path, &r->blocks, error);
    if (err)
        goto close;
    set_info(r);
    begin_at_start(r);
    err = read_carried(r);
    if (err)
        snprintf(error, 256, "%s: %s", path, strerror(-err));
    else
        err = read_front(r, error);
    if (err)
        goto close;
    *out = r;
    return 0;

close:
    wf_reader_close(r);
    return err;
}

int wf_reader_open(const char *path, struct wf_reader **out, char error[static 256])
{
    return wf_reader_open_odd(path, out, NULL, NULL, error);
}

const struct wf_trace_info *wf_reader_info(const struct wf_reader *r)
{
    return &r->info;
}

const char *wf_reader_string(struct wf_reader *r, uint64_t id)
{
    return r->gen ? wf_gen_string(r->gen, id) : "";
}

size_t wf_reader_stack(struct wf_reader *r, uint64_t id, uint64_t *pcs, size_t max)
{
    return r->gen ? wf_gen_stack(r->gen, id, pcs, max) : 0;
}

struct wf_who wf_reader_who(const struct wf_reader *r, uint64_t m)
{
    return wf_order_who(r->order, m < WF_STREAM_OTHER ? (uint32_t)m : UINT32_MAX);
}

const struct wf_modules *wf_reader_modules(const struct wf_reader *r)
{
    return &r->modules;
}

const struct wf_carried *wf_reader_carried(const struct wf_reader *r)
{
    return r->carried;
}

const struct wf_end *wf_reader_end(const struct wf_reader *r)
{
    return r->has_end ? &r->end : NULL;
}

uint32_t wf_reader_errors(const struct wf_reader *r)
{
    return wf_blocks_header(r->blocks)->errors;
}

static void drop_gens(struct wf_reader *r)
{
    end_gen(r);
    while (r->gens) {
        struct wf_gen *g = r->gens;
        r->gens = g->next;
        wf_gen_free(g);
    }
    r->held = r->ngens = 0;
}

void wf_reader_close(struct wf_reader *r)
{
    if (!r)
        return;
    drop_gens(r);
    wf_order_free(r->order);
    wf_blocks_close(r->blocks);
    wf_schema_fini(&r->schema);
    wf_about_fini(&r->info);
    wf_modules_fini(&r->modules);
    wf_carried_free(r->carried);
    free(r->marks);
    free(r->file);
    free(r);
}

/* --- seek ------------------------------------------------------------------------- */

static struct mark *mark_of(struct wf_reader *r, uint32_t number, uint64_t offset)
{
    struct mark *grown;

    for (size_t i = r->nmarks; i-- > 0 && i + 64 > r->nmarks;)
        if (r->marks[i].number == number)
            return &r->marks[i];
    grown = realloc(r->marks, (r->nmarks + 1) * sizeof *r->marks);
    if (!grown)
        return NULL;
    r->marks = grown;
    grown += r->nmarks++;
    *grown = (struct mark){ .number = number, .offset = offset };
    return grown;
}

static void mark_clock(struct wf_reader *r, struct mark *m,
                       const struct wf_block_head *head, uint64_t at)
{
    uint64_t first = at + head->head_len;
    uint32_t n = head->payload_len / sizeof(struct wf_clock_snap);
    struct wf_clock_snap begin;
    const ssize_t size = sizeof begin;

    if (!n || wf_blocks_peek(r->blocks, first, &begin, sizeof begin) != size ||
        wf_blocks_peek(r->blocks, first + (n - 1) * sizeof begin, &m->end,
                       sizeof begin) != size)
        return;
    m->prev = begin;
}

static int by_number(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

/* Times of the marks; a generation without CLOCK begins where the one before ended. */
static void time_marks(struct wf_reader *r)
{
    const struct wf_file_header *h = wf_blocks_header(r->blocks);
    struct wf_clock_snap last = h->start;
    struct wf_clockmap clock = r->clock;

    wf_clockmap_point(&clock, &h->start, h->units_per_s, h->start.mono);
    qsort(r->marks, r->nmarks, sizeof *r->marks, by_number);
    for (size_t i = 0; i < r->nmarks; i++) {
        struct mark *m = &r->marks[i];
        bool closed = m->end.tick != 0;
        m->rate = clock.rate;
        wf_clockmap_point(&clock, closed ? &m->prev : &last, 0, h->start.mono);
        m->begin = clock.ns;
        m->prev = last;
        if (closed) {
            wf_clockmap_line(&clock, &last, &m->end, h->start.mono);
            last = m->end;
        }
    }
    for (size_t i = r->nmarks; i-- > 1;) /* a writer may have been ahead of others */
        if (r->marks[i].offset < r->marks[i - 1].offset)
            r->marks[i - 1].offset = r->marks[i].offset;
}

static int make_marks(struct wf_reader *r)
{
    uint64_t at = wf_blocks_header(r->blocks)->body_off;
    struct wf_block_head head;
    int n;

    while ((n = wf_blocks_hop(r->blocks, &at, &head)) > 0) {
        uint64_t next = at + head.head_len + head.payload_len;
        if (head.generation) {
            struct mark *m = mark_of(r, head.generation, at);
            if (!m)
                return -ENOMEM;
            if (head.type == WF_BLOCK_CLOCK)
                mark_clock(r, m, &head, at);
        }
        at = next + (-next & 7);
        if (head.type == WF_BLOCK_END)
            break;
    }
    if (n >= 0 && r->nmarks)
        time_marks(r);
    return n < 0 ? n : 0;
}

int wf_reader_seek(struct wf_reader *r, int64_t t)
{
    const struct mark *m;
    size_t i;
    int err;

    if (!wf_blocks_seekable(r->blocks))
        return -ESPIPE;
    if (!r->nmarks) {
        err = make_marks(r);
        if (err)
            return err;
    }
    drop_gens(r);
    r->closed = 0;
    r->ended = false;
    begin_at_start(r);
    if (!r->nmarks) { /* nothing is in it */
        wf_order_forget(r->order, 0);
        return wf_blocks_seek(r->blocks, wf_blocks_header(r->blocks)->body_off);
    }
    for (i = r->nmarks; i > 1 && r->marks[i - 1].begin > t; i--)
        ;
    m = &r->marks[i - 1];
    r->delivered = m->number - 1;
    r->last = m->prev;
    r->clock.rate = m->rate;
    wf_order_forget(r->order, i > 1 && m->begin > 0 ? m->begin : 0);
    return wf_blocks_seek(r->blocks, m->offset);
}
