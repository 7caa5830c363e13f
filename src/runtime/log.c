/* SPDX-License-Identifier: MIT */
/*
 * log.c - log lines.
 * A line is made in memory of its own and written by one write(2); there is no lock and
 * no buffer behind it, so that a line that was written is out, whatever comes then.
 * Memory and not the coroutine's stack, which would keep what a line took for good.
 */
#include <weft/log.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weft/trace.h>

#include "runtime/dump.h"
#include "runtime/error.h"
#include "runtime/json.h"
#include "runtime/log.h"
#include "runtime/sched.h"

/* Of the line: for "}", "cut" and the line feed behind the last field; for its message. */
enum { TAIL_ROOM = 32, MESSAGE_ROOM = 2048 };
_Static_assert((int)WEFT_LOG_LINE <= PIPE_BUF, "a pipe takes a line as one");

static struct {
    _Atomic int level, fd;
    _Atomic bool socket;
    _Atomic bool torn; /* the last line ended in its middle */
    _Atomic uint64_t lines, dropped, cut;
    _Atomic uint64_t untold; /* of dropped: for the next line */
} sink = { .level = WEFT_LOG_INFO, .fd = STDERR_FILENO };

struct line {
    struct wf_json j;
    unsigned cut;
    size_t fields; /* where they begin, in text */
    char text[WEFT_LOG_LINE];
};

static const char *const level_name[] = { "debug", "info", "warn", "error", "off" };

/* ---- what is in it ---- */

/* Days since 1970 as a date: years are counted from March, so that the leap day is last. */
static void put_time(struct wf_json *j)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t days = ts.tv_sec / 86400 + 719468; /* since 1 March of year 0 */
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153); /* 0: March */
    int day = (int)(of_year - (153 * month + 2) / 5 + 1),
        of_day = (int)(ts.tv_sec % 86400);
    wf_json_raw(j, "\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"",
                (int)(year + 400 * era + (month >= 10)),
                month < 10 ? month + 3 : month - 9, day, of_day / 3600,
                of_day / 60 % 60, of_day % 60, ts.tv_nsec);
}

static size_t room(const struct line *l)
{
    size_t limit = WEFT_LOG_LINE - TAIL_ROOM;
    return l->j.at < limit ? limit - l->j.at : 0;
}

static void put_text(struct line *l, const char *text, size_t n, size_t most)
{
    if (most > room(l))
        most = room(l);
    if (!wf_json_string(&l->j, text, n, most))
        l->cut++;
}

/* Which coroutine, in which trace. */
static void put_who(struct line *l)
{
    const struct wf_g *g = wf_g();
    const weft_traceparent *tp = weft_ctx_traceparent(weft_ctx_current());
    char text[WEFT_TRACEPARENT_TEXT];
    if (g) {
        wf_json_key(&l->j, "coroutine");
        wf_json_raw(&l->j, "%llu", (unsigned long long)g->id);
    }
    if (g && g->name) {
        wf_json_key(&l->j, "name");
        put_text(l, g->name, strlen(g->name), SIZE_MAX);
    }
    if (tp) {
        weft_traceparent_format(tp, text);
        wf_json_key(&l->j, "trace");
        wf_json_raw(&l->j, "\"%.32s\"", text + 3);
        wf_json_key(&l->j, "span");
        wf_json_raw(&l->j, "\"%.16s\"", text + 36);
    }
}

static void put_value(struct line *l, const weft_log_field *f)
{
    switch (f->type) {
    case WEFT_LOG_INT:
        wf_json_raw(&l->j, "%lld", (long long)f->value.i);
        break;
    case WEFT_LOG_UINT:
        wf_json_raw(&l->j, "%llu", (unsigned long long)f->value.u);
        break;
    case WEFT_LOG_FLOAT:
        wf_json_real(&l->j, f->value.f);
        break;
    case WEFT_LOG_BOOL:
        wf_json_raw(&l->j, f->value.b ? "true" : "false");
        break;
    case WEFT_LOG_TEXT:
        if (f->value.text)
            put_text(l, f->value.text, f->size, SIZE_MAX);
        else
            wf_json_raw(&l->j, "null");
        break;
    case WEFT_LOG_CAUSE:
        wf_error_put(&l->j, f->value.error, room(l));
        break;
    default:
        wf_json_raw(&l->j, "null");
    }
}

/* What does not fit is not there. */
static void put_field(struct line *l, const weft_log_field *f)
{
    size_t before = l->j.at;
    bool first = l->j.first;
    unsigned cut = l->cut;
    wf_json_key(&l->j, f->key ? f->key : "");
    if (room(l))
        put_value(l, f);
    if (room(l))
        return;
    l->j.at = before;
    l->j.first = first;
    l->cut = cut + 1;
}

