/* SPDX-License-Identifier: MIT */
/*
 * dump.c - every event as one line of text.
 *
 * The first line tells how long the trace is, so a trace is read twice; a pipe is kept
 * in a file meanwhile.  Strings of a trace are JSON strings here: no byte of theirs that
 * a terminal would obey gets out.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/text.h"
#include "format/block.h"
#include "model/reader.h"
#include "model/symbols.h"

enum { ROOM = 64 * 1024, LINE_MAX_BYTES = 16 * 1024, WORDS = 128 };

struct dump {
    FILE *out;
    struct wf_reader *reader;
    struct wf_symbols *symbols;
    struct wf_map told; /* stacks that this generation's lines told */
    const char *word[WF_NFIELDKINDS][WORDS];
    size_t n;
    char text[ROOM];
};

/* --- text ------------------------------------------------------------------------- */

static void flush(struct dump *d)
{
    fwrite(d->text, 1, d->n, d->out);
    d->n = 0;
}

static void put_char(struct dump *d, char c)
{
    if (d->n == ROOM)
        flush(d);
    d->text[d->n++] = c;
}

static void put_text(struct dump *d, const char *s)
{
    while (*s)
        put_char(d, *s++);
}

static void put_number(struct dump *d, uint64_t v)
{
    char digits[20];
    int n = 0;

    do
        digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        put_char(d, digits[--n]);
}

