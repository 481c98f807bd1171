/* A growable byte buffer. */
#include "base/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int buffer_reserve(struct buffer *b, size_t more) {
    if (more > SIZE_MAX / 2 - b->length - 1) {
        return -ENOMEM;
    }
    size_t needed = b->length + more + 1;
    if (needed <= b->capacity) {
        return 0;
    }
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity < needed) {
        capacity *= 2;
    }
    char *data = realloc(b->data, capacity);
    if (!data) {
        return -ENOMEM;
    }
    b->data = data;
    b->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *b, const void *data, size_t length) {
    int error = buffer_reserve(b, length);
    if (error) {
        return error;
    }
    if (length > 0) {
        memcpy(b->data + b->length, data, length);
    }
    b->length += length;
    b->data[b->length] = '\0';
    return 0;
}

int buffer_string(struct buffer *b, const char *text) {
    return buffer_append(b, text, strlen(text));
}

int buffer_vformat(struct buffer *b, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int error = buffer_reserve(b, 0);
    int length = error ? 0 : vsnprintf(b->data + b->length, b->capacity - b->length, format, args);
    if (!error && length < 0) {
        error = -ENOMEM;
    }
    if (!error && (size_t)length >= b->capacity - b->length) {
        b->data[b->length] = '\0';
        error = buffer_reserve(b, (size_t)length);
        if (!error) {
            vsnprintf(b->data + b->length, b->capacity - b->length, format, again);
        }
    }
    va_end(again);
    if (!error) {
        b->length += (size_t)length;
    }
    return error;
}

int buffer_format(struct buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int error = buffer_vformat(b, format, args);
    va_end(args);
    return error;
}

void buffer_consume(struct buffer *b, size_t count) {
    if (count == 0) {
        return;
    }
    if (count >= b->length) {
        b->length = 0;
    } else {
        memmove(b->data, b->data + count, b->length - count);
        b->length -= count;
    }
    b->data[b->length] = '\0';
}

void buffer_free(struct buffer *b) {
    free(b->data);
    *b = (struct buffer){0};
}
