/* Incidents: workers that died over a request. One log entry each, what the client is told, and the last ones kept. */
#ifndef RECORD_INCIDENT_H
#define RECORD_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"

enum { INCIDENTS_KEPT = 32, INCIDENT_TEXT = 256 };

struct incident {
    uint64_t id;
    int64_t when; /* seconds since the epoch */
    pid_t pid;
    int status;                  /* 502, or 504 when the handler outran its limit */
    bool answered;               /* the client got it; else its connection was closed in the midst of an answer */
    char plugin[72];             /* its name */
    char why[128];               /* what happened to the worker */
    char request[INCIDENT_TEXT]; /* "GET /path", cut if it is long */
    struct buffer trace;         /* lines; empty: there is none */
    bool traced;                 /* more of them will come */
};

/* The last ones, a ring. */
struct incidents {
    struct incident kept[INCIDENTS_KEPT];
    uint64_t count; /* how many there have been */
};

/* What has happened, as plain data. */
struct incident_facts {
    const char *plugin; /* its name */
    pid_t pid;          /* of the worker */
    int wait_status;    /* as waitpid(2) gives it */
    int exit_signal;    /* it ended with an exit status because of this signal, which somebody's handler took; or 0 */
    bool exit_called;   /* it ended with an exit status by a call of exit(3) */
    bool thread_ended;  /* ... or for its main thread has ended by itself */
    const char *others; /* names of the plugins that it had run before; "": it had run no other */
    bool outran;        /* it was killed, for the handler took longer than ... */
    uint32_t limit_ms;  /* ... this */
    bool touched;       /* bytes of the answer were sent */
    const char *method;
    size_t method_length;
    const char *target; /* of target_length bytes */
    size_t target_length;
    const char *request_id;
};

/* Logs and keeps it. It lives until INCIDENTS_KEPT more have been. */
struct incident *incident_log(struct incidents *incidents, const struct incident_facts *facts);

/* What the client is told: what happened and the incident's id; with `trace` where it happened, too. The buffer is the
 * caller's. 0, or -ENOMEM. */
int incident_text(const struct incident *incident, bool trace, struct buffer *text);

/* The one of that id; NULL: it is not kept any more. */
struct incident *incident_find(struct incidents *incidents, uint64_t id);

/* Number `age` counted from the latest, 0; NULL past the last one that is kept. */
const struct incident *incident_at(const struct incidents *incidents, uint64_t age);

void incidents_free(struct incidents *incidents);

#endif
