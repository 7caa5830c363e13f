/* SPDX-License-Identifier: MIT */
/*
 * window.c - where the window begins that the user asked for.  What came before was
 * needed to know the states; it does not count.
 */
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

static void cut_lives(struct wf_model *md, int64_t from)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->sites, &at, &key));) {
        struct wf_site_row *row = *value;
        wf_hist_fini(&row->runnable);
        row->count = 0;
        row->time = (struct wf_state_time){ 0 };
    }
    for (size_t at = 0; (value = wf_map_next(&md->lives, &at, &key));) {
        struct wf_life *l = *value;
        struct wf_site_row **site = wf_map_get(&md->sites, (uint64_t)l->site + 1);
        l->begin = l->since = from;
        l->time = (struct wf_state_time){ 0 };
        l->runs = 0;
        l->runnable_max = l->runnable_max_at = l->run_max = l->run_max_at = 0;
        for (struct wf_region_open *r = l->regions; r; r = r->outer)
            r->begin = from;
        if (l->row)
            wf_hist_fini(&l->row->runnable);
        if (site)
            (*site)->count++;
    }
    for (size_t at = 0; (value = wf_map_next(&md->waits, &at, &key)); free(*value))
        wf_hist_fini(&((struct wf_wait_row *)*value)->hist);
    wf_map_fini(&md->waits);
    for (size_t i = 0; i < md->nended; i++) {
        wf_hist_fini(&md->ended_rows[i]->runnable);
        free(md->ended_rows[i]);
    }
    md->nended = 0;
}

static void cut_series(struct wf_series *s, int64_t from)
{
    struct wf_series cut = {
        .told = s->told, .now = s->now, .max = s->now, .since = from
    };

    wf_hist_fini(&s->by_time);
    *s = cut;
}

static void cut_rows(struct wf_model *md, int64_t from)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        struct wf_proc *p = *value;
        struct wf_p_row row = { .p = p->row.p, .queue = p->row.queue };
        cut_series(&row.queue, from);
        p->row = row;
        p->since = from;
    }
    for (size_t at = 0; (value = wf_map_next(&md->threads, &at, &key));) {
        struct wf_thread *m = *value;
        m->row = (struct wf_m_row){ .m = m->row.m,
                                    .tid = m->row.tid,
                                    .begin = m->row.begin,
                                    .end = m->row.end,
                                    .ended = m->row.ended };
        m->since = from;
    }
    for (size_t at = 0; (value = wf_map_next(&md->objects, &at, &key));) {
        struct wf_obj_row *row = &((struct wf_object *)*value)->row;
        wf_hist_fini(&row->hist);
        row->total = 0;
        row->waits = row->waiters_max = row->waiters;
        row->waiters_max_at = from;
        row->gone = 0;
    }
    for (size_t at = 0; (value = wf_map_next(&md->pools, &at, &key));) {
        struct wf_pool_row *p = *value;
        p->gets = p->hits = p->misses = p->puts = p->dropped = p->moved = 0;
    }
    for (size_t at = 0; (value = wf_map_next(&md->regions, &at, &key)); free(*value))
        wf_hist_fini(&((struct wf_region_row *)*value)->hist);
    wf_map_fini(&md->regions);
    free(md->marks);
    md->marks = NULL;
    md->nmarks = 0;
}

void wf_window_begin(struct wf_model *md)
{
    int64_t from = md->opts.from;

    md->began = true;
    if (from <= 0)
        return;
    cut_lives(md, from);
    cut_rows(md, from);
    wf_hist_fini(&md->sum.runnable);
    wf_hist_fini(&md->sum.run_slice);
    cut_series(&md->sum.global_queue, from);
    md->sum = (struct wf_summary){ .live = md->sum.live,
                                   .max_live = md->sum.live,
                                   .m_max_live = md->m_live,
                                   .global_queue = md->sum.global_queue };
    wf_alerts_free(md);
}
