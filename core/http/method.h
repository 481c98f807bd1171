/*
 * Methods: those that every server knows (RFC 9110 section 9, RFC 5789), and others by their names, as those of WebDAV.
 * Pure.
 */
#ifndef HTTP_METHOD_H
#define HTTP_METHOD_H

#include <stdbool.h>
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
    METHOD_OTHER,          /* any other token: its name tells which */
    METHODS = METHOD_OTHER /* how many are known */
};

enum {
    HTTP_METHOD_MAX = 32,   /* bytes of a name */
    HTTP_OTHERS_SIZE = 256, /* of all others' names in a set */
    HTTP_ALLOW_SIZE = 64 + 2 * HTTP_OTHERS_SIZE
};

/* A set of methods; all zero: none. */
struct http_methods {
    uint32_t known;                /* bit 1 << method */
    char others[HTTP_OTHERS_SIZE]; /* names with a blank between them */
};

/* "GET"; NULL for METHOD_OTHER. */
const char *http_method_name(enum method method);

/* The method spelled exactly so, else METHOD_OTHER. */
enum method http_method_find(const char *name, size_t length);

/* Whether a plugin could answer it: a token of at most HTTP_METHOD_MAX bytes, and not CONNECT or TRACE, which are not
 * about what is at a path. */
bool http_method_served(const char *name, size_t length);

/* Parses names separated by spaces; 0, or -EINVAL: one that is not served, a known one in small letters, too many, or
 * none. GET brings HEAD with it. */
int http_methods_parse(const char *names, struct http_methods *set);

/* Whether it is as http_methods_parse makes it, whoever made it. */
bool http_methods_valid(const struct http_methods *set);

bool http_methods_have(const struct http_methods *set, enum method method, const char *name, size_t length);

/* Writes "GET, HEAD, OPTIONS" for the Allow field (OPTIONS always included). */
void http_methods_allow(const struct http_methods *set, char out[HTTP_ALLOW_SIZE]);

#endif
