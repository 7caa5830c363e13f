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
#include "base/conf.h"
#include "base/fatal.h"
#include "base/text.h"
#include "base/units.h"

enum { WORD_MAX = 64, WHY_MAX = 160 };

static const char *alert_name(const void *arg, size_t i)
{
    (void)arg;
    return wf_alert_info[i].name;
}

/* The kind that n bytes at text name; -1 and why not. */
static int find_kind(const char *text, size_t n, char why[static WHY_MAX])
{
    char name[WORD_MAX];

    snprintf(name, sizeof name, "%.*s", (int)(n < WORD_MAX ? n : WORD_MAX - 1), text);
    int kind = wf_alert_find(name);
    if (kind >= 0)
        return kind;
    const char *near = wf_text_nearest(name, alert_name, NULL, WF_NALERTS);
    snprintf(why, WHY_MAX, "no kind of alert is called '%s'%s%s%s", name,
             near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    return -1;
}

/* In the kind's own unit; 5ms, 50%, 100, 50/s. */
static int read_value(enum wf_alert_unit unit, const char *text, double *out)
{
    char number[WORD_MAX];
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
    snprintf(number, sizeof number, "%.*s", (int)(n < WORD_MAX ? n : WORD_MAX - 1),
             text);
    if (wf_parse_number(number, out) || *out <= 0)
        return -EINVAL;
    return unit == WF_ALERT_PERCENT && *out > 100 ? -EINVAL : 0;
}

/* The value for the kind that n bytes at text name: 0, or -EINVAL and why not. */
static int set_threshold(struct wf_session *s, const char *text, size_t n,
                         const char *value, char why[static WHY_MAX])
{
    static const char *const wanted[] = { [WF_ALERT_NS] = "a time (5ms)",
                                          [WF_ALERT_PERCENT] = "a percentage (50%)",
                                          [WF_ALERT_COUNT] = "a number",
                                          [WF_ALERT_PER_S] = "a rate (50/s)" };
    int kind = find_kind(text, n, why);

    if (kind < 0)
        return -EINVAL;
    enum wf_alert_unit unit = wf_alert_info[kind].unit;
    if (wf_alert_info[kind].threshold == 0) {
        snprintf(why, WHY_MAX, "it has no threshold");
        return -EINVAL;
    }
    if (!read_value(unit, value, &s->model_opts.threshold[kind]))
        return 0;
    snprintf(why, WHY_MAX, "%s is wanted after =", wanted[unit]);
    return -EINVAL;
}

/* KIND or KIND@SITE: likewise. */
static int add_mute(struct wf_session *s, const char *text, char why[static WHY_MAX])
{
    size_t n = strcspn(text, "@");
    if (find_kind(text, n, why) < 0)
        return -EINVAL;
    if (text[n] && !text[n + 1]) {
        snprintf(why, WHY_MAX, "a site is wanted after @");
        return -EINVAL;
    }
    char **more = realloc(s->mute, (s->nmute + 2) * sizeof *more);
    if (!more || !(more[s->nmute] = strdup(text)))
        wf_fatal("out of memory");
    more[++s->nmute] = NULL;
    s->mute = more;
    return 0;
}

/* --- weft.conf -------------------------------------------------------------------- */

static int threshold_line(struct wf_session *s, const char *kind, const char *value,
                          char why[static WHY_MAX])
{
    return set_threshold(s, kind, strlen(kind), value, why);
}

/* on, off or SITE */
static int mute_line(struct wf_session *s, const char *kind, const char *value,
                     char why[static WHY_MAX])
{
    char text[WHY_MAX];

    if (!strcmp(value, "off"))
        return find_kind(kind, strlen(kind), why) < 0 ? -EINVAL : 0;
    snprintf(text, sizeof text, "%s@%s", kind, value);
    return add_mute(s, *value && strcmp(value, "on") != 0 ? text : kind, why);
}

/* Is value yes or no?  0, or -EINVAL and why not. */
static int choose(bool *out, const char *value, const char *yes, const char *no,
                  char why[static WHY_MAX])
{
    if (strcmp(value, yes) != 0 && strcmp(value, no) != 0) {
        snprintf(why, WHY_MAX, "%s or %s is wanted", yes, no);
        return -EINVAL;
    }
    *out = !strcmp(value, yes);
    return 0;
}

static int glyphs_line(struct wf_session *s, const char *rest, const char *value,
                       char why[static WHY_MAX])
{
    (void)rest;
    return choose(&s->ascii, value, "ascii", "auto", why);
}

static int mouse_line(struct wf_session *s, const char *rest, const char *value,
                      char why[static WHY_MAX])
{
    (void)rest;
    return choose(&s->no_mouse, value, "off", "on", why);
}

/* What is read here; knobs are the runtime's. */
static const struct setting {
    const char *name; /* up to and with a dot */
    int (*take)(struct wf_session *s, const char *rest, const char *value,
                char why[static WHY_MAX]);
} settings[] = {
    { "threshold.", threshold_line },
    { "mute.", mute_line },
    { "glyphs", glyphs_line },
    { "mouse", mouse_line },
};

static int take_line(void *arg, const struct wf_conf_line *line,
                     char error[static WF_CONF_ERROR_MAX])
{
    size_t stem = strcspn(line->name, "."), n = stem + (line->name[stem] == '.');
    char why[WHY_MAX] = "no such name";
    int err = -EINVAL;

    if (!wf_conf_is_reading(line->name))
        return 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strlen(settings[i].name) == n && !memcmp(settings[i].name, line->name, n))
            err = settings[i].take(arg, line->name + n, line->value, why);
    if (err)
        snprintf(error, WF_CONF_ERROR_MAX, "%s: %s", line->where, why);
    return err;
}

