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

int main(void)
{
    char line[200];
    weft_error *error = start();
    weft_error_text(error, false, line, sizeof line);
    printf("%s\n", line);
    int right = weft_error_is(error, -ENOENT) &&
                !strcmp(line, "read the settings: open /no/such/file (-ENOENT)");
    weft_error_release(error);
    return !right;
}
