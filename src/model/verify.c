/* SPDX-License-Identifier: MIT */
/* verify.c - everything about a trace that is not as it should be, a line each. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "model/reader_int.h"

struct verify {
    void (*found)(void *arg, const char *line);
    void *arg;
    int64_t n;
};

__attribute__((format(printf, 2, 3))) static void tell(struct verify *v,
                                                       const char *format, ...)
{
    char line[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    v->n++;
    v->found(v->arg, line);
}

static void on_odd(void *arg, const char *what, uint64_t at)
{
    tell(arg, "at byte %" PRIu64 ": %s", at, what);
}

/* "M 3", or what is said for a thread that is none. */
static const char *m_name(int64_t m, const char *none, char out[32])
{
    if (m == WF_NO_M)
        return none;
    snprintf(out, 32, "M %" PRId64, m);
    return out;
}

static void tell_gap(struct verify *v, const struct wf_gap *gap, const char *whose)
{
    char m[32];

    tell(v, "from %" PRId64 " ns to %" PRId64 " ns, %s: %s (%" PRIu64 " events)",
         gap->from, gap->to, m_name(gap->m, whose, m), wf_gap_cause_name(gap->cause),
         gap->events);
}

static void tell_event(struct verify *v, const struct wf_record *rec)
{
    uint64_t g = rec->who.g;
    char m[32];

    switch (rec->known ? rec->ev.id : 0) {
    case WF_EV_g_create:
    case WF_EV_g_status:
    case WF_EV_g_start:
    case WF_EV_g_ready:
        g = rec->ev.arg[0];
        break;
    case WF_EV_g_switch:
        g = WF_ARG(&rec->ev, g_switch, g2);
        break;
    }
    tell(v, "at %" PRId64 " ns, %s, G %" PRIu64 ": %s: %s", rec->t,
         m_name(rec->who.m, "a plain thread", m), g, rec->info->name, rec->odd);
}

static bool is_lost(const struct wf_record *rec)
{
    return rec->known && rec->ev.id == WF_EV_lost;
}

/* What the file's END block says there is, and what was found. */
static void check_totals(struct verify *v, const struct wf_reader *r)
{
    const struct wf_trace_info *info = wf_reader_info(r);
    const struct wf_end *end = wf_reader_end(r);
    uint32_t errors = wf_reader_errors(r);

    if (errors & WF_FILE_ENOSPC)
        tell(v, "the disk was full while it was written");
    if (errors & WF_FILE_EIO)
        tell(v, "writing it failed");
    if (!end)
        return;
    if (end->events != info->events)
        tell(v, "%" PRIu64 " events were written, %" PRIu64 " can be read", end->events,
             info->events);
    if (end->lost_events || end->lost_batches)
        tell(v,
             "%" PRIu64 " events in %" PRIu64
             " batches were dropped as it was recorded",
             end->lost_events, end->lost_batches);
}

int64_t wf_verify(const char *path, void (*found)(void *arg, const char *line),
                  void *arg, char error[static 256])
{
    struct verify v = { found, arg, 0 };
    const struct wf_record *rec;
    struct wf_reader *r;
    int n = wf_reader_open_odd(path, &r, on_odd, &v, error);

    if (n)
        return n;
    while ((n = wf_reader_next(r, &rec, error)) > 0) {
        if (rec->kind == WF_RECORD_GAP)
            tell_gap(&v, &rec->gap, "every M");
        if (rec->kind != WF_RECORD_EVENT)
            continue;
        if (is_lost(rec))
            tell_gap(&v, &rec->gap, "a plain thread");
        if (rec->odd)
            tell_event(&v, rec);
    }
    if (n == 0)
        check_totals(&v, r);
    wf_reader_close(r);
    return n < 0 ? n : v.n;
}
