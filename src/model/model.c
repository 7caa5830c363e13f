/* SPDX-License-Identifier: MIT */
/* model.c - feed steps to those who count them; find and make their rows. */
#include "model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

enum { STEPS_A_FEED = 8192, ROWS_DEFAULT = 100000, BINS = 4096 };

struct wf_life *wf_model_life(struct wf_model *md, uint64_t g)
{
    struct wf_life **l = wf_map_get(&md->lives, g);

    return l ? *l : NULL;
}

/* The pointer in a map's slot, made with size zeroed bytes when it is not there. */
static void *slot(struct wf_model *md, struct wf_map *map, uint64_t key, size_t size,
                  bool *made)
{
    void **at = wf_map_put(map, key);

    *made = false;
    if (at && !*at) {
        *at = calloc(1, size);
        *made = *at != NULL;
        if (!*at)
            wf_map_remove(map, key);
    }
    if (!at || !*at) {
        md->err = -ENOMEM;
        return NULL;
    }
    return *at;
}

struct wf_proc *wf_model_proc(struct wf_model *md, int32_t p)
{
    bool made;
    struct wf_proc *proc;

    if (p < 0)
        return NULL;
    proc = slot(md, &md->procs, (uint64_t)p + 1, sizeof *proc, &made);
    if (made) {
        proc->row.p = p;
        proc->since = md->opts.from;
        /* Only now heard of: it came when the number last changed. */
        proc->watch.idle_since = md->alerts.resized > proc->since ? md->alerts.resized
                                                                  : proc->since;
    }
    return proc;
}

struct wf_thread *wf_model_thread(struct wf_model *md, int64_t m)
{
    bool made;
    struct wf_thread *thread;

    if (m < 0)
        return NULL;
    thread = slot(md, &md->threads, (uint64_t)m + 1, sizeof *thread, &made);
    if (made) {
        thread->row.m = m;
        thread->since = thread->row.begin = md->now;
    }
    return thread;
}

struct wf_object *wf_model_object(struct wf_model *md, unsigned okind, uint64_t id)
{
    bool made;
    struct wf_object *o = slot(md, &md->objects, wf_object_key(okind, id), sizeof *o,
                               &made);

    if (made) {
        o->row.okind = (uint8_t)okind;
        o->row.id = id;
        o->watch.half_since = -1;
    }
    return o;
}

const char *wf_model_site_name(struct wf_model *md, uint32_t site)
{
    const struct wf_site *known = md->src->site(md->src, site);

    return known && known->name[0] ? known->name : known ? known->site : "";
}

void wf_model_g_name(struct wf_model *md, const struct wf_life *l, char *out,
                     size_t size)
{
    const char *name = l->name ? l->name : wf_model_site_name(md, l->site);

    snprintf(out, size, "G%llu%s%s", (unsigned long long)l->id, *name ? " " : "", name);
}

int wf_model_new(const struct wf_model_opts *o, struct wf_source *src,
                 struct wf_model **out)
{
    struct wf_model *md = calloc(1, sizeof *md);

    if (!md)
        return -ENOMEM;
    md->opts = *o;
    if (!md->opts.max_rows)
        md->opts.max_rows = ROWS_DEFAULT;
    if (md->opts.to <= 0)
        md->opts.to = INT64_MAX;
    md->src = src;
    md->alerts.last_m_end = INT64_MIN / 2;
    wf_map_init(&md->lives, sizeof(void *));
    wf_map_init(&md->sites, sizeof(void *));
    wf_map_init(&md->procs, sizeof(void *));
    wf_map_init(&md->threads, sizeof(void *));
    wf_map_init(&md->waits, sizeof(void *));
    wf_map_init(&md->objects, sizeof(void *));
    wf_map_init(&md->pools, sizeof(void *));
    wf_map_init(&md->regions, sizeof(void *));
    if (o->lanes) {
        md->lanes = wf_lanes_new(0, INT64_MAX, BINS);
        if (!md->lanes) {
            wf_model_free(md);
            return -ENOMEM;
        }
    }
    *out = md;
    return 0;
}

static void take(struct wf_model *md, const struct wf_step *s)
{
    md->now = s->t;
    if (md->lanes && wf_lanes_step(md->lanes, s))
        md->err = -ENOMEM;
    wf_alerts_step(md, s);
    wf_lives_step(md, s);
    wf_rows_step(md, s);
}

int wf_model_feed(struct wf_model *md)
{
    md->fed++;
    for (int i = 0; i < STEPS_A_FEED; i++) {
        struct wf_step s;
        int got = md->ended ? 0 : md->src->next(md->src, &s);
        if (got <= 0) {
            md->ended = true;
            return got < 0 ? got : md->err;
        }
        if (s.t >= md->opts.from && !md->began)
            wf_window_begin(md);
        if (s.t > md->opts.to) {
            md->ended = true;
            return md->err;
        }
        take(md, &s);
        if (md->err)
            return md->err;
    }
    return 1;
}

int wf_model_read(struct wf_model *md, void (*progress)(void *, uint64_t bytes),
                  void *arg)
{
    int more;

    while ((more = wf_model_feed(md)) > 0)
        if (progress)
            progress(arg, md->src->info->bytes);
    wf_model_finish(md);
    return more ? more : md->err;
}

void wf_model_finish(struct wf_model *md)
{
    int64_t end = md->src->info->duration;

    if (md->finished)
        return;
    md->finished = true;
    md->fed++;
    if (end > md->opts.to)
        end = md->opts.to;
    if (end > md->now)
        md->now = end;
    if (!md->began)
        wf_window_begin(md);
    if (md->lanes)
        wf_lanes_until(md->lanes, md->now);
    wf_lives_finish(md);
    wf_rows_finish(md);
    wf_alerts_finish(md);
}

void wf_model_free(struct wf_model *md)
{
    if (!md)
        return;
    wf_alerts_free(md);
    wf_lives_free(md);
    wf_rows_free(md);
    wf_lanes_free(md->lanes);
    wf_lanes_free(md->window);
    for (size_t i = 0; i < sizeof md->sorted / sizeof *md->sorted; i++)
        free(md->sorted[i].rows);
    free(md);
}
