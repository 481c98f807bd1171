/*
 * The router: which plugin answers a path. The longest route that is a prefix on a segment boundary wins. Pure but for
 * its memory; immutable once its generation serves.
 */
#ifndef MASTER_ROUTER_H
#define MASTER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct generation;
struct pool;

/* What a plugin has agreed to: its manifest, with the configuration's word and the server's defaults filled in. */
struct plugin {
    struct generation *generation;
    struct pool *pool; /* whose workers have it; NULL for a broken one */
    struct account *account;
    uint32_t index; /* in the order of those workers */
    char *file;     /* "hello.so" */
    char *name;
    char *version;       /* NULL: it has none */
    char *route;         /* "/" or "/a/b" */
    size_t route_length; /* of what a path must begin with: 0 for "/" */
    uint32_t methods;    /* set of enum method */
    uint32_t timeout_ms;
    uint32_t concurrency; /* 0: no limit */
    uint64_t body_limit;
    bool broken; /* no version of it can be served: 503 */
};

struct router {
    struct plugin *plugins; /* sorted by route */
    size_t count;
};

/* Adds a copy of a plugin with copies of its texts; its route_length is made here. 0, -EEXIST (the route is taken), or
 * -ENOMEM. */
int router_add(struct router *router, const struct plugin *plugin);

/* The plugin for a decoded path, or NULL. */
struct plugin *router_find(const struct router *router, const char *path);

/* The plugin that has exactly that route, or that name; NULL: none. */
const struct plugin *router_conflict(const struct router *router, const char *name, const char *route);

void router_free(struct router *router);

#endif
