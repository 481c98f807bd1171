/*
 * An exchange: one request and its answer, from the head's last byte to the answer's. It belongs to its connection and
 * exists only while a request does, so that an idle connection costs little.
 */
#ifndef MASTER_EXCHANGE_H
#define MASTER_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "http/reqid.h"
#include "http/request.h"
#include "master/body.h"
#include "master/outlet.h"
#include "master/router.h"

struct connection;
struct worker;

/* Where a request is between the master and the workers. */
struct job {
    struct list link;      /* in the queue, or in its worker's desk */
    struct worker *worker; /* NULL: in the queue, or nowhere */
    uint32_t slot;
    uint64_t sequence;
    uint32_t handle; /* under which its worker keeps the connection, or is to; HANDLE_NONE: none, or settled */
    bool brings;     /* is to: the descriptor is on its way */
    bool queued;
};

struct exchange {
    struct connection *connection;
    uint64_t id;
    uint64_t begun; /* nanoseconds: when the head was complete */
    struct http_request request;
    uint32_t head;         /* where the head begins in the connection's input */
    uint32_t head_end;     /* and ends */
    char *path;            /* decoded; allocated with the exchange */
    struct plugin *plugin; /* exchange_bind changes it */
    struct body_limits body_limits;
    struct body body;
    struct job job;
    struct outlet outlet;
    bool keep;         /* the connection is kept after the answer */
    bool parsed;       /* request is valid */
    bool own;          /* the answer is the master's own */
    bool probe;        /* the one request that a quarantine has let through */
    uint64_t incident; /* whose trace the answer waits for; 0: none */
    char request_id[HTTP_REQID_SIZE];
    int status;       /* of the answer */
    uint64_t written; /* bytes of the answer on the connection, head included */
    uint64_t answer_head;
    pid_t pid; /* of the worker that answered, or 0 */
    struct http_field fields[];
};

/* NULL: no memory. */
struct exchange *exchange_new(struct connection *connection);
void exchange_free(struct exchange *exchange);

/* The plugin that has its path in the generation that serves now. False: there is none, or it cannot answer, or not by
 * that method; the connection has its answer then. */
bool exchange_route(struct exchange *exchange);

/* Answers 503 in the place of a plugin in quarantine. */
void exchange_refuse_quarantined(struct exchange *exchange, uint64_t now);

/* Gives it its id, once its head has been parsed or refused. */
void exchange_identify(struct exchange *exchange);

/* Packs the request for a worker. Bytes, or -EMSGSIZE. */
long exchange_pack(struct exchange *exchange, unsigned char *to, size_t capacity);

/*
 * Makes the master's own answer: `status` with a short text, `fields` ("Name: value\r\n..." or "") besides the usual
 * ones. It goes to the outlet. 0, or -ENOMEM.
 */
int exchange_answer(struct exchange *exchange, int status, const char *fields, const char *text);

/* The same with a body of another type. */
int exchange_reply(struct exchange *exchange, int status, const char *fields, const char *type, const char *body,
                   size_t length);

#endif
