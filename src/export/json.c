/* SPDX-License-Identifier: MIT */
/*
 * json.c - the model as JSON documents.
 */
#include "export/json.h"

#include <string.h>

#include "base/fatal.h"
#include "export/rows.h"

json_t *wf_json_trace(const struct wf_trace_info *info)
{
    json_t *o = json_object(), *gaps = json_array();
    json_t *row;

    wf_json_put_text(o, "file", info->file);
    wf_json_put_text(o, "source", info->source);
    char version[32];
    snprintf(version, sizeof version, "%u.%u", info->major, info->minor);
    wf_json_put_text(o, "format_version", version);
    wf_json_put_int(o, "start_unix_ns", info->start_unix_ns);
    wf_json_put_int(o, "duration_ns", info->duration);
    wf_json_put_int(o, "events", (int64_t)info->events);
    wf_json_put_int(o, "bytes", (int64_t)info->bytes);
    wf_json_put_int(o, "generations", (int64_t)info->generations);
    wf_json_put(o, "complete", json_boolean(info->complete));
    wf_json_put_int(o, "lost_events", (int64_t)info->lost_events);
    wf_json_put_int(o, "lost_batches", (int64_t)info->lost_batches);
    for (size_t i = 0; i < info->ngaps; i++) {
        row = wf_json_gap(&info->gaps[i]);
        json_array_append_new(gaps, row);
    }
    wf_json_put(o, "gaps", gaps);
    wf_json_put_int(o, "more_gaps", (int64_t)info->more_gaps);
    wf_json_put_int(o, "anomalies", (int64_t)info->anomalies);
    return o;
}

json_t *wf_json_process(const struct wf_trace_info *info)
{
    json_t *o = json_object(), *command = json_array();

    wf_json_put_int(o, "pid", info->pid);
    for (size_t i = 0; i < info->ncommand; i++)
        json_array_append_new(command, wf_clean_string(info->command[i]));
    wf_json_put(o, "command", command);
    wf_json_put_text(o, "host", info->host);
    wf_json_put_int(o, "maxprocs", info->maxprocs);
    wf_json_put_int(o, "cpus", info->cpus);
    wf_json_put_text(o, "version", info->version);
    return o;
}

static json_t *json_coroutines(struct wf_model *md, const struct wf_summary *s)
{
    json_t *o = json_object(), *time = json_object();

    wf_json_put_int(o, "created", (int64_t)s->created);
    wf_json_put_int(o, "ended", (int64_t)s->ended);
    wf_json_put_int(o, "live_at_end", (int64_t)s->live);
    wf_json_put_int(o, "max_live", (int64_t)s->max_live);
    wf_json_put_state_time(time, &s->time);
    wf_json_put(o, "time", time);
    wf_json_put(o, "by_site", wf_list_rows(md, "sites"));
    return o;
}

static json_t *json_threads(struct wf_model *md, const struct wf_summary *s)
{
    json_t *o = json_object();

    wf_json_put_int(o, "created", (int64_t)s->m_created);
    wf_json_put_int(o, "ended", (int64_t)s->m_ended);
    wf_json_put_int(o, "max_live", (int64_t)s->m_max_live);
    wf_json_put_int(o, "handoffs", (int64_t)s->handoffs);
    wf_json_put_int(o, "retakes", (int64_t)s->retakes);
    wf_json_put_int(o, "kernel_wait_ns", s->kernel_wait);
    wf_json_put(o, "rows", wf_list_rows(md, "threads"));
    return o;
}

json_t *wf_json_summary(struct wf_model *md)
{
    static const char *const lists[] = { "waits", "objects", "pools", "regions",
                                         "alerts" };
    const struct wf_summary *s = wf_model_summary(md);
    json_t *o = json_object(), *latency = json_object();

    wf_json_put_text(o, "schema", "weft.summary/1");
    wf_json_put(o, "trace", wf_json_trace(wf_model_info(md)));
    wf_json_put(o, "process", wf_json_process(wf_model_info(md)));
    wf_json_put(o, "coroutines", json_coroutines(md, s));
    wf_json_put(o, "procs", wf_list_rows(md, "procs"));
    wf_json_put(o, "threads", json_threads(md, s));
    wf_json_put(o, "global_queue", wf_json_series(&s->global_queue));
    wf_json_put(latency, "runnable", wf_json_hist(&s->runnable));
    wf_json_put(latency, "run_slice", wf_json_hist(&s->run_slice));
    wf_json_put(o, "latency", latency);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        wf_json_put(o, lists[i], wf_list_rows(md, lists[i]));
    return o;
}

json_t *wf_json_document(struct wf_model *md, const char *command, json_t *rows)
{
    json_t *o = json_object();
    char schema[64];

    snprintf(schema, sizeof schema, "weft.%s/1", command);
    wf_json_put_text(o, "schema", schema);
    wf_json_put(o, "trace", wf_json_trace(wf_model_info(md)));
    wf_json_put(o, "rows", rows);
    return o;
}

void wf_json_write(FILE *f, const json_t *document)
{
    /* What cannot be written shows in ferror. */
    json_dumpf(document, f, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    putc('\n', f);
}
