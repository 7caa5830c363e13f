/* SPDX-License-Identifier: MIT */
/*
 * 07-workers.c - four workers share a channel of jobs; the first error ends them all.
 */
#include <errno.h>
#include <stdio.h>
#include <weft/weft.h>

enum { WORKERS = 4, JOBS = 1000, BAD = 700 };

static weft_chan *jobs;
static _Atomic int done;

static int work(void *arg)
{
    int job, err;
    (void)arg;
    while (!(err = weft_chan_recv(jobs, &job, WEFT_FOREVER))) {
        if (job == BAD)
            return -EBADMSG; /* cancels the group's context, and so all that wait in it */
        done++;
    }
    return err == -EPIPE ? 0 : err; /* closed: there are no more */
}

static int hand_out(void *arg)
{
    (void)arg;
    for (int job = 0; job < JOBS; job++) {
        int err = weft_chan_send(jobs, &job, WEFT_FOREVER);
        if (err)
            return err;
    }
    weft_chan_close(jobs);
    return 0;
}

static void first(void *arg)
{
    weft_group *group;
    if (weft_group_new(NULL, 0, &group))
        return;
    weft_group_go(group, hand_out, NULL, WEFT_FOREVER);
    for (int i = 0; i < WORKERS; i++)
        weft_group_go(group, work, NULL, WEFT_FOREVER);
    weft_group_wait(group, WEFT_FOREVER, arg);
    weft_group_free(group);
}

int main(void)
{
    int err = 0;
    jobs = weft_chan_new(sizeof(int), 8);
    if (!jobs || weft_run(NULL, first, &err) < 0)
        return 1;
    weft_chan_free(jobs);
    printf("%d jobs of %d were done, then: %d\n", done, JOBS, err);
    return err == -EBADMSG ? 0 : 1;
}
