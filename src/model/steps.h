/* SPDX-License-Identifier: MIT */
/*
 * steps.h - between the files that turn events into steps: what they know, how to put
 * a step.
 */
#ifndef WF_MODEL_STEPS_H
#define WF_MODEL_STEPS_H
#include "base/map.h"
#include "model/reader.h"
#include "model/symbols.h"

enum { QUEUED_MAX = 16, SITES_MAX = 100000, WHERE_MAX = 512 };

struct wf_step_g {
    int64_t since;
    uint8_t state; /* enum wf_g_state, WF_G_NSTATES: not known */
};

struct wf_step_proc {
    uint64_t queue;
    uint8_t state; /* WF_PSTATE_* */
    bool queue_known;
};

struct wf_step_span {
    int64_t from, to;
};

struct wf_step_spot {
    struct wf_site site;
    char where[];
};

struct wf_steps {
    struct wf_source source;
    struct wf_reader *reader;
    struct wf_symbols *symbols;
    const struct wf_record *rec; /* what steps are made of now */
    struct wf_step queued[QUEUED_MAX];
    unsigned nqueued, at;
    struct wf_map gs;            /* of struct wf_step_g */
    struct wf_map ps;            /* of struct wf_step_proc, by p + 1 */
    struct wf_map ms;            /* of char: Ms that were told */
    struct wf_map okinds;        /* of uint8_t, by object */
    struct wf_map site_of;       /* of uint32_t, by a hash of what makes a site */
    struct wf_step_spot **sites; /* by id - 1 */
    size_t nsites;
    struct wf_step_span *gaps; /* so far, apart from each other, in order */
    size_t ngaps, gaps_size;
    struct wf_step_proc global;
    uint8_t object_of[256]; /* of a reason */
};

/* steps_put.c: a step about the writer of the event at hand. */
struct wf_step *wf_step_put(struct wf_steps *s, enum wf_step_kind kind);
void wf_step_numbers(struct wf_steps *s, enum wf_step_kind kind, uint64_t n,
                     uint64_t n2);
struct wf_step_g *wf_step_coroutine(struct wf_steps *s, uint64_t g);
/* What happened in [from, to) may not be in the trace. */
void wf_step_missing(struct wf_steps *s, int64_t from, int64_t to);
/* g is in state now; what went before may not fit: a gap swallowed it.  NULL: g 0. */
struct wf_step *wf_step_state(struct wf_steps *s, uint64_t g, unsigned state);
void wf_step_wait(struct wf_steps *s, struct wf_step *step, uint64_t reason,
                  uint64_t obj);
void wf_step_queue(struct wf_steps *s, int64_t p, uint64_t n);
/* n more (fewer) in a queue, if we know what was in it. */
void wf_step_move(struct wf_steps *s, int64_t p, uint64_t n, bool fewer);
/* The length that an event tells, of the queue that it names. */
void wf_step_length(struct wf_steps *s, uint64_t where, uint64_t len);
void wf_step_p(struct wf_steps *s, int64_t p, unsigned state, int64_t m, uint64_t g);
void wf_step_m(struct wf_steps *s, int64_t m, unsigned state, uint64_t g);
uint8_t wf_step_from(uint64_t word);

/* steps_site.c: the site of a coroutine with this entry, spawn stack and name. */
uint32_t wf_step_site(struct wf_steps *s, uint64_t entry, uint64_t stack, uint64_t str);

/* steps_g.c: events and gaps, those about coroutines first. */
void wf_step_event(struct wf_steps *s, const struct wf_event *ev);
void wf_step_gap(struct wf_steps *s, const struct wf_gap *gap);
/* The own coroutine, if it is in a system call, runs again. */
bool wf_step_resume(struct wf_steps *s);

/* steps_other.c: events about Ps, Ms, objects and what the program says. */
void wf_step_other(struct wf_steps *s, const struct wf_event *ev);
#endif /* WF_MODEL_STEPS_H */
