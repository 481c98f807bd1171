/* /secret?of=WHO: something that is for its asker's eyes alone, and a line that must not reach any. */
#include <socgi/plugin.h>

#include <stdio.h>

static int secret(const struct socgi_request *req, struct socgi_response *res) {
    const char *who = socgi_query(req, "of", "nobody");
    printf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprinted for %s\n", who);
    (void)fprintf(stderr, "and told of %s\n", who);
    return socgi_printf(res, "secret of %s\n", who) ? 500 : 200;
}
SOCGI_PLUGIN(.handle = secret)
