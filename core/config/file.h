/* Reading a configuration file. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/config.h"

/* Reads a file over it. 0; -ENOMEM; or -EINVAL, with nothing changed and every error told as
 * "FILE:LINE: OPTION: found X, expected Y" (see config/complaint.h). */
int config_read(struct config *config, const char *file);

#endif
