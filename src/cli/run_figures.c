/* SPDX-License-Identifier: MIT */
/*
 * run_figures.c - what a workload found out: figures and notes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "export/rows.h"

static void set(struct wl *w, const char *name, const char *unit, json_t *value)
{
    pthread_mutex_lock(&w->lock);
    json_object_set_new(w->figures, name, value);
    json_object_set_new(w->units, name, json_string(unit));
    pthread_mutex_unlock(&w->lock);
}

void wl_figure(struct wl *w, const char *name, double value, const char *unit)
{
    set(w, name, unit, wf_json_number(value));
}

void wl_figure_none(struct wl *w, const char *name, const char *unit, const char *why)
{
    set(w, name, unit, json_null());
    wl_note(w, "%s: %s", name, why);
}

/* The figure as it is, or a new one. */
static json_t *existing(struct wl *w, const char *name, const char *unit,
                        json_t *(*make)(void))
{
    json_t *figure = json_object_get(w->figures, name);

    if (!figure) {
        figure = make();
        json_object_set_new(w->figures, name, figure);
        json_object_set_new(w->units, name, json_string(unit));
    }
    return figure;
}

void wl_figure_item(struct wl *w, const char *name, double value, const char *unit)
{
    pthread_mutex_lock(&w->lock);
    json_array_append_new(existing(w, name, unit, json_array), wf_json_number(value));
    pthread_mutex_unlock(&w->lock);
}

void wl_figure_key(struct wl *w, const char *name, const char *key, double value,
                   const char *unit)
{
    pthread_mutex_lock(&w->lock);
    json_object_set_new(existing(w, name, unit, json_object), key,
                        wf_json_number(value));
    pthread_mutex_unlock(&w->lock);
}

void wl_note(struct wl *w, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&w->lock);
    json_array_append_new(w->notes, wf_clean_string(text));
    pthread_mutex_unlock(&w->lock);
}

void wf_run_each_figure(const struct wl *w, wf_figure_fn *fn, void *arg)
{
    const char *name, *key;
    json_t *figure, *part;
    char full[128];
    size_t i;

    json_object_foreach(w->figures, name, figure)
    {
        const char *unit = json_string_value(json_object_get(w->units, name));
        if (json_is_array(figure)) {
            json_array_foreach(figure, i, part)
            {
                snprintf(full, sizeof full, "%s_%zu", name, i);
                fn(arg, full, part, unit);
            }
        } else if (json_is_object(figure)) {
            json_object_foreach(figure, key, part)
            {
                snprintf(full, sizeof full, "%s_%s", name, key);
                fn(arg, full, part, unit);
            }
        } else {
            fn(arg, name, figure, unit);
        }
    }
}
