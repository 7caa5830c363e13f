/* SPDX-License-Identifier: MIT */
/*
 * state.h - what the model holds while it is fed; shared by the files of the model.
 */
#ifndef WF_MODEL_STATE_H
#define WF_MODEL_STATE_H
#include "base/map.h"
#include "format/event.h"
#include "model/alert.h"
#include "model/lanes.h"
#include "model/model.h"

/* A live coroutine. */
struct wf_life {
    uint64_t id;
    int64_t begin, since; /* of its life; of its state */
    struct wf_state_time time;
    uint64_t obj, runs;
    int64_t m;
    int64_t runnable_max, runnable_max_at, run_max, run_max_at;
    uint32_t site;
    int32_t p, queue_p; /* runs on; waits in the queue of */
    uint8_t state, reason, okind;
    bool system, pinned, complete;
    struct wf_region_open *regions; /* innermost first */
    struct wf_g_row *row;           /* with opts.coroutines */
    char *name;                     /* NULL: its site's */
};

struct wf_region_open {
    struct wf_region_open *outer;
    int64_t begin;
    char name[64];
};

struct wf_proc {
    struct wf_p_row row;
    uint8_t state; /* WF_PSTATE_* */
    int64_t since;
    struct wf_proc_watch watch;
};

struct wf_thread {
    struct wf_m_row row;
    uint8_t state; /* WF_MSTATE_* */
    int64_t since;
    struct wf_cpu cpu;
    /* When it last entered the runtime, with what was known of it and whom it ran. */
    int64_t heard;
    struct wf_cpu cpu_heard;
    uint64_t g; /* runs now; 0: nobody */
    bool live;  /* it said something, or was stated: a mere mention tells nothing */
    bool taken; /* since heard the monitor saw it on a CPU and took its P */
};

struct wf_object {
    struct wf_obj_row row;
    bool gone;
    struct wf_object_watch watch;
};

struct wf_sorted { /* rows in their order, as of md->fed */
    void **rows;
    size_t n;
    uint64_t fed;
};

enum { WF_WATCH_MAX = 16 };

struct wf_model {
    struct wf_model_opts opts;
    struct wf_source *src;
    struct wf_summary sum;
    uint64_t m_live;
    int64_t now;                 /* of the last step */
    bool began, finished, ended; /* began: opts.from has come */
    struct wf_map lives;         /* struct wf_life * by g */
    struct wf_map sites;         /* struct wf_site_row * by site + 1 */
    struct wf_map procs;         /* struct wf_proc * by p + 1 */
    struct wf_map threads;       /* struct wf_thread * by m + 1 */
    struct wf_map waits;         /* struct wf_wait_row * by reason + 1 */
    struct wf_map objects;       /* struct wf_object * by wf_object_key */
    struct wf_map pools;         /* struct wf_pool_row * by id */
    struct wf_map regions;       /* struct wf_region_row * by hash of the name */
    struct wf_g_row **ended_rows;
    size_t nended, ended_size, rows_dropped;
    struct wf_mark *marks;
    size_t nmarks;
    struct wf_alerts alerts;
    struct wf_lanes *lanes;       /* the whole trace, with opts.lanes */
    struct wf_lanes *window;      /* a stretch of it, decoded again */
    uint64_t watch[WF_WATCH_MAX]; /* coroutines that the window has lanes for */
    size_t nwatch;
    struct wf_sorted sorted[10]; /* what the accessors gave out, by kind */
    uint64_t fed;                /* how often: another one, and those are made anew */
    int err;                     /* -ENOMEM, kept until feed returns */
};

uint64_t wf_object_key(unsigned okind, uint64_t id);

/* model.c */
struct wf_life *wf_model_life(struct wf_model *md, uint64_t g);
struct wf_proc *wf_model_proc(struct wf_model *md, int32_t p);
struct wf_thread *wf_model_thread(struct wf_model *md, int64_t m);
struct wf_object *wf_model_object(struct wf_model *md, unsigned okind, uint64_t id);
const char *wf_model_site_name(struct wf_model *md, uint32_t site);
/* "G17 conn_read": for people. */
void wf_model_g_name(struct wf_model *md, const struct wf_life *l, char *out,
                     size_t size);
/* "chan:orders.events", "fd#12". */
void wf_object_name(const struct wf_obj_row *row, char *out, size_t size);

/* lives.c: coroutines through their states. */
void wf_lives_step(struct wf_model *md, const struct wf_step *s);
void wf_lives_finish(struct wf_model *md);
void wf_lives_free(struct wf_model *md);

/* rows.c: Ps, Ms, objects, pools, regions, marks. */
void wf_rows_step(struct wf_model *md, const struct wf_step *s);
void wf_rows_finish(struct wf_model *md);
void wf_rows_free(struct wf_model *md);

/* window.c: forget what was counted before opts.from, not what holds there. */
void wf_window_begin(struct wf_model *md);
void wf_object_wait(struct wf_model *md, const struct wf_life *l, int64_t took,
                    bool begins);
void wf_object_gone(struct wf_model *md, unsigned okind, uint64_t id);
void wf_region_close(struct wf_model *md, const char *name, int64_t took);
#endif /* WF_MODEL_STATE_H */
