/* SPDX-License-Identifier: MIT */
/* carried.c - the payload of a SYMBOLS block, written and read. */
#include "model/carried.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/block.h"
#include "format/varint.h"

/* The fewest bytes that one of each takes: so many can be in a payload at most. */
enum { ROW_MIN = 6, FRAME_MIN = 4, STRING_MIN = 2 };

/* --- reading ---------------------------------------------------------------------- */

struct row {
    uint64_t pc;
    uint32_t first, n; /* frames */
};

struct wf_carried {
    struct row *rows; /* by pc */
    struct wf_frame *frames;
    const char **strings; /* 0 is "" */
    char *text;           /* theirs */
    size_t nrows, nframes, nstrings, ntext;
};

static struct wf_carried *new_carried(size_t bytes)
{
    struct wf_carried *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->rows = malloc((bytes / ROW_MIN + 1) * sizeof *c->rows);
    c->frames = malloc((bytes / FRAME_MIN + 1) * sizeof *c->frames);
    c->strings = malloc((bytes / STRING_MIN + 1) * sizeof *c->strings);
    c->text = malloc(bytes + 1);
    if (!c->rows || !c->frames || !c->strings || !c->text) {
        wf_carried_free(c);
        return NULL;
    }
    c->strings[c->nstrings++] = "";
    return c;
}

void wf_carried_free(struct wf_carried *c)
{
    if (!c)
        return;
    free(c->rows);
    free(c->frames);
    free(c->strings);
    free(c->text);
    free(c);
}

static const uint8_t *get_string(struct wf_carried *c, const uint8_t *r,
                                 const uint8_t *end, const char **out)
{
    uint64_t number, len;

    r = wf_varint_get(r, end, &number);
    if (!r || number > c->nstrings)
        return NULL;
    if (number == c->nstrings) {
        r = wf_varint_get(r, end, &len);
        if (!r || len > WF_STRING_MAX || len > (size_t)(end - r))
            return NULL;
        char *to = c->text + c->ntext;
        memcpy(to, r, len);
        to[len] = '\0';
        c->ntext += len + 1;
        c->strings[c->nstrings++] = to;
        r += len;
    }
    *out = c->strings[number];
    return r;
}

static const uint8_t *get_frame(struct wf_carried *c, const uint8_t *r,
                                const uint8_t *end, uint64_t pc)
{
    struct wf_frame *f = &c->frames[c->nframes];
    uint64_t line;

    f->pc = pc;
    r = get_string(c, r, end, &f->function);
    r = wf_varint_get(r, end, &f->offset);
    if (r)
        r = get_string(c, r, end, &f->file);
    r = wf_varint_get(r, end, &line);
    if (!r || line > UINT32_MAX)
        return NULL;
    f->line = (unsigned)line;
    c->nframes++;
    return r;
}

static const uint8_t *get_row(struct wf_carried *c, const uint8_t *r,
                              const uint8_t *end)
{
    uint64_t last = c->nrows ? c->rows[c->nrows - 1].pc : 0, delta = 0, n = 0;

    r = wf_varint_get(r, end, &delta);
    r = wf_varint_get(r, end, &n);
    if (!r || delta == 0 || delta > UINT64_MAX - last || n == 0 ||
        n > WF_SYMBOL_FRAMES_MAX)
        return NULL;
    c->rows[c->nrows] = (struct row){ last + delta, (uint32_t)c->nframes, (uint32_t)n };
    for (uint64_t i = 0; r && i < n; i++)
        r = get_frame(c, r, end, last + delta);
    c->nrows++;
    return r;
}

int wf_carried_parse(struct wf_carried **out, const uint8_t *r, const uint8_t *end)
{
    struct wf_carried *c = new_carried((size_t)(end - r));

    if (!c)
        return -ENOMEM;
    while (r && r < end)
        r = get_row(c, r, end);
    if (!r) {
        wf_carried_free(c);
        return -EBADMSG;
    }
    *out = c;
    return 0;
}

static int by_pc(const void *key, const void *row)
{
    uint64_t pc = *(const uint64_t *)key, at = ((const struct row *)row)->pc;

    return pc < at ? -1 : pc > at;
}

size_t wf_carried_find(const struct wf_carried *c, uint64_t pc, struct wf_frame *frames,
                       size_t max)
{
    const struct row *row = bsearch(&pc, c->rows, c->nrows, sizeof *row, by_pc);
    size_t n = row ? row->n : 0;

    if (n > max)
        n = max;
    if (n)
        memcpy(frames, c->frames + row->first, n * sizeof *frames);
    return n;
}

/* --- writing ---------------------------------------------------------------------- */

/* A string that stands in the payload. */
struct told {
    uint32_t number, at, len;
};

void wf_carrying_init(struct wf_carrying *c)
{
    *c = (struct wf_carrying){ .payload = malloc(WF_PAYLOAD_MAX) };
    wf_map_init(&c->strings, sizeof(struct told));
}

void wf_carrying_fini(struct wf_carrying *c)
{
    wf_map_fini(&c->strings);
    free(c->payload);
}

static void put_number(struct wf_carrying *c, uint64_t v)
{
    c->n = (size_t)(wf_varint_put(c->payload + c->n, v) - c->payload);
}

/* FNV-1a; never 0. */
static uint64_t hash(const char *s, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
    return h ? h : 1;
}

static void put_string(struct wf_carrying *c, const char *s)
{
    size_t len = strnlen(s, WF_STRING_MAX);
    struct told *told = len ? wf_map_put(&c->strings, hash(s, len)) : NULL;

    if (told && told->number && told->len == len &&
        !memcmp(c->payload + told->at, s, len)) {
        put_number(c, told->number);
    } else if (len) {
        put_number(c, ++c->nstrings);
        put_number(c, len);
        if (told) /* without: it is told again */
            *told = (struct told){ c->nstrings, (uint32_t)c->n, (uint32_t)len };
        memcpy(c->payload + c->n, s, len);
        c->n += len;
    } else {
        put_number(c, 0);
    }
}

bool wf_carrying_put(struct wf_carrying *c, uint64_t pc, const struct wf_frame *frames,
                     size_t n)
{
    const size_t number = WF_VARINT_MAX;
    size_t most = 2 * number;

    if (n > WF_SYMBOL_FRAMES_MAX)
        n = WF_SYMBOL_FRAMES_MAX;
    for (size_t i = 0; i < n; i++)
        most += 6 * number + strnlen(frames[i].function, WF_STRING_MAX) +
                strnlen(frames[i].file, WF_STRING_MAX);
    if (!c->payload || !n || pc <= c->last || most > WF_PAYLOAD_MAX - c->n)
        return false;
    put_number(c, pc - c->last);
    put_number(c, n);
    for (size_t i = 0; i < n; i++) {
        put_string(c, frames[i].function);
        put_number(c, frames[i].offset);
        put_string(c, frames[i].file);
        put_number(c, frames[i].line);
    }
    c->last = pc;
    return true;
}
