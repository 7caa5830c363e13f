/* SPDX-License-Identifier: MIT */
/*
 * view_overview.c - the whole trace on one screen: is the scheduler saturated,
 * unbalanced or idle, what was waited for, what looks wrong.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/event.h"
#include "tui/app.h"
#include "tui/fmt.h"

struct overview {
    struct wf_cell *cells; /* nrows * cols */
    size_t size;
    int rows, cols; /* Ps shown, columns of each */
    unsigned version;
};

enum { LABEL = 6, NUMBERS = 43, FIXED_LEAST = 13 };

static void overview_close(void *self)
{
    free(((struct overview *)self)->cells);
}

/* How many Ps there is room for, and how wide their picture is. */
static void overview_update(struct wf_tui *t, void *self, int w, int h)
{
    struct overview *o = self;
    size_t nprocs;
    const struct wf_p_row *const *procs = wf_model_procs(t->md, &nprocs);
    int rows = h - FIXED_LEAST > 2 ? h - FIXED_LEAST : 2, cols = w - LABEL - NUMBERS;

    rows = (size_t)rows < nprocs ? rows : (int)nprocs;
    if (o->version == t->version && o->rows == rows && o->cols == cols)
        return;
    cols = cols < 0 ? 0 : cols;
    size_t size = (size_t)rows * (size_t)cols;
    if (size > o->size) {
        struct wf_cell *cells = realloc(o->cells, size * sizeof *cells);
        if (!cells)
            return;
        o->cells = cells;
        o->size = size;
    }
    o->rows = rows;
    o->cols = cols;
    o->version = t->version;
    if (size)
        memset(o->cells, 0, size * sizeof *o->cells);
    for (int i = 0; i < rows && cols > 0 && wf_duration(t) > 0; i++)
        wf_model_lane(t->md, WF_LANE_P, procs[i]->p, 0, wf_duration(t),
                      o->cells + (size_t)i * (size_t)cols, (size_t)cols);
}

static void draw_utilisation(const struct overview *o, struct wf_area a, int y, int row)
{
    for (int x = 0; x < o->cols; x++) {
        const struct wf_cell *c = &o->cells[(size_t)row * (size_t)o->cols + (size_t)x];
        int64_t sum = 0, busy = c->state_ns[WF_G_RUNNING];
        for (int s = 0; s < WF_LANE_NSTATES; s++)
            sum += c->state_ns[s];
        if (c->gap || c->pending)
            wf_put_glyph(a, LABEL + x, y, WF_S_GAP, c->gap ? WF_GL_GAP : WF_GL_PENDING);
        else if (sum > 0 && c->state_ns[WF_G_SYSCALL] > busy)
            wf_put_glyph(a, LABEL + x, y, WF_S_SYSCALL, WF_GL_SYSCALL);
        else if (sum > 0)
            wf_put_glyph(a, LABEL + x, y, WF_S_RUNNING,
                         wf_level((double)busy / (double)sum));
    }
}

static int draw_procs(const struct wf_tui *t, const struct overview *o,
                      struct wf_area a, int y)
{
    size_t n;
    const struct wf_p_row *const *procs = wf_model_procs(t->md, &n);
    char v[WF_FMT_MAX];
    int at = a.w - NUMBERS + 1 > LABEL ? a.w - NUMBERS + 1 : LABEL;

    wf_fill(a, 0, y, a.w, 1, WF_S_HEAD, ' ');
    wf_put(a, 1, y, WF_S_HEAD, "PROCESSORS  busy over time");
    wf_fill(a, at - 1, y, NUMBERS, 1, WF_S_HEAD, ' ');
    wf_put(a, at, y++, WF_S_HEAD, "  RUN IDLE CALL    RUNS STOLEN QMEAN  QMAX");
    for (int i = 0; i < o->rows; i++, y++) {
        const struct wf_p_row *p = procs[i];
        double all = (double)(p->running + p->idle + p->syscall);
        wf_putf(a, 1, y, WF_S_BOLD, "P%" PRId32, p->p);
        draw_utilisation(o, a, y, i);
        wf_put_in(a, at, y, 5, true, WF_S_TEXT,
                  wf_fmt_share(v, (double)p->running, all));
        wf_put_in(a, at + 5, y, 5, true, WF_S_TEXT,
                  wf_fmt_share(v, (double)p->idle, all));
        wf_put_in(a, at + 10, y, 5, true, WF_S_TEXT,
                  wf_fmt_share(v, (double)p->syscall, all));
        wf_put_in(a, at + 15, y, 8, true, WF_S_TEXT, wf_fmt_count(v, p->dispatches));
        wf_put_in(
            a, at + 23, y, 7, true, WF_S_TEXT,
            wf_fmt_share(v, (double)p->from[WF_FROM_stolen], (double)p->dispatches));
        wf_putf(a, at + 30, y, WF_S_TEXT, "%6.1f", wf_series_mean(&p->queue));
        wf_put_in(a, at + 36, y, 5, true, WF_S_TEXT, wf_fmt_count(v, p->queue.max));
    }
    if ((size_t)o->rows < n)
        wf_putf(a, 1, y - 1, WF_S_DIM, "%zu more: 5", n - (size_t)o->rows + 1);
    return y;
}

