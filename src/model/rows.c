/* SPDX-License-Identifier: MIT */
/* rows.c - Ps, Ms, objects, pools, regions and marks, as steps tell of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

enum { MARKS_MAX = 10000 };

uint64_t wf_object_key(unsigned okind, uint64_t id)
{
    return id * 16 + okind + 1;
}

static uint64_t hash_text(const char *s)
{
    uint64_t h = 14695981039346656037u;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h ? h : 1;
}

static void copy_name(char out[static 64], const char *name)
{
    size_t n = strnlen(name, 63);

    memcpy(out, name, n);
    out[n] = '\0';
}

/* --- Ps and queues ---------------------------------------------------------------- */

static void p_until(struct wf_proc *p, int64_t t)
{
    int64_t took = t - p->since;

    if (p->state == WF_PSTATE_running)
        p->row.running += took;
    else if (p->state == WF_PSTATE_syscall)
        p->row.syscall += took;
    else
        p->row.idle += took;
    p->since = t;
}

static void on_p_state(struct wf_model *md, const struct wf_step *s)
{
    struct wf_proc *p = wf_model_proc(md, s->p);

    if (!p)
        return;
    p_until(p, s->t);
    p->state = (uint8_t)s->n;
}

static void on_queue(struct wf_model *md, const struct wf_step *s)
{
    struct wf_proc *p = NULL;
    uint64_t len = s->n < 0 ? 0 : (uint64_t)s->n;

    if (s->p == WF_GLOBAL_QUEUE) {
        if (wf_series_set(&md->sum.global_queue, s->t, len))
            md->err = -ENOMEM;
        return;
    }
    p = wf_model_proc(md, s->p);
    if (p && wf_series_set(&p->row.queue, s->t, len))
        md->err = -ENOMEM;
}

static void on_steal(struct wf_model *md, const struct wf_step *s)
{
    struct wf_proc *thief = wf_model_proc(md, s->p);
    struct wf_proc *victim = s->n > 0 ? wf_model_proc(md, (int32_t)s->n2) : NULL;

    if (victim)
        victim->row.stolen_from += (uint64_t)s->n;
    if (thief)
        *(s->n > 0 ? &thief->row.steals : &thief->row.steal_fail) += 1;
    *(s->n > 0 ? &md->sum.steals : &md->sum.steal_fail) += 1;
}

/* --- Ms --------------------------------------------------------------------------- */

static void m_until(struct wf_thread *m, int64_t t)
{
    int64_t took = t - m->since;

    if (m->state == WF_MSTATE_running)
        m->row.running += took;
    else if (m->state == WF_MSTATE_spinning)
        m->row.spinning += took;
    else if (m->state == WF_MSTATE_blocked)
        m->row.blocked += took;
    else
        m->row.idle += took;
    m->since = t;
}

static void on_m(struct wf_model *md, const struct wf_step *s)
{
    struct wf_thread *m = wf_model_thread(md, s->m);

    if (!m || s->m <= 0)
        return;
    switch (s->kind) {
    case WF_STEP_M_NEW:
        if (s->prov != WF_UNKNOWN)
            md->sum.m_created++;
        m->row.tid = (uint32_t)s->n;
        m->row.begin = m->since = s->prov == WF_UNKNOWN ? m->since : s->t;
        break;
    case WF_STEP_M_STATE:
        m_until(m, s->t);
        m->state = (uint8_t)s->n;
        break;
    case WF_STEP_M_END:
        m_until(m, s->t);
        m->row.ended = true;
        m->row.end = s->t;
        md->sum.m_ended++;
        md->m_live -= m->live;
        m->live = false;
        break;
    case WF_STEP_M_CPU:
        m->row.cpu += s->n;
        m->row.kernel_wait += s->n2;
        md->sum.kernel_wait += s->n2;
        break;
    default:
        break;
    }
    if (!m->live && (s->kind == WF_STEP_M_NEW || s->kind == WF_STEP_M_STATE)) {
        m->live = true;
        md->m_live++;
    }
    if (md->m_live > md->sum.m_max_live)
        md->sum.m_max_live = md->m_live;
}

/* --- objects ---------------------------------------------------------------------- */

void wf_object_name(const struct wf_obj_row *row, char *out, size_t size)
{
    const char *kind = wf_word_name(WF_OKIND, row->okind);

    if (row->name[0])
        snprintf(out, size, "%s:%s", kind ? kind : "object", row->name);
    else
        snprintf(out, size, "%s#%llu", kind ? kind : "object",
                 (unsigned long long)row->id);
}

