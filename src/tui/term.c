/* SPDX-License-Identifier: MIT */
/*
 * term.c - the only file that knows ncurses.
 *
 * ncurses paints; keys are read and taken apart by key.c, signals come through a
 * descriptor, so that one poll waits for all of them.
 */
#include "tui/term.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

enum { ESCAPE_MS = 40, RESTORE_MAX = 256 };

static const int ours[] = {
    SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGQUIT
};
static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
#define MOUSE_ON  "\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1002l\033[?1006l"

static struct {
    bool open, mouse, colour;
    SCREEN *screen;
    int signals; /* descriptor */
    sigset_t mask, before;
    struct termios found;      /* as the terminal was */
    char restore[RESTORE_MAX]; /* what a crash writes */
    size_t nrestore;
    struct sigaction crash_before[sizeof crashes / sizeof *crashes];
    struct wf_keys keys;
    unsigned char in[512]; /* read and not yet taken apart */
    size_t at, n;
    int signal;
    struct wf_canvas last;
    short pair[WF_NSTYLES];
} term = { .signals = -1 };

struct wf_term_caps wf_term_probe(void)
{
    const char *name = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    setlocale(LC_CTYPE, "");
    return (struct wf_term_caps){
        .dumb = !name || !name[0] || !strcmp(name, "dumb"),
        .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
        .colour = !no_colour || !no_colour[0],
    };
}

/* Async-signal-safe: the terminal as it was, then the crash as it would have been. */
static void crashed(int sig)
{
    if (term.open) {
        ssize_t n = write(STDOUT_FILENO, term.restore, term.nrestore);
        (void)n;
        tcsetattr(STDIN_FILENO, TCSANOW, &term.found);
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

static void add_restore(const char *s)
{
    size_t n = s && s != (char *)-1 ? strlen(s) : 0;

    if (n && term.nrestore + n < sizeof term.restore) {
        memcpy(term.restore + term.nrestore, s, n);
        term.nrestore += n;
    }
}

static void catch_crashes(void)
{
    struct sigaction sa = { .sa_handler = crashed, .sa_flags = SA_NODEFER };

    term.nrestore = 0;
    if (term.mouse)
        add_restore(MOUSE_OFF);
    add_restore(tigetstr("sgr0"));
    add_restore(tigetstr("cnorm"));
    add_restore(tigetstr("rmkx"));
    add_restore(tigetstr("rmcup"));
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &sa, &term.crash_before[i]);
}

/* A pair for each style, in the colours that the terminal has. */
static void make_pairs(void)
{
    for (int i = 0; i < WF_NSTYLES; i++) {
        const struct wf_style_info *s = &wf_style_info[i];
        int fg = COLORS >= 256 ? s->fg : s->fg16, bg = COLORS >= 256 ? s->bg : s->bg16;
        if (COLORS < 16) {
            fg = fg > 7 ? fg - 8 : fg;
            bg = bg > 7 ? bg - 8 : bg;
        }
        term.pair[i] = (short)(i + 1);
        init_extended_pair(i + 1, fg, bg);
    }
}

static void block_signals(void)
{
    sigemptyset(&term.mask);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sigaddset(&term.mask, ours[i]);
    sigprocmask(SIG_BLOCK, &term.mask, &term.before);
}

/* Only so that ncurses does not find the default. */
static void not_for_ncurses(int sig)
{
    (void)sig;
}

/*
 * When it finds SIGTSTP at its default, ncurses handles it, and ignores it during each
 * refresh: that would drop one that is pending for the loop.  So it finds a handler.
 */
static SCREEN *open_screen(void)
{
    signal(SIGTSTP, not_for_ncurses);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    signal(SIGTSTP, SIG_DFL);
    return screen;
}

static void set_mouse(const char *sequence)
{
    if (term.mouse) {
        putp(sequence);
        fflush(stdout);
    }
}

int wf_term_open(struct wf_term_caps caps, bool mouse)
{
    if (tcgetattr(STDIN_FILENO, &term.found))
        return -ENOTTY;
    block_signals();
    term.signals = signalfd(-1, &term.mask, SFD_CLOEXEC | SFD_NONBLOCK);
    term.screen = term.signals < 0 ? NULL : open_screen();
    if (!term.screen) {
        sigprocmask(SIG_SETMASK, &term.before, NULL);
        if (term.signals >= 0)
            close(term.signals);
        return -ENOTTY;
    }
    term.mouse = mouse;
    term.colour = caps.colour && has_colors() && start_color() == OK;
    if (term.colour) {
        use_default_colors();
        make_pairs();
    }
    raw();
    noecho();
    nonl();
    curs_set(0);
    leaveok(stdscr, TRUE); /* nobody sees where it is */
    putp(tigetstr("smkx") && tigetstr("smkx") != (char *)-1 ? tigetstr("smkx") : "");
    term.open = true;
    catch_crashes();
    set_mouse(MOUSE_ON);
    wf_term_forget();
    return 0;
}

void wf_term_close(void)
{
    if (!term.open)
        return;
    term.open = false;
    set_mouse(MOUSE_OFF);
    endwin(); /* shows the cursor, too */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &term.found);
    delscreen(term.screen);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &term.crash_before[i], NULL);
    close(term.signals);
    term.signals = -1;
    wf_canvas_fini(&term.last);
    sigprocmask(SIG_SETMASK, &term.before, NULL);
}

