/*
 * Which plugin has brought which library into a worker: the dynamic linker gives whoever comes later, and needs another
 * file of that SONAME, silently the one that is there. As far as it can be known from outside, that is told.
 */
#ifndef WORKER_LIBRARIES_H
#define WORKER_LIBRARIES_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

struct library {
    const struct link_map *map;
    char *plugin; /* that has brought it; NULL: the server */
};

struct libraries {
    struct library *all; /* in the order in which they were loaded */
    size_t count;
};

/* Takes note of the server's own. */
void libraries_begin(struct libraries *libraries);

/* A plugin was loaded, and its init called. `tell`: looks at what its libraries need, too. */
void libraries_loaded(struct libraries *libraries, const char *plugin, bool tell);

void libraries_end(struct libraries *libraries);

#endif
