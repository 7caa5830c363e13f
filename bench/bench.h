/* SPDX-License-Identifier: MIT */
/*
 * bench.h - between main.c, which runs rows, and the rows.
 * A row runs in a process of its own, within weft_run, on the main coroutine.
 */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <weft/weft.h>

struct bench {
    const char *row;
    int procs;
    int64_t n; /* how often */
    FILE *out;
};

/* One figure. */
void bench_put(struct bench *b, const char *name, double value, const char *unit);
/* ns for each of ops since begin. */
void bench_per_op(struct bench *b, const char *name, int64_t begin, int64_t ops);
/* _p50, _p99, _p999 and _max of n latencies in ns, which it sorts; in us. */
void bench_latencies(struct bench *b, const char *name, int64_t *ns, int64_t n);
/* What cannot fail here failed: the row ends. */
_Noreturn void bench_die(const char *what, int err);
static inline void bench_must(int err, const char *what)
{
    if (err < 0)
        bench_die(what, err);
}

/* Start fn(arg), and at the end wait for all that were started so. */
struct bench_crew {
    weft_wait_group all;
    void (*fn)(void *);
    void *arg;
};
void bench_crew_start(struct bench_crew *crew, int64_t n, void (*fn)(void *),
                      void *arg);
void bench_crew_wait(struct bench_crew *crew);

#define ROW(name, n, doc) void bench_##name(struct bench *b);
#include "rows.def"
#endif /* WEFT_BENCH_H */
