/* SPDX-License-Identifier: MIT */
/*
 * lives.c - coroutines through their states.
 *
 * A life is cut into intervals, one a state; each interval counts once, when it ends:
 * in the coroutine's time, its site's, and the figures of that state.  So the states'
 * times add up to the life, whatever the trace says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

static int64_t *bucket(struct wf_state_time *time, unsigned state)
{
    switch (state) {
    case WF_G_RUNNING:
        return &time->running;
    case WF_G_RUNNABLE:
        return &time->runnable;
    case WF_G_WAITING:
        return &time->waiting;
    case WF_G_SYSCALL:
        return &time->syscall;
    default:
        return &time->unknown;
    }
}

static struct wf_site_row *site_row(struct wf_model *md, uint32_t site)
{
    struct wf_site_row **at = wf_map_put(&md->sites, (uint64_t)site + 1);

    if (at && !*at) {
        *at = calloc(1, sizeof **at);
        if (*at) {
            const struct wf_site *known = md->src->site(md->src, site);
            (*at)->site = site;
            (*at)->name = known ? known->name : "";
            (*at)->where = known ? known->site : "";
        }
    }
    if (!at || !*at)
        md->err = -ENOMEM;
    return at ? *at : NULL;
}

static void count_runnable(struct wf_model *md, struct wf_life *l,
                           struct wf_site_row *site, int64_t took)
{
    wf_hist_add(&md->sum.runnable, took);
    wf_hist_add(&site->runnable, took);
    if (l->row)
        wf_hist_add(&l->row->runnable, took);
    if (took > l->runnable_max || !l->runnable_max_at) {
        l->runnable_max = took;
        l->runnable_max_at = l->since;
    }
}

static void count_running(struct wf_model *md, struct wf_life *l, int64_t took)
{
    wf_hist_add(&md->sum.run_slice, took);
    l->runs++;
    if (took > l->run_max || !l->run_max_at) {
        l->run_max = took;
        l->run_max_at = l->since;
    }
}

static void count_waiting(struct wf_model *md, struct wf_life *l, int64_t took)
{
    struct wf_wait_row **at = wf_map_put(&md->waits, (uint64_t)l->reason + 1);

    if (at && !*at)
        *at = calloc(1, sizeof **at);
    if (!at || !*at) {
        md->err = -ENOMEM;
        return;
    }
    (*at)->reason = l->reason;
    (*at)->count++;
    (*at)->total += took;
    wf_hist_add(&(*at)->hist, took);
    wf_object_wait(md, l, took, false);
}

/* Who wakes the waiters of an object serves it. */
static void note_server(struct wf_model *md, const struct wf_life *l, uint64_t by)
{
    struct wf_life *server = wf_model_life(md, by);
    struct wf_object **o = wf_map_get(&md->objects, wf_object_key(l->okind, l->obj));

    if (!server || !o || !l->okind)
        return;
    struct wf_object_watch *w = &(*o)->watch;
    if (w->server == by) {
        w->server_votes++;
    } else if (w->server_votes) {
        w->server_votes--; /* what remains at the end is most of them, if anybody is */
    } else {
        w->server = by;
        w->server_site = server->site;
        w->server_votes = 1;
    }
}

/* The interval of l's state ends at t. */
static void close_interval(struct wf_model *md, struct wf_life *l, int64_t t)
{
    int64_t took = t - l->since;
    struct wf_site_row *site = site_row(md, l->site);

    if (!site)
        return;
    *bucket(&l->time, l->state) += took;
    *bucket(&site->time, l->state) += took;
    *bucket(&md->sum.time, l->state) += took;
    if (l->state == WF_G_RUNNABLE) {
        count_runnable(md, l, site, took);
        wf_alerts_waited(md, l, l->since, t);
    } else if (l->state == WF_G_RUNNING) {
        count_running(md, l, took);
    } else if (l->state == WF_G_WAITING) {
        count_waiting(md, l, took);
    } else if (l->state == WF_G_SYSCALL && took > site->syscall_max) {
        site->syscall_max = took;
        site->syscall_max_g = l->id;
    }
    l->since = t;
}

