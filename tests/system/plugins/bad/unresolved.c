/* Needs a function that nobody has. */
#include <socgi/plugin.h>

int function_of_nobody(void);

static int handler(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    (void)res;
    return function_of_nobody();
}
SOCGI_PLUGIN(.handle = handler)
