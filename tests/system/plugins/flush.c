/* /flush?parts=N&bytes=B: sends N parts of at least B bytes, each on its own; with until_gone=1, ends when the client
 * does. */
#include <socgi/plugin.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static int flush(const struct socgi_request *req, struct socgi_response *res) {
    long parts = strtol(socgi_query(req, "parts", "3"), NULL, 10);
    size_t bytes = strtoul(socgi_query(req, "bytes", "0"), NULL, 10);
    char *filler = socgi_alloc(req, bytes + 1);
    if (!filler) {
        return 500;
    }
    memset(filler, '.', bytes);
    for (long i = 0; i < parts; i++) {
        socgi_printf(res, "part %ld%s\n", i, filler);
        int result = socgi_flush(res, 200);
        if (result < 0) {
            return result;
        }
    }
    while (*socgi_query(req, "until_gone", "") && !socgi_client_gone(req)) {
        (void)socgi_flush(res, 200); /* what the client did not take before */
        (void)poll(NULL, 0, 1);
    }
    socgi_printf(res, "end\n");
    return 200;
}
SOCGI_PLUGIN(.handle = flush)
