/* SPDX-License-Identifier: MIT */
/*
 * steps.c - from a trace's events to the steps that the model takes.
 *
 * One event may tell of several: g_switch ends one coroutine's run and begins another's,
 * a length tells of a queue.  Where a gap swallowed what came between, an event that does
 * not fit the state says so: since the gap's start nothing is known.
 */
#include "model/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/block.h"

/* --- a source --------------------------------------------------------------------- */

static int next(struct wf_source *source, struct wf_step *step)
{
    struct wf_steps *s = (struct wf_steps *)source;

    while (s->at == s->nqueued) {
        int n = wf_reader_next(s->reader, &s->rec, source->error);
        s->at = s->nqueued = 0;
        if (n <= 0)
            return n;
        if (s->rec->kind == WF_RECORD_GENERATION)
            wf_step_put(s, WF_STEP_GENERATION);
        else if (s->rec->kind == WF_RECORD_GAP)
            wf_step_gap(s, &s->rec->gap);
        else if (s->rec->known)
            wf_step_event(s, &s->rec->ev);
    }
    *step = s->queued[s->at++];
    return 1;
}

static int seek(struct wf_source *source, int64_t t)
{
    struct wf_steps *s = (struct wf_steps *)source;
    int err = wf_reader_seek(s->reader, t);

    if (err)
        return err;
    s->at = s->nqueued = 0;
    s->ngaps = 0;
    s->global = (struct wf_step_proc){ 0 };
    wf_map_fini(&s->gs);
    wf_map_fini(&s->ps);
    wf_map_fini(&s->ms);
    return 0;
}

static const char *string(struct wf_source *source, uint64_t id)
{
    return wf_reader_string(((struct wf_steps *)source)->reader, id);
}

static size_t stack(struct wf_source *source, uint64_t id, struct wf_frame *frames,
                    size_t max)
{
    struct wf_steps *s = (struct wf_steps *)source;
    uint64_t pcs[WF_STACK_MAX];
    size_t n = wf_reader_stack(s->reader, id, pcs, WF_STACK_MAX), at = 0;

    for (size_t i = 0; i < n && at < max; i++)
        at += wf_symbols_find(s->symbols, pcs[i], frames + at, max - at);
    return at;
}

static const struct wf_site *site(struct wf_source *source, uint32_t id)
{
    static const struct wf_site none = { "", "" };
    const struct wf_steps *s = (struct wf_steps *)source;

    return id && id <= s->nsites ? &s->sites[id - 1]->site : &none;
}

static void close_steps(struct wf_source *source)
{
    struct wf_steps *s = (struct wf_steps *)source;

    for (size_t i = 0; i < s->nsites; i++)
        free(s->sites[i]);
    free(s->sites);
    free(s->gaps);
    wf_map_fini(&s->gs);
    wf_map_fini(&s->ps);
    wf_map_fini(&s->ms);
    wf_map_fini(&s->okinds);
    wf_map_fini(&s->site_of);
    wf_symbols_free(s->symbols);
    wf_reader_close(s->reader);
    free(s);
}

int wf_source_open(const char *path, struct wf_source **out, char error[static 256])
{
    struct wf_steps *s = calloc(1, sizeof *s);
    int err;

    if (!s) {
        snprintf(error, 256, "%s: %s", path, strerror(ENOMEM));
        return -ENOMEM;
    }
    s->source = (struct wf_source){ .next = next,
                                    .seek = seek,
                                    .string = string,
                                    .stack = stack,
                                    .site = site,
                                    .close = close_steps };
    wf_map_init(&s->gs, sizeof(struct wf_step_g));
    wf_map_init(&s->ps, sizeof(struct wf_step_proc));
    wf_map_init(&s->ms, sizeof(char));
    wf_map_init(&s->okinds, sizeof(uint8_t));
    wf_map_init(&s->site_of, sizeof(uint32_t));
    for (unsigned i = 0; i < 256; i++)
        s->object_of[i] = (uint8_t)wf_why_object(i);
    err = wf_reader_open(path, &s->reader, error);
    if (!err) {
        s->symbols = wf_symbols_new(wf_reader_modules(s->reader),
                                    wf_reader_carried(s->reader));
        err = s->symbols ? 0 : -ENOMEM;
    }
    if (err) {
        close_steps(&s->source);
        return err;
    }
    s->source.info = wf_reader_info(s->reader);
    *out = &s->source;
    return 0;
}
