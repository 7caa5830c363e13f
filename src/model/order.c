/* SPDX-License-Identifier: MIT */
/*
 * order.c - merge the writers of one generation.
 *
 * A heap gives the writer whose next event is the oldest.  If replay.c says that the
 * event cannot be true yet, the writer is held: it hangs on the coroutine or P that must
 * change first, and is looked at again when that changes.  When everybody is held, or
 * somebody for long, the sequence numbers of the whole generation are indexed: then it
 * is known which event is still to come and which was lost.  What is held even so is a
 * contradiction; the oldest event is let through.
 */
#include "model/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_NS = 10 * 1000 * 1000,
    FORCED_MAX = 64,                    /* then a generation is merged by time alone */
    INDEX_BYTES_MAX = 32 * 1024 * 1024, /* of a generation that is worth an index */
    WRITERS_MAX = 1 << 20,
};

/* --- writers ---------------------------------------------------------------------- */

static int64_t m_of(uint32_t stream)
{
    if (stream < WF_STREAM_OTHER)
        return stream;
    return stream <= WF_STREAM_OTHER + 1 ? 0 : WF_NO_M;
}

static struct wf_writer *new_writer(struct wf_order *o, uint32_t stream)
{
    struct wf_writer *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->index = (uint32_t)o->nwriters;
    w->stream = stream;
    w->who = (struct wf_who){ .m = m_of(stream), .p = WF_NO_P };
    return w;
}

static int make_room(struct wf_order *o)
{
    size_t size = o->writers_size ? o->writers_size * 2 : 16;
    struct wf_writer **writers;
    struct wf_at *heap;

    if (o->nwriters < o->writers_size)
        return 0;
    if (o->nwriters >= WRITERS_MAX)
        return -E2BIG;
    writers = realloc(o->writers, size * sizeof(struct wf_writer *));
    if (!writers)
        return -ENOMEM;
    o->writers = writers;
    heap = realloc(o->heap, size * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    o->heap = heap;
    o->writers_size = size;
    return 0;
}

struct wf_writer *wf_order_writer(struct wf_order *o, uint32_t stream)
{
    uint64_t key = (uint64_t)stream + 1;
    uint32_t *index = wf_map_get(&o->streams, key);
    struct wf_writer *w;

    if (index)
        return o->writers[*index - 1];
    if (make_room(o))
        return NULL;
    w = new_writer(o, stream);
    index = w ? wf_map_put(&o->streams, key) : NULL;
    if (!index) {
        free(w);
        return NULL;
    }
    o->writers[o->nwriters++] = w;
    *index = (uint32_t)o->nwriters;
    return w;
}

/* --- what a writer has in hand ---------------------------------------------------- */

static void hold_gap(struct wf_writer *w, uint64_t tick, uint64_t events,
                     enum wf_gap_cause cause)
{
    w->hand = WF_HAND_GAP;
    if (tick > w->tick)
        w->tick = tick;
    w->rec.gap = (struct wf_gap){ .m = w->who.m, .events = events, .cause = cause };
}

/* Open the writer's next block; true when a gap before it is now in hand. */
static bool open_block(struct wf_order *o, struct wf_writer *w)
{
    const struct wf_block *b = o->gen->events[w->block++];
    uint32_t expected = w->stream_seq + 1;
    bool follows = !w->seen || b->head.stream_seq == expected;
    bool again = w->seen && b->head.stream_seq == w->stream_seq;

    if (again) /* a copy */
        return false;
    if (!follows && b->head.stream_seq > expected)
        o->missing += b->head.stream_seq - expected;
    w->seen = true;
    w->stream_seq = b->head.stream_seq;
    w->left = b->head.nevents;
    if (b->damaged) {
        hold_gap(w, b->head.last_ts, b->head.nevents, WF_GAP_DAMAGED);
        return true;
    }
    w->tick = b->head.first_ts;
    w->r = b->payload;
    w->end = b->payload + b->head.payload_len;
    bool told = w->r < w->end && o->schema->known[*w->r] == WF_EV_lost;
    if (!follows)
        hold_gap(w, w->tick, told ? 0 : b->head.lost_before, WF_GAP_MISSING);
    else if (b->head.lost_before && w->r < w->end && !told)
        hold_gap(w, w->tick, b->head.lost_before, WF_GAP_DROPPED);
    else
        return false;
    return true;
}

/* Take the writer's next event or gap in hand. */
static void load(struct wf_order *o, struct wf_writer *w)
{
    while (w->r == w->end) {
        if (w->block == w->blocks) {
            w->hand = WF_HAND_NONE;
            return;
        }
        if (open_block(o, w))
            return;
    }
    const uint8_t *next = wf_schema_get(o->schema, w->r, w->end, &w->rec.ev);
    if (!next) { /* no event: nor is what follows */
        w->r = w->end;
        hold_gap(w, o->gen->events[w->block - 1]->head.last_ts, w->left,
                 WF_GAP_DAMAGED);
        return;
    }
    w->r = next;
    w->left -= w->left > 0;
    w->hand = WF_HAND_EVENT;
    if (__builtin_add_overflow(w->tick, w->rec.ev.dt, &w->tick))
        w->tick = UINT64_MAX;
}

/* --- the heap --------------------------------------------------------------------- */

static bool before(const struct wf_at *a, const struct wf_at *b)
{
    return a->tick < b->tick || (a->tick == b->tick && a->w->index < b->w->index);
}

static void sift_down(struct wf_order *o, size_t i, struct wf_at at)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= o->nheap)
            break;
        if (child + 1 < o->nheap && before(&o->heap[child + 1], &o->heap[child]))
            child++;
        if (!before(&o->heap[child], &at))
            break;
        o->heap[i] = o->heap[child];
        i = child;
    }
    o->heap[i] = at;
}

