/* Names that are known. */
#include "client/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "client/address.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "config/config.h"
#include "http/parse.h"

enum { HOST_MAX = 256 };

/* The name alone: without a port, an address of IPv6 without its brackets. False: it is too long. */
static bool name_take(const char *host, size_t length, char name[HOST_MAX]) {
    size_t end = length;
    if (length > 0 && host[0] == '[') {
        const char *close = memchr(host, ']', length);
        host++;
        end = close ? (size_t)(close - host) : length - 1;
    } else {
        const char *colon = memchr(host, ':', length);
        end = colon ? (size_t)(colon - host) : length;
    }
    if (end >= HOST_MAX) {
        return false;
    }
    memcpy(name, host, end);
    name[end] = '\0';
    return true;
}

static bool loops_back(const char *name) {
    struct in_addr v4;
    struct in6_addr v6;
    return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0 ||
           (inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET) ||
           (inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
}

/* An address that is written as a name cannot be rebound. */
static bool own_address(const struct connection *c, const char *name) {
    struct sockaddr_storage own;
    socklen_t length = sizeof(own);
    char text[INET6_ADDRSTRLEN] = "";
    uint16_t port;
    if (getsockname(c->fd, (struct sockaddr *)&own, &length) < 0) {
        return false;
    }
    address_text(&own, true, text, sizeof(text), &port);
    return text[0] && strcasecmp(text, name) == 0;
}

bool host_known(const struct connection *c) {
    const struct exchange *x = c->exchange;
    const struct config *config = c->clients->config;
    const struct http_span host = x->request.host;
    char name[HOST_MAX];
    if (c->listener->local) {
        return true;
    }
    if (!name_take(http_text(exchange_head(x), host), host.length, name)) {
        return false;
    }
    bool known = loops_back(name) || own_address(c, name);
    for (size_t i = 0; i < config->admin_hosts_count && !known; i++) {
        known = strcasecmp(config->admin_hosts[i], name) == 0;
    }
    return known;
}
