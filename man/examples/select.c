/* SPDX-License-Identifier: MIT */
/* Whatever comes first: a message or the end of our patience. */
#include <errno.h>

#include <weft/weft.h>

static void first(void *arg)
{
    int message = 7, got = 0;
    weft_chan *a = weft_chan_new(sizeof got, 1), *b = weft_chan_new(sizeof got, 1);
    if (!a || !b || weft_chan_send(b, &message, WEFT_FOREVER))
        return;
    weft_case cases[] = { { a, WEFT_RECV, &got, 0 }, { b, WEFT_RECV, &got, 0 } };
    int chosen = weft_select(cases, 2, WEFT_FOREVER);
    int late = weft_select(cases, 2, weft_now() + 1000000);
    *(int *)arg = chosen == 1 && cases[1].result == 0 && got == 7 && late == -ETIMEDOUT;
    weft_chan_free(a);
    weft_chan_free(b);
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
