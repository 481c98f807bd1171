/*
 * What drives connections: their events, and the steps that follow, until nothing can be done now. The highest part of
 * the room: receive and send know nothing of it.
 */
#ifndef CLIENT_ADVANCE_H
#define CLIENT_ADVANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct clients;
struct connection;
struct listener;
struct outlet_loan;
struct sockaddr_storage;
struct wire_tail;

/* In the access log: the client has closed the connection before its answer (499, as nginx has it). */
enum { STATUS_CLIENT_GONE = 499 };

/* What became of a request that somebody has answered on the connection itself. */
struct answer {
    int status;
    uint64_t head;                /* bytes of its head */
    uint64_t sent;                /* bytes written, head included */
    uint64_t left;                /* bytes in the tail */
    bool keep;                    /* the connection may carry another request */
    bool gone;                    /* the client has closed or reset the connection */
    bool broken;                  /* the answer cannot be completed */
    const struct wire_tail *tail; /* what is left to be sent; NULL: nothing */
    const int *fds;               /* its descriptors, taken over */
    size_t fd_count;
    const struct outlet_loan *loan; /* what is to be sent between, given back when it has been; NULL: nothing */
    struct buffer *text;            /* what is to be sent before that, taken over; NULL or empty: nothing */
};

/* Takes over an accepted socket, also when it fails: it is closed then. 0, or -errno. */
int connection_open(struct listener *listener, int fd, const struct sockaddr_storage *peer);

/* Goes on with whatever can be done now; to be called after connection_answer and its like, but by the service's own
 * route and submit. */
void connection_advance(struct connection *connection);

/* The service's request has been answered; it does not go on by itself. For the service's own route and submit. */
void connection_give(struct connection *connection, const struct answer *answer);

/* The same; goes on. */
void connection_answered(struct connection *connection, const struct answer *answer);

/* Goes on with those whose turn was used up. */
void connections_again(struct clients *clients);

#endif
