/* SPDX-License-Identifier: MIT */
/* asm_flaw.c - what a trace is told to be like, and flaws done to its bytes. */
#include "model/asm_int.h"

#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- directives ------------------------------------------------------------------- */

static int header_field(struct asm_as *a, const char *name, uint64_t v)
{
    struct wf_file_header *h = &a->header;

    if (!strcmp(name, "pid"))
        h->pid = (uint32_t)v;
    else if (!strcmp(name, "ncpu"))
        h->ncpu = (uint32_t)v;
    else if (!strcmp(name, "nprocs"))
        h->nprocs = (uint32_t)v;
    else if (!strcmp(name, "wall"))
        h->start.wall = (int64_t)v;
    else if (!strcmp(name, "mono"))
        h->start.mono = (int64_t)v;
    else if (!strcmp(name, "tick"))
        h->start.tick = a->now = a->gen_begin = v;
    else if (!strcmp(name, "units_per_s"))
        h->units_per_s = v;
    else if (!strcmp(name, "shift"))
        h->shift = (uint8_t)v;
    else if (!strcmp(name, "major"))
        h->major = (uint16_t)v;
    else if (!strcmp(name, "minor"))
        h->minor = (uint16_t)v;
    else if (!strcmp(name, "incompat"))
        h->incompat = v;
    else if (!strcmp(name, "errors"))
        h->errors = (uint32_t)v;
    else if (!strcmp(name, "body_off"))
        h->body_off = v;
    else
        return asm_fail(a, "%s: no such field", name);
    return 0;
}

static int head_field(struct asm_as *a, struct wf_block_head *h, const char *name,
                      uint64_t v)
{
    if (!strcmp(name, "type"))
        h->type = (uint8_t)v;
    else if (!strcmp(name, "flags"))
        h->flags = (uint8_t)v;
    else if (!strcmp(name, "payload_len"))
        h->payload_len = (uint32_t)v;
    else if (!strcmp(name, "nevents"))
        h->nevents = (uint32_t)v;
    else if (!strcmp(name, "file_seq"))
        h->file_seq = v;
    else if (!strcmp(name, "stream"))
        h->stream = (uint32_t)v;
    else if (!strcmp(name, "stream_seq"))
        h->stream_seq = (uint32_t)v;
    else if (!strcmp(name, "first_ts"))
        h->first_ts = v;
    else if (!strcmp(name, "last_ts"))
        h->last_ts = v;
    else if (!strcmp(name, "generation"))
        h->generation = (uint32_t)v;
    else if (!strcmp(name, "lost_before"))
        h->lost_before = (uint32_t)v;
    else
        return asm_fail(a, "%s: no such field", name);
    return 0;
}

/* FIELD=N words to the header, or to a block's head when h is given. */
int asm_fields(struct asm_as *a, struct wf_block_head *h, char **word, int n)
{
    for (int i = 0; i < n; i++) {
        char *equals = strchr(word[i], '=');
        uint64_t v;
        if (!equals)
            return asm_fail(a, "%s: not FIELD=N", word[i]);
        *equals = '\0';
        if (asm_number(a, equals + 1, &v) ||
            (h ? head_field(a, h, word[i], v) : header_field(a, word[i], v)))
            return -1;
    }
    return 0;
}

static int extra_event(struct asm_as *a, char **word, int n)
{
    uint64_t id;

    if (n < 3 || n - 3 > WF_EVENT_ARGS || asm_number(a, word[1], &id) || id > 255)
        return asm_fail(a, "not !event ID NAME KIND:FIELD...");
    struct asm_extra *e = &a->extra[id];
    free(e->name);
    e->name = strdup(word[2]);
    for (int i = 0; i < n - 3; i++) {
        char *colon = strchr(word[3 + i], ':');
        unsigned kind = 1;
        if (!colon)
            return asm_fail(a, "%s: not KIND:FIELD", word[3 + i]);
        *colon = '\0';
        while (kind < WF_NFIELDKINDS && strcmp(wf_field_kind_name(kind), word[3 + i]))
            kind++;
        free((char *)e->args[i].name);
        e->args[i] = (struct wf_field){ (uint8_t)kind, strdup(colon + 1) };
    }
    return 0;
}

static int own_block(struct asm_as *a, char **word, int n)
{
    struct wf_block_head head = { 0 };
    struct asm_bytes payload = { 0 };
    uint64_t type, flags;

    if (n < 3 || asm_number(a, word[1], &type) || asm_number(a, word[2], &flags) ||
        (n > 3 && asm_hex(a, &payload, word[3])))
        return -1;
    head.type = (uint8_t)type;
    head.flags = (uint8_t)flags;
    head.generation = head.type == WF_BLOCK_STRINGS || head.type == WF_BLOCK_STACKS ||
                              head.type == WF_BLOCK_CLOCK
                          ? a->generation
                          : 0;
    asm_front(a);
    asm_block(a, head, &payload);
    free(payload.at);
    return 0;
}

