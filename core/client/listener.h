/* A listener: a listening socket, from the words of the configuration or from whoever started us. */
#ifndef CLIENT_LISTENER_H
#define CLIENT_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/loop.h"

struct clients;
struct service;

struct listener {
    struct source source;
    struct clients *clients;
    const struct service *service; /* answers what comes by it */
    struct list link;
    int fd;
    bool stays;       /* the next configuration has it */
    bool local;       /* a unix socket: who can connect is a matter of its file's mode */
    uint32_t users;   /* connections that came by it, which outlive its closing */
    char *name;       /* as it was configured */
    bool paused;      /* not watched: there is no room for another connection */
    uint64_t resume;  /* when to try again after a lack of descriptors; UINT64_MAX: when a connection ends */
    char *unix_path;  /* to be removed at the end; NULL for TCP */
    bool borrowed;    /* its file is that of the master whom we are to replace: it goes on if we do not get ready */
    char address[64]; /* ours, as a worker is told; "" on a unix socket */
    uint16_t port;
};

/* Opens a listener "HOST:PORT", "[IPV6]:PORT", ":PORT" or "unix:/path", or claims the inherited one that is bound
 * there. A name of several addresses has one for each, those behind the first at the end of the clients' list; one that
 * is there already is taken. NULL with errno set; told in the log with its cause unless `quiet`, and so are addresses
 * of a name that cannot be had beside others. */
struct listener *listener_open(struct clients *clients, const struct service *service, const char *text, bool quiet);

/* One of a socket that we were started with, which is taken over. NULL: no memory. */
struct listener *listener_adopt(struct clients *clients, const struct service *service, int fd);

/* Closes its socket. It stays itself while there are connections that came by it. */
void listener_close(struct listener *listener);

/* A connection that came by it is freed. */
void listener_drop(struct listener *listener);

/* We serve: whose place we take leaves us the file of its unix socket. */
void listener_own(struct listener *listener);

/* The file of its unix socket is another's from now on: it stays when the listener is closed. */
void listener_disown(struct listener *listener);

/* Where it listens, for people: "127.0.0.1:8080", "[::1]:80" or "unix:/path"; in `text` or its own. */
enum { LISTENER_TEXT = 80 };
const char *listener_address(const struct listener *listener, char text[LISTENER_TEXT]);

#endif
