/* /sleep?ms=N */
#include <socgi/plugin.h>

#include <poll.h>
#include <stdlib.h>

static int sleeper(const struct socgi_request *req, struct socgi_response *res) {
    const char *ms = socgi_query(req, "ms", "100");
    (void)poll(NULL, 0, (int)strtol(ms, NULL, 10));
    socgi_printf(res, "slept %s ms\n", ms);
    return 200;
}
SOCGI_PLUGIN(.handle = sleeper)
