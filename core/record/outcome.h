/* An exchange that is over, as plain data: what the access log and the counters need of it. */
#ifndef RECORD_OUTCOME_H
#define RECORD_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct http_request;
struct plugin_counters;

/* Borrowed texts all. */
struct outcome {
    const char *address;                /* the client's; "" on a unix socket */
    uint16_t port;                      /* ours */
    const struct http_request *request; /* NULL: what came could not be parsed */
    const char *head;                   /* that the request's spans are of; else what came */
    size_t length;                      /* of it, where there is no request */
    const char *request_id;             /* "": it has none */
    const char *plugin;                 /* that answered, or should have; NULL: none */
    struct plugin_counters *counters;   /* of that plugin; NULL: none */
    pid_t worker;                       /* that had it; 0: none */
    int status;
    bool own;          /* the answer was the master's own */
    uint64_t written;  /* bytes of the answer on the connection, head included */
    uint64_t body;     /* of those, without the head */
    uint64_t duration; /* nanoseconds */
};

#endif
