/* SPDX-License-Identifier: MIT */
/* alert_text.c - a finding in words: what, who, where, how bad, and the numbers behind. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "model/state.h"

static void fact(struct wf_alert *a, const char *key, int64_t n)
{
    if (a->nevidence < sizeof a->evidence / sizeof *a->evidence)
        a->evidence[a->nevidence++] = (struct wf_evidence){ key, n, NULL };
}

static void words(struct wf_alert *a, const char *key, const char *text)
{
    if (a->nevidence < sizeof a->evidence / sizeof *a->evidence && text && *text)
        a->evidence[a->nevidence++] = (struct wf_evidence){ key, 0, strdup(text) };
}

static void title(struct wf_alert *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void title(struct wf_alert *a, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(a->title, sizeof a->title, format, args);
    va_end(args);
}

struct ns_text {
    char s[WF_UNIT_MAX];
};

static struct ns_text ns(int64_t t)
{
    struct ns_text out;

    wf_show_time(out.s, t);
    return out;
}

/* "hog.compute (sched.c:170)", or what is known of it. */
static void site_text(struct wf_model *md, uint32_t site, char *out, size_t size)
{
    const struct wf_site *s = site ? md->src->site(md->src, site) : NULL;

    if (!s)
        snprintf(out, size, "an unknown site");
    else if (s->name[0] && s->site[0])
        snprintf(out, size, "%s (%s)", s->name, s->site);
    else
        snprintf(out, size, "%s", s->name[0] ? s->name : s->site);
}

static const char *where(struct wf_model *md, uint32_t site)
{
    const struct wf_site *s = site ? md->src->site(md->src, site) : NULL;

    return s ? s->site : "";
}

static void tell_hog(struct wf_model *md, const struct wf_finding *f,
                     struct wf_alert *a)
{
    title(a, "G%llu %s ran %s without a scheduling point", (unsigned long long)f->g,
          a->site, ns(f->worst).s);
    fact(a, "run_ns", f->worst);
    fact(a, "at_ns", f->worst_at);
    fact(a, "count", (int64_t)f->count);
    words(a, "name", wf_model_site_name(md, f->site));
    words(a, "site", where(md, f->site));
    words(a, "stack", f->text);
    if (!f->g2)
        return;
    fact(a, "waiting_g", (int64_t)f->g2);
    words(a, "waiting_name", wf_model_site_name(md, f->site2));
    fact(a, "waiting_ns", f->n);
}

static void tell_pinned_stall(struct wf_model *md, const struct wf_finding *f,
                              struct wf_alert *a)
{
    char victim[128];

    site_text(md, f->site2, victim, sizeof victim);
    title(a, "G%llu %s, bound to its thread, kept P%d's queue waiting for %s",
          (unsigned long long)f->g, a->site, f->p, ns(f->worst).s);
    fact(a, "runnable_ns", f->worst);
    fact(a, "at_ns", f->worst_at);
    fact(a, "waits", (int64_t)f->count);
    words(a, "name", wf_model_site_name(md, f->site));
    words(a, "site", where(md, f->site));
    fact(a, "waiting_g", (int64_t)f->g2);
    words(a, "waiting_site", victim);
}

static void tell_starved(struct wf_model *md, const struct wf_finding *f,
                         struct wf_alert *a)
{
    title(a, "G%llu %s was runnable for %s before it ran", (unsigned long long)f->g,
          a->site, ns(f->worst).s);
    fact(a, "runnable_ns", f->worst);
    fact(a, "at_ns", f->worst_at);
    fact(a, "waits", (int64_t)f->count);
    words(a, "name", wf_model_site_name(md, f->site));
    words(a, "site", where(md, f->site));
}

static void tell_idle(struct wf_model *md, const struct wf_finding *f,
                      struct wf_alert *a)
{
    uint64_t key;
    void **value;
    char share[160] = "";

    site_text(md, f->site2, a->site, sizeof a->site);
    if (f->n >= 0)
        title(a, "P%d idled %s while G%llu %s waited in P%lld's queue", f->p,
              ns(f->worst).s, (unsigned long long)f->g,
              wf_model_site_name(md, f->site2), (long long)f->n);
    else
        title(a, "P%d idled %s while G%llu %s waited in the global queue", f->p,
              ns(f->worst).s, (unsigned long long)f->g,
              wf_model_site_name(md, f->site2));
    fact(a, "idle_ns", f->worst);
    fact(a, "at_ns", f->worst_at);
    fact(a, "waits", (int64_t)f->count);
    words(a, "waiting_site", where(md, f->site2));
    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        const struct wf_p_row *p = &((struct wf_proc *)*value)->row;
        int64_t all = p->running + p->idle + p->syscall;
        size_t n = strlen(share);
        snprintf(share + n, sizeof share - n, "%sP%d %.0f %%", n ? ", " : "", p->p,
                 all ? 100.0 * (double)p->running / (double)all : 0.0);
    }
    words(a, "busy", share);
}

