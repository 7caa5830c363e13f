/* SPDX-License-Identifier: MIT */
/*
 * actions.c - what keys do; those of the timeline are in timeline_keys.c.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/app.h"

const struct wf_binding wf_bindings[] = {
#define KEY(scope, keys, command, label, help)                                         \
    { WF_SCOPE_##scope, keys, wf_do_##command, label, help },
#include "tui/keys.def"
};
const size_t wf_nbindings = sizeof wf_bindings / sizeof *wf_bindings;

/* Is the key one of these, written with blanks between? */
static bool among(const char *keys, struct wf_key key)
{
    char name[WF_KEY_NAME_MAX];

    for (const char *s = keys; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        struct wf_key k;
        snprintf(name, sizeof name, "%.*s", (int)n, s);
        if (!wf_key_parse(name, &k) && wf_key_same(k, key))
            return true;
        s += n;
    }
    return false;
}

const struct wf_binding *wf_binding_find(unsigned scopes, struct wf_key key)
{
    for (size_t i = 0; i < wf_nbindings; i++)
        if ((wf_bindings[i].scope & scopes) && among(wf_bindings[i].keys, key))
            return &wf_bindings[i];
    return NULL;
}

/* Keys that need nothing of the key itself. */
#define DO(command, statement)                                                         \
    void wf_do_##command(struct wf_tui *t, struct wf_key key)                          \
    {                                                                                  \
        (void)key;                                                                     \
        statement;                                                                     \
    }

static void move(struct wf_tui *t, long rows)
{
    struct wf_table *tb = wf_tui_table(t);
    const struct wf_view *v = wf_views[t->view].view;
    size_t before = tb ? tb->selected : 0;

    if (!tb)
        return;
    wf_table_move(tb, rows);
    if (tb->selected == before && v->flow)
        v->flow(t->self[t->view], rows > 0 ? 1 : -1);
}

static int page(const struct wf_tui *t)
{
    const struct wf_table *tb = wf_tui_table(t);
    return tb ? wf_table_page(tb) : 1;
}

DO(row_down, move(t, 1))
DO(row_up, move(t, -1))
DO(page_down, move(t, page(t)))
DO(page_up, move(t, -page(t)))
DO(row_first, move(t, -(1L << 40)))
DO(row_last, move(t, 1L << 40))

static void sort_step(struct wf_tui *t, int step)
{
    struct wf_table *tb = wf_tui_table(t);
    if (tb)
        wf_table_sort_step(tb, t, step);
}

DO(sort_next, sort_step(t, 1))
DO(sort_prev, sort_step(t, -1))

void wf_do_sort_invert(struct wf_tui *t, struct wf_key key)
{
    struct wf_table *tb = wf_tui_table(t);
    (void)key;
    if (tb)
        wf_table_invert(tb, t);
}

void wf_do_filter(struct wf_tui *t, struct wf_key key)
{
    const struct wf_table *tb = wf_tui_table(t);
    (void)key;
    wf_prompt_open(t, 'f', tb ? tb->filter : "");
}

DO(search, wf_prompt_open(t, '/', ""))
DO(command, wf_prompt_open(t, ':', ""))

static void search(struct wf_tui *t, int step)
{
    const struct wf_view *v = wf_views[t->view].view;
    struct wf_table *tb = wf_tui_table(t);
    bool found = t->search[0] &&
                 (v->search ? v->search(t, t->self[t->view], t->search, step)
                            : tb && wf_table_search(tb, t, t->search, step));
    if (!t->search[0])
        wf_tui_complain(t, "nothing was searched for yet (/ begins)");
    else if (!found)
        wf_tui_complain(t, "not found: %s", t->search);
}

DO(search_next, search(t, 1))
DO(search_prev, search(t, -1))

void wf_do_hide_system(struct wf_tui *t, struct wf_key key)
{
    (void)key;
    t->hide_system = !t->hide_system;
    t->version++;
    wf_tui_say(t, "the runtime's own coroutines are %s",
               t->hide_system ? "hidden" : "shown");
}

static const struct wf_evidence *fact(const struct wf_alert *a, const char *key)
{
    for (size_t i = 0; i < a->nevidence; i++)
        if (!a->evidence[i].text && !strcmp(a->evidence[i].key, key))
            return &a->evidence[i];
    return NULL;
}

/* Coroutines that the alert names become lanes: by its facts, and as "G17" in a cycle. */
static void pin_named(struct wf_tui *t, const struct wf_alert *a)
{
    static const char *const keys[] = { "waiting_g", "server_g" };

    for (const char *s = a->title; (s = strchr(s, 'G')); s++)
        if (isdigit((unsigned char)s[1]) && (s == a->title || s[-1] == ' '))
            wf_timeline_pin(t, strtoull(s + 1, NULL, 10));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (fact(a, keys[i]))
            wf_timeline_pin(t, (uint64_t)fact(a, keys[i])->n);
}

