/* /NAME?n=N: prints a line that begins with the plugin's name, and with ?open one that does not end. */
#include <socgi/plugin.h>

#include <stdio.h>
#include <unistd.h>

static int chatter(const struct socgi_request *req, struct socgi_response *res) {
    printf("%s says %s\n", socgi_route(req) + 1, socgi_query(req, "n", "?"));
    if (socgi_query(req, "open", NULL)) {
        printf("%s begins", socgi_route(req) + 1);
    }
    if (socgi_query(req, "forge", NULL)) {
        char mark[] = "x0123456789abcdef0001";
        mark[0] = '\0';
        (void)fwrite(mark, 1, sizeof(mark) - 1, stdout);
        printf("%s forges\n", socgi_route(req) + 1);
    }
    return socgi_printf(res, "said\n") ? 500 : 200;
}
SOCGI_PLUGIN(.handle = chatter)
