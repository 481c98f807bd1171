/* The SDK: values by their names, of the query and of a form in the body, whichever way that is encoded. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/uri.h"
#include "worker/request.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

/* Decodes into scratch memory first, because room for a whole body is needed to find a short value in it. */
static const char *form_value(const struct socgi_request *req, const char *text, size_t length, const char *name,
                              const char *fallback) {
    struct request_cache *cache = req->cache;
    if (length == 0 || buffer_reserve(&cache->scratch, length + 1)) {
        return fallback;
    }
    long found = http_form_find(text, length, name, cache->scratch.data);
    if (found < 0) {
        return fallback;
    }
    const char *value = arena_copy(&cache->arena, cache->scratch.data, (size_t)found);
    return value ? value : fallback;
}

const char *socgi_query(const struct socgi_request *req, const char *name, const char *fallback) {
    return form_value(req, req->wire.query, strlen(req->wire.query), name, fallback);
}

/* "text/html; charset=utf-8" is of the type "text/html". */
static bool type_is(const char *value, const char *type) {
    size_t length = strcspn(value, "; \t");
    return length == strlen(type) && strncasecmp(value, type, length) == 0;
}

/* The body, decoded when it is first asked for, and once. */
static const struct buffer *form_read(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    if (!cache->form_read) {
        size_t length;
        const char *body = socgi_body(req, &length);
        cache->form_read = true;
        if (body && length > 0 && buffer_reserve(&cache->form, http_form_room(length)) == 0) {
            cache->form.length = http_form_decode(body, length, cache->form.data);
        }
    }
    return &cache->form;
}

const char *socgi_form(const struct socgi_request *req, const char *name, const char *fallback) {
    const char *type = socgi_header(req, "Content-Type");
    if (!type || !type_is(type, FORM_TYPE)) {
        const char *text = request_part_text(req, name);
        return text ? text : fallback;
    }
    const struct buffer *form = form_read(req);
    const char *value = form->length > 0 ? http_form_value(form->data, form->length, name) : NULL;
    return value ? value : fallback;
}
