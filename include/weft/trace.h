/* SPDX-License-Identifier: MIT */
/*
 * weft/trace.h - what a program can say in its own trace, and when it is recorded.
 * Everything here costs one branch while nobody records.  Texts are copied; of each at
 * most 1024 bytes count.
 */
#ifndef WEFT_TRACE_H
#define WEFT_TRACE_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * weft_trace_start - begin to record into a file.
 * WEFT_TRACE (weft_config.trace) does that for the whole of a weft_run.
 *
 * path      made anew; a pipe or device is written to as it is
 *
 * Returns   0        recording
 *           -EBUSY   a trace is being recorded already
 *           -EPERM   no runtime runs
 *           -errno   the file cannot be written; said on standard error, too
 * Context   anywhere; waits for the disk
 */
int weft_trace_start(const char *path);

/*
 * weft_trace_stop - end the trace and close the file.
 *
 * Returns   0        the file is whole
 *           -ENOENT  none is being recorded, or its file was deleted meanwhile
 *           -errno   the file ended early, as was said on standard error then
 * Context   anywhere; waits for the disk
 */
int weft_trace_stop(void);

/*
 * weft_mark - a moment worth finding again.
 *
 * Returns   nothing
 * Context   anywhere but a signal handler; never parks
 * Traces    mark
 */
void weft_mark(const char *text);

/*
 * weft_log - a message with a category.
 *
 * Returns   nothing
 * Context   as of weft_mark
 * Traces    log
 */
void weft_log(const char *category, const char *text);

/*
 * weft_region_begin - what the coroutine does from here to weft_region_end has a name.
 * Regions nest.
 *
 * Returns   nothing
 * Context   coroutines; never parks
 * Traces    region_begin with a stack
 */
void weft_region_begin(const char *name);

/*
 * weft_region_end - the end of the latest weft_region_begin with this name.
 *
 * Returns   nothing
 * Context   coroutines; never parks
 * Traces    region_end
 */
void weft_region_end(const char *name);

/*
 * weft_task_begin - a piece of work that may pass through several coroutines.
 *
 * parent    the task that it is part of, 0 for none
 *
 * Returns   its number, never 0, recorded or not
 * Context   as of weft_mark
 * Traces    task_begin with a stack
 */
uint64_t weft_task_begin(uint64_t parent, const char *name);

/*
 * weft_task_end - the task is done.
 *
 * Returns   nothing
 * Context   as of weft_mark
 * Traces    task_end
 */
void weft_task_end(uint64_t task);

/* A number of the program's that changes. */
typedef struct weft_counter weft_counter;

/*
 * weft_counter_new - make a counter; it is there for good.
 *
 * Returns   the counter; NULL without memory, which weft_counter_set takes
 * Context   anywhere but a signal handler
 */
weft_counter *weft_counter_new(const char *name);

/*
 * weft_counter_set - the counter has this value from now on.
 *
 * Returns   nothing
 * Context   as of weft_mark
 * Traces    counter
 */
void weft_counter_set(weft_counter *counter, int64_t value);

struct weft_trace_stats {
    char path[1024];        /* of the trace, or the one before; "" for none */
    uint64_t events;        /* in the file */
    uint64_t bytes, blocks; /* of the file */
    uint64_t lost_events;   /* for which there was no room, or no disk */
    uint64_t lost_batches;  /* of these: written to the buffer, then not to disk */
    int error;              /* 0, or -errno: why the file is not whole */
};

/*
 * weft_trace_stats - how far the trace has come.
 *
 * Returns   nothing; *out is filled
 * Context   anywhere
 */
void weft_trace_stats(struct weft_trace_stats *out);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_TRACE_H */
