/* Fields in the text of a head whose lines end with CRLF. Pure. */
#ifndef CACHE_FIELD_H
#define CACHE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct field {
    const char *line; /* with its end, of `length` bytes */
    const char *name, *value;
    size_t length, name_length, value_length;
};

/* The next field at *at, which is moved behind it. False: there is none before `end`. */
bool field_next(const char **at, const char *end, struct field *field);

bool field_named(const struct field *field, const char *name);

/* Whether it is one of the names, separated by blanks. */
bool field_among(const struct field *field, const char *names);

/* A copy of the value as text of its own; NULL: no memory. */
char *field_copy(const struct field *field);

/* The next member of a list of tokens; *length is 0 at its end. */
const char *token_next(const char **at, const char *end, size_t *length);

#endif
