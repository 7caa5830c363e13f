/* SPDX-License-Identifier: MIT */
/* An error with its causes: a code for programs, text for people, a stack for both. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

static weft_error *open_settings(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return weft_error_new(-ENOENT, "open %s", path);
    fclose(f);
    return NULL;
}

static weft_error *start(void)
{
    return weft_error_wrap(open_settings("/no/such/file"), "read the settings");
}

/* A kind of one's own, with what belongs to it. */
static const weft_error_kind refused = { .name = "refused" };

static int kinds(void)
{
    static int port = 80;
    char json[2000];
    void *const *pc;
    weft_error *low = weft_error_new_kind(&refused, &port, -ECONNREFUSED, "port %d",
                                          port);
    weft_error *high = weft_error_wrap(weft_error_retain(low), "no server");
    const weft_error *as = weft_error_as(high, &refused);
    int right = as == low && weft_error_data(as) == &port &&
                weft_error_code(high) == -ECONNREFUSED &&
                weft_error_cause(high) == low &&
                !strcmp(weft_error_message(high), "no server") &&
                weft_error_stack(high, &pc) > 0 &&
                weft_error_json(high, json, sizeof json) < sizeof json;
    weft_error_release(high);
    weft_error_release(low);
    return right;
}

int main(void)
{
    char line[200];
    weft_error *error = start();
    weft_error_text(error, false, line, sizeof line);
    printf("%s\n", line);
    int right = weft_error_is(error, -ENOENT) &&
                !strcmp(line, "read the settings: open /no/such/file (-ENOENT)");
    weft_error_release(error);
    return !right || !kinds();
}
