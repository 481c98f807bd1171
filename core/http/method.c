/* Methods and sets of them. */
#include "http/method.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/byte.h"
#include "http/head.h"

static const char *const names[METHODS] = {
    [METHOD_GET] = "GET",       [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
    [METHOD_DELETE] = "DELETE", [METHOD_PATCH] = "PATCH", [METHOD_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum method method) {
    return method < METHODS ? names[method] : NULL;
}

static bool is(const char *name, size_t length, const char *word) {
    return strlen(word) == length && memcmp(word, name, length) == 0;
}

enum method http_method_find(const char *name, size_t length) {
    for (unsigned i = 0; i < METHODS; i++) {
        if (is(name, length, names[i])) {
            return (enum method)i;
        }
    }
    return METHOD_OTHER;
}

bool http_method_served(const char *name, size_t length) {
    return length <= HTTP_METHOD_MAX && http_token_valid(name, length) && !is(name, length, "CONNECT") &&
           !is(name, length, "TRACE");
}

static bool known_in_small_letters(const char *name, size_t length) {
    for (unsigned i = 0; i < METHODS; i++) {
        if (strlen(names[i]) == length && strncasecmp(name, names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool others_have(const char *others, const char *name, size_t length) {
    for (const char *at = others; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == length && memcmp(at, name, n) == 0) {
            return true;
        }
        at += n;
    }
    return false;
}

static int add(struct http_methods *set, const char *name, size_t length) {
    enum method method = http_method_find(name, length);
    size_t at = strlen(set->others);
    if (method != METHOD_OTHER) {
        set->known |= 1u << method;
        return 0;
    }
    if (!http_method_served(name, length) || known_in_small_letters(name, length)) {
        return -EINVAL;
    }
    if (others_have(set->others, name, length)) {
        return 0;
    }
    if (at + 1 + length >= HTTP_OTHERS_SIZE) {
        return -EINVAL;
    }
    if (at > 0) {
        set->others[at++] = ' ';
    }
    memcpy(set->others + at, name, length);
    set->others[at + length] = '\0';
    return 0;
}

int http_methods_parse(const char *text, struct http_methods *set) {
    *set = (struct http_methods){0};
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        int error = add(set, text, length);
        if (error) {
            return error;
        }
        text += length;
    }
    if (set->known & 1u << METHOD_GET) {
        set->known |= 1u << METHOD_HEAD;
    }
    return set->known || set->others[0] ? 0 : -EINVAL;
}

bool http_methods_valid(const struct http_methods *set) {
    struct http_methods others = {0};
    bool get = set->known & 1u << METHOD_GET, head = set->known & 1u << METHOD_HEAD;
    if (set->known >= 1u << METHODS || (get && !head) || (!set->known && !set->others[0])) {
        return false;
    }
    return !set->others[0] ||
           (http_methods_parse(set->others, &others) == 0 && !others.known && strcmp(others.others, set->others) == 0);
}

bool http_methods_have(const struct http_methods *set, enum method method, const char *name, size_t length) {
    return method < METHODS ? set->known & 1u << method : others_have(set->others, name, length);
}

static size_t put(char *out, size_t at, const char *name, size_t length) {
    if (at > 0) {
        memcpy(out + at, ", ", 2);
        at += 2;
    }
    memcpy(out + at, name, length);
    return at + length;
}

void http_methods_allow(const struct http_methods *set, char out[HTTP_ALLOW_SIZE]) {
    size_t at = 0;
    uint32_t known = set->known | 1u << METHOD_OPTIONS;
    for (unsigned i = 0; i < METHODS; i++) {
        if (known & 1u << i) {
            at = put(out, at, names[i], strlen(names[i]));
        }
    }
    for (const char *name = set->others; *name; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        at = put(out, at, name, length);
        name += length;
    }
    out[at] = '\0';
}
