/* SPDX-License-Identifier: MIT */
/*
 * story.c - four Ps take workers from their queues, a turn of 50 us after the other.
 * A worker runs for a turn or more, then waits on a channel until its time comes.
 */
#include "story.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/event.h"

enum { TURN = 50000, QUEUE_MAX = 64, CHAN = 77, POOL = 90 };

struct worker {
    uint64_t g;
    int64_t wake; /* while it waits */
    int64_t stop; /* while it runs */
    int state, p;
};

struct proc {
    int queue[QUEUE_MAX], n; /* of workers */
    int running;             /* -1: none */
};

struct story {
    struct wf_source source;
    struct wf_trace_info info;
    struct wf_gap gap;
    struct wf_step *steps;
    size_t n, size, at;
    struct worker worker[STORY_WORKERS];
    struct proc proc[STORY_PROCS];
    uint64_t dice;
    bool hostile;
};

static unsigned roll(struct story *s, unsigned n)
{
    s->dice = s->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->dice >> 33) % n;
}

static void tell(struct story *s, struct wf_step step)
{
    if (s->n == s->size) {
        s->size = s->size ? 2 * s->size : 1024;
        s->steps = realloc(s->steps, s->size * sizeof *s->steps);
        if (!s->steps)
            abort();
    }
    s->steps[s->n++] = step;
}

static void tell_queue(struct story *s, int64_t t, int p)
{
    tell(s, (struct wf_step){
                .t = t, .kind = WF_STEP_QUEUE, .p = p, .m = p + 1, .n = s->proc[p].n });
}

static void enqueue(struct story *s, int64_t t, int w, int p)
{
    struct proc *proc = &s->proc[p];

    if (proc->n == QUEUE_MAX)
        abort();
    s->worker[w].state = WF_G_RUNNABLE;
    tell(s, (struct wf_step){ .t = t,
                              .kind = WF_STEP_G_STATE,
                              .p = p,
                              .m = p + 1,
                              .g = s->worker[w].g,
                              .state = WF_G_RUNNABLE,
                              .from = WF_FROM_local,
                              .by = 1 });
    proc->queue[proc->n++] = w;
    tell_queue(s, t, p);
}

static void start(struct story *s, int64_t t, int p, int victim)
{
    struct proc *from = &s->proc[victim];
    int w = from->queue[0];

    memmove(from->queue, from->queue + 1, (size_t)--from->n * sizeof *from->queue);
    tell_queue(s, t, victim);
    s->proc[p].running = w;
    s->worker[w].state = WF_G_RUNNING;
    s->worker[w].p = p;
    s->worker[w].stop = t + TURN * (1 + (int)roll(s, 4));
    if (s->worker[w].g == STORY_HOG && t >= STORY_HOG_FROM &&
        t < STORY_HOG_FROM + 5000000)
        s->worker[w].stop = STORY_HOG_TO;
    tell(s, (struct wf_step){ .t = t,
                              .kind = WF_STEP_G_STATE,
                              .p = p,
                              .m = p + 1,
                              .g = s->worker[w].g,
                              .state = WF_G_RUNNING,
                              .from = victim == p ? WF_FROM_local : WF_FROM_stolen });
    tell(s, (struct wf_step){ .t = t,
                              .kind = WF_STEP_P_STATE,
                              .p = p,
                              .m = p + 1,
                              .g = s->worker[w].g,
                              .n = WF_PSTATE_running });
}

static void stop(struct story *s, int64_t t, int p)
{
    int w = s->proc[p].running;

    s->proc[p].running = -1;
    s->worker[w].state = WF_G_WAITING;
    s->worker[w].wake = t + TURN * (1 + (int)roll(s, 12));
    tell(s, (struct wf_step){ .t = t,
                              .kind = WF_STEP_G_STATE,
                              .p = p,
                              .m = p + 1,
                              .g = s->worker[w].g,
                              .state = WF_G_WAITING,
                              .reason = WF_WHY_chan_recv,
                              .okind = WF_OKIND_chan,
                              .obj = CHAN });
}

static void turn_of(struct story *s, int64_t t, int p)
{
    struct proc *proc = &s->proc[p];
    bool was = proc->running >= 0;

    if (was && s->worker[proc->running].stop <= t)
        stop(s, t, p);
    if (proc->running < 0 && proc->n > 0)
        start(s, t, p, p);
    for (int v = 0; v < STORY_PROCS && proc->running < 0; v++)
        if (s->proc[v].n > 1)
            start(s, t, p, v);
    if (was && proc->running < 0)
        tell(s, (struct wf_step){ .t = t,
                                  .kind = WF_STEP_P_STATE,
                                  .p = p,
                                  .m = WF_NO_M,
                                  .n = WF_PSTATE_idle });
}

