/* The view inside: what the master tells of itself, also when no worker can, and the orders that it takes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

static struct client *admin_open(const struct server *server) {
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    return client_connect_unix(path);
}

/* The body, which the caller frees. */
static char *admin_get(const struct server *server, const char *request, int status) {
    struct client *client = admin_open(server);
    struct answer answer;
    assert_non_null(client);
    client_print(client, "%s\r\nHost: t\r\n\r\n", request);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, status);
    char *body = strdup(answer.body);
    answer_free(&answer);
    client_close(client);
    return body;
}

static void admin_matches(const struct server *server, const char *request, int status, const char *pattern) {
    char *body = admin_get(server, request, status);
    if (!text_matches(body, pattern)) {
        fail_msg("%s: no %s in: %s", request, pattern, body);
    }
    free(body);
}

/* Each order and view, by hand. */
static void the_view(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello crash"});
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_get(client, "/hello?x");
    assert_int_equal(client_status(client), 200);
    client_get(client, "/crash");
    assert_int_equal(client_status(client), 502);
    server->incidents++;
    client_get(client, "/nothing");
    assert_int_equal(client_status(client), 404);
    server_log_await(server, " crash_segv at ", 1);

    static const char *const json[] = {
        "^\\{\"version\":\"[0-9.]+\",\"pid\":[0-9]+,\"state\":\"serving\",",
        "\"generation\":1,",
        "\"requests\":\\{\"total\":4,\"bytes\":[0-9]+,\"statuses\":\\{\"200\":2,\"404\":1,\"502\":1\\}",
        "\"by_the_master\":\\{\"404\":1,\"502\":1\\}",
        "\"name\":\"hello\",\"file\":\"hello.so\",[^}]*\"requests\":2,\"errors\":0,",
        "\"name\":\"crash\",[^}]*\"errors\":1,\"crashes\":1,\"timeouts\":0,",
        "\"stalls\":[0-9]+,",
        "\"incidents_total\":1,",
        "\"what\":\"ended by signal 11 \\(Segmentation fault\\)[^}]*\"trace\":\"[^\"]*crash_segv at"};
    for (size_t i = 0; i < sizeof(json) / sizeof(*json); i++) {
        admin_matches(server, "GET /status HTTP/1.1", 200, json[i]);
    }
    admin_matches(server, "GET /status HTTP/1.1\r\nAccept: text/plain", 200, "^hello +/hello +serving +0 +2 +0 +0 ");
    static const char *const metrics[] = {"^socgi_responses_total\\{status=\"200\"\\} 2$",
                                          "^socgi_master_responses_total\\{status=\"404\"\\} 1$",
                                          "^socgi_plugin_requests_total\\{plugin=\"hello\",class=\"2xx\"\\} 2$",
                                          "^socgi_plugin_crashes_total\\{plugin=\"crash\"\\} 1$",
                                          "^socgi_plugin_request_seconds_bucket\\{plugin=\"hello\",le=\"\\+Inf\"\\} 2$",
                                          "^socgi_log_lost_lines_total\\{log=\"access\"\\} 0$",
                                          "^socgi_serving 1$",
                                          "^socgi_master_stalls_total [0-9]+$"};
    for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++) {
        admin_matches(server, "GET /metrics HTTP/1.1", 200, metrics[i]);
    }
    admin_matches(server, "GET /status HTTP/1.1\r\nAccept: text/plain", 200,
                  "^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z  [0-9a-f]{16}  crash: ended by signal 11 ");
    admin_matches(server, "GET /healthz HTTP/1.1", 200, "^ok$");
    admin_matches(server, "GET /readyz HTTP/1.1", 200, "^serving$");
    admin_matches(server, "GET / HTTP/1.1", 200, "^<!doctype html>");
    admin_matches(server, "GET /hello HTTP/1.1", 404, "/status");
    admin_matches(server, "DELETE /status HTTP/1.1", 405, "looked at");
    admin_matches(server, "GET /reload HTTP/1.1", 405, "POST");
    admin_matches(server, "POST /reload HTTP/1.1\r\nContent-Length: 0", 200, "^reloading$");
    generation_await(server, 2);
    admin_matches(server, "POST /reopen HTTP/1.1\r\nContent-Length: 0", 200, "^logs are open anew$");
    /* The public listener knows nothing of it. */
    client_get(client, "/status");
    assert_int_equal(client_status(client), 404);
    client_close(client);
    server_end(server);
}

