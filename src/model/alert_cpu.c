/* SPDX-License-Identifier: MIT */
/*
 * alert_cpu.c - long runs and long waits for a P, and whose fault they are.
 *
 * Nobody is blamed for time that the kernel gave to others.  M_CPU steps say for each M
 * and some 10 ms how long it ran and how long it was kept waiting, a wait when it is
 * over.  So a run is judged when its M is next told of, and a wait when two rounds of
 * such steps have come after it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

static const int64_t ms = 1000000;
enum { LATE = 100 * 1000 * 1000 }; /* ns, after which gaps and causes have been told */

static int64_t overlap(int64_t a, int64_t b, int64_t c, int64_t d)
{
    int64_t from = a > c ? a : c, to = b < d ? b : d;

    return to > from ? to - from : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- whose fault a stretch was ---------------------------------------------------- */

void wf_alerts_blame(struct wf_model *md, enum wf_alert_kind kind, int64_t from,
                     int64_t to)
{
    struct wf_alerts *a = &md->alerts;
    struct wf_blame *last = &a->blames[(a->nblames - 1) % WF_BLAMES];

    if (a->nblames && last->kind == kind && from <= last->to + 20 * ms &&
        to >= last->from) {
        last->from = least(last->from, from);
        last->to = to > last->to ? to : last->to;
        return;
    }
    a->blames[a->nblames++ % WF_BLAMES] = (struct wf_blame){ from, to, (uint8_t)kind };
}

bool wf_alerts_blamed(const struct wf_model *md, uint32_t kinds, int64_t from,
                      int64_t to)
{
    const struct wf_alerts *a = &md->alerts;

    for (uint64_t i = 0; i < a->nblames && i < WF_BLAMES; i++) {
        const struct wf_blame *b = &a->blames[i];
        if (kinds & 1u << b->kind && b->from < to && b->to > from)
            return true;
    }
    return false;
}

static bool crosses_gap(const struct wf_model *md, int64_t from, int64_t to)
{
    return wf_alerts_blamed(md, 1u << WF_ALERT_data_lost, from, to);
}

/* --- long runs -------------------------------------------------------------------- */

/* How much of a run was surely one: neither waited for a CPU nor slept in the kernel. */
static int64_t surely_ran(const struct wf_alerts *a, const struct wf_thread *m,
                          const struct wf_long_run *r)
{
    int64_t to = least(r->to, m->cpu.told), took = to - r->from, ran = 0;

    if (!a->sweep)
        return r->to - r->from; /* this machine says nothing of the kernel */
    if (took > 0) {
        int64_t others = m->cpu.running - r->cpu.running - took;
        int64_t on_cpu = m->cpu.run - r->cpu.run - (others > 0 ? others : 0);
        ran = least(took - (m->cpu.wait - r->cpu.wait), on_cpu);
    }
    if (ran < 0)
        ran = 0;
    /* A thread without a P is not asked about; the monitor saw this one on a CPU. */
    if (r->taken && r->to > m->cpu.told)
        ran += r->to - (m->cpu.told > r->from ? m->cpu.told : r->from);
    return ran;
}

static void judge_run(struct wf_model *md, const struct wf_long_run *r)
{
    struct wf_thread *m = wf_model_thread(md, r->m);
    int64_t ran = m ? surely_ran(&md->alerts, m, r) : 0;
    struct wf_finding *f;

    if (ran < wf_alert_limit(md, WF_ALERT_hog) || crosses_gap(md, r->from, r->to))
        return;
    wf_alerts_blame(md, WF_ALERT_hog, r->from, r->to);
    f = wf_finding(md, WF_ALERT_hog, r->site, 0, 0);
    if (f && wf_finding_add(f, r->from, r->to, ran)) {
        f->g = r->g;
        f->m = r->m;
    }
}

void wf_alerts_judge_runs(struct wf_model *md, int64_t m)
{
    struct wf_alerts *a = &md->alerts;
    unsigned kept = 0;

    for (unsigned i = 0; i < a->nruns; i++) {
        if (m == WF_NO_M || a->runs[i].m == m)
            judge_run(md, &a->runs[i]);
        else
            a->runs[kept++] = a->runs[i];
    }
    a->nruns = kept;
}

/* m ran g from when it was last heard until t, without a scheduling point. */
static void keep_run(struct wf_model *md, const struct wf_thread *m, int64_t t)
{
    struct wf_alerts *a = &md->alerts;
    struct wf_life *l = wf_model_life(md, m->g);

    if (!l || l->system)
        return;
    if (a->nruns == WF_RUNS)
        wf_alerts_judge_runs(md, a->runs[0].m);
    a->runs[a->nruns++] = (struct wf_long_run){ .from = m->heard,
                                                .to = t,
                                                .m = m->row.m,
                                                .g = m->g,
                                                .site = l->site,
                                                .taken = m->taken,
                                                .cpu = m->cpu_heard };
}

/* Does the step show that the M it names is in the runtime?  Some tell of others. */
static bool is_own(const struct wf_step *s)
{
    switch (s->kind) {
    case WF_STEP_P_RETAKE:
    case WF_STEP_M_CPU:
    case WF_STEP_GAP:
    case WF_STEP_P_STATE:
    case WF_STEP_M_STATE:
    case WF_STEP_QUEUE:
        return false;
    case WF_STEP_G_STATE: /* of a coroutine whose P was taken in a call */
        return s->prov != WF_DERIVED || s->state != WF_G_SYSCALL;
    default:
        return true;
    }
}

/* Each step that an M makes ends a stretch in which it did not enter the runtime. */
void wf_alerts_heard(struct wf_model *md, const struct wf_step *s)
{
    struct wf_thread *m = s->m > 0 ? wf_model_thread(md, s->m) : NULL;

    if (!m)
        return;
    if (is_own(s)) {
        if (m->g && s->t - m->heard >= wf_alert_limit(md, WF_ALERT_hog))
            keep_run(md, m, s->t);
    } else if (s->kind != WF_STEP_GAP && s->kind != WF_STEP_G_STATE) {
        if (s->kind == WF_STEP_P_RETAKE && s->n == WF_RETAKE_hog)
            m->taken = true;
        return;
    }
    if (s->kind == WF_STEP_GAP || s->kind == WF_STEP_G_END ||
        (s->kind == WF_STEP_G_STATE && s->g == m->g && s->state != WF_G_RUNNING))
        m->g = 0;
    else if (s->kind == WF_STEP_G_STATE && s->state == WF_G_RUNNING)
        m->g = s->g;
    m->heard = s->t;
    m->cpu_heard = m->cpu;
    m->taken = false;
}

void wf_alerts_end_runs(struct wf_model *md)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->threads, &at, &key));) {
        const struct wf_thread *m = *value;
        if (m->g && md->now - m->heard >= wf_alert_limit(md, WF_ALERT_hog))
            keep_run(md, m, md->now);
    }
    wf_alerts_judge_runs(md, WF_NO_M);
}

