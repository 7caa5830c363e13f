/* SPDX-License-Identifier: MIT */
/* hist.c - histograms in pages: a value finds its page by its highest bit. */
#include "model/hist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 128 };

/* Page 0 and 1 hold 0..255 one by one; page k holds [2^(k+6), 2^(k+7)) in 128 buckets. */
static unsigned page_of(uint64_t v)
{
    return v < PAGE ? 0 : (unsigned)(63 - __builtin_clzll(v)) - 6;
}

static unsigned bucket_of(uint64_t v, unsigned page)
{
    return page < 2 ? v & (PAGE - 1) : (v >> (page - 1)) & (PAGE - 1);
}

static uint64_t top_of(unsigned page, unsigned bucket)
{
    if (page < 2)
        return page * PAGE + bucket;
    return (((uint64_t)PAGE + bucket + 1) << (page - 1)) - 1;
}

static int add(struct wf_hist *h, int64_t v, uint64_t weight)
{
    uint64_t u = v < 0 ? 0 : (uint64_t)v;
    unsigned page = page_of(u);

    if (!h->page[page]) {
        h->page[page] = calloc(PAGE, sizeof *h->page[page]);
        if (!h->page[page])
            return -ENOMEM;
    }
    h->page[page][bucket_of(u, page)] += weight;
    h->count += weight;
    h->sum += u * weight;
    if (v > h->max)
        h->max = v;
    return 0;
}

int wf_hist_add(struct wf_hist *h, int64_t v)
{
    return add(h, v, 1);
}

int wf_hist_merge(struct wf_hist *into, const struct wf_hist *from)
{
    for (unsigned p = 0; p < WF_HIST_PAGES; p++) {
        if (!from->page[p])
            continue;
        if (!into->page[p]) {
            into->page[p] = calloc(PAGE, sizeof *into->page[p]);
            if (!into->page[p])
                return -ENOMEM;
        }
        for (unsigned b = 0; b < PAGE; b++)
            into->page[p][b] += from->page[p][b];
    }
    into->count += from->count;
    into->sum += from->sum;
    if (from->max > into->max)
        into->max = from->max;
    return 0;
}

int64_t wf_hist_quantile(const struct wf_hist *h, double q)
{
    double thousandths = q * 1000 + 0.5; /* rounded, as q is not negative */
    unsigned __int128 product = (unsigned __int128)h->count * (uint64_t)thousandths;
    uint64_t rank = (uint64_t)((product + 999) / 1000);

    if (!h->count)
        return -1;
    if (rank == 0)
        rank = 1;
    for (unsigned p = 0; p < WF_HIST_PAGES; p++) {
        for (unsigned b = 0; h->page[p] && b < PAGE; b++) {
            if (h->page[p][b] >= rank) {
                int64_t top = (int64_t)top_of(p, b);
                return top < h->max ? top : h->max;
            }
            rank -= h->page[p][b];
        }
    }
    return h->max;
}

int64_t wf_hist_mean(const struct wf_hist *h)
{
    return h->count ? (int64_t)(h->sum / h->count) : -1;
}

void wf_hist_fini(struct wf_hist *h)
{
    for (unsigned p = 0; p < WF_HIST_PAGES; p++)
        free(h->page[p]);
    memset(h, 0, sizeof *h);
}

int wf_series_set(struct wf_series *s, int64_t t, uint64_t value)
{
    int err = 0;

    if (s->told && t > s->since) {
        err = add(&s->by_time, (int64_t)s->now, (uint64_t)(t - s->since));
        s->area += (double)s->now * (double)(t - s->since);
        s->span += t - s->since;
    }
    s->told = true;
    s->now = value;
    s->since = t;
    if (value > s->max)
        s->max = value;
    return err;
}

double wf_series_mean(const struct wf_series *s)
{
    return s->span ? s->area / (double)s->span : 0;
}

int64_t wf_series_quantile(const struct wf_series *s, double q)
{
    int64_t v = wf_hist_quantile(&s->by_time, q);

    return v < 0 ? 0 : v;
}
