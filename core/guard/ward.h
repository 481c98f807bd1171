/*
 * What a master has of its guard: its end of a socket that only masters hold. It says who takes over, and sees the
 * guard's end. A new master gets it from the old one, by descriptor and environment.
 */
#ifndef GUARD_WARD_H
#define GUARD_WARD_H

#include <sys/types.h>

#include "loop/loop.h"

/* Names the descriptor. */
#define WARD_VARIABLE "SOCGI_GUARD"

struct ward {
    struct source source;
    struct loop *loop;
    int socket; /* -1: nobody guards us */
    void (*ended)(struct ward *ward);
};

/* Reads the environment, and removes from it what it has read. `ended`: the guard was killed. 0, or -errno. */
int ward_open(struct ward *ward, struct loop *loop, void (*ended)(struct ward *ward));
void ward_close(struct ward *ward); /* a zeroed one may be closed, too */

/* From now on that process is the master that serves. */
void ward_succeeded(const struct ward *ward, pid_t successor);

#endif
