/* SPDX-License-Identifier: MIT */
/* Buffers that are used again: the second get finds what the first one left. */
#include <string.h>

#include <weft/weft.h>

enum { SIZE = 4096 };

static void wipe(void *buffer)
{
    memset(buffer, 0, 16); /* its head; runs before each get */
}

static void first(void *right)
{
    struct weft_pool_stats s;
    weft_pool *buffers = weft_pool_new("buffers", SIZE, wipe, 0);
    if (!buffers)
        return;
    char *one = weft_pool_get(buffers);
    strcpy(one, "used");
    weft_pool_put(buffers, one);
    char *two = weft_pool_get(buffers);
    weft_pool_stats(buffers, &s);
    *(int *)right = two && !*two && s.gets == 2 && s.misses == 1;
    weft_pool_put(buffers, two);
    weft_pool_free(buffers);
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
