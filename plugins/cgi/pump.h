/* Runs a program: its input and output are moved together, so that neither waits for the other. */
#ifndef CGI_PUMP_H
#define CGI_PUMP_H

#include <socgi/plugin.h>

#include "program.h"
#include "settings.h"

/* Runs it and answers with what it says. The status, or a negative errno once a part of the answer is out. Whatever it
 * has started in its process group is ended when this returns. */
int pump_run(const struct socgi_request *req, struct socgi_response *res, const struct settings *settings,
             const struct program *program, char **environment);

#endif
