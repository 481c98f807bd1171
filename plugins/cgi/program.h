/* Which program a path names: that of a front, or the shortest prefix of it that is a file below the root; the rest is
 * its PATH_INFO. */
#ifndef CGI_PROGRAM_H
#define CGI_PROGRAM_H

#include <stddef.h>

#include <socgi/plugin.h>

#include "settings.h"

struct program {
    const char *name;        /* below the root, as the option programs knows it; a front's as it is configured */
    const char *asked;       /* absolute, as it was asked for */
    const char *folder;      /* that this is in */
    const char *path;        /* the file that it leads to */
    const char *interpreter; /* NULL: it is run itself */
    size_t length;           /* of what is its own of the request's path */
};

/* Finds it for a request. 0, or the status to answer: 403 (not to be run), 404, 503, 500. Texts live as long as the
 * request. */
int program_find(const struct socgi_request *req, const struct settings *settings, struct program *program);

#endif
