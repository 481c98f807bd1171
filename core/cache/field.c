/* Fields of a head. */
#include "cache/field.h"

#include <string.h>
#include <strings.h>

bool field_next(const char **at, const char *end, struct field *f) {
    while (*at < end) {
        const char *line = *at;
        const char *stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        const char *next = stop ? stop + 2 : end;
        const char *colon = stop ? memchr(line, ':', (size_t)(stop - line)) : NULL;
        *at = next;
        if (!colon) {
            continue;
        }
        const char *value = colon + 1;
        while (value < stop && (*value == ' ' || *value == '\t')) {
            value++;
        }
        while (stop > value && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--;
        }
        *f = (struct field){.line = line,
                            .length = (size_t)(next - line),
                            .name = line,
                            .name_length = (size_t)(colon - line),
                            .value = value,
                            .value_length = (size_t)(stop - value)};
        return true;
    }
    return false;
}

bool field_named(const struct field *f, const char *name) {
    return strlen(name) == f->name_length && strncasecmp(f->name, name, f->name_length) == 0;
}

bool field_among(const struct field *f, const char *names) {
    for (size_t length; *names; names += length + (names[length] == ' ')) {
        length = strcspn(names, " ");
        if (length == f->name_length && strncasecmp(names, f->name, length) == 0) {
            return true;
        }
    }
    return false;
}

char *field_copy(const struct field *f) {
    return strndup(f->value, f->value_length);
}

const char *token_next(const char **at, const char *end, size_t *length) {
    while (*at < end && (**at == ' ' || **at == '\t' || **at == ',')) {
        ++*at;
    }
    const char *token = *at;
    while (*at < end && **at != ',' && **at != ' ' && **at != '\t') {
        ++*at;
    }
    *length = (size_t)(*at - token);
    return token;
}
