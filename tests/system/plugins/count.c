/* Answers with the worker's pid, and how many requests it has answered here. */
#include <socgi/plugin.h>

#include <unistd.h>

static int count(const struct socgi_request *req, struct socgi_response *res) {
    static unsigned long answered;
    (void)req;
    socgi_printf(res, "%ld %lu\n", (long)getpid(), ++answered);
    return 200;
}
SOCGI_PLUGIN(.handle = count)