static void tell_pileup(struct wf_model *md, const struct wf_finding *f,
                        struct wf_alert *a)
{
    struct wf_object **o = wf_map_get(&md->objects, wf_object_key(f->okind, f->obj));
    const char *reason = wf_word_name(WF_WHY, (uint64_t)f->n);
    char waiting[128];

    if (o)
        wf_object_name(&(*o)->row, a->object, sizeof a->object);
    site_text(md, f->site2, waiting, sizeof waiting);
    snprintf(a->site, sizeof a->site, "%s", waiting);
    title(a, "%lld coroutines wait for %s (%s), and more come than go; most are %s",
          (long long)f->worst, a->object, reason ? reason : "?", waiting);
    fact(a, "waiters", f->worst);
    words(a, "reason", reason);
    words(a, "waiting_site", where(md, f->site2));
    if (o) {
        fact(a, "waiters_max", (*o)->row.waiters_max);
        fact(a, "capacity", (int64_t)(*o)->row.cap);
    }
    if (o && (*o)->watch.server) {
        char server[128];
        site_text(md, (*o)->watch.server_site, server, sizeof server);
        fact(a, "server_g", (int64_t)(*o)->watch.server);
        words(a, "server", server);
    }
    struct wf_life *owner = f->g2 ? wf_model_life(md, f->g2) : NULL;
    if (owner)
        words(a, "owner", wf_model_site_name(md, owner->site));
}

static void tell_churn(struct wf_model *md, const struct wf_finding *f,
                       struct wf_alert *a)
{
    double seconds = (double)(f->to - f->from) / 1e9;
    double rate = seconds > 0 ? (double)f->count / seconds : 0;
    int64_t lost = 0, all = 0;
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->procs, &at, &key));) {
        const struct wf_p_row *p = &((struct wf_proc *)*value)->row;
        lost += p->idle + p->syscall;
        all += p->running + p->idle + p->syscall;
    }
    snprintf(a->site, sizeof a->site, "%s", "threads");
    title(a, "%.0f threads a second were made and ended over %s; %llu in all", rate,
          ns(f->to - f->from).s, (unsigned long long)md->sum.m_created);
    fact(a, "per_s", (int64_t)rate);
    fact(a, "created", (int64_t)md->sum.m_created);
    fact(a, "ended", (int64_t)md->sum.m_ended);
    fact(a, "handoffs", (int64_t)md->sum.handoffs);
    fact(a, "retakes", (int64_t)md->sum.retakes);
    fact(a, "p_not_running_percent", all ? lost * 100 / all : 0);
}

/* Whose blocking calls make the threads: the site with the most time in them. */
static void blame_blocking_site(struct wf_model *md, struct wf_alert *a)
{
    const struct wf_site_row *most = NULL;
    uint64_t key;
    void **value;

    for (size_t at = 0; (value = wf_map_next(&md->sites, &at, &key));) {
        const struct wf_site_row *row = *value;
        if (row->time.syscall > 0 && (!most || row->time.syscall > most->time.syscall))
            most = row;
    }
    if (!most)
        return;
    snprintf(a->site, sizeof a->site, "%s (%s)", most->name, most->where);
    a->g = most->syscall_max_g;
    words(a, "name", most->name);
    words(a, "site", most->where);
    fact(a, "site_syscall_ns", most->time.syscall);
    fact(a, "site_syscall_max_ns", most->syscall_max);
}

static void tell_kernel(struct wf_model *md, const struct wf_finding *f,
                        struct wf_alert *a)
{
    title(a, "M%lld was ready to run but had no CPU for %s: the machine is overloaded",
          (long long)f->m, ns(f->worst).s);
    fact(a, "wait_ns", f->worst);
    fact(a, "at_ns", f->worst_at);
    fact(a, "wait_in_100ms_ns", f->n);
    fact(a, "wait_in_all_ns", md->sum.kernel_wait);
}

static void tell_pool(struct wf_model *md, const struct wf_finding *f,
                      struct wf_alert *a)
{
    struct wf_pool_row **p = wf_map_get(&md->pools, f->obj);