/* --- the machine is short of CPU -------------------------------------------------- */

static void find_kernel_starved(struct wf_model *md, const struct wf_period *c)
{
    struct wf_alerts *a = &md->alerts;
    int64_t window = 100 * ms, sum = 0;
    bool long_wait = c->wait >= wf_alert_limit(md, WF_ALERT_kernel_starved) &&
                     c->wait * 4 >= c->to - c->from;
    struct wf_finding *f;

    for (uint64_t i = 0; i < a->nperiods && i < WF_PERIODS; i++) {
        const struct wf_period *p = &a->periods[(a->nperiods - 1 - i) % WF_PERIODS];
        if (p->to <= c->to - window)
            break;
        if (p->m == c->m)
            sum += p->wait;
    }
    if (!long_wait && sum * 4 < window)
        return;
    wf_alerts_blame(md, WF_ALERT_kernel_starved, c->from - c->wait, c->to);
    f = wf_finding(md, WF_ALERT_kernel_starved, 0, 0, 0);
    if (f && wf_finding_add(f, c->from, c->to, c->wait)) {
        f->m = c->m;
        f->n = sum;
    }
}

void wf_alerts_on_cpu(struct wf_model *md, const struct wf_step *s)
{
    struct wf_alerts *a = &md->alerts;
    struct wf_thread *m = wf_model_thread(md, s->m);

    if (!m)
        return;
    if (s->t - a->sweep > 2 * ms) { /* another round */
        wf_alerts_judge_waits(md, least(a->sweep, s->t - LATE));
        a->sweep = s->t;
    }
    struct wf_period c = { s->m, m->cpu.told ? m->cpu.told : m->row.begin, s->t,
                           s->n2 };
    m->cpu.told = s->t;
    m->cpu.run += s->n;
    m->cpu.wait += s->n2;
    m->cpu.running = m->row.running +
                     (m->state == WF_MSTATE_running ? s->t - m->since : 0);
    if (c.wait >= ms / 10)
        a->periods[a->nperiods++ % WF_PERIODS] = c;
    wf_alerts_judge_runs(md, s->m);
    if (c.to > c.from && c.wait >= ms / 10)
        find_kernel_starved(md, &c);
}

/* The longest that any M was kept from a CPU by periods that touch [from, to). */
static int64_t kernel_wait(const struct wf_alerts *a, int64_t from, int64_t to)
{
    enum { SLOTS = 64 };
    int64_t sum[SLOTS] = { 0 }, worst = 0;

    for (uint64_t i = 0; i < a->nperiods && i < WF_PERIODS; i++) {
        const struct wf_period *p = &a->periods[i];
        if (p->from >= to || p->to <= from)
            continue;
        int64_t *of_m = &sum[p->m % SLOTS];
        *of_m += p->wait;
        if (*of_m > worst)
            worst = *of_m;
    }
    return worst;
}

