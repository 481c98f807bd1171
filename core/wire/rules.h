/*
 * What may be said. The worker checks by these rules what a plugin says of itself, and the master by the same what a
 * worker tells of it: that stands in logs, in metrics and on pages, and a worker is believed nothing. Pure.
 */
#ifndef WIRE_RULES_H
#define WIRE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/mailbox.h"
#include "wire/message.h"

enum { RULES_NAME_MAX = 64, RULES_ROUTE_MAX = 512, RULES_VERSION_MAX = 256, RULES_FILE_MAX = 255 };

/* 1 to RULES_NAME_MAX letters, digits, '-', '_', '.', the first no '.': a plugin's name, or an option's. */
bool rules_name(const char *name);

/* Whether a route is canonical: what a request's decoded path can begin with. */
bool rules_route(const char *route);

/* Printable, and of a length that people read. */
bool rules_version(const char *version);

/* The name of a plugin's file in its folder. */
bool rules_file(const char *file);

/* All that a PLUGIN message says. A reason is free: whoever shows it makes it safe. */
bool rules_plugin(const struct wire_plugin *plugin);

/* What became of a request, of a handler that may run so long. */
bool rules_answer(const struct mailbox_answer *answer, uint32_t timeout_ms);

#endif
