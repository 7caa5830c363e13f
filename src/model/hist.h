/* SPDX-License-Identifier: MIT */
/*
 * hist.h - log-linear histograms of ns, and time-weighted series of small numbers.
 *
 * Exact below 256, then 128 buckets to each power of two.  Pages of 128 counts are made
 * as they are needed, so that a histogram of few values costs little; it can be merged.
 */
#ifndef WF_MODEL_HIST_H
#define WF_MODEL_HIST_H
#include <stdbool.h>
#include <stdint.h>

enum {
    WF_HIST_PAGES = 58
}; /* 0..127, 128..255, then one for each power of two to 2^63 */

struct wf_hist {
    uint64_t count, sum;
    int64_t max;
    uint64_t *page[WF_HIST_PAGES]; /* 128 counts each, NULL: all 0 */
};

/* 0 or -ENOMEM; v below 0 counts as 0. */
int wf_hist_add(struct wf_hist *h, int64_t v);
int wf_hist_merge(struct wf_hist *into, const struct wf_hist *from);
/* Nearest rank, upper end of the bucket, at most max; -1 when empty.  q from 0 to 1. */
int64_t wf_hist_quantile(const struct wf_hist *h, double q);
int64_t wf_hist_mean(const struct wf_hist *h); /* rounded down; -1 when empty */
void wf_hist_fini(struct wf_hist *h);

/* A number over time (a queue's length): weighted by how long it held. */
struct wf_series {
    struct wf_hist by_time; /* counts are ns, values lengths */
    bool told;              /* its first value has come; before, it is not known */
    int64_t since;
    uint64_t now, max;
    double area; /* value * ns */
    int64_t span;
};

/* From t on it is value.  0 or -ENOMEM. */
int wf_series_set(struct wf_series *s, int64_t t, uint64_t value);
double wf_series_mean(const struct wf_series *s);
int64_t wf_series_quantile(const struct wf_series *s, double q);
#endif /* WF_MODEL_HIST_H */
