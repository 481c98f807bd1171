/* The SDK: the meta-variables of CGI, RFC 3875 section 4.1. Made all at once when the first is asked for. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "http/method.h"
#include "http/uri.h"
#include "worker/request.h"

enum { FIXED_MAX = 20 }; /* variables that are not made of header fields */

#define FIELD_PREFIX "HTTP_"

/* Fields that are not passed on: credentials (section 4.1.18), those with a variable of their own, and Proxy, which as
 * HTTP_PROXY many programs take for their own configuration. */
static const char *const kept_back[] = {"Authorization", "Proxy-Authorization", "Content-Length", "Content-Type",
                                        "Proxy"};

static void meta_add(struct request_cache *cache, const char *name, const char *value) {
    if (value) {
        cache->meta[cache->meta_count++] = (struct request_meta){name, value};
    }
}

static void meta_add_number(struct request_cache *cache, const char *name, uint64_t number) {
    meta_add(cache, name, arena_format(&cache->arena, "%ju", (uintmax_t)number));
}

/* The host without its port, an IPv6 address in its brackets (section 4.1.14). */
static const char *server_name(const struct socgi_request *req) {
    struct arena *arena = &req->cache->arena;
    const char *host = req->wire.host;
    if (host[0] == '\0') {
        const char *addr = req->wire.server_addr;
        return strchr(addr, ':') ? arena_format(arena, "[%s]", addr) : addr;
    }
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return length < strlen(host) ? arena_copy(arena, host, length) : host;
}

/* For programs, which know a URI alone: what browsers send besides is percent-encoded. */
static const char *uri_clean(const struct socgi_request *req, const char *text) {
    size_t length = strlen(text);
    char *clean = arena_alloc(&req->cache->arena, 3 * length + 1);
    if (clean) {
        (void)http_uri_clean(text, length, "", clean, 3 * length + 1);
    }
    return clean;
}

static void add_fixed(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    const struct wire_request *wire = &req->wire;
    if (wire->body_kind != WIRE_BODY_NONE) {
        meta_add_number(cache, "CONTENT_LENGTH", wire->body_length);
    }
    meta_add(cache, "CONTENT_TYPE", socgi_header(req, "Content-Type"));
    meta_add(cache, "GATEWAY_INTERFACE", "CGI/1.1");
    meta_add(cache, "PATH_INFO", socgi_path_info(req));
    meta_add(cache, "QUERY_STRING", uri_clean(req, wire->query));
    meta_add(cache, "REMOTE_ADDR", wire->remote_addr);
    meta_add(cache, "REMOTE_HOST", wire->remote_addr);
    if (wire->remote_port != 0) {
        meta_add_number(cache, "REMOTE_PORT", wire->remote_port);
    }
    meta_add(cache, "REQUEST_METHOD", socgi_method(req));
    meta_add(cache, "REQUEST_URI", uri_clean(req, wire->target));
    meta_add(cache, "UNIQUE_ID", wire->request_id);
    meta_add(cache, "SCRIPT_NAME", socgi_route(req));
    meta_add(cache, "SERVER_NAME", server_name(req));
    meta_add_number(cache, "SERVER_PORT", wire->server_port);
    meta_add(cache, "SERVER_PROTOCOL", wire->minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
    meta_add(cache, "SERVER_SOFTWARE", "socgi/" SOCGI_VERSION);
}

/* "Accept-Language" is HTTP_ACCEPT_LANGUAGE. A name with an underscore would look the same as one with a hyphen, so
 * that a client could pass one off for the other; one with other punctuation is no name for a variable. */
static const char *field_variable(struct arena *arena, const char *field) {
    for (size_t i = 0; i < sizeof(kept_back) / sizeof(kept_back[0]); i++) {
        if (strcasecmp(field, kept_back[i]) == 0) {
            return NULL;
        }
    }
    char *name = arena_alloc(arena, sizeof(FIELD_PREFIX) + strlen(field));
    if (!name) {
        return NULL;
    }
    memcpy(name, FIELD_PREFIX, sizeof(FIELD_PREFIX) - 1);
    for (size_t i = 0; field[i]; i++) {
        unsigned char c = (unsigned char)field[i];
        if (!isalnum(c) && c != '-') {
            return NULL;
        }
        name[sizeof(FIELD_PREFIX) - 1 + i] = c == '-' ? '_' : (char)toupper(c);
    }
    return name;
}

static bool meta_has(const struct request_cache *cache, const char *name) {
    for (size_t i = 0; i < cache->meta_count; i++) {
        if (strcmp(cache->meta[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_fields(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    for (uint32_t i = 0; i < req->wire.field_count; i++) {
        const char *name = field_variable(&cache->arena, req->wire.fields[i].name);
        if (name && !meta_has(cache, name)) {
            meta_add(cache, name, socgi_header(req, req->wire.fields[i].name));
        }
    }
}

/* Whether the variables are there. */
static bool meta_make(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    if (!cache->meta) {
        cache->meta = arena_alloc(&cache->arena, (FIXED_MAX + req->wire.field_count) * sizeof(*cache->meta));
        if (cache->meta) {
            add_fixed(req);
            add_fields(req);
        }
    }
    return cache->meta != NULL;
}

const char *socgi_meta(const struct socgi_request *req, const char *name) {
    if (!meta_make(req)) {
        return NULL;
    }
    for (size_t i = 0; i < req->cache->meta_count; i++) {
        if (strcmp(req->cache->meta[i].name, name) == 0) {
            return req->cache->meta[i].value;
        }
    }
    return NULL;
}

int socgi_meta_at(const struct socgi_request *req, size_t index, const char **name, const char **value) {
    if (!meta_make(req) || index >= req->cache->meta_count) {
        return -ENOENT;
    }
    *name = req->cache->meta[index].name;
    *value = req->cache->meta[index].value;
    return 0;
}
