/* SPDX-License-Identifier: MIT */
/*
 * trace_tables.c - strings and stacks of a generation: each once, with a number.
 *
 * Two generations may be written at a time: while some Ms are still in the old one.
 * There is a set of tables for odd and one for even numbers.  Looking up takes no lock:
 * chains grow at their head only, and what they consist of stays until everybody has
 * left the generation.  What is new goes to a slot of the pool at once, so that a
 * killed program's trace has it.
 */
#include <string.h>
#include <sys/mman.h>

#include "runtime/trace_int.h"

enum { BUCKETS = 4096, CHUNK = 256 * 1024, NKINDS = 2 };

struct entry {
    struct entry *next;
    uint64_t hash;
    uint32_t id, len;
    char text[]; /* len bytes; of a stack none: its hash is its identity */
};

/* Memory that is given back all at once. */
struct chunk {
    struct chunk *next;
    size_t used;
    char bytes[];
};

struct table {
    _Atomic(struct entry *) bucket[BUCKETS];
    uint32_t n;
    struct wf_slot_head *head; /* slot under way */
    unsigned char *at;
};

static struct {
    struct wf_lock lock; /* rank TABLES: guards all but the reading of chains */
    struct {
        struct table kind[NKINDS];
        struct chunk *chunks; /* the first has room, maybe */
    } gen[2];
    struct chunk *spare;
    uint32_t seq[NKINDS]; /* of their blocks */
} tables = { .lock = WF_LOCK_INIT(TABLES) };

static const uint8_t block_type[NKINDS] = { WF_BLOCK_STRINGS, WF_BLOCK_STACKS };
enum { STRINGS, STACKS };

/* ---- memory ---- */

static struct chunk *new_chunk(void)
{
    struct chunk *c = tables.spare;
    if (c) {
        tables.spare = c->next;
        return c;
    }
    void *at = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                    -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void *alloc(uint32_t gen, size_t size)
{
    struct chunk **first = &tables.gen[gen & 1].chunks;
    size = (size + 7) & ~(size_t)7;
    if (!*first || (*first)->used + size > CHUNK - sizeof **first) {
        struct chunk *c = new_chunk();
        if (!c)
            return NULL;
        c->used = 0;
        c->next = *first;
        *first = c;
    }
    void *at = (*first)->bytes + (*first)->used;
    (*first)->used += size;
    return at;
}

/* ---- slots ---- */

static void hand_on(struct table *t)
{
    if (t->head)
        wf_slot_full(t->head);
    t->head = NULL;
}

/* Room for size bytes, or NULL. */
static unsigned char *room(uint32_t gen, unsigned kind, size_t size)
{
    struct table *t = &tables.gen[gen & 1].kind[kind];
    if (t->head && t->at + size > (unsigned char *)t->head + WF_SLOT_SIZE)
        hand_on(t);
    if (!t->head) {
        uint64_t now = wf_now_units();
        struct wf_block_head block = { .type = block_type[kind],
                                       .stream_seq = tables.seq[kind],
                                       .generation = gen - wf_trace_base,
                                       .first_ts = now,
                                       .last_ts = now };
        t->head = wf_slot_get(&block);
        if (!t->head)
            return NULL;
        tables.seq[kind]++;
        t->at = (unsigned char *)(t->head + 1);
    }
    return t->at;
}

static void commit(struct table *t, unsigned char *end)
{
    t->at = end;
    atomic_store_explicit(&t->head->committed,
                          (uint32_t)(end - (unsigned char *)(t->head + 1)),
                          memory_order_release);
}

/* ---- tables ---- */

static const struct entry *find(const struct table *t, uint64_t hash, const char *text,
                                size_t len)
{
    const struct entry *e = atomic_load_explicit(&t->bucket[hash % BUCKETS],
                                                 memory_order_acquire);
    for (; e; e = e->next)
        if (e->hash == hash && e->len == len && !memcmp(e->text, text, len))
            return e;
    return NULL;
}

static void link_entry(struct table *t, struct entry *e)
{
    _Atomic(struct entry *) *bucket = &t->bucket[e->hash % BUCKETS];
    e->next = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, e, memory_order_release);
    t->n++;
}

