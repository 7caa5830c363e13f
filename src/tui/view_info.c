/* SPDX-License-Identifier: MIT */
/*
 * view_info.c - can this trace be trusted: where it comes from, what it lacks.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/units.h"
#include "tui/app.h"
#include "tui/fmt.h"

struct fact {
    char key[48], value[400];
    bool bad;
};

struct info {
    struct wf_table table;
    struct fact *facts;
    const void **rows;
    size_t n, size;
};

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)

COLUMN(key)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", ((const struct fact *)row)->key);
}

COLUMN(value)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%.199s", ((const struct fact *)row)->value);
}

static bool bad(const struct wf_tui *t, const void *row)
{
    (void)t;
    return ((const struct fact *)row)->bad;
}

static enum wf_style value_style(const struct wf_tui *t, const void *row)
{
    return bad(t, row) ? WF_S_BAD : WF_S_TEXT;
}

static const struct wf_column columns[] = {
    { "key", "WHAT", 20, 0, "what it is", key, NULL },
    { "value", "VALUE", 0, 0, "what the trace says of it", value, value_style },
};

static const struct wf_table_def def = {
    .title = "TRACE",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .sort = -1,
    .uncounted = true,
    .empty = "",
    .alarming = bad,
};

static void add(struct info *in, bool wrong, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add(struct info *in, bool wrong, const char *name, const char *format, ...)
{
    va_list args;

    if (in->n == in->size) {
        size_t size = in->size ? 2 * in->size : 64;
        struct fact *facts = realloc(in->facts, size * sizeof *facts);
        if (facts)
            in->facts = facts;
        const void **rows = realloc(in->rows, size * sizeof *rows);
        if (rows)
            in->rows = rows;
        if (!facts || !rows)
            return;
        in->size = size;
    }
    struct fact *f = &in->facts[in->n++];
    snprintf(f->key, sizeof f->key, "%s", name);
    va_start(args, format);
    vsnprintf(f->value, sizeof f->value, format, args);
    va_end(args);
    f->bad = wrong;
}

static void add_start(struct info *in, int64_t unix_ns)
{
    time_t s = (time_t)(unix_ns / 1000000000);
    struct tm tm;
    char text[64];

    if (unix_ns <= 0 || !gmtime_r(&s, &tm) ||
        !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        return;
    add(in, false, "start", "%s.%03d UTC", text, (int)(unix_ns / 1000000 % 1000));
}

static void add_command(struct info *in, const struct wf_trace_info *info)
{
    char line[400] = "";

    for (size_t i = 0; i < info->ncommand; i++) {
        size_t n = strlen(line);
        snprintf(line + n, sizeof line - n, "%s%s", i ? " " : "", info->command[i]);
    }
    if (line[0])
        add(in, false, "command", "%s", line);
}

static void add_losses(struct info *in, const struct wf_tui *t,
                       const struct wf_trace_info *info)
{
    char n[WF_FMT_MAX], m[WF_FMT_MAX];

    if (t->loading)
        add(in, false, "complete", "not known yet: still reading");
    else
        add(in, !info->complete, "complete", "%s",
            info->complete ? "yes: closed properly, nothing lost"
                           : "NO: figures near the gaps are too low");
    add(in, info->lost_events > 0, "lost", "%s events in %s batches",
        wf_fmt_count(n, info->lost_events), wf_fmt_count(m, info->lost_batches));
    add(in, info->anomalies > 0, "anomalies",
        "%s events that do not follow from those before",
        wf_fmt_count(n, info->anomalies));
    for (size_t i = 0; i < info->ngaps; i++) {
        const struct wf_gap *g = &info->gaps[i];
        char name[48], from[WF_FMT_MAX], to[WF_FMT_MAX];
        snprintf(name, sizeof name, "gap %zu", i + 1);
        add(in, true, name, "%s..%s M%" PRId64 ": %s events, %s",
            wf_fmt_moment(from, g->from, 1000), wf_fmt_moment(to, g->to, 1000), g->m,
            wf_fmt_count(n, g->events), wf_gap_cause_name(g->cause));
    }
    if (info->more_gaps)
        add(in, true, "gaps", "%zu more", info->more_gaps);
}

/* What META says again, in its own words. */
static bool known_already(const char *name)
{
    return !strcmp(name, "command") || !strcmp(name, "version") ||
           !strcmp(name, "host");
}

static void collect(const struct wf_tui *t, struct info *in)
{
    const struct wf_trace_info *info = wf_model_info(t->md);
    char v[WF_FMT_MAX], size[WF_UNIT_MAX];

    in->n = 0;
    add(in, false, "file", "%s", info->file ? info->file : t->opts->path);
    add_losses(in, t, info);
    add(in, false, "duration", "%s", wf_fmt_moment(v, info->duration, 1));
    add_start(in, info->start_unix_ns);
    add(in, false, "events", "%s in %" PRIu64 " blocks, %" PRIu64 " generations",
        wf_fmt_count(v, info->events), info->blocks, info->generations);
    add(in, false, "size", "%s%s", wf_show_size(size, info->bytes),
        info->events ? "" : ", no events");
    if (info->events)
        add(in, false, "bytes an event", "%.1f",
            (double)info->bytes / (double)info->events);
    add_command(in, info);
    add(in, false, "process", "pid %" PRIu32 " on %s", info->pid, info->host);
    add(in, false, "machine", "%" PRIu32 " CPUs, %" PRIu32 " Ps", info->cpus,
        info->maxprocs);
    add(in, false, "source", "%s %s, format %u.%u", info->source ? info->source : "",
        info->version, info->major, info->minor);
    add(in, false, "clock", "%s", info->clock ? info->clock : "");
    for (size_t i = 0; i < info->nmeta; i++)
        if (!known_already(info->meta[i].key))
            add(in, false, info->meta[i].key, "%s", info->meta[i].value);
    for (size_t i = 0; i < in->n; i++)
        in->rows[i] = &in->facts[i];
}

static void info_open(struct wf_tui *t, void *self)
{
    (void)t;
    wf_table_init(&((struct info *)self)->table, &def);
}

static void info_close(void *self)
{
    struct info *in = self;
    wf_table_fini(&in->table);
    free(in->facts);
    free(in->rows);
}

static void info_update(struct wf_tui *t, void *self, int w, int h)
{
    struct info *in = self;

    if (t->shown[WF_VIEW_info] != t->version) {
        collect(t, in);
        wf_table_update(&in->table, t, in->rows, in->n);
    }
    wf_table_place(&in->table, 0, 2, w, h);
}

static void info_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    wf_table_draw(&((const struct info *)self)->table, t, a, true);
}

static struct wf_table *info_table(void *self)
{
    return &((struct info *)self)->table;
}

const struct wf_view wf_view_info = {
    .scopes = WF_SCOPE_TABLE,
    .size = sizeof(struct info),
    .open = info_open,
    .close = info_close,
    .update = info_update,
    .draw = info_draw,
    .table = info_table,
};
