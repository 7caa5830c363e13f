/* SPDX-License-Identifier: MIT */
/*
 * tables-mdoc.c - fill in a manual page from the tables of the source.
 * Copies the page on standard input to standard output; a line that is only @NAME@ gives
 * way to what the printer of that name says, so a page cannot tell an old story.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "format/block.h"
#include "format/event.h"
#include "format/gstate.h"
#include "man/prose.h"

/* A doc string of a table, with a stop at its end. */
static void print_doc(const char *doc)
{
    char text[1024];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", doc);
    if (n >= sizeof text - 1) {
        fprintf(stderr, "tables-mdoc: too long: %s\n", doc);
        exit(1);
    }
    if (n > 0 && text[n - 1] != '.')
        memcpy(text + n, ".", 2);
    print_text(text);
}

static void print_events(void)
{
    puts(".Bl -tag -width Ds");
    for (unsigned id = 0; id < 256; id++) {
        const struct wf_event_info *ev = &wf_event_info[id];
        if (!ev->name)
            continue;
        printf(".It Cm %s Po 0x%02X Pc", ev->name, id);
        for (const struct wf_field *f = ev->args; f->kind != WF_END; f++)
            printf(" Ar %s Ns \\&: Ns %s", f->name, wf_field_kind_name(f->kind));
        putchar('\n');
        print_doc(ev->doc);
    }
    puts(".El");
}

static void print_kinds(void)
{
    static const char *const docs[] = {
#define FIELD(kind, doc) doc,
        WF_FIELD_KINDS(FIELD)
#undef FIELD
    };
    puts(".Bl -tag -width PSTATE_ -compact");
    for (unsigned kind = WF_END + 1; kind < WF_NFIELDKINDS; kind++) {
        printf(".It %s Pq %u\n", wf_field_kind_name(kind), kind);
        print_doc(docs[kind]);
    }
    puts(".El");
}

static void print_words_of(enum wf_field_kind kind)
{
    printf(".Ss %s\n.Bl -tag -width rwlock_write -compact\n", wf_field_kind_name(kind));
    for (unsigned value = 0; value < 256; value++) {
        const char *doc = wf_word_doc(kind, value);
        if (!doc)
            continue;
        printf(".It Cm %s Pq %u\n", wf_word_name(kind, value), value);
        print_doc(doc);
    }
    puts(".El");
}

static void print_words(void)
{
    for (unsigned kind = WF_END + 1; kind < WF_NFIELDKINDS; kind++)
        for (unsigned value = 0; value < 256; value++)
            if (wf_word_doc(kind, value)) {
                print_words_of(kind);
                break;
            }
}

static void print_states(void)
{
    static const char *const docs[] = {
#define STATE(ID, name, letter, next, doc) doc,
        WF_G_STATES(STATE)
#undef STATE
    };
    puts(".Bl -tag -width runnable_(0) -compact");
    for (unsigned s = 0; s < WF_G_NSTATES; s++) {
        printf(".It Cm %s Pq %u\n", wf_g_state_name(s), s);
        print_doc(docs[s]);
        fputs("Next:", stdout);
        for (unsigned next = 0, n = 0; next < WF_G_NSTATES; next++)
            if (wf_g_may_follow(s, next))
                printf("%s %s", n++ ? "," : "", wf_g_state_name(next));
        puts(".");
    }
    puts(".El");
}

static void print_blocks(void)
{
    puts(".Bl -tag -width KEYFRAME_(7) -compact");
#define TYPE(n, name, doc) printf(".It Cm %s Pq %d\n", #name, n), print_doc(doc);
    WF_BLOCK_TYPES(TYPE)
#undef TYPE
    puts(".El");
}

static const struct wf_option options[] = {
#define G(name) WF_IN_##name
#define OPTION(groups_, name_, letter_, type_, arg_, value_, min_, max_, help_)        \
    { .name = name_,                                                                   \
      .arg = arg_,                                                                     \
      .value = value_,                                                                 \
      .help = help_,                                                                   \
      .groups = groups_,                                                               \
      .type = WF_OPT_##type_ },
#include "cli/options.def"
#undef G
};

/* The options of these groups, as a list inside the command's. */
static void print_options(unsigned groups)
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct wf_option *o = &options[i];
        if (!(o->groups & groups))
            continue;
        if (n++ == 0)
            puts(".Bl -tag -width Ds -compact");
        printf(".It Fl -%s", o->name);
        if (o->arg)
            printf(" Ar %s", o->arg);
        putchar('\n');
        print_doc(o->help);
    }
    if (n > 0)
        puts(".El");
}

static void print_commands(void)
{
    puts(".Bl -tag -width Ds");
#define G(name) WF_IN_##name
#define COMMAND(name, arguments, summary, groups)                                      \
    printf(".It Nm Cm %s\n", arguments), print_doc(summary), print_options(groups);
#include "cli/commands.def"
#undef G
    puts(".El");
}

