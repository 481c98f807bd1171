/* What the configuration gives a plugin, held against what that declares. */
#ifndef CONFIG_DECLARED_H
#define CONFIG_DECLARED_H

#include "config/held.h"

/* 0; or -EINVAL with the first option, and where it was read, that the plugin of that file does not declare. What
 * cannot be seen in the file is left to who loads it. */
int declared_check(const struct config *config, const char *file, const struct said *said, char reason[HELD_REASON]);

#endif
