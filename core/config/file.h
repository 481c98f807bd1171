/* Reading a configuration file: config_read of config.h, and what it needs of config.c. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/config.h"

/* The section of that name, made where there is none. It is the configuration's. NULL: no memory. */
struct config_plugin *config_plugin_section(struct config *config, const char *name);

#endif
