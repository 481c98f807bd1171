/* Greets the one whom the query names: /@NAME@?name=you */
#include <string.h>

#include <socgi/plugin.h>

enum { NAME_LENGTH = 80 };

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *name = socgi_query(req, "name", "world");
    if (name[0] == '\0' || strlen(name) > NAME_LENGTH) {
        return socgi_problem(req, res, 400, "name: found %zu bytes, expected 1 to %d", strlen(name), NAME_LENGTH);
    }
    socgi_printf(res, "Hello, %s!\n", name);
    return 200;
}

SOCGI_PLUGIN(.version = "0.1.0", .methods = "GET", .handle = handle)
