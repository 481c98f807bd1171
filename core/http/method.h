/* The methods that we know: RFC 9110 section 9, RFC 5789. Pure. */
#ifndef HTTP_METHOD_H
#define HTTP_METHOD_H

#include <stddef.h>
#include <stdint.h>

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_PATCH,
    METHOD_OPTIONS,
    METHODS /* how many */
};

/* "GET"; never NULL. */
const char *http_method_name(enum method method);

/* The method spelled exactly so, else METHODS. */
enum method http_method_find(const char *name, size_t length);

/* A set of methods: bit 1 << method. Parses names separated by spaces; 0, or -EINVAL for one that we do not know. GET
 * brings HEAD with it. */
int http_methods_parse(const char *names, uint32_t *set);

/* Writes "GET, HEAD, OPTIONS" for the Allow field (OPTIONS always included) into `out`, which holds 64 bytes. */
void http_methods_allow(uint32_t set, char out[64]);

#endif
