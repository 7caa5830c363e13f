/* SPDX-License-Identifier: MIT */
/*
 * lanes.c - which lanes there are, and the cells of those in sight.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "tui/timeline.h"

enum { SMALL = 100000 /* events */ };
enum { PS = 1, QUEUES = 2, MS = 4 };

static const struct {
    const char *name;
    unsigned lanes;
} sets[] = { { "all", PS | QUEUES | MS },
             { "queues", PS | QUEUES },
             { "threads", PS | MS },
             { "procs", PS } };
enum { NSETS = sizeof sets / sizeof *sets };

const char *wf_lane_set_name(size_t i)
{
    return i < NSETS ? sets[i].name : NULL;
}

int wf_timeline_lanes(struct wf_tui *t, const char *set)
{
    for (size_t i = 0; i < NSETS; i++)
        if (!strcmp(sets[i].name, set)) {
            wf_timeline(t)->set = i;
            wf_timeline(t)->lanes_version++;
            return 0;
        }
    return -EINVAL;
}

void wf_lane_name(char out[32], struct wf_lane lane)
{
    switch (lane.kind) {
    case WF_LANE_P:
        snprintf(out, 32, "P%" PRId64, lane.id);
        break;
    case WF_LANE_M:
        snprintf(out, 32, "M%" PRId64, lane.id);
        break;
    case WF_LANE_QUEUE:
        snprintf(out, 32, "q%" PRId64, lane.id);
        break;
    case WF_LANE_GLOBAL_QUEUE:
        snprintf(out, 32, "qG");
        break;
    case WF_LANE_G:
        snprintf(out, 32, "G%" PRIu64, (uint64_t)lane.id);
        break;
    case WF_LANE_MARKS:
        snprintf(out, 32, "!");
        break;
    }
}