/* Of weft.conf, then of the command line, which wins. */
static int read_settings(struct wf_session *s)
{
    const struct wf_options *o = &s->options;
    char why[WHY_MAX], error[WF_CONF_ERROR_MAX];
    const char *text;

    if (wf_conf_read(take_line, s, error))
        return wf_complain(WF_EXIT_USAGE, "%s", error);
    for (size_t i = 0; (text = wf_opt_nth(o, "threshold", i)); i++) {
        size_t n = strcspn(text, "=");
        if (set_threshold(s, text, n, text + n + (text[n] == '='), why))
            return wf_complain(WF_EXIT_USAGE, "%s: --threshold %s: %s", o->command,
                               text, why);
    }
    for (size_t i = 0; (text = wf_opt_nth(o, "mute", i)); i++)
        if (add_mute(s, text, why))
            return wf_complain(WF_EXIT_USAGE, "%s: --mute %s: %s", o->command, text,
                               why);
    s->model_opts.mute = (const char *const *)s->mute;
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
    if (s->options.groups & WF_IN_ALERTS)
        status = read_settings(s);
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
    if (s->model_opts.from > s->source->info->duration) {
        char end[WF_UNIT_MAX];
        return wf_complain(WF_EXIT_USAGE, "%s: --from: the trace ends after %s",
                           s->options.command,
                           wf_show_time(end, s->source->info->duration));
    }
    return -1;
}

int wf_session_strict(const struct wf_session *s, bool missing)
{
    if (!missing || !wf_opt_given(&s->options, "strict"))
        return WF_EXIT_OK;
    return wf_complain(WF_EXIT_PARTIAL, "%s: part of the trace is missing (--strict)",
                       s->path);
}

int wf_session_status(const struct wf_session *s, int status)
{
    const struct wf_trace_info *info = wf_model_info(s->model);
    bool missing = !info->complete || info->lost_events || info->lost_batches ||
                   info->ngaps;

    return status != WF_EXIT_OK ? status : wf_session_strict(s, missing);
}

void wf_session_fini(struct wf_session *s)
{
    if (s->model)
        wf_model_free(s->model);
    if (s->source)
        s->source->close(s->source);
    for (size_t i = 0; i < s->nmute; i++)
        free(s->mute[i]);
    free(s->mute);
    wf_options_fini(&s->options);
}
