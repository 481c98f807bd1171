/* The forms of texts. */
#include "config/form.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define UNIX_PREFIX "unix:"
#define DIGITS "0123456789"
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_."

enum { ROUTE_MOST = 512 }; /* bytes of a route: wire/rules.h */

static bool path_valid(const char *path) {
    return path[0] != '\0' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

static bool port_valid(const char *port) {
    size_t length = strlen(port);
    return length > 0 && length <= 5 && strspn(port, DIGITS) == length && strtoul(port, NULL, 10) <= UINT16_MAX;
}

/* Between the brackets: an address, perhaps with the zone of a link-local one ("fe80::1%eth0"). */
static bool ipv6_valid(const char *text, size_t length) {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    const char *zone = memchr(text, '%', length);
    size_t part = zone ? (size_t)(zone - text) : length;
    if (part >= sizeof(address) || (zone && part + 1 == length)) {
        return false;
    }
    memcpy(address, text, part);
    address[part] = '\0';
    return inet_pton(AF_INET6, address, &binary) == 1;
}

bool listen_valid(const char *text) {
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
        return path_valid(text + strlen(UNIX_PREFIX));
    }
    const char *colon = strrchr(text, ':');
    if (!colon || !port_valid(colon + 1)) {
        return false;
    }
    size_t length = (size_t)(colon - text);
    if (text[0] == '[') {
        return length > 2 && colon[-1] == ']' && ipv6_valid(text + 1, length - 2);
    }
    return length < NI_MAXHOST && strspn(text, NAME_BYTES) == length;
}

bool admin_valid(const char *text) {
    return strcmp(text, "auto") == 0 || strcmp(text, "off") == 0 || listen_valid(text);
}

bool host_valid(const char *text) {
    size_t length = strlen(text);
    return length > 0 && length < NI_MAXHOST && (strspn(text, NAME_BYTES) == length || ipv6_valid(text, length));
}

bool plugin_name_valid(const char *text) {
    return text[0] != '\0' && strspn(text, NAME_BYTES) == strlen(text);
}

/* The place of the word among the names. 0, or -EINVAL. */
static int word_find(const char *text, const char *const *names, uint32_t count, uint32_t *place) {
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *place = i;
            return 0;
        }
    }
    return -EINVAL;
}

int sandbox_mode_parse(const char *text, uint32_t *mode) {
    static const char *const names[SANDBOX_MODES] = {
        [SANDBOX_OFF] = "off", [SANDBOX_ON] = "on", [SANDBOX_REQUIRED] = "required"};
    return word_find(text, names, SANDBOX_MODES, mode);
}

int trust_parse(const char *text, uint32_t *trust) {
    static const char *const names[TRUSTS] = {[TRUST_FULL] = "full", [TRUST_NONE] = "none"};
    return word_find(text, names, TRUSTS, trust);
}

/* A segment that the path decoder would resolve, so that no request can have it. */
static bool segment_valid(const char *segment, size_t length) {
    bool dots = (length == 1 && segment[0] == '.') || (length == 2 && segment[0] == '.' && segment[1] == '.');
    return length > 0 && !dots && !memchr(segment, '\\', length);
}

static bool route_valid(const char *route, size_t length) {
    size_t at = 0;
    while (at < length && length > 1) {
        const char *segment = route + at + 1;
        size_t left = length - at - 1;
        const char *end = memchr(segment, '/', left);
        size_t own = end ? (size_t)(end - segment) : left;
        if (!segment_valid(segment, own)) {
            return false;
        }
        at += 1 + own;
    }
    return route[0] == '/' && length <= ROUTE_MOST;
}

bool routes_valid(const char *text) {
    size_t count = 0;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (!route_valid(at, length)) {
            return false;
        }
        at += length;
        count++;
    }
    return count > 0;
}
