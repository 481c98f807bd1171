/*
 * The plan of a generation's pools. Plugins that are held to different needs do not share a worker: of those that no
 * section names each set of needs has a pool, and these share the workers of "main". A section's plugins are together
 * because the operator has said so, and its workers are held to what they need together.
 */
#ifndef GENERATION_PLAN_H
#define GENERATION_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct generation;

/* One pool of it. */
struct plan {
    struct config_pool own; /* its section's, but for the name, the needs, and its share of the workers */
    char *name, *needs;     /* these two, which are the plan's */
    char *key;              /* its needs in their one order */
    uint32_t plugins;
};

/* Plans the pools for the generation's members, and gives each member its own. 0, or -ENOMEM. */
int plans_make(struct generation *generation);
void plans_free(struct generation *generation);

#endif
