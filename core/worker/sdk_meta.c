/* The SDK: the meta-variables of CGI, RFC 3875 section 4.1. Made all at once when the first is asked for. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/method.h"
#include "http/uri.h"
#include "worker/request.h"

enum { FIXED_MAX = 22, PORT_HTTP = 80 }; /* FIXED_MAX: variables that are not made of header fields */

#define FIELD_PREFIX "HTTP_"

/* Fields that are not passed on: credentials (section 4.1.18), those with a variable of their own, a coding that is
 * taken off already, and Proxy, which as HTTP_PROXY many programs take for their own configuration. */
static const char *const kept_back[] = {"Authorization", "Proxy-Authorization", "Content-Length",
                                        "Content-Type",  "Transfer-Encoding",   "Proxy"};

static void meta_add(struct request_cache *cache, const char *name, const char *value) {
    if (value) {
        cache->meta[cache->meta_count++] = (struct request_meta){name, value};
    }
}

static void meta_add_number(struct request_cache *cache, const char *name, uint64_t number) {
    meta_add(cache, name, arena_format(&cache->arena, "%ju", (uintmax_t)number));
}

/* Ours: that of the connection where we listen at every one; "" on a unix socket. */
static const char *server_addr(const struct socgi_request *req) {
    const char *own = req->wire.server_addr;
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    char text[INET6_ADDRSTRLEN] = "";
    bool any = strcmp(own, "0.0.0.0") == 0 || strcmp(own, "::") == 0;
    if (!any || getsockname(req->connection, (struct sockaddr *)&bound, &length) < 0) {
        return own;
    }
    if (bound.ss_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)&bound)->sin_addr, text, sizeof(text));
    } else if (bound.ss_family == AF_INET6) {
        const struct in6_addr *in6 = &((const struct sockaddr_in6 *)&bound)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(in6);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &in6->s6_addr[12] : &in6->s6_addr[0], text, sizeof(text));
    }
    return text[0] ? arena_copy(&req->cache->arena, text, strlen(text)) : own;
}

/* How much of "host:port" is the host, an IPv6 address in its brackets. */
static size_t host_length(const char *host) {
    return host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
}

/* The host without its port (section 4.1.14). */
static const char *server_name(const struct socgi_request *req, const char *addr) {
    struct arena *arena = &req->cache->arena;
    const char *host = req->wire.host;
    if (host[0] == '\0') {
        return strchr(addr, ':') ? arena_format(arena, "[%s]", addr) : addr;
    }
    size_t length = host_length(host);
    return length < strlen(host) ? arena_copy(arena, host, length) : host;
}

/* A unix socket has none: the client's word counts then (section 4.1.15). */
static uint64_t server_port(const struct socgi_request *req) {
    const char *host = req->wire.host;
    size_t length = strlen(host) > 0 ? host_length(host) : 0;
    if (req->wire.server_port != 0) {
        return req->wire.server_port;
    }
    bool told = length < strlen(host) && host[length] == ':' && host[length + 1];
    return told ? strtoull(host + length + 1, NULL, 10) : PORT_HTTP;
}

/* Whether it says how long a body it has, be it none. */
static bool body_told(const struct socgi_request *req) {
    return req->wire.body_kind != WIRE_BODY_NONE || socgi_header(req, "Content-Length") ||
           socgi_header(req, "Transfer-Encoding");
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
    const char *addr = server_addr(req);
    if (body_told(req)) {
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
    if (wire->from[0]) {
        meta_add(cache, "REDIRECT_URL", uri_clean(req, wire->from));
        meta_add_number(cache, "REDIRECT_STATUS", wire->from_status);
    }
    meta_add(cache, "REQUEST_METHOD", socgi_method(req));
    meta_add(cache, "REQUEST_URI", uri_clean(req, wire->target));
    meta_add(cache, "UNIQUE_ID", wire->request_id);
    meta_add(cache, "SCRIPT_NAME", socgi_route(req));
    meta_add(cache, "REQUEST_SCHEME", "http");
    meta_add(cache, "SERVER_ADDR", addr && addr[0] ? addr : NULL);
    meta_add(cache, "SERVER_NAME", server_name(req, addr ? addr : ""));
    meta_add_number(cache, "SERVER_PORT", server_port(req));
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
