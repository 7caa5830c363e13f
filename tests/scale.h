/* SPDX-License-Identifier: MIT */
/*
 * scale.h - the counts of tests/scale.def: with WEFT_SCALE=long the second column.
 */
#ifndef WEFT_TESTS_SCALE_H
#define WEFT_TESTS_SCALE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum scale_row {
#define SCALE(name, change, long_, doc) SCALE_##name,
#include "scale.def"
};

struct scale_entry {
    const char *name;
    long change, longer;
};

static inline const struct scale_entry *scale_entry(enum scale_row row)
{
    static const struct scale_entry entries[] = {
#define SCALE(name, change, long_, doc) { #name, change, long_ },
#include "scale.def"
    };
    return &entries[row];
}

/* How often to do it. */
static inline long scale(enum scale_row row)
{
    const char *which = getenv("WEFT_SCALE");
    const struct scale_entry *e = scale_entry(row);
    return which && !strcmp(which, "long") ? e->longer : e->change;
}

/* It was done n times: for the table that a long run prints. */
static inline void scale_done(enum scale_row row, long n)
{
    const char *path = getenv("WEFT_SCALE_DONE");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file)
        return;
    fprintf(file, "%s %ld\n", scale_entry(row)->name, n);
    fclose(file);
}

#endif /* WEFT_TESTS_SCALE_H */
