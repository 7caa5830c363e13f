/* SPDX-License-Identifier: MIT */
/*
 * reader.h - a weft trace as one row of records: events in order, gaps, generations.
 *
 * Blocks are held for one generation; its writers are merged by time, but never against
 * what must have come first: an event that cannot be true yet waits for the one of
 * another writer that makes it true.  Nothing that a trace says is trusted: no length
 * and no id sizes an allocation, and whatever cannot be read is a gap that is told.
 *
 * The reader's own records are what weft dump prints; steps.c makes of them the steps
 * that the model takes.
 */
#ifndef WF_MODEL_READER_H
#define WF_MODEL_READER_H
#include <stdio.h>

#include "format/event.h"
#include "model/step.h"

struct wf_reader;
struct wf_carried;

/* A writer, and what it held before the event. */
struct wf_who {
    int64_t m;  /* WF_NO_M for a plain thread, 0 for sysmon */
    int32_t p;  /* WF_NO_P */
    uint64_t g; /* 0 for none */
};

enum wf_record_kind {
    WF_RECORD_EVENT,
    WF_RECORD_GAP,        /* gap: what is not in the trace; t is its end */
    WF_RECORD_GENERATION, /* ids of strings and stacks hold anew */
};

struct wf_record {
    enum wf_record_kind kind;
    bool known;      /* an EVENT that this build knows: WF_ARG may be used */
    const char *odd; /* why an EVENT does not follow from those before; NULL: it does */
    int64_t t;       /* ns from the trace's start; never falls */
    struct wf_who who;
    const struct wf_event_info *info; /* of an EVENT, by the file's own schema */
    struct wf_event ev;
    struct wf_gap gap;
};

/* path "-" is standard input.  0, or -errno with one line in error. */
int wf_reader_open(const char *path, struct wf_reader **out, char error[static 256]);
/*
 * 1: *rec is the next, good until the next call; 0: the end; -errno with one line in
 * error.
 */
int wf_reader_next(struct wf_reader *r, const struct wf_record **rec,
                   char error[static 256]);
/* Begin again with the generation in which t lies.  -ESPIPE for a pipe. */
int wf_reader_seek(struct wf_reader *r, int64_t t);
const struct wf_trace_info *wf_reader_info(const struct wf_reader *r);
/* Of the generation that records come from now; "" for none.  Good until the next call. */
const char *wf_reader_string(struct wf_reader *r, uint64_t id);
/* Addresses, innermost first; how many. */
size_t wf_reader_stack(struct wf_reader *r, uint64_t id, uint64_t *pcs, size_t max);
/* What M m holds after the last record; m WF_NO_M when it is not known. */
struct wf_who wf_reader_who(const struct wf_reader *r, uint64_t m);
void wf_reader_close(struct wf_reader *r);

/* Modules of the traced program, for symbols.c. */
struct wf_module {
    uint64_t base, size, offset;
    unsigned char id[64]; /* build-id */
    size_t id_len;
    char *path;
};
struct wf_modules {
    struct wf_module *row;
    size_t n, size;
};
/* They grow while it is read. */
const struct wf_modules *wf_reader_modules(const struct wf_reader *r);
/* The symbols that came with it, the reader's; NULL: none, or it is a pipe. */
const struct wf_carried *wf_reader_carried(const struct wf_reader *r);

/*
 * Look up every address that the trace's stacks hold while the program's files are there,
 * and put what was found behind its end, where wf_reader_open finds it.  Nothing is done
 * to what is no regular file, was not closed properly, or carries symbols already.  0, or
 * -errno with one line in error: then the trace is as it was.
 */
int wf_carry(const char *path, char error[static 256]);

/* The steps of a weft trace, for the model.  0, or -errno with one line in error. */
int wf_source_open(const char *path, struct wf_source **out, char error[static 256]);

/*
 * Every event as one line of text (weft-trace(5)), those from..to (ns; to 0: all).
 * 0, or -errno with one line in error.  *missing (may be NULL): something was lost.
 */
struct wf_dump_opts {
    int64_t from, to;
};
int wf_dump(const char *path, const struct wf_dump_opts *opts, FILE *out, bool *missing,
            char error[static 256]);

/*
 * What is wrong with the trace, one line each, without control characters.  Returns how
 * many; -errno with one line in error when it cannot be read at all.
 */
int64_t wf_verify(const char *path, void (*found)(void *arg, const char *line),
                  void *arg, char error[static 256]);
#endif /* WF_MODEL_READER_H */
