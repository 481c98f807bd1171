/* The words of an option's value: between blanks, and what stands between quotes ('...' or "...") is taken as it is, so
 * that it may hold blanks. Pure but for its memory. */
#ifndef CGI_WORDS_H
#define CGI_WORDS_H

#include <stddef.h>

/* A list ended by NULL, in one piece of memory: the caller frees it. NULL with errno set: EINVAL, a quote is not
 * closed; ENOMEM. */
char **words_split(const char *text, size_t length);

/* How long the first part of a text is that a line's end or a semicolon outside of quotes ends; it is behind that. */
size_t words_clause(const char *text);

#endif