static void begin(struct story *s)
{
    tell(s, (struct wf_step){ .kind = WF_STEP_GENERATION, .p = -1, .m = -1 });
    tell(s, (struct wf_step){ .kind = WF_STEP_P_COUNT, .n = STORY_PROCS, .p = -1 });
    for (int p = 0; p < STORY_PROCS; p++) {
        s->proc[p].running = -1;
        tell(s, (struct wf_step){
                    .kind = WF_STEP_M_NEW, .m = p + 1, .p = -1, .n = 4000 + p });
        tell(s,
             (struct wf_step){
                 .kind = WF_STEP_M_STATE, .m = p + 1, .p = p, .n = WF_MSTATE_running });
        tell(s, (struct wf_step){
                    .kind = WF_STEP_P_STATE, .m = p + 1, .p = p, .n = WF_PSTATE_idle });
    }
    tell(s, (struct wf_step){ .kind = WF_STEP_OBJ_NEW,
                              .p = -1,
                              .m = 1,
                              .obj = CHAN,
                              .okind = WF_OKIND_chan,
                              .str = 1,
                              .n = 16 });
    tell(s, (struct wf_step){ .kind = WF_STEP_OBJ_NEW,
                              .p = -1,
                              .m = 1,
                              .obj = POOL,
                              .okind = WF_OKIND_pool,
                              .str = 2 });
    for (int w = 0; w < STORY_WORKERS; w++) {
        s->worker[w].g = (uint64_t)w + 1;
        tell(s, (struct wf_step){ .kind = WF_STEP_G_NEW,
                                  .p = 0,
                                  .m = 1,
                                  .g = (uint64_t)w + 1,
                                  .site = w + 1 == STORY_HOG ? 2 : 1 });
        enqueue(s, 0, w, w % STORY_PROCS);
    }
}

static void happen(struct story *s)
{
    begin(s);
    for (int64_t t = TURN; t < STORY_END; t += TURN) {
        for (int w = 0; w < STORY_WORKERS; w++)
            if (s->worker[w].state == WF_G_WAITING && s->worker[w].wake <= t)
                enqueue(s, t, w, s->worker[w].p);
        for (int p = 0; p < STORY_PROCS; p++)
            turn_of(s, t, p);
        if (t == STORY_END / 2)
            tell(s, (struct wf_step){ .t = t,
                                      .kind = WF_STEP_POOL,
                                      .p = -1,
                                      .m = -1,
                                      .obj = POOL,
                                      .okind = WF_OKIND_pool,
                                      .counts = { 9000, 1000, 9500, 20, 3 } });
    }
}

static int next(struct wf_source *source, struct wf_step *step)
{
    struct story *s = (struct story *)source;

    if (s->at == s->n)
        return 0;
    *step = s->steps[s->at++];
    if (s->at > s->info.events) { /* not what is read again */
        s->info.events++;
        s->info.bytes += 8;
    }
    return 1;
}

static int seek(struct wf_source *source, int64_t t)
{
    (void)t;
    ((struct story *)source)->at = 0;
    return 0;
}

static const char *string(struct wf_source *source, uint64_t id)
{
    bool hostile = ((struct story *)source)->hostile;
    return id == 1
               ? hostile ? "\033]0;owned\a\033[2J\xe2\x80\xaejobs\x9b" : "orders.events"
           : id == 2 ? hostile ? "\xff\xfe\n\r\b" : "conn"
                     : "";
}

static size_t stack(struct wf_source *source, uint64_t id, struct wf_frame *frames,
                    size_t max)
{
    (void)source;
    (void)id;
    (void)frames;
    (void)max;
    return 0;
}

static const struct wf_site *site(struct wf_source *source, uint32_t id)
{
    static const struct wf_site sites[] = { { "", "" },
                                            { "worker", "web.c:88" },
                                            { "encode_frame", "enc.c:210" } };
    static const struct wf_site hostile = { "\033[31m\033[5mevil\n\xc2\x9b"
                                            "2J",
                                            "a\tb\r.c:1" };

    if (((struct story *)source)->hostile)
        return &hostile;
    return id < 3 ? &sites[id] : NULL;
}

static void story_close(struct wf_source *source)
{
    free(((struct story *)source)->steps);
    free(source);
}

static struct wf_source *open_story(bool hostile)
{
    struct story *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->info = (struct wf_trace_info){ .file = "web.weft",
                                      .source = "weft",
                                      .version = "0.1.0",
                                      .major = 1,
                                      .duration = STORY_END,
                                      .complete = true,
                                      .generations = 1,
                                      .blocks = 4,
                                      .cpus = 4,
                                      .maxprocs = STORY_PROCS,
                                      .host = "test",
                                      .clock = "tsc" };
    if (hostile)
        s->info.file = "we\033]0;x\ab.weft";
    s->source = (struct wf_source){ .info = &s->info,
                                    .next = next,
                                    .string = string,
                                    .stack = stack,
                                    .site = site,
                                    .seek = seek,
                                    .close = story_close };
    s->hostile = hostile;
    happen(s);
    return &s->source;
}

struct wf_source *story_open(void)
{
    return open_story(false);
}

struct wf_source *story_open_hostile(void)
{
    return open_story(true);
}
