/* The environment of a program: the meta-variables of RFC 3875 section 4.1, and nothing of ours that was not asked for.
 */
#ifndef CGI_ENVIRONMENT_H
#define CGI_ENVIRONMENT_H

#include <socgi/plugin.h>

#include "program.h"
#include "settings.h"

/* For execve(2); lives as long as the request. NULL: no memory. */
char **environment_make(const struct socgi_request *req, const struct settings *settings,
                        const struct program *program);

#endif
