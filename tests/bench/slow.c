/* slow: holds its worker, /slow?ms=20&how=block|spin. For script/bench; it is not installed. */
#include <socgi/plugin.h>

#include "spend.h"

static int slow(const struct socgi_request *req, struct socgi_response *res) {
    spend_query(socgi_query_string(req));
    int error = socgi_printf(res, "slow\n");
    return error ? error : 200;
}
SOCGI_PLUGIN(.name = "slow", .handle = slow)
