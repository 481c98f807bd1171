/* Purging. */
#include "inside/purge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cache/cache.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "http/parse.h"
#include "inside/inside.h"
#include "inside/orders.h"

enum { NAME_SIZE = 256 };

/* How many; false: it does not say what. */
static bool purge(struct cache *cache, const char *what, size_t length, uint64_t *count) {
    char name[NAME_SIZE];
    if (length == 3 && memcmp(what, "all", 3) == 0) {
        *count = cache_purge_all(cache);
    } else if (length > 5 && memcmp(what, "path=", 5) == 0 && what[5] == '/') {
        *count = cache_purge_path(cache, what + 5, length - 5);
    } else if (length > 7 && length - 7 < sizeof(name) && memcmp(what, "plugin=", 7) == 0) {
        snprintf(name, sizeof(name), "%.*s", (int)(length - 7), what + 7);
        *count = cache_purge_plugin(cache, name);
    } else {
        return false;
    }
    return true;
}

bool purge_answer(const struct inside *in, struct connection *c) {
    const struct exchange *x = c->exchange;
    uint64_t count;
    char line[64];
    if (strcmp(x->path, "/purge") != 0) {
        return false;
    }
    if (!order_allowed(c)) {
        return true;
    }
    if (!purge(in->cache, http_text(exchange_head(x), x->request.query), x->request.query.length, &count)) {
        connection_answer(c, 400, "", "What is to be forgotten? ?all, ?plugin=NAME, ?path=/PATH or ?path=/PREFIX*.");
        return true;
    }
    int length = snprintf(line, sizeof(line), "%" PRIu64 " forgotten\n", count);
    connection_reply(c, 200, "text/plain; charset=utf-8", line, (size_t)length);
    return true;
}
