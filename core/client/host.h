/* Which names a client may know us by where a stranger's page must not reach us through its visitor's browser: a name
 * of the stranger's that leads to this machine (DNS rebinding) is none of them. */
#ifndef CLIENT_HOST_H
#define CLIENT_HOST_H

#include <stdbool.h>

struct connection;

#define HOST_REMEDY                                                                                                    \
    "This answers to localhost and to the address that it was reached at. Ask for it by one of them, or add the name " \
    "to admin_hosts in the configuration."

/* Whether the Host of its request is localhost, the address that it has connected to, or of admin_hosts. On a unix
 * socket any is. */
bool host_known(const struct connection *connection);

#endif
