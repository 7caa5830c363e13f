/* SPDX-License-Identifier: MIT */
/*
 * session.c - a command that reads a trace: its options, the trace, the model.
 */
#include "cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"

static const char *alert_name(const void *arg, size_t i)
{
    (void)arg;
    return wf_alert_info[i].name;
}

/* The kind of KIND=VALUE or KIND@SITE, -1 after a complaint. */
static int read_kind(const struct wf_session *s, const char *option, const char *text,
                     size_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), text);
    int kind = wf_alert_find(name);
    if (kind >= 0)
        return kind;
    const char *near = wf_text_nearest(name, alert_name, NULL, WF_NALERTS);
    wf_complain(WF_EXIT_USAGE, "%s: %s: no kind of alert is called '%s'%s%s%s",
                s->options.command, option, name, near ? " (did you mean " : "",
                near ? near : "", near ? "?)" : "");
    return -1;
}

/* In the kind's own unit; 5ms, 50%, 100, 50/s. */
static int read_value(enum wf_alert_unit unit, const char *text, double *out)
{
    char number[64];
    int64_t ns;
    size_t n = strlen(text);

    if (unit == WF_ALERT_NS) {
        if (wf_parse_time(text, &ns) || ns == 0)
            return -EINVAL;
        *out = (double)ns;
        return 0;
    }
    if (unit == WF_ALERT_PERCENT && n && text[n - 1] == '%')
        n--;
    if (unit == WF_ALERT_PER_S && n > 2 && !strcmp(text + n - 2, "/s"))
        n -= 2;
    snprintf(number, sizeof number, "%.*s", (int)(n < 63 ? n : 63), text);
    return wf_parse_number(number, out) || *out <= 0 ? -EINVAL : 0;
}

static int read_thresholds(struct wf_session *s)
{
    static const char *const wanted[] = { [WF_ALERT_NS] = "a time (5ms)",
                                          [WF_ALERT_PERCENT] = "a percentage (50%)",
                                          [WF_ALERT_COUNT] = "a number",
                                          [WF_ALERT_PER_S] = "a rate (50/s)" };
    const char *text;

    for (size_t i = 0; (text = wf_opt_nth(&s->options, "threshold", i)); i++) {
        size_t n = strcspn(text, "=");
        int kind = read_kind(s, "--threshold", text, n);
        if (kind < 0)
            return WF_EXIT_USAGE;
        enum wf_alert_unit unit = wf_alert_info[kind].unit;
        if (!text[n] || read_value(unit, text + n + 1, &s->model_opts.threshold[kind]))
            return wf_complain(WF_EXIT_USAGE,
                               "%s: --threshold %s: %s is wanted after =",
                               s->options.command, text, wanted[unit]);
    }
    return -1;
}

static int read_mutes(struct wf_session *s)
{
    const char *text;
    size_t n = 0;

    while (wf_opt_nth(&s->options, "mute", n))
        n++;
    s->mute = calloc(n + 1, sizeof *s->mute);
    if (!s->mute)
        wf_fatal("out of memory");
    for (size_t i = 0; (text = wf_opt_nth(&s->options, "mute", i)); i++) {
        if (read_kind(s, "--mute", text, strcspn(text, "@")) < 0)
            return WF_EXIT_USAGE;
        s->mute[i] = text;
    }
    s->model_opts.mute = s->mute;
    return -1;
}

static int read_range(struct wf_session *s)
{
    struct wf_model_opts *m = &s->model_opts;

    m->from = wf_opt_int(&s->options, "from");
    m->to = wf_opt_int(&s->options, "to");
    if (wf_opt_given(&s->options, "to") && m->to <= m->from)
        return wf_complain(WF_EXIT_USAGE, "%s: --to: it is not after --from",
                           s->options.command);
    return -1;
}

int wf_session_options(struct wf_session *s, const char *command, int argc, char **argv,
                       int operands)
{
    int status;

    *s = (struct wf_session){ .options = wf_command_options(command) };
    status = wf_options_read_n(&s->options, argc, argv, operands, operands);
    if (status >= 0)
        return status;
    s->path = s->options.operands[operands - 1];
    if (s->options.groups & WF_IN_ALERTS) {
        status = read_thresholds(s);
        if (status < 0)
            status = read_mutes(s);
    }
    if (status < 0 && s->options.groups & WF_IN_RANGE)
        status = read_range(s);
    return status;
}

/* After two seconds, to a terminal: how far the reading has come. */
struct progress {
    int64_t begin;
    uint64_t all;
    bool shown;
};

static void show_progress(void *arg, uint64_t bytes)
{
    struct progress *p = arg;

    if (wf_clock_now() - p->begin < 2 * WF_NS_PER_S)
        return;
    char read[WF_UNIT_MAX];
    fprintf(stderr, "\rweft: %s read ", wf_show_size(read, bytes));
    p->shown = true;
}

int wf_session_load(struct wf_session *s)
{
    struct progress progress = { .begin = wf_clock_now() };
    bool watch = isatty(STDERR_FILENO);
    char error[256];
    int err = wf_source_open(s->path, &s->source, error);

    if (err)
        return wf_complain(WF_EXIT_IO, "%s", error);
    err = wf_model_new(&s->model_opts, s->source, &s->model);
    if (!err)
        err = wf_model_read(s->model, watch ? show_progress : NULL, &progress);
    if (progress.shown)
        fputs("\r                              \r", stderr);
    if (err)
        return s->source->error[0]
                   ? wf_complain(WF_EXIT_IO, "%s", s->source->error)
                   : wf_complain(WF_EXIT_IO, "%s: %s", s->path, strerror(-err));
    return -1;
}

int wf_session_status(const struct wf_session *s, int status)
{
    const struct wf_trace_info *info = wf_model_info(s->model);
    bool missing = !info->complete || info->lost_events || info->lost_batches ||
                   info->ngaps;

    if (status != WF_EXIT_OK || !missing || !wf_opt_given(&s->options, "strict"))
        return status;
    return wf_complain(WF_EXIT_PARTIAL, "%s: part of the trace is missing (--strict)",
                       s->path);
}

void wf_session_fini(struct wf_session *s)
{
    if (s->model)
        wf_model_free(s->model);
    if (s->source)
        s->source->close(s->source);
    free(s->mute);
    wf_options_fini(&s->options);
}
