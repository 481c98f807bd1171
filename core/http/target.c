/* Request targets: which of its forms a target has, and its parts. */
#include "http/target.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "http/byte.h"

enum { PORT_MAX = 65535 };

/* reg-name and IPv4: RFC 3986 section 3.2.2, but no comma, with which a proxy may have joined two Host fields. */
static bool is_host_byte(char c) {
    return http_byte_is(c, HTTP_BYTE_TARGET) && !strchr(",/:?@", c);
}

/* What stands between the brackets. */
static bool ipv6_valid(const char *text, size_t length) {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    if (length >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &binary) == 1;
}

static bool port_valid(const char *port, size_t length) {
    unsigned value = 0;
    for (size_t i = 0; i < length; i++) {
        if (!http_byte_is(port[i], HTTP_BYTE_DIGIT)) {
            return false;
        }
        value = value * 10 + (unsigned)(port[i] - '0');
        if (value > PORT_MAX) {
            return false;
        }
    }
    return true;
}

static bool escapes_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && (length - i < 3 || http_hex_value(text[i + 1]) < 0 || http_hex_value(text[i + 2]) < 0)) {
            return false;
        }
    }
    return true;
}

bool http_authority_valid(const char *text, size_t length) {
    size_t host = 0;
    if (length > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', length);
        if (!close || !ipv6_valid(text + 1, (size_t)(close - text) - 1)) {
            return false;
        }
        host = (size_t)(close - text) + 1;
    } else {
        while (host < length && is_host_byte(text[host])) {
            host++;
        }
        if (!escapes_valid(text, host)) {
            return false;
        }
    }
    return host > 0 && (host == length || (text[host] == ':' && port_valid(text + host + 1, length - host - 1)));
}

/* Browsers send more in path and query than RFC 3986 has there, so all that cannot be mistaken is taken. */
static bool target_bytes_valid(const char *target, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!http_byte_is(target[i], HTTP_BYTE_SENT)) {
            return false;
        }
    }
    return true;
}

/* Path and query of target[from..). What a broken escape means in a query is for its reader to say; in a path it would
 * be for us. */
static int path_split(struct http_request *r, const char *head, uint32_t from) {
    const char *text = head + r->target.at + from;
    uint32_t length = r->target.length - from;
    const char *mark = memchr(text, '?', length);
    uint32_t path = mark ? (uint32_t)(mark - text) : length;
    if (!escapes_valid(text, path)) {
        return 400;
    }
    r->path = (struct http_span){.at = r->target.at + from, .length = path};
    if (mark) {
        r->query = (struct http_span){.at = r->path.at + path + 1, .length = length - path - 1};
    }
    return 0;
}

/* absolute-form: its authority replaces Host. An empty path means "/": the slash before the authority serves as one. */
static int absolute_split(struct http_request *r, const char *head) {
    static const char *const schemes[] = {"http://", "https://"};
    const char *target = head + r->target.at;
    for (size_t i = 0; i < 2; i++) {
        size_t scheme = strlen(schemes[i]);
        if (r->target.length <= scheme || strncasecmp(target, schemes[i], scheme) != 0) {
            continue;
        }
        size_t end = scheme;
        while (end < r->target.length && target[end] != '/' && target[end] != '?') {
            end++;
        }
        if (!http_authority_valid(target + scheme, end - scheme)) {
            return 400;
        }
        r->host = (struct http_span){.at = r->target.at + (uint32_t)scheme, .length = (uint32_t)(end - scheme)};
        int status = path_split(r, head, (uint32_t)end);
        if (!status && r->path.length == 0) {
            r->path = (struct http_span){.at = r->target.at + (uint32_t)scheme - 1, .length = 1};
        }
        return status;
    }
    return 400;
}

int http_target_split(struct http_request *r, const char *head) {
    const char *target = head + r->target.at;
    if (!target_bytes_valid(target, r->target.length)) {
        return 400;
    }
    if (r->target.length == 1 && target[0] == '*') {
        r->path = r->target;
        return r->method == METHOD_OPTIONS ? 0 : 400;
    }
    return r->target.length > 0 && target[0] == '/' ? path_split(r, head, 0) : absolute_split(r, head);
}
