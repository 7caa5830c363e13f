/* SPDX-License-Identifier: MIT */
/*
 * chrome.c - what is around every view: header, tabs, footer; and the help over it.
 */
#include <inttypes.h>
#include <string.h>

#include "tui/app.h"
#include "tui/fmt.h"

enum { TOP = 2, FOOT_FROM = 16, HELP_KEYS = 26 };

static int footer_rows(const struct wf_tui *t, struct wf_area a)
{
    return a.h >= FOOT_FROM || t->prompt.kind || t->message[0];
}

struct wf_area wf_chrome_body(const struct wf_tui *t, struct wf_area a)
{
    return wf_area_sub(a, 0, TOP, a.w, a.h - TOP - footer_rows(t, a));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static int put_alerts(const struct wf_tui *t, struct wf_area a)
{
    char text[64], n[WF_FMT_MAX];
    size_t count, critical = 0;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &count);

    for (size_t i = 0; i < count; i++)
        critical += alerts[i]->severity == WF_CRITICAL;
    if (count == 0) {
        snprintf(text, sizeof text, " no alerts ");
    } else {
        snprintf(text, sizeof text, " ! %s alert%s ", wf_fmt_count(n, count),
                 count == 1 ? "" : "s");
    }
    int w = wf_columns(text);
    wf_put(a, a.w - w, 0, critical ? WF_S_ALARM : count ? WF_S_NAME : WF_S_TITLE, text);
    return w;
}

/* The parts of the header, most important first; one that does not fit is left out. */
static size_t parts(const struct wf_tui *t, char out[8][64])
{
    const struct wf_trace_info *info = wf_model_info(t->md);
    const struct wf_summary *s = wf_model_summary(t->md);
    char x[WF_FMT_MAX], y[WF_FMT_MAX];
    size_t n = 0, nprocs, nthreads;
    int64_t step = wf_duration(t) / 2000;

    wf_model_procs(t->md, &nprocs);
    wf_model_threads(t->md, &nthreads);
    wf_fmt_moment(x, t->win.cursor, step);
    x[strlen(x) - 1] = '\0'; /* one unit for both */
    snprintf(out[n++], 64, "%s/%s", x, wf_fmt_moment(y, wf_duration(t), step));
    if (t->loading && t->size)
        snprintf(out[n++], 64, "reading %.0f%%",
                 100 * (double)(t->read < t->size ? t->read : t->size) /
                     (double)t->size);
    else if (t->loading)
        snprintf(out[n++], 64, "reading");
    snprintf(out[n++], 64, "lost %s", wf_fmt_count(x, info->lost_events));
    if (!info->complete && !t->loading)
        snprintf(out[n++], 64, "INCOMPLETE");
    snprintf(out[n++], 64, "P%zu", nprocs);
    snprintf(out[n++], 64, "G%s", wf_fmt_count(x, s->created));
    snprintf(out[n++], 64, "M%zu", nthreads);
    snprintf(out[n++], 64, "%s ev", wf_fmt_count(x, info->events));
    return n;
}

static void draw_header(const struct wf_tui *t, struct wf_area a)
{
    const struct wf_trace_info *info = wf_model_info(t->md);
    char text[8][64];
    size_t n = parts(t, text);

    wf_fill(a, 0, 0, a.w, 1, WF_S_TITLE, ' ');
    int end = a.w - put_alerts(t, a);
    int x = wf_put(a, 1, 0, WF_S_TITLE, "weft ");
    const char *name = base_name(info->file ? info->file : t->opts->path);
    int w = wf_columns(name), most = end - x - 16 > 8 ? end - x - 16 : 8;
    w = w > most ? most : w;
    wf_put_in(wf_area_sub(a, 0, 0, end, 1), x, 0, w, false, WF_S_NAME, name);
    x += w;
    for (size_t i = 0; i < n; i++) {
        int wide = wf_columns(text[i]);
        bool loss = !strcmp(text[i], "INCOMPLETE") ||
                    (!strncmp(text[i], "lost", 4) && strcmp(text[i], "lost 0") != 0);
        if (x + 2 + wide >= end)
            continue;
        x = wf_put(a, x + 2, 0, loss ? WF_S_ALARM : WF_S_TITLE, text[i]);
    }
}

