/* Which script a path names, and what is left of the path for it. */
#ifndef FASTCGI_SCRIPT_H
#define FASTCGI_SCRIPT_H

#include <stddef.h>

#include <socgi/plugin.h>

#include "settings.h"

struct script {
    const char *name;     /* below the route: "/a/index.php"; "": the responder is one program */
    const char *info;     /* "": nothing is left */
    const char *filename; /* for the responder; NULL: there is no root */
};

/* Bytes of the shortest prefix of a path that ends, at a segment's end, with `split`; 0: there is none. Pure. */
size_t script_split(const char *path, const char *split);

/* Whether a segment of it begins with a dot. Pure. */
int script_hidden(const char *path);

/* Finds it for a path below the route. 0, or the status to answer: 308 (a folder without its slash), 404, 500. Texts
 * live as long as the request. */
int script_find(const struct socgi_request *req, const struct settings *settings, const char *path,
                struct script *script);

#endif
