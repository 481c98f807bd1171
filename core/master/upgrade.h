/*
 * An upgrade: the program that lies in our place is started beside us with our listening sockets. When it says that it
 * is ready we drain and end; if it does not in time, or ends, we go on as if nothing had happened.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/loop.h"

struct server;

struct upgrade {
    const char *program; /* path, as it was when we were started */
    char **argv;         /* its command line */
    pid_t pid;           /* of the new master while it has not said that it is ready; else -1 */
    int pidfd;
    int socket; /* where it says so */
    struct source exit_source, socket_source;
    uint64_t deadline; /* UINT64_MAX: there is none */
    bool done;         /* a new one serves: we are to end */
};

void upgrade_init(struct upgrade *upgrade, const char *program, char **argv);

/* Starts it. 0, or -errno: -EALREADY, or why it cannot be (told in the log). */
int upgrade_begin(struct server *server);

/* Ends a new master that takes too long. */
void upgrade_turn(struct server *server);

/* Ends a new master that is not ready yet, and what belongs to it. */
void upgrade_cancel(struct server *server, const char *why);

#endif
