/* Whose answer is whose: /whose?of=NAME answers NAME's, and prints it; no other client may ever see it. */
#include <socgi/plugin.h>

#include <stdio.h>

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *of = socgi_query(req, "of", "nobody");
    printf("printed for %s\n", of);
    socgi_printf(res, "this is %s's\n", of);
    return 200;
}
SOCGI_PLUGIN(.handle = handle)
