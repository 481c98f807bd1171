/* hello, echo and slow for Kore: a handler is called in the worker's event loop. */
#include <kore/kore.h>

#include <kore/http.h>

#include "spend.h"

int bench_hello(struct http_request *);
int bench_echo(struct http_request *);
int bench_slow(struct http_request *);

int bench_hello(struct http_request *request) {
    http_response_header(request, "content-type", "text/plain");
    http_response(request, 200, "Hello, world!\n", 14);
    return KORE_RESULT_OK;
}

int bench_echo(struct http_request *request) {
    static char body[1048576];
    size_t length = 0;
    ssize_t n;
    while ((n = http_body_read(request, body + length, sizeof(body) - length)) > 0) {
        length += (size_t)n;
    }
    http_response_header(request, "content-type", "application/octet-stream");
    http_response(request, 200, body, length);
    return KORE_RESULT_OK;
}

int bench_slow(struct http_request *request) {
    spend_query(request->query_string);
    http_response_header(request, "content-type", "text/plain");
    http_response(request, 200, "slow\n", 5);
    return KORE_RESULT_OK;
}
