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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 256 * 1024, SLOTS_MAX = 65536, SLOT_SIZE_MAX = 1024 * 1024 };

struct wf_blocks {
    int fd;
    bool seekable, ended, complete;
    struct wf_file_header header;
    uint64_t at;   /* offset in the file of win[pos] */
    uint64_t last; /* where the last block began */
    uint64_t size; /* of the file; 0 for a pipe */
    uint64_t next_seq;
    uint8_t *win; /* bytes [pos, len) are read ahead */
    size_t pos, len;
    struct wf_block *slots; /* of the pool, not yet found in the body */
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
        ssize_t got = read(b->fd, b->win + b->len, WINDOW - b->len);
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

/* Read n bytes into to (NULL: pass over them).  How many there were, or -errno. */
static int64_t take(struct wf_blocks *b, void *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        int err = ahead(b, 1);
        size_t have = b->len - b->pos;
        if (err)
            return err;
        if (!have)
            break;
        if (have > n - done)
            have = n - done;
        if (to)
            memcpy((uint8_t *)to + done, b->win + b->pos, have);
        advance(b, have);
        done += have;
    }
    return (int64_t)done;
}

/* Read n bytes that follow a head into a new block; *got tells how many there were. */
static struct wf_block *take_block(struct wf_blocks *b,
                                   const struct wf_block_head *head, size_t n,
                                   int64_t *got)
{
    struct wf_block *block = malloc(sizeof *block + n);

    if (!block) {
        *got = -ENOMEM;
        return NULL;
    }
    block->head = *head;
    block->next = NULL;
    block->recovered = false;
    *got = take(b, block->payload, n);
    if (*got < 0) {
        free(block);
        return NULL;
    }
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
    struct wf_block *block = NULL;
    uint64_t begin = b->at;
    int64_t got = take(b, &s, sizeof s);

    if (got == (int64_t)sizeof s && slot_holds_block(&s, slot_size)) {
        uint32_t n = atomic_load_explicit(&s.committed, memory_order_relaxed);
        block = take_block(b, &s.block, n, &got);
        if (block && got == (int64_t)n) {
            block->recovered = true;
            block->head.payload_len = n;
            block->head.last_ts = atomic_load_explicit(&s.last_ts,
                                                       memory_order_relaxed);
            block->head.nevents = atomic_load_explicit(&s.nevents,
                                                       memory_order_relaxed);
            block->next = b->slots;
            b->slots = block;
        } else {
            free(block);
        }
    }
    if (got >= 0)
        got = take(b, NULL, begin + slot_size - b->at);
    return got < 0 ? (int)got : 0;
}

static int read_pool(struct wf_blocks *b)
{
    const struct wf_file_header *h = &b->header;
    int64_t got;

    if (!h->pool_slots || h->pool_off < b->at)
        return 0;
    got = take(b, NULL, h->pool_off - b->at);
    for (uint32_t i = 0; got >= 0 && i < h->pool_slots && !b->ended; i++)
        got = read_slot(b, h->slot_size);
    return got < 0 ? (int)got : 0;
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
         (h->pool_off < WF_FILE_HEADER ||
          h->pool_off + (uint64_t)h->pool_slots * h->slot_size > h->body_off)))
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
    if (!err) {
        int64_t got = take(b, NULL, b->header.body_off - b->at);
        err = got < 0 ? (int)got : 0;
    }
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
    b->seekable = S_ISREG(st.st_mode) && strcmp(path, "-") != 0;
    b->size = b->seekable ? (uint64_t)st.st_size : 0;
    if (!b->seekable && strcmp(path, "-") != 0 &&
        fcntl(b->fd, F_SETFL, 0)) /* a FIFO: opened without waiting, read with */
        return -errno;
    return 0;
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

/*
 * Find the next head at or after here, on a multiple of 8.  Returns bytes passed over,
 * -errno; at the input's end there is no head behind them.
 */
