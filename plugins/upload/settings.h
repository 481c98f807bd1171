/* What the configuration says. */
#ifndef UPLOAD_SETTINGS_H
#define UPLOAD_SETTINGS_H

#include <socgi/plugin.h>

#include "shelf.h"

extern const struct socgi_option settings_options[];

/* Reads and checks the options, and opens the folder. 0, or a negative errno: the log says why. */
int settings_load(const struct socgi_context *ctx, struct shelf *shelf);

#endif