/* The socket is its owner's alone. */
static void the_socket_is_private(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    char path[96];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    server_end(server);
    assert_int_equal(stat(path, &st), -1);
}

/* When every worker is stuck and the queue is full it answers all the same, and tells with what they are busy. */
static void it_answers_when_nobody_else_can(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold",
                                                   .workers = 2,
                                                   .gate = true,
                                                   .settings = {"mailbox_slots=1", "queue_length=1", "connections=3"}});
    struct client *clients[3];
    int held[3];
    for (int i = 0; i < 3; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hold?me");
        held[i] = i < 2 ? gate_await(server, NULL) : -1;
    }
    char *body = NULL;
    do { /* the third has been read when it waits */
        free(body);
        body = admin_get(server, "GET /status HTTP/1.1", 200);
    } while (!text_matches(body, "\"queued\":1,\"workers\":"));
    assert_true(text_matches(
        body, "\"state\":\"busy\",[^}]*\"plugin\":\"hold\",\"method\":\"GET\",\"target\":\"/hold\\?me\","));
    free(body);
    for (int i = 0; i < 3; i++) {
        if (i == 2) {
            held[i] = gate_await(server, NULL);
        }
        close(held[i]);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    server_end(server);
}

/* drain_delay: who looks at /readyz has time to see it fail, and whoever it sends meanwhile is answered. */
static void not_ready_before_it_drains(void **state) {
    enum { DELAY_MS = 1500 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"drain_delay=1500ms"}});
    struct client *kept = client_open(server);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(server->pid, SIGTERM), 0);
    server_log_await(server, "leaving: ", 1);
    admin_matches(server, "GET /readyz HTTP/1.1", 503, "^draining$");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    assert_int_equal(server_log_count(server, "draining: "), 0);
    server_log_await(server, "draining: ", 1);
    assert_between(clock_now_ms() - begun, DELAY_MS - 100, WAIT_MS);
    assert_true(client_ended(kept));
    client_close(kept);
    server_await_stop(server);
    server_end(server);
}

/* With nobody to finish for, it ends when drain_delay is over, and does not wait for an event that cannot come. */
static void nobody_is_drained_at_once(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .settings = {"drain_delay=100ms", "drain_timeout=1d"}});
    assert_int_equal(kill(server->pid, SIGTERM), 0);
    server_log_await(server, "draining: ", 1);
    server_await_stop(server);
    server_end(server);
}

static void not_ready_while_draining(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hold", .gate = true});
    struct client *holder = client_open(server);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    admin_matches(server, "POST /drain HTTP/1.1\r\nContent-Length: 0", 200, "^draining$");
    admin_matches(server, "GET /readyz HTTP/1.1", 503, "^draining$");
    admin_matches(server, "GET /healthz HTTP/1.1", 200, "^ok$");
    close(held);
    assert_int_equal(client_status(holder), 200);
    client_close(holder);
    server_await_stop(server);
    server_end(server);
}

static struct client *admin_port(struct server *server) {
    char *log = file_read(server->log);
    const char *at = strstr(log, "the view inside is at 127.0.0.1:");
    assert_non_null(at);
    struct client *client = client_connect("127.0.0.1", (uint16_t)strtoul(at + 32, NULL, 10));
    free(log);
    return client;
}

/* On a port anybody on the machine may look, and nobody may order. */
static void orders_need_a_unix_socket(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .settings = {"admin=127.0.0.1:0", "log_level=info"}});
    struct client *client = admin_port(server);
    client_get(client, "/healthz");
    assert_int_equal(client_status(client), 200);
    client_print(client, "POST /stop HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(client_status(client), 403);
    client_close(client);
    server_end(server);
}

/* By a name of his own that leads to this machine a stranger's page could read it in its visitor's browser. */
static void a_port_has_names(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello",
                               .settings = {"admin=127.0.0.1:0", "log_level=info", "admin_hosts=Known.example"}});
    static const struct {
        const char *path, *host;
        int status;
    } cases[] = {
        {"/status", "localhost", 200},     {"/status", "LOCALHOST:1234", 200},
        {"/status", "127.0.0.1:80", 200},  {"/status", "127.255.0.9", 200},
        {"/status", "[::1]:80", 200},      {"/status", "known.example:81", 200},
        {"/status", "evil.example", 403},  {"/status", "localhost.evil.x", 403},
        {"/status", "10.0.0.1", 403},      {"/status", "127.0.0.1.evil.x", 403},
        {"/metrics", "evil.example", 403}, {"/", "evil.example", 403},
        {"/healthz", "evil.example", 200}, {"/readyz", "10.0.0.1:80", 200},
        {"/nothing", "evil.example", 403},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct client *client = admin_port(server);
        client_print(client, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].path, cases[i].host);
        assert_int_equal(client_status(client), cases[i].status);
        client_close(client);
    }
    server_end(server);
}

