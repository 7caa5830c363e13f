/* SPDX-License-Identifier: MIT */
/* alerts.c - findings: what the detectors see while the trace is read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

static const int64_t ms = 1000000;

const struct wf_alert_info wf_alert_info[WF_NALERTS] = {
#define ALERT(name, threshold, unit, critical, advice, doc)                            \
    [WF_ALERT_##name] = { #name, threshold, WF_ALERT_##unit, critical, advice, doc },
#include "model/alerts.def"
};

int wf_alert_find(const char *name)
{
    for (int k = 0; k < WF_NALERTS; k++)
        if (!strcmp(wf_alert_info[k].name, name))
            return k;
    return -1;
}

double wf_alert_threshold(const struct wf_model *md, enum wf_alert_kind kind)
{
    double own = md->opts.threshold[kind];

    return own > 0 ? own : wf_alert_info[kind].threshold;
}

int64_t wf_alert_limit(const struct wf_model *md, enum wf_alert_kind kind)
{
    return (int64_t)wf_alert_threshold(md, kind);
}

/* --- findings --------------------------------------------------------------------- */

struct wf_finding *wf_finding(struct wf_model *md, enum wf_alert_kind kind,
                              uint32_t site, unsigned okind, uint64_t obj)
{
    enum { FINDINGS_MAX = 1000 };
    struct wf_finding *f;

    for (f = md->alerts.findings; f; f = f->next)
        if (f->kind == kind && f->site == site && f->okind == okind && f->obj == obj)
            return f;
    if (md->alerts.nfindings == FINDINGS_MAX)
        return NULL;
    f = calloc(1, sizeof *f);
    if (!f) {
        md->err = -ENOMEM;
        return NULL;
    }
    *f = (struct wf_finding){ .kind = (uint8_t)kind,
                              .site = site,
                              .okind = (uint8_t)okind,
                              .obj = obj,
                              .m = WF_NO_M,
                              .p = WF_NO_P,
                              .from = INT64_MAX,
                              .worst = -1,
                              .next = md->alerts.findings };
    md->alerts.findings = f;
    md->alerts.nfindings++;
    return f;
}

/* One more: value is the kind's measure.  True when it is the worst so far. */
bool wf_finding_add(struct wf_finding *f, int64_t from, int64_t to, int64_t value)
{
    f->count++;
    f->total += value;
    if (from < f->from)
        f->from = from;
    if (to > f->to)
        f->to = to;
    if (value <= f->worst)
        return false;
    f->worst = value;
    f->worst_at = from;
    return true;
}

/* --- objects ---------------------------------------------------------------------- */

/* Idle receivers are a reserve, not a queue. */
static bool piles_up(unsigned reason)
{
    return reason != WF_WHY_chan_recv && reason != WF_WHY_select &&
           reason != WF_WHY_sleep && reason != WF_WHY_never &&
           reason != WF_WHY_wait_group && reason != WF_WHY_join;
}

void wf_alerts_queued(struct wf_model *md, struct wf_object *o, const struct wf_life *l)
{
    uint32_t many = (uint32_t)wf_alert_limit(md, WF_ALERT_wait_pileup),
             now = o->row.waiters;
    struct wf_object_watch *w = &o->watch;
    struct wf_finding *f;

    if (!piles_up(l->reason))
        return;
    if (now < many / 2) {
        w->half_since = -1;
        w->peak = 0;
        return;
    }
    if (w->half_since < 0)
        w->half_since = md->now;
    if (now <= w->peak)
        return;
    w->peak = now;
    if (now < many || md->now - w->half_since < 50 * ms)
        return;
    f = wf_finding(md, WF_ALERT_wait_pileup, 0, o->row.okind, o->row.id);
    if (f && wf_finding_add(f, w->half_since, md->now, now)) {
        f->g = l->id;
        f->site2 = l->site;
        f->n = l->reason;
        f->g2 = o->row.owner;
    }
}

/* --- Ms --------------------------------------------------------------------------- */

static void find_churn(struct wf_model *md, const struct wf_step *s)
{
    struct wf_alerts *a = &md->alerts;
    int64_t window = 100 * ms;
    unsigned want = (unsigned)(wf_alert_threshold(md, WF_ALERT_thread_churn) / 10 +
                               0.5);
    struct wf_finding *f;

    if (s->kind == WF_STEP_M_END) {
        a->last_m_end = s->t;
        return;
    }
    if (s->prov == WF_UNKNOWN || s->t - a->last_m_end > window)
        return; /* the first of a burst, not the successor of one that went */
    a->churn[a->nchurn++ % WF_CHURN] = s->t;
    if (want < 2)
        want = 2;
    if (want > WF_CHURN)
        want = WF_CHURN;
    if (a->nchurn < want)
        return;
    int64_t oldest = a->churn[(a->nchurn - want) % WF_CHURN];
    if (s->t - oldest > window)
        return;
    f = wf_finding(md, WF_ALERT_thread_churn, 0, 0, 0);
    if (f) {
        wf_finding_add(f, oldest, s->t, (int64_t)want);
        wf_alerts_blame(md, WF_ALERT_thread_churn, oldest - window, s->t);
        f->m = s->m;
    }
}

