/*
 * What a plugin says of itself, checked before any of its code is called. Pure: it reads the plugin's data and nothing
 * else. Used by the worker's registry and by the testing kit.
 */
#ifndef WORKER_MANIFEST_H
#define WORKER_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include <socgi/plugin.h>

#include "wire/message.h"
#include "wire/rules.h"

enum { MANIFEST_OPTIONS_MAX = 256, MANIFEST_REASON_SIZE = 16384 };

struct manifest {
    struct socgi_plugin plugin; /* as much as the plugin knew of; what it did not is zero */
    char name[RULES_NAME_MAX + 1];
    char route[RULES_ROUTE_MAX + 1];
    struct http_methods methods;
};

/* Reads and checks what a plugin exports; `fallback` is its name where it gives none. 0, or -EINVAL with the reason. */
int manifest_read(struct manifest *manifest, const struct socgi_plugin *given, const char *fallback,
                  char reason[MANIFEST_REASON_SIZE]);

/* Whether the plugin declares all options that the configuration sets for it. 0, or -EINVAL with the reason. */
int manifest_check_options(const struct manifest *manifest, const struct wire_option *options, size_t count,
                           char reason[MANIFEST_REASON_SIZE]);

/* The plugin's declaration of that option, or NULL. */
const struct socgi_option *manifest_option(const struct manifest *manifest, const char *name);

#endif
