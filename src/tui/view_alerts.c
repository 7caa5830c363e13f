/* SPDX-License-Identifier: MIT */
/*
 * view_alerts.c - what looks wrong, worst first, each with its evidence and advice.
 */
#include <inttypes.h>
#include <string.h>

#include "tui/app.h"
#include "tui/fmt.h"

#define COLUMN(name)                                                                   \
    static void name(const struct wf_tui *t, const void *row, struct wf_value *v)
#define A(row) ((const struct wf_alert *)(row))

COLUMN(severity)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s",
             wf_severity_name((enum wf_severity)A(row)->severity));
}

static enum wf_style severity_style(const struct wf_tui *t, const void *row)
{
    (void)t;
    return A(row)->severity == WF_CRITICAL  ? WF_S_BAD
           : A(row)->severity == WF_WARNING ? WF_S_WARN
                                            : WF_S_TEXT;
}

COLUMN(kind)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", wf_alert_name(A(row)->kind));
}

COLUMN(from)
{
    (void)t;
    v->kind = WF_V_TIME;
    v->n = A(row)->from;
}

COLUMN(length)
{
    (void)t;
    v->kind = WF_V_TIME;
    v->n = A(row)->to - A(row)->from;
}

COLUMN(title)
{
    (void)t;
    v->kind = WF_V_TEXT;
    snprintf(v->text, sizeof v->text, "%s", A(row)->title);
}

COLUMN(site)
{
    (void)t;
    v->kind = A(row)->site[0] ? WF_V_TEXT : WF_V_NONE;
    snprintf(v->text, sizeof v->text, "%s", A(row)->site);
}

static const struct wf_column columns[] = {
    { "severity", "SEVERITY", 8, 60, "info, warning or critical", severity,
      severity_style },
    { "kind", "KIND", 17, 0, "what it is; weft(1) lists the kinds", kind, NULL },
    { "from", "AT", 7, 50, "when it began", from, NULL },
    { "length", "FOR", 7, 60, "how long it lasted", length, NULL },
    { "title", "WHAT", 0, 0, "in one sentence", title, NULL },
    { "site", "SITE", 28, 140, "where the coroutine was made", site, NULL },
};

static bool critical(const struct wf_tui *t, const void *row)
{
    (void)t;
    return A(row)->severity == WF_CRITICAL;
}

static const struct wf_table_def def = {
    .title = "ALERTS",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .sort = -1,
    .empty = "none: nothing in this trace looks wrong",
    .alarming = critical,
};

struct alerts {
    struct wf_table table;
    bool beside; /* the detail, not below */
    int detail;  /* its columns or rows */
};

static void alerts_open(struct wf_tui *t, void *self)
{
    (void)t;
    wf_table_init(&((struct alerts *)self)->table, &def);
}

static void alerts_close(void *self)
{
    wf_table_fini(&((struct alerts *)self)->table);
}

static void alerts_update(struct wf_tui *t, void *self, int w, int h)
{
    struct alerts *al = self;

    if (t->shown[WF_VIEW_alerts] != t->version) {
        size_t n;
        const struct wf_alert *const *rows = wf_model_alerts(t->md, &n);
        wf_table_update(&al->table, t, WF_ROWS(rows), n);
    }
    al->beside = w >= 140;
    al->detail = al->beside ? w / 3 : h >= 16 ? 11 : 0;
    wf_table_place(&al->table, 0, 2, al->beside ? w - al->detail - 1 : w,
                   al->beside ? h : h - al->detail);
}

/* Its value with the unit that its key tells. */
static void evidence_text(char out[WF_NAME_MAX], const struct wf_evidence *e)
{
    size_t n = strlen(e->key);
    char text[WF_FMT_MAX];

    if (e->text)
        snprintf(out, WF_NAME_MAX, "%s", e->text);
    else if (n > 3 && !strcmp(e->key + n - 3, "_ns"))
        snprintf(out, WF_NAME_MAX, "%s", wf_fmt_time(text, e->n));
    else
        snprintf(out, WF_NAME_MAX, "%" PRId64, e->n);
}

static void draw_detail(const struct wf_alert *a, struct wf_area d)
{
    char text[WF_NAME_MAX];
    int x = 0, y = 1;

    y = wf_put_wrapped(d, 1, y, WF_S_BOLD, a->title);
    for (size_t i = 0; i < a->nevidence && y < d.h - 2; i++) {
        const struct wf_evidence *e = &a->evidence[i];
        evidence_text(text, e);
        int w = (int)strlen(e->key) + wf_columns(text) + 3;
        if (x > 0 && x + w > d.w) {
            x = 0;
            y++;
        }
        if (w > d.w) {
            wf_putf(d, 1, y, WF_S_DIM, "%s ", e->key);
            y = wf_put_wrapped(d, (int)strlen(e->key) + 2, y, WF_S_TEXT, text);
            continue;
        }
        x = wf_putf(d, x + 1, y, WF_S_DIM, "%s ", e->key);
        x = wf_put(d, x, y, WF_S_TEXT, text) + 1;
    }
    if (a->object[0])
        wf_putf(d, 1, ++y, WF_S_TEXT, "object %s", a->object);
    if (a->advice)
        wf_put_wrapped(d, 1, y + 1, WF_S_RUNNING, a->advice);
}

static void alerts_draw(const struct wf_tui *t, const void *self, struct wf_area a)
{
    const struct alerts *al = self;
    const struct wf_table *tb = &al->table;
    const struct wf_alert *chosen = wf_table_selected(tb);
    struct wf_area d = al->beside ? wf_area_sub(a, tb->w + 1, 0, al->detail, a.h)
                                  : wf_area_sub(a, 0, tb->h, a.w, al->detail);

    wf_table_draw(tb, t, wf_area_sub(a, 0, 0, tb->w, tb->h), true);
    if (!al->detail)
        return;
    if (al->beside)
        for (int y = 0; y < a.h; y++)
            wf_put_glyph(a, tb->w, y, WF_S_DIM, WF_GL_BAR);
    else
        for (int x = 0; x < a.w; x++)
            wf_put_glyph(d, x, 0, WF_S_DIM, WF_GL_RULE);
    if (chosen)
        draw_detail(chosen, d);
}

static struct wf_table *alerts_table(void *self)
{
    return &((struct alerts *)self)->table;
}

const struct wf_view wf_view_alerts = {
    .scopes = WF_SCOPE_TABLE | WF_SCOPE_ALERTS,
    .size = sizeof(struct alerts),
    .open = alerts_open,
    .close = alerts_close,
    .update = alerts_update,
    .draw = alerts_draw,
    .table = alerts_table,
};