int wf_lane_parse(const char *name, struct wf_lane *out)
{
    static const struct {
        char letter;
        enum wf_lane_kind kind;
    } letters[] = { { 'p', WF_LANE_P },     { 'm', WF_LANE_M }, { 'g', WF_LANE_G },
                    { 'q', WF_LANE_QUEUE }, { 'P', WF_LANE_P }, { 'M', WF_LANE_M },
                    { 'G', WF_LANE_G } };
    int64_t id;

    if (!strcmp(name, "global") || !strcmp(name, "qG")) {
        *out = (struct wf_lane){ WF_LANE_GLOBAL_QUEUE, 0 };
        return 0;
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (name[0] == letters[i].letter) {
            if (wf_parse_int(name + 1, &id) || id < 0)
                return -EINVAL;
            *out = (struct wf_lane){ letters[i].kind, id };
            return 0;
        }
    return -EINVAL;
}

static void add(struct wf_timeline *tl, enum wf_lane_kind kind, int64_t id)
{
    if (tl->nlanes == tl->lanes_size) {
        size_t size = tl->lanes_size ? 2 * tl->lanes_size : 64;
        struct wf_lane *lanes = realloc(tl->lanes, size * sizeof *lanes);
        if (!lanes)
            return; /* those that fit are shown */
        tl->lanes = lanes;
        tl->lanes_size = size;
    }
    tl->lanes[tl->nlanes++] = (struct wf_lane){ kind, id };
}

static bool same(struct wf_lane a, struct wf_lane b)
{
    return a.kind == b.kind && a.id == b.id;
}

static void choose(struct wf_timeline *tl, struct wf_lane lane)
{
    for (size_t i = 0; i < tl->nlanes; i++)
        if (same(tl->lanes[i], lane)) {
            tl->selected = i;
            return;
        }
}

void wf_timeline_list(struct wf_tui *t, struct wf_timeline *tl)
{
    struct wf_lane before = { WF_LANE_MARKS, 0 };
    unsigned which = sets[tl->set].lanes;
    size_t nprocs, nthreads;
    const struct wf_p_row *const *procs = wf_model_procs(t->md, &nprocs);
    const struct wf_m_row *const *threads = wf_model_threads(t->md, &nthreads);

    if (tl->selected < tl->nlanes)
        before = tl->lanes[tl->selected];
    tl->nlanes = 0;
    for (size_t i = 0; i < tl->npins; i++)
        add(tl, WF_LANE_G, (int64_t)tl->pins[i].g);
    for (size_t i = 0; i < nprocs; i++)
        add(tl, WF_LANE_P, procs[i]->p);
    if ((which & QUEUES) && tl->queues) {
        for (size_t i = 0; i < nprocs; i++)
            add(tl, WF_LANE_QUEUE, procs[i]->p);
        add(tl, WF_LANE_GLOBAL_QUEUE, 0);
    }
    if (which & MS)
        for (size_t i = 0; i < nthreads; i++)
            add(tl, WF_LANE_M, threads[i]->m);
    if (tl->selected >= tl->nlanes)
        tl->selected = 0;
    choose(tl, before);
    if (tl->wanted)
        choose(tl, tl->want);
    tl->wanted = false;
}

static bool room(struct wf_timeline *tl, size_t rows, int cols)
{
    struct wf_cell *marks;

    if (cols > tl->cells_cols) {
        marks = realloc(tl->marks, (size_t)cols * sizeof *marks);
        if (!marks)
            return false;
        tl->marks = marks;
        for (size_t i = 0; i < tl->shown_size; i++) {
            free(tl->shown[i].cells);
            tl->shown[i].cells = NULL;
        }
        tl->cells_cols = cols;
    }
    if (rows > tl->shown_size) {
        struct wf_lane_shown *shown = realloc(tl->shown, rows * sizeof *shown);
        if (!shown)
            return false;
        memset(shown + tl->shown_size, 0, (rows - tl->shown_size) * sizeof *shown);
        tl->shown = shown;
        tl->shown_size = rows;
    }
    for (size_t i = 0; i < rows; i++)
        if (!tl->shown[i].cells)
            tl->shown[i].cells = calloc((size_t)tl->cells_cols, sizeof(struct wf_cell));
    return true;
}

/* Cells of one lane; none of it may be believed when the model cannot say. */
static void fetch(struct wf_tui *t, struct wf_lane lane, struct wf_cell *cells)
{
    const struct wf_window *w = &t->win;
    int64_t to = w->from + w->col * w->cols;

    memset(cells, 0, (size_t)w->cols * sizeof *cells);
    if (wf_model_lane(t->md, lane.kind, lane.id, w->from, to, cells, (size_t)w->cols))
        for (int i = 0; i < w->cols; i++)
            cells[i].pending = true;
}

/*
 * What holds at the cursor is decoded again: for the lane that is looked at, and for all
 * where the trace is small.
 */
static void moment(struct wf_tui *t, struct wf_lane_shown *l, bool chosen)
{
    bool queue = l->lane.kind == WF_LANE_QUEUE || l->lane.kind == WF_LANE_GLOBAL_QUEUE;

    memset(&l->moment, 0, sizeof l->moment);
    l->known = false;
    if (!queue && !t->loading && (chosen || wf_model_info(t->md)->events < SMALL))
        l->known = !wf_model_moment(t->md, l->lane.kind, l->lane.id, t->win.cursor,
                                    &l->moment);
    if (l->lane.kind != WF_LANE_G && l->moment.state == WF_G_NSTATES)
        l->moment.state = WF_G_IDLE; /* nothing was told of it yet */
}

void wf_timeline_fetch(struct wf_tui *t, struct wf_timeline *tl)
{
    const struct wf_window *w = &t->win;
    size_t n = tl->nlanes - tl->top < (size_t)tl->rows ? tl->nlanes - tl->top
                                                       : (size_t)tl->rows;
    bool fresh = tl->fetched.version == t->version && tl->fetched.from == w->from &&
                 tl->fetched.col == w->col && tl->fetched.cols == w->cols &&
                 tl->fetched.top == tl->top && tl->fetched.n == n &&
                 tl->fetched.lanes == tl->lanes_version;

    if (fresh && tl->fetched.cursor == w->cursor && tl->fetched.chosen == tl->selected)
        return;
    if (!room(tl, n, w->cols)) {
        tl->nshown = 0;
        return;
    }
    tl->nshown = n;
    for (size_t i = 0; i < n; i++) {
        tl->shown[i].lane = tl->lanes[tl->top + i];
        if (!fresh && tl->shown[i].cells)
            fetch(t, tl->shown[i].lane, tl->shown[i].cells);
        moment(t, &tl->shown[i], tl->top + i == tl->selected);
    }
    if (!fresh)
        fetch(t, (struct wf_lane){ WF_LANE_MARKS, 0 }, tl->marks);
    tl->fetched.version = t->version;
    tl->fetched.from = w->from;
    tl->fetched.col = w->col;
    tl->fetched.cols = w->cols;
    tl->fetched.cursor = w->cursor;
    tl->fetched.chosen = tl->selected;
    tl->fetched.top = tl->top;
    tl->fetched.n = n;
    tl->fetched.lanes = tl->lanes_version;
}

const struct wf_lane_shown *wf_timeline_chosen(const struct wf_timeline *tl)
{
    size_t at = tl->selected - tl->top;
    return tl->selected >= tl->top && at < tl->nshown ? &tl->shown[at] : NULL;
}
