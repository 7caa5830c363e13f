/* SPDX-License-Identifier: MIT */
/*
 * view_queues.c - the Ps with their run queues, and below them the threads.
 */
#include <inttypes.h>

#include "tui/app.h"

#include "format/event.h"

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)
#define P(row) ((const struct wf_p_row *)(row))
#define M(row) ((const struct wf_m_row *)(row))

static void set_count(struct wf_value *v, uint64_t n)
{
    v->kind = WF_V_COUNT;
    v->n = (int64_t)n;
}

static void set_time(struct wf_value *v, int64_t ns)
{
    v->kind = WF_V_TIME;
    v->n = ns;
}

static void set_share(struct wf_value *v, double part, double whole)
{
    v->kind = whole > 0 ? WF_V_SHARE : WF_V_NONE;
    v->d = whole > 0 ? part / whole : 0;
}

static void p_share(struct wf_value *v, const void *row, int64_t part)
{
    set_share(v, (double)part,
              (double)(P(row)->running + P(row)->idle + P(row)->syscall));
}

static void from_share(struct wf_value *v, const void *row, unsigned from)
{
    set_share(v, (double)P(row)->from[from], (double)P(row)->dispatches);
}

COLUMN(p)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "P%" PRId32, P(row)->p);
}

COLUMN(running)
{
    (void)t;
    p_share(v, row, P(row)->running);
}

COLUMN(idle)
{
    (void)t;
    p_share(v, row, P(row)->idle);
}

COLUMN(syscall)
{
    (void)t;
    p_share(v, row, P(row)->syscall);
}

COLUMN(dispatches)
{
    (void)t;
    set_count(v, P(row)->dispatches);
}

COLUMN(runnext)
{
    (void)t;
    from_share(v, row, WF_FROM_runnext);
}

COLUMN(local)
{
    (void)t;
    from_share(v, row, WF_FROM_local);
}

COLUMN(global)
{
    (void)t;
    from_share(v, row, WF_FROM_global);
}

COLUMN(stolen)
{
    (void)t;
    from_share(v, row, WF_FROM_stolen);
}

COLUMN(netpoll)
{
    (void)t;
    from_share(v, row, WF_FROM_netpoll);
}

COLUMN(stolen_from)
{
    (void)t;
    set_count(v, P(row)->stolen_from);
}

COLUMN(queue_mean)
{
    const struct wf_series *s = &P(row)->queue;
    (void)t;
    v->kind = s->span > 0 ? WF_V_NUMBER : WF_V_NONE;
    v->d = s->span > 0 ? s->area / (double)s->span : 0;
}

COLUMN(queue_p99)
{
    int64_t n = wf_hist_quantile(&P(row)->queue.by_time, 0.99);
    (void)t;
    set_count(v, n < 0 ? 0 : (uint64_t)n);
    if (n < 0)
        v->kind = WF_V_NONE;
}

COLUMN(queue_max)
{
    (void)t;
    set_count(v, P(row)->queue.max);
}

static const struct wf_column p_columns[] = {
    { "p", "P", 5, 0, "the right to run, and its queue", p, NULL },
    { "running", "RUN", 5, 0, "share of the time that a coroutine ran on it", running,
      NULL },
    { "idle", "IDLE", 5, 0, "share of the time with nothing to run", idle, NULL },
    { "syscall", "CALL", 5, 0, "share of the time held in a blocking call", syscall,
      NULL },
    { "dispatches", "RUNS", 7, 0, "coroutines put on it", dispatches, NULL },
    { "runnext", "NEXT", 5, 80, "of these, from its next slot", runnext, NULL },
    { "local", "LOCAL", 5, 60, "from its own queue", local, NULL },
    { "global", "GLOBAL", 6, 70, "from the global queue", global, NULL },
    { "stolen", "STOLEN", 6, 0, "from another P's queue", stolen, NULL },
    { "netpoll", "POLL", 5, 80, "from the netpoller or a timer", netpoll, NULL },
    { "stolen_from", "TAKEN", 7, 100, "coroutines that others stole from it",
      stolen_from, NULL },
    { "queue_mean", "QMEAN", 5, 60, "length of its queue, the mean over time",
      queue_mean, NULL },
    { "queue_p99", "QP99", 5, 90, "in 99 % of the time it was no longer", queue_p99,
      NULL },
    { "queue_max", "QMAX", 5, 0, "the longest that its queue was", queue_max, NULL },
};

