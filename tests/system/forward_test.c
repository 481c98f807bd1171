/* socgi_forward on the real server: the answer is another plugin's, of the same pool or of another, and the client sees
 * that alone. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

#define OTHER_POOL "pool \"other\" { plugins = { \"hello\" } }\n"
#define NO_TRUST "pool \"apart\" { plugins = { \"forward\" } trust = none }\n"

static struct server *forward_start(void **state, const char *config, unsigned workers) {
    return server_start(
        state, &(struct server_setup){.plugins = "forward hello", .config = config, .workers = 1, .expected = workers});
}

/* Each on one connection, which is kept. */
static void answers(struct server *server) {
    static const struct {
        const char *request;
        int status;
        const char *body;
    } table[] = {
        {"GET /forward?to=/hello HTTP/1.1\r\nHost: h\r\n\r\n", 200, "Hello, world!\n"},
        {"GET /forward?to=/hello%3Fname%3Dyou HTTP/1.1\r\nHost: h\r\n\r\n", 200, "Hello, you!\n"},
        {"GET /forward/a%20b?to=/forward/tell%3Fx%3D1 HTTP/1.1\r\nHost: h\r\nX-Own: yes\r\n\r\n", 200,
         "GET /forward/tell?x=1 from /forward/a%20b 200, /forward/a%20b?to=/forward/tell%3Fx%3D1, "
         "/forward/a%20b?to=/forward/tell%3Fx%3D1, body 0, - -, X-Own: yes"},
        {"POST /forward?to=/forward/tell&status=404 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Type: "
         "a/b\r\n\r\n"
         "body",
         200,
         "GET /forward/tell? from /forward 404, /forward?to=/forward/tell&status=404, "
         "/forward?to=/forward/tell&status=404, body 0, - -, X-Own: -"},
        {"GET /forward?to=/forward%3Fto%3D/forward/tell HTTP/1.1\r\nHost: h\r\n\r\n", 200,
         "GET /forward/tell? from /forward 200, /forward?to=/forward%3Fto%3D/forward/tell, "
         "/forward?to=/forward%3Fto%3D/forward/tell, body 0, - -, X-Own: -"},
        {"GET /forward?to=/nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 404, NULL},
        {"GET /forward?to=hello HTTP/1.1\r\nHost: h\r\n\r\n", 500, NULL},
        {"GET /forward?to=/a%23b HTTP/1.1\r\nHost: h\r\n\r\n", 500, NULL},
        {"GET /forward?to=/../x HTTP/1.1\r\nHost: h\r\n\r\n", 500, NULL},
        {"GET /forward/loop HTTP/1.1\r\nHost: h\r\n\r\n", 500, NULL},
        {"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n", 200, "Hello, world!\n"},
    };
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct answer answer;
        client_send(client, table[i].request, strlen(table[i].request));
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, table[i].status);
        if (table[i].body) {
            assert_string_equal(answer.body, table[i].body);
        }
        answer_free(&answer);
    }
    client_print(client, "HEAD /forward?to=/hello HTTP/1.1\r\nHost: h\r\n\r\n"
                         "GET /forward?to=/hello HTTP/1.1\r\nHost: h\r\n\r\n"); /* one behind the other */
    struct answer answer;
    assert_int_equal(client_read(client, true, &answer), 0);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_string_equal(answer.body, "Hello, world!\n");
    answer_free(&answer);
    client_close(client);
    server_log_await(server, "cannot be forwarded to /forward/loop: it has been forwarded 10 times already", 1);
}

static void one_pool(void **state) {
    struct server *server = forward_start(state, NULL, 1);
    answers(server);
    fetch_expect(server, "/forward/late", 200, "nothing of this is seen, but here: -106");
    server_end(server);
}

static void two_pools(void **state) {
    struct server *server = forward_start(state, OTHER_POOL, 2);
    answers(server);
    server_end(server);
}

/* Its worker has no connection, and its answers are looked at. */
static void no_trust(void **state) {
    struct server *server = forward_start(state, NO_TRUST, 2);
    answers(server);
    server_end(server);
}

/* Many at once, into another pool and back. */
static void many(void **state) {
    enum { COUNT = 200 };
    static struct fetch fetches[COUNT];
    struct server *server = forward_start(state, OTHER_POOL, 2);
    for (size_t i = 0; i < COUNT; i++) {
        fetches[i] = (struct fetch){.path = i % 3 == 0 ? "/hello" : "/forward?to=/hello"};
    }
    fetch_all(server, fetches, COUNT, 20, NULL, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(fetches[i].status, 200);
        assert_string_equal(fetches[i].body, "Hello, world!\n");
    }
    fetch_free(fetches, COUNT);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(one_pool), SYSTEM_TEST(two_pools), SYSTEM_TEST(no_trust),
                                       SYSTEM_TEST(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
