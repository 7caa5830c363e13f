/* SPDX-License-Identifier: MIT */
/* prose.h - text that roff cannot misread. */
#ifndef WF_MAN_PROSE_H
#define WF_MAN_PROSE_H
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * Prose: a sentence a line, lines of at most 80 columns, and nothing that roff would take
 * for its own.
 */
static void print_text(const char *text)
{
    int column = 0;
    char last = ' ';
    text += strspn(text, " ");
    for (const char *word = text; *word; word += strspn(word, " ")) {
        int n = (int)strcspn(word, " ");
        bool ended = last == '.' && column > 0;
        if (column > 0 && (ended || column + n > 76)) {
            putchar('\n');
            column = 0;
        }
        if (column > 0)
            column += printf(" ");
        else if (*word == '.' || *word == '\'')
            fputs("\\&", stdout);
        for (int i = 0; i < n; i++)
            if (word[i] == '(' && word[i + 1] == ')')
                fputs("\\&(", stdout); /* no function of the page's own */
            else
                fputs(word[i] == '\\' ? "\\e" : (char[]){ word[i], '\0' }, stdout);
        column += n;
        last = word[n - 1] == ')' && n > 1 && word[n - 2] == '.' ? '.' : word[n - 1];
        word += n;
    }
    putchar('\n');
}

#endif /* WF_MAN_PROSE_H */
