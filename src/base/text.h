/* SPDX-License-Identifier: MIT */
/*
 * base/text.h - text that others wrote, made fit to be shown; and words alike.
 */
#ifndef WF_BASE_TEXT_H
#define WF_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * One code point of UTF-8.  Returns how many of the n bytes at s it takes and puts it
 * into *c; 0 when they are no UTF-8 (n 0, overlong, a surrogate, past U+10FFFF).
 */
size_t wf_utf8_get(const char *s, size_t n, uint32_t *c);

/* May this code point reach a terminal?  Not what controls it, turns the direction of
 * text or cannot be seen. */
bool wf_text_visible(uint32_t c);

/*
 * The one function that everything from a trace, a file or a stranger passes before it
 * is printed: valid UTF-8 stays, every other byte becomes \x9b, every character that
 * is not visible \n, \t, \x1b or \u202e.  Writes at most size bytes, the last of them
 * '\0', and cuts between characters; size must not be 0.  Returns the length written.
 */
size_t wf_text_clean(char *out, size_t size, const char *s);
size_t wf_text_clean_n(char *out, size_t size, const char *s, size_t n);

/* The same to a stream. */
void wf_text_print(FILE *f, const char *s);

/* Characters of clean text; what a column of a table counts. */
size_t wf_text_width(const char *s);

/*
 * The nearest of n words for one that was mistyped, NULL when none is near.  next(arg, i)
 * gives the words and NULL for one that is to be passed over.
 */
const char *wf_text_nearest(const char *word,
                            const char *(*next)(const void *arg, size_t i),
                            const void *arg, size_t n);
/* next for an array of strings. */
const char *wf_text_nth(const void *strings, size_t i);
#endif /* WF_BASE_TEXT_H */
