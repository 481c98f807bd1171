/* /code?code=N: returns N, whatever it is, after having written a body. Answers GET alone. */
#include <socgi/plugin.h>

#include <stdlib.h>

static int code(const struct socgi_request *req, struct socgi_response *res) {
    socgi_printf(res, "a body\n");
    return (int)strtol(socgi_query(req, "code", "200"), NULL, 10);
}
SOCGI_PLUGIN(.handle = code, .methods = "GET")
