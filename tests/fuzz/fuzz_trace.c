/* SPDX-License-Identifier: MIT */
/*
 * fuzz_trace - libFuzzer on the readers of traces: verify, dump, steps, seek.
 * Its mutator mends the sums that it breaks, most of the time; a corpus is made with
 * tests/model/trace_asm of traces/bad/NAME/in.txt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/mutate.h"
#include "model/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max);

static void ignore(void *arg, const char *line)
{
    (void)arg, (void)line;
}

static void read_steps(const char *path)
{
    struct wf_source *source;
    struct wf_step step;
    struct wf_frame frames[8];
    char error[256];

    if (wf_source_open(path, &source, error))
        return;
    for (int pass = 0; pass < 2; pass++) {
        while (source->next(source, &step) > 0) {
            source->string(source, step.str);
            source->stack(source, step.stack, frames, 8);
            source->site(source, step.site);
        }
        source->seek(source, 100);
    }
    source->close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static FILE *null;
    char path[64], error[256];
    int fd = memfd_create("trace", 0);

    if (!null)
        null = fopen("/dev/null", "w");
    if (fd < 0 || !null || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    wf_verify(path, ignore, NULL, error);
    wf_dump(path, NULL, null, NULL, error);
    read_steps(path);
    close(fd);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max, unsigned seed)
{
    uint64_t random = seed | UINT64_C(1) << 32;

    if (seed % 2)
        size = LLVMFuzzerMutate(bytes, size, max);
    else
        size = mutate(bytes, size, &random);
    if (seed % 8)
        mutate_mend(bytes, size);
    return size;
}
