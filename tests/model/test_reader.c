/* SPDX-License-Identifier: MIT */
/* What the reader makes of traces assembled from text: order, gaps, generations. */
#include "support.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/asm.h"
#include "model/reader.h"

static char trace[] = "/tmp/weft-reader.XXXXXX";

static void assemble(const char *text)
{
    char error[256];

    if (trace_asm_file(text, trace, error))
        fail_msg("%s", error);
}

/* The lines of weft dump, to free. */
static char *dump(const char *path)
{
    char *text, error[256];
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    if (wf_dump(path, NULL, f, NULL, error))
        fail_msg("%s", error);
    fclose(f);
    return text;
}

/* "T EVENT T EVENT ..." of a trace. */
static char *told(const char *path)
{
    const struct wf_record *rec;
    struct wf_reader *r;
    char *text, error[256];
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int64_t before = 0;
    int n = wf_reader_open(path, &r, error);

    assert_int_equal(n, 0);
    while ((n = wf_reader_next(r, &rec, error)) > 0) {
        assert_true(rec->t >= before);
        before = rec->t;
        if (rec->kind == WF_RECORD_EVENT)
            fprintf(f, "%s%" PRId64 " %s", ftell(f) ? " " : "", rec->t,
                    rec->info->name);
        if (rec->kind == WF_RECORD_EVENT && rec->odd)
            fputc('!', f);
        if (rec->kind == WF_RECORD_GAP)
            fprintf(f, "%s%" PRId64 " gap:%s", ftell(f) ? " " : "", rec->t,
                    wf_gap_cause_name(rec->gap.cause));
    }
    assert_int_equal(n, 0);
    wf_reader_close(r);
    fclose(f);
    return text;
}

static void assert_told(const char *want)
{
    char *have = told(trace);

    assert_string_equal(have, want);
    free(have);
}

#define TWO_MS                                                                         \
    "0 1 - - m_start tid=1\n1 1 - - p_start p=0\n2 2 - - m_start tid=2\n"              \
    "3 2 - - p_start p=1\n"                                                            \
    "4 1 0 - g_create g=1\n5 1 0 - g_start g=1\n"                                      \
    "6 1 0 1 g_create g=2\n7 2 1 - g_start g=2\n"

static void test_numbers_order_writers_against_their_clocks(void **state)
{
    (void)state;
    /* M 2's clock has it start g 1 before M 1's has it made ready. */
    assemble(TWO_MS "10 1 0 1 g_park reason=sleep\n"
                    "30 1 0 - g_ready g=1 gseq=2\n"
                    "15 2 1 2 g_park reason=sleep\n"
                    "20 2 1 - g_start g=1 gseq=3\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 10 g_park 15 g_park 30 g_ready 30 g_start");
}

static void test_a_ready_waits_for_the_park_of_another_m(void **state)
{
    (void)state;
    assemble(TWO_MS "20 1 0 1 g_park reason=chan_recv obj=7\n"
                    "10 2 1 2 g_ready g=1 obj=7\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 20 g_park 20 g_ready");
}

static void test_a_p_is_taken_when_it_was_given_up(void **state)
{
    (void)state;
    assemble("0 1 - - m_start\n1 1 - - p_start p=0 pseq=0\n"
             "9 1 0 - p_stop\n"
             "2 2 - - m_start\n5 2 - - p_start p=0 pseq=1\n");
    assert_told("0 m_start 1 p_start 2 m_start 9 p_stop 9 p_start");
}

static void test_a_lost_event_is_not_waited_for(void **state)
{
    (void)state;
    /* The ready of g 2 with number 2 is in the batch that M 1 lost. */
    assemble(TWO_MS "8 2 1 2 g_park reason=sleep\n"
                    "!block 1\n!lost 1 3\n"
                    "50000000 1 - - lost n=3 span=100\n"
                    "20 2 1 - g_start g=2 gseq=3\n"
                    "40000000 2 1 2 g_end\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 8 g_park 20 g_start 40000000 g_end 50000000 lost");
}

/* What M 2 lost is not about g 2 and P 1: a status says that it had let go of both. */
static void test_a_status_takes_from_the_m_that_had_it(void **state)
{
    (void)state;
    assemble(TWO_MS "!generation 20\n"
                    "20 k - - p_status p=0 state=running m=1\n"
                    "20 k - - p_status p=1 state=idle\n"
                    "20 k - - g_status g=1 state=running m=1\n"
                    "20 k - - g_status g=2 state=waiting reason=sleep obj=2\n"
                    "!lost 2 3\n30 2 - - lost n=3 span=15\n");
    char *text = dump(trace);

    assert_non_null(strstr(text, "\n30\t2\t-\t-\tlost\t"));
    free(text);
}

