/* Routes: from what the canaries of a trial have told to the table by which requests find their plugin. */
#ifndef GENERATION_ROUTES_H
#define GENERATION_ROUTES_H

#include <stddef.h>

struct generation;

/*
 * Fills in the generation's router: the plugins that serve now come first, so that a newcomer cannot take a route from
 * one of them; then the newcomers; then 503 for the files of which no edition can be served. 0; -ENOMEM; or -EEXIST
 * with the file whose name or route is taken, and the reason.
 */
int routes_make(struct generation *generation, const char **file, char *reason, size_t size);

#endif
