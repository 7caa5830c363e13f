/* SPDX-License-Identifier: MIT */
/* 08-shutdown.c - SIGTERM stops a server: nobody new, five seconds for who is there. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <weft/weft.h>

#define SECOND INT64_C(1000000000)

static weft_group *clients;
static weft_ctx *accepting;
static char answer[8];

static int serve(void *conn)
{
    char line[8];
    for (ssize_t n; (n = weft_read(conn, line, sizeof line, WEFT_FOREVER)) > 0;)
        weft_write(conn, line, (size_t)n, WEFT_FOREVER);
    return weft_close(conn);
}

static void be_client(void *address) /* who is served when the signal comes */
{
    weft_fd *conn;
    if (weft_connect(address, weft_now() + SECOND, &conn))
        return;
    weft_write(conn, "one", 3, WEFT_FOREVER);
    weft_read(conn, answer, 3, WEFT_FOREVER);
    kill(getpid(), SIGTERM);
    weft_sleep(SECOND / 100);
    weft_write(conn, "two", 3, WEFT_FOREVER);
    weft_read(conn, answer, 3, WEFT_FOREVER);
    weft_close(conn);
}

static void stop_on_signal(void *signals)
{
    int number;
    if (!weft_chan_recv(signals, &number, WEFT_FOREVER))
        weft_ctx_cancel(accepting, 0, "SIGTERM"); /* ends the weft_accept */
}

static void first(void *listener)
{
    char address[32];
    weft_chan *signals = weft_chan_new(sizeof(int), 1);
    if (!signals || weft_signal_notify(signals, (int[]){ SIGTERM }, 1) ||
        weft_group_new(NULL, 0, &clients) ||
        weft_ctx_new(NULL, WEFT_FOREVER, &accepting))
        return;
    snprintf(address, sizeof address, "127.0.0.1:%d", weft_fd_port(listener));
    weft_go(stop_on_signal, signals);
    weft_go(be_client, address);
    weft_ctx_use(weft_ctx_retain(accepting)); /* from here on, for this coroutine */
    for (weft_fd *conn; !weft_accept(listener, WEFT_FOREVER, &conn);)
        if (weft_group_go(clients, serve, conn, 0))
            weft_close(conn);
    weft_ctx_release(weft_ctx_use(NULL));
    weft_close(listener);
    int err = weft_group_wait(clients, weft_now() + 5 * SECOND, NULL);
    printf("%s\n", err ? "somebody was cut off" : "all have ended");
}

int main(void)
{
    weft_fd *listener;
    if (weft_listen("127.0.0.1:0", 0, &listener) || weft_run(NULL, first, listener))
        return 1;
    return strcmp(answer, "two") != 0;
}
