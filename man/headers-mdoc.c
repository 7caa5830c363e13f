/* SPDX-License-Identifier: MIT */
/*
 * headers-mdoc.c - the manual page of a header, made from its comments.
 * headers-mdoc PAGE HEADER [EXAMPLE.c...] writes mdoc to standard output.  What a header's
 * comments look like is told in include/weft/chan.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "man/prose.h"

enum { MAX_ENTRIES = 64, MAX_TEXT = 8192, MAX_FILE = 1 << 17 };

/* What is said of one name, and its declaration. */
static struct entry {
    char name[64];
    char brief[1024];
    char text[MAX_TEXT]; /* lines, without " * " */
    char decl[1024];     /* on one line, without its end */
} entries[MAX_ENTRIES];
static int n_entries;
static char source[MAX_FILE];

static void die(const char *what, const char *which)
{
    fprintf(stderr, "headers-mdoc: %s: %s\n", what, which);
    exit(1);
}

static void read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        die("cannot read", path);
    size_t n = fread(source, 1, sizeof source, f);
    if (ferror(f) || n == sizeof source)
        die("cannot read whole", path);
    fclose(f);
    source[n] = '\0';
}

/* The lines of a comment, of which each begins with " * ". */
static void copy_comment(char *to, const char *from, const char *end)
{
    char *limit = to + MAX_TEXT - 2;
    while (from < end) {
        from += strspn(from, " ");
        if (*from == '*' && from[1] != '/')
            from += from[1] == ' ' ? 2 : 1;
        const char *stop = memchr(from, '\n', (size_t)(end - from));
        for (stop = stop ? stop : end; from < stop; from++) {
            if (to >= limit)
                die("too long", "a comment");
            *to++ = *from;
        }
        *to++ = '\n';
        from++;
    }
    *to = '\0';
}

/* What stands behind a comment, to ';' or what is done, as one line. */
static void copy_decl(char *to, const char *from)
{
    char *begin = to, *limit = to + sizeof entries->decl - 1;
    from += strspn(from, "\n ");
    while (!strncmp(from, "enum {", 6) && strchr(from, '\n'))
        from = strchr(from, '\n') + 1; /* a constant that the function has */
    if (!strncmp(from, "#define ", 8)) {
        for (from += 8; *from && *from != ')' && *from != '\n' && to < limit;)
            *to++ = *from++;
        if (*from == ')' && to < limit)
            *to++ = ')';
    } else {
        if (!strncmp(from, "static inline ", 14))
            from += 14;
        for (; *from && *from != ';' && *from != '{' && to < limit; from++)
            if (!isspace((unsigned char)*from))
                *to++ = *from;
            else if (to > begin && to[-1] != ' ')
                *to++ = ' ';
    }
    while (to > begin && to[-1] == ' ')
        to--;
    *to = '\0';
    char *gnu = strstr(begin, " __attribute__");
    if (gnu)
        *gnu = '\0';
}

/* The comment at from is of a name: "NAME - what it does", or "weft/x.h - ". */
static void take(const char *from, const char *end)
{
    static char text[MAX_TEXT];
    copy_comment(text, from, end);
    char *t = text + strspn(text, "\n ");
    size_t n = strcspn(t, " \n");
    if (strncasecmp(t, "weft", 4) != 0 || strncmp(t + n, " - ", 3) != 0)
        return;
    if (n_entries == MAX_ENTRIES || n >= sizeof entries->name)
        die("too many names, or too long", t);
    struct entry *e = &entries[n_entries++];
    memcpy(e->name, t, n);
    char *brief = t + n + 3, *rest = brief;
    size_t i = 0;
    for (; *rest && i < sizeof e->brief - 1; rest++) {
        if ((*rest == '.' && isspace((unsigned char)rest[1])) ||
            !strncmp(rest, ":\n", 2))
            break;
        e->brief[i++] = *rest == '\n' ? ' ' : *rest;
    }
    rest += *rest == '.' || *rest == ':';
    snprintf(e->text, sizeof e->text, "%s", rest + strspn(rest, " "));
    copy_decl(e->decl, end + 2);
}

