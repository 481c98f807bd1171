/* The methods that we know. */
#include "http/method.h"

#include <errno.h>
#include <string.h>

static const char *const names[METHODS] = {
    [METHOD_GET] = "GET",       [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
    [METHOD_DELETE] = "DELETE", [METHOD_PATCH] = "PATCH", [METHOD_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum method method) {
    return method < METHODS ? names[method] : "UNKNOWN";
}

enum method http_method_find(const char *name, size_t length) {
    for (unsigned i = 0; i < METHODS; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            return (enum method)i;
        }
    }
    return METHODS;
}

int http_methods_parse(const char *text, uint32_t *set) {
    *set = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length > 0) {
            enum method method = http_method_find(text, length);
            if (method == METHODS) {
                return -EINVAL;
            }
            *set |= 1u << method;
        }
        text += length;
        text += strspn(text, " ");
    }
    if (*set & 1u << METHOD_GET) {
        *set |= 1u << METHOD_HEAD;
    }
    return *set ? 0 : -EINVAL;
}

void http_methods_allow(uint32_t set, char out[64]) {
    size_t at = 0;
    set |= 1u << METHOD_OPTIONS;
    for (unsigned i = 0; i < METHODS; i++) {
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