/* A threshold or a critical value in the unit of its alert: "10 ms". */
static void print_limit(double value, const char *unit)
{
    if (!strcmp(unit, "NS"))
        printf("%g ms", value / 1e6);
    else if (!strcmp(unit, "PERCENT"))
        printf("%g %%", value);
    else
        printf("%g%s", value, strcmp(unit, "PER_S") ? "" : " per s");
}

static void print_alert(const char *name, double threshold, const char *unit,
                        double critical, const char *doc)
{
    printf(".It Cm %s\n", name);
    print_doc(doc);
    fputs("Threshold: ", stdout);
    print_limit(threshold, unit);
    if (critical > 0) {
        fputs("; critical from ", stdout);
        print_limit(critical, unit);
    }
    puts(critical == 0 ? "; always critical." : ".");
}

static void print_alerts(void)
{
    puts(".Bl -tag -width idle_while_queued");
#define ALERT(name, threshold, unit, critical, advice, doc)                            \
    print_alert(#name, threshold, #unit, critical, doc);
#include "model/alerts.def"
    puts(".El");
}

static void print_knob(const char *variable, const char *name, const char *value,
                       const char *accepted, const char *doc)
{
    printf(".It Ev %s Pq %s\n", variable, name);
    print_doc(doc);
    printf("Accepts %s.\nDefault: %s.\n", accepted, *value ? value : "none");
}

static void print_knobs(void)
{
    puts(".Bl -tag -width Ds");
#define KNOB(name, variable, type, fields, value, accepted, doc)                       \
    print_knob(#variable, #name, value, accepted, doc);
#include "runtime/knobs.def"
    puts(".El");
}

static void print_screens(void)
{
    puts(".Bl -tag -width coroutines -compact");
#define SCREEN(name, doc) printf(".It Cm %s\n", #name), print_doc(doc);
#define LIST(name, doc)   SCREEN(name, doc)
#include "export/lists.def"
    puts(".It Cm events");
    print_doc("each event, as weft dump prints it");
    puts(".El");
}

enum key_scope { OVERVIEW, TIMELINE, TABLE, CORO, SITES, OBJECTS, ALERTS, STATS, ALL };

/* Keys as words that mdoc takes for no punctuation and roff for no escape. */
static void print_key_names(const char *keys)
{
    fputs(".It", stdout);
    for (const char *k = keys; *k; k += strspn(k, " ")) {
        fputs(" \\&", stdout);
        for (; *k && *k != ' '; k++)
            fputs(*k == '\\' ? "\\e" : (char[]){ *k, '\0' }, stdout);
    }
    putchar('\n');
}

static void print_keys(void)
{
    static const char *const where[] = {
        [OVERVIEW] = "Overview", [TIMELINE] = "Timeline", [TABLE] = "Every list",
        [CORO] = "Coroutines",   [SITES] = "Sites",       [OBJECTS] = "Objects",
        [ALERTS] = "Alerts",     [STATS] = "Statistics",  [ALL] = "Everywhere"
    };
    static const struct {
        enum key_scope scope;
        const char *keys, *help;
    } rows[] = {
#define KEY(scope, keys, command, label, help) { scope, keys, help },
#include "tui/keys.def"
    };
    for (enum key_scope scope = OVERVIEW; scope <= ALL; scope++) {
        printf(".Ss %s\n.Bl -tag -width PgDn_C-d_C-f -compact\n", where[scope]);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (rows[i].scope == scope && rows[i].help[0]) {
                print_key_names(rows[i].keys);
                print_doc(rows[i].help);
            }
        puts(".El");
    }
}

static void print_verbs(void)
{
    puts(".Bl -tag -width Ds -compact");
#define VERB(name, arguments, help)                                                    \
    printf(".It Cm %s%s%s\n", #name, arguments[0] ? " Ar " : "", arguments),           \
        print_doc(help);
#include "tui/verbs.def"
    puts(".El");
}

static const struct {
    const char *line;
    void (*print)(void);
} printers[] = {
    { "@EVENTS@\n", print_events },   { "@KINDS@\n", print_kinds },
    { "@WORDS@\n", print_words },     { "@STATES@\n", print_states },
    { "@BLOCKS@\n", print_blocks },   { "@COMMANDS@\n", print_commands },
    { "@ALERTS@\n", print_alerts },   { "@KNOBS@\n", print_knobs },
    { "@SCREENS@\n", print_screens }, { "@KEYS@\n", print_keys },
    { "@VERBS@\n", print_verbs },
};

static void print_line(const char *line)
{
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++)
        if (!strcmp(line, printers[i].line)) {
            printers[i].print();
            return;
        }
    if (line[0] == '@') {
        fprintf(stderr, "tables-mdoc: no printer for %s", line);
        exit(1);
    }
    fputs(line, stdout);
}

int main(void)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin))
        print_line(line);
    if (ferror(stdin) || fflush(stdout) || ferror(stdout)) {
        perror("tables-mdoc");
        return 1;
    }
    return 0;
}