/* --- what the trace says by itself ------------------------------------------------ */

static void on_gap(struct wf_model *md, const struct wf_step *s)
{
    struct wf_finding *f = wf_finding(md, WF_ALERT_data_lost, 0, 0, 0);

    if (!f)
        return;
    wf_finding_add(f, s->n, s->t, s->n2);
    wf_alerts_blame(md, WF_ALERT_data_lost, s->n, s->t);
    f->m = s->m;
    f->n |= INT64_C(1) << s->cause;
}

/* "G5 deadlock.locker waits for lock:red (mutex), held by G6", one line each. */
static void add_member(struct wf_model *md, struct wf_finding *f,
                       const struct wf_step *s)
{
    char who[96] = "", owner[96] = "nobody who could let go", what[96], *grown;
    struct wf_life *l = wf_model_life(md, s->g);
    struct wf_life *by = wf_model_life(md, (uint64_t)s->n2);
    struct wf_object **o = wf_map_get(&md->objects, wf_object_key(s->okind, s->obj));
    const char *reason = wf_word_name(WF_WHY, s->reason);
    struct wf_obj_row unknown = { .okind = s->okind, .id = s->obj };

    if (l)
        wf_model_g_name(md, l, who, sizeof who);
    if (by)
        wf_model_g_name(md, by, owner, sizeof owner);
    wf_object_name(o ? &(*o)->row : &unknown, what, sizeof what);
    if (asprintf(&grown, "%s%s%s waits for %s (%s), held by %s", f->text ? f->text : "",
                 f->text ? "; " : "", who, what, reason ? reason : "?", owner) < 0) {
        md->err = -ENOMEM;
        return;
    }
    free(f->text);
    f->text = grown;
}

/* The cycle that is told of so far up to somebody whom g holds up; else a new finding. */
static struct wf_finding *cycle_with(struct wf_model *md, uint64_t g, uint32_t site,
                                     bool owned)
{
    for (struct wf_finding *f = md->alerts.findings; f; f = f->next)
        if (f->kind == WF_ALERT_deadlock && owned && f->g2 == g &&
            f->count < (uint64_t)f->n)
            return f;
    return wf_finding(md, WF_ALERT_deadlock, site, 0, owned ? g : 0);
}

/* A cycle is told member by member, each followed by who holds it up; where nothing can
 * run any more there are only members. */
static void on_deadlock(struct wf_model *md, const struct wf_step *s)
{
    enum { MEMBERS_TOLD = 12 };
    struct wf_life *l = wf_model_life(md, s->g);
    struct wf_finding *f = cycle_with(md, s->g, l ? l->site : 0, s->n2 > 0);

    if (!f)
        return;
    wf_finding_add(f, l ? l->since : s->t, s->t, s->n);
    if (!f->g)
        f->g = s->g;
    f->g2 = (uint64_t)s->n2;
    f->n = s->n;
    if (f->count <= MEMBERS_TOLD)
        add_member(md, f, s);
}

/* Where a hog was when it was asked: "compute (enc.c:12) < main (main.c:3)". */
static void on_sample(struct wf_model *md, const struct wf_step *s)
{
    struct wf_life *l = wf_model_life(md, s->g);
    struct wf_frame frames[4];
    size_t n = l ? md->src->stack(md->src, s->stack, frames, 4) : 0;
    struct wf_finding *f = n ? wf_finding(md, WF_ALERT_hog, l->site, 0, 0) : NULL;
    char *text = NULL;

    for (size_t i = 0; f && i < n; i++) {
        char *grown;
        if (asprintf(&grown, "%s%s%s", text ? text : "", text ? " < " : "",
                     frames[i].function[0] ? frames[i].function : "?") < 0)
            break;
        free(text);
        text = grown;
    }
    if (f && text) {
        free(f->text);
        f->text = text;
    }
}

void wf_alerts_step(struct wf_model *md, const struct wf_step *s)
{
    wf_alerts_heard(md, s);
    switch (s->kind) {
    case WF_STEP_G_STATE:
        if (s->state == WF_G_RUNNING && s->p >= 0)
            wf_alerts_on_p(md, s);
        break;
    case WF_STEP_P_STATE:
        wf_alerts_on_p(md, s);
        break;
    case WF_STEP_P_COUNT:
        wf_alerts_on_p_count(md, s);
        break;
    case WF_STEP_M_CPU:
        wf_alerts_on_cpu(md, s);
        break;
    case WF_STEP_M_NEW:
        find_churn(md, s);
        break;
    case WF_STEP_M_END:
        find_churn(md, s);
        wf_alerts_judge_runs(md, s->m);
        break;
    case WF_STEP_GAP:
        on_gap(md, s);
        break;
    case WF_STEP_DEADLOCK:
        on_deadlock(md, s);
        break;
    case WF_STEP_SAMPLE:
        on_sample(md, s);
        break;
    default:
        break;
    }
}
