/* SPDX-License-Identifier: MIT */
/*
 * alerts.c - findings: what the detectors see while the trace is read.
 *
 * Nobody is blamed for time that the kernel gave to others.  M_CPU steps say for each M
 * and some 10 ms how long it ran and how long it was kept waiting; a long run is judged
 * only when the kernel's word for all of it has come.
 */
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

static int64_t limit(const struct wf_model *md, enum wf_alert_kind kind)
{
    return (int64_t)wf_alert_threshold(md, kind);
}

/* --- findings --------------------------------------------------------------------------- */

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

/* --- what the kernel says ----------------------------------------------------------------- */

static int64_t overlap(int64_t a, int64_t b, int64_t c, int64_t d)
{
    int64_t from = a > c ? a : c, to = b < d ? b : d;

    return to > from ? to - from : 0;
}

static unsigned periods(const struct wf_thread *m)
{
    return m->watch.ncpu < WF_CPU_PERIODS ? m->watch.ncpu : WF_CPU_PERIODS;
}

/*
 * At most how long m waited for a CPU in [from, to).  The kernel counts a wait when it is
 * over, so one that a period reports may have begun before the period.
 */
static int64_t kernel_wait(const struct wf_thread *m, int64_t from, int64_t to)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < periods(m); i++) {
        const struct wf_cpu_period *c = &m->watch.cpu[i];
        int64_t begin = c->to - c->wait < c->from ? c->to - c->wait : c->from;
        int64_t touched = overlap(from, to, begin, c->to);
        sum += c->wait < touched ? c->wait : touched;
    }
    return sum < to - from ? sum : to - from;
}

/*
 * At least how long m was on a CPU in [from, to); time that no period covers counts only
 * when the kernel was never heard of m, or no longer remembers.
 */
static int64_t cpu_time(const struct wf_thread *m, int64_t from, int64_t to)
{
    int64_t ran = 0, oldest = to;

    for (unsigned i = 0; i < periods(m); i++) {
        const struct wf_cpu_period *c = &m->watch.cpu[i];
        int64_t touched = overlap(from, to, c->from, c->to);
        ran += touched == c->to - c->from || c->run < touched ? c->run : touched;
        if (c->from < oldest)
            oldest = c->from;
    }
    if (oldest > from)
        ran += oldest - from;
    return ran < to - from ? ran : to - from;
}

/* The longest that any M was kept from a CPU in [from, to). */
int64_t wf_alerts_kernel_wait(struct wf_model *md, int64_t from, int64_t to)
{
    int64_t worst = 0;
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->threads, &at, &key));) {
        int64_t wait = kernel_wait(*value, from, to);
        if (wait > worst)
            worst = wait;
    }
    return worst;
}

/* --- hogs: long runs, judged when the kernel has spoken ------------------------------------ */

static void judge_run(struct wf_model *md, const struct wf_thread *m,
                      const struct wf_suspect *s)
{
    int64_t waited = kernel_wait(m, s->from, s->to);
    int64_t ran = cpu_time(m, s->from, s->to);
    struct wf_finding *f;

    if (ran > s->to - s->from - waited)
        ran = s->to - s->from - waited;
    if (ran < limit(md, WF_ALERT_hog))
        return;
    f = wf_finding(md, WF_ALERT_hog, s->site, 0, 0);
    if (f && wf_finding_add(f, s->from, s->to, ran)) {
        f->g = s->g;
        f->m = m->row.m;
    }
}

void wf_alerts_judge(struct wf_model *md, struct wf_thread *m)
{
    for (unsigned i = 0; i < m->watch.nsuspects; i++)
        judge_run(md, m, &m->watch.suspect[i]);
    m->watch.nsuspects = 0;
}

void wf_alerts_ran(struct wf_model *md, const struct wf_life *l, int64_t from,
                   int64_t to)
{
    struct wf_thread *m;

    if (to - from < limit(md, WF_ALERT_hog) || l->system)
        return;
    m = wf_model_thread(md, l->m);
    if (!m)
        return;
    if (m->watch.nsuspects == WF_SUSPECTS)
        wf_alerts_judge(md, m);
    m->watch.suspect[m->watch.nsuspects++] = (struct wf_suspect){ from, to, l->id,
                                                                  l->site, l->pinned };
}

/* --- the machine is short of CPU ------------------------------------------------------------ */

static void find_kernel_starved(struct wf_model *md, struct wf_thread *m,
                                const struct wf_cpu_period *c)
{
    int64_t worst = limit(md, WF_ALERT_kernel_starved), window = 100 * ms, sum = 0;
    int64_t begin = c->to - window;
    bool long_wait = c->wait >= worst && c->wait * 4 >= c->to - c->from;
    struct wf_finding *f;

    for (unsigned i = 0; i < periods(m); i++)
        if (m->watch.cpu[i].to > begin)
            sum += m->watch.cpu[i].wait;
    if (!long_wait && sum * 4 < window)
        return;
    f = wf_finding(md, WF_ALERT_kernel_starved, 0, 0, 0);
    if (f && wf_finding_add(f, c->from, c->to, c->wait)) {
        f->m = m->row.m;
        f->n = sum;
    }
}

