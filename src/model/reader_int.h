/* SPDX-License-Identifier: MIT */
/*
 * reader_int.h - between the files of the reader: schema, clock, order.
 */
#ifndef WF_MODEL_READER_INT_H
#define WF_MODEL_READER_INT_H
#include "base/map.h"
#include "model/blocks.h"
#include "model/gen.h"
#include "model/reader.h"

/* --- reader.c, for verify.c ------------------------------------------------------- */

/* The same as wf_reader_open; what is odd about blocks is told, with its offset. */
int wf_reader_open_odd(const char *path, struct wf_reader **out,
                       void (*told)(void *arg, const char *what, uint64_t at),
                       void *arg, char error[static 256]);
/* The file's END block, NULL when there is none (yet). */
const struct wf_end *wf_reader_end(const struct wf_reader *r);
/* WF_FILE_*: why the writer could not write all. */
uint32_t wf_reader_errors(const struct wf_reader *r);

/* --- schema.c: the events that the file knows ------------------------------------- */

struct wf_schema {
    struct wf_event_info info[256];
    uint8_t nargs[256];
    uint8_t known[256]; /* the event as this build knows it, 0: shown, not understood */
    struct wf_field *fields
    [256];
    char *names[256]; /* the event's and its fields', one after another */
    bool given;       /* by a SCHEMA block; else our own table */
};

void wf_schema_init(struct wf_schema *s);
/* 0, -ENOMEM, -EBADMSG: damaged (what came before the damage is used). */
int wf_schema_parse(struct wf_schema *s, const uint8_t *r, const uint8_t *end);
void wf_schema_fini(struct wf_schema *s);
/* Decode one event; what follows, or NULL. */
const uint8_t *wf_schema_get(const struct wf_schema *s, const uint8_t *r,
                             const uint8_t *end, struct wf_event *ev);

/* --- about.c: META, MODULES, gaps ------------------------------------------------- */

int wf_about_meta(struct wf_trace_info *info, const uint8_t *r, const uint8_t *end);
int wf_about_modules(struct wf_modules *m, const uint8_t *r, const uint8_t *end);
void wf_about_gap(struct wf_trace_info *info, const struct wf_gap *gap);
void wf_modules_fini(struct wf_modules *m);
void wf_about_fini(struct wf_trace_info *info);

/* --- clockmap.c: clock units to ns ------------------------------------------------ */

struct wf_clockmap {
    uint64_t tick; /* here it is */
    int64_t ns;    /* this, from the trace's start */
    uint64_t rate; /* ns per unit, 2^-48 */
};

/* The line through two snapshots; false when they span nothing. */
bool wf_clockmap_line(struct wf_clockmap *map, const struct wf_clock_snap *begin,
                      const struct wf_clock_snap *end, int64_t start_mono);
/* Through one snapshot, at units_per_s (0: the rate it has). */
void wf_clockmap_point(struct wf_clockmap *map, const struct wf_clock_snap *at,
                       uint64_t units_per_s, int64_t start_mono);
int64_t wf_clockmap_ns(const struct wf_clockmap *map, uint64_t tick);
/* The tick of a moment, to choose by, not to show. */
uint64_t wf_clockmap_units(const struct wf_clockmap *map, uint64_t ns);

/* --- order.c: the writers of a generation, merged --------------------------------- */

struct wf_order;

int wf_order_new(struct wf_order **out);
void wf_order_free(struct wf_order *o);
/* Forget who holds what: after a seek. */
void wf_order_forget(struct wf_order *o, int64_t t);
/* Begin a generation, which has been sorted and stays until the next. */
int wf_order_begin(struct wf_order *o, struct wf_gen *gen,
                   const struct wf_schema *schema, const struct wf_clockmap *clock);
/* 1: *rec is the next, 0: the generation's end, -errno. */
int wf_order_next(struct wf_order *o, const struct wf_record **rec);
/* What the writer of this stream holds now. */
struct wf_who wf_order_who(const struct wf_order *o, uint32_t stream);
/* Nothing more comes before t. */
void wf_order_until(struct wf_order *o, int64_t t);
/* The time of the record given out last. */
int64_t wf_order_now(const struct wf_order *o);
/* Blocks that gaps of writers stood for so far. */
uint64_t wf_order_missing(const struct wf_order *o);
#endif /* WF_MODEL_READER_INT_H */
