/* The Range field, for the one unit that we serve: bytes. */
#include "http/range.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Reads digits at *at; a number past 64 bits becomes the largest, for no representation reaches it. */
static bool read_position(const char **at, uint64_t *value) {
    const char *start = *at;
    *value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        unsigned digit = (unsigned)(**at - '0');
        *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
    }
    return *at > start;
}

/* What one member of the list asks for. */
enum spec { SPEC_MALFORMED, SPEC_UNSATISFIABLE, SPEC_EMPTY, SPEC_RANGE };

/* "-500": the last bytes. Of an empty representation these are satisfiable, yet no Content-Range can say so. */
static enum spec read_suffix(const char **at, uint64_t size, struct http_range *range) {
    uint64_t suffix;
    if (!read_position(at, &suffix)) {
        return SPEC_MALFORMED;
    }
    if (suffix == 0) {
        return SPEC_UNSATISFIABLE;
    }
    range->length = suffix < size ? suffix : size;
    range->first = size - range->length;
    return size > 0 ? SPEC_RANGE : SPEC_EMPTY;
}

/* "0-499" or "500-". */
static enum spec read_positions(const char **at, uint64_t size, struct http_range *range) {
    uint64_t last = UINT64_MAX;
    if (!read_position(at, &range->first) || **at != '-') {
        return SPEC_MALFORMED;
    }
    ++*at;
    if (**at >= '0' && **at <= '9') {
        read_position(at, &last);
    }
    if (last < range->first) {
        return SPEC_MALFORMED;
    }
    if (range->first >= size) {
        return SPEC_UNSATISFIABLE;
    }
    range->length = (last < size ? last : size - 1) - range->first + 1;
    return SPEC_RANGE;
}

static enum spec read_spec(const char **at, uint64_t size, struct http_range *range) {
    if (**at == '-') {
        ++*at;
        return read_suffix(at, size, range);
    }
    return read_positions(at, size, range);
}

int http_range_parse(const char *field, uint64_t size, struct http_range *ranges, size_t capacity) {
    if (strncasecmp(field, "bytes=", 6) != 0) {
        return 0;
    }
    const char *at = field + 6;
    size_t asked = 0;
    size_t count = 0;
    uint64_t sum = 0;
    bool whole = false;
    for (;;) {
        at += strspn(at, ", \t"); /* empty members are allowed: RFC 9110 section 5.6.1.2 */
        if (*at == '\0') {
            break;
        }
        struct http_range range;
        enum spec spec = read_spec(&at, size, &range);
        at += strspn(at, " \t");
        if (spec == SPEC_MALFORMED || (*at != ',' && *at != '\0') || ++asked > capacity) {
            return 0;
        }
        whole |= spec == SPEC_EMPTY;
        if (spec == SPEC_RANGE) {
            whole |= range.length > size - sum; /* more than all of it, so some of it twice */
            sum += whole ? 0 : range.length;
            ranges[count++] = range;
        }
    }
    if (asked == 0 || whole) {
        return 0;
    }
    return count > 0 ? (int)count : -ERANGE;
}
