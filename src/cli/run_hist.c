/* SPDX-License-Identifier: MIT */
/*
 * run_hist.c - histograms of workloads: the model's, with a lock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/units.h"
#include "cli/run.h"
#include "model/hist.h"

struct data {
    pthread_mutex_t lock;
    struct wf_hist hist;
};

/* Made by whoever adds first. */
static struct data *data_of(struct wl_hist *h)
{
    struct data *d = atomic_load(&h->data);
    void *none = NULL;

    if (d)
        return d;
    d = calloc(1, sizeof *d);
    if (!d)
        wf_fatal("out of memory");
    pthread_mutex_init(&d->lock, NULL);
    if (atomic_compare_exchange_strong(&h->data, &none, d))
        return d;
    free(d);
    return none;
}

void wl_hist_add(struct wl_hist *h, int64_t ns)
{
    struct data *d = data_of(h);

    pthread_mutex_lock(&d->lock);
    if (wf_hist_add(&d->hist, ns))
        wf_fatal("out of memory");
    pthread_mutex_unlock(&d->lock);
}

/* Sums are for when nobody adds any more. */
static const struct wf_hist *hist_of(const struct wl_hist *h)
{
    static const struct wf_hist empty;
    const struct data *d = atomic_load(&h->data);
    return d ? &d->hist : &empty;
}

uint64_t wl_hist_count(const struct wl_hist *h)
{
    return hist_of(h)->count;
}

int64_t wl_hist_quantile(const struct wl_hist *h, double q)
{
    return wf_hist_quantile(hist_of(h), q);
}

int64_t wl_hist_max(const struct wl_hist *h)
{
    return hist_of(h)->count ? hist_of(h)->max : -1;
}

static void figure_of(struct wl *w, const char *prefix, const char *name, int64_t ns,
                      const char *unit)
{
    char full[128];
    double scale = wf_time_unit(unit, strlen(unit));

    snprintf(full, sizeof full, "%s%s_%s", prefix, name, unit);
    if (ns < 0)
        wl_figure_none(w, full, unit, "nothing was measured");
    else
        wl_figure(w, full, (double)ns / scale, unit);
}

void wl_latency(struct wl *w, const char *prefix, const struct wl_hist *h,
                const char *unit)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {
        { "p50", .5 }, { "p90", .9 }, { "p95", .95 }, { "p99", .99 }, { "p999", .999 }
    };
    char full[128];

    snprintf(full, sizeof full, "%scount", prefix);
    wl_figure(w, full, (double)wl_hist_count(h), "");
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        figure_of(w, prefix, quantiles[i].name, wl_hist_quantile(h, quantiles[i].q),
                  unit);
    figure_of(w, prefix, "max", wl_hist_max(h), unit);
}

void wl_hist_fini(struct wl_hist *h)
{
    struct data *d = atomic_exchange(&h->data, NULL);

    if (d) {
        wf_hist_fini(&d->hist);
        free(d);
    }
}
