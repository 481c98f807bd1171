/* A request that is taken to another path. */
#include "client/forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "client/exchange.h"
#include "http/target.h"
#include "http/uri.h"

enum method exchange_method(const struct exchange *x) {
    enum method method = (enum method)x->request.method;
    return x->forward.times == 0 || method == METHOD_HEAD ? method : METHOD_GET;
}

bool forward_drops(const char *name) {
    static const char *const names[] = {"Transfer-Encoding", "Expect", "Trailer"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strncasecmp(name, "Content-", strlen("Content-")) == 0;
}

/* By the same rules as a target that a client sends. */
static int target_read(const char *target, size_t length, char **path, char **query) {
    struct http_request r = {.method = METHOD_GET, .target = {.at = 0, .length = (uint32_t)length}};
    if (length == 0 || length > UINT32_MAX || target[0] != '/' || http_target_split(&r, target)) {
        return -EINVAL;
    }
    *path = malloc((size_t)r.path.length + 1);
    *query = strndup(r.query.length > 0 ? target + r.query.at : "", r.query.length);
    if (!*path || !*query) {
        return -ENOMEM;
    }
    return http_path_decode(target + r.path.at, r.path.length, *path, NULL);
}

int exchange_forward(struct exchange *x, const char *target, size_t length, uint32_t status) {
    struct forward *f = &x->forward;
    char *path = NULL, *query = NULL;
    int error = f->times == FORWARDS_MAX ? -ELOOP : target_read(target, length, &path, &query);
    if (error) {
        log_line(LOG_ERROR, "plugin %s: request %s cannot be forwarded to %.*s: %s", x->target.name, x->request_id,
                 (int)length, target, error == -ELOOP ? "it has been forwarded 10 times already" : strerror(-error));
        free(path);
        free(query);
        return error;
    }
    if (f->times == 0) {
        f->from = x->path;
    } else {
        free(x->path);
    }
    free(f->query);
    x->path = path;
    f->query = query;
    f->status = status;
    f->times++;
    return 0;
}
