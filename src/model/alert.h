/* SPDX-License-Identifier: MIT */
/*
 * alert.h - what the detectors of alerts*.c keep, and where the model tells them things.
 *
 * Detectors raise findings as they see them; findings of one kind about one site or object
 * become one alert.  What other kinds explain is taken out at the end.
 */
#ifndef WF_MODEL_ALERT_H
#define WF_MODEL_ALERT_H
#include "model/model.h"

struct wf_life;
struct wf_object;
struct wf_proc;
struct wf_thread;

enum wf_alert_kind {
#define ALERT(name, threshold, unit, critical, advice, doc) WF_ALERT_##name,
#include "model/alerts.def"
    WF_NALERTS
};

enum wf_alert_unit { WF_ALERT_NS, WF_ALERT_PERCENT, WF_ALERT_COUNT, WF_ALERT_PER_S };

struct wf_alert_info {
    const char *name;
    double threshold;
    enum wf_alert_unit unit;
    double critical;
    const char *advice, *doc;
};
extern const struct wf_alert_info wf_alert_info[WF_NALERTS];
/* -1 when there is no such kind. */
int wf_alert_find(const char *name);

/* A stretch of time that matters to somebody. */
struct wf_span {
    int64_t from, to;
    uint64_t g;
    bool pinned;
};

enum { WF_SPANS = 16, WF_CPU_PERIODS = 64, WF_SUSPECTS = 16 };

/* The last few stretches of a P. */
struct wf_proc_watch {
    struct wf_span idle[WF_SPANS], run[WF_SPANS]; /* long enough to matter */
    unsigned nidle, nrun;                         /* ever; the last WF_SPANS are kept */
    uint64_t g;                                   /* runs now, 0: none */
    int64_t g_since;
    bool pinned;
    int64_t idle_since; /* -1: not idle */
};

/* What the kernel said of an M, and long runs on it that it is still to judge. */
struct wf_thread_watch {
    struct wf_cpu_period {
        int64_t from, to, run, wait;
    } cpu[WF_CPU_PERIODS];
    unsigned ncpu;
    int64_t last_cpu; /* end of the last period */
    struct wf_suspect {
        int64_t from, to;
        uint64_t g;
        uint32_t site;
        bool pinned;
    } suspect[WF_SUSPECTS];
    unsigned nsuspects;
};

struct wf_object_watch {
    int64_t half_since; /* since when more than half of the threshold wait; -1: not */
    uint32_t peak;
    uint64_t server; /* who woke a waiter last, 0: nobody */
    uint32_t server_site;
};

/* Findings of one kind about one thing, on the way to an alert. */
struct wf_finding {
    uint8_t kind;
    uint32_t site; /* of g */
    uint64_t g, obj;
    uint8_t okind;
    int64_t m;
    int32_t p;
    int64_t from, to; /* first and last */
    int64_t worst, worst_at;
    uint64_t count;
    int64_t total;
    uint64_t g2; /* who is to blame, or owns */
    uint32_t site2;
    int64_t n;  /* the kind's own number */
    char *text; /* the kind's own words */
    struct wf_finding *next;
};

enum { WF_CHURN = 64 };

struct wf_alerts {
    struct wf_finding *findings;
    size_t nfindings;
    struct wf_alert **rows;
    size_t nrows;
    int64_t churn[WF_CHURN]; /* when Ms were made after others had ended */
    unsigned nchurn;
    int64_t last_m_end;
    uint64_t lost_events, lost_batches;
    /* what starved candidates and kernel stalls are compared with at the end */
    struct wf_span *starved;
    uint32_t *starved_site;
    size_t nstarved, starved_size;
};

double wf_alert_threshold(const struct wf_model *md, enum wf_alert_kind kind);

/* Told by the model: a run or a wait for a P ended; l begins to wait for o. */
void wf_alerts_ran(struct wf_model *md, const struct wf_life *l, int64_t from,
                   int64_t to);
void wf_alerts_waited(struct wf_model *md, const struct wf_life *l, int64_t from,
                      int64_t to);
void wf_alerts_queued(struct wf_model *md, struct wf_object *o,
                      const struct wf_life *l);
void wf_alerts_step(struct wf_model *md, const struct wf_step *s);
void wf_alerts_finish(struct wf_model *md);
void wf_alerts_free(struct wf_model *md);

/* The finding of this kind about this site or object, made when there is none; NULL: no
 * memory, or too many. */
struct wf_finding *wf_finding(struct wf_model *md, enum wf_alert_kind kind,
                              uint32_t site, unsigned okind, uint64_t obj);
/* One more: value is the kind's measure.  True when it is the worst so far. */
bool wf_finding_add(struct wf_finding *f, int64_t from, int64_t to, int64_t value);
/* Judge the long runs on m by what the kernel said of it. */
void wf_alerts_judge(struct wf_model *md, struct wf_thread *m);
/* The longest that any M was kept from a CPU in [from, to). */
int64_t wf_alerts_kernel_wait(struct wf_model *md, int64_t from, int64_t to);
/* alert_text.c: a finding in words. */
void wf_alert_tell(struct wf_model *md, const struct wf_finding *f, struct wf_alert *a);
#endif /* WF_MODEL_ALERT_H */