static void draw_tabs(const struct wf_tui *t, struct wf_area a)
{
    int x = 0;

    for (int i = 0; i < WF_NVIEWS; i++) {
        bool on = i == (int)t->view;
        enum wf_style s = on ? WF_S_TAB_ON : WF_S_TAB;
        if (a.w < 80 && !on) { /* numbers only */
            x = wf_putf(a, x, 1, s, " %c", wf_views[i].key);
            continue;
        }
        x = wf_putf(a, x, 1, s, on ? "[%c %s]" : " %c %s ", wf_views[i].key,
                    wf_views[i].tab);
    }
    const char *doc = wf_views[t->view].doc;
    if (x + 3 + wf_columns(doc) <= a.w)
        wf_put(a, a.w - wf_columns(doc), 1, WF_S_DIM, doc);
}

/* The first of a row's keys. */
static void first_key(char out[WF_KEY_NAME_MAX], const char *keys)
{
    snprintf(out, WF_KEY_NAME_MAX, "%.*s", (int)strcspn(keys, " "), keys);
}

static int footer_width(const struct wf_binding *b)
{
    char key[WF_KEY_NAME_MAX];

    first_key(key, b->keys);
    return wf_columns(key) + wf_columns(b->label) + 4;
}

/* Keys with a label that fit into [x, end): of this screen, or of all. */
static int put_keys(struct wf_area a, int x, int end, unsigned scopes)
{
    for (size_t i = 0; i < wf_nbindings; i++) {
        const struct wf_binding *b = &wf_bindings[i];
        char key[WF_KEY_NAME_MAX];
        if (!(b->scope & scopes) || !b->label[0] || x + footer_width(b) > end)
            continue;
        first_key(key, b->keys);
        x = wf_putf(a, x, 0, WF_S_KEY, " %s ", key);
        x = wf_putf(a, x, 0, WF_S_FOOT, "%s ", b->label);
    }
    return x;
}

/* Those of all screens keep their place at the end: help is never pushed out. */
static void draw_footer(const struct wf_tui *t, struct wf_area a)
{
    unsigned own = wf_tui_scopes(t) & ~(unsigned)WF_SCOPE_ALL;
    int all = 0;

    wf_fill(a, 0, 0, a.w, 1, WF_S_FOOT, ' ');
    for (size_t i = 0; i < wf_nbindings; i++)
        if (wf_bindings[i].scope == WF_SCOPE_ALL && wf_bindings[i].label[0])
            all += footer_width(&wf_bindings[i]);
    int x = put_keys(a, 0, a.w - all, own);
    put_keys(a, x, a.w, WF_SCOPE_ALL);
}

void wf_chrome_draw(const struct wf_tui *t, struct wf_area a)
{
    struct wf_area last = wf_area_sub(a, 0, a.h - 1, a.w, 1);

    draw_header(t, a);
    draw_tabs(t, a);
    if (t->prompt.kind) {
        wf_prompt_draw(t, last);
    } else if (t->message[0]) {
        wf_fill(last, 0, 0, last.w, 1, WF_S_TEXT, ' ');
        wf_put(last, 0, 0, t->bad ? WF_S_BAD : WF_S_BOLD, t->message);
    } else if (footer_rows(t, a)) {
        draw_footer(t, last);
    }
}

void wf_vital_draw(const struct wf_tui *t, struct wf_area a)
{
    const struct wf_summary *s = wf_model_summary(t->md);
    size_t alerts;
    char x[WF_FMT_MAX], y[WF_FMT_MAX];

    wf_model_alerts(t->md, &alerts);
    wf_putf(a, 0, 0, alerts ? WF_S_BAD : WF_S_TEXT, "!%zu %s G%s lost %" PRIu64, alerts,
            wf_fmt_time(x, wf_duration(t)), wf_fmt_count(y, s->live),
            wf_model_info(t->md)->lost_events);
    if (t->prompt.kind && a.h > 1)
        wf_prompt_draw(t, wf_area_sub(a, 0, a.h - 1, a.w, 1));
}

