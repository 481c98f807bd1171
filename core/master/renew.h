/*
 * Renewal: what changes a server while it runs. A change of the plugin folder or a reload of the configuration is
 * gathered, made a generation and tried by canaries; plugins that cannot be loaded fall back to their last good
 * edition, or out; when the canaries are ready the new generation serves and the old one retires. One at a time; what
 * changes meanwhile makes the next.
 */
#ifndef MASTER_RENEW_H
#define MASTER_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "master/loop.h"
#include "master/watch.h"

struct gather;
struct generation;
struct server;
struct worker;

struct renewal {
    struct watch watch;
    struct source done_source;
    int done;            /* eventfd: the gathering has ended */
    uint64_t number;     /* of the renewal under way */
    bool wanted;         /* something has changed since it began */
    bool forced;         /* a reload: also what is known to be broken is tried again */
    bool announced;      /* that the server is ready */
    bool changed;        /* this one makes a generation whatever was gathered */
    struct config *next; /* the configuration that the next renewal brings; NULL: as it is */
    struct config *trying;
    struct gather *gather;    /* under way; NULL: none */
    struct generation *trial; /* under way; NULL: none */
    uint64_t not_before;      /* after a failure */
    uint32_t failures;        /* in a row, not blamed on a plugin */
};

/* Prepares it, and wants the first generation. 0, or -errno. */
int renewal_open(struct server *server);
void renewal_close(struct server *server);

/* Another generation is wanted: with that configuration (taken over), or NULL: the plugins may have changed. */
void renewal_request(struct server *server, struct config *config);

/* Goes on with what is under way. */
void renewal_turn(struct server *server);
uint64_t renewal_next(const struct server *server);

/* Nothing is renewed any more. */
void renewal_stop(struct server *server);

/* ---- What the workers of a trial, or those that are replaced later, make known ---- */

void renewal_canary_ready(struct worker *worker);

/* A worker has died while it started. `foreign`: it was killed from outside. */
void renewal_worker_died(struct worker *worker, int wait_status, bool foreign);

#endif
