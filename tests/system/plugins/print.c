/* /print?text=T&lines=N: prints T on stdout, on stderr and to the log, N times each. */
#include <socgi/plugin.h>

#include <stdio.h>
#include <stdlib.h>

static int print(const struct socgi_request *req, struct socgi_response *res) {
    const char *text = socgi_query(req, "text", "text");
    long lines = strtol(socgi_query(req, "lines", "1"), NULL, 10);
    for (long i = 0; i < lines; i++) {
        (void)printf("by stdout: %s\n", text);
        (void)fprintf(stderr, "by stderr: %s\n", text);
        socgi_log(SOCGI_LOG_WARNING, "by the log: %s", text);
    }
    socgi_printf(res, "printed\n");
    return 200;
}
SOCGI_PLUGIN(.handle = print)
