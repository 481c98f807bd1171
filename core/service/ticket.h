/* A ticket: what the service keeps of a request, in the room that the client room has for it beside each exchange. */
#ifndef SERVICE_TICKET_H
#define SERVICE_TICKET_H

#include <stdint.h>

#include "cache/cache.h"
#include "pool/job.h"
#include "record/counters.h"

struct exchange;
struct generation;
struct plugin_service;

struct ticket {
    struct job job;
    struct exchange *exchange;     /* NULL: it has not been asked for a route yet */
    struct generation *generation; /* of job.plugin, held; NULL: there is no plugin */
    struct visit visit;            /* of a plugin that is cached */
    uint64_t incident;             /* that its worker's death has become; 0: none */
};

/* That of an exchange, which belongs to one of this service's listeners. */
struct ticket *ticket_of(struct exchange *exchange);

/* That which has this job. */
struct ticket *ticket_of_job(struct job *job);

/* The service whose it is. */
struct plugin_service *ticket_service(const struct ticket *ticket);

/* The time of this turn. */
uint64_t ticket_now(const struct ticket *ticket);

/* What is counted of its plugin's cache. */
struct cache_counters *ticket_counters(const struct ticket *ticket);

/* What a job tells is noted where the client room keeps it: who had the request, and what is kept of its connection. */
void ticket_note(struct ticket *ticket);

/* For job_events.lies: whether a client, or a proxy that has many, can take nothing of it for an answer to another
 * request. */
bool ticket_lies(struct job *job, const struct mailbox_answer *answer);

#endif
