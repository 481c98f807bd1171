/* Listening sockets: addresses of configuration to sockets, and the accepting of connections. */
#ifndef MASTER_LISTENER_H
#define MASTER_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "master/loop.h"

struct server;

struct listener {
    struct source source;
    struct server *server;
    struct list link;
    int fd;
    bool paused;      /* not watched: there is no room for another connection */
    uint64_t resume;  /* when to try again after a lack of descriptors; UINT64_MAX: when a connection ends */
    char *unix_path;  /* to be removed at the end; NULL for TCP */
    char address[64]; /* ours, as a worker is told; "" on a unix socket */
    uint16_t port;
};

/* Opens a listener "HOST:PORT", "[IPV6]:PORT", ":PORT" or "unix:/path". 0, or -errno; told in the log with its cause.
 */
int listener_open(struct server *server, const char *text);

/* Begins to accept on all of them. 0, or -errno. */
int listeners_watch(struct server *server);

/* Room was made: accept again where it was paused. */
void listeners_resume(struct server *server);

/* When listeners_resume is due. */
uint64_t listeners_next(const struct server *server);

void listeners_close(struct server *server);

#endif
