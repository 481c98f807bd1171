/* JSON strings: RFC 8259 section 7. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

#include "base/buffer.h"

enum { JSON_ESCAPE_SIZE = 8 };

/* What stands for the character at text in a JSON string, or NULL if it stands for itself; *size is its bytes. Bytes
 * that are not UTF-8 become U+FFFD. */
const char *json_escape(const char *text, size_t left, char room[JSON_ESCAPE_SIZE], size_t *size);

/* Appends text as a JSON string with its quotes. NULL becomes null. 0, or
 * -ENOMEM. */
int json_string(struct buffer *out, const char *text);
int json_bytes(struct buffer *out, const char *data, size_t length);

#endif
