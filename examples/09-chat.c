/* SPDX-License-Identifier: MIT */
/* 09-chat.c - a chat server: each line goes to all; a client's first one is its name. */
#include <stdio.h>
#include <weft/weft.h>

static weft_mutex lock = WEFT_MUTEX_INIT;
static weft_fd *clients[1000]; /* by number; under lock */

static void say(const char *name, const char *what)
{
    char text[320];
    int n = snprintf(text, sizeof text, "%s%s\n", name, what);
    weft_mutex_lock(&lock);
    for (int i = 0; i < 1000; i++)
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
    if (weft_fd_num(conn) < 1000 && read_line(conn, name, sizeof name)) {
        weft_mutex_lock(&lock);
        clients[weft_fd_num(conn)] = conn;
        weft_mutex_unlock(&lock);
        for (say(name, " joins"); read_line(conn, line + 2, 256);)
            say(name, line);
        weft_mutex_lock(&lock);
        clients[weft_fd_num(conn)] = NULL;
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
    if (weft_listen(argc > 1 ? argv[1] : "127.0.0.1:7000", 0, &listener))
        return 1;
    dprintf(1, "port %d\n", weft_fd_port(listener));
    return weft_run(NULL, first, listener) != 0;
}
