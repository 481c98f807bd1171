/* What the parts of the master share: the one struct that they are passed. */
#ifndef MASTER_SERVER_H
#define MASTER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "config/config.h"
#include "http/scan.h"
#include "master/access.h"
#include "master/census.h"
#include "master/journal.h"
#include "master/loop.h"
#include "master/pool.h"
#include "master/router.h"
#include "master/store.h"
#include "master/timeout.h"

enum { SCRATCH_SIZE = 65536 };

struct server {
    const struct config *config;
    struct http_limits limits;
    struct loop loop;
    struct store store;
    struct router router;
    struct pool pool;

    struct list listeners;   /* of struct listener */
    struct list connections; /* of struct connection */
    struct list again;       /* connections whose turn was used up before their work */
    struct list closed;      /* connections to be freed at the end of this turn */
    uint32_t connection_count;
    uint32_t connection_limit; /* as many as the descriptor limit allows, at most as configured */
    struct census census;      /* kept while address_connections is set */
    uint64_t spooled;          /* bytes of request bodies in files */
    uint64_t connection_numbers;
    uint64_t request_numbers;

    struct list queue; /* of struct job: requests that wait for a worker, oldest first */
    uint32_t queued;
    struct list idle; /* desks of idle workers, the one that fell idle last first */

    struct timeout_queue header_timeouts, body_timeouts, idle_timeouts, send_timeouts, linger_timeouts, queue_timeouts;

    struct journal *error_log;
    struct journal *access_log; /* may be the same; NULL: off */
    struct access_clock access_clock;
    bool draining;
    struct wire_field *wire_fields; /* room for one request's fields while it is packed */
    char scratch[SCRATCH_SIZE];     /* what was just received, before it has a place of its own */
};

#endif
