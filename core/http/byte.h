/* Which bytes the grammars of RFC 9110, 9112 and 3986 name, in one table. Pure. */
#ifndef HTTP_BYTE_H
#define HTTP_BYTE_H

#include <stdbool.h>
#include <stdint.h>

/* A byte may be of several kinds. */
enum http_byte {
    HTTP_BYTE_TOKEN = 1,  /* of a method, a field name: RFC 9110 section 5.6.2 */
    HTTP_BYTE_SENT = 2,   /* of a request target as clients send it: all but controls, space, DEL and '#' */
    HTTP_BYTE_TEXT = 4,   /* of a field value, white space included: RFC 9110 section 5.5 */
    HTTP_BYTE_TARGET = 8, /* of a request target, '%' included: RFC 3986 appendix A */
    HTTP_BYTE_DIGIT = 16,
};

extern const uint8_t http_bytes[256];

static inline bool http_byte_is(char c, unsigned kinds) {
    return (http_bytes[(unsigned char)c] & kinds) != 0;
}

/* What a hexadecimal digit stands for; -1 for any other byte. */
static inline int http_hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

#endif
