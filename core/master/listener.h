/* Listening sockets: addresses of configuration to sockets, and the accepting of connections. */
#ifndef MASTER_LISTENER_H
#define MASTER_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "master/loop.h"

struct config;
struct server;

struct listener {
    struct source source;
    struct server *server;
    struct list link;
    int fd;
    bool admin;       /* serves the view inside, not plugins */
    bool stays;       /* the next configuration has it */
    bool local;       /* a unix socket: who can connect is a matter of its file's mode */
    uint32_t users;   /* connections that came by it, which outlive its closing */
    char *name;       /* as it was configured */
    bool paused;      /* not watched: there is no room for another connection */
    uint64_t resume;  /* when to try again after a lack of descriptors; UINT64_MAX: when a connection ends */
    char *unix_path;  /* to be removed at the end; NULL for TCP */
    char address[64]; /* ours, as a worker is told; "" on a unix socket */
    uint16_t port;
};

/* Opens a listener "HOST:PORT", "[IPV6]:PORT", ":PORT" or "unix:/path". NULL with errno set; told in the log with its
 * cause unless `quiet`. */
struct listener *listener_open(struct server *server, const char *text, bool admin, bool quiet);

/* One of a socket that we were started with, which is taken over. NULL: no memory. */
struct listener *listener_adopt(struct server *server, int fd, bool admin);

/* Where it listens, for people: "127.0.0.1:8080", "[::1]:80" or "unix:/path"; in `text` or its own. */
enum { LISTENER_TEXT = 80 };
const char *listener_address(const struct listener *listener, char text[LISTENER_TEXT]);

/* Begins to accept. 0, or -errno. */
int listener_watch(struct listener *listener);

/* Begins to accept on all that serve plugins. 0, or -errno. */
int listeners_watch(struct server *server);

/* For a reload: opens those that the configuration has and that are not there. 0, or -errno with nothing changed, and
 * the reason in `text`. Then listeners_switch accepts on them, and closes those that it has not. */
int listeners_prepare(struct server *server, const struct config *config, char *text, size_t size);
void listeners_switch(struct server *server);

/* A connection that came by it is closed. */
void listener_drop(struct listener *listener);

/* Room was made: accept again where it was paused. */
void listeners_resume(struct server *server);

/* When listeners_resume is due. */
uint64_t listeners_next(const struct server *server);

/* Another master has them now: they are closed, and the files of unix sockets stay. */
void listeners_hand_over(struct server *server);

/* Before they are closed: accepts what waits to be. */
void listeners_accept_last(struct server *server);

/* Closes those that serve plugins, or all. */
void listeners_close(struct server *server, bool all);

#endif
