/* SPDX-License-Identifier: MIT */
/*
 * step.h - the seam between a source of scheduling history and the model.
 *
 * A source (weft's own reader, or another tool's format) delivers steps in order: t
 * never falls, every step says who it is about, and prov says how we know.  The model
 * sees nothing else of a trace.  Nobody keeps a step.
 */
#ifndef WF_MODEL_STEP_H
#define WF_MODEL_STEP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/gstate.h"

enum wf_prov {
    WF_RECORDED, /* an event says so */
    WF_DERIVED,  /* follows from events about others */
    WF_UNKNOWN,  /* cut off by a gap or by the trace's ends */
};

enum { WF_NO_P = -1, WF_NO_M = -1, WF_GLOBAL_QUEUE = -1 };

/*
 * STEP(name, doc): which members of struct wf_step hold, besides t, kind and prov.
 * m, p and g are the writer's (WF_NO_M for a plain thread, 0 sysmon; WF_NO_P; g 0)
 * unless the row says whose they are.
 */
#define WF_STEPS(STEP)                                                                 \
    STEP(G_NEW,                                                                        \
         "g was made by coroutine by, it is called str (0: nothing but its site), "    \
         "system (prov UNKNOWN: it lived before the trace saw it): site; its "         \
         "first G_STATE follows")                                                      \
    STEP(G_STATE,                                                                      \
         "g is now in state, on m and p if RUNNING, waiting for reason and "           \
         "obj; from: the queue it came from (RUNNING; n2 1: by a P's choice) or "      \
         "went to (RUNNABLE); "                                                        \
         "by: who made it so; stack; state WF_G_NSTATES: not known; prov UNKNOWN: "    \
         "and from n, at most t, until t it was in no known state")                    \
    STEP(G_END, "g ended (prov UNKNOWN: at the trace's end)")                          \
    STEP(G_NAME, "g is called str")                                                    \
    STEP(G_PIN, "g is (n 1) or no longer (n 0) bound to its thread")                   \
    STEP(P_COUNT, "there are n Ps")                                                    \
    STEP(P_STATE, "p runs a coroutine, is in a blocking section, or neither: n is "    \
                  "WF_PSTATE_*; held by m, WF_NO_M when nobody does")                  \
    STEP(P_RETAKE, "sysmon took p from m, which ran g; n is WF_RETAKE_*")              \
    STEP(M_NEW, "m began; n its tid")                                                  \
    STEP(M_STATE, "m is in state n (WF_MSTATE_*)")                                     \
    STEP(M_END, "m ended")                                                             \
    STEP(M_CPU, "the kernel on m since its last such step: n ns run, n2 ns waited")    \
    STEP(QUEUE, "queue p (WF_GLOBAL_QUEUE) holds n")                                   \
    STEP(STEAL, "m on p took n from P n2; n 0: found nothing")                         \
    STEP(HANDOFF, "m passed p on to M n")                                              \
    STEP(OBJ_NEW, "obj exists: okind, name str, n its capacity")                       \
    STEP(OBJ_FREE, "obj is gone")                                                      \
    STEP(OBJ_OWNER, "obj is held by coroutine n")                                      \
    STEP(OBJ_LEN, "obj buffers n elements")                                            \
    STEP(POOL, "pool obj: counts[hits, misses, puts, dropped, moved] since last")      \
    STEP(SAMPLE, "g was at stack, on p")                                               \
    STEP(DEADLOCK,                                                                     \
         "g waits for obj, held by coroutine n2 (0: by nobody); n in the cycle")       \
    STEP(TIMERS, "n timers fired, the latest n2 ns late")                              \
    STEP(REGION, "g entered (n 1) or left (n 0) the region str")                       \
    STEP(TASK, "task n2 began (n 1, name str) or ended (n 0)")                         \
    STEP(MARK, "the program marked str")                                               \
    STEP(LOG, "the program logged str")                                                \
    STEP(COUNTER, "counter obj is n")                                                  \
    STEP(GAP, "what m did from n to t is not in the trace: n2 events lost; cause")     \
    STEP(GENERATION, "a generation begins: ids of strings and stacks hold anew")