static struct wf_life *new_life(struct wf_model *md, uint64_t g, uint32_t site,
                                int64_t begin)
{
    struct wf_life **at = wf_map_put(&md->lives, g);
    struct wf_site_row *row = site_row(md, site);
    struct wf_life *l = at && row ? calloc(1, sizeof *l) : NULL;

    if (!l) {
        if (at && !*at)
            wf_map_remove(&md->lives, g);
        md->err = -ENOMEM;
        return NULL;
    }
    *at = l;
    *l = (struct wf_life){ .id = g,
                           .site = site,
                           .begin = begin,
                           .since = begin,
                           .state = WF_G_NSTATES,
                           .m = WF_NO_M,
                           .p = WF_NO_P,
                           .queue_p = WF_NO_P,
                           .complete = true };
    row->count++;
    if (md->opts.coroutines)
        l->row = calloc(1, sizeof *l->row);
    md->sum.live++;
    if (md->sum.live > md->sum.max_live)
        md->sum.max_live = md->sum.live;
    return l;
}

static void rename_life(struct wf_model *md, struct wf_life *l, uint64_t str)
{
    const char *name = md->src->string(md->src, str);

    if (!str || !*name)
        return;
    free(l->name);
    l->name = strndup(name, 63);
}

static void on_new(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l = wf_model_life(md, s->g);

    if (l || !s->g)
        return; /* made twice: the first stands */
    l = new_life(md, s->g, s->site, s->prov == WF_UNKNOWN ? md->opts.from : s->t);
    if (!l)
        return;
    l->system = s->system;
    if (s->prov == WF_UNKNOWN)
        close_interval(md, l, s->t);
    else
        md->sum.created++;
    rename_life(md, l, s->str);
}

static void enter_state(struct wf_model *md, struct wf_life *l, const struct wf_step *s)
{
    l->state = s->state;
    l->reason = l->okind = 0;
    l->obj = 0;
    l->p = WF_NO_P;
    if (s->state == WF_G_RUNNING) {
        struct wf_proc *p = wf_model_proc(md, s->p);
        wf_model_thread(md, s->m);
        l->m = s->m;
        l->p = s->p;
        if (p && (s->from || s->n2)) {
            p->row.dispatches++;
            p->row.from[s->from < 6 ? s->from : 0]++;
            md->sum.switches++;
        }
    } else if (s->state == WF_G_RUNNABLE) {
        l->queue_p = s->from == WF_FROM_global ? WF_NO_P : s->p;
    } else if (s->state == WF_G_WAITING) {
        l->reason = s->reason;
        l->okind = s->okind;
        l->obj = s->obj;
        wf_object_wait(md, l, 0, true);
    }
}

static void on_state(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l = wf_model_life(md, s->g);

    if (!l && s->g)
        l = new_life(md, s->g, s->site, md->opts.from);
    if (!l)
        return;
    if (s->prov == WF_UNKNOWN && s->n < s->t && l->state != WF_G_NSTATES) {
        /* A gap swallowed what it did from n on. */
        close_interval(md, l, s->n > l->since ? s->n : l->since);
        l->state = WF_G_NSTATES;
        l->complete = false;
    }
    if (s->state == l->state) {
        if (s->state == WF_G_RUNNING) {
            l->m = s->m;
            l->p = s->p;
        }
        return;
    }
    if (l->state == WF_G_WAITING && s->state == WF_G_RUNNABLE)
        note_server(md, l, s->by);
    close_interval(md, l, s->t);
    if (s->state >= WF_G_NSTATES)
        l->complete = false;
    enter_state(md, l, s);
}

static void keep_row(struct wf_life *l, bool ended, int64_t t)
{
    struct wf_g_row *row = l->row;

    if (!row)
        return;
    row->g = l->id;
    row->site = l->site;
    row->state = l->state;
    row->reason = l->reason;
    row->okind = l->okind;
    row->obj = l->obj;
    row->ended = ended;
    row->system = l->system;
    row->pinned = l->pinned;
    row->complete = l->complete;
    row->m = l->m;
    row->p = l->p;
    row->begin = l->begin;
    row->end = t;
    row->time = l->time;
    row->runs = l->runs;
    row->runnable_max = l->runnable_max;
    row->runnable_max_at = l->runnable_max_at;
    row->run_max = l->run_max;
    row->run_max_at = l->run_max_at;
    strncpy(row->name, l->name ? l->name : "", sizeof row->name - 1);
}

