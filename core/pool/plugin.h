/* A plugin as a pool runs it: what it has agreed to, and where its workers are. */
#ifndef POOL_PLUGIN_H
#define POOL_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct account;
struct http_methods;
struct pool;

/* Whether its answers are kept, and how. */
struct plugin_caching {
    bool on;
    uint32_t fresh_ms;         /* of answers that do not say how long they are; 0: those are not kept */
    uint32_t stale_if_down_ms; /* beyond its freshness an answer stands in for one that cannot be had; 0: none does */
    uint64_t mark;             /* of its version and configuration: only answers of the same are given; 0: of any */
};

/* Its manifest, with the configuration's word and the server's defaults filled in. */
struct plugin {
    struct pool *pool; /* whose workers have it, or would have */
    struct account *account;
    uint32_t index; /* in the order of those workers */
    char *file;     /* "hello.so" */
    char *name;
    char *version;       /* NULL: it has none */
    char *route;         /* "/" or "/a/b" */
    const char *needs;   /* what it is held to (base/needs.h), its generation's; NULL: none of it can be served */
    size_t route_length; /* of what a path must begin with: 0 for "/" */
    struct http_methods *methods; /* for who routes */
    uint32_t timeout_ms;
    uint32_t concurrency; /* 0: no limit */
    uint64_t body_limit;
    struct plugin_caching caching;
    bool again;    /* by another of its routes */
    bool compress; /* its answers may be compressed */
    bool broken;   /* no version of it can be served: 503 */

    /* What waits for a worker, see pool/queue.h; linked only while there is something. */
    struct list waiting; /* of struct job, oldest first */
    struct list turn;    /* in its pool's list */
    uint32_t queued;
};

#endif