static long called_from_within(const struct server *server, const char *by, const char *ask) {
    char path[256];
    struct fetch fetch = {.path = path};
    (void)snprintf(path, sizeof(path), "/hostile?how=call&by=%s&ask=%s&socket=%s/%u.sock", by, ask, server->folder,
                   server->port);
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    long status = fetch.status;
    fetch_free(&fetch, 1);
    return status;
}

/* Neither a handler, nor its child, nor one that has left it, nor on a socket of one that has ended. */
static void no_worker_gives_orders(void **state) {
    static const char *const callers[] = {"self", "child", "orphan", "dead"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hostile"});
    for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
        assert_int_equal(called_from_within(server, callers[i], "POST%20/stop"), 403);
        assert_int_equal(called_from_within(server, callers[i], "GET%20/status"), 403);
    }
    server_log_await(server, "the admin socket was asked by worker ", 1);
    free(admin_get(server, "GET /status HTTP/1.1", 200));
    server_end(server);
}

static void workers_may_look_if_told(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hostile", .settings = {"admin_pools=main"}});
    assert_int_equal(called_from_within(server, "self", "GET%20/status"), 200);
    assert_int_equal(called_from_within(server, "child", "GET%20/status"), 200);
    assert_int_equal(called_from_within(server, "self", "POST%20/stop"), 403);
    server_end(server);
}

/* ---- The commands ---- */

static char *command(const struct server *server, const char *arguments, int status) {
    char line[512];
    char *text = NULL;
    size_t length = 0;
    (void)snprintf(line, sizeof(line), "RUNTIME_DIRECTORY=%s ASAN_OPTIONS=detect_leaks=1 %s %s 2>&1", server->folder,
                   SYSTEM_BINARY, arguments);
    FILE *from = popen(line, "re");
    FILE *to = open_memstream(&text, &length);
    for (int c; (c = fgetc(from)) != EOF;) {
        (void)fputc(c, to);
    }
    (void)fclose(to);
    int result = pclose(from);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), status);
    return text;
}

static void command_matches(const struct server *server, const char *arguments, int status, const char *pattern) {
    char *text = command(server, arguments, status);
    if (!text_matches(text, pattern)) {
        fail_msg("socgi %s: no %s in: %s", arguments, pattern, text);
    }
    free(text);
}

static void the_commands(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .config = "workers_spare = 1\n"});
    command_matches(server, "status", 0, "^socgi [0-9.]+, pid [0-9]+, serving for ");
    command_matches(server, "status", 0, "^hello +/hello +serving ");
    command_matches(server, "status --json", 0, "^\\{\"version\":");
    command_matches(server, "status --frobnicate", 2, "Try 'socgi status --help'");
    command_matches(server, "status --help", 0, "^Usage: socgi status");
    command_matches(server, "reload", 0, "^reloading$");
    generation_await(server, 2);
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    assert_true(file_write(path, "workers_spare = many\n"));
    command_matches(server, "reload", 1, "socgi.conf:1: workers_spare: found \"many\", expected a number");
    command_matches(server, "reopen", 0, "^logs are open anew$");
    command_matches(server, "status --admin /no/such/socket", 1, "no server answers there: No such file");
    command_matches(server, "stop", 0, "^draining$");
    server_await_stop(server);
    command_matches(server, "status", 1, "no server runs here");
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(the_view),
        SYSTEM_TEST(the_socket_is_private),
        SYSTEM_TEST(it_answers_when_nobody_else_can),
        SYSTEM_TEST(not_ready_before_it_drains),
        SYSTEM_TEST(nobody_is_drained_at_once),
        SYSTEM_TEST(not_ready_while_draining),
        SYSTEM_TEST(orders_need_a_unix_socket),
        SYSTEM_TEST(a_port_has_names),
        SYSTEM_TEST(no_worker_gives_orders),
        SYSTEM_TEST(workers_may_look_if_told),
        SYSTEM_TEST(the_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
