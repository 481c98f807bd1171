/* What a responder is told of a request: the meta-variables of CGI, as a stream of FastCGI's parameters. */
#ifndef FASTCGI_PARAMS_H
#define FASTCGI_PARAMS_H

#include <stddef.h>

#include <socgi/plugin.h>

#include "script.h"
#include "settings.h"

/* The records that begin a request, up to the end of its parameters, and, where it has no body, the end of that;
 * *length of them. They live as long as the request. NULL: no memory. */
unsigned char *params_make(const struct socgi_request *req, const struct settings *settings,
                           const struct script *script, size_t body, size_t *length);

#endif