/* Where the time of all coroutines went, as one bar and in words. */
static int draw_lives(const struct wf_tui *t, struct wf_area a, int y)
{
    const struct wf_summary *s = wf_model_summary(t->md);
    const struct {
        const char *name;
        int64_t ns;
        unsigned state;
    } parts[] = { { "running", s->time.running, WF_G_RUNNING },
                  { "runnable", s->time.runnable, WF_G_RUNNABLE },
                  { "waiting", s->time.waiting, WF_G_WAITING },
                  { "calls", s->time.syscall, WF_G_SYSCALL },
                  { "unknown", s->time.unknown, WF_LANE_GAP } };
    enum { N = sizeof parts / sizeof *parts };
    char v[WF_FMT_MAX], m[WF_FMT_MAX], k[WF_FMT_MAX], e[WF_FMT_MAX];
    double sum = 0, before = 0;

    wf_fill(a, 0, y, a.w, 1, WF_S_HEAD, ' ');
    wf_putf(a, 1, y++, WF_S_HEAD,
            "COROUTINES  %s made, %s ended, %s live at the end, at most %s at once",
            wf_fmt_count(v, s->created), wf_fmt_count(m, s->ended),
            wf_fmt_count(k, s->live), wf_fmt_count(e, s->max_live));
    for (int i = 0; i < N; i++)
        sum += (double)parts[i].ns;
    int x = LABEL;
    for (int i = 0; i < N; i++) {
        double after = before + (double)parts[i].ns;
        int from = sum > 0 ? (int)(before / sum * (a.w - LABEL - 1) + 0.5) : 0;
        int to = sum > 0 ? (int)(after / sum * (a.w - LABEL - 1) + 0.5) : 0;
        for (int c = from; c < to; c++)
            wf_put_glyph(a, LABEL + c, y, wf_state_style(parts[i].state),
                         wf_state_glyph(parts[i].state));
        before = after;
        x = wf_putf(a, x, y + 1, wf_state_style(parts[i].state), "%s ", parts[i].name);
        x = wf_put(a, x, y + 1, WF_S_TEXT, wf_fmt_share(v, (double)parts[i].ns, sum)) +
            2;
    }
    wf_put(a, 1, y, WF_S_BOLD, "time");
    return y + 2;
}

static void draw_latency(struct wf_area a, int y, const char *name,
                         const struct wf_hist *h)
{
    static const struct {
        const char *name;
        double q;
    } marks[] = {
        { "p50", .5 }, { "p90", .9 }, { "p99", .99 }, { "p99.9", .999 }, { "max", 1 }
    };
    char v[WF_FMT_MAX];
    int x = 18;

    wf_put(a, 1, y, WF_S_BOLD, name);
    if (h->count == 0) {
        wf_put(a, x, y, WF_S_DIM, "none");
        return;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        wf_put(a, x, y, WF_S_DIM, marks[i].name);
        wf_put_in(a, x + (int)strlen(marks[i].name) + 1, y, 7, false,
                  i == 4 && h->max >= 10000000 ? WF_S_BAD : WF_S_TEXT,
                  wf_fmt_time(v, wf_hist_quantile(h, marks[i].q)));
        x += (int)strlen(marks[i].name) + 9;
    }
    if (x + 10 < a.w)
        wf_putf(a, x, y, WF_S_DIM, "of %s", wf_fmt_count(v, h->count));
}

