/* SPDX-License-Identifier: MIT */
/*
 * names.c - what the rows of the model are called, and how states look.
 */
#include <inttypes.h>
#include <stdio.h>

#include "format/event.h"
#include "tui/app.h"

const struct wf_g_row *wf_find_g(const struct wf_tui *t, uint64_t g)
{
    size_t n, low = 0;
    const struct wf_g_row *const *rows = wf_model_coroutines(t->md, &n);

    for (size_t high = n; low < high;) {
        size_t mid = low + (high - low) / 2;
        if (rows[mid]->g < g)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && rows[low]->g == g ? rows[low] : NULL;
}

static const struct wf_site *site_of(const struct wf_tui *t, uint32_t site)
{
    static const struct wf_site unknown = { "", "" };
    struct wf_source *src = wf_model_source(t->md);
    const struct wf_site *s = src && site ? src->site(src, site) : NULL;
    return s ? s : &unknown;
}

const char *wf_g_name(const struct wf_tui *t, const struct wf_g_row *g)
{
    return g->name[0] ? g->name : site_of(t, g->site)->name;
}

const char *wf_g_site(const struct wf_tui *t, const struct wf_g_row *g)
{
    return site_of(t, g->site)->site;
}

const char *wf_reason_text(unsigned reason)
{
    const char *name = wf_word_name(WF_WHY, reason);
    return name ? name : "?";
}

const char *wf_okind_text(unsigned okind)
{
    const char *name = wf_word_name(WF_OKIND, okind);
    return name ? name : "?";
}

const char *wf_state_text(unsigned state, unsigned reason)
{
    if (state == WF_G_WAITING && reason)
        return wf_reason_text(reason);
    const char *name = wf_g_state_name(state);
    return name ? name : "unknown";
}

static const struct {
    enum wf_style style;
    enum wf_glyph_name glyph;
} looks[WF_LANE_NSTATES] = {
    [WF_G_IDLE] = { WF_S_IDLE, WF_GL_IDLE },
    [WF_G_RUNNABLE] = { WF_S_RUNNABLE, WF_GL_RUNNABLE },
    [WF_G_RUNNING] = { WF_S_RUNNING, WF_GL_RUNNING },
    [WF_G_SYSCALL] = { WF_S_SYSCALL, WF_GL_SYSCALL },
    [WF_G_WAITING] = { WF_S_WAITING, WF_GL_WAITING },
    [WF_G_DEAD] = { WF_S_IDLE, WF_GL_IDLE },
    [WF_LANE_UNKNOWN] = { WF_S_GAP, WF_GL_GAP },
    [WF_LANE_GAP] = { WF_S_GAP, WF_GL_GAP },
    [WF_LANE_SPINNING] = { WF_S_SPINNING, WF_GL_SPINNING },
};

enum wf_style wf_state_style(unsigned state)
{
    return state < WF_LANE_NSTATES ? looks[state].style : WF_S_GAP;
}

enum wf_glyph_name wf_state_glyph(unsigned state)
{
    return state < WF_LANE_NSTATES ? looks[state].glyph : WF_GL_GAP;
}

const char *wf_alert_name(unsigned kind)
{
    static const char *const names[] = {
#define ALERT(name, threshold, unit, critical, advice, doc) #name,
#include "model/alerts.def"
    };
    return kind < sizeof names / sizeof *names ? names[kind] : "?";
}

int64_t wf_duration(const struct wf_tui *t)
{
    const struct wf_trace_info *info = wf_model_info(t->md);
    return info->duration > 0 ? info->duration : 0;
}
