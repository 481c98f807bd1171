/* A request and its answer, between a client and a responder. */
#ifndef FASTCGI_RELAY_H
#define FASTCGI_RELAY_H

#include <socgi/plugin.h>

#include "link.h"
#include "script.h"
#include "settings.h"

/* Asks the responder and answers with what it says. The status, or a negative errno once a part of the answer is out.
 * The link is left as it may be used again, or closed. */
int relay_run(const struct socgi_request *req, struct socgi_response *res, const struct settings *settings,
              const struct script *script, struct link *link);

#endif
