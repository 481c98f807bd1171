/* The SDK: the response's header fields. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker/arena.h"
#include "worker/request.h"
#include "worker/response.h"

enum { FIELDS_FIRST = 16, LENGTH_DIGITS_MAX = 19 };

/* Fields that the server sets itself, for they belong to the connection and not to the answer. */
static const char *const reserved[] = {"Connection", "Transfer-Encoding", "Date",    "Server",
                                       "Keep-Alive", "Trailer",           "Upgrade", "X-Request-Id"};

static int field_check(const struct socgi_response *res, const char *name, const char *value) {
    if (res->begun) {
        return -EISCONN;
    }
    if (!name || !value || !http_token_valid(name, strlen(name)) || !http_value_valid(value, strlen(value))) {
        return -EINVAL;
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcasecmp(name, reserved[i]) == 0) {
            return -EINVAL;
        }
    }
    return 0;
}

/* A lost field makes another answer of it, so the failure sticks even if the handler does not look. */
static int field_lost(struct socgi_response *res) {
    res->error = res->error ? res->error : -ENOMEM;
    return -ENOMEM;
}

static int field_append(struct socgi_response *res, const char *name, const char *value) {
    if (res->field_count == res->field_capacity) {
        size_t capacity = res->field_capacity ? res->field_capacity * 2 : FIELDS_FIRST;
        struct response_field *fields = reallocarray(res->fields, capacity, sizeof(*fields));
        if (!fields) {
            return field_lost(res);
        }
        res->fields = fields;
        res->field_capacity = capacity;
    }
    struct arena *arena = &res->req->cache->arena;
    struct response_field field = {arena_copy(arena, name, strlen(name)), arena_copy(arena, value, strlen(value))};
    if (!field.name || !field.value) {
        return field_lost(res);
    }
    res->fields[res->field_count++] = field;
    return 0;
}

/* Content-Length is not sent as it was given: it is a promise that the body is held to. */
static int promise(struct socgi_response *res, const char *value) {
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > LENGTH_DIGITS_MAX || value[digits] != '\0') {
        return -EINVAL;
    }
    res->promised = true;
    res->promise = strtoull(value, NULL, 10);
    return 0;
}

int socgi_set_header(struct socgi_response *res, const char *name, const char *value) {
    int error = field_check(res, name, value);
    if (error) {
        return error;
    }
    if (strcasecmp(name, "Content-Length") == 0) {
        return promise(res, value);
    }
    response_remove_field(res, name);
    return field_append(res, name, value);
}

int socgi_add_header(struct socgi_response *res, const char *name, const char *value) {
    int error = field_check(res, name, value);
    if (error) {
        return error;
    }
    return strcasecmp(name, "Content-Length") == 0 ? promise(res, value) : field_append(res, name, value);
}

int socgi_set_type(struct socgi_response *res, const char *type) {
    return socgi_set_header(res, "Content-Type", type);
}
