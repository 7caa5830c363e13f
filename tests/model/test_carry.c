/* SPDX-License-Identifier: MIT */
/* The symbols that a trace carries: put, found, cut off, and given to a recording. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/block.h"
#include "model/asm.h"
#include "model/carried.h"
#include "model/mutate.h"
#include "model/reader.h"

static char dir[] = "/tmp/weft-carry.XXXXXX", trace[64], program[64];

/* --- payloads --------------------------------------------------------------------- */

enum { ROWS = 500, TEXTS = 40 };

static char texts[TEXTS][WF_STRING_MAX + 40];

/* Names of all lengths, too long ones among them. */
static void make_texts(void)
{
    for (int i = 0; i < TEXTS; i++) {
        size_t n = i < 4    ? (size_t)i
                   : i < 36 ? (size_t)i * 3
                            : WF_STRING_MAX - 38 + (size_t)i;
        memset(texts[i], 'a' + i % 26, n);
        texts[i][n] = '\0';
    }
}

/* The frames that row i has, for the test that put them and the one that looks. */
static size_t make_row(unsigned i, uint64_t pc,
                       struct wf_frame frames[WF_SYMBOL_FRAMES_MAX])
{
    uint64_t seed = pc ^ UINT64_C(0x5eed0000) * (i + 1);
    size_t n = 1 + mutate_random(&seed) % (i % 10 ? 3 : WF_SYMBOL_FRAMES_MAX);

    for (size_t f = 0; f < n; f++)
        frames[f] = (struct wf_frame){
            .pc = pc,
            .function = texts[mutate_random(&seed) % TEXTS],
            .offset = mutate_number(&seed),
            .file = texts[mutate_random(&seed) % TEXTS],
            .line = (unsigned)mutate_number(&seed),
        };
    return n;
}

static void assert_row(const struct wf_carried *c, unsigned i, uint64_t pc)
{
    struct wf_frame want[WF_SYMBOL_FRAMES_MAX], have[WF_SYMBOL_FRAMES_MAX];
    size_t n = make_row(i, pc, want);

    assert_int_equal(wf_carried_find(c, pc, have, WF_SYMBOL_FRAMES_MAX), n);
    for (size_t f = 0; f < n; f++) {
        assert_int_equal(have[f].pc, pc);
        assert_int_equal(have[f].offset, want[f].offset);
        assert_int_equal(have[f].line, want[f].line);
        assert_int_equal(strncmp(have[f].function, want[f].function, WF_STRING_MAX), 0);
        assert_int_equal(strncmp(have[f].file, want[f].file, WF_STRING_MAX), 0);
        assert_true(strlen(have[f].function) <= WF_STRING_MAX);
    }
    assert_int_equal(wf_carried_find(c, pc, have, 1), 1);
}

/* Rows at random addresses into c; how many had room. */
static unsigned put_rows(struct wf_carrying *c, uint64_t seed, uint64_t *pcs,
                         unsigned max)
{
    struct wf_frame frames[WF_SYMBOL_FRAMES_MAX];
    uint64_t pc = 0;
    unsigned n = 0;

    while (n < max) {
        pc += 1 + mutate_random(&seed) % (n % 7 ? 300 : UINT64_C(1) << 44);
        if (!wf_carrying_put(c, pc, frames, make_row(n, pc, frames)))
            break;
        pcs[n++] = pc;
    }
    return n;
}

/* As long as its bytes are, so that who reads behind them is caught. */
static int parse(const uint8_t *payload, size_t n, struct wf_carried **out)
{
    uint8_t *exact = malloc(n ? n : 1);
    int err;

    assert_non_null(exact);
    if (n)
        memcpy(exact, payload, n);
    err = wf_carried_parse(out, exact, exact + n);
    free(exact);
    return err;
}

static void test_what_was_put_is_found(void **state)
{
    static uint64_t pcs[ROWS];
    long n = scale(SCALE_carried_rows), done = 0;

    (void)state;
    while (done < n) {
        struct wf_frame frame;
        struct wf_carrying c;
        struct wf_carried *found;
        wf_carrying_init(&c);
        unsigned rows = put_rows(&c, 0xca44 + (uint64_t)done, pcs, ROWS);
        assert_int_equal(parse(c.payload, c.n, &found), 0);
        for (unsigned i = 0; i < rows; i++) {
            assert_row(found, i, pcs[i]);
            if (i + 1 < rows && pcs[i] + 1 < pcs[i + 1])
                assert_int_equal(wf_carried_find(found, pcs[i] + 1, &frame, 1), 0);
        }
        assert_int_equal(wf_carried_find(found, 0, &frame, 1), 0);
        assert_int_equal(wf_carried_find(found, UINT64_MAX, &frame, 1), 0);
        wf_carried_free(found);
        wf_carrying_fini(&c);
        done += rows;
    }
    scale_done(SCALE_carried_rows, done);
}