static void on_cpu(struct wf_model *md, const struct wf_step *s)
{
    struct wf_thread *m = wf_model_thread(md, s->m);
    struct wf_cpu_period c = { .to = s->t, .run = s->n, .wait = s->n2 };

    if (!m)
        return;
    c.from = m->watch.last_cpu ? m->watch.last_cpu : m->row.begin;
    m->watch.last_cpu = s->t;
    m->watch.cpu[m->watch.ncpu++ % WF_CPU_PERIODS] = c;
    wf_alerts_judge(md, m);
    if (c.to > c.from)
        find_kernel_starved(md, m, &c);
}

/* --- Ps: idle, or kept by one coroutine ------------------------------------------------------ */

static void keep_span(struct wf_span spans[WF_SPANS], unsigned *n, struct wf_span span)
{
    if (span.to - span.from >= ms)
        spans[(*n)++ % WF_SPANS] = span;
}

static void end_run(struct wf_proc *p, int64_t t)
{
    struct wf_proc_watch *w = &p->watch;

    if (w->g)
        keep_span(w->run, &w->nrun, (struct wf_span){ w->g_since, t, w->g, w->pinned });
    w->g = 0;
}

static void watch_proc(struct wf_model *md, const struct wf_step *s)
{
    struct wf_proc *p = wf_model_proc(md, s->p);
    struct wf_proc_watch *w;

    if (!p)
        return;
    w = &p->watch;
    if (s->kind == WF_STEP_G_STATE) {
        struct wf_life *l = wf_model_life(md, s->g);
        if (w->g == s->g)
            return;
        end_run(p, s->t);
        w->g = s->g;
        w->g_since = s->t;
        w->pinned = l && l->pinned;
        return;
    }
    if (s->n != WF_PSTATE_running)
        end_run(p, s->t);
    if (s->n == WF_PSTATE_idle && w->idle_since < 0) {
        w->idle_since = s->t;
    } else if (s->n != WF_PSTATE_idle && w->idle_since >= 0) {
        keep_span(w->idle, &w->nidle,
                  (struct wf_span){ .from = w->idle_since, .to = s->t });
        w->idle_since = -1;
    }
}

/* How much of [from, to) P p was idle. */
static int64_t idle_in(const struct wf_proc *p, int64_t from, int64_t to)
{
    const struct wf_proc_watch *w = &p->watch;
    unsigned n = w->nidle < WF_SPANS ? w->nidle : WF_SPANS;
    int64_t sum = w->idle_since >= 0 ? overlap(from, to, w->idle_since, to) : 0;

    for (unsigned i = 0; i < n; i++)
        sum += overlap(from, to, w->idle[i].from, w->idle[i].to);
    return sum;
}

/* Long runs on P p in [from, to): by pinned coroutines, by hogs, and the longest. */
struct kept {
    int64_t pinned, hog;
    struct wf_span longest;
};

static void add_kept(struct kept *k, const struct wf_span *run, int64_t hog,
                     int64_t from, int64_t to)
{
    int64_t took = overlap(from, to, run->from, run->to);

    if (run->pinned)
        k->pinned += took;
    else if (run->to - run->from >= hog)
        k->hog += took;
    else
        return;
    if (took > overlap(from, to, k->longest.from, k->longest.to))
        k->longest = *run;
}

static struct kept kept_by(const struct wf_proc *p, int64_t hog, int64_t from,
                           int64_t to)
{
    const struct wf_proc_watch *w = &p->watch;
    struct kept k = { 0 };
    unsigned n = w->nrun < WF_SPANS ? w->nrun : WF_SPANS;

    if (w->g)
        add_kept(&k, &(struct wf_span){ w->g_since, to, w->g, w->pinned }, hog, from,
                 to);
    for (unsigned i = 0; i < n; i++)
        add_kept(&k, &w->run[i], hog, from, to);
    return k;
}

/* --- coroutines that waited for a P ----------------------------------------------------------- */

static void find_pinned_stall(struct wf_model *md, const struct wf_life *l,
                              const struct wf_span *by, int64_t from, int64_t to)
{
    struct wf_life *culprit = wf_model_life(md, by->g);
    struct wf_finding *f;

    if (to - from < limit(md, WF_ALERT_pinned_stall))
        return;
    f = wf_finding(md, WF_ALERT_pinned_stall, culprit ? culprit->site : 0, 0, 0);
    if (f && wf_finding_add(f, from, to, to - from)) {
        f->g = by->g;
        f->g2 = l->id;
        f->site2 = l->site;
        f->p = l->queue_p;
    }
}

