/* SPDX-License-Identifier: MIT */
/* Coroutines: begun, joined, named, asleep, on one thread, on a large stack. */
#include <errno.h>
#include <string.h>

#include <weft/weft.h>

static _Atomic int done;

static void work(void *arg)
{
    (void)arg;
    weft_set_name("worker");
    weft_yield();
    weft_sleep(1000000); /* 1 ms */
    weft_sleep_until(weft_now() + 1000000);
    weft_thread_pin(); /* for a library that keeps things by thread */
    weft_yield();
    weft_thread_unpin();
    done++;
}

static void deep(void *arg)
{
    char room[1 << 20]; /* more than a coroutine's own stack */
    memset(room, 1, sizeof room);
    *(int *)arg = room[sizeof room - 1];
}

static void first(void *arg)
{
    weft_coro *co;
    int went_deep = 0;
    if (weft_spawn("joined", work, NULL, &co) || weft_join(co, WEFT_FOREVER) ||
        weft_go(work, NULL) || weft_go_named("free", work, NULL))
        return;
    while (done < 3)
        weft_sleep(1000000);
    *weft_errno_loc() = EAGAIN; /* what errno is inside of weft */
    *(int *)arg = errno == EAGAIN && weft_self() != 0 &&
                  weft_on_big_stack(deep, &went_deep) == 0 && went_deep == 1;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
