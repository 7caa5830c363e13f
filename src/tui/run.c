/* SPDX-License-Identifier: MIT */
/*
 * run.c - who drives the screens: a terminal, a terminal that has only lines, a script.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/reader.h"
#include "tui/app.h"
#include "tui/term.h"

enum {
    USAGE = 2,
    IO = 4,
    SIGNALLED = 128,
    FRAME_MS = 33,  /* 30 frames a second at most */
    SLICE_MS = 8,   /* of reading, between two looks at the keyboard */
    GROWN_MS = 200, /* how often a growing trace is painted anew */
    WIDTH = 80,
    HEIGHT = 24
};

/* One line on standard error; what comes from files is cleaned.  A source names itself:
 * then what is NULL. */
static int fail(int status, const char *what, const char *why)
{
    fputs("weft: ", stderr);
    if (what) {
        wf_text_print(stderr, what);
        fputs(": ", stderr);
    }
    wf_text_print(stderr, why);
    putc('\n', stderr);
    return status;
}

static int fail_to_read(const struct wf_tui *t, int err)
{
    const char *error = wf_model_source(t->md)->error;

    return error[0] ? fail(IO, NULL, error) : fail(IO, t->opts->path, strerror(-err));
}

static int64_t now_ms(void)
{
    return wf_clock_now() / WF_NS_PER_MS;
}

/* Read for a while.  1: more to come, 0: the end, -errno. */
static int read_slice(struct wf_tui *t, int ms)
{
    int64_t until = now_ms() + ms;
    int got;

    do
        got = wf_model_feed(t->md);
    while (got > 0 && now_ms() < until);
    t->read = wf_model_info(t->md)->bytes;
    if (got <= 0)
        wf_model_finish(t->md);
    return got;
}

static int read_all(struct wf_tui *t)
{
    int got;

    while ((got = read_slice(t, 1000)) > 0)
        ;
    if (got < 0)
        return fail_to_read(t, got);
    wf_tui_grown(t, true);
    return 0;
}

/* Say a line of a script.  False: it was wrong, or the last. */
static bool say_line(struct wf_tui *t, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (!line[0] || line[0] == '#')
        return true;
    wf_tui_say_verb(t, line[0] == ':' ? line + 1 : line);
    if (t->status)
        return false;
    wf_tui_frame(t);
    return !t->quit;
}

static int run_script(struct wf_tui *t, const char *path)
{
    FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
    char line[4 * WF_LINE_MAX], where[4096];
    unsigned number = 0;
    int status = 0;

    if (!in)
        return fail(IO, path, strerror(errno));
    wf_tui_frame(t);
    while (fgets(line, sizeof line, in)) {
        number++;
        if (!say_line(t, line))
            break;
    }
    if (ferror(in))
        status = fail(IO, path, strerror(errno));
    if (!status && t->status) {
        snprintf(where, sizeof where, "%s:%u", path, number);
        status = fail(t->status, where, t->message);
    }
    if (in != stdin)
        fclose(in);
    return status;
}

/* A terminal that can only print lines: commands are typed, screens are printed. */
static int run_lines(struct wf_tui *t)
{
    char line[4 * WF_LINE_MAX];
    struct wf_key key;

    do {
        wf_tui_frame(t);
        wf_canvas_text(&t->canvas, stdout);
        printf("(a key, or a command such as screen alerts; quit leaves) > ");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
        line[strcspn(line, "\r\n")] = '\0';
        if (!wf_key_parse(line, &key))
            wf_tui_key(t, key);
        else if (line[0])
            wf_tui_say_verb(t, line[0] == ':' ? line + 1 : line);
    } while (!t->quit);
    putchar('\n');
    return 0;
}

struct driver {
    struct wf_tui *t;
    int64_t painted, grown; /* ms: when, last */
    bool dirty;
    int failed; /* -errno of the trace */
};

static void on_event(struct driver *d, enum wf_term_event e, struct wf_key key)
{
    struct wf_tui *t = d->t;
    int w, h;

    if (e == WF_TERM_KEY) {
        wf_tui_key(t, key);
        d->dirty = true;
    } else if (e == WF_TERM_RESIZED) {
        wf_term_size(&w, &h);
        if (wf_tui_resize(t, w, h))
            t->quit = true;
        d->dirty = true;
    }
    if (t->suspend) {
        t->suspend = false;
        wf_term_suspend();
        wf_term_size(&w, &h);
        if (wf_tui_resize(t, w, h))
            t->quit = true;
    }
    if (t->redraw)
        wf_term_forget();
    t->redraw = false;
}

