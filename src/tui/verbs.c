/* SPDX-License-Identifier: MIT */
/*
 * verbs.c - what can be said after ":" and in a script.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/units.h"
#include "tui/app.h"

enum { MISUSE = 2, NO_WRITE = 4 };

/* The line is wrong: a script ends with 2. */
#define WRONG(t, ...)                                                                  \
    do {                                                                               \
        wf_tui_complain(t, __VA_ARGS__);                                               \
        (t)->status = MISUSE;                                                          \
    } while (0)

static void verb_screen(struct wf_tui *t, const char *arg)
{
    for (int i = 0; i < WF_NVIEWS; i++)
        if (!strcmp(wf_views[i].name, arg) ||
            (arg[0] == wf_views[i].key && arg[1] == '\0')) {
            wf_tui_show(t, (enum wf_view_id)i);
            return;
        }
    WRONG(t, "screen: no screen is called %s", arg);
}

static void verb_goto(struct wf_tui *t, const char *arg)
{
    int64_t ns;

    if (wf_parse_time(arg, &ns))
        WRONG(t, "goto: %s: not a time (as in 4.2s)", arg);
    else
        wf_window_goto(&t->win, ns);
}

static void verb_zoom(struct wf_tui *t, const char *arg)
{
    char from[WF_LINE_MAX];
    const char *dots = strstr(arg, "..");
    int64_t a, b;

    snprintf(from, sizeof from, "%.*s", dots ? (int)(dots - arg) : 0, arg);
    if (!dots || wf_parse_time(from, &a) || wf_parse_time(dots + 2, &b) || b <= a)
        WRONG(t, "zoom: %s: not a piece of time (as in 1s..2s)", arg);
    else
        wf_timeline_zoom(t, a, b);
}

static void verb_lane(struct wf_tui *t, const char *arg)
{
    struct wf_lane lane;

    if (wf_lane_parse(arg, &lane)) {
        WRONG(t, "lane: %s: not a lane (as in p0, q0, global, m3, g17)", arg);
        return;
    }
    wf_timeline_lane(t, lane);
}

static void verb_lanes(struct wf_tui *t, const char *arg)
{
    if (wf_timeline_lanes(t, arg))
        WRONG(t, "lanes: %s: queues, threads or procs", arg);
}

static void verb_alert(struct wf_tui *t, const char *arg)
{
    int64_t i;
    size_t n;

    wf_model_alerts(t->md, &n);
    if (wf_parse_int(arg, &i) || i < 1 || (uint64_t)i > n) {
        WRONG(t, "alert: %s: there are %zu, counted from 1", arg, n);
        return;
    }
    t->alert = (size_t)i - 1 ? (size_t)i - 1 : n;
    wf_do_next_alert(t, (struct wf_key){ 0 });
}

static void verb_sort(struct wf_tui *t, const char *arg)
{
    struct wf_table *tb = wf_tui_table(t);

    if (!tb)
        WRONG(t, "sort: this screen has no table");
    else if (wf_table_sort(tb, t, arg))
        WRONG(t, "sort: %s: no such column", arg);
}

static void verb_filter(struct wf_tui *t, const char *arg)
{
    struct wf_table *tb = wf_tui_table(t);

    if (!tb)
        WRONG(t, "filter: this screen has no table");
    else
        wf_table_filter(tb, t, arg);
}

static void verb_search(struct wf_tui *t, const char *arg)
{
    if (arg[0])
        snprintf(t->search, sizeof t->search, "%s", arg);
    wf_do_search_next(t, (struct wf_key){ 0 });
}

static void verb_key(struct wf_tui *t, const char *arg)
{
    char name[WF_KEY_NAME_MAX];

    while (*arg) {
        struct wf_key key;
        size_t n = strcspn(arg, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, arg);
        if (n >= sizeof name || wf_key_parse(name, &key)) {
            WRONG(t, "key: %s: no such key", name);
            return;
        }
        wf_tui_key(t, key);
        wf_tui_frame(t); /* as a terminal would: places of rows depend on it */
        arg += n;
        arg += strspn(arg, " ");
    }
}

static void verb_resize(struct wf_tui *t, const char *arg)
{
    int w, h;

    if (wf_size_parse(arg, &w, &h))
        WRONG(t, "resize: %s: not a size (as in 80x24)", arg);
    else if (wf_tui_resize(t, w, h))
        WRONG(t, "resize: no memory");
}

static void verb_shot(struct wf_tui *t, const char *arg)
{
    if (!arg[0])
        WRONG(t, "shot: into which file?");
    else if (wf_tui_shot(t, arg))
        t->status = NO_WRITE;
    else
        wf_tui_say(t, "written: %s", arg);
}

static void verb_help(struct wf_tui *t, const char *arg)
{
    (void)arg;
    wf_do_help(t, (struct wf_key){ 0 });
}

static void verb_quit(struct wf_tui *t, const char *arg)
{
    (void)arg;
    t->quit = true;
}

