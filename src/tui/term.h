/* SPDX-License-Identifier: MIT */
/*
 * term.h - the terminal: its size, its keys, and a canvas brought onto it.
 *
 * There is one.  However the program ends - by a key, a signal, a crash - the terminal
 * is left as it was found.
 */
#ifndef WF_TUI_TERM_H
#define WF_TUI_TERM_H
#include "tui/canvas.h"
#include "tui/key.h"

/* What a terminal can show, worked out before it is opened. */
struct wf_term_caps {
    bool dumb;   /* lines only */
    bool ascii;  /* no UTF-8 */
    bool colour; /* NO_COLOR is not set */
};
struct wf_term_caps wf_term_probe(void);

/* 0; -ENOTTY when it has no such terminal, -errno. */
int wf_term_open(struct wf_term_caps caps, bool mouse);
void wf_term_close(void);
void wf_term_size(int *w, int *h);
/* Bring the canvas there; only what changed is sent. */
void wf_term_paint(const struct wf_canvas *cv);
/* The next frame is drawn from nothing. */
void wf_term_forget(void);

enum wf_term_event {
    WF_TERM_NONE,    /* the time is over */
    WF_TERM_KEY,     /* *key */
    WF_TERM_RESIZED, /* ask for the size */
    WF_TERM_SIGNAL,  /* end now: wf_term_signal says by which */
    WF_TERM_GONE,    /* nobody is there any more */
};
/* Wait for ms (below 0: without end) or until something happens. */
enum wf_term_event wf_term_wait(int ms, struct wf_key *key);
/* A key is waiting: what is drawn now would soon be old. */
bool wf_term_busy(void);
int wf_term_signal(void);
/* Give the terminal back, stop, and take it again when continued. */
void wf_term_suspend(void);
#endif /* WF_TUI_TERM_H */
