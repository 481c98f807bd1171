/*
 * The router: which plugin answers a path. The longest route that is a prefix on a segment boundary wins. Pure but for
 * its memory; immutable once its generation serves.
 */
#ifndef GENERATION_ROUTER_H
#define GENERATION_ROUTER_H

#include <stddef.h>

struct plugin;

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
