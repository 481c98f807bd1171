/* UTF-8 (RFC 3629), for what people type. Pure. */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed character that a string begins with; 0: it begins with none, or is empty. */
size_t utf8_length(const char *text);

/* Characters of a string. -EINVAL: it is not UTF-8, or holds a control character other than those in `allowed`. */
long utf8_count(const char *text, const char *allowed);

#endif
