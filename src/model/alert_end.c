/* SPDX-License-Identifier: MIT */
/*
 * alert_end.c - at the end: take out what another kind explains, mute, and make rows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"

/*
 * No other kind that keeps a coroutine from a P explains it.  What Ms lacked of CPU is
 * known from samples, of which the last may still be due: where the machine was short of
 * CPU, so much more must be left of the wait.
 */
static void find_starved(struct wf_model *md)
{
    const uint32_t causes = 1u << WF_ALERT_pinned_stall | 1u << WF_ALERT_hog |
                            1u << WF_ALERT_thread_churn | 1u << WF_ALERT_data_lost;
    const int64_t sample = 20000000;
    struct wf_alerts *a = &md->alerts;

    for (size_t i = 0; i < a->nstarved; i++) {
        const struct wf_span *s = &a->starved[i];
        if (wf_alerts_blamed(md, causes, s->from, s->to))
            continue;
        if (wf_alerts_blamed(md, 1u << WF_ALERT_kernel_starved, s->from, s->to) &&
            s->took < wf_alert_limit(md, WF_ALERT_starved) + sample)
            continue;
        struct wf_finding *f = wf_finding(md, WF_ALERT_starved, s->site, 0, 0);
        if (f && wf_finding_add(f, s->from, s->to, s->to - s->from))
            f->g = s->g;
    }
}

bool wf_pool_misses_much(const struct wf_model *md, const struct wf_pool_row *p)
{
    enum { GETS_MIN = 1000 };
    return p->gets >= GETS_MIN &&
           (double)p->hits * 100 <
               wf_alert_threshold(md, WF_ALERT_pool_misses) * (double)p->gets;
}

static void find_pool_misses(struct wf_model *md)
{
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->pools, &at, &key));) {
        const struct wf_pool_row *p = *value;
        struct wf_finding *f;
        if (!wf_pool_misses_much(md, p))
            continue;
        f = wf_finding(md, WF_ALERT_pool_misses, 0, WF_OKIND_pool, p->id);
        if (f)
            wf_finding_add(f, md->opts.from, md->now, (int64_t)p->misses);
    }
}

/* A pinned coroutine that stalls a queue is told of as that, not as a hog too. */
static bool is_told_as_stall(const struct wf_model *md, const struct wf_finding *hog)
{
    for (const struct wf_finding *f = md->alerts.findings; f; f = f->next)
        if (f->kind == WF_ALERT_pinned_stall && f->count && f->site == hog->site)
            return true;
    return false;
}

/*
 * One look that found a P idle for a millisecond may be chance; it must go on, and for
 * longer than Ms lacked a CPU: a P idles too while the thread woken for it gets none.
 */
static bool is_chance(const struct wf_model *md, const struct wf_finding *f)
{
    int64_t limit = wf_alert_limit(md, f->kind);

    return f->kind == WF_ALERT_idle_while_queued &&
           (f->count < 3 || md->alerts.idled - md->sum.kernel_wait < 5 * limit);
}

/* A gap may have been told long after what it swallowed. */
static bool is_across_gap(const struct wf_model *md, const struct wf_finding *f)
{
    const uint32_t timed = 1u << WF_ALERT_hog | 1u << WF_ALERT_pinned_stall |
                           1u << WF_ALERT_idle_while_queued;

    return f->count && timed & 1u << f->kind &&
           wf_alerts_blamed(md, 1u << WF_ALERT_data_lost, f->worst_at,
                            f->worst_at + f->worst);
}

static enum wf_severity severity_of(const struct wf_finding *f)
{
    double from = wf_alert_info[f->kind].critical;

    return from >= 0 && (double)f->worst >= from ? WF_CRITICAL : WF_WARNING;
}

static bool muted(const struct wf_model *md, const struct wf_alert *a)
{
    const char *name = wf_alert_info[a->kind].name;
    size_t n = strlen(name);

    for (const char *const *m = md->opts.mute; m && *m; m++) {
        if (strncmp(*m, name, n) != 0)
            continue;
        if ((*m)[n] == '\0' || ((*m)[n] == '@' && strstr(a->site, *m + n + 1)))
            return true;
    }
    return false;
}

static void make_row(struct wf_model *md, const struct wf_finding *f)
{
    struct wf_alerts *as = &md->alerts;
    struct wf_alert **grown = realloc(as->rows, (as->nrows + 1) * sizeof *grown);
    struct wf_alert *a = grown ? calloc(1, sizeof *a) : NULL;

    if (grown)
        as->rows = grown;
    if (!a) {
        md->err = -ENOMEM;
        return;
    }
    a->kind = f->kind;
    a->severity = (uint8_t)severity_of(f);
    a->from = f->from;
    a->to = f->to;
    a->g = f->g;
    a->m = f->m;
    a->p = f->p;
    a->advice = wf_alert_info[f->kind].advice;
    wf_alert_tell(md, f, a);
    if (muted(md, a)) {
        for (size_t i = 0; i < a->nevidence; i++)
            free(a->evidence[i].text);
        free(a);
        return;
    }
    as->rows[as->nrows++] = a;
}

static int worst_first(const void *a, const void *b)
{
    const struct wf_alert *x = *(const struct wf_alert *const *)a;
    const struct wf_alert *y = *(const struct wf_alert *const *)b;

    if (x->severity != y->severity)
        return y->severity - x->severity;
    if (x->kind != y->kind)
        return x->kind - y->kind;
    int64_t dx = x->to - x->from, dy = y->to - y->from;
    if (dx != dy)
        return (dx < dy) - (dx > dy);
    return strcmp(x->site, y->site);
}

void wf_alerts_finish(struct wf_model *md)
{
    wf_alerts_end_runs(md);
    wf_alerts_judge_waits(md, INT64_MAX);
    for (struct wf_finding *f = md->alerts.findings; f; f = f->next)
        if ((f->kind == WF_ALERT_hog && is_told_as_stall(md, f)) || is_chance(md, f) ||
            is_across_gap(md, f))
            f->count = 0;
    find_pool_misses(md);
    find_starved(md);
    for (struct wf_finding *f = md->alerts.findings; f; f = f->next)
        if (f->count)
            make_row(md, f);
    if (md->alerts.nrows)
        qsort(md->alerts.rows, md->alerts.nrows, sizeof *md->alerts.rows, worst_first);
}

void wf_alerts_free(struct wf_model *md)
{
    struct wf_alerts *a = &md->alerts;

    while (a->findings) {
        struct wf_finding *f = a->findings;
        a->findings = f->next;
        free(f->text);
        free(f);
    }
    for (size_t i = 0; i < a->nrows; i++) {
        for (size_t e = 0; e < a->rows[i]->nevidence; e++)
            free(a->rows[i]->evidence[e].text);
        free(a->rows[i]);
    }
    free(a->rows);
    free(a->starved);
    *a = (struct wf_alerts){ .last_m_end = INT64_MIN / 2 };
}

const struct wf_alert *const *wf_model_alerts(const struct wf_model *md, size_t *n)
{
    *n = md->alerts.nrows;
    return (const struct wf_alert *const *)md->alerts.rows;
}

const char *wf_severity_name(enum wf_severity s)
{
    static const char *const names[] = { "info", "warning", "critical" };

    return names[s];
}
