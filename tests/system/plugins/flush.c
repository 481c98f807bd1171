/* /flush?parts=N: sends N parts, each on its own. */
#include <socgi/plugin.h>

#include <stdlib.h>

static int flush(const struct socgi_request *req, struct socgi_response *res) {
    long parts = strtol(socgi_query(req, "parts", "3"), NULL, 10);
    for (long i = 0; i < parts; i++) {
        socgi_printf(res, "part %ld\n", i);
        int result = socgi_flush(res, 200);
        if (result < 0) {
            return result;
        }
    }
    socgi_printf(res, "end\n");
    return 200;
}
SOCGI_PLUGIN(.handle = flush)
