/*
 * Listening sockets that the process was started with: the systemd socket protocol (sd_listen_fds(3)), by socket
 * activation or from the master that this one is to replace.
 */
#ifndef CLIENT_INHERIT_H
#define CLIENT_INHERIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { INHERITED_MAX = 64 };

/* What names a socket of the view inside in LISTEN_FDNAMES; all others serve plugins. */
#define INHERITED_ADMIN "admin"

struct inherited {
    int fd; /* -1: it has been claimed */
    bool admin;
};

struct inheritance {
    struct inherited sockets[INHERITED_MAX];
    size_t count;
    pid_t upgrade_of; /* the master that is to be replaced; 0: none */
};

/* Reads the environment, and removes from it what it has read. 0; or -EINVAL, told in the log: what was given is no
 * listening stream socket. */
int inherit(struct inheritance *inheritance);

/* Takes the one that is bound to that address (of any port where its port is 0). A descriptor, or -1. */
int inheritance_claim(struct inheritance *inheritance, bool admin, const struct sockaddr_storage *address);

/* Takes the next one for plugins, whatever its address. A descriptor, or -1. */
int inheritance_next(struct inheritance *inheritance, bool admin);

/* Closes what was not claimed. */
void inheritance_close(struct inheritance *inheritance);

#endif
