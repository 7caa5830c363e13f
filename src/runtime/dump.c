/* SPDX-License-Identifier: MIT */
/*
 * dump.c - the scheduler in lines of text, for people in trouble and WEFT_DEBUG.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/sched.h"
#include "runtime/dump.h"
#include "runtime/obj.h"
#include "runtime/sysmon.h"

enum { MOST_GS = 1000 };

static const struct why {
    const char *name, *kind;
} whys[] = {
#define WHY(n, name, kind, doc) [n] = { #name, #kind },
#include "format/reasons.def"
};

/* One write each, so that lines of several threads do not mix. */
void wf_dump_say(const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (n > (int)sizeof line - 2)
        n = sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}

const char *wf_place(const void *pc, char out[WF_PLACE_ROOM])
{
    Dl_info info;
    if (!pc || !dladdr(pc, &info) || !info.dli_fname)
        return snprintf(out, WF_PLACE_ROOM, "%p", pc), out;
    const char *file = strrchr(info.dli_fname, '/');
    file = file ? file + 1 : info.dli_fname;
    if (info.dli_sname)
        snprintf(out, WF_PLACE_ROOM, "%s+%#lx", info.dli_sname,
                 (unsigned long)((const char *)pc - (const char *)info.dli_saddr));
    else
        snprintf(out, WF_PLACE_ROOM, "%s+%#lx", file,
                 (unsigned long)((const char *)pc - (const char *)info.dli_fbase));
    return out;
}

static const char *name_of(const struct wf_g *g, char out[80])
{
    if (!g->name)
        return "";
    snprintf(out, 80, " (%s)", g->name);
    return out;
}

/* "running", "waits: sleep", "waits: mutex, object 3 (till)". */
static const char *doing(struct wf_g *g, char out[WF_DOING_ROOM])
{
    unsigned state = wf_get(&g->state), why = wf_get(&g->why);
    if (state != WF_G_WAITING)
        return wf_g_state_name(state);
    struct why w = { "?", "none" };
    if (why < sizeof whys / sizeof *whys && whys[why].name)
        w = whys[why];
    uint64_t obj = wf_get(&g->obj);
    const char *name = wf_obj_name(obj);
    if (!strcmp(w.kind, "none") || !strcmp(w.kind, "timer"))
        snprintf(out, WF_DOING_ROOM, "waits: %s", w.name);
    else if (!strcmp(w.kind, "coroutine"))
        snprintf(out, WF_DOING_ROOM, "waits: %s, coroutine %llu", w.name,
                 (unsigned long long)obj);
    else
        snprintf(out, WF_DOING_ROOM, "waits: %s, object %llu%s%s%s", w.name,
                 (unsigned long long)obj, name ? " (" : "", name ? name : "",
                 name ? ")" : "");
    return out;
}

const char *wf_who(struct wf_g *g, char out[WF_WHO_ROOM])
{
    char name[80], site[WF_PLACE_ROOM], what[WF_DOING_ROOM];
    snprintf(out, WF_WHO_ROOM, "coroutine %llu%s, made at %s, %s",
             (unsigned long long)g->id, name_of(g, name), wf_place(g->spawned, site),
             doing(g, what));
    return out;
}

void wf_breach(const char *call, const void *site, const char *format, ...)
{
    char at[WF_PLACE_ROOM], text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wf_fatal("%s at %s: %s", call, wf_place(site, at), text);
}

struct each {
    unsigned n;
    bool stacks;
};

static void say_g(struct wf_g *g, void *arg)
{
    struct each *e = arg;
    unsigned state = wf_get(&g->state);
    char name[80], site[WF_PLACE_ROOM], entry[WF_PLACE_ROOM], what[WF_DOING_ROOM];
    if (state == WF_G_DEAD || state == WF_G_IDLE || ++e->n > MOST_GS)
        return;
    wf_dump_say("  coroutine %llu%s %s, runs %s, made at %s", (unsigned long long)g->id,
                name_of(g, name), doing(g, what), wf_place((void *)g->fn, entry),
                wf_place(g->spawned, site));
    if (e->stacks)
        wf_dump_stack(g);
}

