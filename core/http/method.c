/* The methods that we know. */
#include "http/method.h"

#include <errno.h>
#include <string.h>

static const char *const names[HTTP_METHODS] = {
    [HTTP_GET] = "GET",       [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",       [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE", [HTTP_PATCH] = "PATCH", [HTTP_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method) {
    return method < HTTP_METHODS ? names[method] : "UNKNOWN";
}

enum http_method http_method_find(const char *name, size_t length) {
    for (unsigned i = 0; i < HTTP_METHODS; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            return (enum http_method)i;
        }
    }
    return HTTP_METHODS;
}

int http_methods_parse(const char *text, uint32_t *set) {
    *set = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length > 0) {
            enum http_method method = http_method_find(text, length);
            if (method == HTTP_METHODS) {
                return -EINVAL;
            }
            *set |= 1u << method;
        }
        text += length;
        text += strspn(text, " ");
    }
    if (*set & 1u << HTTP_GET) {
        *set |= 1u << HTTP_HEAD;
    }
    return *set ? 0 : -EINVAL;
}

void http_methods_allow(uint32_t set, char out[64]) {
    size_t at = 0;
    set |= 1u << HTTP_OPTIONS;
    for (unsigned i = 0; i < HTTP_METHODS; i++) {
        if (set & 1u << i) {
            size_t length = strlen(names[i]);
            if (at > 0) {
                memcpy(out + at, ", ", 2);
                at += 2;
            }
            memcpy(out + at, names[i], length);
            at += length;
        }
    }
    out[at] = '\0';
}