static void find_entries(void)
{
    for (const char *c = source; (c = strstr(c, "/*"));) {
        const char *end = strstr(c, "*/");
        if (!end)
            die("no end of", "a comment");
        take(c + 2, end);
        c = end;
    }
    if (n_entries == 0 || !strchr(entries->name, '/'))
        die("nothing is said of", "the header");
}

/* Text inside of a request's argument, in quotes. */
static void put_quoted(const char *text, int n)
{
    putchar('"');
    for (int i = 0; i < n; i++)
        fputs(text[i] == '\\' ? "\\e" : (char[]){ text[i], '\0' }, stdout);
    putchar('"');
}

static void print_decl(const struct entry *e)
{
    const char *name = strstr(e->decl, e->name);
    const char *open = name ? name + strlen(e->name) : NULL;
    if (!open || *open != '(') {
        printf(".Fd %s\n", name ? e->decl : e->name);
        return;
    }
    int type = (int)(name - e->decl);
    while (type > 0 && e->decl[type - 1] == ' ')
        type--;
    if (type > 0)
        printf(".Ft %.*s\n", type, e->decl);
    printf(".Fo %s\n", e->name);
    int depth = 0;
    const char *from = ++open;
    for (const char *c = open; *c; c++) {
        bool end = depth == 0 && (*c == ',' || *c == ')');
        if (end) {
            from += strspn(from, " ");
            fputs(".Fa ", stdout);
            put_quoted(from, (int)(c - from));
            putchar('\n');
            from = c + 1;
        }
        if (end && *c == ')')
            break;
        depth += (*c == '(') - (*c == ')');
    }
    puts(".Fc");
}

/* Where lines of a comment have got to. */
static struct {
    char prose[MAX_TEXT];
    int column; /* of a row's text; 0: outside of rows */
    bool inner; /* a list inside of a row */
    bool list, literal, gap;
} at;

static void flush(void)
{
    if (at.prose[0] && strspn(at.prose, " ") != strlen(at.prose)) {
        if (at.gap && !at.list)
            puts(".Pp");
        print_text(at.prose + strspn(at.prose, " "));
        at.gap = false;
    }
    at.prose[0] = '\0';
}

static void say(const char *text)
{
    size_t n = strlen(at.prose);
    if (n + strlen(text) + 2 > sizeof at.prose)
        die("too long", text);
    snprintf(at.prose + n, sizeof at.prose - n, "%s%s", n ? " " : "", text);
}

static void end_rows(bool outer)
{
    flush();
    if (at.inner)
        puts(".El");
    at.inner = false;
    if (outer && at.list) {
        puts(".El");
        at.list = false;
        at.column = 0;
    }
}

static void end_literal(void)
{
    if (at.literal)
        puts(".Ed");
    at.literal = false;
}

/* "key  text": how long key is; 0 if the line is none such. */
static int key_length(const char *line)
{
    const char *gap = strstr(line, "  ");
    int n = gap ? (int)(gap - line) : 0;
    if (n == 0 || gap[strspn(gap, " ")] == '\0' || n > 24 || line[n - 1] == '.')
        return 0;
    for (int i = 0; i + 1 < n; i++)
        if (line[i] == ' ' && line[i - 1] != ',')
            return 0;
    return n;
}

static void begin_item(const char *macro, const char *line, int n)
{
    printf(".It %s ", macro);
    put_quoted(line, n);
    putchar('\n');
}

