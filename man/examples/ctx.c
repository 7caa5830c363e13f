/* SPDX-License-Identifier: MIT */
/* A tree of contexts: what is cancelled above ends all below, and says why. */
#include <errno.h>
#include <string.h>

#include <weft/weft.h>

static const char user; /* a key: its address is nobody else's */
static _Atomic int called;

static void note(void *arg)
{
    (void)arg;
    called = 1;
}

static void first(void *arg)
{
    weft_ctx *top, *named, *apart, *late;
    weft_chan *done;
    weft_after *after, *never;
    const char *why = NULL;
    char name[] = "ann";
    if (weft_ctx_new(NULL, WEFT_FOREVER, &top) ||
        weft_ctx_with_value(top, &user, name, &named) ||
        weft_ctx_without_cancel(named, &apart) ||
        weft_ctx_new(NULL, weft_now() + 1000000, &late) ||
        weft_ctx_done(named, &done) || weft_ctx_after(named, note, NULL, &after) ||
        weft_ctx_after(apart, note, NULL, &never))
        return;
    weft_ctx *before = weft_ctx_use(weft_ctx_retain(named));
    int right = weft_ctx_current() == named && weft_after_stop(never) == 1 &&
                weft_ctx_deadline(top) == WEFT_FOREVER;
    weft_ctx_cancel(top, -EIO, "the disk is gone");
    right = right && weft_sleep(WEFT_FOREVER) == -ECANCELED;
    weft_ctx_release(weft_ctx_use(before));
    right = right && weft_ctx_err(named) == -ECANCELED &&
            weft_ctx_cause(named, &why) == -EIO && !strcmp(why, "the disk is gone") &&
            weft_chan_recv(done, NULL, WEFT_FOREVER) == -EPIPE;
    right = right && weft_ctx_err(apart) == 0 && weft_ctx_value(apart, &user) == name;
    weft_ctx_wait(late, WEFT_FOREVER);
    right = right && weft_ctx_err(late) == -ETIMEDOUT;
    while (!called)
        weft_sleep(1000000);
    weft_after_stop(after);
    weft_ctx_release(late);
    weft_ctx_release(apart);
    weft_ctx_release(named);
    weft_ctx_release(top);
    *(int *)arg = right;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