static void put_signed(struct dump *d, int64_t v)
{
    if (v < 0)
        put_char(d, '-');
    put_number(d, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void put_hex4(struct dump *d, uint32_t v)
{
    char hex[8];

    snprintf(hex, sizeof hex, "\\u%04x", v & 0xffff);
    put_text(d, hex);
}

static void put_code(struct dump *d, const char *s, size_t n, uint32_t c)
{
    if (c == '"' || c == '\\') {
        put_char(d, '\\');
        put_char(d, (char)c);
    } else if (wf_text_visible(c)) {
        for (size_t i = 0; i < n; i++)
            put_char(d, s[i]);
    } else if (c < 0x10000) {
        put_hex4(d, c);
    } else {
        put_hex4(d, 0xd800 + ((c - 0x10000) >> 10));
        put_hex4(d, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
}

/* The inside of a JSON string.  A byte that is no UTF-8 becomes the text \x9b. */
static void put_inside(struct dump *d, const char *s)
{
    size_t left = strlen(s);

    while (left) {
        uint32_t c;
        size_t n = wf_utf8_get(s, left, &c);
        if (n) {
            put_code(d, s, n, c);
        } else {
            char hex[8];
            snprintf(hex, sizeof hex, "\\\\x%02x", (unsigned char)*s);
            put_text(d, hex);
            n = 1;
        }
        s += n;
        left -= n;
    }
}

static void put_string(struct dump *d, const char *s)
{
    put_char(d, '"');
    put_inside(d, s);
    put_char(d, '"');
}

/* --- stacks ----------------------------------------------------------------------- */

static void put_frame(struct dump *d, const struct wf_frame *f)
{
    char where[512];

    put_char(d, '"');
    if (f->function[0] && f->file[0]) {
        put_inside(d, f->function);
        put_char(d, ' ');
    }
    put_inside(d, wf_frame_where(f, where, sizeof where));
    put_char(d, '"');
}

static void tell_stack(struct dump *d, uint64_t id)
{
    enum { FRAMES = 32 };
    uint64_t pcs[WF_STACK_MAX];
    size_t n;
    char *told = id ? wf_map_put(&d->told, id) : NULL;

    if (!told || *told)
        return;
    *told = 1;
    n = wf_reader_stack(d->reader, id, pcs, WF_STACK_MAX);
    put_text(d, "# stack ");
    put_number(d, id);
    put_text(d, " [");
    for (size_t i = 0; i < n; i++) {
        struct wf_frame frames[FRAMES];
        size_t found = wf_symbols_find(d->symbols, pcs[i], frames, FRAMES);
        for (size_t f = 0; f < found; f++) {
            if (i + f)
                put_char(d, ',');
            put_frame(d, &frames[f]);
        }
    }
    put_text(d, "]\n");
}

/* --- lines ------------------------------------------------------------------------ */

static void put_value(struct dump *d, unsigned kind, uint64_t v)
{
    const char *word = kind < WF_NFIELDKINDS && v < WORDS ? d->word[kind][v] : NULL;

    if (word)
        put_text(d, word);
    else if (kind == WF_STR)
        put_string(d, wf_reader_string(d->reader, v));
    else if (kind == WF_ZZ)
        put_signed(d, wf_unzigzag(v));
    else if (kind == WF_PNONE && v == 0)
        put_char(d, '-');
    else if (kind == WF_PNONE)
        put_number(d, v - 1);
    else
        put_number(d, v);
}

static void put_m(struct dump *d, int64_t m)
{
    if (m == WF_NO_M)
        put_char(d, '-');
    else
        put_signed(d, m);
}

static void event_line(struct dump *d, const struct wf_record *rec)
{
    const struct wf_field *args = rec->info->args;

    for (unsigned i = 0; args[i].kind != WF_END; i++)
        if (args[i].kind == WF_STACK)
            tell_stack(d, rec->ev.arg[i]);
    put_signed(d, rec->t);
    put_char(d, '\t');
    put_m(d, rec->who.m);
    put_char(d, '\t');
    if (rec->who.p == WF_NO_P)
        put_char(d, '-');
    else
        put_signed(d, rec->who.p);
    put_char(d, '\t');
    if (rec->who.g)
        put_number(d, rec->who.g);
    else
        put_char(d, '-');
    put_char(d, '\t');
    put_text(d, rec->info->name);
    for (unsigned i = 0; args[i].kind != WF_END; i++) {
        put_char(d, '\t');
        put_text(d, args[i].name);
        put_char(d, '=');
        put_value(d, args[i].kind, rec->ev.arg[i]);
    }
    put_char(d, '\n');
}

static void gap_line(struct dump *d, const struct wf_gap *gap)
{
    put_text(d, "# gap from_ns=");
    put_signed(d, gap->from);
    put_text(d, " to_ns=");
    put_signed(d, gap->to);
    put_text(d, " m=");
    put_m(d, gap->m);
    put_text(d, " events=");
    put_number(d, gap->events);
    put_text(d, " cause=");
    put_text(d, wf_gap_cause_name(gap->cause));
    put_char(d, '\n');
}

static void first_line(struct dump *d, const struct wf_trace_info *whole)
{
    put_text(d, "# weft.dump/1 start_unix_ns=");
    put_signed(d, whole->start_unix_ns);
    put_text(d, " duration_ns=");
    put_signed(d, whole->duration);
    put_text(d, whole->complete ? " complete=1\n" : " complete=0\n");
}

static void set_words(struct dump *d)
{
    for (unsigned kind = 0; kind < WF_NFIELDKINDS; kind++)
        for (unsigned v = 0; v < WORDS; v++)
            d->word[kind][v] = wf_word_name(kind, v);
}

static int each_line(struct dump *d, const struct wf_dump_opts *opts,
                     char error[static 256])
{
    const struct wf_record *rec;
    int64_t from = opts ? opts->from : 0, to = opts && opts->to ? opts->to : INT64_MAX;
    int n;

    while ((n = wf_reader_next(d->reader, &rec, error)) > 0 && rec->t <= to) {
        if (rec->kind == WF_RECORD_GENERATION)
            wf_map_fini(&d->told);
        else if (rec->t < from)
            continue;
        else if (rec->kind == WF_RECORD_GAP)
            gap_line(d, &rec->gap);
        else {
            if (rec->known && rec->ev.id == WF_EV_lost)
                gap_line(d, &rec->gap);
            event_line(d, rec);
        }
        if (ferror(d->out))
            return 0; /* the caller's to say, and no use to go on */
    }
    flush(d);
    return n < 0 ? n : 0;
}

/* --- the whole -------------------------------------------------------------------- */

/* Read all of it, for what the first line says. */
static int read_through(const char *path, struct wf_trace_info *whole,
                        char error[static 256])
{
    const struct wf_record *rec;
    struct wf_reader *r;
    int n = wf_reader_open(path, &r, error);

    if (n)
        return n;
    while ((n = wf_reader_next(r, &rec, error)) > 0)
        ;
    *whole = *wf_reader_info(r);
    wf_reader_close(r);
    return n;
}

static int copy(int from, int to)
{
    char part[ROOM];
    ssize_t n;

    while ((n = read(from, part, sizeof part)) > 0 || (n < 0 && errno == EINTR)) {
        for (ssize_t done = 0, put; done < n; done += put) {
            put = write(to, part + done, (size_t)(n - done));
            if (put < 0)
                return -errno;
        }
    }
    return n < 0 ? -errno : 0;
}

/* Standard input, if it is a pipe: in a file without a name, *fd.  0 or -errno. */
static int keep_input(const char *path, int *fd, char error[static 256])
{
    const char *dir = getenv("TMPDIR");
    struct stat st;
    int err = 0;

    *fd = -1;
    if (strcmp(path, "-") != 0 ||
        (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)))
        return 0;
    *fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd < 0)
        err = -errno;
    if (!err)
        err = copy(STDIN_FILENO, *fd);
    if (err)
        snprintf(error, 256, "standard input: cannot keep it in a file: %s",
                 strerror(-err));
    if (err && *fd >= 0)
        close(*fd);
    return err;
}

static int dump(struct dump *d, const char *path, const struct wf_dump_opts *opts,
                bool *missing, char error[static 256])
{
    struct wf_trace_info whole;
    int err = read_through(path, &whole, error);

    if (err)
        return err;
    if (missing)
        *missing = !whole.complete;
    err = wf_reader_open(path, &d->reader, error);
    if (err)
        return err;
    d->symbols = wf_symbols_new(wf_reader_modules(d->reader),
                                wf_reader_carried(d->reader));
    if (!d->symbols) {
        snprintf(error, 256, "%s: %s", path, strerror(ENOMEM));
        return -ENOMEM;
    }
    set_words(d);
    wf_map_init(&d->told, 1);
    first_line(d, &whole);
    return each_line(d, opts, error);
}

int wf_dump(const char *path, const struct wf_dump_opts *opts, FILE *out, bool *missing,
            char error[static 256])
{
    struct dump *d = calloc(1, sizeof *d);
    char name[64];
    int fd, err;

    if (!d) {
        snprintf(error, 256, "%s: %s", path, strerror(ENOMEM));
        return -ENOMEM;
    }
    d->out = out;
    err = keep_input(path, &fd, error);
    if (!err && fd >= 0) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        path = name;
    }
    if (!err)
        err = dump(d, path, opts, missing, error);
    if (fd >= 0)
        close(fd);
    wf_map_fini(&d->told);
    wf_symbols_free(d->symbols);
    wf_reader_close(d->reader);
    free(d);
    return err;
}
