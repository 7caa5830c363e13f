/* SPDX-License-Identifier: MIT */
/* What the scheduler has done so far. */
#include <stdio.h>

#include <weft/weft.h>

static void nothing(void *arg)
{
    (void)arg;
}

static void first(void *right)
{
    struct weft_stats s = { .size = sizeof s };
    struct weft_stats_proc p = { .size = sizeof p };
    weft_coro *co[10];
    uint64_t dispatches = 0;
    for (int i = 0; i < 10; i++)
        if (weft_spawn("nothing", nothing, NULL, &co[i]))
            return;
    for (int i = 0; i < 10; i++)
        weft_join(co[i], WEFT_FOREVER);
    weft_stats(&s);
    for (int i = 0; !weft_stats_proc(i, &p); i++)
        dispatches += p.dispatches;
    printf("%llu coroutines on %u Ps, %llu switches\n", (unsigned long long)s.created,
           s.procs, (unsigned long long)s.switches);
    *(int *)right = s.created == 11 && s.coroutines == 1 && dispatches >= 11;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
