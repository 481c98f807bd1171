/*
 * A growable byte buffer, for both processes. It owns its memory; a zeroed struct is an empty one. A NUL byte, not
 * counted in the length, follows the content of a buffer that is not empty.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

/* Makes room for `more` bytes behind the content. 0, or -ENOMEM (the content is kept). */
int buffer_reserve(struct buffer *b, size_t more);

/* Each appends. 0, or -ENOMEM (the content is kept as it was). */
int buffer_append(struct buffer *b, const void *data, size_t length);
int buffer_string(struct buffer *b, const char *text);
int buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buffer_vformat(struct buffer *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Drops `count` bytes (at most all) from the front. */
void buffer_consume(struct buffer *b, size_t count);

/* Empties the buffer and frees its memory. */
void buffer_free(struct buffer *b);

#endif
