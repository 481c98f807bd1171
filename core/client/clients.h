/*
 * The client room: whatever touches a client. It listens, accepts, reads each request to its last byte without ever
 * waiting, gives it to a service, sends what the service leaves to be sent, and ends connections so that the answer
 * arrives. It knows nothing of plugins and worker processes.
 */
#ifndef CLIENT_CLIENTS_H
#define CLIENT_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "client/census.h"
#include "client/inherit.h"
#include "http/scan.h"
#include "loop/loop.h"
#include "loop/timeout.h"

struct config;
struct record;
struct wire_field;

enum { SCRATCH_SIZE = 65536 };

/* What a client's time is limited for; a connection has one deadline at a time. See client/deadlines.h. */
enum deadline {
    DEADLINE_HEAD,   /* from the first byte of a head to its end */
    DEADLINE_BODY,   /* without a byte of the body */
    DEADLINE_IDLE,   /* between requests */
    DEADLINE_SEND,   /* without progress of an answer */
    DEADLINE_LINGER, /* after the last answer, without a byte */
    DEADLINE_QUEUE,  /* waiting for the service to begin */
    DEADLINE_DRAIN,  /* idle, while the server drains */
    DEADLINES
};

struct clients {
    struct loop *loop;
    struct record *record;
    const struct config *config; /* that holds now */
    struct http_limits limits;
    struct inheritance inheritance;

    struct list listeners;   /* of struct listener */
    struct list connections; /* of struct connection */
    struct list again;       /* connections whose turn was used up before their work */
    struct list closed;      /* connections to be freed at the end of this turn */
    struct list lingering;   /* connections that linger, the oldest first */
    uint32_t lingerers;      /* how many they are */
    uint32_t count;          /* of connections, but for those that are apart */
    uint32_t limit;          /* as many as the descriptor limit allows, at most as configured */
    uint64_t descriptors;    /* that connections and the rests of answers may have together */
    uint32_t files;          /* of the rests of answers: see client/share.h */
    struct census census;    /* of connections while address_connections is set; of bodies */
    uint64_t spooled;        /* bytes of request bodies in files; see client/holding.h */
    uint64_t spool_limit;    /* as many as they may be: body_total, or less where its file system is small */
    uint64_t patience;       /* when to accept though nobody serves yet; 0: not without being told */
    uint64_t memory;         /* bytes that connections hold of it for requests */
    uint64_t lack_told;      /* when it was logged last that none can be accepted; 0: never */
    uint64_t connection_numbers;
    uint64_t request_numbers;
    uint64_t instance; /* a random number: with that of a request, its id */
    bool draining;     /* connections end with the answer to the request that they have: see clients_drain */

    struct timeout_queue deadlines[DEADLINES];

    struct wire_field *wire_fields; /* room for one request's fields while it is packed */
    char scratch[SCRATCH_SIZE];     /* what was just received, before it has a place of its own */
};

/* Prepares it, and takes the sockets that the process was started with. 0, or -errno (told in the log where it can be
 * mended). To be closed in any case; a zeroed one may be, too. */
int clients_open(struct clients *clients, struct loop *loop, struct record *record, const struct config *config);

/* Another configuration holds, limits and all; its listeners have been prepared by listeners_prepare. */
void clients_configure(struct clients *clients, const struct config *config);

/* Goes on with the connections whose turn was used up, and ends what has waited too long. */
void clients_turn(struct clients *clients);

/* The end of a turn: frees the connections that were closed in it, accepts where there is room again. */
void clients_sweep(struct clients *clients);

/* When there is something to do next though nothing happens: 0 now, UINT64_MAX never. */
uint64_t clients_next(const struct clients *clients);

/* No connection is accepted any more, and each ends with the answer to the request that it has or sends now; idle ones
 * after a moment, also those whose request is with a worker that keeps them. `handed_over`: another master has the
 * listeners. */
void clients_drain(struct clients *clients, bool handed_over);

/* Closes the listeners that serve plugins; connections stay. */
void clients_unlisten(struct clients *clients);

/* Closes everything at once. */
void clients_close(struct clients *clients);

#endif