    if (!p)
        return;
    snprintf(a->object, sizeof a->object, "pool:%s", (*p)->name);
    snprintf(a->site, sizeof a->site, "%s", a->object);
    title(a, "%s gave %.0f %% of %llu gets from what it kept", a->object,
          100.0 * (double)(*p)->hits / (double)(*p)->gets,
          (unsigned long long)(*p)->gets);
    fact(a, "gets", (int64_t)(*p)->gets);
    fact(a, "hits", (int64_t)(*p)->hits);
    fact(a, "misses", (int64_t)(*p)->misses);
    fact(a, "dropped", (int64_t)(*p)->dropped);
}

static void tell_deadlock(struct wf_model *md, const struct wf_finding *f,
                          struct wf_alert *a)
{
    unsigned long long g = f->g;

    a->to = md->now; /* nothing ends it */
    if (f->g2)
        title(a, "G%llu %s and %lld more wait for each other without end", g, a->site,
              (long long)f->n - 1);
    else
        title(a,
              "G%llu %s and %llu more like it wait, and nothing is left to wake them",
              g, a->site, (unsigned long long)f->count - 1);
    fact(a, "coroutines", f->g2 ? f->n : (int64_t)f->count);
    words(a, "name", wf_model_site_name(md, f->site));
    words(a, "site", where(md, f->site));
    words(a, "cycle", f->text);
}

/* "dropped, truncated". */
static void name_causes(int64_t mask, char *out, size_t size)
{
    size_t n = 0;

    *out = '\0';
    for (unsigned i = 0; i <= WF_GAP_UNPLACED; i++)
        if (mask >> i & 1 && n < size)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
                                  wf_gap_cause_name((enum wf_gap_cause)i));
}

/* Events that are lost, and no gap says where. */
static int64_t unplaced_events(const struct wf_model *md, const struct wf_finding *f)
{
    const struct wf_trace_info *info = md->src->info;

    for (size_t i = info->ngaps; f->n >> WF_GAP_UNPLACED & 1 && i-- > 0;)
        if (info->gaps[i].cause == WF_GAP_UNPLACED)
            return (int64_t)info->gaps[i].events;
    return 0;
}

static void tell_lost(struct wf_model *md, const struct wf_finding *f,
                      struct wf_alert *a)
{
    char causes[64], rest[48] = "";
    int64_t unplaced = unplaced_events(md, f);
    bool cut = f->n >> WF_GAP_TRUNCATED & 1;

    name_causes(f->n, causes, sizeof causes);
    snprintf(a->site, sizeof a->site, "%s", "trace");
    if (unplaced)
        snprintf(rest, sizeof rest, ", %lld of them nobody knows where",
                 (long long)unplaced);
    if (cut && !f->total)
        title(a, "the trace ends before its program did: nothing after %s is in it",
              ns(f->to).s);
    else if (!f->total)
        title(a,
              "blocks are missing in %llu place%s (%s); figures over them are too low",
              (unsigned long long)f->count, f->count == 1 ? "" : "s", causes);
    else
        title(a, "%lld events are missing%s (%s); figures over them are too low",
              (long long)f->total, rest, causes);
    fact(a, "events", f->total);
    fact(a, "unplaced", unplaced);
    fact(a, "gaps", (int64_t)f->count);
    words(a, "cause", causes);
}

void wf_alert_tell(struct wf_model *md, const struct wf_finding *f, struct wf_alert *a)
{
    static void (*const tell[WF_NALERTS])(struct wf_model *, const struct wf_finding *,
                                          struct wf_alert *) = {
        [WF_ALERT_deadlock] = tell_deadlock,
        [WF_ALERT_pinned_stall] = tell_pinned_stall,
        [WF_ALERT_hog] = tell_hog,
        [WF_ALERT_wait_pileup] = tell_pileup,
        [WF_ALERT_idle_while_queued] = tell_idle,
        [WF_ALERT_thread_churn] = tell_churn,
        [WF_ALERT_kernel_starved] = tell_kernel,
        [WF_ALERT_pool_misses] = tell_pool,
        [WF_ALERT_starved] = tell_starved,
        [WF_ALERT_data_lost] = tell_lost,
    };

    if (f->site)
        site_text(md, f->site, a->site, sizeof a->site);
    if (tell[f->kind])
        tell[f->kind](md, f, a);
    if (f->kind == WF_ALERT_thread_churn)
        blame_blocking_site(md, a);
}
