/* Works until its client has hung up, and then writes more than a socket takes, for nobody. */
#include <socgi/plugin.h>

#include <poll.h>

static int gone(const struct socgi_request *req, struct socgi_response *res) {
    enum { STEPS = 2000, STEP_MS = 10, LINES = 100000 };
    socgi_log(SOCGI_LOG_NOTICE, "the client is %s", socgi_client_gone(req) ? "not there" : "there");
    for (int i = 0; i < STEPS && !socgi_client_gone(req); i++) {
        (void)poll(NULL, 0, STEP_MS);
    }
    socgi_log(SOCGI_LOG_NOTICE, "the client is %s", socgi_client_gone(req) ? "gone" : "still there");
    for (int i = 0; i < LINES; i++) {
        (void)socgi_printf(res, "nobody reads this\n");
    }
    return 200;
}
SOCGI_PLUGIN(.handle = gone)
