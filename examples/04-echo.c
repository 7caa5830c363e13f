/* SPDX-License-Identifier: MIT */
/*
 * 04-echo.c - a server with a coroutine for each connection, and its clients.
 */
#include <stdio.h>
#include <string.h>
#include <weft/weft.h>

enum { CLIENTS = 20 };
static weft_wait_group busy = WEFT_WAIT_GROUP_INIT;
static char address[32];
static int echoed[CLIENTS];

static void serve(void *conn)
{
    char buf[64];
    ssize_t n;
    while ((n = weft_read(conn, buf, sizeof buf, WEFT_FOREVER)) > 0)
        weft_write(conn, buf, (size_t)n, WEFT_FOREVER);
    weft_close(conn);
    weft_wait_group_done(&busy);
}

static void ask(void *echo)
{
    weft_fd *conn;
    char buf[8] = "";
    if (weft_connect(address, WEFT_FOREVER, &conn) == 0) {
        weft_write(conn, "echo", 4, WEFT_FOREVER);
        weft_read(conn, buf, sizeof buf - 1, WEFT_FOREVER);
        weft_close(conn);
    }
    *(int *)echo = !strcmp(buf, "echo");
    weft_wait_group_done(&busy);
}

static void first(void *arg)
{
    weft_fd *listener = arg, *conn;
    snprintf(address, sizeof address, "127.0.0.1:%d", weft_fd_port(listener));
    weft_wait_group_add(&busy, 2 * CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        weft_go_named("client", ask, &echoed[i]);
    for (int i = 0; i < CLIENTS && !weft_accept(listener, WEFT_FOREVER, &conn); i++)
        weft_go_named("connection", serve, conn);
    weft_wait_group_wait(&busy, WEFT_FOREVER);
    weft_close(listener);
}

int main(void)
{
    weft_fd *listener;
    if (weft_listen("127.0.0.1:0", 0, &listener) || weft_run(NULL, first, listener))
        return 1;
    int n = 0;
    for (int i = 0; i < CLIENTS; i++)
        n += echoed[i];
    printf("%d of %d heard their echo\n", n, CLIENTS);
    return n == CLIENTS ? 0 : 1;
}