static const struct wf_table_def p_def = {
    .title = "PROCESSORS",
    .columns = p_columns,
    .ncolumns = sizeof p_columns / sizeof *p_columns,
    .sort = -1,
    .empty = "the trace names no P",
};

static void m_share(struct wf_value *v, const void *row, int64_t part)
{
    set_share(v, (double)part, (double)(M(row)->end - M(row)->begin));
}

COLUMN(m)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "M%" PRId64 "%s", M(row)->m,
             M(row)->ended ? " ended" : "");
}

COLUMN(tid)
{
    (void)t;
    v->kind = M(row)->tid ? WF_V_ID : WF_V_NONE;
    v->n = M(row)->tid;
}

COLUMN(m_running)
{
    (void)t;
    m_share(v, row, M(row)->running);
}

COLUMN(m_spinning)
{
    (void)t;
    m_share(v, row, M(row)->spinning);
}

COLUMN(m_blocked)
{
    (void)t;
    m_share(v, row, M(row)->blocked);
}

COLUMN(m_idle)
{
    (void)t;
    m_share(v, row, M(row)->idle);
}

COLUMN(cpu)
{
    (void)t;
    set_time(v, M(row)->cpu);
}

COLUMN(kernel_wait)
{
    (void)t;
    set_time(v, M(row)->kernel_wait);
}

COLUMN(handoffs)
{
    (void)t;
    set_count(v, M(row)->handoffs);
}

COLUMN(retakes)
{
    (void)t;
    set_count(v, M(row)->retakes);
}

static const struct wf_column m_columns[] = {
    { "m", "M", 9, 0, "a thread of the runtime", m, NULL },
    { "tid", "TID", 7, 60, "its number in the kernel", tid, NULL },
    { "running", "RUN", 5, 0, "share of its life running coroutines", m_running, NULL },
    { "spinning", "SPIN", 5, 0, "share of its life looking for work", m_spinning,
      NULL },
    { "blocked", "BLOCK", 5, 0, "share in blocking sections and the netpoller",
      m_blocked, NULL },
    { "idle", "IDLE", 5, 0, "share asleep without a P", m_idle, NULL },
    { "cpu", "CPU", 7, 70, "time on a CPU, as the kernel counts", cpu, NULL },
    { "kernel_wait", "KWAIT", 7, 0,
      "time it was runnable for the kernel, without a CPU", kernel_wait, NULL },
    { "handoffs", "HANDOFF", 7, 70, "Ps that it passed on before a blocking call",
      handoffs, NULL },
    { "retakes", "RETAKEN", 7, 70, "Ps that were taken from it", retakes, NULL },
};

static const struct wf_table_def m_def = {
    .title = "THREADS",
    .columns = m_columns,
    .ncolumns = sizeof m_columns / sizeof *m_columns,
    .sort = -1,
    .empty = "the trace names no thread",
};

static void queues_open(struct wf_tui *t, void *self)
{
    struct wf_pair *p = self;
    (void)t;
    wf_table_init(&p->tb[0], &p_def);
    wf_table_init(&p->tb[1], &m_def);
}

static void queues_update(struct wf_tui *t, void *self, int w, int h)
{
    struct wf_pair *p = self;

    if (t->shown[WF_VIEW_queues] != t->version) {
        size_t n;
        const struct wf_p_row *const *procs = wf_model_procs(t->md, &n);
        wf_table_update(&p->tb[0], t, WF_ROWS(procs), n);
        const struct wf_m_row *const *threads = wf_model_threads(t->md, &n);
        wf_table_update(&p->tb[1], t, WF_ROWS(threads), n);
    }
    wf_pair_place(p, 0, 2, w, h);
}

static void queues_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    wf_pair_draw(self, t, a);
}

const struct wf_view wf_view_queues = {
    .scopes = WF_SCOPE_TABLE,
    .size = sizeof(struct wf_pair),
    .open = queues_open,
    .close = wf_pair_close,
    .update = queues_update,
    .draw = queues_draw,
    .table = wf_pair_table,
    .flow = wf_pair_flow,
};