/* There is room for every writer. */
static void push(struct wf_order *o, struct wf_writer *w)
{
    struct wf_at at = { w->tick, w };
    size_t i = o->nheap++;

    while (i && before(&at, &o->heap[(i - 1) / 2])) {
        o->heap[i] = o->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    o->heap[i] = at;
}

static struct wf_writer *pop(struct wf_order *o)
{
    struct wf_writer *w = o->heap[0].w;
    struct wf_at last = o->heap[--o->nheap];

    if (o->nheap)
        sift_down(o, 0, last);
    return w;
}

/* --- held writers ----------------------------------------------------------------- */

struct wf_thing *wf_order_get(struct wf_order *o, struct wf_key key)
{
    switch (key.kind) {
    case WF_THING_G:
        return wf_map_get(&o->gs, key.id);
    case WF_THING_P:
        return wf_map_get(&o->ps, key.id);
    case WF_THING_KEYFRAME:
        break;
    }
    return &o->keyframe;
}

struct wf_thing *wf_order_put(struct wf_order *o, struct wf_key key)
{
    struct wf_map *map = key.kind == WF_THING_G ? &o->gs : &o->ps;
    struct wf_thing *x = wf_order_get(o, key);

    if (x || !key.id)
        return x;
    x = wf_map_put(map, key.id);
    if (x)
        x->state = WF_THING_UNKNOWN;
    else
        o->no_memory = true;
    return x;
}

static void release(struct wf_order *o, struct wf_writer *w)
{
    w->held = false;
    o->nheld--;
    push(o, w);
}

void wf_order_touch(struct wf_order *o, struct wf_thing *thing)
{
    uint32_t held = thing->held;

    thing->held = 0;
    while (held) {
        struct wf_writer *w = o->writers[held - 1];
        held = w->next_held;
        release(o, w);
    }
}

static void release_all(struct wf_order *o)
{
    for (size_t i = 0; o->nheld && i < o->nwriters; i++) {
        struct wf_writer *w = o->writers[i];
        if (!w->held)
            continue;
        struct wf_thing *x = wf_order_get(o, w->waits_for);
        if (x)
            x->held = 0;
        release(o, w);
    }
}

/* Hang w on what must change first; false when that cannot be. */
static bool hold(struct wf_order *o, struct wf_writer *w, struct wf_key key)
{
    struct wf_thing *x = wf_order_put(o, key);

    if (!x)
        return false;
    w->next_held = x->held;
    x->held = w->index + 1;
    w->held = true;
    w->waits_for = key;
    if (!o->nheld++ || w->tick < o->held_since)
        o->held_since = w->tick;
    return true;
}

/* The writer has no more to say: who waits for what it runs and holds need not. */
static void exhausted(struct wf_order *o, struct wf_writer *w)
{
    struct wf_thing *x;

    if (!o->nheld)
        return;
    if (w->stream == WF_STREAM_OTHER + 1)
        wf_order_touch(o, &o->keyframe);
    if (w->who.g && (x = wf_map_get(&o->gs, w->who.g)))
        wf_order_touch(o, x);
    if (w->who.p != WF_NO_P && (x = wf_map_get(&o->ps, (uint64_t)w->who.p + 1)))
        wf_order_touch(o, x);
}

/* --- the index -------------------------------------------------------------------- */

static int by_key(const struct wf_index_row *a, const struct wf_index_row *b)
{
    if (a->key.kind != b->key.kind)
        return a->key.kind < b->key.kind ? -1 : 1;
    if (a->key.id != b->key.id)
        return a->key.id < b->key.id ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int by_key_void(const void *a, const void *b)
{
    return by_key(a, b);
}

static int index_block(struct wf_order *o, const struct wf_block *b, size_t *size)
{
    const uint8_t *r = b->payload, *end = r + b->head.payload_len;
    struct wf_index_row row = { 0 };
    struct wf_event ev;

    while (r && r < end) {
        r = wf_schema_get(o->schema, r, end, &ev);
        if (!r || !wf_replay_key(&ev, o->schema->known[ev.id], &row.key, &row.seq))
            continue;
        if (o->nindex == *size) {
            size_t more = *size ? *size * 2 : 4096;
            void *grown = realloc(o->index, more * sizeof *o->index);
            if (!grown)
                return -ENOMEM;
            o->index = grown;
            *size = more;
        }
        o->index[o->nindex++] = row;
    }
    return 0;
}

static void drop_index(struct wf_order *o)
{
    free(o->index);
    o->index = NULL;
    o->nindex = 0;
    o->indexed = false;
}

/* Without memory for it the index is empty: nothing is waited for. */
static void build_index(struct wf_order *o)
{
    size_t size = 0;
    int err = o->gen->bytes > INDEX_BYTES_MAX;

    o->indexed = true;
    for (size_t i = 0; !err && i < o->gen->nevents; i++)
        err = index_block(o, o->gen->events[i], &size);
    if (err) {
        drop_index(o);
        o->indexed = true;
    }
    if (o->nindex)
        qsort(o->index, o->nindex, sizeof *o->index, by_key_void);
}

uint64_t wf_order_next_seq(const struct wf_order *o, struct wf_key key, uint64_t seq)
{
    struct wf_index_row want = { key, seq };
    size_t low = 0, high = o->nindex;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (by_key(&o->index[mid], &want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == o->nindex || o->index[low].key.kind != key.kind ||
        o->index[low].key.id != key.id)
        return UINT64_MAX;
    return o->index[low].seq;
}

/* Blocks are missing or damaged: numbers will not follow each other. */
static bool has_holes(const struct wf_order *o)
{
    for (size_t i = 0; i < o->gen->nevents; i++) {
        const struct wf_block *b = o->gen->events[i];
        if (b->damaged || b->head.lost_before)
            return true;
        if (i && o->gen->events[i - 1]->head.stream == b->head.stream &&
            o->gen->events[i - 1]->head.stream_seq + 1 != b->head.stream_seq)
            return true;
    }
    return false;
}

/* --- one after another ------------------------------------------------------------ */

int wf_order_begin(struct wf_order *o, struct wf_gen *gen,
                   const struct wf_schema *schema, const struct wf_clockmap *clock)
{
    o->gen = gen;
    o->schema = schema;
    o->clock = *clock;
    o->patience = wf_clockmap_units(clock, PATIENCE_NS);
    o->nheap = o->nheld = 0;
    o->forced = 0;
    o->force = false;
    o->now_writer = NULL;
    drop_index(o);
    for (size_t i = 0, j; i < gen->nevents; i = j) {
        struct wf_writer *w = wf_order_writer(o, gen->events[i]->head.stream);
        for (j = i + 1; j < gen->nevents; j++)
            if (gen->events[j]->head.stream != gen->events[i]->head.stream)
                break;
        if (!w)
            return -ENOMEM;
        w->gen = gen->number;
        w->block = i;
        w->blocks = j;
        w->r = w->end = NULL;
        w->tick = 0;
        w->gappy = false;
        load(o, w);
        if (w->hand != WF_HAND_NONE)
            push(o, w);
    }
    if (has_holes(o)) {
        o->holes = true;
        build_index(o);
    }
    return 0;
}

/* The writer with the oldest event that nobody holds back, NULL when there is none. */
static struct wf_writer *choose(struct wf_order *o, struct wf_writer *w)
{
    if (!w)
        return o->nheap ? pop(o) : NULL;
    struct wf_at at = { w->tick, w };
    if (o->nheap && before(&o->heap[0], &at)) {
        w = o->heap[0].w;
        sift_down(o, 0, at);
    }
    return w;
}

static bool may_come(struct wf_order *o, struct wf_writer *w)
{
    struct wf_key wait = { WF_THING_KEYFRAME, 0 };

    if (w->hand == WF_HAND_GAP)
        return true;
    if (wf_replay_gate(o, w, &wait) == WF_GATE_PASS)
        return true;
    if (!o->force && o->forced < FORCED_MAX && hold(o, w, wait))
        return false;
    w->rec.odd = "nothing that it waits for comes";
    o->forced++;
    o->force = false;
    return true;
}

/* Since when the events of a lost are missing; not before the writer's last one. */
static int64_t lost_since(const struct wf_order *o, const struct wf_writer *w)
{
    uint64_t span = WF_ARG(&w->rec.ev, lost, span);
    int64_t t = wf_clockmap_ns(&o->clock, w->tick > span ? w->tick - span : 0);

    return t < w->last ? w->last : t > w->rec.t ? w->rec.t : t;
}

static const struct wf_record *give(struct wf_order *o, struct wf_writer *w)
{
    int64_t t = wf_clockmap_ns(&o->clock, w->tick);
    struct wf_record *rec = &w->rec;

    if (t > o->now)
        o->now = t;
    rec->t = o->now;
    rec->who = w->who;
    if (w->hand == WF_HAND_GAP) {
        rec->kind = WF_RECORD_GAP;
        rec->gap.from = w->last;
        rec->gap.to = rec->t;
        wf_replay_lost(o, w);
    } else {
        rec->kind = WF_RECORD_EVENT;
        rec->info = &o->schema->info[rec->ev.id];
        rec->known = o->schema->known[rec->ev.id] != 0;
        if (o->schema->known[rec->ev.id] == WF_EV_lost)
            rec->gap = (struct wf_gap){ .from = lost_since(o, w),
                                        .to = rec->t,
                                        .m = w->who.m,
                                        .events = WF_ARG(&rec->ev, lost, n),
                                        .cause = WF_GAP_DROPPED };
        wf_replay_event(o, w);
    }
    w->last = rec->t;
    o->force = false;
    o->now_writer = w;
    return rec;
}

int wf_order_next(struct wf_order *o, const struct wf_record **rec)
{
    struct wf_writer *w = o->now_writer;

    if (w) {
        load(o, w);
        if (w->hand == WF_HAND_NONE) {
            exhausted(o, w);
            w = NULL;
        }
    }
    for (;;) {
        w = choose(o, w);
        if (!w && !o->nheld) {
            o->now_writer = NULL;
            return o->no_memory ? -ENOMEM : 0;
        }
        if (!o->indexed && o->nheld && (!w || w->tick - o->held_since > o->patience) &&
            (!w || w->tick > o->held_since)) {
            build_index(o);
            release_all(o);
        } else if (!w) {
            o->force = true;
            release_all(o);
        } else if (may_come(o, w)) {
            *rec = give(o, w);
            return 1;
        } else {
            w = NULL;
        }
    }
}

struct wf_who wf_order_who(const struct wf_order *o, uint32_t stream)
{
    const uint32_t *index = wf_map_get(&o->streams, (uint64_t)stream + 1);

    return index ? o->writers[*index - 1]->who
                 : (struct wf_who){ .m = WF_NO_M, .p = WF_NO_P };
}

void wf_order_until(struct wf_order *o, int64_t t)
{
    if (t > o->now)
        o->now = t;
}

int64_t wf_order_now(const struct wf_order *o)
{
    return o->now;
}

uint64_t wf_order_missing(const struct wf_order *o)
{
    return o->missing;
}

void wf_order_forget(struct wf_order *o, int64_t t)
{
    for (size_t i = 0; i < o->nwriters; i++)
        free(o->writers[i]);
    o->nwriters = o->nheap = o->nheld = 0;
    o->now_writer = NULL;
    o->now = t;
    wf_map_fini(&o->gs);
    wf_map_fini(&o->ps);
    wf_map_fini(&o->streams);
    memset(&o->keyframe, 0, sizeof o->keyframe);
    drop_index(o);
}

int wf_order_new(struct wf_order **out)
{
    struct wf_order *o = calloc(1, sizeof *o);

    if (!o)
        return -ENOMEM;
    wf_map_init(&o->gs, sizeof(struct wf_thing));
    wf_map_init(&o->ps, sizeof(struct wf_thing));
    wf_map_init(&o->streams, sizeof(uint32_t));
    *out = o;
    return 0;
}

void wf_order_free(struct wf_order *o)
{
    if (!o)
        return;
    wf_order_forget(o, 0);
    free(o->writers);
    free(o->heap);
    free(o);
}
