/* Never ends, and blocks every signal that can be blocked. */
#include <socgi/plugin.h>

#include <signal.h>

static int spin(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    (void)res;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (volatile int forever = 1; forever;) {
    }
    return 200;
}
SOCGI_PLUGIN(.handle = spin)