void wf_model_object_text(const struct wf_model *md, unsigned okind, uint64_t id,
                          char *out, size_t size)
{
    const struct wf_obj_row unknown = { .okind = (uint8_t)okind, .id = id };
    struct wf_object **o = wf_map_get(&md->objects, wf_object_key(okind, id));

    wf_object_name(o ? &(*o)->row : &unknown, out, size);
}

/* Unnamed and gone, and nobody waits for it any more: into its kind's row 0. */
static void fold(struct wf_model *md, struct wf_object *o)
{
    struct wf_object *gone;

    if (!o->gone || o->row.waiters || o->row.name[0] || o->row.id == 0)
        return;
    if (o->row.waits) {
        gone = wf_model_object(md, o->row.okind, 0);
        if (!gone)
            return;
        gone->row.gone++;
        gone->row.waits += o->row.waits;
        gone->row.total += o->row.total;
        if (o->row.waiters_max > gone->row.waiters_max)
            gone->row.waiters_max = o->row.waiters_max;
        if (wf_hist_merge(&gone->row.hist, &o->row.hist))
            md->err = -ENOMEM;
    }
    wf_map_remove(&md->objects, wf_object_key(o->row.okind, o->row.id));
    wf_hist_fini(&o->row.hist);
    free(o);
}

/* l begins to wait for its object, or ends after took ns. */
void wf_object_wait(struct wf_model *md, const struct wf_life *l, int64_t took,
                    bool begins)
{
    struct wf_object *o;

    if (!l->obj || !l->okind)
        return;
    o = wf_model_object(md, l->okind, l->obj);
    if (!o)
        return;
    if (begins) {
        o->row.waits++;
        o->row.waiters++;
        if (o->row.waiters > o->row.waiters_max) {
            o->row.waiters_max = o->row.waiters;
            o->row.waiters_max_at = md->now;
        }
        wf_alerts_queued(md, o, l);
        return;
    }
    o->row.waiters -= o->row.waiters > 0;
    o->row.total += took;
    if (wf_hist_add(&o->row.hist, took))
        md->err = -ENOMEM;
    fold(md, o);
}

void wf_object_gone(struct wf_model *md, unsigned okind, uint64_t id)
{
    struct wf_object **o = wf_map_get(&md->objects, wf_object_key(okind, id));

    if (o) {
        (*o)->gone = true;
        fold(md, *o);
    }
}

/* Told anew in each generation; in one that lost its strings there is none. */
static void learn_name(char *name, const char *told)
{
    if (told[0])
        copy_name(name, told);
}

/* Where a gap swallowed what made it, its waiters alone told what kind it is of. */
static void on_object_free(struct wf_model *md, const struct wf_step *s)
{
    unsigned first = s->okind ? s->okind : 1,
             last = s->okind ? s->okind : WF_OKIND_pool;

    for (unsigned kind = first; kind <= last; kind++)
        if (s->okind || (kind != WF_OKIND_coroutine && kind != WF_OKIND_timer))
            wf_object_gone(md, kind, s->obj);
}

static void on_object(struct wf_model *md, const struct wf_step *s)
{
    struct wf_object *o;

    if (s->okind == WF_OKIND_pool) {
        struct wf_pool_row **pool = wf_map_put(&md->pools, s->obj);
        if (pool && !*pool)
            *pool = calloc(1, sizeof **pool);
        if (pool && *pool) {
            (*pool)->id = s->obj;
            learn_name((*pool)->name, md->src->string(md->src, s->str));
        }
        return;
    }
    o = wf_model_object(md, s->okind, s->obj);
    if (!o)
        return;
    if (s->kind == WF_STEP_OBJ_NEW) {
        learn_name(o->row.name, md->src->string(md->src, s->str));
        o->row.cap = (uint64_t)s->n;
    } else {
        o->row.owner = (uint64_t)s->n;
    }
}

static void on_pool(struct wf_model *md, const struct wf_step *s)
{
    struct wf_pool_row **at = wf_map_put(&md->pools, s->obj);

    if (at && !*at)
        *at = calloc(1, sizeof **at);
    if (!at || !*at) {
        md->err = -ENOMEM;
        return;
    }
    struct wf_pool_row *p = *at;
    p->id = s->obj;
    p->hits += s->counts[0];
    p->misses += s->counts[1];
    p->gets = p->hits + p->misses;
    p->puts += s->counts[2];
    p->dropped += s->counts[3];
    p->moved += s->counts[4];
}