/* The trace grows while the user looks around. */
static void on_idle(struct driver *d)
{
    if (!d->t->loading)
        return;
    int got = read_slice(d->t, SLICE_MS);
    wf_tui_grown(d->t, got <= 0);
    if (got <= 0 || now_ms() - d->grown >= GROWN_MS) {
        d->grown = now_ms();
        d->dirty = true;
    }
    if (got < 0)
        d->failed = got;
}

/* How long the terminal may be waited for. */
static int patience(const struct driver *d)
{
    if (d->t->loading)
        return 0;
    if (!d->dirty)
        return -1;
    int64_t wait = d->painted + FRAME_MS - now_ms();
    return wait > 0 ? (int)wait : 0;
}

static int run_terminal(struct wf_tui *t, struct wf_term_caps caps)
{
    struct driver d = { .t = t, .dirty = true };
    enum wf_term_event e = WF_TERM_NONE;
    struct wf_key key = { 0 };
    int w, h;

    if (wf_term_open(caps, !t->opts->no_mouse))
        return fail(USAGE, "view", "this terminal is not known (weft report prints)");
    wf_term_size(&w, &h);
    if (wf_tui_resize(t, w, h))
        t->quit = true;
    while (!t->quit && !d.failed) {
        /* All keys that are there come first: the last one counts. */
        if (d.dirty && !wf_term_busy() && now_ms() - d.painted >= FRAME_MS) {
            wf_tui_frame(t);
            wf_term_paint(&t->canvas);
            d.painted = now_ms();
            d.dirty = false;
        }
        e = wf_term_wait(patience(&d), &key);
        if (e == WF_TERM_SIGNAL || e == WF_TERM_GONE)
            break;
        on_event(&d, e, key);
        if (e == WF_TERM_NONE)
            on_idle(&d);
    }
    wf_term_close();
    if (d.failed)
        return fail_to_read(t, d.failed);
    return e == WF_TERM_SIGNAL ? SIGNALLED + wf_term_signal()
           : e == WF_TERM_GONE ? SIGNALLED + SIGHUP
                               : 0;
}

/* What the options want shown first. */
static int begin(struct wf_tui *t)
{
    char line[WF_LINE_MAX];

    if (!t->opts->screen)
        return 0;
    snprintf(line, sizeof line, "screen %s", t->opts->screen);
    wf_tui_say_verb(t, line);
    t->nback = 0;
    return t->status ? fail(USAGE, "view", t->message) : 0;
}

static int drive(struct wf_tui *t, struct wf_term_caps caps)
{
    struct stat st;
    int status = begin(t);

    if (!status && !stat(t->opts->path, &st) && S_ISREG(st.st_mode))
        t->size = (uint64_t)st.st_size;
    if (status)
        return status;
    if (t->opts->script || caps.dumb) {
        status = read_all(t);
        if (!status)
            status = t->opts->script ? run_script(t, t->opts->script) : run_lines(t);
        return status;
    }
    return run_terminal(t, caps);
}

static int view(const struct wf_tui_opts *o, struct wf_term_caps caps, int w, int h)
{
    struct wf_model_opts mo = { .lanes = true, .coroutines = true, .mute = o->mute };
    struct wf_source *src;
    struct wf_model *md;
    struct wf_tui t;
    char error[256];
    int status, err = wf_source_open(o->path, &src, error);

    if (err)
        return fail(IO, NULL, error);
    if (o->threshold)
        memcpy(mo.threshold, o->threshold, sizeof mo.threshold);
    err = wf_model_new(&mo, src, &md);
    if (err) {
        src->close(src);
        return fail(IO, o->path, strerror(-err));
    }
    err = wf_tui_init(&t, o, md, w, h);
    if (err) {
        status = fail(IO, o->path, strerror(-err));
    } else {
        status = drive(&t, caps);
        wf_tui_fini(&t);
    }
    wf_model_free(md);
    src->close(src);
    return status;
}

int wf_tui_view(const struct wf_tui_opts *o)
{
    struct wf_tui_opts opts = *o;
    struct wf_term_caps caps = wf_term_probe();
    int w = WIDTH, h = HEIGHT;

    if (o->size && wf_size_parse(o->size, &w, &h))
        return fail(USAGE, o->size, "not a size (as in 80x24)");
    if (o->script) { /* the same everywhere: no terminal, no locale */
        caps = (struct wf_term_caps){ .ascii = o->ascii };
        if (!setlocale(LC_CTYPE, "C.UTF-8"))
            setlocale(LC_CTYPE, "en_US.UTF-8");
    } else if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
        return fail(USAGE, "view",
                    "needs a terminal (weft report prints what the screens show; "
                    "--script makes them without one)");
    }
    opts.ascii = o->ascii || caps.ascii;
    return view(&opts, caps, w, h);
}