enum wf_step_kind {
#define STEP(name, doc) WF_STEP_##name,
    WF_STEPS(STEP)
#undef STEP
};

enum wf_gap_cause {
    WF_GAP_DROPPED,   /* the tracer had no free buffer */
    WF_GAP_DAMAGED,   /* a block's sums do not hold */
    WF_GAP_MISSING,   /* a block is not there */
    WF_GAP_TRUNCATED, /* the file ends before its end */
    WF_GAP_UNPLACED,  /* dropped by writers that never came to say where */
};
const char *wf_gap_cause_name(enum wf_gap_cause cause);

struct wf_step {
    int64_t t; /* ns from the trace's start */
    uint8_t kind, prov;
    uint8_t state;  /* enum wf_g_state, or WF_G_NSTATES: not known */
    uint8_t reason; /* enum wf_why */
    uint8_t from;   /* WF_FROM_* */
    uint8_t okind;  /* WF_OKIND_* of obj */
    uint8_t cause;  /* enum wf_gap_cause */
    bool system;    /* g is the runtime's own */
    int32_t p;
    int64_t m;
    uint64_t g, by;
    uint64_t obj;   /* identity is okind and obj together */
    uint64_t stack; /* for wf_source.stack; 0: none */
    uint32_t site;  /* of G_NEW: for wf_source.site; 0: not known */
    uint64_t str;   /* for wf_source.string; 0: none */
    int64_t n, n2;
    uint64_t counts[5];
};

/* Where coroutines of one kind come from; ids are small and hold for the whole source.
 */
struct wf_site {
    const char *name; /* of the coroutine, else of its function; "" when not known */
    const char *site; /* "file.c:12", else "function+0x1f", else "0x5581..." */
};

/* One frame of a stack, innermost first; strings belong to the source. */
struct wf_frame {
    uint64_t pc;
    uint64_t offset;      /* of pc in function */
    const char *function; /* "" when not known */
    const char *file;     /* "" when not known */
    unsigned line;
};

struct wf_gap {
    int64_t from, to, m;
    uint64_t events;
    enum wf_gap_cause cause;
};

/* What is known of the trace as a whole; grows while steps are read. */
struct wf_trace_info {
    const char *file;      /* as named by the user, "-" */
    const char *source;    /* "weft", "go1.26" */
    char version[32];      /* of the program that wrote it */
    unsigned major, minor; /* of the format */
    int64_t start_unix_ns, duration;
    uint64_t events, bytes, generations, blocks;
    bool complete; /* closed properly, nothing lost */
    uint64_t lost_events, lost_batches, anomalies;
    struct wf_gap *gaps; /* the first WF_GAPS_MAX, merged when they touch */
    size_t ngaps, more_gaps;
    uint32_t pid, cpus, maxprocs;
    char **command;
    size_t ncommand;
    char host[65];
    const char *clock; /* "tsc", "cntvct", "monotonic" */
    struct wf_meta {
        char *key, *value;
    } * meta; /* everything in META, as it stands */
    size_t nmeta;
};
enum { WF_GAPS_MAX = 1000 };

struct wf_source {
    const struct wf_trace_info *info;
    /* 1: *step is the next; 0: the end; -errno with error filled in. */
    int (*next)(struct wf_source *s, struct wf_step *step);
    /* Begin again with the generation in which t lies, by status steps of what holds;
     * sites keep their ids.  NULL or -ESPIPE when it cannot (a pipe). */
    int (*seek)(struct wf_source *s, int64_t t);
    /* Borrowed until the next GENERATION step; never NULL, "" for 0 or unknown. */
    const char *(*string)(struct wf_source *s, uint64_t id);
    /* Frames of a stack (inlined ones included), at most max; likewise borrowed. */
    size_t (*stack)(struct wf_source *s, uint64_t id, struct wf_frame *frames,
                    size_t max);
    /* Borrowed until close. */
    const struct wf_site *(*site)(struct wf_source *s, uint32_t id);
    void (*close)(struct wf_source *s);
    char error[256]; /* one line, after next failed */
};
#endif /* WF_MODEL_STEP_H */