/* What concerns one M's block. */
static int stream_directive(struct asm_as *a, char **word, int n)
{
    struct asm_stream *s;
    uint64_t v = 0;

    if (n < 2 || asm_stream(a, word[1], &s))
        return asm_fail(a, "%s: whose?", word[0]);
    if (!strcmp(word[0], "!block")) {
        asm_end_block(a, s);
        return 0;
    }
    if (n < 3)
        return asm_fail(a, "%s M and what?", word[0]);
    if (!strcmp(word[0], "!raw"))
        return asm_hex(a, &s->payload, word[2]);
    if (asm_number(a, word[2], &v))
        return -1;
    if (!strcmp(word[0], "!lost"))
        s->lost = (uint32_t)v;
    else
        s->skip = (uint32_t)v;
    return 0;
}

int asm_directive(struct asm_as *a, char **word, int n)
{
    char *name = word[0];
    uint64_t t;

    if (!strcmp(name, "!header"))
        return asm_fields(a, NULL, word + 1, n - 1);
    if (!strcmp(name, "!meta") && n == 3) {
        char *text = strdup(word[2]);
        bool ok = asm_string(word[2], text) != NULL;
        asm_text(&a->meta, word[1]);
        asm_text(&a->meta, text);
        free(text);
        return ok ? 0 : asm_fail(a, "no JSON string");
    }
    if (!strcmp(name, "!event"))
        return extra_event(a, word, n);
    if (!strcmp(name, "!noschema"))
        a->noschema = true;
    else if (!strcmp(name, "!generation")) {
        if (n > 1 && asm_number(a, word[1], &t))
            return -1;
        if (n > 1)
            a->now = a->header.start.tick + t;
        asm_end_generation(a);
    } else if (!strcmp(name, "!noclock"))
        a->noclock = true;
    else if (!strcmp(name, "!kill"))
        a->kill = true;
    else if (!strcmp(name, "!pool"))
        a->kill = a->pool = true;
    else if (!strcmp(name, "!symbols"))
        return n < 2 ? asm_fail(a, "not !symbols HEX")
                     : asm_hex(a, &a->symbols, word[1]);
    else if (!strcmp(name, "!type"))
        return own_block(a, word, n);
    else
        return stream_directive(a, word, n);
    return 0;
}

/* --- flaws ------------------------------------------------------------------------ */

static void splice(struct asm_as *a, size_t at, size_t take, size_t give)
{
    size_t rest = a->out.n - at - take;
    struct asm_bytes tail = { 0 };
    uint8_t *zero = calloc(1, give + 1);

    asm_put(&tail, a->out.at + at + take, rest);
    a->out.n = at;
    asm_put(&a->out, zero, give);
    asm_put(&a->out, tail.at, tail.n);
    free(zero);
    free(tail.at);
    for (size_t i = 0; i < a->nblocks; i++)
        if (a->block_at[i] > at || (give && a->block_at[i] == at))
            a->block_at[i] += give - take;
}

static int flaw_of_block(struct asm_as *a, char **word, int n, size_t at, size_t end)
{
    struct wf_block_head head;
    uint64_t v = 0;

    memcpy(&head, a->out.at + at, sizeof head);
    if (!strcmp(word[0], "!set")) {
        if (asm_fields(a, &head, word + 2, n - 2))
            return -1;
        head.head_sum = wf_block_head_sum(&head);
        memcpy(a->out.at + at, &head, sizeof head);
        return 0;
    }
    if (!strcmp(word[0], "!bad-sum")) {
        head.payload_sum++;
        head.head_sum = wf_block_head_sum(&head);
        memcpy(a->out.at + at, &head, sizeof head);
        return 0;
    }
    if (!strcmp(word[0], "!drop")) {
        splice(a, at, end - at, 0);
        return 0;
    }
    if (n < 3 || asm_number(a, word[2], &v))
        return asm_fail(a, "%s BLOCK N", word[0]);
    if (!strcmp(word[0], "!garbage"))
        splice(a, at, 0, v);
    else if (!strcmp(word[0], "!cut") && at + v <= a->out.n)
        a->out.n = at + v;
    else if (!strcmp(word[0], "!flip") && at + sizeof head + v < a->out.n)
        a->out.at[at + sizeof head + v] ^= 1;
    else
        return asm_fail(a, "%s: beyond the file's end", word[0]);
    return 0;
}

int asm_flaw(struct asm_as *a, char **word, int n)
{
    uint64_t v;
    size_t end;

    if (n < 2 || asm_number(a, word[1], &v))
        return asm_fail(a, "%s: no number", word[0]);
    if (!strcmp(word[0], "!truncate")) {
        a->out.n = (int64_t)v < 0 ? a->out.n + v : v < a->out.n ? v : a->out.n;
        return 0;
    }
    if (!strcmp(word[0], "!poke")) {
        struct asm_bytes b = { 0 };
        if (n < 3 || asm_hex(a, &b, word[2]))
            return -1;
        if (v + b.n <= a->out.n)
            memcpy(a->out.at + v, b.at, b.n);
        free(b.at);
        return 0;
    }
    if (v >= a->nblocks)
        return asm_fail(a, "%s: there are %zu blocks", word[1], a->nblocks);
    end = v + 1 < a->nblocks ? a->block_at[v + 1] : a->out.n;
    return flaw_of_block(a, word, n, a->block_at[v], end);
}

bool asm_is_flaw(const char *word)
{
    static const char *const names[] = { "!flip", "!bad-sum",  "!drop", "!garbage",
                                         "!set",  "!truncate", "!cut",  "!poke" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}
