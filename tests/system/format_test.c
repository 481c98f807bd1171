/* What the logs look like when they are told to look otherwise; ids of requests; logs that are rotated. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "server.h"
#include "text.h"

/* Sends one request with these fields and gives the id that comes back. */
static void id_of(struct server *server, const char *path, const char *fields, char id[256]) {
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", path, fields);
    assert_int_equal(client_read(client, false, &answer), 0);
    (void)answer_field(&answer, "X-Request-Id", id);
    answer_free(&answer);
    client_close(client);
}

static void ids_of_requests(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello crash", .settings = {"access_format=%L|%r"}});
    char first[256];
    char second[256];
    char id[256];
    id_of(server, "/hello", "", first);
    id_of(server, "/hello", "", second);
    assert_true(text_matches(first, "^[0-9a-f]{32}$"));
    assert_string_not_equal(first, second);
    id_of(server, "/hello", "X-Request-Id: mine-1_2.3+4/5=:@\r\n", id);
    assert_string_equal(id, "mine-1_2.3+4/5=:@");
    id_of(server, "/absent", "X-Request-Id: master\r\n", id); /* by the master itself */
    assert_string_equal(id, "master");
    id_of(server, "/hello", "X-Request-Id: not \"this\r\n", id);
    assert_true(text_matches(id, "^[0-9a-f]{32}$"));
    id_of(server, "/crash", "X-Request-Id: fatal\r\n", id);
    assert_string_equal(id, "fatal");
    server->incidents++;
    server_log_await(server, ", request id fatal", 1);
    server_stop(server, SIGINT);
    char *log = file_read(server->access);
    assert_true(text_matches(log, "^mine-1_2\\.3\\+4/5=:@\\|GET /hello HTTP/1\\.1$"));
    assert_true(text_matches(log, "^master\\|GET /absent HTTP/1\\.1$"));
    assert_non_null(strstr(log, first));
    free(log);
    server_end(server);
}

/* Plugins and CGI have the id that the client gets; none of them can change it. */
static void ids_for_plugins(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "ident"});
    static const char *const fields[] = {"", "X-Request-Id: from/the-client=1\r\n", "X-Request-Id: <not valid>\r\n"};
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct answer answer;
        char id[256];
        char body[600];
        client_print(client, "GET /ident HTTP/1.1\r\nHost: t\r\n%s\r\n", fields[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        (void)snprintf(body, sizeof(body), "%s|%s|kept", answer_field(&answer, "X-Request-Id", id), id);
        assert_string_equal(answer.body, body);
        assert_true(text_matches(id, i == 1 ? "^from/the-client=1$" : "^[0-9a-f]{32}$"));
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

/* Also what is no request has an answer with an id. */
static void ids_of_refusals(void **state) {
    static const char *const heads[] = {"BROKEN\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                                        "GET / HTTP/1.1\r\nHost: t\r\nno field\r\n\r\n"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct client *client = client_open(server);
        struct answer answer;
        char id[256];
        client_print(client, "%s", heads[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 400);
        assert_true(text_matches(answer_field(&answer, "X-Request-Id", id), "^[0-9a-f]{32}$"));
        answer_free(&answer);
        client_close(client);
    }
    server_end(server);
}

/* The prefix is the master's own. */
static void ids_across_restarts(void **state) {
    char first[256];
    char second[256];
    char again[256];
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    id_of(server, "/hello", "", first);
    id_of(server, "/hello", "", again);
    server_end(server);
    assert_int_equal(server_teardown(state), 0);
    server = server_start(state, &(struct server_setup){.plugins = "hello"});
    id_of(server, "/hello", "", second);
    server_end(server);
    assert_memory_equal(first, again, 16);
    assert_memory_not_equal(first, second, 16);
}

static void json_lines(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .settings = {"access_format=json", "error_format=json"}});
    struct client *client = client_open(server);
    client_print(client,
                 "GET /hello?a=%%22 HTTP/1.1\r\nHost: t\r\nUser-Agent: \"q\" \\ \xff\r\nX-Request-Id: i\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    client_print(client, "BROKEN\r\n\r\n");
    assert_int_equal(client_status(client), 400);
    client_close(client);
    assert_int_equal(kill(server->pid, SIGINT), 0);
    server_log_await(server, "\"message\":\"stopped\"}", 1);
    char *access = file_read(server->access);
    char *log = file_read(server->log);
    assert_true(text_matches(access,
                             "^\\{\"time\":\"20[0-9T:.-]+Z\",\"id\":\"i\",\"address\":\"127.0.0.1\",\"status\":200,"
                             "\"method\":\"GET\",\"target\":\"/hello\\?a=%22\",\"protocol\":\"HTTP/1.1\","
                             "\"referer\":\"\",\"user_agent\":\"\\\\\"q\\\\\" \\\\\\\\ \xef\xbf\xbd\","
                             "\"plugin\":\"hello\",\"worker\":[0-9]+,\"bytes\":14,\"us\":[0-9]+\\}$"));
    assert_true(text_matches(access, "\"status\":400,\"plugin\":null,\"worker\":0,"));
    char *rest = log;
    for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
        assert_true(text_matches(
            line, "^\\{\"time\":\"20[0-9T:.-]+Z\",\"level\":\"[a-z]+\",\"pid\":[0-9]+,\"message\":\".*\"\\}$"));
    }
    free(access);
    free(log);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->stopped = true;
    server_end(server);
}

static void a_format_of_ones_own(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "hello",
                   .settings = {"access_format=%h %m %U%q %H %s %B %b %T %p %{X-A}i %{plugin}n 100%% %{Absent}i %O"}});
    struct client *client = client_open(server);
    char pattern[160];
    client_print(client, "GET /hello?name=x HTTP/1.1\r\nHost: t\r\nX-A: a\"b\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    unsigned port = server->port;
    server_stop(server, SIGINT);
    char *log = file_read(server->access);
    (void)snprintf(pattern, sizeof(pattern),
                   "^127\\.0\\.0\\.1 GET /hello\\?name=x HTTP/1\\.1 200 10 10 0 %u a\\\\x22b hello 100%% - [0-9]{3}$",
                   port);
    if (!text_matches(log, pattern)) {
        fail_msg("%s is not like %s", log, pattern);
    }
    free(log);
    server_end(server);
}

