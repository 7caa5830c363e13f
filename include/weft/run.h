/* SPDX-License-Identifier: MIT */
/*
 * weft/run.h - the life of the runtime, and its knobs.
 * A program calls weft_run once with its first coroutine; inside, everything else may
 * be called.  Each knob is a field of weft_config, a variable WEFT_NAME of the
 * environment and a line "name = value" of weft.conf: weft-tuning(7).
 */
#ifndef WEFT_RUN_H
#define WEFT_RUN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum weft_guard {
    WEFT_GUARD_AUTO,
    WEFT_GUARD_MADVISE,
    WEFT_GUARD_MPROTECT,
    WEFT_GUARD_NONE
};
enum weft_trace_mode { WEFT_TRACE_FILE, WEFT_TRACE_OFF };
enum { WEFT_STACKS_BLOCK = 1, WEFT_STACKS_CREATE = 2 };
enum { WEFT_ERROR_MAX = 256, WEFT_PATH_MAX = 1024 };
enum { WEFT_PROCS_MAX = 1024 }; /* Ps at most */

/* What a knob's "auto" is in here: the runtime chooses. */
#define WEFT_AUTO (-1)

/* Filled by weft_config_init; a field of its own for each knob. */
typedef struct weft_config {
    size_t size;        /* of this struct, as the caller knew it */
    int procs;          /* Ps; WEFT_AUTO: the CPUs this process may use */
    size_t stack_size;  /* bytes reserved for each coroutine's stack */
    int stack_guard;    /* enum weft_guard */
    int max_threads;    /* most Ms */
    int64_t preempt;    /* ns until a P is retaken; 0: never */
    int64_t sysmon_min; /* ns: shortest and longest sleep of the monitor */
    int64_t sysmon_max;
    bool steal;            /* Ps take work from each other */
    int thread_cache;      /* parked Ms kept for re-use */
    int max_hogs;          /* retaken hogs at a time; WEFT_AUTO: 4 for each P */
    int trace_mode;        /* enum weft_trace_mode */
    size_t trace_buffer;   /* bytes the tracer may hold in all */
    unsigned trace_stacks; /* WEFT_STACKS_...: which events carry stacks */
    int64_t schedtrace;    /* ns between lines on standard error; 0: none */
    bool scheddetail;      /* with a line for each P, M and G */
    int64_t fuzz;          /* seed of unusual schedules, for tests; 0: none */
    int log_level;         /* enum weft_log_level; WEFT_AUTO: as the program set it */
    char trace[WEFT_PATH_MAX]; /* file to trace to, from start to end; "": none */
} weft_config;

/*
 * weft_config_init - the defaults; nothing outside is read.
 *
 * Returns   nothing
 * Context   anywhere
 */
void weft_config_init(weft_config *config);

/*
 * weft_config_load - add what weft.conf says, then what the environment says.
 *
 * error     one line that names variable, value and what is accepted
 *
 * Returns   0        done
 *           -EINVAL  a value cannot be used; config holds what came before it
 * Context   plain threads
 */
int weft_config_load(weft_config *config, char error[WEFT_ERROR_MAX]);

/*
 * weft_config_set - set one knob from text.
 *
 * knob      its name in lower case, without WEFT_: "steal"
 * error     one line that names knob, value and what is accepted
 *
 * Returns   0        done
 *           -EINVAL  no such value
 *           -ENOENT  no such knob
 * Context   plain threads
 */
int weft_config_set(weft_config *config, const char *knob, const char *value,
                    char error[WEFT_ERROR_MAX]);

/*
 * weft_run - run fn as the first coroutine of a runtime made for it.
 *
 * config    NULL: weft_config_init and weft_config_load; what is wrong with a value
 *           is said on standard error
 *
 * Returns   0            fn returned; every other coroutine was abandoned where it was
 *           -EBUSY       a runtime runs already in this process
 *           -EINVAL      a field or variable cannot be used
 *           -ENOMEM, -EAGAIN  no memory or no threads to begin with
 *           -ENOTSUP     this machine has what weft cannot live with (shadow stacks)
 * Context   plain threads; after it returned it may be called again
 */
int weft_run(const weft_config *config, void (*fn)(void *), void *arg);

/*
 * weft_procs - how many Ps there are.
 *
 * Returns   their number, 0 when no runtime runs
 * Context   anywhere
 */
int weft_procs(void);

/*
 * weft_set_procs - change how many Ps there are.
 * Nobody is stopped for it.  New Ps take up work that waits; those that are too many give
 * up theirs when they next switch, block or, if WEFT_PREEMPT is not off, when their time
 * is up: until then a few coroutines more may run than there are Ps.  From the first call
 * on the number no longer follows the CPUs that this process may use.
 *
 * n         1 to WEFT_PROCS_MAX; below 1: only tell the number
 *
 * Returns   the number there was; 0 when no runtime runs, which is then left alone
 *           -EINVAL  more than WEFT_PROCS_MAX
 *           -ENOMEM  no memory for more Ps; their number is what it was
 * Context   anywhere; of a coroutine the P may change
 * Traces    p_count; of a P that leaves with a queue runq
 * Source    Go, runtime.GOMAXPROCS, which stops the world and returns when it is done
 */
int weft_set_procs(int n);

/*
 * weft_foreign_begin - say that a plain thread may wake coroutines from now on.
 * While one may, that everything waits is no deadlock.
 *
 * Returns   nothing
 * Context   anywhere
 */
void weft_foreign_begin(void);

/*
 * weft_foreign_end - take one weft_foreign_begin back.
 *
 * Returns   nothing
 * Context   anywhere
 */
void weft_foreign_end(void);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_RUN_H */
