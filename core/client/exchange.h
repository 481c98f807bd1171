/*
 * An exchange: one request and its answer, from the head's last byte to the answer's. It belongs to its connection and
 * exists only while a request does, so that an idle connection costs little.
 */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/body.h"
#include "client/forward.h"
#include "client/outlet.h"
#include "client/service.h"
#include "http/reqid.h"
#include "http/request.h"

struct connection;

/* Conditions that the service has put in the place of the client's, and of its Range. */
struct exchange_conditions {
    bool ours;
    const char *if_none_match, *if_modified_since; /* NULL: none; they live until it has been packed */
};

struct exchange {
    struct connection *connection;
    const struct service *service; /* its listener's */
    struct target target;          /* by service->route */
    void *ticket;                  /* service->ticket_size bytes of the service's own */
    uint64_t id;
    uint64_t begun; /* nanoseconds: when its first byte was read */
    struct http_request request;
    uint32_t head;     /* where the head begins in the connection's input */
    uint32_t head_end; /* and ends */
    char *path;        /* decoded; the exchange's */
    struct forward forward;
    struct exchange_conditions conditions;
    struct body_limits body_limits;
    struct body body;
    struct outlet outlet;
    bool keep;   /* the connection is kept after the answer; but for a drain that begins before that is begun */
    bool parsed; /* request is valid */
    bool whole;  /* and has been received to its last byte */
    bool routed; /* the service knows it */
    bool own;    /* the answer is the master's own */
    char request_id[HTTP_REQID_SIZE];
    int status;       /* of the answer */
    uint64_t written; /* bytes of the answer on the connection, head included */
    uint64_t answer_head;
    pid_t worker; /* process that had it last; 0: none */
    struct http_field fields[];
};

/* NULL: no memory. */
struct exchange *exchange_new(struct connection *connection);
void exchange_free(struct exchange *exchange);

/* Asks the service who answers it. False: it has been answered. */
bool exchange_route(struct exchange *exchange);

/* Gives it its id, once its head has been parsed or refused. */
void exchange_identify(struct exchange *exchange);

/* The text that the spans of its request are of; "" when nothing has been received. */
const char *exchange_head(const struct exchange *exchange);

/* Logs and counts it: it is over, in whatever way. Nothing when its service is apart. */
void exchange_record(const struct exchange *exchange);

/* Ends each text of its head with a NUL. It may be done again. */
void exchange_terminate(struct exchange *exchange);

/* Decides now whether the connection is kept after the answer. */
bool exchange_keeps(struct exchange *exchange);

/* Whom a packed request is for. */
struct exchange_place {
    uint32_t plugin;       /* its number in that worker */
    uint32_t route_length; /* how much of the path is its route */
    bool compress;         /* its answer may be compressed */
};

/* Packs the request for a worker. Bytes, or -EMSGSIZE. */
long exchange_pack(struct exchange *exchange, const struct exchange_place *place, unsigned char *to, size_t capacity);

/*
 * Makes the master's own answer: `status` with a short text, `fields` ("Name: value\r\n..." or "") besides the usual
 * ones. It goes to the outlet. 0, or -ENOMEM.
 */
int exchange_answer(struct exchange *exchange, int status, const char *fields, const char *text);

/* The same with a body of another type. */
int exchange_reply(struct exchange *exchange, int status, const char *fields, const char *type, const char *body,
                   size_t length);

#endif
