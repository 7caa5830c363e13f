/* SPDX-License-Identifier: MIT */
/* trace_asm IN OUT - a trace from text (asm.h); IN - is standard input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/asm.h"

int main(int argc, char **argv)
{
    char error[256], *text;
    int err;

    if (argc != 3) {
        fprintf(stderr, "usage: trace_asm IN OUT\n");
        return 2;
    }
    text = trace_asm_read(argv[1]);
    if (!text) {
        fprintf(stderr, "trace_asm: %s: %s\n", argv[1], strerror(errno));
        return 4;
    }
    err = trace_asm_file(text, argv[2], error);
    free(text);
    if (err)
        fprintf(stderr, "trace_asm: %s: %s\n", argv[1], error);
    return err ? 1 : 0;
}
