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

/*
 * ---- schedtrace: the fields and their order are those that Go's users know ----
 * What Go has and weft has not is 0 or false; what weft has besides comes behind.
 */

enum { ID_ROOM = 24 };

/* A number, or nil for none. */
static const char *id_of(const void *there, uint64_t id, char out[ID_ROOM])
{
    if (!there)
        return "nil";
    snprintf(out, ID_ROOM, "%llu", (unsigned long long)id);
    return out;
}

static const char *truth(bool is)
{
    return is ? "true" : "false";
}

static void say_p(struct wf_p *p)
{
    char id[ID_ROOM];
    struct wf_m *m = wf_get(&p->m);
    wf_dump_say("  P%u: status=%d schedtick=%llu syscalltick=%llu m=%s runqsize=%u "
                "gfreecnt=%u timerslen=%u",
                p->id, m ? 1 : 0, (unsigned long long)wf_get(&p->stats.dispatches),
                (unsigned long long)(m ? (wf_get(&m->block_tick) + 1) / 2 : 0),
                id_of(m, m ? m->id : 0, id), wf_runq_len(p), wf_get(&p->stats.free_g),
                wf_timers_count(p));
}

static void say_m(struct wf_m *m)
{
    char p_id[ID_ROOM], g_id[ID_ROOM], pin_id[ID_ROOM];
    struct wf_g *g = wf_get(&m->g), *pin = wf_get(&m->pin_g);
    bool has_p = wf_get(&m->p) && atomic_load(&wf_get(&m->p)->m) == m;
    unsigned doing_now = wf_get(&m->doing);
    wf_dump_say(
        "  M%u: p=%s curg=%s mallocing=0 throwing=0 preemptoff= locks=0 dying=0 "
        "spinning=%s blocked=%s lockedg=%s tid=%d",
        m->id, id_of(has_p ? m : NULL, has_p ? wf_get(&m->p)->id : 0, p_id),
        id_of(g, g ? g->id : 0, g_id), truth(doing_now == WF_MSTATE_spinning),
        truth(doing_now == WF_MSTATE_idle), id_of(pin, pin ? pin->id : 0, pin_id),
        wf_get(&m->tid));
}

static void say_ms(void)
{
    wf_lock_acquire(&wf_rt.lock);
    wf_list_each (it, &wf_rt.ms)
        say_m(wf_container(it, struct wf_m, all));
    wf_lock_release(&wf_rt.lock);
}

static void say_go_g(struct wf_g *g, void *arg)
{
    static const uint8_t status[WF_G_NSTATES] = {
        [WF_G_IDLE] = 0,    [WF_G_RUNNABLE] = 1, [WF_G_RUNNING] = 2,
        [WF_G_SYSCALL] = 3, [WF_G_WAITING] = 4,  [WF_G_DEAD] = 6,
    };
    unsigned *n = arg, state = wf_get(&g->state), why = wf_get(&g->why);
    char m_id[ID_ROOM], pin_id[ID_ROOM], what[WF_DOING_ROOM], name[80];
    if (state == WF_G_DEAD || state == WF_G_IDLE || ++*n > MOST_GS)
        return;
    struct wf_m *m = wf_get(&g->m);
    bool runs = state == WF_G_RUNNING || state == WF_G_SYSCALL;
    bool pinned = g->flags & WF_G_PINNED && m;
    wf_dump_say("  G%llu: status=%d(%s) m=%s lockedm=%s%s %s",
                (unsigned long long)g->id, status[state],
                state == WF_G_WAITING && why < sizeof whys / sizeof *whys &&
                        whys[why].name
                    ? whys[why].name
                    : "",
                id_of(runs ? m : NULL, m ? m->id : 0, m_id),
                id_of(pinned ? m : NULL, m ? m->id : 0, pin_id), name_of(g, name),
                doing(g, what));
}

/* "[0 3 1]" */
static void list_queues(char *out, size_t size)
{
    size_t at = (size_t)snprintf(out, size, "[");
    for (uint32_t i = 0; i < wf_get(&wf_rt.nprocs) && at < size - 16; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%u", i ? " " : "",
                               wf_runq_len(wf_rt.ps[i]));
    snprintf(out + at, size - at, "]");
}

void wf_dump_sched(bool detail)
{
    char tail[400] = "gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false";
    unsigned n = 0;
    wf_lock_acquire(&wf_rt.lock);
    uint32_t threads = wf_rt.nm;
    wf_lock_release(&wf_rt.lock);
    if (!detail)
        list_queues(tail, sizeof tail);
    wf_dump_say(
        "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u "
        "needspinning=%d idlethreads=%u runqueue=%u %s",
        (long long)((wf_clock_now() - wf_rt.started) / WF_NS_PER_MS),
        wf_get(&wf_rt.nprocs), wf_get(&wf_rt.nidle_p), threads + 1,
        wf_get(&wf_rt.nspinning), wf_get(&wf_rt.need_spinning), wf_get(&wf_rt.nidle_m),
        wf_get(&wf_rt.nglobal), tail);
    if (!detail)
        return;
    for (uint32_t i = 0; i < wf_rt.nmade; i++)
        say_p(wf_rt.ps[i]);
    say_ms();
    wf_g_each(say_go_g, &n);
    if (n > MOST_GS)
        wf_dump_say("  and %u more", n - MOST_GS);
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
