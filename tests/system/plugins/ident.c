/* Answers with the request's id, as the SDK and as CGI give it. */
#include <socgi/plugin.h>

static int ident(const struct socgi_request *req, struct socgi_response *res) {
    int refused = socgi_set_header(res, "X-Request-Id", "forged");
    socgi_printf(res, "%s|%s|%s", socgi_request_id(req), socgi_meta(req, "UNIQUE_ID"), refused ? "kept" : "forged");
    return 200;
}
SOCGI_PLUGIN(.handle = ident)
