/* SPDX-License-Identifier: MIT */
/*
 * app.h - what is on the screen now, and what the files of this room do with it.
 *
 * Whoever drives (a terminal, a script, a test) presses keys and says verbs, then asks
 * for a frame.  A frame is made in two steps: update fetches what the view will show,
 * draw paints it, from const views only.
 */
#ifndef WF_TUI_APP_H
#define WF_TUI_APP_H
#include "model/model.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/table.h"
#include "tui/tui.h"
#include "tui/window.h"

struct wf_tui;

/* One screen: its own state, and what it does.  NULL: nothing. */
struct wf_view {
    unsigned scopes; /* of the keys that it takes, besides ALL */
    size_t size;     /* of its state, all zero at first */
    void (*open)(struct wf_tui *t, void *self);
    void (*close)(void *self);
    void (*update)(struct wf_tui *t, void *self, int w, int h);
    void (*draw)(const struct wf_tui *t, const void *self, struct wf_area a);
    struct wf_table *(*table)(void *self); /* that keys and verbs are for */
    bool (*flow)(void *self, int step);    /* past the end of that table */
    bool (*search)(struct wf_tui *t, void *self, const char *text, int step);
};

enum wf_view_id {
#define VIEW(name, key, tab, doc) WF_VIEW_##name,
#include "tui/views.def"
    WF_NVIEWS
};

struct wf_view_info {
    const char *name;
    char key;
    const char *tab, *doc;
    const struct wf_view *view;
};
extern const struct wf_view_info wf_views[WF_NVIEWS];
#define VIEW(name, key, tab, doc) extern const struct wf_view wf_view_##name;
#include "tui/views.def"

enum { /* scopes of keys.def */
       WF_SCOPE_ALL = 1,
       WF_SCOPE_TABLE = 2,
       WF_SCOPE_TIMELINE = 4,
       WF_SCOPE_ALERTS = 8,
       WF_SCOPE_CORO = 16,
       WF_SCOPE_SITES = 32,
       WF_SCOPE_OBJECTS = 64,
       WF_SCOPE_STATS = 128,
       WF_SCOPE_OVERVIEW = 256,
};

enum { WF_LINE_MAX = 256, WF_HISTORY = 16, WF_BACK_MAX = 32 };

/* A line that is being typed: ":", "/" or "f"; kind 0: none is. */
struct wf_prompt {
    char kind;
    char text[WF_LINE_MAX];
    size_t at; /* of the cursor, in bytes */
    size_t recall;
    char history[3][WF_HISTORY][WF_LINE_MAX]; /* newest first, by kind */
};

struct wf_tui {
    struct wf_model *md;
    const struct wf_tui_opts *opts;
    struct wf_canvas canvas; /* the last frame */

    enum wf_view_id view;
    void *self[WF_NVIEWS];
    enum wf_view_id back[WF_BACK_MAX];
    int nback;

    unsigned version; /* another one: the model grew */
    unsigned shown[WF_NVIEWS];
    bool loading;
    uint64_t read, size; /* bytes of the trace; size 0: not known */

    struct wf_window win;
    size_t alert; /* the one gone to last, plus 1; 0: none yet */
    bool hide_system;
    void (*await)(struct wf_tui *t, struct wf_key key); /* takes the next key */
    struct wf_prompt prompt;
    char search[WF_LINE_MAX];
    char message[WF_LINE_MAX];
    bool bad; /* the message is about a mistake */
    bool help;
    int help_top;
    bool quit, suspend, redraw; /* asked of whoever drives */
    int shots;
    int status; /* an exit status, from a verb of a script */
};

/* app.c.  The model is borrowed.  0 or -ENOMEM. */
int wf_tui_init(struct wf_tui *t, const struct wf_tui_opts *o, struct wf_model *md,
                int w, int h);