static void test_a_full_payload_keeps_what_it_has(void **state)
{
    enum { MANY = 400000 };
    uint64_t *pcs = malloc(MANY * sizeof *pcs);
    struct wf_carried *found;
    struct wf_carrying c;

    (void)state;
    assert_non_null(pcs);
    wf_carrying_init(&c);
    unsigned rows = put_rows(&c, 77, pcs, MANY);
    assert_in_range(rows, 1000, MANY - 1);
    assert_in_range(c.n, WF_PAYLOAD_MAX - 80 * 1024, WF_PAYLOAD_MAX);
    assert_int_equal(parse(c.payload, c.n, &found), 0);
    assert_row(found, 0, pcs[0]);
    assert_row(found, rows - 1, pcs[rows - 1]);
    wf_carried_free(found);
    wf_carrying_fini(&c);
    free(pcs);
}

static void test_addresses_must_rise(void **state)
{
    struct wf_frame f = { .function = "f", .file = "" };
    struct wf_carrying c;

    (void)state;
    wf_carrying_init(&c);
    assert_false(wf_carrying_put(&c, 0, &f, 1));
    assert_true(wf_carrying_put(&c, 5, &f, 1));
    assert_false(wf_carrying_put(&c, 5, &f, 1));
    assert_false(wf_carrying_put(&c, 4, &f, 1));
    assert_true(wf_carrying_put(&c, UINT64_MAX, &f, 1));
    wf_carrying_fini(&c);
}

static void test_a_cut_payload_is_refused_or_shorter(void **state)
{
    uint64_t pcs[40];
    struct wf_frame frame;
    struct wf_carrying c;
    unsigned whole = 0;

    (void)state;
    wf_carrying_init(&c);
    unsigned rows = put_rows(&c, 3, pcs, 40);
    for (size_t n = 0; n <= c.n; n++) {
        struct wf_carried *found = NULL;
        int err = parse(c.payload, n, &found);
        assert_int_equal(err, found ? 0 : -EBADMSG);
        if (!found)
            continue;
        for (unsigned i = 0; i < rows; i++)
            assert_int_equal(wf_carried_find(found, pcs[i], &frame, 1), i < whole);
        whole++;
        wf_carried_free(found);
    }
    assert_int_equal(whole, rows + 1); /* the empty one too */
    wf_carrying_fini(&c);
}

/* --- a recording of this program -------------------------------------------------- */

/* What the traces here name: of its own, so that it has a symbol. */
__attribute__((noinline, used)) static int carried_function(int n)
{
    static volatile int sink;
    return sink = n + 1;
}

static void put_hex(FILE *f, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%02x", ((const uint8_t *)bytes)[i]);
}

static void put_number(FILE *f, uint64_t v)
{
    uint8_t to[10];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        to[n++] = (uint8_t)(v | 0x80);
    to[n++] = (uint8_t)v;
    put_hex(f, to, n);
}

/* This program's code as a MODULES record, with the copy's path. */
static int put_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    FILE *f = arg;
    const ElfW(Nhdr) *note = NULL;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        const char *at = (const char *)(info->dlpi_addr + p->p_vaddr);
        for (size_t n = 0; p->p_type == PT_NOTE && !note && n < p->p_memsz;) {
            const ElfW(Nhdr) *here = (const void *)(at + n);
            if (here->n_type == NT_GNU_BUILD_ID)
                note = here;
            n += sizeof *here + ((here->n_namesz + 3U) & ~3U) +
                 ((here->n_descsz + 3U) & ~3U);
        }
    }
    for (int i = 0; note && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
            continue;
        put_number(f, info->dlpi_addr + p->p_vaddr);
        put_number(f, p->p_memsz);
        put_number(f, p->p_offset);
        put_number(f, note->n_descsz);
        put_hex(f, (const char *)(note + 1) + 4, note->n_descsz);
        put_number(f, strlen(program));
        put_hex(f, program, strlen(program));
    }
    return 1; /* the first is the program */
}

