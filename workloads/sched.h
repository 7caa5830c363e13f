/* SPDX-License-Identifier: MIT */
/*
 * sched.h - what the scenarios of `weft run sched` share.
 */
#ifndef WL_SCHED_H
#define WL_SCHED_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <weft/weft.h>

#include "workload.h"

struct sched {
    struct wl *wl;
    void (*run)(struct sched *s); /* the scenario */
    int64_t slice, until;         /* of --ab: how long; when this one ends; else 0 */
    double hold_ms;               /* longest_p_hold_ms */
    int procs;
    size_t coroutines;            /* 0: the scenario's own number */
    size_t pin, producers, queue; /* of pinned and chan-pileup */
    int64_t hog;                  /* ns */
    double rate;                  /* spawns a second */
    size_t ballast;               /* bytes */
    weft_wait_group all;          /* every coroutine that ends by itself */
    weft_chan *chan;              /* of chan-pileup and spawn-storm */
    weft_pool *drops;             /* of spawn-storm, as are: */
    size_t spawned;
    int64_t begin;
    struct wl_hist waits;        /* runnable waits as the coroutines see them, ns */
    _Atomic int64_t longest_run; /* ns between scheduling points */
    _Atomic int64_t made;        /* of pinned: when the last children were spawned */
};

int64_t sched_clock(void);
void sched_spin(struct sched *s, int64_t ns);
bool sched_over(const struct sched *s);

/* In a coroutine: the scenario, until it is over. */
void sched_main(void *arg);

/* --ab: what is required, and the run itself. */
void sched_ab_setup(struct wl *w, void (*run)(struct sched *s));
void sched_ab_run(struct sched *s, void (*run)(struct sched *s));

void sched_healthy(struct sched *s);
void sched_states(struct sched *s);
void sched_hog(struct sched *s);
void sched_pinned(struct sched *s);
void sched_chan_pileup(struct sched *s);
void sched_syscall_churn(struct sched *s);
void sched_empty_queues(struct sched *s);
void sched_spawn_storm(struct sched *s);
void sched_crowd(struct sched *s);
void sched_deadlock(struct sched *s);
#endif /* WL_SCHED_H */
