/* SPDX-License-Identifier: MIT */
/*
 * dump.h - the scheduler in lines of text, on standard error.
 */
#ifndef WF_RUNTIME_DUMP_H
#define WF_RUNTIME_DUMP_H
#include <stdbool.h>

struct wf_g;

enum { WF_PLACE_ROOM = 128, WF_WHO_ROOM = 512, WF_DOING_ROOM = 160 };

/* "function+0x12" or "file+0x1234" into out, which is returned. */
const char *wf_place(const void *pc, char out[WF_PLACE_ROOM]);
/* "coroutine 7 (name), made at main+0x12, waits: mutex, object 3" likewise. */
const char *wf_who(struct wf_g *g, char out[WF_WHO_ROOM]);
/* Who called `call` and gets back to site broke its contract: one message, then the end. */
_Noreturn void wf_breach(const char *call, const void *site, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same from within the call itself, whose caller is the one. */
#define WF_BREACH(...) wf_breach(__func__, __builtin_return_address(0), __VA_ARGS__)

/* A line of its own. */
void wf_dump_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Every coroutine: what it does and where it was made; with its stack, what wf_fatal and
 * SIGQUIT do last. */
void wf_dump_gs(bool stacks);
/* stacks.c: the frames of g, a line each. */
void wf_dump_stack(struct wf_g *g);
/* One coroutine of a deadlock, and who holds what it waits for. */
void wf_dump_wait(struct wf_g *g, struct wf_g *owner);
/* The line of schedtrace; with detail one for each P, M and G. */
void wf_dump_sched(bool detail);

#endif /* WF_RUNTIME_DUMP_H */
