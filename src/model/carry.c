/* SPDX-License-Identifier: MIT */
/*
 * carry.c - give a trace the symbols of its program, once it is closed.
 *
 * The block is appended first; then 8 bytes of the header say where it is.  Who is killed
 * between leaves bytes behind END, which nobody looks at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/varint.h"
#include "model/carried.h"
#include "model/reader_int.h"
#include "model/symbols.h"

enum { ADDRESSES_MAX = 1 << 18 };

struct carry {
    int fd;
    struct wf_blocks *blocks;
    struct wf_modules modules;
    struct wf_map pcs; /* that its stacks hold */
    uint64_t end;      /* of the END block */
    uint64_t nblocks;
};

/* --- what it names ---------------------------------------------------------------- */

static int take_stacks(struct carry *c, const uint8_t *r, const uint8_t *end)
{
    while (r && r < end) {
        uint64_t id, n, delta, pc = 0;
        r = wf_varint_get(r, end, &id);
        r = wf_varint_get(r, end, &n);
        for (uint64_t i = 0; r && i < n; i++) {
            r = wf_varint_get(r, end, &delta);
            pc += r ? (uint64_t)wf_unzigzag(delta) : 0;
            if (r && pc && c->pcs.n < ADDRESSES_MAX && !wf_map_put(&c->pcs, pc))
                return -ENOMEM;
        }
    }
    return 0;
}

static int take_block(struct carry *c, uint64_t at)
{
    struct wf_block *block = wf_blocks_get(c->blocks, at);
    const uint8_t *r, *end;
    int err;

    if (!block)
        return 0;
    r = block->payload;
    end = r + block->head.payload_len;
    err = block->head.type == WF_BLOCK_STACKS ? take_stacks(c, r, end)
                                              : wf_about_modules(&c->modules, r, end);
    free(block);
    return err == -EBADMSG ? 0 : err;
}

static int take_all(struct carry *c)
{
    uint64_t at = wf_blocks_header(c->blocks)->body_off;
    struct wf_block_head head;
    int n, err = 0;

    while (!err && (n = wf_blocks_hop(c->blocks, &at, &head)) > 0) {
        uint64_t next = at + head.head_len + head.payload_len;
        if (head.type == WF_BLOCK_STACKS || head.type == WF_BLOCK_MODULES)
            err = take_block(c, at);
        at = next + (-next & 7);
        c->nblocks = head.file_seq + 1;
        if (head.type == WF_BLOCK_END) {
            c->end = at;
            return err;
        }
    }
    return err ? err : n;
}

/* --- what that is ----------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Addresses of which nothing is known are left out. */
static int look_up(struct carry *c, struct wf_carrying *to)
{
    struct wf_symbols *symbols = wf_symbols_new(&c->modules, NULL);
    uint64_t *pcs = malloc((c->pcs.n + 1) * sizeof *pcs);
    size_t n = 0;

    if (!symbols || !pcs || !to->payload) {
        wf_symbols_free(symbols);
        free(pcs);
        return -ENOMEM;
    }
    for (size_t at = 0; wf_map_next(&c->pcs, &at, &pcs[n]);)
        n++;
    qsort(pcs, n, sizeof *pcs, by_value);
    for (size_t i = 0; i < n; i++) {
        struct wf_frame frames[WF_SYMBOL_FRAMES_MAX];
        size_t found = wf_symbols_find(symbols, pcs[i], frames, WF_SYMBOL_FRAMES_MAX);
        if (frames[0].function[0] && !wf_carrying_put(to, pcs[i], frames, found))
            break; /* a block's worth is enough; who reads may ask the files for others */
    }
    wf_symbols_free(symbols);
    free(pcs);
    return 0;
}

/* --- into the file ---------------------------------------------------------------- */

static int write_all(int fd, const void *bytes, size_t size, uint64_t at)
{
    const char *from = bytes;

    while (size) {
        ssize_t n = pwrite(fd, from, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        from += n;
        size -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

static int append(const struct carry *c, const struct wf_carrying *symbols)
{
    static const char zero[8];
    struct wf_block_head head = { .type = WF_BLOCK_SYMBOLS, .file_seq = c->nblocks };
    uint64_t payload = c->end + sizeof head;
    int err;

    wf_block_seal(&head, symbols->payload, (uint32_t)symbols->n);
    err = write_all(c->fd, &head, sizeof head, c->end);
    if (!err)
        err = write_all(c->fd, symbols->payload, symbols->n, payload);
    if (!err)
        err = write_all(c->fd, zero, -symbols->n & 7, payload + symbols->n);
    if (!err)
        err = write_all(c->fd, &c->end, sizeof c->end,
                        offsetof(struct wf_file_header, symbols_off));
    if (err && ftruncate(c->fd, (off_t)c->end))
        return -errno;
    return err;
}

static int carry(struct carry *c)
{
    struct wf_carrying symbols;
    struct stat st;
    int err = take_all(c);

    /* END must be there, and the last that is: then the trace was closed. */
    if (err || !c->end || fstat(c->fd, &st) || (uint64_t)st.st_size != c->end)
        return err;
    wf_carrying_init(&symbols);
    err = look_up(c, &symbols);
    if (!err && symbols.n)
        err = append(c, &symbols);
    wf_carrying_fini(&symbols);
    return err;
}

/* A pool is taken out by who closes it: then its blocks still move. */
static bool wants_symbols(const struct wf_file_header *h)
{
    return !h->symbols_off && !h->errors && !h->pool_slots;
}

int wf_carry(const char *path, char error[static 256])
{
    struct carry c = { .fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) };
    char same[64];
    struct stat st;
    int err = 0;

    if (c.fd < 0 || fstat(c.fd, &st) || !S_ISREG(st.st_mode)) {
        err = c.fd < 0 ? -errno : 0;
        if (err)
            snprintf(error, 256, "%s: %s", path, strerror(-err));
        goto close;
    }
    snprintf(same, sizeof same, "/proc/self/fd/%d", c.fd);
    err = wf_blocks_open(same, &c.blocks, error);
    if (err)
        goto close;
    wf_map_init(&c.pcs, 1);
    if (wants_symbols(wf_blocks_header(c.blocks)))
        err = carry(&c);
    if (err)
        snprintf(error, 256, "%s: %s", path, strerror(-err));
    wf_map_fini(&c.pcs);
    wf_modules_fini(&c.modules);
    wf_blocks_close(c.blocks);

close:
    if (c.fd >= 0)
        close(c.fd);
    return err;
}
