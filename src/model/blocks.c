/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - read blocks one after another; where there is none, look for the next.
 *
 * A killed program's last blocks are in the pool, which lies before the body.  They are
 * read first, kept, and given out after the body unless they were found in it.
 */
#include "model/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW = 2 * 1024 * 1024, /* a whole block fits, however large */
    SLOTS_MAX = 16384,
    SLOT_SIZE_MAX = 1024 * 1024
};
static_assert(WINDOW > WF_FILE_HEADER + WF_PAYLOAD_MAX + 8, "a block fits the window");

struct wf_blocks {
    int fd;
    bool seekable, ended, complete;
    struct wf_file_header header;
    uint64_t origin;  /* where in the file the trace begins */
    uint64_t at;      /* offset in the trace of win[pos] */
    uint64_t last;    /* where the last block began */
    uint64_t damaged; /* up to here damage has been told */
    uint64_t size;    /* of the trace; 0 for a pipe */
    uint64_t next_seq;
    uint8_t *win; /* bytes [pos, len) are read ahead */
    size_t pos, len;
    struct wf_block **slots; /* of the pool; NULL: found in the body, or given out */
    size_t nslots;
    uint32_t slots_from; /* no slot left is of an earlier generation */
};

/* Have at least n (at most WINDOW) bytes at win[pos], unless the input ends before. */
static int ahead(struct wf_blocks *b, size_t n)
{
    if (b->len - b->pos >= n)
        return 0;
    memmove(b->win, b->win + b->pos, b->len - b->pos);
    b->len -= b->pos;
    b->pos = 0;
    while (b->len < n && !b->ended) {
        size_t room = WINDOW - b->len;
        off_t from = (off_t)(b->origin + b->at + b->len);
        ssize_t got = b->seekable ? pread(b->fd, b->win + b->len, room, from)
                                  : read(b->fd, b->win + b->len, room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        b->ended = got == 0;
        b->len += (size_t)got;
    }
    return 0;
}

static void advance(struct wf_blocks *b, size_t n)
{
    b->pos += n;
    b->at += n;
}

/* Pass over n bytes.  0 or -errno; the input may end before. */
static int skip(struct wf_blocks *b, uint64_t n)
{
    while (n > b->len - b->pos) {
        size_t have = b->len - b->pos;
        int err;
        if (b->seekable) {
            b->at += n;
            b->pos = b->len = 0;
            return 0;
        }
        n -= have;
        advance(b, have);
        err = ahead(b, 1);
        if (err || b->len == b->pos)
            return err;
    }
    advance(b, (size_t)n);
    return 0;
}

/* A block of its own with a payload of n bytes. */
static struct wf_block *new_block(const struct wf_block_head *head,
                                  const uint8_t *payload, uint32_t n)
{
    struct wf_block *block = malloc(sizeof *block + n);

    if (!block)
        return NULL;
    memset(block, 0, sizeof *block);
    block->head = *head;
    block->head.payload_len = n;
    memcpy(block->payload, payload, n);
    return block;
}

static bool slot_holds_block(const struct wf_slot_head *s, uint32_t slot_size)
{
    uint32_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
    uint32_t committed = atomic_load_explicit(&s->committed, memory_order_relaxed);

    return s->magic == WF_SLOT_MAGIC &&
           (state == WF_SLOT_WRITING || state == WF_SLOT_FULL) && committed > 0 &&
           committed <= slot_size - sizeof *s && committed <= WF_EVENTS_PAYLOAD_MAX;
}

/* One slot of the pool; what it holds is kept. */
static int read_slot(struct wf_blocks *b, uint32_t slot_size)
{
    struct wf_slot_head s;
    int err = ahead(b, sizeof s);

    if (err || b->len - b->pos < sizeof s)
        return err;
    memcpy(&s, b->win + b->pos, sizeof s);
    if (slot_holds_block(&s, slot_size)) {
        uint32_t n = atomic_load_explicit(&s.committed, memory_order_relaxed);
        struct wf_block *block;
        err = ahead(b, sizeof s + n);
        if (err || b->len - b->pos < sizeof s + n)
            return err;
        block = new_block(&s.block, b->win + b->pos + sizeof s, n);
        if (!block)
            return -ENOMEM;
        block->recovered = true;
        block->head.last_ts = atomic_load_explicit(&s.last_ts, memory_order_relaxed);
        block->head.nevents = atomic_load_explicit(&s.nevents, memory_order_relaxed);
        b->slots[b->nslots++] = block;
    }
    return skip(b, slot_size);
}

static int order_slots(const void *a, const void *b)
{
    const struct wf_block_head *x = &(*(struct wf_block *const *)a)->head,
                               *y = &(*(struct wf_block *const *)b)->head;

    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return x->stream_seq < y->stream_seq ? -1 : x->stream_seq > y->stream_seq;
}

static int read_pool(struct wf_blocks *b)
{
    const struct wf_file_header *h = &b->header;
    int err;

    if (!h->pool_slots)
        return 0;
    b->slots = calloc(h->pool_slots, sizeof(struct wf_block *));
    if (!b->slots)
        return -ENOMEM;
    err = skip(b, h->pool_off - b->at);
    for (uint32_t i = 0; !err && i < h->pool_slots && !b->ended; i++)
        err = read_slot(b, h->slot_size);
    if (b->nslots)
        qsort(b->slots, b->nslots, sizeof *b->slots, order_slots);
    return err;
}

static const char *check_layout(const struct wf_file_header *h)
{
    if (h->shift > 32 || h->units_per_s == 0 || h->units_per_s > UINT64_C(100000000000))
        return "damaged header: its clock cannot be";
    if (h->pool_slots > SLOTS_MAX || h->slot_size > SLOT_SIZE_MAX ||
        (h->pool_slots && h->slot_size < sizeof(struct wf_slot_head)))
        return "damaged header: its pool cannot be";
    if (h->body_off < WF_FILE_HEADER || h->body_off % 8 ||
        (h->pool_slots &&
         (h->pool_off < WF_FILE_HEADER || h->pool_off > h->body_off ||
          (uint64_t)h->pool_slots * h->slot_size > h->body_off - h->pool_off)))
        return "damaged header: its parts overlap";
    return NULL;
}

static int read_header(struct wf_blocks *b, const char *path, char error[static 256])
{
    const char *why;
    int err = ahead(b, WF_FILE_HEADER);

    if (err) {
        snprintf(error, 256, "%s: %s", path, strerror(-err));
        return err;
    }
    if (b->len == 0) {
        snprintf(error, 256, "%s: empty: no trace", path);
        return -EBADMSG;
    }
    memcpy(&b->header, b->win, b->len < sizeof b->header ? b->len : sizeof b->header);
    why = wf_file_header_check(&b->header, b->len);
    if (!why)
        why = check_layout(&b->header);
    if (why) {
        snprintf(error, 256, "%s: %s", path, why);
        return -EBADMSG;
    }
    advance(b, WF_FILE_HEADER);
    err = read_pool(b);
    if (!err)
        err = skip(b, b->header.body_off - b->at);
    if (err)
        snprintf(error, 256, "%s: %s", path, strerror(-err));
    return err;
}

static int open_input(const char *path, struct wf_blocks *b)
{
    struct stat st;

    b->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                              : dup(STDIN_FILENO);
    if (b->fd < 0)
        return -errno;
    if (fstat(b->fd, &st))
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    b->seekable = S_ISREG(st.st_mode);
    if (b->seekable) {
        off_t here = lseek(b->fd, 0, SEEK_CUR);
        b->origin = here > 0 ? (uint64_t)here : 0;
        b->size = (uint64_t)st.st_size - b->origin;
    }
    if (b->seekable || !strcmp(path, "-"))
        return 0;
    /* A FIFO: opened without waiting, read with, from when its writer has come. */
    while (poll(&(struct pollfd){ .fd = b->fd, .events = POLLIN }, 1, -1) < 0)
        if (errno != EINTR)
            return -errno;
    return fcntl(b->fd, F_SETFL, 0) ? -errno : 0;
}

int wf_blocks_open(const char *path, struct wf_blocks **out, char error[static 256])
{
    struct wf_blocks *b = calloc(1, sizeof *b);
    int err = -ENOMEM;

    if (!b)
        goto say;
    b->fd = -1;
    b->win = malloc(WINDOW);
    if (!b->win)
        goto close;
    err = open_input(path, b);
    if (err)
        goto close;
    err = read_header(b, path, error);
    if (err) {
        wf_blocks_close(b);
        return err;
    }
    *out = b;
    return 0;

close:
    wf_blocks_close(b);
say:
    snprintf(error, 256, "%s: %s", path, strerror(-err));
    return err;
}

const struct wf_file_header *wf_blocks_header(const struct wf_blocks *b)
{
    return &b->header;
}

/* In a long stretch without a block: the next byte of a file that is no hole in it. */
static void pass_hole(struct wf_blocks *b)
{
    uint64_t here = b->origin + b->at;
    off_t data = lseek(b->fd, (off_t)here, SEEK_DATA);

    if (data < 0 && errno == ENXIO)
        data = (off_t)(b->origin + b->size);
    if (data > 0 && (uint64_t)data >= here + 8)
        skip(b, ((uint64_t)data - here) & ~UINT64_C(7));
}

/*
 * Find the next head at or after here, on a multiple of 8.  0 or -errno; at the input's
 * end there is no head, its magic is 0.
 */
static int find_head(struct wf_blocks *b, struct wf_block_head *head)
{
    for (;;) {
        int err = ahead(b, sizeof *head);
        size_t have = b->len - b->pos;
        uint32_t magic;
        if (err)
            return err;
        if (have < sizeof *head) {
            advance(b, have);
            head->magic = 0;
            return 0;
        }
        for (; have >= sizeof *head; have -= 8) {
            memcpy(&magic, b->win + b->pos, sizeof magic);
            if (magic == WF_BLOCK_MAGIC) {
                memcpy(head, b->win + b->pos, sizeof *head);
                if (!wf_block_head_check(head))
                    return 0;
            }
            advance(b, 8);
        }
        if (b->seekable)
            pass_hole(b);
    }
}

/* Which slot of the pool is a copy of the block, NULL if none. */
static struct wf_block **find_slot(struct wf_blocks *b,
                                   const struct wf_block_head *head)
{
    size_t low = 0, high = b->nslots;

    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct wf_block_head *h = &b->slots[mid]->head;
        if (h->stream != head->stream ? h->stream < head->stream
            : h->type != head->type   ? h->type < head->type
                                      : h->stream_seq < head->stream_seq)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == b->nslots || b->slots[low]->head.stream != head->stream ||
        b->slots[low]->head.type != head->type ||
        b->slots[low]->head.stream_seq != head->stream_seq)
        return NULL;
    return &b->slots[low];
}