static bool find_idle_while_queued(struct wf_model *md, const struct wf_life *l,
                                   int64_t from, int64_t to)
{
    int64_t worst = 0, wait = wf_alerts_kernel_wait(md, from, to);
    int32_t which = WF_NO_P;
    uint64_t key;
    void **value;
    struct wf_finding *f;

    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        struct wf_proc *p = *value;
        int64_t idle = idle_in(p, from, to);
        if (p->row.p != l->queue_p && idle > worst) {
            worst = idle;
            which = p->row.p;
        }
    }
    if (worst - wait < limit(md, WF_ALERT_idle_while_queued))
        return false;
    f = wf_finding(md, WF_ALERT_idle_while_queued, 0, 0, 0);
    if (f && wf_finding_add(f, from, to, worst)) {
        f->g = l->id;
        f->site2 = l->site;
        f->p = which;
        f->n = l->queue_p;
    }
    return true;
}

/* A candidate for starved, until the end shows whether another kind explains it. */
static void keep_starved(struct wf_model *md, const struct wf_life *l, int64_t from,
                         int64_t to)
{
    enum { STARVED_MAX = 4096 };
    struct wf_alerts *a = &md->alerts;

    if (a->nstarved == STARVED_MAX)
        return;
    if (a->nstarved == a->starved_size) {
        size_t size = a->starved_size ? a->starved_size * 2 : 64;
        struct wf_span *spans = realloc(a->starved, size * sizeof *spans);
        if (spans)
            a->starved = spans;
        uint32_t *sites = realloc(a->starved_site, size * sizeof *sites);
        if (sites)
            a->starved_site = sites;
        if (!spans || !sites) {
            md->err = -ENOMEM;
            return;
        }
        a->starved_size = size;
    }
    a->starved_site[a->nstarved] = l->site;
    a->starved[a->nstarved++] = (struct wf_span){ .from = from, .to = to, .g = l->id };
}

void wf_alerts_waited(struct wf_model *md, const struct wf_life *l, int64_t from,
                      int64_t to)
{
    struct wf_proc *p;
    struct kept k = { 0 };

    if (to - from < ms || l->system)
        return;
    p = wf_model_proc(md, l->queue_p);
    if (p)
        k = kept_by(p, limit(md, WF_ALERT_hog), from, to);
    if (k.pinned > (to - from) / 2) {
        find_pinned_stall(md, l, &k.longest, from, to);
        return;
    }
    if (k.hog > (to - from) / 2)
        return; /* the hog's alert tells of it */
    if (find_idle_while_queued(md, l, from, to))
        return;
    if (to - from - wf_alerts_kernel_wait(md, from, to) >= limit(md, WF_ALERT_starved))
        keep_starved(md, l, from, to);
}

/* --- objects ------------------------------------------------------------------------------------ */

/* Idle receivers are a reserve, not a queue. */
static bool piles_up(unsigned reason)
{
    return reason != WF_WHY_chan_recv && reason != WF_WHY_select &&
           reason != WF_WHY_sleep && reason != WF_WHY_never &&
           reason != WF_WHY_wait_group && reason != WF_WHY_join;
}

void wf_alerts_queued(struct wf_model *md, struct wf_object *o, const struct wf_life *l)
{
    uint32_t many = (uint32_t)limit(md, WF_ALERT_wait_pileup), now = o->row.waiters;
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

/* --- Ms ------------------------------------------------------------------------------------------ */

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
        f->m = s->m;
    }
}

/* --- what the trace says by itself ----------------------------------------------------------------- */

static void on_gap(struct wf_model *md, const struct wf_step *s)
{
    struct wf_finding *f = wf_finding(md, WF_ALERT_data_lost, 0, 0, 0);

    if (!f)
        return;
    wf_finding_add(f, s->n, s->t, s->n2);
    f->m = s->m;
    f->n = s->cause;
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

static void on_deadlock(struct wf_model *md, const struct wf_step *s)
{
    enum { MEMBERS_TOLD = 12 };
    struct wf_life *l = wf_model_life(md, s->g);
    struct wf_finding *f = wf_finding(md, WF_ALERT_deadlock, l ? l->site : 0, 0, 0);

    if (!f)
        return;
    wf_finding_add(f, l ? l->since : s->t, s->t, s->n);
    if (!f->g)
        f->g = s->g;
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
    switch (s->kind) {
    case WF_STEP_G_STATE:
        if (s->state == WF_G_RUNNING && s->p >= 0)
            watch_proc(md, s);
        break;
    case WF_STEP_P_STATE:
        watch_proc(md, s);
        break;
    case WF_STEP_M_CPU:
        on_cpu(md, s);
        break;
    case WF_STEP_M_NEW:
    case WF_STEP_M_END:
        find_churn(md, s);
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