/* Logs that are renamed and opened anew: each line is in one of the files, whole. */
static void rotation_loses_nothing(void **state) {
    enum { ROUNDS = 20, REQUESTS = 5 };
    char path[96];
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .file_log = true});
    struct client *client = client_open(server);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < REQUESTS; i++) {
            char target[64];
            (void)snprintf(target, sizeof(target), "/hello?n=%d", round * REQUESTS + i);
            client_get(client, target);
            assert_int_equal(client_status(client), 200);
        }
        (void)snprintf(path, sizeof(path), "%s.%d", server->access, round);
        assert_int_equal(rename(server->access, path), 0);
        assert_int_equal(kill(server->pid, SIGUSR1), 0);
        server_log_await(server, "logs are open anew", (size_t)round + 1);
    }
    client_close(client);
    server_stop(server, SIGINT);
    unsigned seen[ROUNDS * REQUESTS] = {0};
    for (int round = 0; round <= ROUNDS; round++) {
        (void)snprintf(path, sizeof(path), round < ROUNDS ? "%s.%d" : "%s", server->access, round);
        char *log = file_read(path);
        char *rest = log;
        for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
            const char *n = strstr(line, "/hello?n=");
            assert_non_null(n);
            assert_true(text_matches(line, "^127.*[0-9]$"));
            seen[strtoul(n + 9, NULL, 10)]++;
        }
        free(log);
    }
    for (size_t i = 0; i < ROUNDS * REQUESTS; i++) {
        assert_int_equal(seen[i], 1);
    }
    server_end(server);
}

static void an_unknown_directive(void **state) {
    struct server *server =
        server_refuse(state, &(struct server_setup){.plugins = "hello", .settings = {"access_format=%h %{X}q %s"}});
    assert_int_equal(server_log_count(server,
                                      "access_format: found \"%h %{X}q %s\", expected \"combined\", \"json\", or a "
                                      "format of %-directives: socgi.conf(5); \"%{X}q\" is none"),
                     1);
    server_end(server);
}

/* Nothing more is printed, and the server rests: it is told nevertheless. */
static void dropped_lines_are_told_of(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "print", .workers = 1, .settings = {"output_rate=2"}});
    struct client *client = client_open(server);
    client_get(client, "/print?lines=100");
    assert_int_equal(client_status(client), 200);
    server_log_await(server, " lines were dropped: output_rate is 2 a second", 1);
    client_close(client);
    server_end(server);
}

/* As a service of systemd: lines have a priority, and neither time nor pid of their own. */
static void lines_for_journald(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .journal = true});
    server_stop(server, SIGINT);
    char *log = file_read(server->log);
    assert_true(text_matches(log, "^<5>ready: 2 workers, 1 plugin of "));
    assert_false(text_matches(log, "^20"));
    free(log);
    server_end(server);
}

/* Both logs, and JSON: no client chooses the priority of a line. */
static void priorities_for_journald(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello",
                                      .journal = true,
                                      .settings = {"error_format=json", "access_log=stderr", "access_format=%{X}i"}});
    struct client *client = client_open(server);
    client_print(client, "GET /hello HTTP/1.1\r\nHost: t\r\nX: <0>the end\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    assert_int_equal(kill(server->pid, SIGINT), 0);
    server_log_await(server, "\"message\":\"stopped\"}", 1);
    char *log = file_read(server->log);
    assert_true(text_matches(log, "^<6><0>the end$"));
    assert_true(text_matches(log, "^<5>\\{\"time\":.*\"message\":\"ready: .*\"\\}$"));
    free(log);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->stopped = true;
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(ids_of_requests),
        SYSTEM_TEST(ids_for_plugins),
        SYSTEM_TEST(ids_of_refusals),
        SYSTEM_TEST(ids_across_restarts),
        SYSTEM_TEST(json_lines),
        SYSTEM_TEST(a_format_of_ones_own),
        SYSTEM_TEST(an_unknown_directive),
        SYSTEM_TEST(dropped_lines_are_told_of),
        SYSTEM_TEST(rotation_loses_nothing),
        SYSTEM_TEST(lines_for_journald),
        SYSTEM_TEST(priorities_for_journald),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