/* The slot's block, the caller's from now on. */
static struct wf_block *take_slot(struct wf_block **slot)
{
    struct wf_block *copy;

    copy = new_block(&(*slot)->head, (*slot)->payload, (*slot)->head.payload_len);
    if (copy) {
        copy->recovered = true;
        (*slot)->taken = true;
    }
    return copy;
}

struct wf_block *wf_blocks_slot(struct wf_blocks *b, uint32_t generation)
{
    uint32_t next = UINT32_MAX;

    if (!b->nslots || generation < b->slots_from)
        return NULL;
    for (size_t i = 0; i < b->nslots; i++) {
        if (b->slots[i]->taken)
            continue;
        if (b->slots[i]->head.generation <= generation)
            return take_slot(&b->slots[i]);
        if (b->slots[i]->head.generation < next)
            next = b->slots[i]->head.generation;
    }
    b->slots_from = next;
    return NULL;
}

/* What lies between the last block and this head is told. */
static void tell_missing(struct wf_blocks *b, const struct wf_block_head *head,
                         uint64_t from, void (*on_hole)(void *, const struct wf_hole *),
                         void *arg)
{
    struct wf_hole hole = { .at = from };

    if (b->damaged > from)
        hole.at = b->damaged;
    if (b->at > hole.at)
        hole.bytes = b->at - hole.at;
    if (b->size && b->at > b->size)
        hole.bytes = b->size > hole.at ? b->size - hole.at : 0;
    if (head->magic && head->file_seq > b->next_seq)
        hole.blocks = head->file_seq - b->next_seq;
    if (hole.bytes || hole.blocks)
        on_hole(arg, &hole);
    if (head->magic && head->file_seq != UINT64_MAX)
        b->next_seq = head->file_seq + 1;
}

