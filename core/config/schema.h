/*
 * The options of the configuration as tables. The file's reader, the command line, the defaults and the list of options
 * are all made from them. Each is ended by an entry with a NULL name.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/setting.h"

extern const struct setting settings[];        /* of struct config */
extern const struct setting plugin_settings[]; /* of struct config_plugin */
extern const struct setting pool_settings[];   /* of struct config_pool, where what is not set is inherited */

#endif
