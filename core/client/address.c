/* Addresses. */
#include "client/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum { NAME_MAX_BYTES = 256 };

/* Splits "HOST:PORT" or "[IPV6]:PORT"; an empty host is any address. */
static int address_split(const char *text, char host[NAME_MAX_BYTES], const char **port) {
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1]) {
        return -EINVAL;
    }
    const char *begin = text;
    const char *end = colon;
    if (*text == '[') {
        begin = text + 1;
        end = colon - 1;
        if (end < begin || *end != ']') {
            return -EINVAL;
        }
    }
    size_t length = (size_t)(end - begin);
    if (length >= NAME_MAX_BYTES) {
        return -EINVAL;
    }
    memcpy(host, begin, length);
    host[length] = '\0';
    *port = colon + 1;
    return 0;
}

static void address_add(struct addresses *all, const struct addrinfo *found) {
    struct sockaddr_storage one = {0};
    if (all->count == ADDRESSES_MAX || found->ai_addrlen > sizeof(one)) {
        return;
    }
    memcpy(&one, found->ai_addr, found->ai_addrlen);
    for (size_t i = 0; i < all->count; i++) {
        if (memcmp(&all->list[i], &one, sizeof(one)) == 0) {
            return;
        }
    }
    all->list[all->count++] = one;
}

int address_resolve(const char *text, struct addresses *all) {
    char host[NAME_MAX_BYTES];
    const char *port;
    all->count = 0;
    int error = address_split(text, host, &port);
    if (error) {
        return error;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    if (!host[0]) {
        hints.ai_family = AF_INET6; /* takes IPv4 too */
    }
    if (getaddrinfo(host[0] ? host : NULL, port, &hints, &found) != 0) {
        return -EADDRNOTAVAIL;
    }
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        address_add(all, at);
    }
    freeaddrinfo(found);
    return 0;
}

socklen_t address_length(const struct sockaddr_storage *address) {
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

uint16_t address_port(const struct sockaddr_storage *address) {
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

void address_port_set(struct sockaddr_storage *address, uint16_t port) {
    if (address->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)address)->sin_port = htons(port);
    }
}

struct sockaddr_storage address_any4(const struct sockaddr_storage *address) {
    struct sockaddr_storage any = {.ss_family = AF_INET};
    address_port_set(&any, address_port(address));
    return any;
}

void address_text(const struct sockaddr_storage *address, int mapped, char *text, size_t size, uint16_t *port) {
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, text, (socklen_t)size);
        *port = ntohs(in->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        int plain = mapped && IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
        const void *number = plain ? (const void *)&in->sin6_addr.s6_addr[12] : &in->sin6_addr;
        inet_ntop(plain ? AF_INET : AF_INET6, number, text, (socklen_t)size);
        *port = ntohs(in->sin6_port);
    }
}

const char *address_hint(const char *text, int error) {
    bool local = strncmp(text, "unix:", 5) == 0;
    switch (error) {
    case -EADDRINUSE:
        return "; another server listens there: end it, or choose another by --listen";
    case -EACCES:
        return local ? "; the socket is made in a folder that must let us write"
                     : "; ports below 1024 are for root: choose another by --listen";
    case -EADDRNOTAVAIL:
        return "; this machine has no such address";
    default:
        return "";
    }
}
