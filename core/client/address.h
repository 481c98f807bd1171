/* Addresses, from the words of the configuration and back. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESSES_MAX = 16 };

/* Those of a name, each once. */
struct addresses {
    struct sockaddr_storage list[ADDRESSES_MAX];
    size_t count;
};

/* "HOST:PORT" or "[IPV6]:PORT" to all its addresses, ":PORT" to any of IPv6, which takes IPv4, too. 0; -EINVAL: not of
 * that form; -EADDRNOTAVAIL. */
int address_resolve(const char *text, struct addresses *addresses);

/* How long it is for bind(2). */
socklen_t address_length(const struct sockaddr_storage *address);

uint16_t address_port(const struct sockaddr_storage *address);
void address_port_set(struct sockaddr_storage *address, uint16_t port);

/* Any address of IPv4, of the same port: for kernels without IPv6. */
struct sockaddr_storage address_any4(const struct sockaddr_storage *address);

/* The number and port of an IP address, an IPv4 one as such also when it came by IPv6 and `mapped`; else both stay as
 * they are: a unix socket has none. */
void address_text(const struct sockaddr_storage *address, int mapped, char *text, size_t size, uint16_t *port);

/* What to do when an address cannot be listened on: "; ..." or "". `error` is -errno. */
const char *address_hint(const char *text, int error);

#endif
