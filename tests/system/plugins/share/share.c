/* Tells which of two libraries it has. */
#include <socgi/plugin.h>

const char *share_name(void);

static int share(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    socgi_printf(res, "%s\n", share_name());
    return 200;
}
SOCGI_PLUGIN(.handle = share)
