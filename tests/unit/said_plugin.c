/* Says what said_test.c expects. */
#include <socgi/plugin.h>

static const struct socgi_option options[] = {
    {"root", "/srv/said", "with a fallback"}, {"cache", NULL, "without"}, {NULL, NULL, NULL}};

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    (void)res;
    return 204;
}
SOCGI_PLUGIN(.name = "told", .handle = handle, .options = options, .needs = "read:@root write:/var/lib/x")