/* An ended coroutine's row joins the others, while there is room. */
static void store_row(struct wf_model *md, struct wf_life *l)
{
    if (!l->row)
        return;
    if (md->nended == md->ended_size && md->ended_size < md->opts.max_rows) {
        size_t size = md->ended_size ? md->ended_size * 2 : 64;
        void *grown = realloc(md->ended_rows, size * sizeof *md->ended_rows);
        if (grown) {
            md->ended_rows = grown;
            md->ended_size = size;
        }
    }
    if (md->nended < md->ended_size) {
        md->ended_rows[md->nended++] = l->row;
    } else {
        wf_hist_fini(&l->row->runnable);
        free(l->row);
        md->rows_dropped++;
    }
    l->row = NULL;
}

static void close_regions(struct wf_model *md, struct wf_life *l, int64_t t)
{
    while (l->regions) {
        struct wf_region_open *r = l->regions;
        wf_region_close(md, r->name, t - r->begin);
        l->regions = r->outer;
        free(r);
    }
}

static void free_life(struct wf_life *l)
{
    while (l->regions) {
        struct wf_region_open *r = l->regions;
        l->regions = r->outer;
        free(r);
    }
    if (l->row)
        wf_hist_fini(&l->row->runnable);
    free(l->row);
    free(l->name);
    free(l);
}

static void on_end(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l = wf_model_life(md, s->g);

    if (!l || s->prov == WF_UNKNOWN)
        return; /* alive at the trace's end: wf_lives_finish */
    close_interval(md, l, s->t);
    close_regions(md, l, s->t);
    l->state = WF_G_DEAD;
    keep_row(l, true, s->t);
    store_row(md, l);
    wf_object_gone(md, WF_OKIND_coroutine, s->g);
    wf_object_gone(md, WF_OKIND_timer, s->g);
    wf_map_remove(&md->lives, s->g);
    free_life(l);
    md->sum.ended++;
    md->sum.live--;
}

static void on_region(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l = wf_model_life(md, s->g);
    const char *name = md->src->string(md->src, s->str);

    if (!l)
        return;
    if (s->n) {
        struct wf_region_open *r = calloc(1, sizeof *r);
        if (!r) {
            md->err = -ENOMEM;
            return;
        }
        r->begin = s->t;
        strncpy(r->name, name, sizeof r->name - 1);
        r->outer = l->regions;
        l->regions = r;
        return;
    }
    for (struct wf_region_open **at = &l->regions; *at; at = &(*at)->outer) {
        struct wf_region_open *r = *at;
        if (!strncmp(r->name, name, sizeof r->name - 1)) {
            wf_region_close(md, r->name, s->t - r->begin);
            *at = r->outer;
            free(r);
            return;
        }
    }
}

void wf_lives_step(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l;

    switch (s->kind) {
    case WF_STEP_G_NEW:
        on_new(md, s);
        break;
    case WF_STEP_G_STATE:
        on_state(md, s);
        break;
    case WF_STEP_G_END:
        on_end(md, s);
        break;
    case WF_STEP_REGION:
        on_region(md, s);
        break;
    case WF_STEP_G_NAME:
    case WF_STEP_G_PIN:
        l = wf_model_life(md, s->g);
        if (l && s->kind == WF_STEP_G_NAME)
            rename_life(md, l, s->str);
        else if (l)
            l->pinned = s->n != 0;
        break;
    default:
        break;
    }
}

/* The trace ends here: every open interval counts as far as it was seen. */
void wf_lives_finish(struct wf_model *md)
{
    uint64_t g;
    struct wf_life **l;

    for (size_t at = 0; (l = wf_map_next(&md->lives, &at, &g));) {
        unsigned state = (*l)->state;
        close_interval(md, *l, md->now);
        for (struct wf_region_open *r = (*l)->regions; r; r = r->outer)
            wf_region_close(md, r->name, md->now - r->begin);
        (*l)->state = (uint8_t)state;
        keep_row(*l, false, md->now);
    }
}

void wf_lives_free(struct wf_model *md)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->lives, &at, &key));)
        free_life(*value);
    for (size_t at = 0; (value = wf_map_next(&md->sites, &at, &key));) {
        wf_hist_fini(&((struct wf_site_row *)*value)->runnable);
        free(*value);
    }
    for (size_t at = 0; (value = wf_map_next(&md->waits, &at, &key));) {
        wf_hist_fini(&((struct wf_wait_row *)*value)->hist);
        free(*value);
    }
    for (size_t i = 0; i < md->nended; i++) {
        wf_hist_fini(&md->ended_rows[i]->runnable);
        free(md->ended_rows[i]);
    }
    free(md->ended_rows);
    wf_map_fini(&md->lives);
    wf_map_fini(&md->sites);
    wf_map_fini(&md->waits);
}
