/*
 * The SDK: the parts of a multipart/form-data body. It is read once, whole, when it is first asked for; names and types
 * are copied into the request's memory, data stays where it is.
 */
#include <errno.h>
#include <string.h>

#include "http/multipart.h"
#include "worker/request.h"

enum { TEXT_MAX = 1024 * 1024 }; /* of a field that is given as a string */

#define TYPE_DEFAULT "text/plain" /* RFC 7578 section 4.4 */

/* The text without escapes; NULL: no memory. */
static const char *text_copy(const struct socgi_request *req, struct http_text text) {
    char *copy = socgi_alloc(req, text.length + 1);
    if (copy) {
        http_quoted_copy(text, copy);
    }
    return copy;
}

static int part_convert(const struct socgi_request *req, const struct http_part *from, struct socgi_part *to) {
    *to = (struct socgi_part){.size = sizeof(*to),
                              .name = text_copy(req, from->name),
                              .filename = from->filename.at ? text_copy(req, from->filename) : NULL,
                              .type = TYPE_DEFAULT,
                              .data = from->data.at,
                              .length = from->data.length};
    if (from->type.at) {
        to->type = arena_copy(&req->cache->arena, from->type.at, from->type.length);
    }
    return to->name && to->type && (to->filename || !from->filename.at) ? 0 : -ENOMEM;
}

/* Counts the parts and sees that the whole body is well-formed, or converts them into `out`. 0, or an error. */
static int parts_walk(const struct socgi_request *req, struct socgi_part *out, size_t *count) {
    size_t length;
    const char *type = socgi_header(req, "Content-Type");
    const char *body = socgi_body(req, &length);
    struct http_multipart multipart;
    struct http_part part;
    int error = !type ? -ENOMSG : !body ? -ENOMEM : http_multipart_open(&multipart, type, body, length);
    *count = 0;
    while (!error && (error = http_multipart_next(&multipart, &part)) == 0) {
        error = out ? part_convert(req, &part, &out[*count]) : 0;
        ++*count;
    }
    return error == -ENOENT ? 0 : error;
}

/* NULL: no memory. */
static const struct request_parts *parts_read(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    if (cache->parts) {
        return cache->parts;
    }
    size_t count;
    int error = parts_walk(req, NULL, &count);
    count = error ? 0 : count;
    struct request_parts *parts = socgi_alloc(req, sizeof(*parts) + count * sizeof(parts->parts[0]));
    if (parts) {
        parts->error = error || count == 0 ? error : parts_walk(req, parts->parts, &count);
        parts->count = parts->error ? 0 : count;
        cache->parts = parts;
    }
    return parts;
}

/* What the struct had in ABI 1.1, in which it came. */
enum { LEAST_SIZE = offsetof(struct socgi_part, length) + sizeof(size_t) };

/* Fills in what the plugin knows of the struct. */
static int part_give(const struct socgi_part *from, struct socgi_part *to) {
    size_t size = to->size;
    if (size < LEAST_SIZE) {
        socgi_log(SOCGI_LOG_ERROR, "struct socgi_part: size %zu is not valid", size);
        return -EINVAL;
    }
    memcpy(to, from, size < sizeof(*to) ? size : sizeof(*to));
    to->size = size;
    return 0;
}

int socgi_part_at(const struct socgi_request *req, size_t index, struct socgi_part *part) {
    const struct request_parts *parts = parts_read(req);
    if (!parts || parts->error) {
        return parts ? parts->error : -ENOMEM;
    }
    return index < parts->count ? part_give(&parts->parts[index], part) : -ENOENT;
}

int socgi_part(const struct socgi_request *req, const char *name, struct socgi_part *part) {
    const struct request_parts *parts = parts_read(req);
    if (!parts || parts->error) {
        return parts ? parts->error : -ENOMEM;
    }
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->parts[i].name, name) == 0) {
            return part_give(&parts->parts[i], part);
        }
    }
    return -ENOENT;
}

const char *request_part_text(const struct socgi_request *req, const char *name) {
    struct socgi_part part = {.size = sizeof(part)};
    if (socgi_part(req, name, &part) || part.filename || part.length > TEXT_MAX ||
        memchr(part.data, '\0', part.length)) {
        return NULL;
    }
    return arena_copy(&req->cache->arena, part.data, part.length);
}