static int draw_waits(const struct wf_tui *t, struct wf_area a, int y, int rows)
{
    size_t n;
    const struct wf_wait_row *const *waits = wf_model_waits(t->md, &n);
    char v[WF_FMT_MAX];

    if (rows < 2)
        return y;
    wf_fill(a, 0, y, a.w, 1, WF_S_HEAD, ' ');
    wf_put(a, 1, y++, WF_S_HEAD,
           "WAITED FOR          COUNT     TOTAL       P50       P99       MAX");
    for (size_t i = 0; i < n && (int)i < rows - 1; i++, y++) {
        const struct wf_wait_row *w = waits[i];
        wf_put(a, 1, y, WF_S_TEXT, wf_reason_text(w->reason));
        wf_put_in(a, 15, y, 10, true, WF_S_TEXT, wf_fmt_count(v, w->count));
        wf_put_in(a, 25, y, 10, true, WF_S_TEXT, wf_fmt_time(v, w->total));
        if (w->hist.count == 0)
            continue;
        wf_put_in(a, 35, y, 10, true, WF_S_TEXT,
                  wf_fmt_time(v, wf_hist_quantile(&w->hist, .5)));
        wf_put_in(a, 45, y, 10, true, WF_S_TEXT,
                  wf_fmt_time(v, wf_hist_quantile(&w->hist, .99)));
        if (a.w >= 65)
            wf_put_in(a, 55, y, 10, true, WF_S_TEXT, wf_fmt_time(v, w->hist.max));
    }
    return y;
}

/* Each in so many rows, most words of which fit into two. */
static int draw_alerts(const struct wf_tui *t, struct wf_area a, int y, int rows,
                       int each)
{
    size_t n;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &n);

    if (rows < 2)
        return y;
    wf_fill(a, 0, y, a.w, 1, WF_S_HEAD, ' ');
    int x = wf_put(a, 1, y, WF_S_HEAD, "ALERTS  worst first");
    if ((size_t)(rows - 1) / (size_t)each < n)
        wf_putf(a, x, y, WF_S_HEAD, "; all %zu: 7", n);
    if (n == 0)
        wf_put(a, 1, y + 1, WF_S_DIM, "none: nothing in this trace looks wrong");
    y++;
    for (size_t i = 0; i < n && ((int)i + 1) * each < rows; i++) {
        const struct wf_alert *al = alerts[i];
        enum wf_style s = al->severity == WF_CRITICAL ? WF_S_BAD : WF_S_WARN;
        wf_put_in(a, 1, y, 20, false, s, wf_alert_name(al->kind));
        if (each == 1)
            wf_put_in(a, 20, y++, a.w - 21, false, WF_S_TEXT, al->title);
        else
            y += wf_put_wrapped(wf_area_sub(a, 20, y, a.w - 21, each), 0, 0, WF_S_TEXT,
                                al->title);
    }
    return n == 0 ? y + 1 : y;
}

static void overview_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    const struct overview *o = self;
    const struct wf_summary *s = wf_model_summary(t->md);
    size_t nalerts, nwaits;
    int y = draw_procs(t, o, a, 0);

    y = draw_lives(t, a, y);
    draw_latency(a, y++, "wait for a P", &s->runnable);
    draw_latency(a, y++, "run", &s->run_slice);
    /* What is left goes to alerts first, if there are any, then to waits. */
    wf_model_alerts(t->md, &nalerts);
    wf_model_waits(t->md, &nwaits);
    int left = a.h - y, want = nalerts ? (int)(nalerts > 20 ? 20 : nalerts) + 1 : 2;
    int alerts = want < left / 2 || nwaits == 0 ? want : left - left / 2;
    if ((size_t)(left - alerts) > nwaits + 1 && left - (int)nwaits - 1 < want)
        alerts = left - (int)nwaits - 1;
    int spare = left - alerts - (int)nwaits - 1,
        each = nalerts && nalerts < 20 && spare >= (int)nalerts ? 2 : 1;
    y = draw_alerts(t, a, y, each == 2 ? alerts + (int)nalerts : alerts, each);
    draw_waits(t, a, y, a.h - y);
}

const struct wf_view wf_view_overview = {
    .scopes = WF_SCOPE_OVERVIEW,
    .size = sizeof(struct overview),
    .close = overview_close,
    .update = overview_update,
    .draw = overview_draw,
};
