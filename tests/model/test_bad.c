/* SPDX-License-Identifier: MIT */
/*
 * Each folder of traces/bad: what in.txt assembles to gives the lines and the exit
 * status of error.txt.  With WEFT_BLESS error.txt is written anew.
 */
#include "support.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/asm.h"
#include "model/reader.h"

enum { TEXT_MAX = 64 * 1024 };

static void add_line(void *arg, const char *line)
{
    char *text = arg;
    size_t n = strlen(text);

    for (const char *c = line; *c; c++)
        assert_true((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
    snprintf(text + n, TEXT_MAX - n, "%s\n", line);
}

/* What weft verify says and ends with. */
static void verify(const char *trace, char *text)
{
    char error[256], line[300];
    int64_t n = wf_verify(trace, add_line, text, error);

    if (n < 0) {
        snprintf(line, sizeof line, "weft: %s", error);
        add_line(text, line);
    }
    snprintf(line, sizeof line, "exit %d", n < 0 ? 4 : n > 0);
    add_line(text, line);
}

/* The other readers must live with it as well. */
static void read_all_ways(const char *trace)
{
    FILE *null = fopen("/dev/null", "w");
    struct wf_source *source;
    struct wf_step step;
    char error[256];
    bool missing;
    int got = 0;

    assert_non_null(null);
    wf_dump(trace, NULL, null, &missing, error);
    fclose(null);
    if (wf_source_open(trace, &source, error))
        return;
    while ((got = source->next(source, &step)) > 0)
        source->string(source, step.str);
    if (got == 0)
        assert_int_equal(source->seek(source, 300), 0);
    while (source->next(source, &step) > 0)
        ;
    source->close(source);
}

static void check_folder(const char *folder)
{
    static char have[TEXT_MAX];
    char path[600], error[256], *in, *want;
    FILE *f;

    snprintf(path, sizeof path, "%.500s/in.txt", folder);
    in = trace_asm_read(path);
    assert_non_null(in);
    if (trace_asm_file(in, "trace.weft", error))
        fail_msg("%s:%s", path, error);
    free(in);
    have[0] = '\0';
    verify("trace.weft", have);
    read_all_ways("trace.weft");
    snprintf(path, sizeof path, "%.500s/error.txt", folder);
    if (getenv("WEFT_BLESS") && *getenv("WEFT_BLESS")) {
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(have, f);
        fclose(f);
    }
    want = trace_asm_read(path);
    if (!want || strcmp(want, have) != 0)
        fail_msg("%s: wanted:\n%shave:\n%s", folder, want ? want : "", have);
    free(want);
}

static void test_each_flaw_is_told(void **state)
{
    const char *top = getenv("top_srcdir");
    char dir[400], path[512], here[400], temp[] = "/tmp/weft-bad.XXXXXX";
    struct dirent *entry;
    unsigned n = 0;
    DIR *d;

    (void)state;
    assert_non_null(realpath(top ? top : ".", here));
    snprintf(dir, sizeof dir, "%.380s/traces/bad", here);
    d = opendir(dir);
    assert_non_null(d);
    assert_non_null(mkdtemp(temp));
    assert_int_equal(chdir(temp), 0);
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%.400s/%.100s", dir, entry->d_name);
        check_folder(path);
        n++;
    }
    closedir(d);
    unlink("trace.weft");
    rmdir(temp);
    assert_true(n >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_flaw_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