/* --- Ps: idle, or kept by one coroutine ------------------------------------------- */

static void keep_span(struct wf_span spans[WF_SPANS], unsigned *n, struct wf_span span)
{
    if (span.to - span.from >= ms)
        spans[(*n)++ % WF_SPANS] = span;
}

static void end_run(struct wf_proc_watch *w, int64_t t)
{
    if (w->now.g) {
        w->now.to = t;
        keep_span(w->run, &w->nrun, w->now);
    }
    w->now.g = 0;
}

static void end_idle(struct wf_proc_watch *w, int64_t t)
{
    if (w->idle_since >= 0)
        keep_span(w->idle, &w->nidle,
                  (struct wf_span){ .from = w->idle_since, .to = t });
    w->idle_since = -1;
}

void wf_alerts_on_p(struct wf_model *md, const struct wf_step *s)
{
    struct wf_proc *p = wf_model_proc(md, s->p);
    struct wf_proc_watch *w;

    if (!p)
        return;
    w = &p->watch;
    if (s->kind == WF_STEP_G_STATE) {
        struct wf_life *l = wf_model_life(md, s->g);
        if (w->now.g == s->g)
            return;
        end_run(w, s->t);
        w->now = (struct wf_span){
            .from = s->t, .g = s->g, .site = l ? l->site : 0, .pinned = l && l->pinned
        };
        return;
    }
    if (s->n != WF_PSTATE_running)
        end_run(w, s->t);
    w->out = s->n == WF_PSTATE_idle && md->alerts.nprocs && s->p >= md->alerts.nprocs;
    if (s->n != WF_PSTATE_idle || w->out)
        end_idle(w, s->t);
    else if (w->idle_since < 0)
        w->idle_since = s->t;
}

/* Those beyond are no help for what is queued; new ones are, from here on. */
void wf_alerts_on_p_count(struct wf_model *md, const struct wf_step *s)
{
    int64_t before = md->alerts.nprocs;
    uint64_t key;
    void **value;

    if (s->n == before)
        return;
    md->alerts.nprocs = s->n;
    md->alerts.resized = before ? s->t : 0;
    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        struct wf_proc *p = *value;
        struct wf_proc_watch *w = &p->watch;
        if (p->row.p >= s->n && w->idle_since >= 0) {
            end_idle(w, s->t);
            w->out = true;
        } else if (p->row.p < s->n && w->out) {
            w->idle_since = s->t;
            w->out = false;
        }
    }
}

/* How much of [from, to) a P was idle. */
static int64_t idle_in(const struct wf_proc_watch *w, int64_t from, int64_t to)
{
    unsigned n = w->nidle < WF_SPANS ? w->nidle : WF_SPANS;
    int64_t sum = w->idle_since >= 0 ? overlap(from, to, w->idle_since, to) : 0;

    for (unsigned i = 0; i < n; i++)
        sum += overlap(from, to, w->idle[i].from, w->idle[i].to);
    return sum;
}

/* Who kept a P longest in [from, to), and how long all of its kind did. */
static void add_kept(struct wf_long_wait *w, const struct wf_span *run, int64_t hog)
{
    int64_t took = overlap(w->from, w->to, run->from, run->to);

    if (run->pinned)
        w->by_pinned += took;
    else if (run->to - run->from >= hog)
        w->by_hogs += took;
    else
        return;
    if (took > overlap(w->from, w->to, w->by.from, w->by.to))
        w->by = *run;
}

static void note_kept(struct wf_long_wait *w, const struct wf_proc_watch *p,
                      int64_t hog)
{
    unsigned n = p->nrun < WF_SPANS ? p->nrun : WF_SPANS;
    struct wf_span now = p->now;

    now.to = w->to;
    if (now.g)
        add_kept(w, &now, hog);
    for (unsigned i = 0; i < n; i++)
        add_kept(w, &p->run[i], hog);
}

/* --- long waits for a P ----------------------------------------------------------- */

/*
 * The P that idled longest meanwhile.  Where there are more Ps than CPUs so many idle
 * rightly: only what they all did beyond that counts.
 */
static void find_idle(struct wf_model *md, struct wf_long_wait *w)
{
    int64_t cpus = md->src->info->cpus, n = 0, sum = 0;
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        struct wf_proc *p = *value;
        int64_t idle = idle_in(&p->watch, w->from, w->to);
        n += !p->watch.out;
        if (p->row.p == w->queue_p)
            continue;
        sum += idle;
        if (idle > w->idle) {
            w->idle = idle;
            w->idle_p = p->row.p;
        }
    }
    if (cpus && n > cpus)
        sum -= (n - cpus) * (w->to - w->from);
    w->idle = sum < 0 ? 0 : least(w->idle, sum);
}

