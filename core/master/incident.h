/* An incident: a worker that died over a request. One log entry, and what the client is told. */
#ifndef MASTER_INCIDENT_H
#define MASTER_INCIDENT_H

#include <stdbool.h>

struct exchange;
struct worker;

struct incident {
    int status;     /* 502, or 504 when the handler outran its limit */
    char text[160]; /* for the client: what happened, and the incident's id */
};

/* Logs it. `touched`: bytes of the answer were sent; `wait_status`: as waitpid(2) gives it. */
void incident_log(struct incident *incident, const struct worker *worker, const struct exchange *exchange, bool touched,
                  int wait_status);

#endif
