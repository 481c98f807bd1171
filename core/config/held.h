/*
 * What a plugin is held to: what it says that it needs, what its section says of that, and what its pool lets it. Pure
 * but for the working folder, from which an option's relative path counts.
 */
#ifndef CONFIG_HELD_H
#define CONFIG_HELD_H

#include <stddef.h>

#include "config/config.h"

struct said;

enum { HELD_REASON = 1024 };

/* The pool that names the plugin of that file, by its name without ".so"; else "main". As config_pool_at counts. */
size_t config_pool_of(const struct config *config, const char *file);

/* The section that names the plugin of that file, by the name that it says, else by its file's; NULL: none does. */
const struct config_plugin *config_plugin_of(const struct config *config, const char *file, const struct said *said);

/*
 * *needs is what it is held to (base/needs.h), the caller's: what it says and its pool allows, or, if it does not say,
 * what its pool's needs are. 0, and in `reason` what its pool denies it of that, or nothing; -ENOMEM; or -EINVAL with
 * the reason: what it says is not valid, or its section asks for more.
 */
int held_make(const struct config *config, const char *file, const struct said *said, char **needs,
              char reason[HELD_REASON]);

#endif
