/* SPDX-License-Identifier: MIT */
/* A log line of a request, with the trace that its client told of. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

/* Fields that are made one by one, and looked for only if somebody reads them. */
static void tell_all_kinds(void)
{
    weft_error *error = weft_error_new(-EIO, "disk");
    const weft_log_field fields
    [] = {
        weft_log_uint("bytes", UINT64_MAX), weft_log_float("load", 0.5),
        weft_log_bool("cached", true),      weft_log_bytes("body", "\x01\x02", 2),
        weft_log_error("error", error),
    };
    if (weft_log_enabled(WEFT_LOG_WARN))
        weft_log_emit(WEFT_LOG_WARN, "all kinds", fields, 5);
    weft_error_release(error);
}

static void serve(void *failed)
{
    char text[WEFT_TRACEPARENT_TEXT];
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
    tell_all_kinds();
    weft_traceparent_format(weft_ctx_traceparent(weft_ctx_current()), text);
    *(int *)failed |= strlen(text) != 55; /* what a request to another server carries */
    weft_ctx_release(weft_ctx_use(before));
}

int main(void)
{
    int failed = 1;
    struct weft_log_stats s;
    weft_log_to(1);
    weft_log_set_level(WEFT_LOG_INFO);
    int err = weft_run(NULL, serve, &failed);
    weft_log_stats(&s);
    return err || failed || s.lines != 2 || weft_log_get_level() != WEFT_LOG_INFO;
}
