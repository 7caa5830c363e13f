/* SPDX-License-Identifier: MIT */
/*
 * sched_ab.c - two settings against each other (--ab): each scenario that has them is run
 * in short slices, a runtime each, that take turns; what is told are ratios of the slices'
 * medians, for the machine's other load comes and goes for all of them alike.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched.h"

static const int64_t ms = 1000000;
enum { VARIANTS = 3, LEAST_ROUNDS = 3, MOST_ROUNDS = 1000 };

enum measure { P99, LONGEST, HOLD, MEASURES };

struct variant {
    const char *name; /* before its figures' names */
    void (*run)(struct sched *s);
    bool preempt, steal;
};

static const struct ab {
    void (*run)(struct sched *s); /* of the scenario that it is of */
    struct variant variant[VARIANTS];
    const char *required[3];
    void (*compare)(struct wl *w, double median[VARIANTS][MEASURES]);
} comparisons[];

/* --- what is compared ------------------------------------------------------------- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static void compare_hog(struct wl *w, double median[VARIANTS][MEASURES])
{
    wl_figure(w, "longest_p_hold_ms", median[1][HOLD], "ms");
    wl_figure(w, "wait_ratio", ratio(median[0][P99], median[1][P99]), "");
}

static void compare_pinned(struct wl *w, double median[VARIANTS][MEASURES])
{
    wl_figure(w, "wait_ratio", ratio(median[0][LONGEST], median[1][LONGEST]), "");
    wl_figure(w, "healthy_ratio", ratio(median[1][P99], median[2][P99]), "");
}

static const struct ab comparisons[] = {
    { .run = sched_hog,
      .variant = { { .name = "preempt_off_", .run = sched_hog, .steal = true },
                   { .name = "preempt_on_",
                     .run = sched_hog,
                     .steal = true,
                     .preempt = true } },
      .required = { "longest_p_hold_ms<=20", "wait_ratio>=5" },
      .compare = compare_hog },
    { .run = sched_pinned,
      .variant = { { .name = "steal_off_", .run = sched_pinned },
                   { .name = "steal_on_", .run = sched_pinned, .steal = true },
                   { .name = "healthy_", .run = sched_healthy, .steal = true } },
      .required = { "wait_ratio>=10", "healthy_ratio<=2" },
      .compare = compare_pinned },
};

static const struct ab *find(void (*run)(struct sched *s))
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (comparisons[i].run == run)
            return &comparisons[i];
    return NULL;
}

void sched_ab_setup(struct wl *w, void (*run)(struct sched *s))
{
    const struct ab *ab = find(run);

    if (!ab)
        wl_usage(w, "--ab is for hog and pinned");
    else if (wl_given(w, "trace"))
        wl_usage(w, "--ab and --trace contradict each other: each slice is a run");
    for (int i = 0; ab && ab->required[i]; i++)
        wl_require(w, ab->required[i]);
}

/* --- slices ----------------------------------------------------------------------- */

struct slices {
    const struct ab *ab;
    int variants, rounds, done; /* done: whole rounds */
    double *value;              /* [rounds][VARIANTS][MEASURES] */
};

static double *value_of(const struct slices *l, int round, int variant)
{
    return l->value + ((size_t)round * VARIANTS + (size_t)variant) * MEASURES;
}

/* What the user says of stealing and preemption holds for all. */
static void configure(struct wl *w, const struct variant *v)
{
    weft_config *c = wl_config(w);

    c->trace[0] = 0;
    c->steal = wl_given(w, "steal") ? wl_on(w, "steal") : v->steal;
    bool preempt = wl_given(w, "preempt") ? wl_on(w, "preempt") : v->preempt;
    c->preempt = preempt ? 10 * ms : 0;
}

static bool run_slice(struct sched *s, const struct slices *l, int round, int variant)
{
    const struct variant *v = &l->ab->variant[variant];
    double *value = value_of(l, round, variant);

    configure(s->wl, v);
    s->run = v->run;
    memset(&s->waits, 0, sizeof s->waits);
    bool ran = wl_weft(s->wl, sched_main, s);
    if (ran) {
        value[P99] = (double)wl_hist_quantile(&s->waits, 0.99) / 1e3;
        value[LONGEST] = (double)wl_hist_max(&s->waits) / 1e3;
        value[HOLD] = s->hold_ms;
        ran = wl_hist_count(&s->waits) > 0;
    }
    wl_hist_fini(&s->waits);
    return ran;
}

static void run_slices(struct sched *s, struct slices *l)
{
    for (l->done = 0; l->done < l->rounds; l->done++)
        for (int i = 0; i < l->variants; i++)
            if (!run_slice(s, l, l->done, i))
                return;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const struct slices *l, int variant, int measure)
{
    double all[MOST_ROUNDS] = { 0 };

    for (int i = 0; i < l->done; i++)
        all[i] = value_of(l, i, variant)[measure];
    qsort(all, (size_t)l->done, sizeof *all, ascending);
    return (all[(l->done - 1) / 2] + all[l->done / 2]) / 2;
}

static void tell(struct wl *w, const struct slices *l)
{
    static const char *const name[] = { "runnable_wait_p99_us", "runnable_wait_max_us",
                                        "longest_p_hold_ms" };
    double medians[VARIANTS][MEASURES] = { { 0 } };
    char full[64];

    wl_figure(w, "slices", l->done * l->variants, "");
    for (int v = 0; l->done && v < l->variants; v++)
        for (int i = 0; i < MEASURES; i++) {
            medians[v][i] = median(l, v, i);
            snprintf(full, sizeof full, "%s%s", l->ab->variant[v].name, name[i]);
            wl_figure(w, full, medians[v][i], i == HOLD ? "ms" : "us");
        }
    if (l->done)
        l->ab->compare(w, medians);
}

/* As many rounds as --duration has room for. */
void sched_ab_run(struct sched *s, void (*run)(struct sched *s))
{
    struct slices l = { .ab = find(run) };

    if (!l.ab) /* sched_ab_setup has refused it */
        return;
    while (l.variants < VARIANTS && l.ab->variant[l.variants].name)
        l.variants++;
    s->slice = run == sched_hog ? s->hog + 60 * ms : 200 * ms;
    int64_t round = s->slice * l.variants,
            rounds = round ? wl_duration(s->wl) / round : 0;
    l.rounds = (int)(rounds < LEAST_ROUNDS  ? LEAST_ROUNDS
                     : rounds > MOST_ROUNDS ? MOST_ROUNDS
                                            : rounds);
    l.value = calloc((size_t)l.rounds * VARIANTS * MEASURES, sizeof *l.value);
    if (!l.value) {
        wl_fail(s->wl, -ENOMEM, "cannot compare");
        return;
    }
    run_slices(s, &l);
    tell(s->wl, &l);
    free(l.value);
}
