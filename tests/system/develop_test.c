/* Option "development": clients are told why a plugin fails, whatever else goes wrong meanwhile. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "process.h"
#include "server.h"
#include "text.h"

static const char *const settings[] = {"development=on", "crash_limit=0"};

static struct server *developed(void **state, const char *plugins, unsigned workers) {
    return server_start(state, &(struct server_setup){.plugins = plugins,
                                                      .workers = workers,
                                                      .settings = {settings[0], settings[1]},
                                                      .config = "admin_hosts = {\"test\", \"t\"}\n"});
}

/* More crashes than traces wait, and than incidents are kept: everyone is answered, with a trace or without. */
static void crashes_at_once(void **state) {
    enum { CRASHES = 120 };
    struct server *server = developed(state, "crash hello", 8);
    struct client *clients[CRASHES];
    size_t traces = 0;
    for (size_t i = 0; i < CRASHES; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/crash");
    }
    for (size_t i = 0; i < CRASHES; i++) {
        struct answer answer;
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 502);
        traces += strstr(answer.body, "#0 ") != NULL;
        answer_free(&answer);
        client_close(clients[i]);
    }
    assert_true(traces > 0);
    server->incidents += CRASHES;
    server_end(server);
}

/* A client that does not wait for the trace; and those whose requests wait behind one, or want no body. */
static void clients_of_a_crash(void **state) {
    struct server *server = developed(state, "crash hello", 2);
    struct client *gone = client_open(server);
    client_get(gone, "/crash");
    server_log_await(server, "incident ", 1);
    client_close(gone);
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client, "HEAD /crash HTTP/1.1\r\nHost: t\r\n\r\n"
                         "GET /crash HTTP/1.1\r\nHost: t\r\n\r\n"
                         "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(client, true, &answer), 0);
    assert_int_equal(answer.status, 502);
    answer_free(&answer);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 502);
    assert_non_null(strstr(answer.body, "\n#0 crash_segv at "));
    answer_free(&answer);
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server->incidents += 3;
    server_end(server);
}

/* It is told to stop while traces are made: the clients' connections end, and so does it. */
static void stop_while_tracing(void **state) {
    enum { CRASHES = 8 };
    struct server *server = developed(state, "crash", 4);
    struct client *clients[CRASHES];
    for (size_t i = 0; i < CRASHES; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/crash");
    }
    server_log_await(server, "incident ", CRASHES);
    server_stop(server, SIGQUIT);
    for (size_t i = 0; i < CRASHES; i++) {
        struct answer answer;
        if (client_read(clients[i], false, &answer) == 0) {
            assert_int_equal(answer.status, 502);
            answer_free(&answer);
        }
        client_close(clients[i]);
    }
    server->incidents += CRASHES;
    server_end(server);
}

/* A page of a stranger, whose name leads to this machine, learns nothing by its visitor's browser. */
static void names_of_others(void **state) {
    struct server *server = developed(state, "hello", 2);
    static const struct {
        const char *host;
        int status;
    } cases[] = {
        {"test", 200}, {"localhost:8080", 200}, {"127.0.0.1", 200}, {"evil.example", 403}, {"x.evil.example", 403}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct client *client = client_open(server);
        client_print(client, "GET /hello HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
        assert_int_equal(client_status(client), cases[i].status);
        client_close(client);
    }
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(crashes_at_once),
        SYSTEM_TEST(names_of_others),
        SYSTEM_TEST(clients_of_a_crash),
        SYSTEM_TEST(stop_while_tracing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
