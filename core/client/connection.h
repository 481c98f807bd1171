/*
 * A connection: its state, and the verbs that change it. What drives it from one state to the next is client/advance.h.
 * Everything on it is non-blocking and edge-triggered.
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/list.h"
#include "client/clients.h"
#include "http/scan.h"
#include "loop/loop.h"
#include "loop/timeout.h"

struct exchange;
struct listener;

enum connection_state {
    CONNECTION_HEAD,      /* waits for a request, or reads its head */
    CONNECTION_BODY,      /* reads its body */
    CONNECTION_WAITING,   /* the request is the service's */
    CONNECTION_SENDING,   /* the answer, or its tail, is sent */
    CONNECTION_LINGERING, /* the answer is out; what the client still sends is dropped, then it is closed */
    CONNECTION_CLOSED     /* freed at the end of the turn */
};

struct connection {
    struct source source;
    struct clients *clients;
    struct listener *listener;
    struct list link;      /* in clients->connections or clients->closed */
    struct list again;     /* in clients->again */
    struct list lingering; /* in clients->lingering */
    struct timeout timeout;
    uint64_t number;
    int fd;
    uint8_t state;
    bool readable;  /* something may be there to read */
    bool ended;     /* the client sends no more */
    bool hung_up;   /* it has said so, though what it sent before may not have been read */
    bool counted;   /* in the census */
    bool gone;      /* reset, or closed on both sides */
    uint8_t streak; /* answers in this turn */
    bool sticky;    /* the service's: somebody may keep its descriptor */
    uint32_t seat;  /* the service's: who had its last request; UINT32_MAX: nobody */
    uint32_t requests;
    uint64_t heard;             /* nanoseconds, by a clock read then: the first byte of what the input begins with */
    uint64_t lingers;           /* nanoseconds: since when */
    uint64_t held;              /* bytes of memory, as counted; see client/holding.h */
    struct census_share *share; /* of its address; NULL: not asked for yet, or it has none */
    struct http_scan scan;
    struct buffer input;
    struct exchange *exchange;      /* NULL: between requests */
    uint16_t port;                  /* the client's */
    char address[INET6_ADDRSTRLEN]; /* the client's; "" on a unix socket */
};

/* Whether its listener's service is apart: see client/service.h. */
bool connection_apart(const struct connection *connection);

/* From now on it has so long for that; see enum deadline in client/clients.h. */
void connection_deadline(struct connection *connection, enum deadline which);

/* Begins to wait for the next request; what is in the input already belongs to it. */
void connection_await(struct connection *connection);

/* Receives into the scratch, at most so many bytes and pipeline_limit. Bytes; 0: nothing now, or the end. Keeps
 * readable, ended and gone. */
ssize_t connection_receive(struct connection *connection, uint32_t most);

/* ---- Answers; connection_advance sends them ---- */

/* A short text with its status. `fields` as in exchange_answer. */
void connection_answer(struct connection *connection, int status, const char *fields, const char *text);

/* The same with a body of any type, which is not to be kept by anybody. */
void connection_reply(struct connection *connection, int status, const char *type, const char *body, size_t length);

/* Answers `status` and closes after it: the framing is in doubt, or the client too slow. */
void connection_refuse(struct connection *connection, int status);

/* ---- The end ---- */

/* The answer was begun and cannot be ended: the connection is cut, so that the client sees it. */
void connection_cut(struct connection *connection, int status);

/* Ends it at once, with whatever it has; it is freed at the end of the turn. Nobody may have its request. */
void connection_close(struct connection *connection);

/* Frees those that were closed in this turn. True: there were some. */
bool connections_sweep(struct clients *clients);

#endif