static struct entry *new_entry(uint32_t gen, unsigned kind, uint64_t hash,
                               const char *text, size_t len)
{
    struct entry *e = alloc(gen, sizeof *e + len);
    if (!e)
        return NULL;
    e->hash = hash;
    e->id = tables.gen[gen & 1].kind[kind].n + 1;
    e->len = (uint32_t)len;
    memcpy(e->text, text, len);
    return e;
}

/* The writing of a record, given its id: returns its end. */
struct record {
    const char *text;
    size_t len;
    const uint64_t *pc;
    uint32_t n;
};

static unsigned char *put_record(unsigned char *w, uint32_t id, const struct record *r)
{
    w = wf_varint_put(w, id);
    if (!r->pc) {
        w = wf_varint_put(w, r->len);
        memcpy(w, r->text, r->len);
        return w + r->len;
    }
    uint64_t before = 0;
    w = wf_varint_put(w, r->n);
    for (uint32_t i = 0; i < r->n; i++) {
        w = wf_varint_put(w, wf_zigzag((int64_t)(r->pc[i] - before)));
        before = r->pc[i];
    }
    return w;
}

/* With the lock held; 0: no room. */
static uint32_t add(uint32_t gen, unsigned kind, uint64_t hash, const struct record *r)
{
    struct table *t = &tables.gen[gen & 1].kind[kind];
    unsigned char *w = room(gen, kind, (size_t)WF_VARINT_MAX * (2 + r->n) + r->len);
    struct entry *e = w ? new_entry(gen, kind, hash, r->text, r->len) : NULL;
    if (!e)
        return 0;
    commit(t, put_record(w, e->id, r));
    link_entry(t, e);
    return e->id;
}

static uint32_t intern(uint32_t gen, unsigned kind, uint64_t hash,
                       const struct record *r)
{
    const struct table *t = &tables.gen[gen & 1].kind[kind];
    const struct entry *e = find(t, hash, r->text, r->len);
    if (e)
        return e->id;
    wf_lock_acquire(&tables.lock);
    e = find(t, hash, r->text, r->len);
    uint32_t id = e ? e->id : add(gen, kind, hash, r);
    wf_lock_release(&tables.lock);
    return id;
}

uint32_t wf_tables_str(uint32_t gen, const char *text, size_t len)
{
    uint64_t hash = wf_unwind_key;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return intern(gen, STRINGS, hash ^ hash >> 32,
                  &(struct record){ .text = text, .len = len });
}

uint32_t wf_tables_stack(uint32_t gen, uint64_t hash, const uint64_t *pc, uint32_t n)
{
    return intern(gen, STACKS, hash, &(struct record){ .text = "", .pc = pc, .n = n });
}

/* ---- generations ---- */

void wf_tables_begin(uint32_t gen)
{
    wf_lock_acquire(&tables.lock);
    struct chunk *c;
    while ((c = tables.gen[gen & 1].chunks)) {
        tables.gen[gen & 1].chunks = c->next;
        c->next = tables.spare;
        tables.spare = c;
    }
    for (unsigned kind = 0; kind < NKINDS; kind++) {
        struct table *t = &tables.gen[gen & 1].kind[kind];
        for (unsigned i = 0; i < BUCKETS; i++)
            atomic_store_explicit(&t->bucket[i], NULL, memory_order_relaxed);
        t->n = 0;
        t->head = NULL;
    }
    wf_lock_release(&tables.lock);
}

void wf_tables_end(uint32_t gen)
{
    wf_lock_acquire(&tables.lock);
    for (unsigned kind = 0; kind < NKINDS; kind++)
        hand_on(&tables.gen[gen & 1].kind[kind]);
    wf_lock_release(&tables.lock);
}

void wf_tables_fini(void)
{
    wf_tables_begin(0);
    wf_tables_begin(1);
    for (struct chunk *c = tables.spare, *next; c; c = next) {
        next = c->next;
        munmap(c, CHUNK);
    }
    tables.spare = NULL;
    memset(tables.seq, 0, sizeof tables.seq);
}
