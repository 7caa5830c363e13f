/* SPDX-License-Identifier: MIT */
/* A call that blocks its thread: the other coroutine runs meanwhile, on the one P. */
#include <unistd.h>

#include <weft/weft.h>

static int ends[2];

static void feed(void *byte)
{
    if (write(ends[1], byte, 1) != 1)
        *(char *)byte = '?';
}

static void first(void *byte)
{
    char c = 0;
    if (weft_go(feed, byte))
        return;
    weft_block_begin(WEFT_BLOCK_SYSCALL);
    ssize_t n = read(ends[0], &c, 1);
    weft_block_end();
    *(char *)byte = n == 1 && c == 'x' ? 'y' : '!';
}

int main(void)
{
    char byte = 'x';
    weft_config c;
    weft_config_init(&c);
    c.procs = 1;
    return pipe(ends) || weft_run(&c, first, &byte) || byte != 'y';
}
