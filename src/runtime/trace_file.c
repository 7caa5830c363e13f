/* SPDX-License-Identifier: MIT */
/*
 * trace_file.c - the file of a trace: how it begins and how it ends.
 * It is made beside its name and gets it when the header is written, so that under the
 * name there is never half a trace.  Its pool has real blocks from the start, for a
 * store into a hole of a full disk would kill the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/trace_int.h"

enum { COPY_MAX = 1 << 30 };

/* ---- the sink ---- */

static int write_all(int fd, const char *bytes, size_t size, int64_t off)
{
    while (size) {
        ssize_t n = off < 0 ? write(fd, bytes, size) : pwrite(fd, bytes, size, off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -EIO;
        bytes += n;
        size -= (size_t)n;
        if (off >= 0)
            off += n;
    }
    return 0;
}

/* What a failed write left behind is cut off, as far as that can be. */
static int sink_write(struct wf_sink *s, const void *bytes, size_t size)
{
    int err = write_all(s->fd, bytes, size, s->stream ? -1 : s->off);
    if (!err)
        s->off += (int64_t)size;
    else if (!s->stream && ftruncate(s->fd, s->off) < 0)
        err = -errno;
    return err;
}

/* ---- the beginning ---- */

static int complain(const char *path, int err)
{
    dprintf(STDERR_FILENO, "weft: cannot write trace %s: %s\n", path, strerror(-err));
    return err;
}

static void fill_header(struct wf_file_header *h, const struct wf_clock_snap *start)
{
    memset(h, 0, sizeof *h);
    memcpy(h->magic, WF_FILE_MAGIC, sizeof h->magic);
    h->major = WF_FORMAT_MAJOR;
    h->minor = WF_FORMAT_MINOR;
    h->header_len = WF_FILE_HEADER;
    h->clock = wf_tclock.kind;
    h->shift = wf_tclock.shift;
    h->units_per_s = wf_tclock.units_per_s;
    h->start = *start;
    if (getrandom(h->uuid, sizeof h->uuid, GRND_NONBLOCK) != sizeof h->uuid)
        memcpy(h->uuid, start, sizeof h->uuid);
    h->pid = (uint32_t)getpid();
    h->ncpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    h->nprocs = wf_rt.nprocs;
    h->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    h->body_off = WF_FILE_HEADER;
}

static int write_header(struct wf_tfile *f)
{
    char bytes[WF_FILE_HEADER] = { 0 };
    f->header.sum = wf_file_header_sum(&f->header);
    memcpy(bytes, &f->header, sizeof f->header);
    return write_all(f->sink.fd, bytes, sizeof bytes, f->sink.stream ? -1 : 0);
}

static int open_stream(struct wf_tfile *f, uint32_t slots)
{
    f->sink.stream = true;
    f->sink.fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (f->sink.fd < 0)
        return -errno;
    int err = wf_slots_map(-1, 0, slots);
    if (!err) {
        err = write_header(f);
        if (!err)
            return 0;
        wf_slots_unmap();
    }
    close(f->sink.fd);
    return err;
}

static int make_pool(struct wf_tfile *f, uint32_t slots)
{
    struct wf_file_header *h = &f->header;
    h->pool_off = WF_FILE_HEADER;
    h->pool_slots = slots;
    h->slot_size = WF_SLOT_SIZE;
    h->body_off = WF_FILE_HEADER + (uint64_t)slots * WF_SLOT_SIZE;
    f->sink.off = (int64_t)h->body_off;
    int err = posix_fallocate(f->sink.fd, 0, (off_t)h->body_off);
    if (err)
        return -err;
    return wf_slots_map(f->sink.fd, (int64_t)h->pool_off, slots);
}

/* beside: room for the path and 8 more. */
static int make_beside(const char *path, char *beside, size_t size)
{
    snprintf(beside, size, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int open_file(struct wf_tfile *f, uint32_t slots)
{
    char beside[sizeof f->path + 8];
    int err, fd = make_beside(f->path, beside, sizeof beside);
    if (fd < 0)
        return fd;
    f->sink.fd = fd;
    err = make_pool(f, slots);
    if (err)
        goto close_fd;
    err = write_header(f);
    if (!err && rename(beside, f->path) < 0)
        err = -errno;
    if (err)
        goto unmap;
    return 0;

unmap:
    wf_slots_unmap();
close_fd:
    close(fd);
    unlink(beside);
    return err;
}

int wf_tfile_open(struct wf_tfile *f, const struct wf_clock_snap *start,
                  const char *path, size_t buffer)
{
    struct stat st;
    size_t slots = buffer / WF_SLOT_SIZE;
    bool there = stat(path, &st) == 0;

    slots = slots < WF_SLOTS_MIN ? WF_SLOTS_MIN : slots;
    slots = slots > WF_SLOTS_MAX ? WF_SLOTS_MAX : slots;
    memset(f, 0, sizeof *f);
    snprintf(f->path, sizeof f->path, "%s", path);
    f->sink.write = sink_write;
    f->sink.off = WF_FILE_HEADER;
    fill_header(&f->header, start);
    int err;
    if (there && S_ISDIR(st.st_mode))
        err = -EISDIR;
    else if (there && !S_ISREG(st.st_mode))
        err = open_stream(f, (uint32_t)slots);
    else
        err = open_file(f, (uint32_t)slots);
    return err ? complain(path, err) : 0;
}

void wf_tfile_abandon(struct wf_tfile *f)
{
    if (!f->sink.stream)
        unlink(f->path);
    close(f->sink.fd);
}

/* ---- trouble ---- */

void wf_tfile_error(struct wf_tfile *f, int err)
{
    if (f->failed)
        return;
    f->failed = err;
    bool full = err == -ENOSPC || err == -EDQUOT || err == -EFBIG;
    bool told = f->error;
    f->header.errors |= full ? WF_FILE_ENOSPC : WF_FILE_EIO;
    if (!f->sink.stream)
        write_header(f); /* its bytes are there already */
    if (told)
        return;
    f->error = err;
    dprintf(STDERR_FILENO, "weft: the trace %s ends here: %s\n", f->path,
            strerror(-err));
}

/* ---- the end ---- */

static int64_t pool_size(const struct wf_tfile *f)
{
    return (int64_t)f->header.pool_slots * WF_SLOT_SIZE;
}

static void forget_pool(struct wf_file_header *h, int64_t less)
{
    h->pool_off = h->pool_slots = h->slot_size = 0;
    h->body_off -= (uint64_t)less;
}

/* The blocks move down in the file itself.  Until they do, a reader finds zeros before
 * them, which it skips. */
static bool collapse(struct wf_tfile *f)
{
    struct wf_file_header was = f->header;
    int64_t size = pool_size(f);
    forget_pool(&f->header, size);
    if (!write_header(f) &&
        !fallocate(f->sink.fd, FALLOC_FL_COLLAPSE_RANGE, WF_FILE_HEADER, size)) {
        f->sink.off -= size;
        return true;
    }
    f->header = was;
    return false;
}

static int copy_body(int from, int64_t off, int64_t end, int to)
{
    off_t in = off, out = WF_FILE_HEADER;
    while (in < end) {
        ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(end - in), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
    }
    return 0;
}

/* The blocks move to another file, which takes the name. */
static bool copy_beside(struct wf_tfile *f)
{
    char beside[sizeof f->path + 8];
    struct wf_tfile copy = *f;
    int64_t body = (int64_t)f->header.body_off;
    if (f->sink.off - body > COPY_MAX)
        return false;
    copy.sink.fd = make_beside(f->path, beside, sizeof beside);
    if (copy.sink.fd < 0)
        return false;
    forget_pool(&copy.header, pool_size(f));
    if (write_header(&copy) || copy_body(f->sink.fd, body, f->sink.off, copy.sink.fd) ||
        rename(beside, f->path) < 0) {
        unlink(beside);
        close(copy.sink.fd);
        return false;
    }
    close(f->sink.fd);
    copy.sink.off -= pool_size(f);
    *f = copy;
    return true;
}

void wf_tfile_free_pool(struct wf_tfile *f)
{
    if (f->sink.stream)
        return;
    bool punched = !fallocate(f->sink.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                              (off_t)f->header.pool_off, pool_size(f));
    if (!(punched && collapse(f)) && !copy_beside(f))
        forget_pool(&f->header, 0);
    if (f->header.errors == WF_FILE_ENOSPC)
        f->failed = 0; /* the pool's room will do for what is left to say */
}

/* Or another file has its name now. */
static bool deleted(const struct wf_tfile *f)
{
    struct stat st;
    return !f->sink.stream && !fstat(f->sink.fd, &st) && !st.st_nlink;
}

void wf_tfile_close(struct wf_tfile *f)
{
    if (!f->sink.stream)
        write_header(f);
    if (deleted(f)) {
        f->error = -ENOENT;
        dprintf(STDERR_FILENO, "weft: the trace %s is lost: its file was deleted\n",
                f->path);
    }
    close(f->sink.fd);
    f->sink.fd = -1;
}