static void make(struct line *l, enum weft_log_level level, const char *message,
                 const weft_log_field *fields, size_t n, uint64_t dropped)
{
    struct wf_json *j = &l->j;
    wf_json_open(j, "{");
    wf_json_key(j, "time");
    put_time(j);
    wf_json_key(j, "level");
    wf_json_raw(j, "\"%s\"", level_name[level]);
    wf_json_key(j, "msg");
    put_text(l, message ? message : "", message ? strlen(message) : 0, MESSAGE_ROOM);
    put_who(l);
    if (dropped) {
        wf_json_key(j, "dropped");
        wf_json_raw(j, "%llu", (unsigned long long)dropped);
    }
    l->fields
    = j->at;
    if (n) {
        wf_json_key(j, "fields");
        wf_json_open(j, "{");
        for (size_t i = 0; i < n; i++)
            put_field(l, &fields[i]);
        wf_json_close(j, "}");
    }
    if (l->cut) {
        wf_json_key(j, "cut");
        wf_json_raw(j, "%u", l->cut);
    }
    wf_json_close(j, "}");
    WF_CHECK(j->at < sizeof l->text);
}

/* ---- where it goes ---- */

/* A pipe that has room has room for PIPE_BUF. */
static ssize_t write_now(int fd, const char *text, size_t size)
{
    struct pollfd ready = { .fd = fd, .events = POLLOUT };
    if (wf_get(&sink.socket))
        return send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    int n = poll(&ready, 1, 0);
    if (!n)
        errno = EAGAIN;
    return n > 0 ? write(fd, text, size) : -1;
}

/* The line, with a line feed; after half a one, as of a full disk, also before it. */
static int write_line(char *text, size_t size)
{
    int fd = wf_get(&sink.fd);
    bool torn = fd >= 0 && atomic_exchange(&sink.torn, false);
    ssize_t n;
    if (fd < 0)
        return 0;
    if (torn) {
        memmove(text + 1, text, size++);
        text[0] = '\n';
    }
    text[size++] = '\n';
    do
        n = write_now(fd, text, size);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)size)
        return 0;
    int err = n < 0 ? -errno : -EAGAIN;
    if (torn || n > 0)
        atomic_store(&sink.torn, true);
    return err;
}

/* The viewer knows time and coroutine: the message and the fields. */
static void trace(struct line *l, enum weft_log_level level, const char *message)
{
    char text[1024];
    size_t n = l->j.at - l->fields
    -1;
    l->text[l->j.at] = '\0';
    int len = snprintf(text, sizeof text, "%s", message ? message : "");
    if (n && len >= 0 && (size_t)len + 1 < sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, " %.*s", (int)n - 1,
                 l->text + l->fields + 1);
    weft_log(level_name[level], text);
}

static int emit(struct line *l, enum weft_log_level level, const char *message,
                const weft_log_field *fields, size_t n)
{
    uint64_t untold = atomic_exchange(&sink.untold, 0);
    int err = 0;
    l->j = (struct wf_json){ .out = l->text, .size = sizeof l->text };
    l->cut = 0;
    make(l, level, message, fields, n, untold);
    if (wf_trace_on)
        trace(l, level, message);
    if ((int)level >= wf_get(&sink.level)) {
        err = write_line(l->text, l->j.at);
        atomic_fetch_add(err ? &sink.dropped : &sink.lines, 1);
        atomic_fetch_add(&sink.cut, err ? 0 : l->cut);
        untold += err != 0;
        atomic_fetch_add(&sink.untold, err ? untold : 0);
    } else {
        atomic_fetch_add(&sink.untold, untold);
    }
    return err;
}

/* ---- the public side ---- */

int weft_log_emit(enum weft_log_level level, const char *message,
                  const weft_log_field *fields, size_t n)
{
    if ((unsigned)level >= WEFT_LOG_OFF)
        WF_BREACH("%d is no level", (int)level);
    if (!weft_log_enabled(level))
        return 0;
    int keep = errno;
    struct line *l = malloc(sizeof *l);
    if (!l) {
        atomic_fetch_add(&sink.dropped, 1);
        atomic_fetch_add(&sink.untold, 1);
    }
    int err = l ? emit(l, level, message, fields, n) : -ENOMEM;
    free(l);
    errno = keep;
    return err;
}

bool weft_log_enabled(enum weft_log_level level)
{
    return (int)level >= atomic_load_explicit(&sink.level, memory_order_relaxed) ||
           wf_trace_on;
}

void weft_log_set_level(enum weft_log_level level)
{
    if ((unsigned)level > WEFT_LOG_OFF)
        WF_BREACH("%d is no level", (int)level);
    wf_set(&sink.level, (int)level);
}

enum weft_log_level weft_log_get_level(void)
{
    return (enum weft_log_level)wf_get(&sink.level);
}

void wf_log_configure(int level)
{
    if (level != WEFT_AUTO)
        wf_set(&sink.level, level);
}

int weft_log_to(int fd)
{
    struct stat st;
    int keep = errno, flags = fd < 0 ? O_WRONLY : fcntl(fd, F_GETFL);
    bool is_socket = fd >= 0 && !fstat(fd, &st) && S_ISSOCK(st.st_mode);
    errno = keep;
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    wf_set(&sink.socket, is_socket);
    wf_set(&sink.fd, fd < 0 ? -1 : fd);
    atomic_store(&sink.torn, false);
    return 0;
}

void weft_log_stats(struct weft_log_stats *out)
{
    *out = (struct weft_log_stats){ .lines = wf_get(&sink.lines),
                                    .dropped = wf_get(&sink.dropped),
                                    .cut = wf_get(&sink.cut) };
}
