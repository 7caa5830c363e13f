/* SPDX-License-Identifier: MIT */
/* 06-chat.c - a chat server: each line goes to all; a client's first one is its name. */
#include <stdio.h>
#include <weft/weft.h>

static weft_mutex lock = WEFT_MUTEX_INIT;
static weft_fd *clients[100]; /* under lock */

static void say(const char *name, const char *what)
{
    char text[320];
    int n = snprintf(text, sizeof text, "%s%s\n", name, what);
    weft_mutex_lock(&lock);
    for (int i = 0; i < 100; i++)
        if (clients[i] && weft_write(clients[i], text, (size_t)n, 0) < 0)
            weft_shutdown(clients[i], WEFT_READ | WEFT_WRITE); /* slow or gone */
    weft_mutex_unlock(&lock);
}

static int read_line(weft_fd *conn, char *line, size_t size)
{
    for (size_t n = 0; n < size && weft_read(conn, line + n, 1, WEFT_FOREVER) == 1; n++)
        if (line[n] == '\n')
            return line[n] = '\0', 1;
    return 0; /* the end, or a line too long for us */
}

static void serve(void *conn)
{
    char name[32], line[258] = ": ";
    if (read_line(conn, name, sizeof name)) {
        weft_mutex_lock(&lock);
        int i = 0;
        while (i < 99 && clients[i])
            i++;
        weft_fd **mine = clients[i] ? NULL : &clients[i];
        if (mine)
            *mine = conn;
        weft_mutex_unlock(&lock);
        for (say(name, " joins"); mine && read_line(conn, line + 2, 256);)
            say(name, line);
        weft_mutex_lock(&lock);
        if (mine)
            *mine = NULL;
        weft_mutex_unlock(&lock);
        say(name, " leaves");
    }
    weft_close(conn);
}

static void first(void *listener)
{
    for (weft_fd *conn; !weft_accept(listener, WEFT_FOREVER, &conn);)
        if (weft_go(serve, conn))
            weft_close(conn);
}

int main(int argc, char **argv)
{
    weft_fd *listener;
    if (weft_listen(argc > 1 ? argv[1] : "127.0.0.1:7000", 0, &listener) ||
        printf("port %d\n", weft_fd_port(listener)) < 0 || fflush(stdout))
        return 1;
    return weft_run(NULL, first, listener) != 0;
}