/* The last step about g with this state. */
static struct wf_step last_state(uint64_t g, unsigned state)
{
    struct wf_step step, found = { .t = -1 };
    struct wf_source *source;
    char error[256];

    assert_int_equal(wf_source_open(trace, &source, error), 0);
    while (source->next(source, &step) > 0)
        if (step.kind == WF_STEP_G_STATE && step.g == g && step.state == state)
            found = step;
    source->close(source);
    return found;
}

static void test_a_retake_told_late_stops_nobody(void **state)
{
    (void)state;
    assemble(TWO_MS "10 2 1 2 g_park reason=sleep\n11 2 1 - p_stop\n"
                    "20 0 - - p_retake p=0 m=1 why=block\n30 1 - 1 p_start p=1\n");
    assert_int_equal(last_state(1, WF_G_SYSCALL).t, 20);
    /* M 1 had another P before the monitor, which the kernel had stopped, told. */
    assemble(TWO_MS "10 2 1 2 g_park reason=sleep\n11 2 1 - p_stop\n"
                    "20 1 - 1 p_start p=1\n30 0 - - p_retake p=0 m=1 why=block\n");
    assert_int_equal(last_state(1, WF_G_SYSCALL).t, -1);
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 10 g_park 11 p_stop 20 p_start 30 p_retake");
}

/* Also behind more gaps than a summary lists. */
static void test_the_gap_is_known_that_swallowed_a_ready(void **state)
{
    (void)state;
    size_t size;
    char *text;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    fputs(TWO_MS, f);
    for (int i = 1; i <= WF_GAPS_MAX; i++)
        fprintf(f, "!lost 2 1\n%d 2 - - lost n=1 span=2\n", 10 * i);
    fputs("20000 1 0 1 g_park reason=sleep\n"
          "!lost 2 1\n20100 2 - - lost n=1 span=2\n"
          "20200 1 0 - g_start g=1 gseq=3\n",
          f);
    fclose(f);
    assemble(text);
    free(text);
    struct wf_step step = last_state(1, WF_G_RUNNING);
    assert_int_equal(step.t, 20200);
    assert_int_equal(step.n, 20098);
    assert_int_equal(step.prov, WF_UNKNOWN);
}

static void test_after_a_contradiction_it_goes_on(void **state)
{
    (void)state;
    assemble(TWO_MS "10 1 0 1 g_ready g=2 gseq=7\n11 1 0 1 g_end\n12 2 1 2 g_end\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 12 g_end 12 g_ready! 12 g_end");
}

static void test_a_coroutine_waits_for_its_status_in_a_generation(void **state)
{
    (void)state;
    assemble(TWO_MS "!generation 100\n"
                    "120 k - - g_status g=1 state=running m=1\n"
                    "110 1 0 1 g_end\n"
                    "115 2 - - g_status g=2 state=running m=2\n"
                    "130 2 1 2 g_end\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 115 g_status 120 g_status 120 g_end 130 g_end");
}

static void test_a_damaged_block_is_a_gap(void **state)
{
    const struct wf_record *rec;
    struct wf_reader *r;
    char error[256];
    bool gap = false;

    (void)state;
    assemble(TWO_MS "!block 1\n10 1 0 1 mark str=\"a\"\n20 1 0 1 mark str=\"b\"\n"
                    "!block 1\n30 1 0 1 mark str=\"c\"\n!flip 2 3\n");
    assert_int_equal(wf_reader_open(trace, &r, error), 0);
    while (wf_reader_next(r, &rec, error) > 0) {
        if (rec->kind != WF_RECORD_GAP)
            continue;
        gap = true;
        assert_int_equal(rec->gap.m, 1);
        assert_int_equal(rec->gap.from, 6);
        assert_int_equal(rec->gap.to, 20);
        assert_int_equal(rec->gap.events, 2);
        assert_int_equal(rec->gap.cause, WF_GAP_DAMAGED);
        assert_int_equal(rec->who.g, 1);
    }
    assert_true(gap);
    assert_int_equal(wf_reader_info(r)->ngaps, 1);
    assert_false(wf_reader_info(r)->complete);
    wf_reader_close(r);
}

