/* SPDX-License-Identifier: MIT */
/*
 * app.c - screens, keys and frames.
 */
#include "tui/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct wf_view_info wf_views[WF_NVIEWS] = {
#define VIEW(name, key, tab, doc) { #name, key, tab, doc, &wf_view_##name },
#include "tui/views.def"
};

int wf_tui_init(struct wf_tui *t, const struct wf_tui_opts *o, struct wf_model *md,
                int w, int h)
{
    *t = (struct wf_tui){ .md = md, .opts = o, .version = 1, .loading = true };
    t->canvas.ascii = o->ascii;
    t->win.cols = 1; /* until the timeline knows better */
    wf_window_fit(&t->win, 0, 0);
    int err = wf_canvas_resize(&t->canvas, w, h);
    if (err)
        return err;
    for (int i = 0; i < WF_NVIEWS; i++) {
        const struct wf_view *v = wf_views[i].view;
        t->self[i] = calloc(1, v->size ? v->size : 1);
        if (!t->self[i]) {
            wf_tui_fini(t);
            return -ENOMEM;
        }
        if (v->open)
            v->open(t, t->self[i]);
    }
    return 0;
}

void wf_tui_fini(struct wf_tui *t)
{
    for (int i = 0; i < WF_NVIEWS; i++) {
        const struct wf_view *v = wf_views[i].view;
        if (t->self[i] && v->close)
            v->close(t->self[i]);
        free(t->self[i]);
        t->self[i] = NULL;
    }
    wf_canvas_fini(&t->canvas);
}

int wf_tui_resize(struct wf_tui *t, int w, int h)
{
    return wf_canvas_resize(&t->canvas, w, h);
}

void wf_tui_grown(struct wf_tui *t, bool done)
{
    int64_t before = t->win.end;

    t->version++;
    t->loading = !done;
    t->win.end = wf_duration(t);
    /* What shows all of the trace goes on doing so. */
    if (t->win.col == 0 || (t->win.from == 0 && before <= t->win.col * t->win.cols))
        wf_window_fit(&t->win, 0, t->win.end);
    if (done && t->opts->at > 0 && t->win.cursor == 0)
        wf_window_goto(&t->win, t->opts->at);
}

unsigned wf_tui_scopes(const struct wf_tui *t)
{
    return WF_SCOPE_ALL | wf_views[t->view].view->scopes;
}

struct wf_table *wf_tui_table(const struct wf_tui *t)
{
    const struct wf_view *v = wf_views[t->view].view;
    return v->table ? v->table(t->self[t->view]) : NULL;
}

static void say(struct wf_tui *t, bool bad, const char *format, va_list args)
{
    vsnprintf(t->message, sizeof t->message, format, args);
    t->bad = bad;
}

void wf_tui_say(struct wf_tui *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(t, false, format, args);
    va_end(args);
}

void wf_tui_complain(struct wf_tui *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(t, true, format, args);
    va_end(args);
}

/* Rows that a view borrowed are good until the model grew: fetch them anew. */
void wf_tui_refresh(struct wf_tui *t)
{
    const struct wf_view *v = wf_views[t->view].view;
    struct wf_area body = wf_chrome_body(t, wf_area_all(&t->canvas));

    if (t->shown[t->view] != t->version && v->update)
        v->update(t, t->self[t->view], body.w, body.h);
    t->shown[t->view] = t->version;
}

void wf_tui_show(struct wf_tui *t, enum wf_view_id view)
{
    if (view == t->view)
        return;
    if (t->nback == WF_BACK_MAX) {
        memmove(t->back, t->back + 1, (WF_BACK_MAX - 1) * sizeof *t->back);
        t->nback--;
    }
    t->back[t->nback++] = t->view;
    t->view = view;
    wf_tui_refresh(t);
}

void wf_tui_back(struct wf_tui *t)
{
    if (t->nback > 0)
        t->view = t->back[--t->nback];
    wf_tui_refresh(t);
}

void wf_tui_key(struct wf_tui *t, struct wf_key key)
{
    t->message[0] = '\0';
    t->bad = false;
    wf_tui_refresh(t);
    if (t->await) {
        void (*await)(struct wf_tui *, struct wf_key) = t->await;
        t->await = NULL;
        await(t, key);
    } else if (t->prompt.kind) {
        wf_prompt_key(t, key);
    } else if (t->help) {
        wf_help_key(t, key);
    } else {
        const struct wf_binding *b = wf_binding_find(wf_tui_scopes(t), key);
        if (b)
            b->act(t, key);
    }
}

void wf_tui_frame(struct wf_tui *t)
{
    struct wf_area all = wf_area_all(&t->canvas);
    const struct wf_view *v = wf_views[t->view].view;
    void *self = t->self[t->view];

    wf_canvas_clear(&t->canvas);
    if (all.w < 40 || all.h < 10) {
        wf_vital_draw(t, all);
        return;
    }
    struct wf_area body = wf_chrome_body(t, all);
    if (v->update)
        v->update(t, self, body.w, body.h);
    t->shown[t->view] = t->version;
    v->draw(t, self, body);
    wf_chrome_draw(t, all);
    if (t->help)
        wf_help_draw(t, all);
}
