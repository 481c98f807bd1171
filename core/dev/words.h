/* A command line under construction: words that it owns, ended by NULL for exec. A zeroed struct is an empty one. */
#ifndef DEV_WORDS_H
#define DEV_WORDS_H

#include <stddef.h>

struct words {
    char **list; /* NULL while there are none */
    size_t count;
};

/* Appends a copy. 0, or -ENOMEM. */
int words_add(struct words *words, const char *word);

/* Appends the words of a text, between blanks; NULL is a text without any. 0, or -ENOMEM. */
int words_split(struct words *words, const char *text);

void words_free(struct words *words);

#endif