void wf_term_size(int *w, int *h)
{
    struct winsize ws;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col && ws.ws_row) {
        *w = ws.ws_col;
        *h = ws.ws_row;
        if (*w != COLS || *h != LINES)
            resizeterm(*h, *w);
    } else {
        *w = COLS;
        *h = LINES;
    }
}

void wf_term_forget(void)
{
    clearok(curscr, TRUE);
    wf_canvas_fini(&term.last);
}

static attr_t attributes(const struct wf_glyph *g)
{
    const struct wf_style_info *s = &wf_style_info[g->style];
    unsigned wanted = term.colour ? s->attr : s->mono;
    attr_t attr = A_NORMAL;

    if (wanted & WF_ATTR_BOLD)
        attr |= A_BOLD;
    if (wanted & WF_ATTR_DIM && !(term.colour && COLORS >= 256 && s->fg >= 0))
        attr |= A_DIM;
    if (wanted & WF_ATTR_UNDERLINE)
        attr |= A_UNDERLINE;
    if (!!(wanted & WF_ATTR_REVERSE) != g->cursor)
        attr |= A_REVERSE;
    return attr;
}

static void put_cell(int x, int y, const struct wf_glyph *g)
{
    wchar_t text[2] = { (wchar_t)g->c, 0 };
    int pair = term.colour ? term.pair[g->style] : 0;
    cchar_t cell;

    if (g->c == 0)
        return; /* the wide one before it covers it */
    setcchar(&cell, text, attributes(g), (short)pair, NULL);
    mvadd_wch(y, x, &cell);
}

void wf_term_paint(const struct wf_canvas *cv)
{
    bool all = term.last.w != cv->w || term.last.h != cv->h;

    if (!all && wf_canvas_same(&term.last, cv))
        return;
    for (int y = 0; y < cv->h && y < LINES; y++) {
        const struct wf_glyph *row = cv->cells + (size_t)y * (size_t)cv->w;
        if (!all && !memcmp(row, term.last.cells + (size_t)y * (size_t)cv->w,
                            (size_t)cv->w * sizeof *row))
            continue;
        for (int x = 0; x < cv->w && x < COLS; x++)
            put_cell(x, y, &row[x]);
    }
    refresh();
    if (wf_canvas_copy(&term.last, cv))
        wf_canvas_fini(&term.last); /* no memory: all of it next time */
}

/* A key of what was read. */
static bool take_key(struct wf_key *key)
{
    while (term.at < term.n)
        if (wf_keys_feed(&term.keys, term.in[term.at++], key))
            return true;
    return false;
}

static enum wf_term_event take_signal(void)
{
    struct signalfd_siginfo info;

    while (read(term.signals, &info, sizeof info) == sizeof info) {
        switch ((int)info.ssi_signo) {
        case SIGWINCH:
            return WF_TERM_RESIZED;
        case SIGCONT:
            wf_term_forget();
            return WF_TERM_RESIZED;
        case SIGTSTP:
            wf_term_suspend();
            return WF_TERM_RESIZED;
        default:
            term.signal = (int)info.ssi_signo;
            return WF_TERM_SIGNAL;
        }
    }
    return WF_TERM_NONE;
}

int wf_term_signal(void)
{
    return term.signal;
}

bool wf_term_busy(void)
{
    struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
    return term.at < term.n || poll(&fd, 1, 0) > 0;
}

enum wf_term_event wf_term_wait(int ms, struct wf_key *key)
{
    struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
                             { .fd = term.signals, .events = POLLIN } };
    bool escape = wf_keys_pending(&term.keys);

    if (take_key(key))
        return WF_TERM_KEY;
    if (escape && (ms < 0 || ms > ESCAPE_MS))
        ms = ESCAPE_MS;
    int got = poll(fds, 2, ms);
    if (got < 0 && errno != EINTR)
        return WF_TERM_GONE;
    if (got <= 0)
        return escape && got == 0 && wf_keys_pause(&term.keys, key) ? WF_TERM_KEY
                                                                    : WF_TERM_NONE;
    if (fds[1].revents) {
        enum wf_term_event e = take_signal();
        if (e != WF_TERM_NONE)
            return e;
    }
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t n = read(STDIN_FILENO, term.in, sizeof term.in);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return WF_TERM_GONE;
        term.at = 0;
        term.n = n > 0 ? (size_t)n : 0;
    }
    return take_key(key) ? WF_TERM_KEY : WF_TERM_NONE;
}

void wf_term_suspend(void)
{
    sigset_t stop;

    set_mouse(MOUSE_OFF);
    endwin(); /* shows the cursor, too */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &term.found);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaddset(&stop, SIGCONT);
    kill(0, SIGTSTP); /* the whole job, as the terminal would do it */
    sigprocmask(SIG_UNBLOCK, &stop, NULL);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    raw();
    noecho();
    nonl();
    wf_term_forget();
    refresh();
    set_mouse(MOUSE_ON);
}
