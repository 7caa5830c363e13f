/* SPDX-License-Identifier: MIT */
/* asm_event.c - words, values and lines of events. */
#include "model/asm_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int asm_fail(struct asm_as *a, const char *format, ...)
{
    va_list ap;
    int n = snprintf(a->error, 256, "%u: ", a->line);

    va_start(ap, format);
    vsnprintf(a->error + n, 256 - (size_t)n, format, ap);
    va_end(ap);
    return -1;
}

/* --- words of a line -------------------------------------------------------------- */

int asm_split(char *line, char **word)
{
    int n = 0;
    bool quoted = false;
    int depth = 0;

    for (char *s = line; *s && n < WORDS_MAX;) {
        while (*s == ' ' || *s == '\t')
            s++;
        if (!*s)
            break;
        word[n++] = s;
        for (; *s && (quoted || depth || (*s != ' ' && *s != '\t')); s++) {
            if (*s == '\\' && quoted && s[1])
                s++;
            else if (*s == '"')
                quoted = !quoted;
            else if (!quoted && (*s == '[' || *s == ']'))
                depth += *s == '[' ? 1 : -1;
        }
        if (*s)
            *s++ = '\0';
    }
    return n;
}

int asm_number(struct asm_as *a, const char *s, uint64_t *v)
{
    char *end;

    errno = 0;
    *v = *s == '-' ? (uint64_t)strtoll(s, &end, 0) : strtoull(s, &end, 0);
    if (!*s || *end || errno)
        return asm_fail(a, "%s: no number", s);
    return 0;
}

/* A JSON string at s into to (as long as s).  What follows it; NULL: none. */
char *asm_string(char *s, char *to)
{
    static const char from[] = "bfnrt\"\\/", is[] = "\b\f\n\r\t\"\\/";

    if (*s++ != '"')
        return NULL;
    for (; *s && *s != '"'; s++) {
        const char *at = NULL;
        if (*s != '\\') {
            *to++ = *s;
        } else if (*++s == 'x' || *s == 'u') { /* \x9b: a raw byte; \u001b a low one */
            int digits = *s == 'x' ? 2 : 4;
            char hex[5] = "";
            for (int i = 0; i < digits && s[1]; i++)
                hex[i] = *++s;
            *to++ = (char)strtoul(hex, NULL, 16);
        } else if (*s && (at = strchr(from, *s))) {
            *to++ = is[at - from];
        } else {
            return NULL;
        }
    }
    *to = '\0';
    return *s ? s + 1 : NULL;
}

int asm_hex(struct asm_as *a, struct asm_bytes *b, const char *hex)
{
    for (; *hex; hex += 2) {
        char two[3] = { hex[0], hex[1], '\0' }, *end;
        uint8_t byte = (uint8_t)strtoul(two, &end, 16);
        if (*end || !hex[1])
            return asm_fail(a, "%s: no bytes in hexadecimal", hex);
        asm_put(b, &byte, 1);
    }
    return 0;
}

/* --- values ----------------------------------------------------------------------- */

static int string_id(struct asm_as *a, char *json, uint64_t *id)
{
    char *text = strdup(json);
    struct asm_table *t = &a->string_ids;

    if (!asm_string(json, text)) {
        free(text);
        return asm_fail(a, "%s: no JSON string", json);
    }
    if (!*text) {
        free(text);
        *id = 0;
        return 0;
    }
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->text[i], text) == 0) {
            free(text);
            *id = i + 1;
            return 0;
        }
    }
    t->text = asm_grow(t->text, (t->n + 1) * sizeof *t->text);
    t->text[t->n++] = text;
    *id = t->n;
    asm_varint(&a->strings, *id);
    asm_text(&a->strings, text);
    return 0;
}

/* A frame of a dump's text is no address: any that is its own will do. */
static uint64_t pc_of(const char *frame)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    char *end;
    uint64_t pc = strtoull(frame, &end, 0);

    if (*frame && !*end)
        return pc;
    for (; *frame; frame++)
        h = (h ^ (uint8_t)*frame) * UINT64_C(0x100000001b3);
    return UINT64_C(0x400000) + (h & 0xffffff);
}

/* First use of a stack in a generation: into its table. */
static int say_stack(struct asm_as *a, uint64_t id)
{
    const char *s = NULL;
    char *copy, *frame, *at;
    struct asm_bytes pcs = { 0 };
    uint64_t n = 0, before = 0;

    if (!id || wf_map_get(&a->stacks_said, id))
        return 0;
    for (size_t i = 0; i < a->nstack_text; i++)
        if (a->stack_text[i].id == id)
            s = a->stack_text[i].text;
    if (!s)
        return 0; /* a stack that the trace does not hold */
    copy = strdup(s);
    frame = strdup(s);
    for (at = copy + 1; at && *at == '"'; n++) {
        at = asm_string(at, frame);
        asm_varint(&pcs, wf_zigzag((int64_t)(pc_of(frame) - before)));
        before = pc_of(frame);
        if (at && *at == ',')
            at++;
    }
    asm_varint(&a->stacks, id);
    asm_varint(&a->stacks, n);
    asm_put(&a->stacks, pcs.at, pcs.n);
    wf_map_put(&a->stacks_said, id);
    free(pcs.at);
    free(copy);
    free(frame);
    return at ? 0 : asm_fail(a, "stack %" PRIu64 ": no JSON array of strings", id);
}