static const struct {
    const char *name, *arguments;
    void (*act)(struct wf_tui *t, const char *arg);
} verbs[] = {
#define VERB(name, arguments, help) { #name, arguments, verb_##name },
#include "tui/verbs.def"
};
enum { NVERBS = sizeof verbs / sizeof *verbs };

int wf_size_parse(const char *s, int *w, int *h)
{
    char *end;

    if (!isdigit((unsigned char)*s))
        return -EINVAL;
    unsigned long a = strtoul(s, &end, 10);
    if ((*end != 'x' && *end != 'X') || !isdigit((unsigned char)end[1]))
        return -EINVAL;
    unsigned long b = strtoul(end + 1, &end, 10);
    if (*end || a < 1 || b < 1 || a > WF_CANVAS_MAX || b > WF_CANVAS_MAX)
        return -EINVAL;
    *w = (int)a;
    *h = (int)b;
    return 0;
}

static bool write_shot(struct wf_tui *t, const char *path, int fd)
{
    size_t n = strlen(path);
    FILE *out = fdopen(fd, "w");

    if (!out) {
        close(fd);
        return false;
    }
    wf_tui_frame(t);
    if (n > 4 && !strcmp(path + n - 4, ".svg"))
        wf_canvas_svg(&t->canvas, out);
    else
        wf_canvas_text(&t->canvas, out);
    bool good = !ferror(out);
    return !fclose(out) && good;
}

/* Beside, then renamed: nobody sees half a picture. */
static int shot_to_file(struct wf_tui *t, const char *path)
{
    char beside[4096];

    if ((size_t)snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= sizeof beside)
        return -ENAMETOOLONG;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    errno = 0;
    if (write_shot(t, path, fd) && !chmod(beside, 0644) && !rename(beside, path))
        return 0;
    int err = errno ? -errno : -EIO;
    unlink(beside);
    return err;
}

/* A script's - is standard output; a device or a pipe is written, never replaced. */
int wf_tui_shot(struct wf_tui *t, const char *path)
{
    bool out = t->opts->script && !strcmp(path, "-");
    struct stat st;
    int err;

    if (out || (!stat(path, &st) && !S_ISREG(st.st_mode))) {
        int fd = out ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CLOEXEC);
        errno = fd < 0 ? errno : 0;
        err = fd >= 0 && write_shot(t, path, fd) ? 0 : errno ? -errno : -EIO;
    } else {
        err = shot_to_file(t, path);
    }
    if (err)
        wf_tui_complain(t, "%s: %s", path, strerror(-err));
    return err;
}

void wf_tui_say_verb(struct wf_tui *t, const char *line)
{
    char verb[32];
    size_t n = strcspn(line, " ");
    char arg[WF_LINE_MAX];

    snprintf(verb, sizeof verb, "%.*s", (int)n, line);
    line += n;
    line += strspn(line, " ");
    snprintf(arg, sizeof arg, "%s", line);
    for (size_t len = strlen(arg); len > 0 && arg[len - 1] == ' ';)
        arg[--len] = '\0';
    t->message[0] = '\0';
    t->bad = false;
    wf_tui_refresh(t);
    for (size_t i = 0; i < NVERBS; i++) {
        if (strcmp(verbs[i].name, verb) != 0)
            continue;
        if (verbs[i].arguments[0] && verbs[i].arguments[0] != '[' && !arg[0] &&
            strcmp(verb, "search") != 0)
            WRONG(t, "%s: %s is missing", verb, verbs[i].arguments);
        else
            verbs[i].act(t, arg);
        return;
    }
    const char *names[NVERBS];
    for (size_t i = 0; i < NVERBS; i++)
        names[i] = verbs[i].name;
    const char *near = wf_text_nearest(verb, wf_text_nth, names, NVERBS);
    if (near)
        WRONG(t, "%s: no such command (%s?)", verb, near);
    else
        WRONG(t, "%s: no such command", verb);
}

/* The i-th word that may stand there, matching or not. */
static const char *candidate(const struct wf_tui *t, const char *verb, size_t i)
{
    const struct wf_table *tb = wf_tui_table(t);

    if (!verb[0])
        return i < NVERBS ? verbs[i].name : NULL;
    if (!strcmp(verb, "screen"))
        return i < WF_NVIEWS ? wf_views[i].name : NULL;
    if (!strcmp(verb, "sort"))
        return tb && i < tb->def->ncolumns ? tb->def->columns[i].key : NULL;
    if (!strcmp(verb, "lanes"))
        return wf_lane_set_name(i);
    return NULL;
}

const char *wf_verb_complete(const struct wf_tui *t, const char *line, size_t i)
{
    const char *blank = strrchr(line, ' ');
    const char *word = blank ? blank + 1 : line;
    char verb[32] = "";
    const char *c;

    if (blank)
        snprintf(verb, sizeof verb, "%.*s", (int)strcspn(line, " "), line);
    if (blank && strchr(line, ' ') != blank)
        return NULL; /* no verb takes two words that we know */
    for (size_t k = 0; (c = candidate(t, verb, k)); k++)
        if (!strncmp(c, word, strlen(word)) && i-- == 0)
            return c;
    return NULL;
}
