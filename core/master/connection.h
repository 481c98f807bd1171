/*
 * A connection: reads requests, one at a time, in order; hands them to the dispatcher; sends what the worker could not;
 * closes so that the answer arrives. Everything on it is non-blocking and edge-triggered.
 */
#ifndef MASTER_CONNECTION_H
#define MASTER_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/scan.h"
#include "master/loop.h"
#include "master/outlet.h"
#include "master/timeout.h"
#include "wire/mailbox.h"

struct config;
struct server;
struct exchange;
struct listener;

enum connection_state {
    CONNECTION_HEAD,      /* waits for a request, or reads its head */
    CONNECTION_BODY,      /* reads its body */
    CONNECTION_WAITING,   /* the request is in the queue or with a worker */
    CONNECTION_SENDING,   /* the master sends the answer or its tail */
    CONNECTION_LINGERING, /* the answer is out; what the client still sends is dropped, then it is closed */
    CONNECTION_CLOSED     /* freed at the end of the turn */
};

struct connection {
    struct source source;
    struct server *server;
    struct listener *listener;
    struct list link;  /* in server->connections or server->closed */
    struct list again; /* in server->again */
    struct timeout timeout;
    uint64_t number;
    int fd;
    uint8_t state;
    bool readable; /* something may be there to read */
    bool ended;    /* the client sends no more */
    bool hung_up;  /* it has said so, though what it sent before may not have been read */
    bool counted;  /* in the census */
    bool sticky;   /* a worker may keep its descriptor */
    bool gone;     /* reset, or closed on both sides */
    uint32_t requests;
    uint32_t last_seat; /* of the worker that had its last request */
    uint32_t lingered;  /* bytes dropped while lingering */
    struct http_scan scan;
    struct buffer input;
    struct exchange *exchange;
    uint16_t port;                  /* the client's */
    char address[INET6_ADDRSTRLEN]; /* the client's; "" on a unix socket */
};

/* Prepares the server's timeouts, and sets them. */
void connection_setup(struct server *server);
void connection_configure(struct server *server, const struct config *config);

/* Takes over an accepted socket, also when it fails: it is closed then. 0, or -errno. */
int connection_open(struct server *server, struct listener *listener, int fd, const struct sockaddr_storage *peer);

/* Ends it at once, with whatever it has; it is freed at the end of the turn. No worker may have its request. */
void connection_close(struct connection *connection);

/* Goes on with whatever can be done now. */
void connection_advance(struct connection *connection);

/* Goes on with those whose turn was used up. */
void connections_again(struct server *server);

/* Frees the connections that were closed in this turn. */
void connections_sweep(struct server *server);

/* Each connection ends with the answer to the request that it has or sends now; idle ones after a moment. */
void connections_drain(struct server *server);

/* Closes every connection at once. */
void connections_close(struct server *server);

/* ---- What the dispatcher tells of the request that it was given ---- */

/* A worker has answered; `tail` is NULL when there is none. The descriptors are taken over. */
void connection_answered(struct connection *connection, const struct mailbox_answer *answer,
                         const struct wire_tail *tail, const int *fds, size_t count);

/* The master answers in the worker's place. `fields` as in exchange_answer. */
void connection_answer(struct connection *connection, int status, const char *fields, const char *text);

/* The same with a body of any type, which is not to be kept by anybody. */
void connection_reply(struct connection *connection, int status, const char *type, const char *body, size_t length);

/* The answer was begun and cannot be ended: the connection is cut, so that the client sees it. */
void connection_cut(struct connection *connection, int status);

#endif
