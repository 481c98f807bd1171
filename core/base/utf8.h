/* UTF-8, RFC 3629. Pure. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed character that text begins with; 0 if it does not begin with one. */
size_t utf8_character(const char *text, size_t length);

/* Bytes of the control character that text begins with, of those of ASCII, U+0080 to U+009F (NEL, U+0085, ends a line
 * there), and U+2028 and U+2029, which end a line or paragraph; 0: it begins with none. */
size_t utf8_control(const char *text, size_t length);

/* Whether text is UTF-8 without any of these. */
bool utf8_printable(const char *text, size_t length);

#endif