/* Where an alert is seen: the lane of whom it blames, at its worst moment. */
static void show_alert(struct wf_tui *t, const struct wf_alert *a)
{
    const struct wf_evidence *at = fact(a, "at_ns"), *server = fact(a, "server_g");
    uint64_t g = server ? (uint64_t)server->n : a->g;
    struct wf_lane lane = g           ? (struct wf_lane){ WF_LANE_G, (int64_t)g }
                          : a->p >= 0 ? (struct wf_lane){ WF_LANE_P, a->p }
                          : a->m > 0  ? (struct wf_lane){ WF_LANE_M, a->m }
                                      : (struct wf_lane){ WF_LANE_MARKS, 0 };
    int64_t from = a->from, to = a->to > a->from ? a->to : a->from + 1;

    if (at && at > a->evidence) { /* the fact before it: how long the worst took */
        from = at->n;
        to = from + (at[-1].n > 0 ? at[-1].n : 1);
    }
    wf_timeline_show(t, lane, from, to);
    pin_named(t, a);
    wf_tui_say(t, "%s: %s", wf_alert_name(a->kind), a->title);
}

static void goto_alert(struct wf_tui *t, int step)
{
    size_t n, at = t->alert;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &n);

    if (n == 0) {
        wf_tui_say(t, "no alerts");
        return;
    }
    at = at == 0 ? (step > 0 ? 0 : n - 1) : (at - 1 + (step > 0 ? 1 : n - 1)) % n;
    t->alert = at + 1;
    show_alert(t, alerts[at]);
}

DO(worst_alert, t->alert = 0; goto_alert(t, 1))
DO(next_alert, goto_alert(t, 1))
DO(prev_alert, goto_alert(t, -1))

void wf_do_show_alert(struct wf_tui *t, struct wf_key key)
{
    const struct wf_table *tb = wf_tui_table(t);
    const struct wf_alert *a = tb ? wf_table_selected(tb) : NULL;

    (void)key;
    if (!a)
        return;
    size_t n;
    const struct wf_alert *const *alerts = wf_model_alerts(t->md, &n);
    for (size_t i = 0; i < n; i++)
        if (alerts[i] == a)
            t->alert = i + 1;
    show_alert(t, a);
}

void wf_do_show_row(struct wf_tui *t, struct wf_key key)
{
    const struct wf_table *tb = wf_tui_table(t);
    const struct wf_g_row *g = tb ? wf_table_selected(tb) : NULL;

    (void)key;
    if (!g)
        return;
    int64_t from = g->runnable_max >= g->run_max ? g->runnable_max_at : g->run_max_at;
    int64_t wait = g->runnable_max >= g->run_max ? g->runnable_max : g->run_max;
    if (wait <= 0) {
        from = g->begin;
        wait = g->end - g->begin;
    }
    wf_timeline_show(t, (struct wf_lane){ WF_LANE_G, (int64_t)g->g }, from,
                     from + (wait > 0 ? wait : 1));
}

void wf_do_show_site(struct wf_tui *t, struct wf_key key)
{
    const struct wf_table *tb = wf_tui_table(t);
    const struct wf_site_row *s = tb ? wf_table_selected(tb) : NULL;

    (void)key;
    if (!s)
        return;
    wf_tui_show(t, WF_VIEW_coroutines);
    wf_table_filter(wf_tui_table(t), t, s->where && s->where[0] ? s->where : s->name);
}

void wf_do_show_object(struct wf_tui *t, struct wf_key key)
{
    const struct wf_view *v = wf_views[t->view].view;
    struct wf_pair *p = t->self[t->view];
    const struct wf_obj_row *o = v->table ? wf_table_selected(&p->tb[0]) : NULL;

    (void)key;
    if (!o || p->focus != 0)
        return;
    if (!o->waiters_max) {
        wf_tui_say(t, "nobody waited for it");
        return;
    }
    wf_tui_show(t, WF_VIEW_timeline);
    wf_window_goto(&t->win, o->waiters_max_at);
    wf_tui_say(t, "here %" PRIu32 " waited for it", o->waiters_max);
}

void wf_do_screen(struct wf_tui *t, struct wf_key key)
{
    for (int i = 0; i < WF_NVIEWS; i++)
        if ((uint32_t)wf_views[i].key == key.code)
            wf_tui_show(t, (enum wf_view_id)i);
}

static enum wf_view_id beside(const struct wf_tui *t, int step)
{
    return (enum wf_view_id)(((int)t->view + step + WF_NVIEWS) % WF_NVIEWS);
}

DO(next_screen, wf_tui_show(t, beside(t, 1)))
DO(prev_screen, wf_tui_show(t, beside(t, -1)))

/* Back and forth between two screens. */
void wf_do_last_screen(struct wf_tui *t, struct wf_key key)
{
    (void)key;
    if (t->nback > 0)
        wf_tui_show(t, t->back[t->nback - 1]);
}

void wf_do_back(struct wf_tui *t, struct wf_key key)
{
    struct wf_table *tb = wf_tui_table(t);

    (void)key;
    if (tb && tb->filter[0])
        wf_table_filter(tb, t, "");
    else
        wf_tui_back(t);
}

void wf_do_help(struct wf_tui *t, struct wf_key key)
{
    (void)key;
    t->help = true;
    t->help_top = 0;
}

void wf_do_save(struct wf_tui *t, struct wf_key key)
{
    char path[64];

    (void)key;
    snprintf(path, sizeof path, "weft-screen-%d.txt", ++t->shots);
    if (!wf_tui_shot(t, path))
        wf_tui_say(t, "written: %s", path);
}

DO(redraw, t->redraw = true)
DO(suspend, t->suspend = true)
DO(quit, t->quit = true)
