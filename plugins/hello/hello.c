/* The smallest plugin. */
#include <socgi/plugin.h>

static int hello(const struct socgi_request *req, struct socgi_response *res) {
    socgi_printf(res, "Hello, %s!\n", socgi_query(req, "name", "world"));
    return 200;
}
SOCGI_PLUGIN(.handle = hello)
