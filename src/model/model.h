/* SPDX-License-Identifier: MIT */
/*
 * model.h - a trace read back: figures, rows, alerts, and lanes to draw.
 *
 * Feed it every step of a source, then read.  It holds something for each live
 * coroutine, object, site, P and M, and a fixed number of bins for each lane: nothing
 * for an event.  Rows are borrowed until the next feed or free.
 */
#ifndef WF_MODEL_MODEL_H
#define WF_MODEL_MODEL_H
#include "model/hist.h"
#include "model/step.h"

/* ALERT(name, default threshold, unit, precedence over later kinds it explains, doc) is
   in alerts.def: one table for doctor, check, JSON, options and manual. */

struct wf_model;

struct wf_model_opts {
    int64_t from, to;        /* only what lies between, ns; to 0: the end */
    bool lanes;              /* keep bins for drawing */
    bool coroutines;         /* keep a row for ended coroutines too, up to max_rows */
    size_t max_rows;         /* 0: 100,000 */
    double threshold[32];    /* by enum wf_alert_kind, in the kind's unit; 0: default */
    const char *const *mute; /* "KIND" or "KIND@SITE", NULL ends */
};

struct wf_state_time {
    int64_t running, runnable, waiting, syscall, unknown; /* ns */
};

struct wf_g_row { /* a coroutine */
    uint64_t g;
    uint32_t site;
    uint8_t state, reason, okind; /* at the end; state WF_G_NSTATES: not known */
    bool ended, system, pinned, complete; /* complete: no gap in its life */
    uint64_t obj;
    int64_t m;
    int32_t p;
    int64_t begin, end; /* as far as seen */
    struct wf_state_time time;
    uint64_t runs;
    int64_t runnable_max, runnable_max_at; /* longest wait for a P and when it began */
    int64_t run_max, run_max_at;           /* longest run */
    struct wf_hist runnable; /* may be empty for ended rows over max_rows */
    char name[64];           /* "" when it is its site's */
};

struct wf_site_row {
    uint32_t site;
    const char *name, *where;
    uint64_t count;
    struct wf_state_time time;
    struct wf_hist runnable;
    int64_t syscall_max; /* longest blocking section, and whose it was */
    uint64_t syscall_max_g;
};

struct wf_p_row {
    int32_t p;
    int64_t running, idle, syscall;
    uint64_t dispatches, from[6] /* by WF_FROM_* */, stolen_from, steals, steal_fail;
    struct wf_series queue;
};

struct wf_m_row {
    int64_t m;
    uint32_t tid;
    int64_t begin, end;
    bool ended;
    int64_t running, spinning, idle, blocked, cpu, kernel_wait;
    uint64_t handoffs, retakes;
};

struct wf_wait_row {
    uint8_t reason;
    uint64_t count;
    int64_t total;
    struct wf_hist hist;
};

/*
 * What coroutines wait for.  Unnamed objects that are gone are folded, a row a kind,
 * with id 0 and gone > 0: a server that made a million connections has few rows.
 */
struct wf_obj_row {
    uint8_t okind;
    uint64_t id, gone, cap;
    char name[64];
    uint64_t waits;
    int64_t total;
    uint32_t waiters, waiters_max;
    int64_t waiters_max_at;
    uint64_t owner;
    struct wf_hist hist;
};

struct wf_pool_row {
    uint64_t id;
    char name[64];
    uint64_t gets, hits, misses, puts, dropped, moved;
};

struct wf_region_row {
    char name[64];
    uint64_t count;
    int64_t total;
    struct wf_hist hist;
};

struct wf_mark {
    int64_t t;
    uint64_t g;
    char text[96];
};

enum wf_severity { WF_INFO, WF_WARNING, WF_CRITICAL };
const char *wf_severity_name(enum wf_severity s);

struct wf_evidence { /* one fact: text when it is not NULL, else n */
    const char *key; /* "runnable_ns", "site" */
    int64_t n;
    char *text;
};

struct wf_alert {
    uint8_t kind; /* enum wf_alert_kind */
    uint8_t severity;
    int64_t from, to; /* ns */
    uint64_t g;       /* 0: none */
    int64_t m;        /* WF_NO_M: none */
    int32_t p;        /* WF_NO_P: none */
    char object[96];  /* "chan:orders.events", "" */
    char site[160];   /* what it is about, for mute and merging */
    char title[200];  /* one sentence, sanitised when printed */
    const char *advice;
    struct wf_evidence evidence[12];
    size_t nevidence;
};

