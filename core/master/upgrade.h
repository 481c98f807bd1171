/*
 * An upgrade: the program that lies in our place is started beside us with our listening sockets. When it says that it
 * is ready we drain and end; if it does not in time, or ends, we go on as if nothing had happened.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guard/ward.h"
#include "loop/child.h"

struct clients;

struct upgrade {
    char *program;      /* the path by which we were started; NULL: it is not known */
    char **argv;        /* its command line */
    struct child child; /* the new master while it has not said that it is ready */
    int socket;         /* where it says so */
    struct source socket_source;
    struct loop *loop;
    uint64_t deadline; /* UINT64_MAX: there is none */
    pid_t successor;   /* a new one serves: we are to end; 0: none does */
};

/* What a new master is told of. */
struct upgrade_heritage {
    const struct clients *clients; /* whose listeners it gets */
    const struct ward *ward;       /* whose socket it gets */
    const char *manager;           /* whom it is to notify later on; NULL: nobody */
    uint32_t timeout_ms;
};

void upgrade_init(struct upgrade *upgrade, struct loop *loop, char **argv);
void upgrade_close(struct upgrade *upgrade); /* cancels it */

/* Starts it. 0, or -errno: -EALREADY, or why it cannot be (told in the log). */
int upgrade_begin(struct upgrade *upgrade, struct children *children, const struct upgrade_heritage *heritage);

/* Ends a new master that takes too long. */
void upgrade_turn(struct upgrade *upgrade);

/* When upgrade_turn has something to do. */
uint64_t upgrade_next(const struct upgrade *upgrade);

/* Ends a new master that is not ready yet, and what belongs to it. */
void upgrade_cancel(struct upgrade *upgrade, const char *why);

#endif