static void copy_program(void)
{
    char part[65536];
    FILE *from = fopen("/proc/self/exe", "rb"), *to = fopen(program, "wb");
    size_t n;

    assert_true(from && to);
    while ((n = fread(part, 1, sizeof part, from)) > 0)
        assert_int_equal(fwrite(part, 1, n, to), n);
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

/* A trace of a coroutine in carried_function, spawned from nowhere; rest is put behind. */
static void record(const char *rest)
{
    char *text, error[256];
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    fputs("!type 4 0 ", f);
    dl_iterate_phdr(put_module, f);
    fprintf(f,
            "\n# stack 1 [\"%#lx\"]\n# stack 2 [\"0x10\"]\n0 1 - - m_start tid=1\n"
            "1 1 - - p_start p=0\n2 1 0 - g_create g=1 entry=1 stack=2\n"
            "3 1 0 - g_start g=1\n4 1 0 1 g_end\n%s",
            (unsigned long)(uintptr_t)carried_function + 1, rest);
    fclose(f);
    copy_program();
    if (trace_asm_file(text, trace, error))
        fail_msg("%s", error);
    free(text);
}

static void carry(const char *path, int want)
{
    char error[256] = "";

    assert_int_equal(wf_carry(path, error), want);
    assert_int_equal(error[0] != '\0', want != 0);
}

/* Whether weft dump names the function. */
static bool names_it(void)
{
    char *text, error[256];
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    if (wf_dump(trace, NULL, f, NULL, error))
        fail_msg("%s", error);
    fclose(f);
    bool named = strstr(text, "\"carried_function") != NULL;
    assert_true(named || strstr(text, "\"0x"));
    free(text);
    return named;
}

static void count_line(void *arg, const char *line)
{
    (void)line;
    ++*(int *)arg;
}

static void assert_sound(void)
{
    char error[256];
    int lines = 0;

    assert_int_equal(wf_verify(trace, count_line, &lines, error), 0);
    assert_int_equal(lines, 0);
}

static uint8_t *bytes_of(const char *path, size_t *n)
{
    struct stat st;
    FILE *f = fopen(path, "rb");

    assert_true(f && !stat(path, &st));
    *n = (size_t)st.st_size;
    uint8_t *bytes = malloc(*n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

static void assert_same_after_carry(int want)
{
    size_t before, after;
    uint8_t *was = bytes_of(trace, &before), *is;

    carry(trace, want);
    is = bytes_of(trace, &after);
    assert_int_equal(after, before);
    assert_memory_equal(is, was, before);
    free(was);
    free(is);
}

static void test_a_trace_names_its_code_when_the_program_is_gone(void **state)
{
    (void)state;
    record("");
    assert_true(names_it()); /* by the file */
    carry(trace, 0);
    assert_sound();
    assert_int_equal(unlink(program), 0);
    assert_true(names_it());
    assert_same_after_carry(0); /* it has them */
}

static void test_without_symbols_a_lost_program_has_no_names(void **state)
{
    (void)state;
    record("");
    assert_int_equal(unlink(program), 0);
    assert_false(names_it());
    assert_same_after_carry(0); /* nothing is known: nothing to carry */
}

static void test_another_build_is_not_asked(void **state)
{
    (void)state;
    record("");
    carry(trace, 0);
    FILE *f = fopen(program, "r+b"); /* its notes, and so its build-id, are gone */
    static const char zero[32768];
    assert_non_null(f);
    assert_int_equal(fseek(f, 64, SEEK_SET), 0);
    assert_int_equal(fwrite(zero, 1, sizeof zero, f), sizeof zero);
    fclose(f);
    assert_true(names_it());
}

static void test_what_is_carried_is_asked_first(void **state)
{
    char rest[200];
    struct wf_frame f = { .function = "carried_function_of_old", .file = "" };
    struct wf_carrying c;
    char *text;
    size_t size;
    FILE *hex = open_memstream(&text, &size);

    (void)state;
    wf_carrying_init(&c);
    assert_true(wf_carrying_put(&c, (uintptr_t)carried_function + 1, &f, 1));
    put_hex(hex, c.payload, c.n);
    fclose(hex);
    snprintf(rest, sizeof rest, "!symbols %s\n", text);
    free(text);
    wf_carrying_fini(&c);
    record(rest);
    FILE *out = open_memstream(&text, &size);
    char error[256];
    assert_int_equal(wf_dump(trace, NULL, out, NULL, error), 0);
    fclose(out);
    assert_non_null(strstr(text, "\"carried_function_of_old+0x0\""));
    free(text);
}

static void test_a_trace_that_was_not_closed_stays_as_it_is(void **state)
{
    (void)state;
    record("!kill\n");
    assert_same_after_carry(0);
    record("!pool\n");
    assert_same_after_carry(0);
    record("!header errors=1\n"); /* the disk was full: no room, and it is said */
    assert_same_after_carry(0);
    record("!truncate -8\n");
    assert_same_after_carry(0);
}

static void test_without_room_the_trace_is_as_before(void **state)
{
    struct rlimit was, small;
    struct stat st;

    (void)state;
    for (int room = 0; room < 160; room += 40) {
        record("");
        assert_int_equal(stat(trace, &st), 0);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
        small = was;
        small.rlim_cur = (rlim_t)(st.st_size + room);
        void (*on_size)(int) = signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_same_after_carry(-EFBIG);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        signal(SIGXFSZ, on_size);
        assert_sound();
    }
}

static void test_who_is_killed_on_the_way_leaves_a_sound_trace(void **state)
{
    const uint64_t none = 0;
    struct stat bare, whole;

    (void)state;
    record("");
    assert_int_equal(stat(trace, &bare), 0);
    carry(trace, 0);
    assert_int_equal(stat(trace, &whole), 0);
    assert_int_equal(unlink(program), 0);
    int fd = open(trace, O_RDWR);
    assert_int_equal(
        pwrite(fd, &none, sizeof none, offsetof(struct wf_file_header, symbols_off)),
        sizeof none);
    for (off_t size = whole.st_size; size >= bare.st_size; size--) {
        assert_int_equal(ftruncate(fd, size), 0);
        assert_sound();
        assert_false(names_it());
    }
    close(fd);
}

static void test_every_flipped_bit_of_the_block_is_told_once(void **state)
{
    size_t n, bare;
    uint8_t *bytes;

    (void)state;
    record("");
    free(bytes_of(trace, &bare));
    carry(trace, 0);
    bytes = bytes_of(trace, &n);
    for (size_t at = bare; at < n; at++) {
        char error[256];
        int lines = 0, fd = open(trace, O_WRONLY);
        uint8_t flipped = bytes[at] ^ (uint8_t)(1U << at % 8);
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        wf_verify(trace, count_line, &lines, error);
        /* Only the zeros that fill the last 8 bytes mean nothing. */
        assert_int_equal(lines, at < n - 7 || bytes[at] ? 1 : lines);
        assert_true(names_it()); /* the file is still there to ask */
        assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
        close(fd);
    }
    assert_sound();
    free(bytes);
}

static void test_a_pipe_with_symbols_is_read_to_its_end(void **state)
{
    int saved = dup(STDIN_FILENO), ends[2], status;
    struct wf_source *source;
    struct wf_step step;
    char error[256];

    (void)state;
    record("");
    carry(trace, 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        size_t n;
        uint8_t *bytes = bytes_of(trace, &n);
        close(ends[0]);
        _exit(write(ends[1], bytes, n) != (ssize_t)n);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    assert_int_equal(wf_source_open("-", &source, error), 0);
    while (source->next(source, &step) > 0)
        ;
    assert_true(source->info->complete);
    assert_int_equal(source->info->anomalies, 0);
    source->close(source);
    dup2(saved, STDIN_FILENO);
    close(saved);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0); /* no SIGPIPE: all was taken */
}

static void test_what_is_no_file_is_left_alone(void **state)
{
    (void)state;
    unlink(trace);
    assert_int_equal(mkfifo(trace, 0600), 0);
    carry(trace, 0);
    assert_int_equal(unlink(trace), 0);
    carry(trace, -ENOENT);
    carry("/dev/null", 0);
}

/* --- all of it -------------------------------------------------------------------- */

static int open_all(void **state)
{
    (void)state;
    make_texts();
    if (!mkdtemp(dir))
        return -1;
    snprintf(trace, sizeof trace, "%s/trace", dir);
    snprintf(program, sizeof program, "%s/program", dir);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    unlink(trace);
    unlink(program);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_put_is_found),
        cmocka_unit_test(test_a_full_payload_keeps_what_it_has),
        cmocka_unit_test(test_addresses_must_rise),
        cmocka_unit_test(test_a_cut_payload_is_refused_or_shorter),
        cmocka_unit_test(test_a_trace_names_its_code_when_the_program_is_gone),
        cmocka_unit_test(test_without_symbols_a_lost_program_has_no_names),
        cmocka_unit_test(test_another_build_is_not_asked),
        cmocka_unit_test(test_what_is_carried_is_asked_first),
        cmocka_unit_test(test_a_trace_that_was_not_closed_stays_as_it_is),
        cmocka_unit_test(test_without_room_the_trace_is_as_before),
        cmocka_unit_test(test_who_is_killed_on_the_way_leaves_a_sound_trace),
        cmocka_unit_test(test_every_flipped_bit_of_the_block_is_told_once),
        cmocka_unit_test(test_a_pipe_with_symbols_is_read_to_its_end),
        cmocka_unit_test(test_what_is_no_file_is_left_alone),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
