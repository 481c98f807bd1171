/*
 * A service: who answers the requests of a listener. The client room reads a request to its last byte, gives it to the
 * listener's service, and is told the answer by the verbs of client/advance.h and client/connection.h; how it comes
 * about is the service's.
 */
#ifndef CLIENT_SERVICE_H
#define CLIENT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct exchange;
struct plugin_counters;

/* What the client room must know of who answers: where a request's path leads. */
struct target {
    const char *name;                 /* of the plugin, for the log; it lives as long as the exchange; NULL: none */
    struct plugin_counters *counters; /* of the plugin; NULL: none */
    uint64_t body_limit;              /* bytes; longer: 413 */
};

struct service {
    /* Its listeners' connections are apart: they have room of their own, are neither logged nor counted, and are served
     * while the server drains. */
    bool apart;

    /* Bytes that it keeps with each exchange: exchange->ticket, zeroed when the exchange begins. */
    size_t ticket_size;

    /* The head is there: sets exchange->target. False: it has been answered instead (connection_answer), and is not
     * submitted. */
    bool (*route)(struct exchange *exchange);

    /* The request is complete. It may be answered at once (connection_answer), else it is later. */
    void (*submit)(struct exchange *exchange);

    /* Its client has gone, or has waited too long: true when nobody will answer it; false: its answer will come. */
    bool (*cancel)(struct exchange *exchange);

    /* It has waited too long for anybody to begin, and was cancelled. True: it waits anew, or has its answer; false: it
     * is answered 503. NULL: always that. */
    bool (*late)(struct exchange *exchange);

    /* The exchange ends, whatever has become of it: after route(), with no answer to come. */
    void (*release)(struct exchange *exchange);

    /* The connection ends: whoever keeps its descriptor is to close it. */
    void (*forget)(struct connection *connection);

    void *data; /* its own */
};

#endif
