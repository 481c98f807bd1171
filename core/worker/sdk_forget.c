/* The SDK: answers of the plugin that the server keeps, and is to forget. */
#include <errno.h>
#include <string.h>

#include "http/head.h"
#include "worker/context.h"
#include "worker/request.h"

enum { FORGETS_MAX = 16, PATH_MOST = 1024 };

int socgi_forget(const struct socgi_request *req, const char *path) {
    struct request_cache *cache = req->cache;
    size_t length = strlen(path);
    if (path[0] != '/' || length > PATH_MOST || strcspn(path, " \t#") < length || !http_value_valid(path, length)) {
        return -EINVAL;
    }
    if (cache->forget_count == FORGETS_MAX) {
        return -E2BIG;
    }
    struct request_forget *forget = socgi_alloc(req, sizeof(*forget));
    const char *copy = forget ? socgi_format(req, "%s", path) : NULL;
    if (!copy) {
        return -ENOMEM;
    }
    *forget = (struct request_forget){.next = cache->forgets, .path = copy};
    cache->forgets = forget;
    cache->forget_count++;
    return 0;
}
