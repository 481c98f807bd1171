/* /dav: methods that not every server knows; answers with the method and the body. */
#include <socgi/plugin.h>

static int dav(const struct socgi_request *req, struct socgi_response *res) {
    size_t length;
    const char *body = socgi_body(req, &length);
    socgi_printf(res, "%s %s %.*s", socgi_method(req), socgi_meta(req, "REQUEST_METHOD"), (int)length, body);
    return 207;
}
SOCGI_PLUGIN(.handle = dav, .methods = "GET PROPFIND MKCOL REPORT QUERY BREW-IT")
