/* Range requests: RFC 9110 section 14. Pure. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stddef.h>
#include <stdint.h>

struct http_range {
    uint64_t first;
    uint64_t length;
};

/*
 * Reads a Range field for a representation of `size` bytes into at most `capacity` ranges. Returns how many; 0 when the
 * field is to be ignored (not "bytes", malformed, or not worth honouring: more than `capacity` ranges, or overlapping
 * ones whose sum exceeds the representation); -ERANGE when none is satisfiable: answer 416.
 */
int http_range_parse(const char *field, uint64_t size, struct http_range *ranges, size_t capacity);

#endif
