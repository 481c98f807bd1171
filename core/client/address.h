/* Addresses, from the words of the configuration and back. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* "HOST:PORT", "[IPV6]:PORT" or ":PORT" to an address of this machine. 0; -EINVAL: not of that form; -EADDRNOTAVAIL. */
int address_resolve(const char *text, struct sockaddr_storage *address, socklen_t *length);

/* The number and port of an IP address, an IPv4 one as such also when it came by IPv6 and `mapped`; else both stay as
 * they are: a unix socket has none. */
void address_text(const struct sockaddr_storage *address, int mapped, char *text, size_t size, uint16_t *port);

/* What to do when an address cannot be listened on: "; ..." or "". `error` is -errno. */
const char *address_hint(const char *text, int error);

#endif
