/* SPDX-License-Identifier: MIT */
/* rows_sorted.c - the model's rows as sorted arrays, for those who print and draw. */
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

enum rows { COROUTINES, SITES, PROCS, THREADS, WAITS, OBJECTS, POOLS, REGIONS };

const struct wf_trace_info *wf_model_info(const struct wf_model *md)
{
    return md->src->info;
}

struct wf_source *wf_model_source(const struct wf_model *md)
{
    return md->src;
}

const struct wf_summary *wf_model_summary(const struct wf_model *md)
{
    return &md->sum;
}

/* What was given out last, if the model was not fed since. */
static struct wf_sorted *kept(const struct wf_model *md, enum rows which, bool *good)
{
    struct wf_sorted *s = (struct wf_sorted *)&md->sorted[which];

    *good = s->rows && s->fed == md->fed;
    return s;
}

/* Room for n rows. */
static bool room(const struct wf_model *md, struct wf_sorted *s, size_t n)
{
    void **grown = realloc(s->rows, (n + 1) * sizeof *grown);

    s->n = 0;
    s->fed = md->fed;
    if (!grown)
        return false;
    s->rows = grown;
    return true;
}

static void *in_order(struct wf_sorted *s, int (*order)(const void *, const void *),
                      size_t *n)
{
    if (s->n)
        qsort(s->rows, s->n, sizeof *s->rows, order);
    *n = s->n;
    return s->rows;
}

/* The values of a map whose row is wanted. */
static void *collect(const struct wf_model *md, enum rows which,
                     const struct wf_map *map, bool (*wanted)(const void *row),
                     int (*order)(const void *, const void *), size_t *n)
{
    bool good;
    struct wf_sorted *s = kept(md, which, &good);
    void **value;
    uint64_t key;

    *n = s->n;
    if (good)
        return s->rows;
    if (room(md, s, map->n))
        for (size_t at = 0; (value = wf_map_next(map, &at, &key));)
            if (!wanted || wanted(*value))
                s->rows[s->n++] = *value;
    return in_order(s, order, n);
}

/* Larger first, then by a second key so that the order is always the same. */
static int descending(double a, double b, int other)
{
    return a != b ? (a < b) - (a > b) : other;
}

#define ROWS(a, b, type)                                                               \
    const type *x = *(const type *const *)(a);                                         \
    const type *y = *(const type *const *)(b)

static int by_g(const void *a, const void *b)
{
    ROWS(a, b, struct wf_g_row);
    return (x->g > y->g) - (x->g < y->g);
}

static int by_site_running(const void *a, const void *b)
{
    ROWS(a, b, struct wf_site_row);
    int other = strcmp(x->name, y->name);
    return descending((double)x->time.running, (double)y->time.running,
                      other ? other : strcmp(x->where, y->where));
}

static int by_p(const void *a, const void *b)
{
    ROWS(a, b, struct wf_p_row);
    return (x->p > y->p) - (x->p < y->p);
}

static int by_m(const void *a, const void *b)
{
    ROWS(a, b, struct wf_m_row);
    return (x->m > y->m) - (x->m < y->m);
}

static int by_wait_total(const void *a, const void *b)
{
    ROWS(a, b, struct wf_wait_row);
    return descending((double)x->total, (double)y->total, x->reason - y->reason);
}

static int by_object_total(const void *a, const void *b)
{
    ROWS(a, b, struct wf_obj_row);
    int other = x->okind != y->okind ? x->okind - y->okind
                                     : (x->id > y->id) - (x->id < y->id);
    return descending((double)x->total, (double)y->total, other);
}

static int by_gets(const void *a, const void *b)
{
    ROWS(a, b, struct wf_pool_row);
    return descending((double)x->gets, (double)y->gets, strcmp(x->name, y->name));
}

static int by_region_total(const void *a, const void *b)
{
    ROWS(a, b, struct wf_region_row);
    return descending((double)x->total, (double)y->total, strcmp(x->name, y->name));
}

/* Rows stand first in what the maps hold, so that a pointer to one is one to the other. */
_Static_assert(offsetof(struct wf_proc, row) == 0 &&
                   offsetof(struct wf_thread, row) == 0 &&
                   offsetof(struct wf_object, row) == 0,
               "rows stand first");

static bool was_waited_for(const void *row)
{
    return ((const struct wf_obj_row *)row)->waits > 0;
}

static bool is_thread(const void *row)
{
    return ((const struct wf_m_row *)row)->m > 0;
}

const struct wf_g_row *const *wf_model_coroutines(const struct wf_model *md, size_t *n)
{
    bool good;
    struct wf_sorted *s = kept(md, COROUTINES, &good);
    void **value;
    uint64_t key;

    *n = s->n;
    if (good)
        return (const struct wf_g_row *const *)s->rows;
    if (room(md, s, md->nended + md->lives.n)) {
        for (size_t i = 0; i < md->nended; i++)
            s->rows[s->n++] = md->ended_rows[i];
        for (size_t at = 0; (value = wf_map_next(&md->lives, &at, &key));)
            if (((struct wf_life *)*value)->row)
                s->rows[s->n++] = ((struct wf_life *)*value)->row;
    }
    return in_order(s, by_g, n);
}

const struct wf_site_row *const *wf_model_sites(const struct wf_model *md, size_t *n)
{
    return collect(md, SITES, &md->sites, NULL, by_site_running, n);
}

const struct wf_p_row *const *wf_model_procs(const struct wf_model *md, size_t *n)
{
    return collect(md, PROCS, &md->procs, NULL, by_p, n);
}

const struct wf_m_row *const *wf_model_threads(const struct wf_model *md, size_t *n)
{
    return collect(md, THREADS, &md->threads, is_thread, by_m, n);
}

const struct wf_wait_row *const *wf_model_waits(const struct wf_model *md, size_t *n)
{
    return collect(md, WAITS, &md->waits, NULL, by_wait_total, n);
}

const struct wf_obj_row *const *wf_model_objects(const struct wf_model *md, size_t *n)
{
    return collect(md, OBJECTS, &md->objects, was_waited_for, by_object_total, n);
}

const struct wf_pool_row *const *wf_model_pools(const struct wf_model *md, size_t *n)
{
    return collect(md, POOLS, &md->pools, NULL, by_gets, n);
}

const struct wf_region_row *const *wf_model_regions(const struct wf_model *md,
                                                    size_t *n)
{
    return collect(md, REGIONS, &md->regions, NULL, by_region_total, n);
}

const struct wf_mark *wf_model_marks(const struct wf_model *md, size_t *n)
{
    *n = md->nmarks;
    return md->marks;
}