/*
 * The block behind a sound head.  If its payload is not sound the pool may have it;
 * else the block is given out damaged, and the search goes on within it: it may be cut
 * off.
 */
static int read_payload(struct wf_blocks *b, const struct wf_block_head *head,
                        struct wf_block **out)
{
    size_t whole = (size_t)head->head_len + head->payload_len;
    struct wf_block **slot = find_slot(b, head);
    int err = ahead(b, whole);
    bool sound;

    if (err)
        return err;
    b->last = b->at;
    sound = b->len - b->pos >= whole && wf_sum(b->win + b->pos + head->head_len,
                                               head->payload_len) == head->payload_sum;
    if (sound) {
        *out = new_block(head, b->win + b->pos + head->head_len, head->payload_len);
        if (slot)
            (*slot)->taken = true;
        b->complete = head->type == WF_BLOCK_END &&
                      head->payload_len >= sizeof(struct wf_end);
        skip(b, whole + (-head->payload_len & 7));
        return *out ? 1 : -ENOMEM;
    }
    b->damaged = b->at + whole + (-head->payload_len & 7);
    advance(b, 8);
    *out = slot && !(*slot)->taken ? take_slot(slot) : new_block(head, b->win, 0);
    if (*out)
        (*out)->damaged = !(*out)->recovered;
    return *out ? 1 : -ENOMEM;
}

