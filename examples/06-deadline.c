/* SPDX-License-Identifier: MIT */
/*
 * 06-deadline.c - one deadline for all that a request has others do, however deep.
 */
#include <errno.h>
#include <stdio.h>
#include <weft/weft.h>

#define MS INT64_C(1000000)

struct request {
    weft_chan *answers;
    int err, asked_err;
};

/* Nobody told it of a deadline: it inherits its maker's context. */
static void ask(void *arg)
{
    struct request *r = arg;
    int answer;
    r->asked_err = weft_chan_recv(r->answers, &answer, WEFT_FOREVER);
}

static void handle(void *arg)
{
    struct request *r = arg;
    weft_coro *asker;
    weft_ctx *ctx;

    if (weft_ctx_new(weft_ctx_current(), weft_now() + 5 * MS, &ctx))
        return;
    ctx = weft_ctx_use(ctx); /* this coroutine's from here on */
    if (!weft_spawn("ask", ask, r, &asker)) {
        int err = weft_join(asker, WEFT_FOREVER); /* the deadline ends this, too */
        r->err = weft_ctx_err(weft_ctx_current());
        ctx = weft_ctx_use(ctx); /* back to what it was */
        if (err)
            weft_join(asker, WEFT_FOREVER);
    }
    weft_ctx_release(ctx);
}

int main(void)
{
    struct request r = { .answers = weft_chan_new(sizeof(int), 0) };

    if (!r.answers || weft_run(NULL, handle, &r) < 0)
        return 1;
    weft_chan_free(r.answers);
    printf("the request: %d, what it asked: %d\n", r.err, r.asked_err);
    return r.err == -ETIMEDOUT && r.asked_err == -ETIMEDOUT ? 0 : 1;
}