static void test_a_killed_programs_pool_completes_it(void **state)
{
    (void)state;
    assemble(TWO_MS "!block 2\n10 1 0 1 mark str=\"near the end\"\n!pool\n");
    assert_told(
        "0 m_start 1 p_start 2 m_start 3 p_start 4 g_create 5 g_start 6 g_create "
        "7 g_start 10 mark 10 gap:truncated");
    char *text = dump(trace);
    assert_non_null(strstr(text, "\tmark\tstr=\"near the end\"\n"));
    assert_non_null(strstr(text, " complete=0\n"));
    free(text);
}

static void test_events_of_the_files_schema_are_shown(void **state)
{
    (void)state;
    assemble("!event 0xc5 cache_miss OBJ:cache STR:key ZZ:by\n"
             "7 1 - - cache_miss cache=3 key=\"a\\\"b\\u001b\" by=-4\n"
             "8 1 - - m_park\n");
    char *text = dump(trace);
    assert_non_null(strstr(text,
                           "7\t1\t-\t-\tcache_miss\tcache=3\tkey=\"a\\\"b\\u001b\"\t"
                           "by=-4\n8\t1\t-\t-\tm_park\n"));
    free(text);
}

static void test_a_trace_without_schema_is_read_by_our_own(void **state)
{
    (void)state;
    assemble("!noschema\n7 1 - - m_start tid=3\n8 1 - - m_park\n");
    assert_told("7 m_start 8 m_park");
}

static void test_dump_cleans_strings(void **state)
{
    (void)state;
    assemble(
        "1 1 - - mark str=\"\\x9b31m \\xff \\xe2\\x80\\xae \\xf0\\x9f\\x98\\x80\"\n");
    char *text = dump(trace);
    assert_non_null(
        strstr(text, "str=\"\\\\x9b31m \\\\xff \\u202e \xf0\x9f\x98\x80\"\n"));
    free(text);
}

static void test_a_pipe_gives_what_the_file_gives(void **state)
{
    char *from_file, *from_pipe;
    int saved = dup(STDIN_FILENO), ends[2];

    (void)state;
    assemble(TWO_MS "!generation\n50 2 1 2 mark str=\"x\"\n!garbage 2 800\n");
    from_file = told(trace);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) { /* a few bytes at a time */
        FILE *f = fopen(trace, "rb");
        char part[100];
        size_t n;
        close(ends[0]);
        while (f && (n = fread(part, 1, sizeof part, f)) > 0)
            if (write(ends[1], part, n) != (ssize_t)n)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    from_pipe = told("-");
    dup2(saved, STDIN_FILENO);
    close(saved);
    waitpid(child, NULL, 0);
    assert_string_equal(from_pipe, from_file);
    free(from_file);
    free(from_pipe);
}

/* One line of each event that there is, with different numbers in its fields. */
static char *each_event(void)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    unsigned t = 100;

    for (unsigned id = 0; id < 256; id++) {
        const struct wf_event_info *e = &wf_event_info[id];
        if (!e->name)
            continue;
        fprintf(f, "%u\t%u\t-\t-\t%s", t++, id, e->name);
        for (unsigned i = 0; e->args[i].kind != WF_END; i++) {
            unsigned kind = e->args[i].kind, v = i + 1;
            const char *word = wf_word_name(kind, v);
            fprintf(f, "\t%s=", e->args[i].name);
            if (kind == WF_STR)
                fprintf(f, "\"%s %u\"", e->name, i);
            else if (kind == WF_STACK)
                fputc('0', f);
            else if (word)
                fputs(word, f);
            else
                fprintf(f, "%u", v);
        }
        fputc('\n', f);
    }
    fclose(f);
    return text;
}

/* The same lines, whoever the reader finds holding what. */
static char *without_holders(const char *text)
{
    char *out = calloc(1, strlen(text) + 1), *to = out;

    while (*text) {
        size_t n = strcspn(text, "\n");
        if (*text != '#') {
            int field = 0;
            for (size_t i = 0; i <= n; i++) {
                field += text[i] == '\t';
                if (field < 2 || field > 3)
                    *to++ = text[i];
            }
        }
        text += n + (text[n] == '\n');
    }
    return out;
}

