/*
 * Needs compared and put together (base/needs.h). A path is what is written: where it holds "." or ".." it is below no
 * other, for only the kernel knows where that leads. Texts that these make are in one order and say nothing twice, so
 * those that allow the same are equal; they are the caller's, and NULL if there is no memory. Pure.
 */
#ifndef BASE_NEEDS_SET_H
#define BASE_NEEDS_SET_H

#include <stddef.h>

/* The length of the first word of `text` that `bound` does not allow, and where it begins; 0: there is none. */
size_t needs_beyond(const char *text, const char *bound, const char **word);

/* What both allow. */
char *needs_narrow(const char *a, const char *b);

/* What either allows. */
char *needs_join(const char *a, const char *b);

#endif