static int64_t find_head(struct wf_blocks *b, struct wf_block_head *head)
{
    int64_t passed = 0;

    for (;;) {
        int err = ahead(b, sizeof *head);
        if (err)
            return err;
        if (b->len - b->pos < sizeof *head) {
            passed += (int64_t)(b->len - b->pos);
            advance(b, b->len - b->pos);
            head->magic = 0;
            return passed;
        }
        memcpy(head, b->win + b->pos, sizeof *head);
        if (!wf_block_head_check(head))
            return passed;
        advance(b, 8);
        passed += 8;
    }
}

static void tell_missing(struct wf_blocks *b, const struct wf_block_head *head,
                         int64_t passed,
                         void (*on_hole)(void *, const struct wf_hole *), void *arg)
{
    struct wf_hole hole = { .bytes = (uint64_t)passed,
                            .stream = UINT32_MAX,
                            .what = "damaged bytes" };

    if (head->magic && head->file_seq > b->next_seq)
        hole.blocks = head->file_seq - b->next_seq;
    if (hole.bytes || hole.blocks)
        on_hole(arg, &hole);
    if (head->magic)
        b->next_seq = head->file_seq + 1;
}

/* The block is in the body: the pool's copy of it is not wanted. */
static void forget_slot(struct wf_blocks *b, const struct wf_block_head *head)
{
    for (struct wf_block **at = &b->slots; *at; at = &(*at)->next) {
        struct wf_block *slot = *at;
        if (slot->head.type == head->type && slot->head.stream == head->stream &&
            slot->head.stream_seq == head->stream_seq) {
            *at = slot->next;
            free(slot);
            return;
        }
    }
}

static int next_slot(struct wf_blocks *b, struct wf_block **out)
{
    *out = b->slots;
    if (!b->slots)
        return 0;
    b->slots = b->slots->next;
    (*out)->next = NULL;
    return 1;
}

/* The payload behind a sound head.  1, 0 when it was not sound, -errno. */
static int read_payload(struct wf_blocks *b, const struct wf_block_head *head,
                        struct wf_block **out)
{
    struct wf_block *block;
    int64_t got;

    b->last = b->at;
    take(b, NULL, head->head_len);
    block = take_block(b, head, head->payload_len, &got);
    if (!block)
        return (int)got;
    if (got != (int64_t)head->payload_len ||
        wf_sum(block->payload, head->payload_len) != head->payload_sum) {
        free(block);
        return 0;
    }
    take(b, NULL, -head->payload_len & 7);
    *out = block;
    return 1;
}

int wf_blocks_next(struct wf_blocks *b, struct wf_block **out,
                   void (*on_hole)(void *arg, const struct wf_hole *hole), void *arg,
                   char error[static 256])
{
    for (;;) {
        struct wf_block_head head;
        int64_t passed = find_head(b, &head);
        int err;
        if (passed < 0) {
            snprintf(error, 256, "cannot read: %s", strerror((int)-passed));
            return (int)passed;
        }
        tell_missing(b, &head, passed, on_hole, arg);
        if (!head.magic)
            return next_slot(b, out);
        err = read_payload(b, &head, out);
        if (err < 0) {
            snprintf(error, 256, "cannot read: %s", strerror(-err));
            return err;
        }
        if (err) {
            forget_slot(b, &head);
            b->complete = head.type == WF_BLOCK_END;
            return 1;
        }
        struct wf_hole hole = { .bytes = head.payload_len,
                                .stream = head.stream,
                                .first_ts = head.first_ts,
                                .last_ts = head.last_ts,
                                .nevents = head.nevents,
                                .what = "damaged block" };
        on_hole(arg, &hole);
    }
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
    if (lseek(b->fd, (off_t)offset, SEEK_SET) < 0)
        return -errno;
    b->at = offset;
    b->pos = b->len = 0;
    b->ended = false;
    b->next_seq = UINT64_MAX; /* whatever comes is right */
    return 0;
}

void wf_blocks_close(struct wf_blocks *b)
{
    if (!b)
        return;
    while (b->slots) {
        struct wf_block *slot = b->slots;
        b->slots = slot->next;
        free(slot);
    }
    if (b->fd >= 0)
        close(b->fd);
    free(b->win);
    free(b);
}
