/* SPDX-License-Identifier: MIT */
/*
 * symbols.c - what the trace carries for an address, else the file it came from and what
 * that says of it.
 *
 * The paths are the trace's, and a trace is not trusted: a path is opened only if it is
 * absolute and a regular file (nothing that blocks or acts when opened), and believed
 * only if its build-id is the one the program had.
 */
#include "model/symbols.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "format/block.h"
#include "model/carried.h"
#include "model/symbols_elf.h"

enum { CACHE_MAX = 1 << 20 };

struct cached {
    struct wf_frame *frames;
    size_t n;
};

struct wf_symbols {
    const struct wf_modules *modules;
    const struct wf_carried *carried; /* NULL: none */
    struct wf_map cache;              /* of struct cached, by pc + 1 */
    struct wf_elf **elves; /* by the module's number; NULL: none, or not tried */
    bool *tried;
    size_t nelves;
};

struct wf_symbols *wf_symbols_new(const struct wf_modules *modules,
                                  const struct wf_carried *carried)
{
    struct wf_symbols *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->modules = modules;
    s->carried = carried;
    wf_map_init(&s->cache, sizeof(struct cached));
    return s;
}

static void free_frames(struct cached *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free((char *)c->frames[i].function);
        free((char *)c->frames[i].file);
    }
    free(c->frames);
}

void wf_symbols_free(struct wf_symbols *s)
{
    struct cached *c;
    uint64_t key;

    if (!s)
        return;
    for (size_t at = 0; (c = wf_map_next(&s->cache, &at, &key));)
        free_frames(c);
    wf_map_fini(&s->cache);
    for (size_t i = 0; i < s->nelves; i++)
        wf_elf_close(s->elves[i]);
    free(s->elves);
    free(s->tried);
    free(s);
}

/* A descriptor of the module's file, -1 if it is none that we want to read. */
static int open_module(const struct wf_module *m)
{
    struct stat st;
    int fd;

    if (m->path[0] != '/' || !m->id_len || stat(m->path, &st) || !S_ISREG(st.st_mode))
        return -1;
    fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static int make_room(struct wf_symbols *s, size_t n)
{
    void *elves, *tried;

    if (n <= s->nelves)
        return 0;
    elves = realloc(s->elves, n * sizeof(struct wf_elf *));
    if (!elves)
        return -ENOMEM;
    s->elves = elves;
    tried = realloc(s->tried, n * sizeof(bool));
    if (!tried)
        return -ENOMEM;
    s->tried = tried;
    for (; s->nelves < n; s->nelves++) {
        s->elves[s->nelves] = NULL;
        s->tried[s->nelves] = false;
    }
    return 0;
}

static struct wf_elf *elf_of(struct wf_symbols *s, uint64_t pc, uint64_t *offset)
{
    const struct wf_module *m = s->modules->row;

    if (make_room(s, s->modules->n))
        return NULL;
    for (size_t i = s->modules->n;
         i-- > 0;) { /* loaded later: in place of an earlier one */
        if (pc < m[i].base || pc - m[i].base >= m[i].size)
            continue;
        if (!s->tried[i]) {
            s->tried[i] = true;
            s->elves[i] = wf_elf_open(open_module(&m[i]), m[i].id, m[i].id_len);
        }
        *offset = pc - m[i].base + m[i].offset;
        return s->elves[i];
    }
    return NULL;
}

static char *text(const char *s)
{
    char *copy = strdup(s ? s : "");

    return copy;
}

/* Look the address up, for the cache. */
static bool look_up(struct wf_symbols *s, uint64_t pc, struct cached *c)
{
    struct wf_frame found[WF_SYMBOL_FRAMES_MAX] = {
        { .pc = pc, .function = "", .file = "" }
    };
    uint64_t offset;
    struct wf_elf *elf = elf_of(s, pc, &offset);
    size_t n = 1;

    if (elf)
        n = wf_elf_find(elf, offset, found, WF_SYMBOL_FRAMES_MAX);
    c->frames = calloc(n, sizeof *c->frames);
    if (!c->frames)
        return false;
    for (c->n = 0; c->n < n; c->n++) {
        struct wf_frame *f = &c->frames[c->n];
        *f = found[c->n];
        f->pc = pc;
        f->function = text(f->function);
        f->file = text(f->file);
        if (!f->function || !f->file) {
            c->n++;
            free_frames(c);
            return false;
        }
    }
    return true;
}

size_t wf_symbols_find(struct wf_symbols *s, uint64_t pc, struct wf_frame *frames,
                       size_t max)
{
    size_t n = s->carried ? wf_carried_find(s->carried, pc, frames, max) : 0;
    uint64_t key = pc + 1;
    struct cached *c, fresh = { 0 };

    if (n)
        return n;
    c = wf_map_get(&s->cache, key);
    if (!c && s->cache.n < CACHE_MAX && look_up(s, pc, &fresh)) {
        c = wf_map_put(&s->cache, key);
        if (c)
            *c = fresh;
        else
            free_frames(&fresh);
    }
    if (!c) {
        frames[0] = (struct wf_frame){ .pc = pc, .function = "", .file = "" };
        return 1;
    }
    if (max > c->n)
        max = c->n;
    memcpy(frames, c->frames, max * sizeof *frames);
    return max;
}

const char *wf_frame_where(const struct wf_frame *f, char *out, size_t size)
{
    if (f->file[0])
        snprintf(out, size, "%s:%u", f->file, f->line);
    else if (f->function[0])
        snprintf(out, size, "%s+0x%" PRIx64, f->function, f->offset);
    else
        snprintf(out, size, "0x%" PRIx64, f->pc);
    return out;
}
