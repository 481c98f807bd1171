/* Calls a function that a later minor version of the SDK may bring. */
#include <socgi/plugin.h>

int socgi_of_tomorrow(struct socgi_response *res);

static int handler(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    return socgi_of_tomorrow(res);
}
SOCGI_PLUGIN(.handle = handler)
