/* What the parts of the master share: the one struct that they are passed. */
#ifndef MASTER_SERVER_H
#define MASTER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "config/config.h"
#include "http/scan.h"
#include "master/access.h"
#include "master/admin.h"
#include "master/backtrace.h"
#include "master/census.h"
#include "master/incident.h"
#include "master/inherit.h"
#include "master/journal.h"
#include "master/loop.h"
#include "master/notify.h"
#include "master/orphans.h"
#include "master/renew.h"
#include "master/store.h"
#include "master/tally.h"
#include "master/timeout.h"
#include "master/upgrade.h"

enum { SCRATCH_SIZE = 65536 };

struct generation;

struct server {
    struct config *config; /* of the generation that serves; at first, what the master was started with */
    struct http_limits limits;
    struct loop loop;
    struct store store;
    uint64_t started;
    struct tally tally;
    struct incidents incidents;
    struct backtraces backtraces;
    struct orphans orphans;
    struct list keepers; /* of struct keeper: requests of incidents that are being saved */
    uint32_t keeper_count;
    struct admin_orders orders; /* what the admin listener may ask for */
    struct list catalog;        /* of struct entry: the plugin files */
    struct list accounts;       /* of struct account: the plugins, by name */
    struct renewal renewal;
    struct list generations;       /* on trial, serving, and retiring */
    struct generation *generation; /* the one that serves; NULL: the first is not ready yet */
    uint64_t generation_number;
    uint64_t trials;
    struct list busy;   /* desks of workers that have requests */
    struct list buried; /* workers to be freed at the end of this turn */

    struct inheritance inheritance;
    struct notifier notifier;
    struct upgrade upgrade;
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
    uint64_t instance; /* a random number: with that of a request, its id */

    struct timeout_queue header_timeouts, body_timeouts, idle_timeouts, send_timeouts, linger_timeouts, queue_timeouts,
        drain_timeouts;

    struct journal *error_log;
    struct journal *access_log; /* may be the same; NULL: off */
    struct journal *left_logs;  /* of files that are no longer the logs, until they have been written */
    struct access access;
    bool error_json;                /* lines of the error log are JSON */
    bool error_journald;            /* they are read by journald */
    bool draining;                  /* no new connections, no new generations; what has begun is finished */
    bool stopping;                  /* nothing is waited for any more */
    struct wire_field *wire_fields; /* room for one request's fields while it is packed */
    char scratch[SCRATCH_SIZE];     /* what was just received, before it has a place of its own */
};

/* The configuration that its new generation has holds for everything else, too. */
void server_configure(struct server *server, struct config *config);

#endif
