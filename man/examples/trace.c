/* SPDX-License-Identifier: MIT */
/* A trace of a part of a program, with what the program wants to be seen in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

static void serve(void *arg)
{
    static weft_counter *served;
    if (!served)
        served = weft_counter_new("served");
    uint64_t task = weft_task_begin(0, "request");
    weft_region_begin("parse");
    weft_sleep(100000);
    weft_region_end("parse");
    weft_log("http", "GET /");
    weft_counter_set(served, ++*(int *)arg);
    weft_task_end(task);
}

static void first(void *path)
{
    struct weft_trace_stats s;
    int n = 0;
    if (weft_trace_start(path))
        return;
    weft_mark("begin");
    serve(&n);
    serve(&n);
    weft_trace_stats(&s);
    if (!strcmp(s.path, path) && n == 2)
        weft_trace_stop();
}

int main(void)
{
    char path[] = "/tmp/weft-example.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int err = weft_run(NULL, first, path);
    FILE *f = fopen(path, "r");
    int right = f && fgetc(f) == 0x89 && fgetc(f) == 'W';
    if (f)
        fclose(f);
    unlink(path);
    return err || !right;
}