static bool is_section(const char *line, int n)
{
    static const char *const names[] = { "Returns", "Context", "Owns", "Traces",
                                         "Source" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((int)strlen(names[i]) == n && !strncmp(names[i], line, (size_t)n))
            return true;
    return false;
}

static void inner_line(const char *line);

static void begin_row(const char *line, int n)
{
    end_rows(false);
    if (!at.list)
        puts(at.gap ? ".Pp\n.Bl -tag -width Returns -compact"
                    : ".Bl -tag -width Returns -compact");
    at.gap = false;
    at.list = true;
    begin_item(is_section(line, n) ? "Em" : "Fa", line, n);
    at.column = n + (int)strspn(line + n, " ");
    inner_line(line + at.column);
}

/* What a row says: rows again, as Returns has them, or text. */
static void inner_line(const char *line)
{
    int n = key_length(line);
    if (n == 0) {
        say(line);
        return;
    }
    flush();
    if (!at.inner)
        puts(".Bl -tag -width -ETIMEDOUT -compact");
    at.inner = true;
    begin_item("Li", line, n);
    say(line + n + strspn(line + n, " "));
}

static void put_literal(const char *line)
{
    if (!at.literal) {
        flush();
        puts(".Bd -literal -offset indent");
    }
    at.literal = true;
    at.gap = false;
    for (const char *c = line + (strlen(line) < 4 ? 0 : 4); *c; c++)
        fputs(*c == '\\' ? "\\e" : (char[]){ *c, '\0' }, stdout);
    putchar('\n');
}

static void print_line(const char *line)
{
    int indent = (int)strspn(line, " ");
    if (line[indent] == '\0') {
        end_rows(true);
        end_literal();
        at.gap = true;
    } else if (indent == 0 && key_length(line) > 0) {
        begin_row(line, key_length(line));
    } else if (at.list && indent == at.column) {
        inner_line(line + indent);
    } else if (at.list && indent > 0) {
        say(line + indent);
    } else if (indent >= 4) {
        put_literal(line);
    } else {
        end_rows(true);
        end_literal();
        say(line + indent);
    }
}

static void print_comment(const char *brief, char *text)
{
    memset(&at, 0, sizeof at);
    if (brief) {
        char first[1100];
        snprintf(first, sizeof first, "%c%s.", toupper((unsigned char)brief[0]),
                 brief + 1);
        print_text(first);
    }
    for (char *line = text, *next; *line; line = next) {
        next = strchr(line, '\n');
        *next++ = '\0';
        print_line(line);
    }
    end_rows(true);
    end_literal();
}

static void print_example(const char *path)
{
    read_file(path);
    const char *c = strchr(source, '\n'); /* behind the licence */
    puts(".Bd -literal");
    for (c = c ? c + 1 : source; *c; c++) {
        if ((*c == '.' || *c == '\'') && c[-1] == '\n')
            fputs("\\&", stdout);
        fputs(*c == '\\' ? "\\e" : (char[]){ *c, '\0' }, stdout);
    }
    puts(".Ed");
}

static void print_page(const char *page, const char *header)
{
    printf(".\\\" SPDX-License-Identifier: MIT\n.Dd November 23, 2026\n.Dt ");
    for (const char *c = page; *c; c++)
        putchar(toupper((unsigned char)*c));
    puts(" 3\n.Os\n.Sh NAME");
    for (int i = 1; i < n_entries; i++)
        printf(".Nm %s%s\n", entries[i].name, i + 1 < n_entries ? " ," : "");
    printf(".Nd %.*s\n", (int)strcspn(entries->brief, ":"), entries->brief);
    printf(".Sh SYNOPSIS\n.In weft/%s\n", header);
    for (int i = 1; i < n_entries; i++)
        print_decl(&entries[i]);
    puts(".Sh DESCRIPTION");
    print_comment(entries->brief, entries->text);
    for (int i = 1; i < n_entries; i++) {
        printf(".Ss %s\n", entries[i].name);
        print_comment(entries[i].brief, entries[i].text);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        die("usage", "headers-mdoc PAGE HEADER [EXAMPLE.c...]");
    read_file(argv[2]);
    find_entries();
    const char *slash = strrchr(argv[2], '/');
    print_page(argv[1], slash ? slash + 1 : argv[2]);
    if (argc > 3)
        puts(".Sh EXAMPLES");
    for (int i = 3; i < argc; i++)
        print_example(argv[i]);
    puts(".Sh SEE ALSO\n.Xr weft 1 ,\n.Xr weft-tuning 7");
    if (fflush(stdout) || ferror(stdout)) {
        perror("headers-mdoc");
        return 1;
    }
    return 0;
}
