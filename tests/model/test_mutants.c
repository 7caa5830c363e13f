/* SPDX-License-Identifier: MIT */
/*
 * Traces changed at random, their sums mended: every reader ends, within its memory,
 * and says nothing that a terminal would obey.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model/asm.h"
#include "model/model.h"
#include "model/mutate.h"
#include "model/reader.h"

enum { TRACES_MAX = 100, GROWTH_MAX_KIB = 128 * 1024 };

static struct {
    uint8_t *bytes;
    size_t size;
} traces[TRACES_MAX];
static size_t ntraces;
static char path[64];
static int fd;

static void check_line(void *arg, const char *line)
{
    (void)arg;
    for (const char *c = line; *c; c++)
        assert_true((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
}

static void check_dump(void)
{
    char *text, error[256];
    size_t size;
    FILE *f = open_memstream(&text, &size);

    wf_dump(path, NULL, f, NULL, error);
    fclose(f);
    for (size_t i = 0; i < size; i++)
        assert_true((unsigned char)text[i] >= ' ' || text[i] == '\n' ||
                    text[i] == '\t');
    free(text);
}

/* Through the model as well: it must take whatever steps come. */
static void check_model(void)
{
    struct wf_model_opts opts = { .coroutines = true };
    struct wf_source *source;
    struct wf_model *model;
    char error[256];

    if (wf_source_open(path, &source, error)) {
        check_line(NULL, error);
        return;
    }
    if (wf_model_new(&opts, source, &model) == 0) {
        wf_model_read(model, NULL, NULL);
        wf_model_free(model);
    }
    source->seek(source, 200);
    struct wf_frame frames[8];
    struct wf_step step;
    while (source->next(source, &step) > 0)
        source->string(source, step.str), source->stack(source, step.stack, frames, 8);
    source->close(source);
}

static void check_mutant(const uint8_t *bytes, size_t size)
{
    char error[256];

    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    if (wf_verify(path, check_line, NULL, error) < 0)
        check_line(NULL, error);
    check_dump();
    check_model();
}

static void add_trace(const char *file)
{
    char error[256], *text = trace_asm_read(file);

    assert_non_null(text);
    if (ntraces < TRACES_MAX &&
        trace_asm(text, &traces[ntraces].bytes, &traces[ntraces].size, error) == 0)
        ntraces++;
    free(text);
}

static int open_all(void **state)
{
    const char *top = getenv("top_srcdir");
    char dir[400], file[600];
    struct dirent *entry;

    (void)state;
    snprintf(dir, sizeof dir, "%.380s/traces/bad", top ? top : ".");
    DIR *d = opendir(dir);
    if (!d)
        return -1;
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%.400s/%.100s/in.txt", dir, entry->d_name);
        add_trace(file);
    }
    closedir(d);
    fd = memfd_create("mutant", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return fd < 0 || ntraces < 20 ? -1 : 0;
}

static int close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < ntraces; i++)
        free(traces[i].bytes);
    return close(fd);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void test_mutants_are_survived(void **state)
{
    const char *given = getenv("WEFT_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 0x5eed;
    long n = scale(SCALE_mutants), before = peak_kib();

    (void)state;
    for (long i = 0; i < n; i++) {
        uint64_t own = seed + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15),
                 used = own | 1;
        size_t which = mutate_random(&used) % ntraces, size = traces[which].size;
        uint8_t *bytes = malloc(size + 1);
        assert_non_null(bytes);
        memcpy(bytes, traces[which].bytes, size);
        size = mutate(bytes, size, &used);
        check_mutant(bytes, size);
        free(bytes);
    }
    scale_done(SCALE_mutants, n);
#ifndef __SANITIZE_ADDRESS__
    assert_true(peak_kib() - before < GROWTH_MAX_KIB);
#else
    (void)before;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutants_are_survived),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
