/* SPDX-License-Identifier: MIT */
/*
 * pty.h - weft in a terminal: a pseudo-terminal, a small shell in it, and a screen.
 *
 * The shell gives weft a job of its own, as shells do.  When the job stops it prints
 * STOPPED and takes a line to continue it; when it ends it prints STATUS and a number.
 */
#ifndef WEFT_TESTS_PTY_H
#define WEFT_TESTS_PTY_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

struct pty {
    int fd;      /* the terminal's other side */
    pid_t shell; /* ours */
    VTerm *vt;
    VTermScreen *screen;
    bool alternate, cursor; /* as the terminal was told */
    int mouse;
    struct termios before; /* as it was when weft began */
    char *raw;             /* all that was written, as it came */
    size_t nraw, raw_size, heard;
};

/* A trace to look at, with a hog; once pty_begin has found it. */
extern char pty_trace[4096];
/* Of a group of tests: finds weft and the trace, works in a directory of its own. */
int pty_begin(void **state);
int pty_end(void **state);

/* Start weft ARGUMENTS... (NULL ends) in a terminal of that size; env: "NAME=VALUE",
 * several with blanks between, or NULL. */
void pty_open(struct pty *p, int w, int h, const char *env, const char *const *argv);
void pty_close(struct pty *p);
void pty_type(struct pty *p, const char *bytes, size_t n);
void pty_resize(struct pty *p, int w, int h);
/* Take in what was written until nothing comes for so many ms. */
void pty_drain(struct pty *p, int ms);
/* Take in until the screen has this text; fails the test when it does not come. */
void pty_await(struct pty *p, const char *text);
/* Take in until the screen no longer has it. */
void pty_await_gone(struct pty *p, const char *text);
/* Take in what comes next; false: nothing came. */
bool pty_more(struct pty *p);
/* Take in until the shell has said this, after what it said before. */
void pty_await_said(struct pty *p, const char *text);
/* The screen, rows with '\n'; to be freed. */
char *pty_text(struct pty *p);
/* The job in the foreground, by its process group. */
pid_t pty_job(struct pty *p);
/* The terminal is as it was: modes, screen, cursor, mouse.  To be asked once the shell
 * has spoken: what weft wrote came before that. */
void pty_assert_restored(struct pty *p);
#endif /* WEFT_TESTS_PTY_H */
