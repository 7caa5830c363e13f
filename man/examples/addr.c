/* SPDX-License-Identifier: MIT */
/* Addresses of both ends, and a name looked up. */
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

static void first(void *right)
{
    weft_addr found[4], local, peer, same;
    char target[64], a[WEFT_ADDR_TEXT], b[WEFT_ADDR_TEXT];
    weft_fd *listener, *here, *there;
    if (weft_listen("127.0.0.1:0", 0, &listener) ||
        weft_resolve("127.0.0.1", "80", weft_now() + 1000000000, found, 4) != 1)
        return;
    snprintf(target, sizeof target, "127.0.0.1:%d", weft_fd_port(listener));
    if (weft_dial(target, weft_now() + 1000000000, &here) ||
        weft_accept(listener, WEFT_FOREVER, &there))
        return;
    weft_local_addr(there, &local);
    weft_peer_addr(here, &peer);
    weft_addr_text(&local, a, sizeof a);
    weft_addr_text(&peer, b, sizeof b);
    *(int *)right = !strcmp(a, b) && !strcmp(a, target) && !weft_addr_parse(a, &same) &&
                    weft_addr_port(&found[0]) == 80 &&
                    weft_addr_port(&same) == weft_fd_port(listener);
    weft_close(here);
    weft_close(there);
    weft_close(listener);
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