void wf_dump_gs(bool stacks)
{
    struct each e = { .stacks = stacks };
    if (!atomic_load(&wf_rt.running))
        return;
    wf_g_each(say_g, &e);
    if (e.n > MOST_GS)
        wf_dump_say("  and %u more", e.n - MOST_GS);
}

void wf_dump_wait(struct wf_g *g, struct wf_g *owner)
{
    char name[80], other[80], what[WF_DOING_ROOM], site[WF_PLACE_ROOM];
    wf_dump_say(
        "weft: deadlock: coroutine %llu%s %s, held by coroutine %llu%s, made at %s",
        (unsigned long long)g->id, name_of(g, name), doing(g, what),
        (unsigned long long)owner->id, name_of(owner, other),
        wf_place(g->spawned, site));
}

/* ---- schedtrace: the fields and their order are those that Go's users know ---- */

static void say_p(struct wf_p *p)
{
    struct wf_m *m = wf_get(&p->m);
    wf_dump_say("  P%u: status=%s schedtick=%llu m=%d runqsize=%u free coroutines=%u",
                p->id, m ? "running" : "idle",
                (unsigned long long)wf_get(&p->stats.dispatches), m ? (int)m->id : -1,
                wf_runq_len(p), wf_get(&p->stats.free_g));
}

static const char *const m_state[] = {
#define WORD(list, n, name, doc) WORD_##list(n, name)
#define WORD_MSTATE(n, name)     [n] = #name,
#define WORD_OKIND(n, name)
#define WORD_FROM(n, name)
#define WORD_RETAKE(n, name)
#define WORD_STEAL(n, name)
#define WORD_BLOCK(n, name)
#define WORD_PSTATE(n, name)
#include "format/reasons.def"
};

static void say_ms(void)
{
    wf_lock_acquire(&wf_rt.lock);
    wf_list_each (it, &wf_rt.ms) {
        struct wf_m *m = wf_container(it, struct wf_m, all);
        struct wf_g *g = wf_get(&m->g);
        wf_dump_say("  M%u: tid=%d %s coroutine=%lld pinned=%s in syscall=%s", m->id,
                    wf_get(&m->tid), m_state[wf_get(&m->doing)],
                    g ? (long long)g->id : -1, wf_get(&m->pin_g) ? "yes" : "no",
                    wf_get(&m->block_tick) & 1 ? "yes" : "no");
    }
    wf_lock_release(&wf_rt.lock);
}

void wf_dump_sched(bool detail)
{
    char queues[400];
    size_t at = 0;
    for (uint32_t i = 0; i < wf_get(&wf_rt.nprocs) && at < sizeof queues - 16; i++)
        at += (size_t)snprintf(queues + at, sizeof queues - at, "%s%u", i ? " " : "",
                               wf_runq_len(wf_rt.ps[i]));
    queues[at] = 0;
    wf_lock_acquire(&wf_rt.lock);
    uint32_t threads = wf_rt.nm;
    wf_lock_release(&wf_rt.lock);
    wf_dump_say(
        "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u "
        "needspinning=%d idlethreads=%u runqueue=%u [%s]",
        (long long)((wf_clock_now() - wf_rt.started) / WF_NS_PER_MS),
        wf_get(&wf_rt.nprocs), wf_get(&wf_rt.nidle_p), threads,
        wf_get(&wf_rt.nspinning), wf_get(&wf_rt.need_spinning), wf_get(&wf_rt.nidle_m),
        wf_get(&wf_rt.nglobal), queues);
    if (!detail)
        return;
    for (uint32_t i = 0; i < wf_rt.nmade; i++)
        say_p(wf_rt.ps[i]);
    say_ms();
    wf_dump_gs(false);
}

void wf_schedtrace(int64_t now)
{
    static int64_t next;
    if (!wf_rt.config.schedtrace)
        return;
    if (next < wf_rt.started)
        next = wf_rt.started + wf_rt.config.schedtrace;
    if (now < next)
        return;
    next += wf_rt.config.schedtrace;
    if (next < now)
        next = now + wf_rt.config.schedtrace;
    wf_dump_sched(wf_rt.config.scheddetail);
}
