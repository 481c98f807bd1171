/* hello and slow as an external application of NGINX Unit, by its libunit. */
#include <stdio.h>
#include <string.h>

#include <nxt_unit.h>
#include <nxt_unit_request.h>

#include "spend.h"

static void answer(nxt_unit_request_info_t *request, const char *body) {
    char length[16];
    uint32_t digits = (uint32_t)snprintf(length, sizeof(length), "%zu", strlen(body));
    int error = nxt_unit_response_init(request, 200, 2, 128);
    error = error ? error : nxt_unit_response_add_field(request, "Content-Type", 12, "text/plain", 10);
    error = error ? error : nxt_unit_response_add_field(request, "Content-Length", 14, length, digits);
    error = error ? error : nxt_unit_response_add_content(request, body, (uint32_t)strlen(body));
    error = error ? error : nxt_unit_response_send(request);
    nxt_unit_request_done(request, error);
}

static void handle(nxt_unit_request_info_t *request) {
    nxt_unit_request_t *r = request->request;
    const char *path = nxt_unit_sptr_get(&r->path);
    char query[64] = "";
    if (r->path_length != 5 || memcmp(path, "/slow", 5) != 0) {
        answer(request, "Hello, world!\n");
        return;
    }
    if (r->query_length < sizeof(query)) {
        memcpy(query, nxt_unit_sptr_get(&r->query), r->query_length);
    }
    spend_query(query);
    answer(request, "slow\n");
}

int main(void) {
    nxt_unit_init_t init;
    memset(&init, 0, sizeof(init));
    init.callbacks.request_handler = handle;
    nxt_unit_ctx_t *context = nxt_unit_init(&init);
    if (!context) {
        return 1;
    }
    int error = nxt_unit_run(context);
    nxt_unit_done(context);
    return error ? 1 : 0;
}