void wf_region_close(struct wf_model *md, const char *name, int64_t took)
{
    struct wf_region_row **at = wf_map_put(&md->regions, hash_text(name));

    if (at && !*at)
        *at = calloc(1, sizeof **at);
    if (!at || !*at) {
        md->err = -ENOMEM;
        return;
    }
    copy_name((*at)->name, name);
    (*at)->count++;
    (*at)->total += took;
    if (wf_hist_add(&(*at)->hist, took))
        md->err = -ENOMEM;
}

static void on_mark(struct wf_model *md, const struct wf_step *s)
{
    if (md->nmarks == MARKS_MAX)
        return;
    struct wf_mark *grown = realloc(md->marks, (md->nmarks + 1) * sizeof *grown);
    if (!grown) {
        md->err = -ENOMEM;
        return;
    }
    md->marks = grown;
    struct wf_mark *m = &md->marks[md->nmarks++];
    m->t = s->t;
    m->g = s->g;
    snprintf(m->text, sizeof m->text, "%s", md->src->string(md->src, s->str));
}

void wf_rows_step(struct wf_model *md, const struct wf_step *s)
{
    switch (s->kind) {
    case WF_STEP_P_STATE:
        on_p_state(md, s);
        break;
    case WF_STEP_P_RETAKE:
        md->sum.retakes++;
        break;
    case WF_STEP_HANDOFF:
        md->sum.handoffs++;
        break;
    case WF_STEP_QUEUE:
        on_queue(md, s);
        break;
    case WF_STEP_STEAL:
        on_steal(md, s);
        break;
    case WF_STEP_M_NEW:
    case WF_STEP_M_STATE:
    case WF_STEP_M_END:
    case WF_STEP_M_CPU:
        on_m(md, s);
        break;
    case WF_STEP_OBJ_NEW:
    case WF_STEP_OBJ_OWNER:
        on_object(md, s);
        break;
    case WF_STEP_OBJ_FREE:
        on_object_free(md, s);
        break;
    case WF_STEP_POOL:
        on_pool(md, s);
        break;
    case WF_STEP_MARK:
        on_mark(md, s);
        break;
    default:
        break;
    }
}

void wf_rows_finish(struct wf_model *md)
{
    uint64_t key;
    void **at_value;

    for (size_t at = 0; (at_value = wf_map_next(&md->procs, &at, &key));) {
        struct wf_proc *p = *at_value;
        p_until(p, md->now);
        if (p->row.queue.told)
            wf_series_set(&p->row.queue, md->now, p->row.queue.now);
    }
    for (size_t at = 0; (at_value = wf_map_next(&md->threads, &at, &key));) {
        struct wf_thread *m = *at_value;
        if (!m->row.ended) {
            m_until(m, md->now);
            m->row.end = md->now;
        }
    }
    if (md->sum.global_queue.told)
        wf_series_set(&md->sum.global_queue, md->now, md->sum.global_queue.now);
}

void wf_rows_free(struct wf_model *md)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key)); free(*value))
        wf_hist_fini(&((struct wf_proc *)*value)->row.queue.by_time);
    for (size_t at = 0; (value = wf_map_next(&md->threads, &at, &key)); free(*value))
        ;
    for (size_t at = 0; (value = wf_map_next(&md->objects, &at, &key)); free(*value))
        wf_hist_fini(&((struct wf_object *)*value)->row.hist);
    for (size_t at = 0; (value = wf_map_next(&md->pools, &at, &key)); free(*value))
        ;
    for (size_t at = 0; (value = wf_map_next(&md->regions, &at, &key)); free(*value))
        wf_hist_fini(&((struct wf_region_row *)*value)->hist);
    wf_map_fini(&md->procs);
    wf_map_fini(&md->threads);
    wf_map_fini(&md->objects);
    wf_map_fini(&md->pools);
    wf_map_fini(&md->regions);
    wf_hist_fini(&md->sum.runnable);
    wf_hist_fini(&md->sum.run_slice);
    wf_hist_fini(&md->sum.global_queue.by_time);
    free(md->marks);
}