/* Lines of the help: keys of this screen, then those of all; columns of its table. */
static int help_lines(const struct wf_tui *t, struct wf_area a, int top)
{
    const struct wf_table *tb = wf_tui_table(t);
    unsigned scopes = wf_tui_scopes(t);
    int y = -top;

    wf_putf(a, 1, y++, WF_S_DIM, "%s", wf_views[t->view].doc);
    for (int all = 0; all < 2; all++) {
        y++;
        wf_putf(a, 1, y++, WF_S_BOLD, "%s",
                all ? "everywhere" : wf_views[t->view].name);
        for (size_t i = 0; i < wf_nbindings; i++) {
            const struct wf_binding *b = &wf_bindings[i];
            if (!(b->scope & scopes) || (b->scope == WF_SCOPE_ALL) != all ||
                !b->help[0])
                continue;
            wf_put_in(a, 3, y, HELP_KEYS - 4, false, WF_S_TEXT, b->keys);
            wf_put(a, HELP_KEYS, y++, WF_S_TEXT, b->help);
        }
    }
    if (tb) {
        y++;
        wf_put(a, 1, y++, WF_S_BOLD, "columns");
        for (size_t i = 0; i < tb->def->ncolumns; i++) {
            wf_put_in(a, 3, y, HELP_KEYS - 4, false, WF_S_TEXT,
                      tb->def->columns[i].title);
            wf_put(a, HELP_KEYS, y++, WF_S_TEXT, tb->def->columns[i].doc);
        }
    }
    if (wf_tui_scopes(t) & WF_SCOPE_TIMELINE) {
        static const unsigned shown[] = { WF_G_RUNNING, WF_G_RUNNABLE,    WF_G_WAITING,
                                          WF_G_SYSCALL, WF_LANE_SPINNING, WF_G_IDLE,
                                          WF_LANE_GAP };
        static const char *const words[] = { "running",          "runnable",
                                             "waiting",          "in a blocking call",
                                             "looking for work", "idle",
                                             "not in the trace" };
        y++;
        wf_put(a, 1, y++, WF_S_BOLD, "states");
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
            for (int x = 3; x < 9; x++)
                wf_put_glyph(a, x, y, wf_state_style(shown[i]),
                             wf_state_glyph(shown[i]));
            wf_put(a, HELP_KEYS, y++, WF_S_TEXT, words[i]);
        }
    }
    return y + top;
}

void wf_help_draw(const struct wf_tui *t, struct wf_area a)
{
    struct wf_area box = wf_area_sub(a, a.w > 90 ? (a.w - 84) / 2 : 2, TOP,
                                     a.w > 90 ? 84 : a.w - 4, a.h - TOP - 1);
    struct wf_area in = wf_area_sub(box, 1, 1, box.w - 2, box.h - 2);

    wf_fill(box, 0, 0, box.w, box.h, WF_S_TEXT, ' ');
    for (int x = 0; x < box.w; x++) {
        wf_put_glyph(box, x, 0, WF_S_DIM, WF_GL_RULE);
        wf_put_glyph(box, x, box.h - 1, WF_S_DIM, WF_GL_RULE);
    }
    for (int y = 0; y < box.h; y++) {
        wf_put_glyph(box, 0, y, WF_S_DIM,
                     y == 0           ? WF_GL_TL
                     : y == box.h - 1 ? WF_GL_BL
                                      : WF_GL_BAR);
        wf_put_glyph(box, box.w - 1, y, WF_S_DIM,
                     y == 0           ? WF_GL_TR
                     : y == box.h - 1 ? WF_GL_BR
                                      : WF_GL_BAR);
    }
    int lines = help_lines(t, in, t->help_top);
    wf_put(box, 2, 0, WF_S_BOLD, " help ");
    if (lines > t->help_top + in.h)
        wf_put(box, 2, box.h - 1, WF_S_BOLD, " more: Down, PgDn ");
    wf_put(box, box.w - 14, box.h - 1, WF_S_DIM, " Esc closes ");
}

void wf_help_key(struct wf_tui *t, struct wf_key key)
{
    static const struct wf_canvas none;
    struct wf_area nowhere = { (struct wf_canvas *)&none, 0, 0, 0, 0 };
    int last = help_lines(t, nowhere, 0) - 4,
        page = t->canvas.h > 8 ? t->canvas.h - 6 : 1;

    switch (key.code) {
    case 'j':
    case WF_KEY_DOWN:
    case WF_KEY_WHEEL_DOWN:
        t->help_top++;
        break;
    case 'k':
    case WF_KEY_UP:
    case WF_KEY_WHEEL_UP:
        t->help_top--;
        break;
    case WF_KEY_PGDN:
    case ' ':
        t->help_top += page;
        break;
    case WF_KEY_PGUP:
        t->help_top -= page;
        break;
    default:
        t->help = false;
    }
    t->help_top = t->help_top > last ? last : t->help_top;
    t->help_top = t->help_top < 0 ? 0 : t->help_top;
}
