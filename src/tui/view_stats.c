/* SPDX-License-Identifier: MIT */
/*
 * view_stats.c - distributions: how long coroutines waited for a P, ran, and waited for
 * what; a row for each power of two.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/fmt.h"

enum { LABEL = 18, COUNT = 10, SHARE = 7, PAGE_COUNTS = 128 };

struct stats {
    size_t chosen; /* 0 waits for a P, 1 runs, then the reasons */
};

static const struct wf_hist *hist_of(const struct wf_tui *t, size_t i,
                                     const char **name)
{
    size_t n;
    const struct wf_wait_row *const *waits = wf_model_waits(t->md, &n);
    const struct wf_summary *s = wf_model_summary(t->md);

    *name = i == 0 ? "wait for a P" : i == 1 ? "run without a pause" : NULL;
    if (i < 2)
        return i ? &s->run_slice : &s->runnable;
    if (i - 2 >= n)
        return NULL;
    *name = wf_reason_text(waits[i - 2]->reason);
    return &waits[i - 2]->hist;
}

static uint64_t in_page(const struct wf_hist *h, int page)
{
    uint64_t sum = 0;

    for (int i = 0; h->page[page] && i < PAGE_COUNTS; i++)
        sum += h->page[page][i];
    return sum;
}

static void draw_bucket(struct wf_area a, int y, const struct wf_hist *h, int page,
                        uint64_t most)
{
    uint64_t n = in_page(h, page);
    int64_t from = page == 0 ? 0 : INT64_C(128) << (page - 1);
    int64_t to = INT64_C(128) << page;
    char low[WF_FMT_MAX], high[WF_FMT_MAX], v[WF_FMT_MAX];
    int bar = a.w - LABEL - COUNT - SHARE - 3;

    wf_put_in(a, 1, y, 8, true, WF_S_DIM, wf_fmt_time(low, from));
    wf_put_in(a, 9, y, 8, true, WF_S_DIM, wf_fmt_time(high, to));
    wf_put_in(a, LABEL - 1, y, COUNT, true, WF_S_TEXT, wf_fmt_count(v, n));
    wf_put_in(a, LABEL + COUNT - 1, y, SHARE, true, WF_S_TEXT,
              n ? wf_fmt_share(v, (double)n, (double)h->count) : "-");
    if (n && bar > 0) {
        double level = (double)n / (double)most;
        wf_put_bar(a, LABEL + COUNT + SHARE, y, bar, WF_S_RUNNING,
                   level * bar < 0.125 ? 0.125 / bar : level);
    }
}

static void draw_hist(struct wf_area a, int y, const struct wf_hist *h)
{
    int first = -1, last = -1;
    uint64_t most = 0;
    int rows = a.h - y;

    for (int p = 0; p < WF_HIST_PAGES; p++) {
        uint64_t n = in_page(h, p);
        if (n == 0)
            continue;
        first = first < 0 ? p : first;
        last = p;
        most = n > most ? n : most;
    }
    if (first < 0) {
        wf_put(a, 2, y, WF_S_DIM, "none in this trace");
        return;
    }
    if (last - first + 1 > rows) /* the longest are what one looks for */
        first = last - rows + 1;
    for (int p = first; p <= last; p++)
        draw_bucket(a, y++, h, p, most);
}

static void stats_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    const struct stats *s = self;
    const char *name;
    const struct wf_hist *h = hist_of(t, s->chosen, &name);
    char v[5][WF_FMT_MAX];
    int x = wf_put(a, 0, 0, WF_S_BOLD, "DISTRIBUTION") + 2;
    const char *other;

    for (size_t i = 0; hist_of(t, i, &other) && x < a.w - 4; i++)
        x = wf_putf(a, x, 0, i == s->chosen ? WF_S_TAB_ON : WF_S_DIM,
                    i == s->chosen ? "[%s]" : " %s ", other);
    wf_fill(a, 0, 1, a.w, 1, WF_S_HEAD, ' ');
    if (!h)
        return;
    wf_put(a, 4, 1, WF_S_HEAD, "FROM      TO      COUNT  SHARE");
    if (h->count)
        wf_putf(a, LABEL + COUNT + SHARE + 1, 1, WF_S_HEAD,
                "p50 %s p99 %s max %s mean %s",
                wf_fmt_time(v[0], wf_hist_quantile(h, .5)),
                wf_fmt_time(v[1], wf_hist_quantile(h, .99)), wf_fmt_time(v[2], h->max),
                wf_fmt_time(v[3], wf_hist_mean(h)));
    draw_hist(a, 2, h);
}

static void stats_step(struct wf_tui *t, int step)
{
    struct stats *s = t->self[WF_VIEW_stats];
    const char *name;
    size_t n = 0;

    while (hist_of(t, n, &name))
        n++;
    if (n > 0)
        s->chosen = (s->chosen + n + (size_t)step) % n;
}

void wf_do_hist_next(struct wf_tui *t, struct wf_key key)
{
    (void)key;
    stats_step(t, 1);
}

void wf_do_hist_prev(struct wf_tui *t, struct wf_key key)
{
    (void)key;
    stats_step(t, -1);
}

const struct wf_view wf_view_stats = {
    .scopes = WF_SCOPE_STATS,
    .size = sizeof(struct stats),
    .draw = stats_draw,
};
