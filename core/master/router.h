/*
 * The router: which plugin answers a path. The longest route that is a prefix on a segment boundary wins. Pure but for
 * its memory; immutable once built.
 */
#ifndef MASTER_ROUTER_H
#define MASTER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

/* What a plugin has agreed to: its manifest, with the configuration's word and the server's defaults filled in. */
struct plugin {
    uint32_t index; /* in the workers' order */
    char *name;
    char *route;         /* "/" or "/a/b" */
    size_t route_length; /* of what a path must begin with: 0 for "/" */
    uint32_t methods;    /* set of enum method */
    uint32_t timeout_ms;
    uint32_t concurrency; /* 0: no limit */
    uint64_t body_limit;
    bool withdrawn;   /* workers that are started now cannot load it: 503 */
    uint32_t running; /* how many of its requests are with workers now */
};

struct router {
    struct plugin *plugins; /* sorted by route */
    size_t count;
};

/* Adds a copy of what a manifest says. 0, -EEXIST (the route is taken), or -ENOMEM. */
int router_add(struct router *router, const struct wire_plugin *manifest, uint32_t index);

/* The plugin for a decoded path, or NULL. */
struct plugin *router_find(const struct router *router, const char *path);

void router_free(struct router *router);

#endif
