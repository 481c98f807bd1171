/* Which program a path names: the shortest prefix of it that is a file below the root; the rest is its PATH_INFO. */
#ifndef CGI_PROGRAM_H
#define CGI_PROGRAM_H

#include <stddef.h>

#include <socgi/plugin.h>

#include "settings.h"

struct program {
    const char *path;   /* absolute */
    const char *folder; /* that it is in */
    size_t length;      /* of the prefix */
};

/* Whether the kernel, or a filter of calls, refuses openat2(2), by which programs are found: 0, or -errno. */
int program_refused(void);

/* Finds it for a path below the route. 0, or the status to answer: 403 (not to be run), 404, 501 (its name begins with
 * nph-: RFC 3875 section 5), 500. Texts live as long as the request. */
int program_find(const struct socgi_request *req, const struct settings *settings, const char *path,
                 struct program *program);

#endif
