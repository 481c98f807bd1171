/* The SDK: an answer that is another plugin's. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "http/head.h"
#include "http/uri.h"
#include "wire/mailbox.h"
#include "worker/arena.h"
#include "worker/request.h"
#include "worker/response.h"

/* What may follow in a request line, and leads somewhere. */
static bool forward_valid(const char *target) {
    enum { KEPT = 1024 };
    char kept[KEPT];
    size_t length = strcspn(target, "?");
    char *path = length < KEPT ? kept : malloc(length + 1);
    bool valid = path && target[0] == '/' && strlen(target) <= MAILBOX_FORWARD_MAX &&
                 http_path_decode(target, length, path, NULL) == 0;
    if (path != kept) {
        free(path);
    }
    return valid;
}

int socgi_forward(struct socgi_response *res, const char *path) {
    if (res->begun || res->flushed) {
        return -EISCONN;
    }
    size_t length = strlen(path);
    if (!http_value_valid(path, length) || strchr(path, '#')) {
        return -EINVAL;
    }
    char *clean = arena_alloc(&res->req->cache->arena, 3 * length + 1);
    if (!clean) {
        return -ENOMEM;
    }
    (void)http_uri_clean(path, length, "", clean, 3 * length + 1);
    if (!forward_valid(clean)) {
        return -EINVAL;
    }
    response_reset(res);
    res->forward = clean;
    return 200;
}
