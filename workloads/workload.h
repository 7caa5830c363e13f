/* SPDX-License-Identifier: MIT */
/*
 * workload.h - between `weft run` and what it runs.
 *
 * A workload is a row of workloads.def and a struct weft_workload; it sees weft's public
 * headers and this one.  The frame reads the options, sets the knobs, catches the
 * signals, prints the figures, judges what is required and writes the result.
 */
#ifndef WL_WORKLOAD_H
#define WL_WORKLOAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weft/weft.h>

#include "cli/options.h"
#include "config.h"

struct wl; /* one run */

struct wl_scenario {
    const char *name, *summary;
};

struct weft_workload {
    const char *name, *summary;
    const struct wf_option *options;     /* its own, ends with a row without a name */
    const struct wl_scenario *scenarios; /* the operand it wants; NULL: none */
    const char *duration;                /* of --duration; NULL: until it is done */
    bool server;                         /* has --listen, --port-file */

    /*
     * Before weft.conf and the environment are read: knobs of its own (wl_knob), what
     * is required by default (wl_require), options that contradict each other
     * (wl_usage).  May be NULL.
     */
    void (*setup)(struct wl *w);
    /* On a plain thread: calls wl_weft, as often as it likes. */
    void (*run)(struct wl *w);
};

#define WORKLOAD(name) extern const struct weft_workload wl_##name;
#include "workloads/workloads.def"

/* --- what was asked for ----------------------------------------------------------- */

/* Options, its own and the common ones, by name: as wf_opt_... do. */
bool wl_given(const struct wl *w, const char *option);
const char *wl_text(const struct wl *w, const char *option);
int64_t wl_int(const struct wl *w, const char *option); /* also sizes; times in ns */
double wl_number(const struct wl *w, const char *option);
bool wl_on(const struct wl *w, const char *option); /* a choice of on|off */
const char *wl_nth(const struct wl *w, const char *option,
                   size_t i); /* NULL: no more */

/* The chosen row of its scenarios. */
size_t wl_scenario(const struct wl *w);
/* Ns: --duration, else the workload's own; INT64_MAX without end. */
int64_t wl_duration(const struct wl *w);

/* A knob's default for this workload; what the user says anywhere wins.  In setup. */
void wl_knob(struct wl *w, const char *knob, const char *value);
/* What must hold by default.  An absolute one is only printed, unless it is asked for
 * by --require default+abs.  In setup. */
void wl_require(struct wl *w, const char *expr);
void wl_require_abs(struct wl *w, const char *expr);

/* --- running ---------------------------------------------------------------------- */

/* The knobs in force: what wl_weft runs with; may be changed between two of them. */
weft_config *wl_config(struct wl *w);
/* Run fn as the main coroutine.  Did it?  What kept it from that was said. */
bool wl_weft(struct wl *w, void (*fn)(void *), void *arg);
/* Over, by a signal or --duration (counted from wl_weft)?  Cheap, anywhere. */
bool wl_stopping(const struct wl *w);
/* Park the coroutine until then. */
void wl_wait(struct wl *w);
/* By the seed, for any thread: 64 bits; a share of 0 to below 1. */
uint64_t wl_random(struct wl *w);
double wl_random_share(struct wl *w);

/* A server accepts now at this URL ("http://127.0.0.1:8080") and port (0: none). */
void wl_ready(struct wl *w, const char *url, int port);

/* --- what came of it --------------------------------------------------------------------
 * From any thread.  A figure's name tells its unit (_ms, _bytes, _ratio); unit is for people,
 * "" for a plain number. */

void wl_figure(struct wl *w, const char *name, double value, const char *unit);
/* A number that could not be had, and why: null, with a note. */
void wl_figure_none(struct wl *w, const char *name, const char *unit, const char *why);
/* One more element of a list ({"runq_max":[3,1]}), and one of a map ({"status":{"200":7}}). */
void wl_figure_item(struct wl *w, const char *name, double value, const char *unit);
void wl_figure_key(struct wl *w, const char *name, const char *key, double value,
                   const char *unit);
void wl_note(struct wl *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A log-linear histogram of ns, zeroed by its owner; adding is for any thread. */
struct wl_hist {
    void *_Atomic data;
};
void wl_hist_add(struct wl_hist *h, int64_t ns);
uint64_t wl_hist_count(const struct wl_hist *h);
/* Ns; -1 when nothing was added. */
int64_t wl_hist_quantile(const struct wl_hist *h, double q);
int64_t wl_hist_max(const struct wl_hist *h);
/*
 * Figures PREFIXp50_UNIT p90 p95 p99 p999 max and PREFIXcount, unit "ms", "us" or "ns":
 * wl_latency(w, "", &h, "ms") gives p50_ms and so on.
 */
void wl_latency(struct wl *w, const char *prefix, const struct wl_hist *h,
                const char *unit);
void wl_hist_fini(struct wl_hist *h);

/* --- what went wrong: one line on standard error; the first decides the exit status ------ */

/* Could not: err is 0 or -errno.  Exit status 4. */
void wl_fail(struct wl *w, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The command line cannot be meant so.  2. */
void wl_usage(struct wl *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* This machine lacks something.  3. */
void wl_lack(struct wl *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Has one of these been called? */
bool wl_failed(const struct wl *w);
/* Only with --verbose. */
void wl_say(struct wl *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#endif /* WL_WORKLOAD_H */
