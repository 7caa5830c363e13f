/* SPDX-License-Identifier: MIT */
/* A child that counts what it is told, and one that has to be stopped. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <weft/weft.h>

static int count_lines(const char *text, size_t size)
{
    const char *const wc[] = { "wc", "-l", NULL };
    weft_proc_options o = { .size = sizeof o,
                            .io = { WEFT_PROC_PIPE, WEFT_PROC_PIPE } };
    weft_proc *proc;
    char line[32] = "";
    if (weft_proc_start(wc, &o, &proc))
        return -1;
    weft_fd *to = weft_proc_take(proc, 0), *from = weft_proc_take(proc, 1);
    weft_write(to, text, size, WEFT_FOREVER);
    weft_close(to); /* wc waits for the end */
    weft_read(from, line, sizeof line - 1, WEFT_FOREVER);
    weft_close(from);
    weft_proc_wait(proc, WEFT_FOREVER, NULL);
    weft_proc_free(proc);
    return atoi(line);
}

static int stop_one(void)
{
    const char *const sleeper[] = { "sleep", "1000", NULL };
    weft_proc *proc;
    int status = 0;
    if (weft_proc_start(sleeper, NULL, &proc))
        return -1;
    printf("%d sleeps\n", weft_proc_pid(proc));
    if (weft_proc_wait(proc, weft_now() + 1000000, &status) == -ETIMEDOUT)
        weft_proc_signal(proc, SIGTERM);
    weft_proc_wait(proc, WEFT_FOREVER, &status);
    weft_proc_free(proc);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void first(void *right)
{
    *(int *)right = count_lines("a\nb\nc\n", 6) == 3 && stop_one() == SIGTERM;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
