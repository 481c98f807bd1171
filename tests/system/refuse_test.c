/* What the master answers by itself, and that it is as it was afterwards. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "server.h"

static char *filled(size_t length, char byte) {
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, byte, length);
    text[length] = '\0';
    return text;
}

/* A request that is refused ends its connection: what follows it cannot be trusted. */
static void refused(const struct server *server, const char *request, int status) {
    struct client *client = client_open(server);
    struct answer answer;
    client_send(client, request, strlen(request));
    int result = client_read(client, false, &answer);
    if (result != 0 || answer.status != status) {
        print_error("%.60s...: %d, status %d\n", request, result, answer.status);
    }
    assert_int_equal(result, 0);
    assert_int_equal(answer.status, status);
    assert_true(answer.closing);
    answer_free(&answer);
    assert_true(client_ended(client));
    client_close(client);
}

static void malformed_requests(void **state) {
    static const struct {
        const char *request;
        int status;
    } table[] = {
        {"NONSENSE\r\n\r\n", 400},
        {"GET /hello HTTP/1.1\r\n\r\n", 400}, /* no Host */
        {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"GET /hello HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /../secret HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET /hello HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413},
        {"POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
    };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"body_limit=1000"}});
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        refused(server, table[i].request, table[i].status);
    }
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_end(server);
}

static void long_heads(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello",
                                      .settings = {"request_line_limit=1000", "head_limit=4000", "field_limit=10"}});
    char text[16384];
    char *filler = filled(1000, 'a');
    (void)snprintf(text, sizeof(text), "GET /hello?%s HTTP/1.1\r\nHost: a\r\n\r\n", filler);
    refused(server, text, 414);
    (void)snprintf(text, sizeof(text), "GET /hello HTTP/1.1\r\nHost: a\r\nX: %s%s%s%s\r\n\r\n", filler, filler, filler,
                   filler);
    refused(server, text, 431);
    (void)snprintf(text, sizeof(text), "GET /hello HTTP/1.1\r\nHost: a\r\n%s\r\n",
                   "A: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\nA: 10\r\n");
    refused(server, text, 431);
    free(filler);
    server_end(server);
}

static void slow_requests(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello",
                               .settings = {"header_timeout=200ms", "body_timeout=200ms", "idle_timeout=200ms"}});
    refused(server, "GET /hello HTT", 408);
    refused(server, "GET /hello HTTP/1.1\r\nHost: a\r\n", 408);
    refused(server, "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", 408);

    struct client *silent = client_open(server); /* it has asked for nothing, so nothing is answered */
    assert_true(client_ended(silent));
    client_close(silent);

    struct client *kept = client_open(server);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    assert_true(client_ended(kept));
    client_close(kept);
    server_end(server);
}

/* Clients that leave in the middle of anything leave nothing behind. */
static void clients_leave(void **state) {
    static const char *const pieces[] = {"",
                                         "GET /he",
                                         "GET /hello HTTP/1.1\r\nHost: a\r\n",
                                         "GET /sleep?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n",
                                         "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nabc",
                                         "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n",
                                         "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHo"};
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello sleep",
                                      .settings = {"header_timeout=10m", "body_timeout=10m", "idle_timeout=10m"}});
    for (size_t i = 0; i < 20 * sizeof(pieces) / sizeof(*pieces); i++) {
        struct client *client = client_open(server);
        const char *piece = pieces[i % (sizeof(pieces) / sizeof(*pieces))];
        if (*piece) {
            client_send(client, piece, strlen(piece));
        }
        client_close(client);
    }
    server_calm(server);
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_end(server);
}

/* A client that says at once that it has no more to say is still answered, and then it is over: nobody waits for more.
 */
static void half_closed_clients(void **state) {
    static const struct {
        const char *request;
        int answers;
    } table[] = {{"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 1},
                 {"GET /sleep?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n", 1},
                 {"GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /absent HTTP/1.1\r\nHost: a\r\n\r\n", 2},
                 {"POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 1},
                 {"GET /hello HTTP/1.1\r\nHost: a\r\n", 0}};
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello sleep",
                                                   .settings = {"header_timeout=10m", "idle_timeout=10m"}});
    for (size_t i = 0; i < 4 * sizeof(table) / sizeof(*table); i++) {
        struct client *client = client_open(server);
        const char *request = table[i / 4].request;
        client_send(client, request, strlen(request));
        if (i % 2 == 1) {
            server_sync(server); /* the end arrives with the request, or later */
        }
        assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
        for (int k = 0; k < table[i / 4].answers; k++) {
            int status = client_status(client);
            assert_true(status == 200 || (k == 1 && status == 404));
        }
        assert_true(client_ended(client));
        client_close(client);
    }
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(malformed_requests), SYSTEM_TEST(long_heads),          SYSTEM_TEST(slow_requests),
        SYSTEM_TEST(clients_leave),      SYSTEM_TEST(half_closed_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
