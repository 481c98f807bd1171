/* UTF-8, RFC 3629. Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed character that text begins with; 0 if it does not begin with one. */
size_t utf8_character(const char *text, size_t length);

/* Whether text is UTF-8 without control characters of ASCII. */
bool utf8_printable(const char *text, size_t length);

#endif