void wf_alerts_waited(struct wf_model *md, const struct wf_life *l, int64_t from,
                      int64_t to)
{
    struct wf_alerts *a = &md->alerts;
    struct wf_proc *p;

    if (to - from < ms || l->system)
        return;
    if (a->nwaits == WF_WAITS)
        wf_alerts_judge_waits(md, INT64_MAX);
    struct wf_long_wait *w = &a->waits[a->nwaits++];
    *w = (struct wf_long_wait){ .from = from,
                                .to = to,
                                .g = l->id,
                                .site = l->site,
                                .queue_p = l->queue_p,
                                .idle_p = WF_NO_P };
    p = wf_model_proc(md, l->queue_p);
    if (p)
        note_kept(w, &p->watch, wf_alert_limit(md, WF_ALERT_hog));
    find_idle(md, w);
}

static void find_pinned_stall(struct wf_model *md, const struct wf_long_wait *w)
{
    struct wf_finding *f;

    wf_alerts_blame(md, WF_ALERT_pinned_stall, w->from, w->to);
    f = wf_finding(md, WF_ALERT_pinned_stall, w->by.site, 0, 0);
    if (f && wf_finding_add(f, w->from, w->to, w->to - w->from)) {
        f->g = w->by.g;
        f->g2 = w->g;
        f->site2 = w->site;
        f->p = w->queue_p;
    }
}

static void find_idle_while_queued(struct wf_model *md, const struct wf_long_wait *w)
{
    struct wf_finding *f;

    f = wf_finding(md, WF_ALERT_idle_while_queued, 0, 0, 0);
    if (f && w->to > f->to)
        md->alerts.idled += least(w->idle, w->to - f->to);
    if (f && wf_finding_add(f, w->from, w->to, w->idle)) {
        f->g = w->g;
        f->site2 = w->site;
        f->p = w->idle_p;
        f->n = w->queue_p;
    }
}

/* A candidate for starved, until the end shows whether another kind explains it. */
static void keep_starved(struct wf_model *md, const struct wf_long_wait *w,
                         int64_t took)
{
    enum { STARVED_MAX = 4096 };
    struct wf_alerts *a = &md->alerts;
    struct wf_span *grown;

    if (a->nstarved == STARVED_MAX)
        return;
    if (a->nstarved == a->starved_size) {
        size_t size = a->starved_size ? a->starved_size * 2 : 64;
        grown = realloc(a->starved, size * sizeof *grown);
        if (!grown) {
            md->err = -ENOMEM;
            return;
        }
        a->starved = grown;
        a->starved_size = size;
    }
    a->starved[a->nstarved++] = (struct wf_span){
        .from = w->from, .to = w->to, .g = w->g, .site = w->site, .took = took
    };
}

/* Who waited while a hog ran: told with the hog. */
static void note_victim(struct wf_model *md, const struct wf_long_wait *w)
{
    struct wf_finding *f = wf_finding(md, WF_ALERT_hog, w->by.site, 0, 0);

    if (f && w->to - w->from > f->n) {
        f->n = w->to - w->from;
        f->g2 = w->g;
        f->site2 = w->site;
    }
}

static void judge_wait(struct wf_model *md, const struct wf_long_wait *w)
{
    int64_t lacked = kernel_wait(&md->alerts, w->from, w->to),
            took = w->to - w->from - lacked;

    if (crosses_gap(md, w->from, w->to))
        return;
    if (w->by_pinned > (w->to - w->from) / 2) {
        if (took >= wf_alert_limit(md, WF_ALERT_pinned_stall))
            find_pinned_stall(md, w);
        return;
    }
    if (w->by_hogs > (w->to - w->from) / 2) {
        note_victim(md, w); /* no finding unless it is judged a hog */
        return;
    }
    if (w->idle - lacked >= wf_alert_limit(md, WF_ALERT_idle_while_queued)) {
        if (!wf_alerts_blamed(md, 1u << WF_ALERT_thread_churn, w->from, w->to))
            find_idle_while_queued(md, w);
        return;
    }
    if (took >= wf_alert_limit(md, WF_ALERT_starved))
        keep_starved(md, w, took);
}

void wf_alerts_judge_waits(struct wf_model *md, int64_t t)
{
    struct wf_alerts *a = &md->alerts;
    unsigned kept = 0;

    for (unsigned i = 0; i < a->nwaits; i++) {
        if (a->waits[i].to <= t)
            judge_wait(md, &a->waits[i]);
        else
            a->waits[kept++] = a->waits[i];
    }
    a->nwaits = kept;
}