void wf_tui_fini(struct wf_tui *t);
int wf_tui_resize(struct wf_tui *t, int w, int h);
/* The model has read more (done: all of it). */
void wf_tui_grown(struct wf_tui *t, bool done);
void wf_tui_key(struct wf_tui *t, struct wf_key key);
void wf_tui_frame(struct wf_tui *t); /* into t->canvas */
void wf_tui_refresh(struct wf_tui *t);
void wf_tui_show(struct wf_tui *t, enum wf_view_id view);
void wf_tui_back(struct wf_tui *t);
void wf_tui_say(struct wf_tui *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A mistake: also the status of a script. */
void wf_tui_complain(struct wf_tui *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct wf_table *wf_tui_table(const struct wf_tui *t); /* of the view; NULL */
unsigned wf_tui_scopes(const struct wf_tui *t);

/* actions.c: what keys do, and the table of them. */
struct wf_binding {
    unsigned scope;
    const char *keys;
    void (*act)(struct wf_tui *t, struct wf_key key);
    const char *label, *help;
};
extern const struct wf_binding wf_bindings[];
extern const size_t wf_nbindings;
#define KEY(scope, keys, command, label, help)                                         \
    void wf_do_##command(struct wf_tui *t, struct wf_key key);
#include "tui/keys.def"
/* NULL when the key does nothing here. */
const struct wf_binding *wf_binding_find(unsigned scopes, struct wf_key key);

/* verbs.c */
void wf_tui_say_verb(struct wf_tui *t, const char *line);
/* The next word that could stand at the end of line; i counts from 0.  NULL: no more. */
const char *wf_verb_complete(const struct wf_tui *t, const char *line, size_t i);
/* "80x24": 0 or -EINVAL. */
int wf_size_parse(const char *s, int *w, int *h);
/* 0, or -errno after a complaint. */
int wf_tui_shot(struct wf_tui *t, const char *path);

/* prompt.c */
void wf_prompt_open(struct wf_tui *t, char kind, const char *text);
void wf_prompt_key(struct wf_tui *t, struct wf_key key);
void wf_prompt_draw(const struct wf_tui *t, struct wf_area a);

/* chrome.c: header, tabs, footer, help. */
void wf_chrome_draw(const struct wf_tui *t, struct wf_area a);
/* What is left for the view. */
struct wf_area wf_chrome_body(const struct wf_tui *t, struct wf_area a);
void wf_vital_draw(const struct wf_tui *t, struct wf_area a); /* on tiny screens */
void wf_help_draw(const struct wf_tui *t, struct wf_area a);
void wf_help_key(struct wf_tui *t, struct wf_key key);

/* The timeline, for whoever leads there. */
struct wf_lane {
    enum wf_lane_kind kind;
    int64_t id;
};
/* That lane and stretch of time; lanes that the last jump added go away. */
void wf_timeline_show(struct wf_tui *t, struct wf_lane lane, int64_t from, int64_t to);
/* One more coroutine as a lane, until the next jump. */
void wf_timeline_pin(struct wf_tui *t, uint64_t g);
/* "p0", "q0", "global", "m3", "g17": 0 or -EINVAL. */
int wf_lane_parse(const char *name, struct wf_lane *out);
/* 0 or -EINVAL: no such set. */
int wf_timeline_lanes(struct wf_tui *t, const char *set);
void wf_timeline_zoom(struct wf_tui *t, int64_t from, int64_t to);
void wf_timeline_lane(struct wf_tui *t, struct wf_lane lane);
const char *wf_lane_set_name(size_t i); /* NULL: no more */

/* names.c: what a row of the model is called. */
enum { WF_NAME_MAX = 200 };
const struct wf_g_row *wf_find_g(const struct wf_tui *t, uint64_t g); /* or NULL */
/* Its own name, else its site's; "" when not known. */
const char *wf_g_name(const struct wf_tui *t, const struct wf_g_row *g);
const char *wf_g_site(const struct wf_tui *t, const struct wf_g_row *g);
const char *wf_reason_text(unsigned reason);
const char *wf_okind_text(unsigned okind);
/* The state as a word, while waiting the reason. */
const char *wf_state_text(unsigned state, unsigned reason);
enum wf_style wf_state_style(unsigned state);
enum wf_glyph_name wf_state_glyph(unsigned state);
const char *wf_alert_name(unsigned kind);
int64_t wf_duration(const struct wf_tui *t);

/* pair.c: two tables, one above the other. */
struct wf_pair {
    struct wf_table tb[2];
    int focus;
};
void wf_pair_place(struct wf_pair *p, int x, int y, int w, int h);
void wf_pair_draw(const struct wf_pair *p, const struct wf_tui *t, struct wf_area a);
void wf_pair_close(void *self);
struct wf_table *wf_pair_table(void *self);
bool wf_pair_flow(void *self, int step);

/* Rows of a table as a void array. */
#define WF_ROWS(rows) ((const void *const *)(rows))
#endif /* WF_TUI_APP_H */