/* What stands behind END is not the row's; a pipe is read out, for its writer's sake. */
static int read_out(struct wf_blocks *b)
{
    int err = 0;

    while (!err && !b->seekable && (b->len > b->pos || !b->ended)) {
        advance(b, b->len - b->pos);
        err = ahead(b, 1);
    }
    return err;
}

int wf_blocks_next(struct wf_blocks *b, struct wf_block **out,
                   void (*on_hole)(void *arg, const struct wf_hole *hole), void *arg,
                   char error[static 256])
{
    struct wf_block_head head = { .magic = 0 };
    uint64_t from = b->at;
    int err = b->complete ? read_out(b) : find_head(b, &head);

    if (!err && !b->complete)
        tell_missing(b, &head, from, on_hole, arg);
    if (!err && head.magic) {
        err = read_payload(b, &head, out);
    } else if (!err) {
        *out = wf_blocks_slot(b, UINT32_MAX);
        err = *out != NULL;
    }
    if (err < 0)
        snprintf(error, 256, "cannot read: %s", strerror(-err));
    return err;
}

bool wf_blocks_complete(const struct wf_blocks *b)
{
    return b->complete;
}

uint64_t wf_blocks_read(const struct wf_blocks *b)
{
    return b->at;
}

uint64_t wf_blocks_size(const struct wf_blocks *b)
{
    return b->size;
}

uint64_t wf_blocks_at(const struct wf_blocks *b)
{
    return b->last;
}

int wf_blocks_seek(struct wf_blocks *b, uint64_t offset)
{
    if (!b->seekable)
        return -ESPIPE;
    b->at = offset;
    b->damaged = 0;
    b->pos = b->len = 0;
    b->ended = b->complete = false;
    b->next_seq = UINT64_MAX; /* whatever comes is right */
    for (size_t i = 0; i < b->nslots; i++)
        b->slots[i]->taken = false;
    b->slots_from = 0;
    return 0;
}

bool wf_blocks_seekable(const struct wf_blocks *b)
{
    return b->seekable;
}

int wf_blocks_hop(struct wf_blocks *b, uint64_t *at, struct wf_block_head *head)
{
    int err;

    if (wf_blocks_peek(b, *at, head, sizeof *head) == sizeof *head &&
        !wf_block_head_check(head))
        return 1;
    err = wf_blocks_seek(b, *at);
    if (!err)
        err = find_head(b, head);
    if (err || !head->magic)
        return err;
    *at = b->at;
    return 1;
}

struct wf_block *wf_blocks_get(const struct wf_blocks *b, uint64_t at)
{
    const ssize_t size = sizeof(struct wf_block_head);
    struct wf_block_head head;
    struct wf_block *block;

    if (wf_blocks_peek(b, at, &head, sizeof head) != size || wf_block_head_check(&head))
        return NULL;
    block = calloc(1, sizeof *block + head.payload_len);
    if (!block)
        return NULL;
    block->head = head;
    if (wf_blocks_peek(b, at + head.head_len, block->payload, head.payload_len) !=
            (ssize_t)head.payload_len ||
        wf_sum(block->payload, head.payload_len) != head.payload_sum) {
        free(block);
        return NULL;
    }
    return block;
}

ssize_t wf_blocks_peek(const struct wf_blocks *b, uint64_t at, void *to, size_t n)
{
    return b->seekable ? pread(b->fd, to, n, (off_t)(b->origin + at)) : -1;
}

void wf_blocks_close(struct wf_blocks *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->nslots; i++)
        free(b->slots[i]);
    free(b->slots);
    if (b->fd >= 0)
        close(b->fd);
    free(b->win);
    free(b);
}
