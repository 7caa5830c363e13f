/* SPDX-License-Identifier: MIT */
/*
 * tui/tui.h - a trace on the screen: what the program asks of the terminal's side.
 */
#ifndef WF_TUI_TUI_H
#define WF_TUI_TUI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wf_tui_opts {
    const char *path;   /* the trace, "-" for standard input */
    int64_t at;         /* where the cursor begins, ns; below 0: at the start */
    const char *screen; /* "timeline"; NULL: the first */
    const char *script; /* commands instead of keys, and no terminal; "-"; NULL */
    const char *size;   /* "WxH" of the screen of a script; NULL: 80x24 */
    int64_t mem;        /* bytes that may be held; 0: no limit of its own */
    bool ascii, no_mouse;
    const char *const *mute; /* as in struct wf_model_opts; may be NULL */
    const double *threshold; /* likewise, one for each kind of alert; may be NULL */
};

/*
 * wf_tui_view - show a recording until the user leaves or the script ends.
 *
 * Returns   0     done
 *           2     the options or the script are wrong, or there is no terminal
 *           4     the trace cannot be read, a shot not written
 *           128+N ended by signal N, the terminal as it was before
 *           each but 0 and 128+N after one line on standard error
 */
int wf_tui_view(const struct wf_tui_opts *o);
#endif /* WF_TUI_TUI_H */
