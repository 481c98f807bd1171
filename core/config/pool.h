/* Pools of the configuration, for its other parts; what all may use is in config/config.h. */
#ifndef CONFIG_POOL_H
#define CONFIG_POOL_H

#include "config/config.h"

/* The pool of that name; a new one that inherits everything from "main" if there is none. NULL: no memory. */
struct config_pool *config_pool_section(struct config *config, const char *name);

/* Completes each with what it inherits, and checks them: how many errors were told. */
int pools_check(struct config *config);

/* Frees what it points to. */
void pool_free(struct config_pool *pool);

#endif
