/* Small questions that the examples ask about a request. */
#include "ask.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

bool ask_reads(const struct socgi_request *req) {
    const char *method = socgi_method(req);
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool ask_json(const struct socgi_request *req, struct socgi_response *res) {
    static const char *const types[] = {"text/html", "application/json", NULL};
    socgi_set_header(res, "Vary", "Accept");
    return socgi_negotiate(req, types) == types[1];
}

bool ask_foreign(const struct socgi_request *req) {
    const char *site = socgi_header(req, "Sec-Fetch-Site");
    if (site) {
        return strcmp(site, "cross-site") == 0;
    }
    const char *origin = socgi_header(req, "Origin");
    const char *host = socgi_header(req, "Host");
    const char *own = origin ? strstr(origin, "://") : NULL; /* none in "null": a page that hides where it is from */
    return origin && (!own || !host || strcasecmp(own + 3, host) != 0);
}
