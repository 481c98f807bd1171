/* Forwards to the path that its query names, with the status that it names: ?to=/hello&status=404. Below /forward/tell
 * it says what it is told of a request; /forward/loop is forwarded to itself; at /forward/late a part of its answer is
 * out before. */
#include <stdlib.h>
#include <string.h>

#include <socgi/plugin.h>

static const char *meta(const struct socgi_request *req, const char *name) {
    const char *value = socgi_meta(req, name);
    return value ? value : "-";
}

static int tell(const struct socgi_request *req, struct socgi_response *res) {
    size_t length;
    (void)socgi_body(req, &length);
    socgi_printf(res, "%s %s?%s from %s %s, %s, %s, body %zu, %s %s, X-Own: %s", socgi_method(req), socgi_path(req),
                 socgi_query_string(req), meta(req, "REDIRECT_URL"), meta(req, "REDIRECT_STATUS"), socgi_target(req),
                 meta(req, "REQUEST_URI"), length, meta(req, "CONTENT_LENGTH"), meta(req, "CONTENT_TYPE"),
                 meta(req, "HTTP_X_OWN"));
    return 200;
}

static int forward(const struct socgi_request *req, struct socgi_response *res) {
    const char *path = socgi_path_info(req);
    if (strcmp(path, "/tell") == 0) {
        return tell(req, res);
    }
    if (strcmp(path, "/loop") == 0) {
        return socgi_forward(res, "/forward/loop");
    }
    socgi_printf(res, "nothing of this is seen");
    if (strcmp(path, "/late") == 0) {
        socgi_flush(res, 200);
        socgi_printf(res, ", but here: %d", socgi_forward(res, "/hello"));
        return 200;
    }
    int status = socgi_forward(res, socgi_query(req, "to", ""));
    const char *other = socgi_query(req, "status", NULL);
    return status == 200 && other ? (int)strtol(other, NULL, 10) : status;
}
SOCGI_PLUGIN(.name = "forward", .handle = forward)
