/* SPDX-License-Identifier: MIT */
/* Three parts of a task, of which one fails; and one call for all who ask. */
#include <errno.h>

#include <weft/weft.h>

static int fetch(void *arg)
{
    int number = *(int *)arg;
    if (number == 2)
        return -ENOENT;
    return weft_sleep(WEFT_FOREVER); /* the others are cancelled */
}

static int load(void *arg, void **value)
{
    *value = arg;
    return 0;
}

static void first(void *arg)
{
    int numbers[] = { 1, 2, 3 }, error = 0, answer = 42;
    weft_group *g;
    weft_flight *flight;
    if (weft_group_new(weft_ctx_current(), 0, &g) || weft_flight_new(&flight))
        return;
    for (int i = 0; i < 3; i++)
        weft_group_go(g, fetch, &numbers[i], WEFT_FOREVER);
    weft_group_wait(g, WEFT_FOREVER, &error);
    int right = error == -ENOENT && weft_ctx_err(weft_group_ctx(g)) == -ECANCELED;
    weft_group_free(g);
    void *value = NULL;
    uint32_t sharers = 0;
    int r = weft_flight_do(flight, "answer", load, &answer, WEFT_FOREVER, &value,
                           &sharers);
    weft_flight_forget(flight, "answer");
    weft_flight_free(flight);
    *(int *)arg = right && r == 0 && value == &answer && sharers == 1;
}

int main(void)
{
    int right = 0;
    return weft_run(NULL, first, &right) || !right;
}
