/* Routing: which plugin answers a request, and what its client is told when none does. */
#ifndef SERVICE_ROUTE_H
#define SERVICE_ROUTE_H

#include <stdbool.h>

#include "pool/job.h"

struct ticket;

/* The plugin that has its path in the generation that serves now. False: there is none, or it cannot answer, or not by
 * that method; the connection has its answer then. */
bool route_find(struct ticket *ticket);

/* Whether its plugin is of the generation that serves now. */
bool route_current(const struct ticket *ticket);

/* Answers in the place of a pool that does not take it. */
void route_refuse(struct ticket *ticket, enum refusal why);

/* It has no plugin any more. */
void route_forget(struct ticket *ticket);

#endif