int asm_value(struct asm_as *a, unsigned kind, char *s, uint64_t *v)
{
    int64_t word;

    if (kind == WF_STR && *s == '"')
        return string_id(a, s, v);
    word = kind < WF_NFIELDKINDS ? wf_word_value(kind, s) : -1;
    if (word >= 0) {
        *v = (uint64_t)word;
        return 0;
    }
    if (kind == WF_PNONE && strcmp(s, "-") == 0) {
        *v = 0;
        return 0;
    }
    if (asm_number(a, s, v))
        return -1;
    if (kind == WF_PNONE)
        ++*v;
    if (kind == WF_ZZ)
        *v = wf_zigzag((int64_t)*v);
    return kind == WF_STACK ? say_stack(a, *v) : 0;
}

/* The number that an event about a G or P has if none is given: the next. */
static void count_seq(struct asm_as *a, const struct wf_field *f,
                      const struct wf_field *of, uint64_t *v, uint64_t of_value,
                      bool given)
{
    struct wf_map *map = &a->seqs[of->kind == WF_P];
    uint64_t *next = wf_map_put(map, of_value + 1);

    if (f->kind != WF_SEQ || !next)
        return;
    if (!given)
        *v = *next;
    *next = *v + 1;
}

/* --- events ----------------------------------------------------------------------- */

static struct asm_stream *stream_of(struct asm_as *a, uint32_t id)
{
    for (size_t i = 0; i < a->nstreams; i++)
        if (a->streams[i].id == id)
            return &a->streams[i];
    a->streams = asm_grow(a->streams, (a->nstreams + 1) * sizeof *a->streams);
    a->streams[a->nstreams] = (struct asm_stream){ .id = id };
    return &a->streams[a->nstreams++];
}

int asm_stream(struct asm_as *a, const char *m, struct asm_stream **s)
{
    uint64_t n = 1;

    if (strcmp(m, "k") == 0)
        *s = stream_of(a, WF_STREAM_OTHER + 1);
    else if (strcmp(m, "0") == 0)
        *s = stream_of(a, WF_STREAM_SYSMON);
    else if (*m == '-' && (!m[1] || asm_number(a, m + 1, &n) == 0))
        *s = stream_of(a, WF_STREAM_OTHER + 1 + (uint32_t)n);
    else if (asm_number(a, m, &n) || n >= WF_STREAM_OTHER)
        return asm_fail(a, "%s: no M", m);
    else
        *s = stream_of(a, (uint32_t)n);
    return 0;
}

static int find_event(const struct asm_as *a, const char *name,
                      const struct wf_field **args)
{
    for (int id = 0; id < 256; id++) {
        if (a->extra[id].name && strcmp(a->extra[id].name, name) == 0) {
            *args = a->extra[id].args;
            return id;
        }
    }
    for (int id = 0; id < 256; id++) {
        if (wf_event_info[id].name && strcmp(wf_event_info[id].name, name) == 0) {
            *args = wf_event_info[id].args;
            return id;
        }
    }
    return -1;
}

static int get_fields(struct asm_as *a, const struct wf_field *args, char **word, int n,
                      uint64_t *value, bool *given)
{
    for (int i = 0; i < n; i++) {
        char *equals = strchr(word[i], '=');
        unsigned f = 0;
        if (!equals)
            return asm_fail(a, "%s: not KEY=VALUE", word[i]);
        *equals = '\0';
        while (args[f].kind != WF_END && strcmp(args[f].name, word[i]) != 0)
            f++;
        if (args[f].kind == WF_END)
            return asm_fail(a, "%s: no such field", word[i]);
        if (asm_value(a, args[f].kind, equals + 1, &value[f]))
            return -1;
        given[f] = true;
    }
    return 0;
}

/* The clock of a stream's next event: dt since the one before in its block. */
static uint64_t step_clock(struct asm_as *a, struct asm_stream *s, uint64_t t)
{
    uint64_t tick = a->header.start.tick + t, dt;

    if (!s->payload.n)
        s->first = s->last = tick;
    dt = tick > s->last ? tick - s->last : 0;
    s->last += dt;
    if (s->last > a->now)
        a->now = s->last;
    return dt;
}

int asm_event_line(struct asm_as *a, char **word, int n)
{
    uint64_t value[WF_EVENT_ARGS] = { 0 }, t;
    bool given[WF_EVENT_ARGS] = { false };
    const struct wf_field *args;
    struct asm_stream *s;
    uint8_t byte;
    int id;

    if (n < 5)
        return asm_fail(a, "not T M P G EVENT");
    id = find_event(a, word[4], &args);
    if (id < 0)
        return asm_fail(a, "%s: no such event", word[4]);
    if (asm_number(a, word[0], &t) || asm_stream(a, word[1], &s) ||
        get_fields(a, args, word + 5, n - 5, value, given))
        return -1;
    for (int i = 1; args[0].kind != WF_END && args[i].kind != WF_END; i++)
        count_seq(a, &args[i], &args[i - 1], &value[i], value[i - 1], given[i]);
    if (id == WF_EV_g_create)
        *(uint64_t *)wf_map_put(&a->seqs[0], value[0] + 1) = 1;
    byte = (uint8_t)id;
    uint64_t dt = step_clock(a, s, t);
    asm_put(&s->payload, &byte, 1);
    asm_varint(&s->payload, dt);
    for (int i = 0; args[i].kind != WF_END; i++)
        asm_varint(&s->payload, value[i]);
    s->nevents++;
    a->events++;
    if (s->payload.n > BLOCK_FULL)
        asm_end_block(a, s);
    return 0;
}

int asm_stack_line(struct asm_as *a, char **word, int n)
{
    uint64_t id;

    if (n < 4 || *word[3] != '[' || asm_number(a, word[2], &id))
        return asm_fail(a, "not # stack ID [\"frame\",...]");
    a->stack_text = asm_grow(a->stack_text,
                             (a->nstack_text + 1) * sizeof *a->stack_text);
    a->stack_text[a->nstack_text].id = id;
    a->stack_text[a->nstack_text++].text = strdup(word[3]);
    return 0;
}