static void test_each_event_survives_dump_and_assembly(void **state)
{
    char *in = each_event(), *once, *twice, *a, *b;

    (void)state;
    assemble(in);
    once = dump(trace);
    a = without_holders(in);
    assemble(once);
    twice = dump(trace);
    b = without_holders(twice);
    assert_string_equal(once, twice);
    /* Those with a number that nothing precedes come later; each is there, whole. */
    for (char *line = strtok(a, "\n"); line; line = strtok(NULL, "\n"))
        if (!strstr(b, strchr(line, '\t')))
            fail_msg("lost: %s", line);
    free(in);
    free(once);
    free(twice);
    free(a);
    free(b);
}

static void test_seek_gives_the_same_records_from_there(void **state)
{
    const struct wf_record *rec;
    struct wf_reader *r;
    char error[256], all[16][64], again[16][64];
    int nall = 0, nagain = 0;

    (void)state;
    assemble(TWO_MS "!generation 100\n110 2 - - g_status g=2 state=running m=2\n"
                    "120 2 1 2 mark str=\"second\"\n!generation 200\n"
                    "210 2 - - g_status g=2 state=running m=2\n"
                    "220 2 1 2 mark str=\"third\"\n");
    assert_int_equal(wf_reader_open(trace, &r, error), 0);
    while (wf_reader_next(r, &rec, error) > 0)
        if (rec->kind == WF_RECORD_EVENT && rec->t > 100)
            snprintf(all[nall++], 64, "%" PRId64 " %s", rec->t, rec->info->name);
    assert_int_equal(wf_reader_seek(r, 150), 0);
    while (wf_reader_next(r, &rec, error) > 0)
        if (rec->kind == WF_RECORD_EVENT)
            snprintf(again[nagain++], 64, "%" PRId64 " %s", rec->t, rec->info->name);
    assert_int_equal(nall, 4);
    assert_int_equal(nagain, nall);
    for (int i = 0; i < nall; i++)
        assert_string_equal(all[i], again[i]);
    assert_int_equal(wf_reader_info(r)->events, 12); /* not counted twice */
    assert_int_equal(wf_reader_seek(r, 0), 0);
    assert_int_equal(wf_reader_next(r, &rec, error), 1);
    wf_reader_close(r);
}

static void test_meta_is_told(void **state)
{
    struct wf_reader *r;
    char error[256];

    (void)state;
    assemble(
        "!header pid=77 nprocs=3 wall=5\n!meta host \"box\"\n!meta version \"9.8\"\n"
        "!meta command \"[\\\"a b\\\",\\\"\\\\u00e9\\\"]\"\n1 1 - - m_park\n");
    assert_int_equal(wf_reader_open(trace, &r, error), 0);
    const struct wf_trace_info *info = wf_reader_info(r);
    assert_int_equal(info->pid, 77);
    assert_int_equal(info->maxprocs, 3);
    assert_int_equal(info->start_unix_ns, 5);
    assert_string_equal(info->host, "box");
    assert_string_equal(info->version, "9.8");
    assert_int_equal(info->ncommand, 2);
    assert_string_equal(info->command[0], "a b");
    assert_string_equal(info->command[1], "\xc3\xa9");
    wf_reader_close(r);
}

static int make_file(void **state)
{
    int fd = mkstemp(trace);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_order_writers_against_their_clocks),
        cmocka_unit_test(test_a_ready_waits_for_the_park_of_another_m),
        cmocka_unit_test(test_a_p_is_taken_when_it_was_given_up),
        cmocka_unit_test(test_a_lost_event_is_not_waited_for),
        cmocka_unit_test(test_a_status_takes_from_the_m_that_had_it),
        cmocka_unit_test(test_a_retake_told_late_stops_nobody),
        cmocka_unit_test(test_the_gap_is_known_that_swallowed_a_ready),
        cmocka_unit_test(test_after_a_contradiction_it_goes_on),
        cmocka_unit_test(test_a_coroutine_waits_for_its_status_in_a_generation),
        cmocka_unit_test(test_a_damaged_block_is_a_gap),
        cmocka_unit_test(test_a_killed_programs_pool_completes_it),
        cmocka_unit_test(test_events_of_the_files_schema_are_shown),
        cmocka_unit_test(test_a_trace_without_schema_is_read_by_our_own),
        cmocka_unit_test(test_dump_cleans_strings),
        cmocka_unit_test(test_a_pipe_gives_what_the_file_gives),
        cmocka_unit_test(test_each_event_survives_dump_and_assembly),
        cmocka_unit_test(test_seek_gives_the_same_records_from_there),
        cmocka_unit_test(test_meta_is_told),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
