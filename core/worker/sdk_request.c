/* The SDK: reading a request. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <strings.h>

#include "worker/request.h"

const char *socgi_method(const struct socgi_request *req) {
    return req->wire.name;
}

const char *socgi_request_id(const struct socgi_request *req) {
    return req->wire.request_id;
}

const char *socgi_target(const struct socgi_request *req) {
    return req->wire.target;
}

const char *socgi_path(const struct socgi_request *req) {
    return req->wire.path;
}

const char *socgi_path_info(const struct socgi_request *req) {
    return req->wire.path + req->wire.route_length;
}

const char *socgi_route(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    if (!cache->route) {
        cache->route = arena_copy(&cache->arena, req->wire.path, req->wire.route_length);
    }
    return cache->route ? cache->route : "";
}

const char *socgi_query_string(const struct socgi_request *req) {
    return req->wire.query;
}

static const char *join_fields(const struct socgi_request *req, const char *name) {
    struct request_cache *cache = req->cache;
    for (struct request_joined *known = cache->joined; known; known = known->next) {
        if (strcasecmp(known->name, name) == 0) {
            return known->value;
        }
    }
    struct request_joined *joined = arena_alloc(&cache->arena, sizeof(*joined));
    struct buffer *text = &cache->scratch;
    text->length = 0;
    int error = joined ? 0 : -ENOMEM;
    for (uint32_t i = 0; !error && i < req->wire.field_count; i++) {
        const struct wire_field *field = &req->wire.fields[i];
        if (strcasecmp(field->name, name) == 0) {
            joined->name = field->name;
            error = text->length > 0 ? buffer_string(text, ", ") : 0;
            error = error ? error : buffer_string(text, field->value);
        }
    }
    const char *value = error ? NULL : arena_copy(&cache->arena, text->data, text->length);
    if (value) {
        joined->value = value;
        joined->next = cache->joined;
        cache->joined = joined;
    }
    text->length = 0;
    return value;
}

const char *socgi_header(const struct socgi_request *req, const char *name) {
    const char *value = NULL;
    for (uint32_t i = 0; i < req->wire.field_count; i++) {
        if (strcasecmp(req->wire.fields[i].name, name) == 0) {
            if (value) {
                return join_fields(req, name);
            }
            value = req->wire.fields[i].value;
        }
    }
    return value;
}

int socgi_header_at(const struct socgi_request *req, size_t index, const char **name, const char **value) {
    if (index >= req->wire.field_count) {
        return -ENOENT;
    }
    *name = req->wire.fields[index].name;
    *value = req->wire.fields[index].value;
    return 0;
}

const char *socgi_remote_addr(const struct socgi_request *req) {
    return req->wire.remote_addr;
}

void *socgi_alloc(const struct socgi_request *req, size_t size) {
    return arena_alloc(&req->cache->arena, size);
}

const char *socgi_format(const struct socgi_request *req, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vformat(&req->cache->arena, format, args);
    va_end(args);
    return text;
}

struct socgi_context *socgi_context(const struct socgi_request *req) {
    return req->context;
}

int socgi_client_gone(const struct socgi_request *req) {
    struct pollfd client = {.fd = req->connection, .events = POLLRDHUP}; /* -1 is never ready */
    return poll(&client, 1, 0) > 0;
}
