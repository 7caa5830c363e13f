/* SPDX-License-Identifier: MIT */
/* asm.c - assemble traces from text; asm.h says how the text goes. */
#include "model/asm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/asm_int.h"

enum { START_TICK = 1000000 };

/* --- the whole -------------------------------------------------------------------- */

static int one_line(struct asm_as *a, char *line, bool flaws)
{
    char *word[WORDS_MAX];
    int n = asm_split(line, word);

    if (n == 0)
        return 0;
    if (*word[0] == '!' && asm_is_flaw(word[0]) != flaws)
        return 0;
    if (flaws)
        return *word[0] == '!' ? asm_flaw(a, word, n) : 0;
    if (*word[0] == '!')
        return asm_directive(a, word, n);
    if (*word[0] == '#')
        return n > 1 && !strcmp(word[1], "stack") ? asm_stack_line(a, word, n) : 0;
    return asm_event_line(a, word, n);
}

static int each_line(struct asm_as *a, const char *text, bool flaws)
{
    a->line = 0;
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);
        int err;
        a->line++;
        err = one_line(a, line, flaws);
        free(line);
        if (err)
            return err;
        text += n + (text[n] == '\n');
    }
    return 0;
}

static void put_header(struct asm_as *a)
{
    uint8_t page[WF_FILE_HEADER] = { 0 };

    a->header.sum = wf_file_header_sum(&a->header);
    memcpy(page, &a->header, sizeof a->header);
    memcpy(a->out.at, page, sizeof page);
}

static void fini(struct asm_as *a)
{
    asm_forget(a);
    for (size_t i = 0; i < a->nstreams; i++)
        free(a->streams[i].payload.at);
    for (size_t i = 0; i < a->nstack_text; i++)
        free(a->stack_text[i].text);
    for (unsigned id = 0; id < 256; id++) {
        free(a->extra[id].name);
        for (unsigned i = 0; i < WF_EVENT_ARGS; i++)
            free((char *)a->extra[id].args[i].name);
    }
    free(a->string_ids.text);
    free(a->streams);
    free(a->stack_text);
    free(a->meta.at);
    free(a->stacks.at);
    free(a->strings.at);
    free(a->symbols.at);
    free(a->block_at);
}

int trace_asm(const char *text, uint8_t **bytes, size_t *size, char error[static 256])
{
    uint8_t page[WF_FILE_HEADER] = { 0 };
    struct asm_as a = { .generation = 1,
                        .gen_begin = START_TICK,
                        .now = START_TICK,
                        .error = error,
                        .header = {
                            .major = WF_FORMAT_MAJOR,
                            .minor = WF_FORMAT_MINOR,
                            .header_len = WF_FILE_HEADER,
                            .units_per_s = 1000000000,
                            .start = { START_TICK, 5000000000, 1700000000000000000 },
                            .pid = 1234,
                            .ncpu = 2,
                            .nprocs = 2,
                            .page_size = 4096,
                            .body_off = WF_FILE_HEADER } };
    int err;

    memcpy(a.header.magic, WF_FILE_MAGIC, sizeof a.header.magic);
    wf_map_init(&a.stacks_said, 1);
    wf_map_init(&a.seqs[0], sizeof(uint64_t));
    wf_map_init(&a.seqs[1], sizeof(uint64_t));
    asm_put(&a.out, page, sizeof page);
    err = each_line(&a, text, false);
    if (!err && a.pool)
        asm_pool(&a);
    if (!err && !a.kill) {
        asm_end_generation(&a);
        asm_end(&a);
    }
    if (!err) {
        put_header(&a);
        err = each_line(&a, text, true);
    }
    fini(&a);
    if (err) {
        free(a.out.at);
        return err;
    }
    *bytes = a.out.at;
    *size = a.out.n;
    return 0;
}

int trace_asm_file(const char *text, const char *path, char error[static 256])
{
    uint8_t *bytes;
    size_t size;
    FILE *f;
    int err = trace_asm(text, &bytes, &size, error);

    if (err)
        return err;
    f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size) {
        snprintf(error, 256, "%s: %s", path, strerror(errno));
        err = -1;
    }
    if (f && fclose(f) && !err) {
        snprintf(error, 256, "%s: %s", path, strerror(errno));
        err = -1;
    }
    free(bytes);
    return err;
}

char *trace_asm_read(const char *path)
{
    struct asm_bytes b = { 0 };
    char part[4096];
    size_t n;
    FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;

    if (!f)
        return NULL;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        asm_put(&b, part, n);
    if (f != stdin)
        fclose(f);
    asm_put(&b, "", 1);
    return (char *)b.at;
}