struct wf_summary { /* the scalars of weft.summary/1 */
    uint64_t created, ended, live, max_live;
    struct wf_state_time time;
    uint64_t m_created, m_ended, m_max_live, handoffs, retakes;
    int64_t kernel_wait;
    struct wf_hist runnable, run_slice;
    struct wf_series global_queue;
    uint64_t switches, steals, steal_fail;
};

int wf_model_new(const struct wf_model_opts *o, struct wf_source *src,
                 struct wf_model **out);
/* Read one block's worth of steps; 1 more to come, 0 the end, -errno (src->error). */
int wf_model_feed(struct wf_model *md);
/* Feed until the end, then finish.  progress may be NULL. */
int wf_model_read(struct wf_model *md, void (*progress)(void *, uint64_t bytes),
                  void *arg);
/* Close every open interval at the last time seen and raise what is due; idempotent. */
void wf_model_finish(struct wf_model *md);
void wf_model_free(struct wf_model *md); /* the source stays the caller's */

const struct wf_trace_info *wf_model_info(const struct wf_model *md);
struct wf_source *wf_model_source(const struct wf_model *md);
const struct wf_summary *wf_model_summary(const struct wf_model *md);
/* Arrays, in the order given; *n is their length.  They and their rows are good until the
 * model is fed again. */
const struct wf_g_row *const *wf_model_coroutines(const struct wf_model *md,
                                                  size_t *n); /* by g */
const struct wf_site_row *const *wf_model_sites(const struct wf_model *md,
                                                size_t *n); /* running */
const struct wf_p_row *const *wf_model_procs(const struct wf_model *md,
                                             size_t *n); /* by p */
const struct wf_m_row *const *wf_model_threads(const struct wf_model *md,
                                               size_t *n); /* by m */
const struct wf_wait_row *const *wf_model_waits(const struct wf_model *md,
                                                size_t *n); /* total */
const struct wf_obj_row *const *wf_model_objects(const struct wf_model *md,
                                                 size_t *n); /* total */
/* "chan:orders", without a name "chan#77". */
void wf_model_object_text(const struct wf_model *md, unsigned okind, uint64_t id,
                          char *out, size_t size);
const struct wf_pool_row *const *wf_model_pools(const struct wf_model *md,
                                                size_t *n); /* gets */
const struct wf_region_row *const *wf_model_regions(const struct wf_model *md,
                                                    size_t *n);
const struct wf_alert *const *wf_model_alerts(const struct wf_model *md,
                                              size_t *n); /* worst first */
const struct wf_mark *wf_model_marks(const struct wf_model *md, size_t *n);

/*
 * Lanes.  A lane's bins are of equal width (a power of two ns, doubled as the trace
 * grows) and hold shares, not events.  A window narrower than a few bins is decoded
 * again from the trace (look.c), exactly.
 */
enum wf_lane_kind {
    WF_LANE_P,
    WF_LANE_M,
    WF_LANE_QUEUE,
    WF_LANE_GLOBAL_QUEUE,
    WF_LANE_G,
    WF_LANE_MARKS
};
enum { WF_LANE_UNKNOWN = WF_G_NSTATES, WF_LANE_GAP, WF_LANE_SPINNING, WF_LANE_NSTATES };

/* One column of a lane: associative, so that columns add up to wider ones. */
struct wf_cell {
    int64_t state_ns[WF_LANE_NSTATES]; /* idle counts as WF_G_IDLE */
    uint32_t queue_max;
    int64_t wait_max; /* longest runnable wait that was open here (marks lane) */
    uint64_t wait_g;
    uint64_t g;        /* a coroutine that ran here longest, 0: none */
    uint32_t alerts;   /* bit per alert kind that touches this column (marks lane) */
    bool gap, pending; /* pending: not decoded yet */
};

/*
 * Fill ncells cells of equal width covering [from, to) of the lane.  0 or -errno; of a
 * coroutine's lane -EAGAIN when that would be too much to decode: look closer.
 */
int wf_model_lane(struct wf_model *md, enum wf_lane_kind kind, int64_t id, int64_t from,
                  int64_t to, struct wf_cell *cells, size_t ncells);

/* What was at a moment: for the cursor's detail pane. */
struct wf_moment {
    int64_t t;
    uint64_t g; /* on the P or M asked for */
    uint8_t state, reason, okind;
    uint64_t obj, by;
    int64_t since, until;
    uint32_t queue, global;
    bool exact;
};
int wf_model_moment(struct wf_model *md, enum wf_lane_kind kind, int64_t id, int64_t t,
                    struct wf_moment *out);
#endif /* WF_MODEL_MODEL_H */
