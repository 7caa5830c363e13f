/* SPDX-License-Identifier: MIT */
/* A log line of a request, with the trace that its client told of. */
#include <stdio.h>

#include <weft/weft.h>

static void serve(void *failed)
{
    weft_traceparent tp;
    weft_ctx *ctx;
    const char *header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    if (weft_traceparent_parse(header, &tp))
        weft_traceparent_child(NULL, &tp); /* none, or none that can be used */
    if (weft_ctx_with_traceparent(weft_ctx_current(), &tp, &ctx))
        return;
    weft_ctx *before = weft_ctx_use(ctx);
    *(int *)failed = WEFT_LOG(WEFT_LOG_INFO, "request", weft_log_str("path", "/"),
                              weft_log_int("status", 200));
    weft_ctx_release(weft_ctx_use(before));
}

int main(void)
{
    int failed = 1;
    weft_log_to(1);
    return weft_run(NULL, serve, &failed) || failed;
}
