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
    uint32_t site; /* of g */
    bool pinned;
    int64_t took; /* of it, while Ms had their CPUs */
};

/* What the kernel and the trace have said of an M until told, from its beginning. */
struct wf_cpu {
    int64_t told; /* 0: nothing yet */
    int64_t run, wait, running;
};

enum {
    WF_SPANS = 16,
    WF_RUNS = 64,
    WF_WAITS = 512,
    WF_PERIODS = 2048,
    WF_BLAMES = 1024
};

/* The last few stretches of a P. */
struct wf_proc_watch {
    struct wf_span idle[WF_SPANS], run[WF_SPANS]; /* long enough to matter */
    unsigned nidle, nrun;                         /* ever; the last WF_SPANS are kept */
    struct wf_span now;                           /* g runs since from; g 0: nobody */
    int64_t idle_since;                           /* -1: not idle */
    bool out; /* idle, but one too many: it is not to run anything */
};

struct wf_object_watch {
    int64_t half_since; /* since when more than half of the threshold wait; -1: not */
    uint32_t peak;
    uint64_t server; /* who wakes most of the waiters, 0: nobody yet */
    uint32_t server_site, server_votes;
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

/* A long run, until the kernel has said how much of it was one. */
struct wf_long_run {
    int64_t from, to, m;
    uint64_t g;
    uint32_t site;
    bool taken;        /* the monitor saw it on a CPU and took its P */
    struct wf_cpu cpu; /* of m when the run began */
};

/* A long wait for a P, likewise, and what the Ps did meanwhile. */
struct wf_long_wait {
    int64_t from, to;
    uint64_t g;
    uint32_t site;
    int32_t queue_p;
    int64_t by_pinned, by_hogs; /* how long such kept that P */
    struct wf_span by;          /* the one of them that kept it longest */
    int32_t idle_p;             /* who idled longest */
    int64_t idle;
};

/* An M was kept from the CPU for wait ns, told at to for the time since from. */
struct wf_period {
    int64_t m, from, to, wait;
};

/* A stretch for which a kind of alert is to blame. */
struct wf_blame {
    int64_t from, to;
    uint8_t kind;
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
    int64_t nprocs, resized; /* Ps there are to be, 0: not told yet; since when */
    int64_t idled;           /* of all Ps while work was queued, each stretch once */
    int64_t sweep;           /* when the kernel was last asked of all Ms; 0: never */
    struct wf_long_run runs[WF_RUNS];
    struct wf_long_wait waits[WF_WAITS];
    unsigned nruns, nwaits;
    struct wf_period periods[WF_PERIODS];
    uint64_t nperiods; /* ever; the last WF_PERIODS are kept */
    struct wf_blame blames[WF_BLAMES];
    uint64_t nblames; /* likewise */
    /* waits that nothing explained so far */
    struct wf_span *starved;
    uint32_t *starved_site;
    size_t nstarved, starved_size;
};

double wf_alert_threshold(const struct wf_model *md, enum wf_alert_kind kind);
int64_t wf_alert_limit(const struct wf_model *md, enum wf_alert_kind kind);
/* Enough gets to tell, and few hits among them. */
bool wf_pool_misses_much(const struct wf_model *md, const struct wf_pool_row *p);

/* Told by the model: a wait for a P ended; l begins to wait for o. */
void wf_alerts_waited(struct wf_model *md, const struct wf_life *l, int64_t from,
                      int64_t to);
void wf_alerts_queued(struct wf_model *md, struct wf_object *o,
                      const struct wf_life *l);
void wf_alerts_step(struct wf_model *md, const struct wf_step *s);
void wf_alerts_finish(struct wf_model *md);
void wf_alerts_free(struct wf_model *md);

/* alert_cpu.c: long runs and waits, judged by what the kernel said. */
void wf_alerts_heard(struct wf_model *md, const struct wf_step *s);
void wf_alerts_on_p(struct wf_model *md, const struct wf_step *s);
void wf_alerts_on_p_count(struct wf_model *md, const struct wf_step *s);
void wf_alerts_on_cpu(struct wf_model *md, const struct wf_step *s);
/* Judge the long runs on m (WF_NO_M: on all), those still open, the waits that ended by t. */
void wf_alerts_judge_runs(struct wf_model *md, int64_t m);
void wf_alerts_end_runs(struct wf_model *md);
void wf_alerts_judge_waits(struct wf_model *md, int64_t t);
/* From from to to things went wrong because of kind. */
void wf_alerts_blame(struct wf_model *md, enum wf_alert_kind kind, int64_t from,
                     int64_t to);
/* Is one of kinds (a bit each) to blame for something in [from, to)? */
bool wf_alerts_blamed(const struct wf_model *md, uint32_t kinds, int64_t from,
                      int64_t to);

/* The finding of this kind about this site or object, made when there is none; NULL: no
 * memory, or too many. */
struct wf_finding *wf_finding(struct wf_model *md, enum wf_alert_kind kind,
                              uint32_t site, unsigned okind, uint64_t obj);
/* One more: value is the kind's measure.  True when it is the worst so far. */
bool wf_finding_add(struct wf_finding *f, int64_t from, int64_t to, int64_t value);
/* alert_text.c: a finding in words. */
void wf_alert_tell(struct wf_model *md, const struct wf_finding *f, struct wf_alert *a);
#endif /* WF_MODEL_ALERT_H */
